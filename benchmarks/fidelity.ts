// `npm run fidelity [-- --write] [--details]`: which kinds of value come back exactly, through cornichon and others?
// Everything in the matrix is computed. --details says what is wrong with each that is not exact; --write puts the table
// into README.md and docs/fidelity.md; --smoke asks no peers. Ends with an exit code other than 0 if cornichon changes a value silently.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTurns } from './data/turns.ts'
import type { Judgement } from './fidelity/judge.ts'
import { rows } from './fidelity/kinds.mjs'
import { type Matrix, printMatrix, writeMatrix } from './fidelity/matrix.ts'
import { missingPackage } from './support/peers.ts'

const flag = { type: 'boolean', default: false } as const
const { write, details, smoke } = parseArgs({ options: { write: flag, details: flag, smoke: flag } }).values

const all = ['cornichon', 'v8', 'structuredClone', 'msgpackr', 'cbor-x', 'seroval', 'devalue', 'superjson']
const builtIn = ['cornichon', 'v8', 'structuredClone']
const libraries = all.filter((name) => {
  if (smoke && !builtIn.includes(name)) return false
  const missing = builtIn.includes(name) ? null : missingPackage(name)
  if (missing !== null) console.log(`${name} is left out: ${missing}`)
  return missing === null
})

const SECONDS = 8
const file = join(import.meta.dirname, 'fidelity', 'judge.ts')

/** All kinds through one library; one that hangs or crashes costs its process, and the rest go on in another. */
async function judge(library: string): Promise<Judgement[]> {
  const judged: Judgement[] = []
  while (judged.length < rows.length) {
    const tasks = rows.map((_, row) => [row, library]).slice(judged.length)
    const args = ['--max-old-space-size=1024', '--import', 'tsx', file, JSON.stringify(tasks)]
    const { lines, stuck } = await runTurns(args, SECONDS)
    judged.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Judgement))
    if (stuck) judged.push({ row: judged.length, library, outcome: 'refused', detail: stuck.problem })
  }
  return judged
}

const columns: Judgement[][] = []
for (const library of libraries) columns.push(await judge(library))
const matrix: Matrix = rows.map((_, row) =>
  Object.fromEntries(libraries.map((library, i) => [library, columns[i][row]])),
)
printMatrix(matrix, libraries)
if (details)
  for (const { row, library, outcome, detail } of columns.flat())
    if (outcome !== 'exact') console.log(`${library}, ${rows[row].name}: ${outcome}: ${detail}`)
if (write) {
  if (libraries.length < all.length) throw new Error('The table is written only if every library takes part')
  writeMatrix(matrix, libraries)
}
const changed = columns[0].filter(({ outcome }) => outcome === 'lossy')
for (const { row, detail } of changed) console.error(`\ncornichon changes ${rows[row].name}: ${detail}`)
if (changed.length > 0) process.exitCode = 1
