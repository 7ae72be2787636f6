// `npm run bench -- runtime-env [--smoke]`: what runtime environments cost. Hashing, packing, upload and materialization
// of a tree of 5,000 files, against tar and zip on the same tree, cold and cached; and what an environment that is ready
// adds to a task, in a process of this machine and on a fleet. On a Redis of its own.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type * as Executor from '../executor/index.ts'
import type * as Redis from '../executor/redis/join.ts'
import type * as RuntimeEnvs from '../runtime-env/index.ts'
import type * as Managers from '../runtime-env/manager.ts'
import type * as Packages from '../runtime-env/package/index.ts'
import { startRedis } from '../test/support/redis.ts'
import { endChild, startChild } from './executor-redis/contestants.ts'
import { writeTree } from './runtime-env/tree.ts'
import { median, now } from './support/measure.mjs'
import { Goals, printTable, ratio, size, time } from './support/report.ts'
import { loneTask, tasksPerSecond } from './support/tasks.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values
const FILES = smoke ? 200 : 5000
const ROUNDS = smoke ? 1 : 3
const LONE = smoke ? 20 : 1000
const MANY = smoke ? 200 : 10_000
const WINDOW = 64
const SLOTS = 2

/** A part of ours by itself: dist/ is bundled from these. */
const part = <M>(path: string): Promise<M> =>
  import(pathToFileURL(join(import.meta.dirname, '..', '.cache', 'modules', path)).href) as Promise<M>
const { get, init, remote, shutdown } = await part<typeof Executor>('executor/index.js')
const { RuntimeEnv } = await part<typeof RuntimeEnvs>('runtime-env/index.js')
const { openEnvManager } = await part<typeof Managers>('runtime-env/manager.js')
const { writeArchive } = await part<typeof Packages>('runtime-env/package/index.js')
const { startRedis: joinFleet } = await part<typeof Redis>('executor/redis/join.js')

const scratch = mkdtempSync(join(tmpdir(), 'cornichon-bench-'))
const path = (...parts: string[]) => join(scratch, ...parts)
const redis = await startRedis()
const goals = new Goals()
process.env.XDG_CACHE_HOME = path('user-cache')

const treeSize = writeTree(path('tree'), FILES)
console.log(`a tree of ${FILES} files, ${size(treeSize)}\n`)

// --- its way ---

const samples = new Map<string, number[]>()
async function step<T>(name: string, work: () => Promise<T> | T): Promise<T> {
  const begin = now()
  const result = await work()
  const known = samples.get(name) ?? []
  known.push(now() - begin)
  samples.set(name, known)
  return result
}

function program(name: string, ...args: string[]): boolean {
  return spawnSync(name, args, { cwd: scratch, stdio: 'ignore' }).status === 0
}
const hasZip = program('zip', '-v') && program('unzip', '-v')

for (let round = 0; round < ROUNDS; round++) {
  const fields = { workingDir: path('tree') }
  const { env, packages } = await step('hash', () => RuntimeEnv.from(fields).resolve())
  const [pkg] = packages
  const archive = path('archive.zip')
  await step('pack', () => writeArchive(pkg!, archive))
  // Each time into a fleet that has nothing of it.
  const fleet = await joinFleet({
    address: redis.address,
    namespace: `${redis.namespace}-${round}`,
    logToDriver: false,
  })
  await step('pack and upload', async () => {
    fleet.addPackage(pkg!)
    await fleet.packages.uploaded([pkg!.uri])
  })
  const other = await joinFleet({
    address: redis.address,
    namespace: `${redis.namespace}-${round}`,
    logToDriver: false,
  })
  await step('upload, it is there', async () => {
    other.addPackage(pkg!)
    await other.packages.uploaded([pkg!.uri])
  })
  const cacheDir = path(`cache-${round}`)
  const manager = openEnvManager({ packages: fleet.packages, cacheDir })
  const lease = await step('fetch and materialize', () => manager.acquire(env!))
  lease.release()
  await manager.close()
  const again = openEnvManager({ packages: fleet.packages, cacheDir })
  const found = await step('materialize, it is cached', () => again.acquire(env!))
  const ready = await step('acquire, it is in use', () => again.acquire(env!))
  found.release()
  ready.release()
  await again.close()
  await fleet.shutdown()
  await other.shutdown()
  rmSync(cacheDir, { recursive: true, force: true })

  for (const folder of ['tar-out', 'zip-out']) {
    rmSync(path(folder), { recursive: true, force: true })
    mkdirSync(path(folder))
  }
  for (const file of ['tree.tgz', 'tree.zip']) rmSync(path(file), { force: true })
  await step('tar -cz', () => program('tar', '-czf', 'tree.tgz', 'tree'))
  await step('tar -xz', () => program('tar', '-xzf', 'tree.tgz', '-C', 'tar-out'))
  if (hasZip) {
    await step('zip', () => program('zip', '-qr', 'tree.zip', 'tree'))
    await step('unzip', () => program('unzip', '-q', 'tree.zip', '-d', 'zip-out'))
  }
}
const took = (name: string) => median(samples.get(name)!)
printTable(
  ['the tree', 'time', 'of tar'],
  [...samples.keys()].map((name) => {
    const against = /^(fetch|unzip|materialize|acquire)/.test(name) ? 'tar -xz' : 'tar -cz'
    return [name, time(took(name)), name.startsWith('tar') ? '' : ratio(took(name) / took(against))]
  }),
)
const sizes = [
  ['ours', 'archive.zip'],
  ['tar -cz', 'tree.tgz'],
  ...(hasZip ? [['zip', 'tree.zip']] : []),
] as [string, string][]
console.log(
  `\nthe archive: ${sizes.map(([name, file]) => `${name} ${size(statSync(path(file)).size)}`).join(', ')}`,
)
if (!hasZip) console.log('zip and unzip are left out: they are not installed')

// --- what it adds to a task ---

const files = { workingDir: path('small'), envVars: { BENCH: '1' }, npm: [path('package')] }
mkdirSync(path('small'))
mkdirSync(path('package'))
writeFileSync(path('small', 'data.txt'), 'data')
writeFileSync(path('package', 'package.json'), '{ "name": "bench-package", "version": "1.0.0" }')

const noop = remote((x: number) => x + 1)
const minimal = noop.options({ runtimeEnv: { envVars: { BENCH_MINIMAL: '1' } } })
const full = noop.options({ runtimeEnv: files })
type Contestant = readonly [name: string, call: (x: number) => Promise<number>]
const ours: readonly Contestant[] = [
  ['worker threads', (x) => get(noop.remote(x))],
  ['a process, one variable', (x) => get(minimal.remote(x))],
  ['a process, folder and package', (x) => get(full.remote(x))],
]

/** As many as there are slots, and one message under way in each, as tasks are. */
function forked(): { contestant: Contestant; end(): void } {
  const file = join(import.meta.dirname, 'runtime-env', 'echo.mjs')
  const idle = Array.from({ length: SLOTS }, () => fork(file, { serialization: 'advanced', execArgv: [] }))
  const all = [...idle]
  const waiting: (() => void)[] = []
  const call = async (x: number) => {
    while (idle.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const child = idle.pop()!
    const [answer] = (await Promise.all([once(child, 'message'), child.send(x)]))[0] as [number]
    idle.push(child)
    waiting.shift()?.()
    return answer + 1
  }
  return {
    contestant: ["processes by Node's fork, messages alone", call],
    end: () => {
      for (const child of all) child.kill()
    },
  }
}

async function measure(
  contestants: readonly Contestant[],
): Promise<Map<string, { p50: number; rate: number }>> {
  const all = new Map<string, { p50: number[]; rate: number[] }>()
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, call] of contestants) {
      const checked = async (x: number) => {
        if ((await call(x)) !== x + 1) throw new Error('a wrong result')
      }
      // The first round makes environments, and warms up.
      const [lone, many] = round === 0 ? [20, 200] : [LONE, MANY]
      const result = { p50: await loneTask(checked, lone), rate: await tasksPerSecond(checked, many, WINDOW) }
      if (round === 0) continue
      const known = all.get(name) ?? { p50: [], rate: [] }
      known.p50.push(result.p50)
      known.rate.push(result.rate)
      all.set(name, known)
    }
  }
  return new Map([...all].map(([name, { p50, rate }]) => [name, { p50: median(p50), rate: median(rate) }]))
}

function report(title: string, results: ReadonlyMap<string, { p50: number; rate: number }>): void {
  console.log()
  printTable(
    [title, 'lone task, p50', `tasks/s, window ${WINDOW}`],
    [...results].map(([name, { p50, rate }]) => [name, time(p50), Math.round(rate).toLocaleString('en')]),
  )
}

await init({ numCpus: SLOTS })
const { contestant, end } = forked()
const here = await measure([...ours, contestant])
end()
await shutdown()
report('no-op tasks, this machine', here)

const worker = await startChild(
  join(import.meta.dirname, '..', 'dist', 'executor', 'cli', 'index.js'),
  ...[
    'worker',
    '--address',
    redis.address,
    '--namespace',
    redis.namespace,
    '--num-cpus',
    `${SLOTS}`,
    '--json',
  ],
  ...['--cache-dir', path('fleet-cache')],
)
await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
const fleet = await measure(ours)
await shutdown()
await endChild(worker)
report('no-op tasks, a fleet', fleet)

const added = (results: ReadonlyMap<string, { p50: number }>, base: string) => {
  const part = results.get('a process, folder and package')!.p50 / results.get(base)!.p50 - 1
  return [part < 0.1, `${(100 * part).toFixed(1)} %`] as const
}
goals.check(
  'an environment that is ready adds less than 10 % to a task in a process',
  ...added(here, 'a process, one variable'),
)
goals.check('and to one of a fleet that runs in a thread', ...added(fleet, 'worker threads'))
goals.check(
  'a tree that is cached costs less than a tenth of unpacking it',
  took('materialize, it is cached') < took('tar -xz') / 10,
  ratio(took('materialize, it is cached') / took('tar -xz')),
)
goals.print()

await redis.stop()
rmSync(scratch, { recursive: true, force: true })
