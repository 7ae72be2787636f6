// What is left in Redis when all drivers have gone and no actor lives: docs/executor.md has a table of what may be.
import { get, getActor, init, kill, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import type { Findings } from './findings.ts'
import { pause, type Server } from './server.ts'

/** Detached actors are nobody's: ends them all, as a driver of its own. */
export async function endActors(server: Server, sign: Uint8Array | null): Promise<string[]> {
  const { address, namespace } = server.redis
  const prefix = `${server.prefix}:name:`
  const names = (await scan(server.connection, `${prefix}*`)).map((key) => key.slice(prefix.length))
  await init({ address, namespace, logToDriver: false, ...(sign !== null && { sign }) })
  const dead: string[] = []
  for (const name of names) {
    const actor = await getActor<{ calls(): number }>(name).catch(() => null)
    if (actor === null) continue
    // It is alive, or says why not.
    const state = await get(actor.calls.remote(), { timeout: 60_000 }).catch((error: Error) => error)
    // Not a detached one: its driver was killed, and nobody has looked at its start since.
    const isStale = state instanceof Error && /ended with the process that started it/.test(state.message)
    if (state instanceof Error && !isStale) dead.push(`${name}: ${state.name}: ${state.message}`)
    kill(actor)
  }
  await shutdown()
  return dead
}

/** For ever, by the docs. */
const PERMANENT = ['nodes', 'drivers', 'actors', 'shapes', 'control']
/** While worker processes are there, or for their time. */
const WITH_TIME = ['lease', 'idle', 'inbox', 'actor']
/** They may be left by processes that were killed, for their time. */
const BY_CRASHES = [
  'call',
  'batch',
  'obj',
  'part',
  'made',
  'fn',
  'shared',
  'given',
  'maker',
  'watch',
  'cancel',
]
/** BullMQ's own of a queue. */
const OF_QUEUES = [
  'meta',
  'id',
  'events',
  'failed',
  'completed',
  'marker',
  'stalled',
  'stalled-check',
  'pc',
  'limiter',
]

const isQueue = (kind: string) => /^(none|actor-|[\w.]+=)/.test(kind)

interface Left {
  readonly key: string
  readonly why: string
}

export async function leftOver(server: Server, hadCrashes: boolean): Promise<Left[]> {
  const { connection: redis, prefix } = server
  const left: Left[] = []
  const keys = (await scan(redis, `${prefix}:*`)).map((key) => key.slice(prefix.length + 1))
  const given = new Set(keys.filter((key) => key.startsWith('given:')).map((key) => key.slice(6)))
  for (const key of keys) {
    const [kind, id = ''] = key.split(':')
    if (PERMANENT.includes(key)) continue
    const isForEver = (await redis.pttl(`${prefix}:${key}`)) === -1
    if (WITH_TIME.includes(kind!)) {
      if (isForEver) left.push({ key, why: 'it has no end' })
    } else if (BY_CRASHES.includes(kind!)) {
      if (isForEver) left.push({ key, why: 'it has no end' })
      else if (
        !hadCrashes &&
        !given.has(id) &&
        kind !== 'given' &&
        !(await isCancellation(redis, `${prefix}:${key}`))
      )
        left.push({ key, why: 'no process was killed that could have left it' })
    } else if (isQueue(kind!)) {
      const name = key.slice(kind!.length + 1)
      const isOfActor = kind!.startsWith('actor-')
      // Of an actor that is dead, calls that failed are kept for people for their time.
      if (isOfActor && isForEver) left.push({ key, why: 'it has no end' })
      else if (OF_QUEUES.includes(name) || (name.endsWith(':lock') && !isForEver)) continue
      else if ((await redis.zscore(`${prefix}:${kind}:failed`, name)) === null)
        left.push({ key, why: 'a job that is not over' })
    } else left.push({ key, why: 'nothing should have left it' })
  }
  return left
}

/** It may be told when all have let go of the ref: a worker hears of it later than who cancels. */
async function isCancellation(redis: Redis, key: string): Promise<boolean> {
  return (
    (await redis.type(key)) === 'string' && (await redis.getrange(key, 0, 400)).includes('"kind":"cancelled"')
  )
}

/** Looks until nothing is left that may not be, for as long as leases last and a bit. */
export async function judgeLeftOvers(server: Server, findings: Findings, hadCrashes: boolean): Promise<void> {
  let left: Left[] = []
  for (const end = Date.now() + 45_000; Date.now() < end; await pause(500)) {
    left = await leftOver(server, hadCrashes)
    if (left.length === 0) return
  }
  const texts = await Promise.all(
    left
      .slice(0, 60)
      .map(
        async ({ key, why }) =>
          `${key}: ${why}; ${await describeKey(server.connection, `${server.prefix}:${key}`)}`,
      ),
  )
  findings.violation(`${left.length} keys are left`, texts.join('\n'))
}

export async function scan(redis: Redis, match: string): Promise<string[]> {
  const found: string[] = []
  for await (const keys of redis.scanStream({ match, count: 1000 })) found.push(...(keys as string[]))
  return [...new Set(found)].sort()
}

/** Its type, life, size and beginning. */
export async function describeKey(redis: Redis, key: string): Promise<string> {
  const [type, life] = await Promise.all([redis.type(key), redis.pttl(key)])
  const value = await valueOf(redis, key, type)
  // Who uses it is told, whatever else there is.
  const short = (_: string, each: unknown) =>
    typeof each === 'string' && each.length > 300 ? `${each.slice(0, 300)}...` : each
  const text = JSON.stringify(value, short) ?? ''
  return `${type}, ${life < 0 ? 'no end' : `${Math.round(life / 1000)} s`}, ${text.length > 2000 ? `${text.slice(0, 2000)}...` : text}`
}

function valueOf(redis: Redis, key: string, type: string): Promise<unknown> {
  if (type === 'string') return redis.getrange(key, 0, 200)
  if (type === 'hash') return redis.hgetall(key)
  if (type === 'list') return redis.lrange(key, 0, 50)
  if (type === 'set') return redis.smembers(key)
  if (type === 'zset') return redis.zrange(key, '0', '50', 'WITHSCORES')
  if (type === 'stream') return redis.xrevrange(key, '+', '-', 'COUNT', 3)
  return Promise.resolve(null)
}
