// `npm run bench -- executor-redis [--smoke]`: what does a task on a fleet cost, against BullMQ used directly with a
// registered processor, and against a queue over Streams written here; actors' calls; large results against SET and GET
// of the same bytes; how it scales with workers and with what is queued. On a Redis of its own.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import type * as Executor from '../executor/index.ts'
import { startRedis } from '../test/support/redis.ts'
import {
  type Contestant,
  cpuOf,
  endChild,
  startBullMQ,
  startChild,
  startStreams,
} from './executor-redis/contestants.ts'
import { Goals, printTable, ratio, size, time } from './support/report.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values
const LONE = smoke ? 20 : 300
const MANY = smoke ? 200 : 4000
/** Before V8 has compiled all that is on a call's way, in five threads, what is measured is that. */
const WARM_UP = 24_000
const ROUNDS = smoke ? 1 : 5
const WINDOW = 256
/** The same for large results: each has its bytes in this process at last. */
const LARGE_WINDOW = 64

const root = join(import.meta.dirname, '..')
// As it is shipped.
const { get, init, remote, shutdown } = (await import(
  pathToFileURL(join(root, 'dist', 'executor', 'index.js')).href
)) as typeof Executor
const redis = await startRedis()
const socket = redis.address.replace('unix:', '')
const goals = new Goals()
const connection = new Redis(socket)
const serverPid = Number(/process_id:(\d+)/.exec(await connection.info('server'))![1])
const startWorker = (namespace: string, slots: number) =>
  startChild(
    join(root, 'dist', 'executor', 'cli', 'index.js'),
    ...['worker', '--address', redis.address, '--namespace', namespace],
    ...['--num-cpus', String(slots), '--json'],
  )
const middle = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!

// --- no-op tasks ---

const worker = await startWorker(redis.namespace, 4)
await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
const noop = remote((n: number) => n)
const streams = await startStreams(socket)
const contestants: Contestant[] = [
  { name: 'cornichon', workerPid: worker.pid!, call: (n) => get(noop.remote(n)), end: async () => {} },
  await startBullMQ(socket),
  streams,
]

async function lone({ call }: Contestant): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < LONE; i++) {
    const begin = performance.now()
    await call(i)
    times.push((performance.now() - begin) * 1000)
  }
  return middle(times)
}

/** With so many under way at any time: how many seconds all take. */
async function inFlight(
  window: number,
  many: number,
  work: (n: number) => Promise<unknown>,
): Promise<number> {
  let next = 0
  const lane = async () => {
    while (next < many) await work(next++)
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: window }, lane))
  return (performance.now() - begin) / 1000
}

/** With WINDOW of them under way: tasks a second, and the CPU of a task in driver, worker and Redis. */
async function backlog(
  { call, workerPid }: Contestant,
  many: number,
): Promise<[rate: number, ...cpu: number[]]> {
  const pids = [process.pid, workerPid, serverPid]
  const before = pids.map(cpuOf)
  const seconds = await inFlight(WINDOW, many, call)
  return [many / seconds, ...pids.map((pid, i) => (cpuOf(pid) - before[i]!) / many)]
}

const measured = new Map<string, { p50: number[]; loads: number[][] }>()
// The first round warms up. One after the other within a round: what else the machine does hits all alike.
for (let round = smoke ? 1 : 0; round <= ROUNDS; round++) {
  for (const contestant of contestants) {
    const result = {
      p50: await lone(contestant),
      load: await backlog(contestant, round === 0 ? WARM_UP : MANY),
    }
    if (round === 0) continue
    const known = measured.get(contestant.name) ?? { p50: [], loads: [] }
    known.p50.push(result.p50)
    known.loads.push(result.load)
    measured.set(contestant.name, known)
  }
}
const results = [...measured].map(([name, { p50, loads }]) => {
  const [rate, ...cpu] = loads[0]!.map((_, i) => middle(loads.map((load) => load[i]!)))
  return { name, p50: middle(p50), rate: rate!, cpu }
})
printTable(
  ['no-op tasks', 'lone task, p50', `tasks/s, window ${WINDOW}`, 'CPU driver', 'worker', 'Redis'],
  results.map(({ name, p50, rate, cpu }) => [name, time(p50), rate.toFixed(0), ...cpu.map(time)]),
)
const [ours, bull, hand] = results as [(typeof results)[0], (typeof results)[0], (typeof results)[0]]
goals.check('lone task at most 1.2 times BullMQ', ours.p50 <= 1.2 * bull.p50, ratio(ours.p50 / bull.p50))
goals.check('under backlog at least 2 times BullMQ', ours.rate >= 2 * bull.rate, ratio(ours.rate / bull.rate))
goals.check('and above Streams by hand', ours.rate > hand.rate, ratio(ours.rate / hand.rate))
for (const contestant of contestants) if (contestant !== streams) await contestant.end()

class Counter {
  count = 0
  add(): number {
    return ++this.count
  }
}
const counter = remote(Counter).remote()
const actorCalls = smoke ? 50 : 2000
const actorRates: number[] = []
for (let round = 0; round < 3; round++) {
  const begin = performance.now()
  await get(Array.from({ length: actorCalls }, () => counter.add.remote()))
  actorRates.push(actorCalls / ((performance.now() - begin) / 1000))
}
console.log(`\ncalls of one actor: ${middle(actorRates).toFixed(0)}/s\n`)

// --- large results ---

async function setAndGet(bytes: number, key = 'plain'): Promise<void> {
  // What a task does, too: make the bytes.
  await connection.set(key, Buffer.alloc(bytes, 7))
  await connection.getBuffer(key)
}
const make = remote((bytes: number) => new Uint8Array(bytes).fill(7))
const byHand = async (bytes: number): Promise<void> => {
  if ((await streams.large(bytes))?.length !== bytes) throw new Error('a result was lost on its way by hand')
}
// What is on their way is not what no-op tasks have warmed up.
for (let i = 0; i < (smoke ? 5 : 1500); i++) {
  await get(make.remote(1e5))
  await setAndGet(1e5)
  await byHand(1e5)
}
const rows: string[][] = []
for (const bytes of smoke ? [1e5] : [1e5, 1e6, 1e8]) {
  const turns = bytes > 1e7 ? 7 : smoke ? 1 : 12
  // One after the other, as a program would: what collects the garbage of one kind is not for the next to pay.
  const inTurn = bytes > 1e7 ? 1 : 40
  // SET and GET are two round trips of this process. A task goes through another one as well, and that costs the same
  // whatever comes back: so both are asked for a byte, too, and what the size adds to each is compared. The queue by hand
  // shows how near to SET and GET a task can come that another process runs: what it makes is SET there, and read here.
  const measures: (readonly [size: number, work: (size: number) => Promise<unknown>])[] = [
    [bytes, setAndGet],
    [bytes, (size) => get(make.remote(size))],
    [1, setAndGet],
    [1, (size) => get(make.remote(size))],
    [bytes, byHand],
  ]
  const samples: number[][] = measures.map(() => [])
  for (let turn = 0; turn < turns; turn++)
    for (const [which, [size, work]] of measures.entries())
      for (let i = 0; i < inTurn; i++) {
        const begin = performance.now()
        await work(size)
        samples[which]!.push((performance.now() - begin) * 1000)
      }
  await connection.unlink('plain')
  const [plain, task, plainByte, taskByte, hand] = samples.map(middle) as [
    ...[plain: number, task: number, plainByte: number, taskByte: number, hand: number],
  ]
  const added = ratio((task - taskByte) / (plain - plainByte))
  rows.push([
    ...[size(bytes), time(plain), time(task), ratio(task / plain), time(taskByte), added],
    ...[time(hand), ratio(hand / plain)],
  ])
  goals.check(
    `results of ${size(bytes)} within 1.3 times SET and GET`,
    task <= 1.3 * plain,
    ratio(task / plain),
  )
}
printTable(
  ['result', 'SET, GET', 'task', '', 'task, one byte', 'what the size adds', 'Streams by hand', ''],
  rows,
)

// A lone call takes its time whatever comes back, as long as several SETs and GETs of 100 kB. With many under way nobody
// waits for that: what is left is what the bytes cost on their way, here and there.
const windowRows: string[][] = []
for (const bytes of smoke ? [1e5] : [1e5, 1e6]) {
  const many = smoke ? 20 : bytes > 5e5 ? 200 : 1000
  const measures: ((n: number) => Promise<unknown>)[] = [
    (n) => setAndGet(bytes, `plain:${n % LARGE_WINDOW}`),
    () => get(make.remote(bytes)),
    () => byHand(bytes),
  ]
  const samples: number[][] = measures.map(() => [])
  // The first turn warms up.
  for (let turn = smoke ? 1 : 0; turn <= (smoke ? 1 : 7); turn++)
    for (const [which, work] of measures.entries()) {
      const seconds = await inFlight(LARGE_WINDOW, many, work)
      if (turn > 0) samples[which]!.push((seconds * 1e6) / many)
    }
  await connection.unlink(Array.from({ length: LARGE_WINDOW }, (_, i) => `plain:${i}`))
  const [plain, task, hand] = samples.map(middle) as [number, number, number]
  windowRows.push([
    ...[size(bytes), time(plain), time(task), ratio(task / plain), time(hand), ratio(hand / plain)],
  ])
  goals.check(
    `results of ${size(bytes)}, ${LARGE_WINDOW} under way, within 1.3 times as many SETs and GETs`,
    task <= 1.3 * plain,
    ratio(task / plain),
  )
}
console.log()
printTable(
  [`result, window ${LARGE_WINDOW}`, 'SET and GET, each', 'task, each', '', 'Streams by hand', ''],
  windowRows,
)
await streams.end()
await shutdown()
await endChild(worker)

// --- scaling ---

/** A namespace of its own, with so many worker processes of 8 slots. */
async function fleet<T>(workers: number, name: string, work: () => Promise<T>): Promise<T> {
  const namespace = `${redis.namespace}-${name}`
  const children = await Promise.all(Array.from({ length: workers }, () => startWorker(namespace, 8)))
  await init({ address: redis.address, namespace, logToDriver: false })
  try {
    return await work()
  } finally {
    await shutdown()
    for (const child of children) await endChild(child)
  }
}

const sleep = remote(() => new Promise<void>((resolve) => setTimeout(resolve, 10)))
const byWorkers: string[][] = []
let single = 0
for (const count of smoke ? [1] : [1, 2, 4]) {
  const tasks = (smoke ? 50 : 1000) * count
  const rate = await fleet(count, `w${count}`, async () => {
    await get(Array.from({ length: 32 * count }, () => sleep.remote()))
    const start = performance.now()
    await get(Array.from({ length: tasks }, () => sleep.remote()))
    return tasks / ((performance.now() - start) / 1000)
  })
  single ||= rate
  byWorkers.push([String(count), rate.toFixed(0), ratio(rate / single), `${(8 * count) / 0.01}`])
}
console.log()
printTable(['workers of 8 slots, tasks that sleep 10 ms', 'tasks/s', '', 'at most'], byWorkers)

const byQueue: string[][] = []
const perTask: number[] = []
for (const count of smoke ? [200] : [1000, 10_000, 100_000]) {
  const microseconds = await fleet(1, `q${count}`, async () => {
    await get(Array.from({ length: smoke ? 100 : 5000 }, (_, i) => noop.remote(i)))
    const times: number[] = []
    for (let round = 0; round < 30_000 / count; round++) {
      const start = performance.now()
      const values = await get(Array.from({ length: count }, (_, i) => noop.remote(i)))
      if (values.at(-1) !== count - 1) throw new Error('a wrong result')
      times.push(((performance.now() - start) * 1000) / count)
    }
    return middle(times)
  })
  perTask.push(microseconds)
  byQueue.push([count.toLocaleString('en'), time(microseconds)])
}
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** What earlier parts left goes in several rounds: refs that are gone let go of their objects. */
const heldBytes = async () => {
  for (let round = 0; round < 5; round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
const pendingCount = smoke ? 1000 : 50_000
const memory = await fleet(0, 'memory', async () => {
  const before = await heldBytes()
  const refs = Array.from({ length: pendingCount }, (_, i) => noop.remote(i))
  // All are queued by then: there is nobody to run them.
  for (let last = -1; ; ) {
    const stored = await connection.dbsize()
    if (stored === last) break
    last = stored
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return ((await heldBytes()) - before) / refs.length
})
console.log()
printTable(['no-op tasks, queued at once', 'time a task'], byQueue)
console.log(`\ndriver's memory for a task that waits: ${memory.toFixed(0)} bytes\n`)
const spread = Math.max(...perTask) / Math.min(...perTask)
goals.check('time a task flat from 1,000 to 100,000 queued', spread <= 1.5, ratio(spread))
goals.check('less than 1 KiB of the driver for a task that waits', memory < 1024, `${memory.toFixed(0)} B`)
goals.print()

connection.disconnect()
await redis.stop()
