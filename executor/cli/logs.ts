// `cornichon logs`: what the tasks of a fleet print.
import type { Command } from 'commander'
import { printable } from '../printable.ts'
import type { FleetView } from '../redis/overview.ts'
import { UsageError } from './failure.ts'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { untilInterrupted } from './interrupt.ts'
import { withFleet } from './with-fleet.ts'

interface LogFlags extends FleetFlags {
  readonly follow?: true
  readonly json?: true
}

export function addLogs(program: Command): void {
  addFleetOptions(program.command('logs'))
    .summary('show what tasks and actors print')
    .description('Shows what the tasks of the drivers named, or of all, have printed within the last hour.')
    .argument('[drivers...]', 'whose tasks: ids, as --json prints them')
    .option('-f, --follow', 'go on, until Ctrl-C')
    .option('--json', 'print a line of JSON for each')
    .addHelpText('after', '\nExamples:\n  $ cornichon logs --follow')
    .action((drivers: string[], flags: LogFlags) =>
      withFleet(flags, async (fleet) => {
        const { FleetView: View } = await import('../redis/overview.ts')
        const view = new View(fleet)
        for (const driver of drivers)
          if (!(await view.isDriverKnown(driver)))
            throw new UsageError(
              `there is no driver ${driver}: it has left and its tasks printed nothing within the last hour, or it never was`,
            )
        if (flags.follow) await untilInterrupted((signal) => show(view, drivers, flags, signal))
        else await show(view, drivers, flags, null)
      }),
    )
}

/** With a signal, on and on. */
async function show(
  view: FleetView,
  drivers: readonly string[],
  flags: LogFlags,
  signal: AbortSignal | null,
): Promise<void> {
  for await (const entry of view.logs(drivers, signal)) {
    if (flags.json) console.log(JSON.stringify(Object.fromEntries(entry)))
    else {
      const task = entry.get('task')
      const prefix = printable(`(${task ? `${task} ` : ''}${entry.get('worker')}) `)
      process.stdout.write((entry.get('text') ?? '').replace(/^(?=.)/gm, () => prefix))
    }
  }
}
