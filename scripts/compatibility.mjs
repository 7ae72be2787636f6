// Writes docs/compatibility.md: the goals of tables C, K, V and R, each with its state and the tests behind it, as a
// test run found them. `npm run compatibility [-- report.json]`: runs the tests on the newest Node, which alone has
// what all rows are about, or takes the report of a run (vitest run --reporter=json --outputFile=report.json).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { goals } from '../test/conformance/goals.ts'
import { environmentOf, majors, nodeBinary } from './nodes.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const titles = { C: 'C: closures and functions', K: 'K: classes', V: 'V: values', R: 'R: reducers' }

const report = JSON.parse(readFileSync(process.argv[2] ?? (await runTests()), 'utf8'))
const tests = testsByGoal(report)
const lines = [
  '# Compatibility',
  '',
  'The goals of the serializer, each with its state and the promises that tests prove, most of them for ES modules, CommonJS,',
  `TypeScript and inside vitest. Made by \`npm run compatibility\` from a test run on Node ${majors.at(-1)}; the same tests run on`,
  `Node ${majors.slice(0, -1).join(', ')} (\`npm run test:matrix\`).`,
  '',
  '- Kept: what comes back in a process without the source behaves as promised.',
  '- Refused by name: `dumps` throws a PicklingError, or `loads` an UnpicklingError, that says what and where.',
  '- Later: no test yet.',
]
for (const [letter, title] of Object.entries(titles)) {
  lines.push(
    '',
    `## ${title}`,
    '',
    '| goal | state | what is promised | tests |',
    '| --- | --- | --- | --- |',
  )
  const rows = Object.entries(goals).filter(([goal]) => goal.startsWith(letter))
  for (const [goal, words] of rows) {
    const found = tests.get(goal) ?? []
    lines.push(`| ${goal} | ${stateOf(found)} | ${cell(words)} | ${summaryOf(found)} |`)
  }
  for (const [goal] of rows) {
    const found = tests.get(goal) ?? []
    if (found.length === 0) continue
    lines.push('', `### ${goal}`, '')
    // The copies of copies repeat every row's title: named are those alone that are not kept.
    const isCopy = ({ title }) => title.startsWith('pickled again by the receiver')
    const named = found.filter((promise) => !isCopy(promise) || promise.state !== 'kept')
    for (const promise of named) lines.push(`- ${text(promise.title)}${remarksOn(promise)}`)
    const copies = found.filter((promise) => isCopy(promise) && promise.state === 'kept').length
    if (copies > 0)
      lines.push(`- pickled again by the receiver, loaded by a third process: ${copies} rows of these tables`)
  }
}
writeFileSync(join(root, 'docs', 'compatibility.md'), `${lines.join('\n')}\n`)
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
spawnSync(process.execPath, [biome, 'format', '--write', 'docs/compatibility.md'], { cwd: root })
console.log(`docs/compatibility.md: ${[...tests.values()].flat().length} promises`)

/** @returns {Promise<string>} the report's file */
async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'cornichon-report-'))
  const file = join(folder, 'report.json')
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const binary = await nodeBinary(majors.at(-1))
  // A failing test is a row of the table, not the end.
  spawnSync(binary, [vitest, 'run', 'test/conformance', '--reporter=json', `--outputFile=${file}`], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environmentOf(binary),
  })
  return file
}

/** One entry for each promise: its tests differ in the mode they run in. */
function testsByGoal(report) {
  const byGoal = new Map()
  for (const { status, meta, fullName } of report.testResults.flatMap((file) => file.assertionResults)) {
    if (status !== 'passed' && status !== 'failed') continue
    const goal = meta?.goal
    if (!goal) continue
    if (!(goal.goal in goals)) throw new Error(`${fullName} is about ${goal.goal}, which no table has`)
    const found = byGoal.get(goal.goal) ?? []
    byGoal.set(goal.goal, found)
    const state = status === 'failed' ? 'failing' : goal.state
    const known = found.find(({ title }) => title === goal.title)
    if (!known) found.push({ title: goal.title, state, node: goal.node })
    else if (state === 'failing' || (state === 'refused' && known.state === 'kept')) known.state = state
  }
  return byGoal
}

function stateOf(found) {
  if (found.length === 0) return 'later'
  if (found.some(({ state }) => state === 'failing')) return 'failing'
  if (found.every(({ state }) => state === 'refused')) return 'refused by name'
  return found.some(({ state }) => state === 'refused') ? 'kept, in parts refused by name' : 'kept'
}

function summaryOf(found) {
  const count = (wanted) => found.filter(({ state }) => state === wanted).length
  return ['kept', 'refused', 'failing']
    .filter((state) => count(state) > 0)
    .map((state) => `${count(state)} ${word(state)}`)
    .join(', ')
}

function remarksOn({ state, node }) {
  const remarks = [state === 'kept' ? undefined : word(state), node && `Node ${node} and newer`]
  const given = remarks.filter((remark) => remark !== undefined)
  return given.length > 0 ? ` (${given.join('; ')})` : ''
}

function word(state) {
  return state === 'refused' ? 'refused by name' : state
}

/** `__proto__` is no bold word. */
function text(title) {
  return title.replaceAll('__', '\\_\\_')
}

function cell(text) {
  return text.replaceAll('|', '\\|')
}
