// `cornichon worker`: a worker process of a fleet. Runs until it is told to stop; SIGTERM lets what runs end.
import { type Command, InvalidArgumentError } from 'commander'
import { parseAmount, parsePeriod } from './amounts.ts'
import { EndedError, reportFailure, UsageError } from './failure.ts'
import { addFleetOptions, type FleetFlags, fleetOf } from './fleet.ts'
import { doWithoutOutput } from './output.ts'
import { isUnderPermission, onParentGone, permissionArguments, runAgain, SAME } from './permission.ts'

interface WorkerFlags extends FleetFlags {
  readonly name?: string
  readonly numCpus?: number
  readonly resources?: Readonly<Record<string, number>>
  readonly maxMemory?: number
  readonly grace: number
  readonly recoverAfter: number
  readonly waitForRoom: number
  readonly cacheDir?: string
  readonly cacheSize?: number
  readonly plugin?: readonly string[]
  readonly permission?: readonly string[] | true
  readonly json?: true
}

export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .summary('run tasks and actors of a fleet')
    .description(
      'Takes tasks and actors from a fleet and runs them in worker threads, until it is stopped. SIGTERM or ' +
        'Ctrl-C: it takes no more, lets what runs end, and gives back the rest; a second time ends it at once.',
    )
  addFleetOptions(command)
    .option('--name <name>', 'what errors and lists call it (default: host and process id)')
    .option('--num-cpus <count>', 'how many slots it has (default: as many as there are cores)', parseAmount)
    .option('--resources <list>', 'custom resources: gpu=1,licence=2', parseResources)
    .option('--max-memory <megabytes>', 'the heap that one worker thread may have', parseAmount)
    .option('--grace <seconds>', 'how long tasks may take to end when it is stopped', parseAmount, 30)
    .option(
      '--recover-after <seconds>',
      'what a worker process had that is dead for so long goes to others',
      parsePeriod,
      10,
    )
    .option(
      '--wait-for-room <seconds>',
      'how long an actor waits while no worker has memory for its thread or process',
      parseAmount,
      60,
    )
    .option(
      '--cache-dir <folder>',
      'where it keeps runtime environments (default: the cache folder of the user)',
    )
    .option('--cache-size <size>', 'how much they may take: 500MB, 20GB (default: 10GiB)', parseSize)
    .option('--plugin <modules...>', 'packages or files whose plugins runtime environments may use')
    .option(
      '--permission [grants...]',
      "run under Node's permission model, with these grants: fs-read=/data fs-write=/tmp child-process",
    )
    .option('--json', 'tell of its start and end as lines of JSON')
    .action(work)
}

function parseResources(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name, amount, ...more] = part.split('=')
      if (!name || amount === undefined || more.length > 0)
        throw new InvalidArgumentError('It is a list of name=amount.')
      return [name.trim(), parseAmount(amount)]
    }),
  )
}

/** A number of bytes, or with a unit: `20GB`, `20GiB`. */
export function parseSize(text: string): number {
  const [, digits, unit = '', binary] = /^\s*([\d.]+)\s*(?:([kmgt])(i)?)?b?\s*$/i.exec(text) ?? []
  const size = Number(digits) * (binary ? 1024 : 1000) ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase())
  if (!Number.isFinite(size) || size <= 0) throw new InvalidArgumentError('It is a size, as 500MB or 20GB.')
  return Math.floor(size)
}

async function loadPlugins(modules: readonly string[]): Promise<void> {
  const { registerRuntimeEnvPlugin } = await import('../../runtime-env/index.ts')
  for (const each of modules) {
    try {
      registerRuntimeEnvPlugin(each)
    } catch (error) {
      throw new UsageError((error as Error).message)
    }
  }
}

/** What did not end in time goes back to the queue; for that, Redis has to be there within so many milliseconds. */
const GIVING_BACK = 5_000
/** Milliseconds: a thread that has not ended by then may not do so for long. */
const ENDING = 5_000

async function work(flags: WorkerFlags): Promise<void> {
  const { permission } = flags
  if (permission !== undefined) {
    const nodeArguments = permissionArguments(permission === true ? [] : permission)
    if (!isUnderPermission()) return runAgain(nodeArguments)
  }
  // Who reads of its start may have left when it is to end, and tasks are to end in order all the same.
  doWithoutOutput()
  await loadPlugins(flags.plugin ?? [])
  const { FleetNode } = await import('../redis/node/index.ts')
  const node = await FleetNode.start({
    ...fleetOf(flags),
    recoverAfter: Math.round(flags.recoverAfter * 1000),
    waitForRoom: flags.waitForRoom * 1000,
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.numCpus !== undefined && { numCpus: flags.numCpus }),
    ...(flags.resources !== undefined && { resources: flags.resources }),
    ...(flags.cacheDir !== undefined && { cacheDir: flags.cacheDir }),
    ...(flags.cacheSize !== undefined && { cacheSize: flags.cacheSize }),
    ...(flags.maxMemory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: flags.maxMemory } }),
  }).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const say = (state: string, text: string) =>
    console.log(flags.json ? JSON.stringify({ state, worker: node.name, pid: process.pid }) : text)
  const end = async (code: number, most = ENDING) => {
    // Of a thread that goes on, `process.exit` would wait for the end.
    if (await node.end(most)) process.exit(code)
    reportFailure(
      new EndedError(
        `worker ${node.name} ends by SIGKILL: a task is in a call that nothing interrupts, as execSync is; what that has started goes on`,
      ),
    )
    process.kill(process.pid, 'SIGKILL')
  }
  let since: number | null = null
  const stop = async () => {
    if (since !== null && permission !== undefined && performance.now() - since < SAME) return
    if (since !== null) return end(1)
    since = performance.now()
    say('stopping', `worker ${node.name} lets its tasks end, for ${flags.grace} s at most`)
    const last = since + flags.grace * 1000 + GIVING_BACK
    const timer = setInterval(() => {
      if (performance.now() < last || node.isConnected) return
      clearInterval(timer)
      reportFailure(
        new EndedError(
          `worker ${node.name} ends without Redis, which is away: what it had goes to other workers when that is back`,
        ),
      )
      void end(1)
    }, 500).unref()
    try {
      await node.close(flags.grace * 1000)
    } catch (error) {
      reportFailure(error)
      return end(1)
    }
    say('stopped', `worker ${node.name} has stopped`)
    // What does not end was waited for.
    await end(0, 0)
  }
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  if (permission !== undefined) onParentGone(() => void stop())
  // Who reads that may stop it at once.
  say('ready', `worker ${node.name} is ready`)
}
