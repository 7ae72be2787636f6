// What there is in a fleet, for people who look at it: read from Redis, and asked of the workers.
import { setTimeout } from 'node:timers/promises'
import type { Job } from 'bullmq'
import { fromJson } from '../../runtime-env/json.ts'
import { resultId } from '../executor.ts'
import { cancelled } from '../failures.ts'
import type { NodeDescription } from './describe.ts'
import { FunctionField } from './functions.ts'
import type { RedisExecutor } from './index.ts'
import { failCalls } from './mailbox.ts'
import { uptimeOf } from './uptime.ts'
import { claimedGlance, MOST_IN_SCRIPT } from './values.ts'
import { claimsOf, type JobData } from './wire.ts'

export interface Overview {
  readonly workers: readonly {
    readonly id: string
    readonly name: string
    readonly resources: Readonly<Record<string, { readonly total: number; readonly free: number }>>
    readonly running: number
    readonly actors: number
    readonly version: string
    readonly node: string
  }[]
  /** Those that have a connection. */
  readonly drivers: number
  /** Those that have left, and whose tasks and results are kept. */
  readonly departedDrivers: number
  readonly waiting: number
  readonly running: number
  readonly failed: number
  readonly actors: number
  readonly memory: number
  /** Of Redis: seconds for which it has run. */
  readonly uptime: number
}

export interface ListedTask {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly attempt: number
  readonly worker: string | null
  readonly reason?: string
}

/** As many of each queue are listed. */
const MOST = 1000

export class FleetView {
  readonly #fleet: RedisExecutor

  constructor(fleet: RedisExecutor) {
    this.#fleet = fleet
  }

  async #nodes(): Promise<ReadonlyMap<string, NodeDescription>> {
    const { capacity, requests } = this.#fleet
    await capacity.refresh()
    return (await requests.ask('describe', capacity.nodes.keys())) as ReadonlyMap<string, NodeDescription>
  }

  async overview(): Promise<Overview> {
    const { link, queues, capacity } = this.#fleet
    const { redis, keys } = link
    const nodes = await this.#nodes()
    const workers = [...capacity.nodes].map(([id, lease]) => {
      const node = nodes.get(id)
      return {
        ...{ id, name: lease.name, version: lease.cornichon, node: lease.node },
        resources:
          node?.resources ??
          Object.fromEntries(
            Object.entries(lease.resources).map(([name, total]) => [name, { total, free: 0 }]),
          ),
        running: node?.tasks.length ?? 0,
        actors: node?.actors.length ?? 0,
      }
    })
    let waiting = 0
    let failed = 0
    for (const shape of await redis.smembers(keys.shapes)) {
      waiting += await this.#count(shape, ['wait', 'prioritized'])
      for (const { data } of await queues.get(shape).getJobs(['failed'])) failed += data.failed?.length ?? 1
    }
    const drivers = await this.#drivers()
    const memory = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? 0)
    const uptime = await uptimeOf(redis)
    return {
      ...{ workers, waiting, failed, memory, uptime },
      drivers: drivers.connected.length,
      departedDrivers: drivers.departed.length,
      running: workers.reduce((sum, { running }) => sum + running, 0),
      actors: await redis.scard(keys.actors),
    }
  }

  /** Of a queue: its calls that are not over. */
  async #count(queue: string, states: readonly ('wait' | 'prioritized' | 'active')[]): Promise<number> {
    let count = 0
    for (let at = 0; ; at += MOST) {
      const jobs = await this.#fleet.queues.get(queue).getJobs([...states], at, at + MOST - 1)
      for (const job of jobs) count += rangeOf(job).length - (await this.#settled(job)).size
      if (jobs.length < MOST) return count
    }
  }

  /** Which calls of a job are over: their indexes within the batch. */
  async #settled(job: Job<JobData>): Promise<ReadonlySet<number>> {
    const { batch, at, to, size } = rangeOf(job)
    if (size === 1) return new Set()
    const { redis, keys } = this.#fleet.link
    const state = await redis.hkeys(keys.batch(batch))
    const over = state.filter((name) => name.startsWith('x')).map((name) => Number(name.slice(1)))
    return new Set(over.filter((index) => index >= at && index < to))
  }

  async #callsOf(job: Job<JobData>): Promise<{ readonly id: string; readonly name: string }[]> {
    const { batch, at, to, size } = rangeOf(job)
    if (size === 1) return [{ id: batch, name: job.name }]
    const { redis, keys } = this.#fleet.link
    const frame = await redis.getBuffer(keys.call(batch))
    const claims = frame === null ? null : claimsOf(frame)
    if (claims === null) return []
    const over = await this.#settled(job)
    return claims.calls.filter((_, index) => index >= at && index < to && !over.has(index))
  }

  /** Of those that count as alive, but for the one that looks: one that was killed does for some seconds yet. */
  async #drivers(): Promise<{ readonly connected: readonly string[]; readonly departed: readonly string[] }> {
    const { link } = this.#fleet
    const { redis, keys } = link
    const ids = (await redis.smembers(keys.drivers)).filter((id) => id !== link.id)
    if (ids.length === 0) return { connected: [], departed: [] }
    const leases = await redis.mget(ids.map(keys.lease))
    const alive = ids.flatMap((id, i) => {
      const lease = leases[i]
      return lease == null ? [] : [{ id, ...(fromJson(lease) as { readonly hasLeft?: true }) }]
    })
    const idsOf = (haveLeft: boolean) =>
      alive.filter(({ hasLeft = false }) => hasLeft === haveLeft).map(({ id }) => id)
    return { connected: await link.connected(idsOf(false)), departed: idsOf(true) }
  }

  async tasks(): Promise<ListedTask[]> {
    const { link, queues } = this.#fleet
    const tasks: ListedTask[] = []
    for (const node of (await this.#nodes()).values())
      for (const { id, name, state, attempt, worker } of node.tasks)
        tasks.push({ id, name, state, attempt, worker })
    for (const shape of await link.redis.smembers(link.keys.shapes)) {
      const queue = queues.get(shape)
      const waiting: ListedTask[] = []
      for (const job of await queue.getJobs(['wait', 'prioritized'], 0, MOST - 1, true)) {
        for (const { id, name } of await this.#callsOf(job))
          waiting.push({ id, name, state: 'queued', attempt: job.stalledCounter, worker: null })
        if (waiting.length >= MOST) break
      }
      tasks.push(...waiting.slice(0, MOST))
      for (const job of await queue.getJobs(['failed'], 0, MOST - 1)) {
        const { data, id: own, name: title, failedReason, attemptsMade } = job
        for (const [id, name, reason] of data.failed ?? [[own!, title, failedReason] as const])
          tasks.push({ id, name, state: 'failed', attempt: attemptsMade, worker: null, reason })
      }
    }
    return tasks
  }

  async actors(): Promise<Record<string, unknown>[]> {
    const { redis, keys } = this.#fleet.link
    const ids = await redis.smembers(keys.actors)
    const gone: string[] = []
    const found = await Promise.all(
      ids.map(async (id) => {
        const [name, registeredName, state, restarts, node, worker] = await redis.hmget(
          keys.actor(id),
          ...['name', 'registeredName', 'state', 'restarts', 'node', 'worker'],
        )
        if (name === null) gone.push(id)
        return {
          ...{ id, name, registeredName: registeredName || null, state, restarts: Number(restarts) },
          // Its thread there: actors that are not isolated share one.
          worker: worker || (this.#fleet.capacity.nodes.get(node ?? '')?.name ?? null),
          pendingCalls: await this.#count(`actor-${id}`, ['wait', 'active']),
        }
      }),
    )
    // They never lived, and their process was killed.
    if (gone.length > 0) await redis.srem(keys.actors, ...gone).catch(() => {})
    return found.filter(({ name }) => name !== null)
  }

  async functions(): Promise<Record<string, unknown>[]> {
    const { redis, keys } = this.#fleet.link
    const prefix = keys.function('')
    return Promise.all(
      (await this.#scan(`${prefix}*`)).map(async (key) => {
        const hash = key.slice(prefix.length)
        const [name, size, life] = await Promise.all([
          redis.hget(key, FunctionField.name),
          redis.hstrlen(key, FunctionField.frame),
          redis.pttl(key),
        ])
        return { hash, name, size, expiresIn: Math.round(life / 1000) }
      }),
    )
  }

  /** Of each worker: those that it makes, has, or could not make. */
  async environments(): Promise<Record<string, unknown>[]> {
    return [...(await this.#nodes()).values()].flatMap(({ name, environments }) =>
      environments.map((environment) => ({ ...environment, worker: name })),
    )
  }

  async objects(): Promise<Record<string, unknown>[]> {
    const { redis, keys } = this.#fleet.link
    const prefix = keys.object('')
    return Promise.all(
      (await this.#scan(`${prefix}*`)).map(async (key) => {
        const [length, life] = await Promise.all([redis.strlen(key), redis.pttl(key)])
        // A small frame may say that most is in keys beside it.
        const frame = length > MOST_IN_SCRIPT ? null : await redis.getBuffer(key)
        const size = (frame === null ? null : claimedGlance(frame))?.size ?? length
        return { id: key.slice(prefix.length), size, expiresIn: Math.round(life / 1000) }
      }),
    )
  }

  async #scan(match: string, most = MOST): Promise<string[]> {
    const found: string[] = []
    for await (const keys of this.#fleet.link.redis.scanStream({ match, count: 1000 }))
      found.push(...(keys as string[]))
    return [...new Set(found)].slice(0, most)
  }

  /** The drivers whose tasks have printed something. */
  async #printers(): Promise<string[]> {
    const prefix = this.#fleet.link.keys.logs('')
    return (await this.#scan(`${prefix}*`)).map((key) => key.slice(prefix.length))
  }

  /** Whether there is such a driver, or what its tasks have printed. */
  async isDriverKnown(id: string): Promise<boolean> {
    const { redis, keys } = this.#fleet.link
    return (await redis.exists(keys.lease(id), keys.logs(id))) > 0
  }

  /** Whether there is a task of that id, or its result. */
  async isKnown(id: string): Promise<boolean> {
    const { redis, keys } = this.#fleet.link
    return (await redis.exists(keys.object(resultId(id, 0)))) === 1 || (await this.#find(id)) !== null
  }

  /** The frame that a call is in: its own as a rule, else that of calls that were made with it. */
  async #find(id: string): Promise<{
    readonly frame: Buffer
    readonly batch: string
    readonly index: number
    readonly size: number
    readonly name: string
  } | null> {
    const { redis, keys } = this.#fleet.link
    const prefix = keys.call('')
    // Ids of calls of one process differ in the number at their end.
    const near = `${prefix}${id.slice(0, id.lastIndexOf('-') + 1)}`
    for (const key of [keys.call(id), ...(await this.#scan(`${near}*`, Number.POSITIVE_INFINITY))]) {
      const frame = await redis.getBuffer(key)
      const calls = (frame === null ? null : claimsOf(frame))?.calls ?? []
      const index = calls.findIndex((call) => call.id === id)
      if (index < 0) continue
      const batch = key.slice(prefix.length)
      if ((await redis.hexists(keys.batch(batch), `x${index}`)) === 1) return null
      return { frame: frame!, batch, index, size: calls.length, name: calls[index]!.name }
    }
    return null
  }

  /**
   * Of any driver; `by` is for its error. False if it is over, or never was; 'runs' if it was cancelled before, and its code goes on,
   * which `force` ends.
   */
  async cancel(id: string, force: boolean, by: string): Promise<boolean | 'runs'> {
    const { link, queues } = this.#fleet
    const found = await this.#find(id)
    if (found === null) {
      const nodes = await this.#nodes()
      if (![...nodes.values()].some(({ tasks }) => tasks.some((task) => task.id === id))) return false
      if (!force) return 'runs'
      await link.tellAll({ kind: 'cancel', call: id, options: { force, recursive: true } })
      return true
    }
    const { frame, batch, index, size, name } = found
    const failure = cancelled(name, id, by)
    await failCalls(link, frame, batch, [index, index + 1, size], failure)
    if (size === 1)
      for (const shape of await link.redis.smembers(link.keys.shapes)) await queues.remove(shape, id)
    await link.tellAll({ kind: 'cancel', call: id, options: { force, recursive: true } })
    return true
  }

  /** What tasks of these drivers, or of all, have printed, and with a signal, until that is aborted, what they print from now on. */
  async *logs(
    drivers: readonly string[],
    follow: AbortSignal | null,
  ): AsyncGenerator<ReadonlyMap<string, string>> {
    const { redis, keys } = this.#fleet.link
    const last = new Map(drivers.map((id) => [id, '-']))
    for (;;) {
      if (drivers.length === 0) for (const id of await this.#printers()) if (!last.has(id)) last.set(id, '-')
      for (const [driver, from] of last) {
        const entries = await redis.xrange(keys.logs(driver), from === '-' ? '-' : `(${from}`, '+')
        for (const [id, fields] of entries) {
          last.set(driver, id)
          const line = new Map<string, string>([['driver', driver]])
          for (let i = 0; i < fields.length; i += 2) line.set(fields[i]!, fields[i + 1]!)
          yield line
        }
      }
      if (follow === null) return
      await setTimeout(200, undefined, { signal: follow })
    }
  }
}

function rangeOf({ id, data }: Job<JobData>): {
  readonly batch: string
  readonly at: number
  readonly to: number
  readonly size: number
  readonly length: number
} {
  const { of: batch = id!, at = 0, to = 1, size = 1 } = data
  return { batch, at, to, size, length: to - at }
}
