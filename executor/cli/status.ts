// `cornichon status` and `top`: what a fleet has and does, once or again and again.
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { formatSize } from '../../runtime-env/size.ts'
import { LONGEST_TIMER } from '../options.ts'
import type { FleetView, Overview } from '../redis/overview.ts'
import { isNew } from '../redis/uptime.ts'
import { isLive } from '../terminal-line.ts'
import { parseAmount } from './amounts.ts'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { formatCount } from './format.ts'
import { untilInterrupted } from './interrupt.ts'
import { NO_WORKER, NO_WORKER_YET } from './no-worker.ts'
import { formatTable } from './table.ts'
import { withFleet } from './with-fleet.ts'

interface StatusFlags extends FleetFlags {
  readonly json?: true
}

interface TopFlags extends StatusFlags {
  readonly interval: number
  readonly count: number
}

export function addStatus(program: Command): void {
  addFleetOptions(program.command('status'))
    .summary('show what a fleet has and does')
    .description('Shows the workers of a fleet, their slots, and how many tasks wait, run and failed.')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExamples:\n  $ cornichon status --address redis://localhost')
    .action((flags: StatusFlags) =>
      withFleet(flags, async (fleet) => {
        const { FleetView } = await import('../redis/overview.ts')
        const overview = await new FleetView(fleet).overview()
        console.log(flags.json ? JSON.stringify(overview, null, 2) : formatOverview(overview))
      }),
    )
}

export function addTop(program: Command): void {
  addFleetOptions(program.command('top'))
    .summary('watch a fleet')
    .description('Shows the same as status, again and again, until Ctrl-C.')
    .option('--interval <seconds>', 'how often', parseAmount, 1)
    .option('--count <times>', 'how many times; 0 for no end', parseAmount, 0)
    .option('--json', 'print a line of JSON each time')
    .addHelpText('after', '\nExamples:\n  $ cornichon top --address redis://localhost')
    .action(top)
}

async function top(flags: TopFlags): Promise<void> {
  await withFleet(flags, async (fleet) => {
    const { FleetView: View } = await import('../redis/overview.ts')
    const view = new View(fleet)
    await untilInterrupted((signal) => showAll(view, flags, signal))
  })
}

async function showAll(view: FleetView, flags: TopFlags, signal: AbortSignal): Promise<void> {
  for (let i = 1; ; i++) {
    const overview = await view.overview()
    if (flags.json) console.log(JSON.stringify(overview))
    else {
      // The whole screen, on a terminal.
      if (isLive(process.stdout)) process.stdout.write('\x1b[H\x1b[2J')
      console.log(`${new Date().toLocaleTimeString()}  ${formatOverview(overview)}\n`)
    }
    if (i === flags.count) return
    await setTimeout(Math.min(flags.interval * 1000, LONGEST_TIMER), undefined, { signal })
  }
}

export function formatOverview({
  workers,
  drivers,
  departedDrivers,
  waiting,
  running,
  failed,
  actors,
  memory,
  uptime,
}: Overview): string {
  const departed =
    departedDrivers === 0 ? '' : `, and ${departedDrivers} that left, whose tasks and results are kept`
  const summary =
    `${formatCount(workers.length, 'worker')}, ${formatCount(drivers, 'driver')}${departed}; ` +
    `tasks: ${waiting} waiting, ${running} running, ${failed} failed; ${formatCount(actors, 'actor')}; Redis holds ${formatSize(memory)}`
  if (workers.length === 0) return `${summary}\n${isNew(uptime) ? NO_WORKER_YET : NO_WORKER}`
  const rows = workers.map(({ name, resources, running: tasks, actors: own, version, node }) => [
    name,
    Object.entries(resources)
      .map(([resource, { total, free }]) => `${resource} ${Number((total - free).toFixed(4))}/${total}`)
      .join(', '),
    ...[tasks, own, `${version}, Node ${node}`],
  ])
  return `${summary}\n\n${formatTable(['WORKER', 'SLOTS TAKEN', 'TASKS', 'ACTORS', 'VERSION'], rows)}`
}
