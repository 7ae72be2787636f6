// `cornichon cancel`: ends tasks of a fleet, whoever started them.
import type { Command } from 'commander'
import { UsageError } from './failure.ts'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { withFleet } from './with-fleet.ts'

export function addCancel(program: Command): void {
  addFleetOptions(program.command('cancel'))
    .summary('cancel tasks of a fleet')
    .description(
      'Cancels tasks by their ids, as `list tasks` and `submit` print them, and the tasks that they started: one that ' +
        'waits never starts, one that runs is told by its signal. Its driver gets TaskCancelledError.',
    )
    .argument('<ids...>', 'the tasks')
    .option('--force', 'end the worker threads that run them')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', '\nExamples:\n  $ cornichon cancel t-1f0a-12 --force')
    .action((ids: string[], flags: FleetFlags & { readonly force?: true; readonly json?: true }) =>
      withFleet(flags, async (fleet) => {
        const { FleetView } = await import('../redis/overview.ts')
        const view = new FleetView(fleet)
        const cancelled: string[] = []
        const running: string[] = []
        for (const id of ids) {
          const result = await view.cancel(id, flags.force === true, 'the command cornichon cancel')
          if (result !== false) (result === true ? cancelled : running).push(id)
        }
        if (flags.json) console.log(JSON.stringify({ cancelled }))
        else for (const id of cancelled) console.log(`cancelled ${id}`)
        const missing = ids.filter((id) => !cancelled.includes(id) && !running.includes(id))
        const problems = [
          missing.length > 0 &&
            `there ${missing.length === 1 ? 'is no task' : 'are no tasks'} ${missing.join(', ')}: over, or never were`,
          running.length > 0 &&
            `${running.join(', ')}: cancelled before, and the code still runs; --force ends the worker threads that run it`,
        ].filter((problem) => problem !== false)
        if (problems.length > 0) throw new UsageError(problems.join('\n'))
      }),
    )
}
