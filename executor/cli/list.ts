// `cornichon list`: tasks, actors, workers, functions, objects or runtime environments of a fleet.
import { Argument, type Command } from 'commander'
import type { FleetView } from '../redis/overview.ts'
import { addFleetOptions, type FleetFlags } from './fleet.ts'
import { formatTable } from './table.ts'
import { withFleet } from './with-fleet.ts'

interface Kind {
  readonly columns: readonly string[]
  readonly list: (view: FleetView) => Promise<readonly object[]>
  /** What a cell has no room for. */
  readonly details?: (row: Record<string, unknown>) => string | null
}

const kinds: Record<string, Kind> = {
  tasks: { columns: ['id', 'name', 'state', 'attempt', 'worker', 'reason'], list: (view) => view.tasks() },
  actors: {
    columns: ['id', 'name', 'registeredName', 'state', 'restarts', 'pendingCalls', 'worker'],
    list: (view) => view.actors(),
  },
  workers: {
    columns: ['id', 'name', 'running', 'actors', 'version', 'node'],
    list: async (view) => (await view.overview()).workers,
  },
  functions: { columns: ['hash', 'name', 'size', 'expiresIn'], list: (view) => view.functions() },
  objects: { columns: ['id', 'size', 'expiresIn'], list: (view) => view.objects() },
  'runtime-envs': {
    columns: ['key', 'state', 'size', 'uses', 'worker'],
    list: (view) => view.environments(),
    details: ({ key, failure }) => (failure === null ? null : `${String(key)} failed:\n${String(failure)}`),
  },
}

export function addList(program: Command): void {
  addFleetOptions(program.command('list'))
    .summary('list the tasks, actors, workers, functions, objects or runtime environments of a fleet')
    .description('Lists what a fleet has of a kind, the first 1,000. Times are in seconds, sizes in bytes.')
    .addArgument(new Argument('<kind>', 'what to list').choices(Object.keys(kinds)))
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExamples:\n  $ cornichon list tasks\n  $ cornichon list workers --json')
    .action((name: string, flags: FleetFlags & { readonly json?: true }) =>
      withFleet(flags, async (fleet) => {
        const { FleetView: View } = await import('../redis/overview.ts')
        const { columns, list, details } = kinds[name]!
        const rows = (await list(new View(fleet))) as Record<string, unknown>[]
        if (flags.json) return console.log(JSON.stringify(rows, null, 2))
        if (rows.length === 0) return console.log(`no ${name}`)
        console.log(
          formatTable(
            columns.map((column) => column.toUpperCase()),
            rows.map((row) => columns.map((column) => row[column])),
          ),
        )
        for (const row of rows) {
          const more = details?.(row) ?? null
          if (more !== null) console.log(`\n${more}`)
        }
      }),
    )
}
