// `npm run bench -- executor-redis [--smoke]`: what does a task on a fleet cost, against BullMQ used directly with a
// registered processor; actors' calls; large results against SET and GET of the same bytes. On a Redis of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Queue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import type * as Executor from '../executor/index.ts'
import { startRedis } from '../test/support/redis.ts'
import { median } from './support/measure.mjs'
import { Goals, printTable, ratio, size, time } from './support/report.ts'
import { loneTask, tasksPerSecond } from './support/tasks.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values
const LONE = smoke ? 20 : 500
const MANY = smoke ? 200 : 5000
const WINDOW = 256

const root = join(import.meta.dirname, '..')
// As it is shipped.
const { get, init, remote, shutdown } = (await import(
  pathToFileURL(join(root, 'dist', 'executor', 'index.js')).href
)) as typeof Executor
const redis = await startRedis()
const socket = redis.address.replace('unix:', '')
const goals = new Goals()

async function child(file: string, ...args: string[]): Promise<ChildProcess> {
  const started = spawn(process.execPath, [file, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve) => {
    createInterface(started.stdout!).on('line', (line) => line.includes('ready') && resolve())
  })
  return started
}

async function end(process: ChildProcess): Promise<void> {
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
}

/** Microseconds of a process's CPU, where /proc tells. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}

interface Rates {
  readonly p50: number
  readonly rate: number
  readonly cpu: readonly number[]
}

async function measure(call: () => Promise<unknown>, workerPid: number): Promise<Rates> {
  for (let i = 0; i < LONE / 2; i++) await call()
  // Every thread has started, and has the function.
  await Promise.all(Array.from({ length: WINDOW }, call))
  const p50 = await loneTask(call, LONE)
  const serverPid = Number(/process_id:(\d+)/.exec(await connection.info('server'))![1])
  const before = [process.pid, workerPid, serverPid].map(cpuOf)
  const rate = await tasksPerSecond(call, MANY, WINDOW)
  const after = [process.pid, workerPid, serverPid].map(cpuOf)
  return {
    p50,
    rate,
    cpu: after.map((used, i) => (used - before[i]!) / MANY),
  }
}

const connection = new Redis(socket)

// --- BullMQ ---
const bullWorker = await child(join(import.meta.dirname, 'executor-redis', 'bullmq-worker.mjs'), socket)
const queue = new Queue('direct', { connection: { path: socket, maxRetriesPerRequest: null } })
const events = new QueueEvents('direct', { connection: { path: socket, maxRetriesPerRequest: null } })
await events.waitUntilReady()
queue.setMaxListeners(0)
events.setMaxListeners(0)
const direct = await measure(
  // It loses completions, now and then: those count as what they took, and hold up nobody for longer.
  async () => (await queue.add('t', { n: 1 })).waitUntilFinished(events, 2000).catch(() => null),
  bullWorker.pid!,
)
await queue.close()
await events.close()
await end(bullWorker)

// --- cornichon ---
const worker = await child(
  join(root, 'dist', 'executor', 'cli', 'index.js'),
  ...['worker', '--address', redis.address, '--namespace', redis.namespace, '--num-cpus', '4', '--json'],
)
await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
const noop = remote((n: number) => n)
const ours = await measure(() => get(noop.remote(1)), worker.pid!)

class Counter {
  count = 0
  add(): number {
    return ++this.count
  }
}
const counter = remote(Counter).remote()
await get(counter.add.remote())
const actorCalls = smoke ? 50 : 1000
const begin = performance.now()
await get(Array.from({ length: actorCalls }, () => counter.add.remote()))
const actorRate = actorCalls / ((performance.now() - begin) / 1000)

printTable(
  ['no-op tasks', 'lone p50', 'tasks/s', 'CPU driver', 'worker', 'Redis'],
  [
    ['BullMQ, QueueEvents', direct],
    ['cornichon', ours],
  ].map(([name, rates]) => {
    const { p50, rate, cpu } = rates as Rates
    return [name as string, time(p50), rate.toFixed(0), ...cpu.map(time)]
  }),
)
console.log(`\ncalls of one actor: ${actorRate.toFixed(0)}/s\n`)
goals.check('lone task at most 1.2 times BullMQ', ours.p50 <= 1.2 * direct.p50, ratio(ours.p50 / direct.p50))
goals.check(
  'under backlog at least 2 times BullMQ',
  ours.rate >= 2 * direct.rate,
  ratio(ours.rate / direct.rate),
)

// --- large results ---
const make = remote((bytes: number) => new Uint8Array(bytes).fill(7))
const rows: string[][] = []
for (const bytes of smoke ? [1e5] : [1e5, 1e6, 1e8]) {
  const times = bytes > 1e7 ? 3 : 20
  const [plain, through]: [number[], number[]] = [[], []]
  const value = Buffer.alloc(bytes, 7)
  for (let i = 0; i < times; i++) {
    const first = performance.now()
    await connection.set('plain', value)
    await connection.getBuffer('plain')
    const second = performance.now()
    await get(make.remote(bytes))
    plain.push((second - first) * 1000)
    through.push((performance.now() - second) * 1000)
  }
  const [a, b] = [median(plain), median(through)]
  rows.push([size(bytes), time(a), time(b), ratio(b / a)])
  goals.check(`results of ${size(bytes)} within 1.3 times SET and GET`, b <= 1.3 * a, ratio(b / a))
}
printTable(['result', 'SET, GET', 'task', ''], rows)
goals.print()

await shutdown()
await end(worker)
connection.disconnect()
await redis.stop()
