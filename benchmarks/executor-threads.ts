// `npm run bench -- executor-threads [--smoke]`: what does a task cost that ships a closure to worker threads, against piscina
// and tinypool, which are given a file, and against bare messages; and payloads of 10 MB, copied, given away, shared.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type * as Executor from '../executor/index.ts'
import { median, now } from './support/measure.mjs'
import { missingPackage } from './support/peers.ts'
import { Goals, printTable, ratio, time } from './support/report.ts'
import { loneTask, tasksPerSecond } from './support/tasks.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values
const THREADS = 2
const WINDOW = 256
const LONE = smoke ? 50 : 3000
const MANY = smoke ? 500 : 60_000
const ROUNDS = smoke ? 1 : 3
const PAYLOAD = 10 * 1024 * 1024

// As it is shipped.
const { get, init, remote, shutdown, transfer } = (await import(
  pathToFileURL(join(import.meta.dirname, '..', 'dist', 'executor', 'index.js')).href
)) as typeof Executor

const file = (name: string) => pathToFileURL(join(import.meta.dirname, 'executor-threads', name)).href

interface Contestant {
  readonly name: string
  call(x: number): Promise<number>
  end(): Promise<unknown>
}

function messages(): Contestant {
  const workers = Array.from({ length: THREADS }, () => {
    const worker = new Worker(new URL(file('echo.mjs')))
    const waiting: ((value: number) => void)[] = []
    worker.on('message', (value: number) => waiting.shift()!(value))
    return { worker, waiting }
  })
  let next = 0
  return {
    name: 'bare messages',
    call(x) {
      const { worker, waiting } = workers[next++ % THREADS]!
      worker.postMessage(x)
      return new Promise((resolve) => waiting.push(resolve))
    },
    end: () => Promise.all(workers.map(({ worker }) => worker.terminate())),
  }
}

async function pools(): Promise<Contestant[]> {
  const threads = { minThreads: THREADS, maxThreads: THREADS }
  const piscina = new Piscina({
    filename: file('task.mjs'),
    ...threads,
    atomics: 'disabled',
    concurrentTasksPerWorker: 16,
  })
  const found: Contestant[] = [
    { name: 'piscina', call: (x) => piscina.run(x) as Promise<number>, end: () => piscina.destroy() },
  ]
  const missing = missingPackage('tinypool')
  if (missing !== null) console.log(`tinypool is left out: ${missing}`)
  else {
    const { default: Tinypool } = await import('tinypool')
    const tinypool = new Tinypool({ filename: file('task.mjs'), ...threads, concurrentTasksPerWorker: 16 })
    found.push({ name: 'tinypool', call: (x) => tinypool.run(x), end: () => tinypool.destroy() })
  }
  return found
}

await init({ numCpus: THREADS })
const step = 1
const addOne = remote((x: number) => x + step)
const contestants: Contestant[] = [
  { name: 'cornichon, a closure', call: (x) => get(addOne.remote(x)), end: shutdown },
  messages(),
  ...(await pools()),
]

const results = new Map<string, { p50: number[]; rate: number[] }>()
for (let round = 0; round <= ROUNDS; round++) {
  for (const { name, call } of contestants) {
    const checked = async (x: number) => {
      if ((await call(x)) !== x + 1) throw new Error('a wrong result')
    }
    const result = {
      p50: await loneTask(checked, LONE),
      rate: await tasksPerSecond(call, MANY, WINDOW),
    }
    // The first round warms up.
    if (round === 0 && !smoke) continue
    const known = results.get(name) ?? { p50: [], rate: [] }
    known.p50.push(result.p50)
    known.rate.push(result.rate)
    results.set(name, known)
  }
}
const ours = results.get('cornichon, a closure')!
printTable(
  [`no-op tasks, ${THREADS} threads`, 'lone task, p50', `tasks/s, window ${WINDOW}`, 'of ours'],
  [...results].map(([name, { p50, rate: rates }]) => [
    name,
    time(median(p50)),
    Math.round(median(rates)).toLocaleString('en'),
    name === contestants[0]!.name ? '' : ratio(median(rates) / median(ours.rate)),
  ]),
)

const sizeOf = remote((bytes: Uint8Array) => bytes.byteLength)
async function payload(make: () => Uint8Array): Promise<number> {
  const samples: number[] = []
  for (let i = 0; i < (smoke ? 2 : 30); i++) {
    const bytes = make()
    const start = now()
    if ((await get(sizeOf.remote(bytes))) !== PAYLOAD) throw new Error('a wrong result')
    samples.push(now() - start)
  }
  return median(samples)
}
const shared = new Uint8Array(new SharedArrayBuffer(PAYLOAD))
console.log()
printTable(
  ['10 MB as an argument', 'round trip'],
  [
    ['copied', time(await payload(() => new Uint8Array(PAYLOAD)))],
    [
      'given away',
      time(
        await payload(() => {
          const bytes = new Uint8Array(PAYLOAD)
          return transfer(bytes, [bytes.buffer])
        }),
      ),
    ],
    ['shared', time(await payload(() => shared))],
  ],
)
await Promise.all(contestants.map(({ end }) => end()))

const goals = new Goals()
const piscina = results.get('piscina')!
const share = median(ours.rate) / median(piscina.rate)
goals.check('at least 0.8 of the rate of piscina with a fixed function', share >= 0.8, ratio(share))
if (!smoke) goals.print()
