// `cornichon submit`: a bundle's function as a task of a fleet, without waiting; `cornichon result` fetches what came out.
import type { Command } from 'commander'
import type { RuntimeEnv } from '../../runtime-env/index.ts'
import { resultId } from '../executor.ts'
import { errorOf } from '../failures.ts'
import { printLine } from '../local/logs.ts'
import { timerOf } from '../options.ts'
import { unpack } from '../payload.ts'
import type { RedisExecutor } from '../redis/index.ts'
import type { FleetView } from '../redis/overview.ts'
import { isLive } from '../terminal-line.ts'
import { parseAmount, parseLifetime } from './amounts.ts'
import { ProgramError, UsageError } from './failure.ts'
import { readBundle } from './files.ts'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { INTERRUPTED, stoppable, untilInterrupted } from './interrupt.ts'
import { JobLine } from './job-line.ts'
import { tellIfNoWorker } from './no-worker.ts'
import { print } from './output.ts'
import { printResult } from './print-result.ts'
import { withFleet } from './with-fleet.ts'

interface SubmitFlags extends FleetFlags {
  readonly args?: string
  readonly name?: string
  readonly numCpus?: number
  readonly keep: number
  readonly runtimeEnv?: string
  readonly json?: true
}

interface OutcomeFlags extends FleetFlags {
  readonly timeout?: number
  readonly json?: true
}

interface ResultFlags extends OutcomeFlags {
  /** Unless `--no-cancel` is said. */
  readonly cancel: boolean
}

export function addSubmit(program: Command): void {
  addFleetOptions(program.command('submit'))
    .summary("run a bundle's function on a fleet, without waiting")
    .description(
      'Queues a task that calls the function of a bundle, and prints its id: for result, cancel and list.',
    )
    .argument('<bundle>', 'the file that `cornichon pack` wrote')
    .option('--args <json>', 'the arguments, as a JSON array')
    .option('--name <name>', 'what lists and errors call it')
    .option('--num-cpus <count>', 'slots that it takes', parseAmount)
    .option('--runtime-env <file>', 'what it has to run in, as JSON: files, packages, variables')
    .option(
      '--keep <seconds>',
      'for how long from now it is wanted: one that waits after that never runs, one that runs is ended some seconds later',
      parseLifetime,
      86_400,
    )
    .option('--json', 'print the id as JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  $ id=$(cornichon submit greet.crn --args '["peter", 22]')\n  $ cornichon result $id`,
    )
    .action((file: string, flags: SubmitFlags) =>
      withFleet(flags, async (fleet) => {
        const id = await submit(fleet, file, flags)
        await asUsage(() => fleet.stored(id))
        await fleet.leave(Math.ceil(flags.keep * 1000))
        print(flags.json ? JSON.stringify({ id }) : id, `task ${id} is queued all the same`)
      }),
    )
  addFleetOptions(program.command('result'))
    .summary('wait for a submitted task, and print its result')
    .description(
      'Waits until a task of a fleet is over, and prints its result as run does. Results are kept for an hour. ' +
        'Ctrl-C cancels the task, and the tasks that it started.',
    )
    .argument('<id>', 'what submit printed')
    .option('--timeout <seconds>', 'how long to wait: after that, the task goes on', parseAmount)
    .option('--no-cancel', 'at Ctrl-C, only wait no longer: the task goes on')
    .option('--json', 'print the result as JSON, as JSON.stringify writes it')
    .addHelpText('after', '\nExamples:\n  $ cornichon result t-1f0a-1 --timeout 60')
    .action((id: string, flags: ResultFlags) =>
      withFleet(flags, async (fleet) => {
        const { FleetView: View } = await import('../redis/overview.ts')
        const view = new View(fleet)
        if (!(await view.isKnown(id)))
          throw new UsageError(`there is no task ${id}: its result is gone, or it never was`)
        await waitFor(fleet, view, id, flags)
      }),
    )
}

/** Ctrl-C is the task's end as it is with `run --address`, or with `--no-cancel` only that of the waiting. */
async function waitFor(fleet: RedisExecutor, view: FleetView, id: string, flags: ResultFlags): Promise<void> {
  const line = new JobLine(process.stderr)
  if (isLive(process.stderr)) line.watch(fleet.progress, id)
  const quiet = tellIfNoWorker(fleet, line)
  const show = () => printOutcome(fleet, id, flags, line)
  try {
    if (flags.cancel) {
      let cancelled: Promise<unknown> | null = null
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          process.exitCode = INTERRUPTED
          // One that is over by now has a result, which is printed.
          cancelled = view.cancel(id, true, 'Ctrl-C')
          cancelled.catch(reject)
        }
        stoppable(stop, show, ', and the task may go on').then(resolve, reject)
      })
        // Its failure is here before all is told that has to end.
        .finally(() => cancelled)
    } else if (!(await untilInterrupted(show))) {
      process.exitCode = INTERRUPTED
      console.error(`cornichon: task ${id} goes on; the command result waits for it again`)
    }
  } finally {
    quiet()
    line.end()
  }
}

async function submit(fleet: RedisExecutor, file: string, flags: Omit<SubmitFlags, 'keep'>): Promise<string> {
  const { submitBundle } = await import('../redis/submit.ts')
  const env = flags.runtimeEnv === undefined ? null : await readEnvironment(flags.runtimeEnv)
  const [bundle, args] = [readBundle(file), parseArguments(flags.args)]
  return asUsage(async () =>
    submitBundle(fleet, bundle, args, {
      name: flags.name ?? file,
      ...(flags.numCpus !== undefined && { numCpus: flags.numCpus }),
      ...(env !== null && { runtimeEnv: env }),
    }),
  )
}

/** What is in the way of the environment is told without a stack: a folder that is too large, a container. */
async function asUsage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** A mistake in the file is one in the command's use. */
async function readEnvironment(file: string): Promise<RuntimeEnv> {
  const { RuntimeEnv: Environments } = await import('../../runtime-env/index.ts')
  try {
    return Environments.fromFile(file)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(error.message)
  }
}

function parseArguments(json: string | undefined): unknown[] {
  if (json === undefined) return []
  try {
    const args: unknown = JSON.parse(json)
    if (Array.isArray(args)) return args
  } catch {}
  throw new UsageError(`--args is a JSON array of the arguments, as in --args '["text", 1]', not ${json}`)
}

/** `cornichon run --address`: with the output of the task, and Ctrl-C cancels it. */
export function runOnFleet(file: string, flags: Omit<SubmitFlags, 'keep'>): Promise<void> {
  const line = new JobLine(process.stderr)
  return withFleet(
    flags,
    async (fleet) => {
      const id = await submit(fleet, file, flags)
      const stop = () => {
        process.exitCode = INTERRUPTED
        fleet.cancel(id, { force: true, recursive: true })
      }
      if (isLive(process.stderr)) line.watch(fleet.progress, id)
      const quiet = tellIfNoWorker(fleet, line)
      try {
        const show = () => printOutcome(fleet, id, flags, line)
        await stoppable(stop, show, ', and the fleet ends the task when it finds the command gone')
      } finally {
        quiet()
        line.end()
        await fleet.progress.forget(id)
      }
    },
    (printed) => {
      line.clear()
      // Where the result is JSON, nothing else is on stdout.
      printLine(flags.json ? { ...printed, stream: 'stderr' } : printed)
    },
  )
}

async function printOutcome(
  fleet: RedisExecutor,
  id: string,
  flags: OutcomeFlags,
  line: JobLine,
): Promise<void> {
  const result = fleet.outcome(resultId(id, 0))
  const limit = timerOf(flags.timeout === undefined ? undefined : flags.timeout * 1000)
  const late =
    limit === null
      ? new Promise<never>(() => {})
      : new Promise<null>((resolve) => setTimeout(resolve, limit, null).unref())
  const outcome = await Promise.race([result, late])
  line.end()
  if (outcome === null)
    throw new ProgramError(`task ${id} is not over after ${flags.timeout} s`, new Error('timed out'))
  if (!outcome.ok) throw new ProgramError(`task ${id} failed:`, errorOf(outcome.failure))
  printResult(unpack(outcome.value), flags.json === true)
}
