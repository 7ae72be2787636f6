// `cornichon run`: loads a bundle, calls what it holds if that is a function, and prints the result.
import { inspect } from 'node:util'
import type { Command } from 'commander'
import { loadsAsync, UnpicklingError } from '../../serializer/index.ts'
import { isCallable } from '../is-class.ts'
import { parseAmount } from './amounts.ts'
import { EndedError, ProgramError, reportFailure, UsageError } from './failure.ts'
import { isExistingFolder, readBundle } from './files.ts'
import { addJoinOptions, type FleetFlags } from './fleet.ts'
import { printResult } from './print-result.ts'
import { runOnFleet } from './submit.ts'

interface RunFlags extends FleetFlags {
  readonly args?: string
  readonly json?: true
  readonly packages?: string
  readonly name?: string
  readonly numCpus?: number
  readonly runtimeEnv?: string
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('load a bundle, call its function and print the result')
    .description(
      'Loads a bundle and, if it holds a function, calls it. Prints the result (of a promise: what it is ' +
        'resolved with), and nothing for undefined. What is not a function is printed as it is. ' +
        'A bundle is a program: run none that you would not run as one.',
    )
    .argument('<bundle>', 'the file that `cornichon pack` wrote')
    .option('--args <json>', 'the arguments, as a JSON array')
    .option('--json', 'print the result as JSON, as JSON.stringify writes it')
    .option(
      '--packages <folder>',
      'the folder in whose node_modules the packages are that the bundle refers to (default: the current one)',
    )
    .option('--address <url>', 'run it on the fleet of this Redis, and wait; Ctrl-C cancels it')
  const own = command.options.length
  addJoinOptions(command, 'with --address: ')
    .option('--name <name>', 'with --address: what lists and errors call it')
    .option('--num-cpus <count>', 'with --address: slots that it takes', parseAmount)
    .option('--runtime-env <file>', 'with --address: what it has to run in, as JSON')
  const ofFleet = command.options.slice(own)
  command
    .addHelpText(
      'after',
      `
The exit code is 1, and the error with its stack is on stderr, if the function throws.

Examples:
  $ cornichon run greet.crn --args '["peter", 22]'
  $ cornichon run search.crn --args '["warranty"]' --json --packages ../app
  $ cornichon run greet.crn --address rediss://user:password@host --tls-ca ca.pem`,
    )
    .action((file: string, flags: RunFlags) => {
      if (flags.address !== undefined) return runThere(file, flags)
      const given = ofFleet.find((option) => command.getOptionValue(option.attributeName()) !== undefined)
      if (given !== undefined)
        throw new UsageError(
          `${given.long} goes with --address: without it, the bundle runs in this process, and no fleet is asked`,
        )
      return run(file, flags)
    })
}

function runThere(file: string, flags: RunFlags): Promise<void> {
  if (flags.packages !== undefined)
    throw new UsageError(
      '--packages goes without --address: workers have packages of their own, or those that --runtime-env names',
    )
  return runOnFleet(file, flags)
}

async function run(file: string, flags: RunFlags): Promise<void> {
  const args = flags.args === undefined ? undefined : parseArguments(flags.args)
  const value = await load(file, flags.packages)
  printResult(await resultOf(value, args, file), flags.json === true)
}

/** A class can't be called: it is printed, as any other value is. */
function resultOf(value: unknown, args: unknown[] | undefined, file: string): unknown {
  if (isCallable(value)) return call(value, args ?? [], file)
  if (args === undefined) return value
  throw new UsageError(`${file} holds no function to call with --args, but ${inspect(value, { depth: 0 })}`)
}

function parseArguments(json: string): unknown[] {
  let args: unknown
  try {
    args = JSON.parse(json)
  } catch (error) {
    throw new UsageError(
      `--args is not JSON: ${(error as Error).message}\nA shell may have taken the quotes away. Write --args '["text", 1]'`,
    )
  }
  if (Array.isArray(args)) return args
  throw new UsageError(`--args is an array of the arguments. Write --args '[${json}]' to give one`)
}

/** Packages resolve from the working directory while a bundle is loaded. */
async function load(file: string, packages: string | undefined): Promise<unknown> {
  const bytes = readBundle(file)
  const before = process.cwd()
  if (packages !== undefined) {
    if (!isExistingFolder(packages)) throw new UsageError(`--packages names no folder: ${packages}`)
    process.chdir(packages)
  }
  try {
    return await loadsAsync(bytes)
  } catch (error) {
    if (error instanceof UnpicklingError) throw error
    throw new ProgramError(`loading ${file} failed:`, error)
  } finally {
    process.chdir(before)
  }
}

async function call(fn: (...args: unknown[]) => unknown, args: unknown[], file: string): Promise<unknown> {
  const giveUp = () => {
    reportFailure(new EndedError(`${file} waits for a promise, and nothing is left that could settle it`))
    process.exit(1)
  }
  process.once('beforeExit', giveUp)
  try {
    return await fn(...args)
  } catch (error) {
    throw new ProgramError(`${file} threw:`, error)
  } finally {
    process.off('beforeExit', giveUp)
  }
}
