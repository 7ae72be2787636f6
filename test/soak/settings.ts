// The options of `npm run soak`.
import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'

/** What may happen to a fleet. */
export const faultKinds = {
  kill: 'kill -9 of a worker; a new one comes',
  term: 'SIGTERM of a worker, which has to end in order; a new one comes',
  pause: 'a worker stands still for a while (SIGSTOP)',
  redis: 'kill -9 of Redis, which is started again',
  stall: 'Redis stands still for a while (SIGSTOP)',
  client: 'CLIENT KILL of some connections',
  driver: 'kill -9 of a driver; a new one comes',
} as const
export type FaultKind = keyof typeof faultKinds

export interface Settings {
  readonly engine: 'redis' | 'threads'
  readonly seed: number
  readonly seconds: number
  readonly faults: readonly FaultKind[]
  /** Seconds between two, on average. */
  readonly every: number
  readonly drivers: number
  readonly strands: number
  readonly programs: readonly string[]
  readonly workers: number
  readonly numCpus: number
  readonly recoverAfter: number
  readonly fsync: 'always' | 'everysec' | 'no'
  readonly sign: boolean
  /** Seconds from the last fault until everything has to be over. */
  readonly bound: number
  readonly keep: boolean
  readonly hold: boolean
}

export function readSettings(programs: readonly string[], args: readonly string[]): Settings {
  const command = new Command('soak')
    .description(
      'Random programs under random faults over a real Redis, or on threads: looks for hangs, lost and doubled work.',
    )
    .addHelpText(
      'after',
      `\nFaults:\n${Object.entries(faultKinds)
        .map(([kind, text]) => `  ${kind.padEnd(8)}${text}`)
        .join('\n')}\n\nPrograms: ${programs.join(', ')}\n`,
    )
    .addOption(
      new Option('--engine <name>', 'threads: without Redis and workers, and no faults but what programs do')
        .choices(['redis', 'threads'])
        .default('redis'),
    )
    .option('--seed <number>', 'of the programs and the faults (default: a random one)', wholeFrom(0))
    .option('--seconds <count>', 'how long calls are made and faults happen', numberAbove0, 60)
    .option('--faults <list>', 'which: a list with commas, all or none', listOf(Object.keys(faultKinds)), [
      ...Object.keys(faultKinds),
    ])
    .option('--every <seconds>', 'between two faults, on average', numberAbove0, 3)
    .option('--drivers <count>', 'driver processes', wholeFrom(1), 2)
    .option('--strands <count>', 'programs that each driver runs at once', wholeFrom(1), 4)
    .option('--programs <list>', 'which: a list with commas', listOf(programs), [...programs])
    .option('--workers <count>', 'worker processes', wholeFrom(1), 2)
    .option('--num-cpus <count>', 'slots of each worker', wholeFrom(1), 2)
    .option('--recover-after <seconds>', 'of the workers', numberAbove0, 10)
    .addOption(
      new Option('--fsync <when>', 'when Redis has what it accepts on the disk')
        .choices(['always', 'everysec', 'no'])
        .default('always'),
    )
    .addOption(
      new Option('--sign <when>', 'whether the fleet has a key')
        .choices(['yes', 'no', 'seed'])
        .default('seed', 'by the seed'),
    )
    .option('--bound <seconds>', 'from the last fault until all calls have to be over', numberAbove0, 120)
    .option('--keep', 'keep the folder with all output, also if all is well')
    .option('--hold', 'leave the processes as they are when something is wrong, to look at them')
    .showHelpAfterError('Add --help to see how it is used.')
    .allowExcessArguments(false)
    // As the command `cornichon`: 2 is for wrong use.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
  const { seed = randomInt(1, 1_000_000), sign, ...rest } = command.opts()
  return {
    keep: false,
    hold: false,
    ...rest,
    seed,
    sign: sign === 'seed' ? seed % 2 === 1 : sign === 'yes',
  } as Settings
}

function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It is a whole number from ${least}.`)
    return value
  }
}

function numberAbove0(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.')
  return value
}

function listOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    if (text === 'none') return []
    if (text === 'all') return [...known]
    const names = text.split(',').map((name) => name.trim())
    for (const name of names)
      if (!known.includes(name))
        throw new InvalidArgumentError(`There is no ${name || 'empty name'} among: ${known.join(', ')}.`)
    return names
  }
}
