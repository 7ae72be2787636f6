// Turns a table into vitest tests: one for each row and mode, and one for each row about the copy of its copy.
import { beforeAll, describe, expect, type RunnerTestCase, type RunnerTestSuite, test } from 'vitest'
import type { StageReport } from './children.ts'
import { againModesOf, allModes, type Mode, modesOf, type Row, type Table } from './rows.ts'
import { type RowResult, runTable } from './run-table.ts'

/** What a test tells the report's reader (vitest's JSON has it as `meta`). */
export interface GoalMeta {
  readonly goal: string
  readonly title: string
  readonly state: 'kept' | 'refused'
  /** The first Node that has what it is about. */
  readonly node?: number
}

declare module 'vitest' {
  interface TaskMeta {
    goal?: GoalMeta
  }
}

export function suite(table: Table): void {
  describe(table.name, () => {
    const results = new Map<Mode, Map<string, RowResult>>()

    // biome-ignore lint/correctness/noEmptyPattern: vitest wants a pattern here.
    beforeAll(async ({}, tests) => {
      const wanted = namesToRun(tests)
      const rowsOf = (mode: Mode) =>
        table.rows.filter(
          (row) =>
            modesOf(row).includes(mode) && (wanted.has(testName(row, mode)) || wanted.has(againName(row))),
        )
      // Two at a time: the rows of one mode keep a core busy.
      const queue = [...allModes]
      const worker = async () => {
        for (let mode = queue.shift(); mode !== undefined; mode = queue.shift()) {
          const rows = rowsOf(mode)
          results.set(mode, rows.length > 0 ? await runTable(rows, mode) : new Map())
        }
      }
      await Promise.all([worker(), worker()])
    }, 900_000)

    for (const row of table.rows) {
      for (const mode of modesOf(row)) {
        test(testName(row, mode), ({ task }) => {
          const result = resultOf(results, row, mode)
          const refused = row.refused !== undefined && (!row.either || result.refused)
          task.meta.goal = {
            goal: row.goal,
            title: row.title,
            state: refused || row.refusedByLoads ? 'refused' : 'kept',
            node: row.node,
          }
          expect(result.reports.length, 'the row has been run').toBeGreaterThan(0)
          throwFailures(result.reports)
        })
      }
      const againModes = againModesOf(row)
      if (againModes.length === 0) continue
      test(againName(row), ({ task }) => {
        task.meta.goal = { goal: 'C19', title: againTitle(row), state: 'kept' }
        for (const mode of againModes) {
          const result = resultOf(results, row, mode)
          if (result.refused) continue
          expect(result.again.length, `the row has been run [${mode}]`).toBeGreaterThan(0)
          throwFailures(result.again, `[${mode}] `)
        }
      })
    }
  })
}

const testName = (row: Row, mode: Mode) => `${row.goal} ${row.title} [${mode}]`
const againTitle = (row: Row) => `pickled again by the receiver: ${row.goal} ${row.title}`
const againName = (row: Row) => `C19 ${againTitle(row)}`

function namesToRun(tests: Readonly<RunnerTestSuite | RunnerTestCase>): Set<string> {
  const names = new Set<string>()
  const visit = (task: Readonly<RunnerTestSuite | RunnerTestCase>) => {
    if (task.type === 'test' && task.mode !== 'skip' && task.mode !== 'todo') names.add(task.name)
    if (task.type === 'suite') task.tasks.forEach(visit)
  }
  visit(tests)
  return names
}

function resultOf(results: Map<Mode, Map<string, RowResult>>, row: Row, mode: Mode): RowResult {
  return results.get(mode)?.get(row.key) ?? { reports: [], again: [], refused: false }
}

function throwFailures(reports: readonly StageReport[], prefix = ''): void {
  const failures = reports.filter((report) => !report.ok)
  if (failures.length === 0) return
  // The stack of this error says nothing: what matters is the child's, which is in the message.
  const error = new Error(failures.map(({ stage, message }) => `${prefix}${stage}: ${message}`).join('\n'))
  error.stack = `${error.name}: ${error.message}`
  throw error
}
