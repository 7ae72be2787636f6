// `npm run bench -- buffers [--smoke] [--json]`: what does a buffer cost out of band, and in the bundle, by its size? Out of
// band, neither time nor memory may depend on it. Ends with an exit code other than 0 if a buffer comes back wrong.
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Measured } from './buffers/measure.mjs'
import { measureIn } from './support/child.ts'
import { Goals, printTable, size, time } from './support/report.ts'

const { smoke, json } = parseArgs({
  options: { smoke: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
}).values

const KiB = 1024
const sizes = (
  smoke ? [KiB, KiB ** 2] : [KiB, 32 * KiB, KiB ** 2, 32 * KiB ** 2, 256 * KiB ** 2, KiB ** 3]
).filter((bytes) => bytes < totalmem() / 3)
/** In the bundle a buffer is copied: larger ones would only take long. */
const largestInBand = 32 * KiB ** 2
const MICROSECONDS = 100
/** Times as much as the smallest: medians of microseconds are noisy. */
const TOLERANCE = 3

interface Row {
  readonly bytes: number
  readonly out: Measured
  readonly in: Measured | null
}

function measure(mode: 'in' | 'out', bytes: number): Measured {
  const calls = smoke ? 20 : mode === 'out' ? 2000 : bytes > KiB ** 2 ? 10 : 200
  const file = join(import.meta.dirname, 'buffers', 'measure.mjs')
  return measureIn<Measured>(process.execPath, [
    '--expose-gc',
    '--max-semi-space-size=64',
    file,
    mode,
    String(bytes),
    String(calls),
  ])
}

const rows: Row[] = []
for (const bytes of sizes) {
  const before = rows.at(-1)?.in
  // What takes this long for a buffer takes longer for the next.
  const tooSlow = rows.length > 0 && (!before || before.dump + before.load > 1e5)
  const inBand = bytes <= largestInBand && !tooSlow ? measure('in', bytes) : null
  rows.push({ bytes, out: measure('out', bytes), in: inBand })
}

if (json) console.log(JSON.stringify(rows, null, 1))
else print()
const problems = rows.flatMap((row) => [row.out.problem, row.in?.problem ?? null])
const wrong = problems.filter((problem) => problem !== null && !problem.includes('yet'))
if (wrong.length > 0) {
  console.error(`\nA result of cornichon is wrong: ${wrong[0]}`)
  process.exitCode = 1
}

function print(): void {
  const cells = (measured: Measured | null) =>
    !measured || measured.problem !== null
      ? ['-', '-', '-']
      : [time(measured.dump), time(measured.load), size(Math.round(measured.allocated))]
  const head = ['out of band: dump', 'load', 'allocated', 'in the bundle: dump', 'load', 'allocated']
  printTable(
    ['a buffer of', ...head],
    rows.map((row) => [size(row.bytes), ...cells(row.out), ...cells(row.in)]),
  )
  const goals = new Goals()
  const [goal, flat] = [
    'out of band under 0.1 ms, whatever the size',
    'out of band, time and memory do not grow',
  ]
  const problem = rows.find(({ out }) => out.problem !== null)?.out.problem
  if (problem) for (const each of [goal, flat]) goals.unknown(each, problem)
  else {
    const times = rows.map(({ out }) => out.dump + out.load)
    const allocations = rows.map(({ out }) => out.allocated)
    const grown = (list: readonly number[]) => Math.max(...list) / list[0]
    goals.check(goal, Math.max(...times) < MICROSECONDS, `at most ${time(Math.max(...times))}`)
    goals.check(
      flat,
      grown(times) < TOLERANCE && grown(allocations) < TOLERANCE,
      `time up to ${grown(times).toFixed(1)} times the smallest's, memory ${grown(allocations).toFixed(1)}`,
    )
  }
  if (!smoke) goals.print()
}
