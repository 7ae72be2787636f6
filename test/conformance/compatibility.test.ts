// docs/compatibility.md is made by hand from a test run: here it is held against the tables, so that it can't go stale.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { childEnvironment } from '../support/children.ts'
import { root } from '../support/paths.ts'
import { createWorkspace } from '../support/workspace.ts'
import { goals } from './goals.ts'

const advice = 'docs/compatibility.md is not up to date: `npm run compatibility` writes it'
const text = readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8')
const remarks = /(?: \((?:refused by name|failing)(?:; Node \d+ and newer)?\)| \(Node \d+ and newer\))$/

test('docs/compatibility.md has every goal of the tables, as goals.ts words it, and none else', () => {
  const found = [...text.matchAll(/^\| ([A-Z]\d+) +\| [^|]+ \| (.*?) +\| [^|]*\|$/gm)]
  const stated = Object.fromEntries(found.map(([, goal, words]) => [goal, words!.replaceAll('\\|', '|')]))
  expect(stated, advice).toEqual(goals)
})

test('docs/compatibility.md names every row of the conformance tables, and none else', () => {
  const named: string[] = []
  let goal = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('### ')) goal = line.slice(4)
    // What is pickled again is counted there, not named.
    else if (line.startsWith('- ') && goal && !isCopy(line.slice(2)))
      named.push(`${goal} ${line.slice(2).replace(remarks, '').replaceAll('\\_', '_')}`)
  }
  expect(named.sort(), advice).toEqual(rowsOfTables())
})

test('docs/compatibility.md was made from a run that no row failed', () => {
  expect(text).not.toMatch(/failing/)
})

const isCopy = (title: string) => title.startsWith('pickled again by the receiver')

/** As vitest collects them, without running any; those included that this Node is too old for. */
function rowsOfTables(): string[] {
  const workspace = createWorkspace()
  try {
    workspace.write({ 'list.json': '[]' })
    const file = workspace.path('list.json')
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const { status, stderr } = spawnSync(
      process.execPath,
      [vitest, 'list', 'test/conformance', `--json=${file}`],
      { cwd: root, encoding: 'utf8', env: { ...childEnvironment(), CORNICHON_EVERY_ROW: '1' } },
    )
    if (status !== 0) throw new Error(stderr)
    const tests: { name: string }[] = JSON.parse(readFileSync(file, 'utf8'))
    const rows = tests.flatMap(({ name }) => {
      const [, goal, title] =
        /^(?:.*? > )?([CKRV]\d+) (.+?)(?: \[(?:esm|cjs|tsx|vitest)\])?$/.exec(name) ?? []
      return title === undefined || isCopy(title) ? [] : [`${goal} ${title}`]
    })
    return [...new Set(rows)].sort()
  } finally {
    workspace.remove()
  }
}
