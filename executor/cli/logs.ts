// `cornichon logs`: what the tasks of a fleet print.
import type { Command } from 'commander'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { withFleet } from './with-fleet.ts'

interface LogFlags extends FleetFlags {
  readonly follow?: true
  readonly json?: true
}

export function addLogs(program: Command): void {
  addFleetOptions(program.command('logs'))
    .summary('show what tasks and actors print')
    .description('Shows what the tasks of the drivers named, or of all, have printed within the last hour.')
    .argument('[drivers...]', 'whose tasks')
    .option('-f, --follow', 'go on, until Ctrl-C')
    .option('--json', 'print a line of JSON for each')
    .addHelpText('after', '\nExamples:\n  $ cornichon logs --follow')
    .action((drivers: string[], flags: LogFlags) =>
      withFleet(flags, async (fleet) => {
        const { FleetView } = await import('../redis/overview.ts')
        const view = new FleetView(fleet)
        let isStopped = false
        process.once('SIGINT', () => {
          isStopped = true
          process.exit(0)
        })
        const wanted = drivers.length > 0 ? drivers : await view.printers()
        for await (const entry of view.logs(wanted, flags.follow === true)) {
          if (isStopped) return
          if (flags.json) console.log(JSON.stringify(Object.fromEntries(entry)))
          else {
            const task = entry.get('task')
            const prefix = `(${task ? `${task} ` : ''}${entry.get('worker')}) `
            process.stdout.write((entry.get('text') ?? '').replace(/^(?=.)/gm, prefix))
          }
        }
      }),
    )
}
