// How much memory does `dumps` take at its peak? On top of the input, as a multiple of the bundle.
import { join } from 'node:path'
import { measureIn } from '../support/child.ts'
import { median } from '../support/measure.mjs'
import { type Goals, printTable, ratio, size, time } from '../support/report.ts'

export interface MemoryOptions {
  readonly rounds: number
  /** By what the sizes are divided, for a quick look. */
  readonly divisor: number
}

interface Measured {
  readonly bundle: number
  readonly added: number
  readonly exact: boolean
  readonly elapsed: number
}

const INPUTS = [
  ['graph', 100_000, '100,000 objects that refer to each other'],
  ['data', 50, '50 MB of numbers and text'],
  ['closures', 10_000, '10,000 closures with 1 kB each'],
] as const

const MOST = 3

export function memory({ rounds, divisor }: MemoryOptions, goals: Goals): void {
  console.log('\nPeak memory of one dumps, on top of its input (resident size, garbage included)\n')
  const rows: string[][] = []
  const shown: string[] = []
  let met = true
  for (const [kind, count, title] of INPUTS) {
    // V8's young generation alone may take 48 MB, whatever the program does: kept small, it hides nothing.
    const args = [
      '--max-semi-space-size=1',
      join(import.meta.dirname, 'memory.mjs'),
      kind,
      String(Math.ceil(count / divisor)),
    ]
    const runs = Array.from({ length: rounds }, () => measureIn<Measured>(process.execPath, args))
    const bundle = runs[0].bundle
    const added = median(runs.map((run) => run.added))
    rows.push([
      divisor === 1 ? title : `${title}, a ${divisor}th`,
      size(bundle),
      `${runs[0].exact ? '' : '>= '}${size(added)}`,
      ratio(added / bundle),
      time(median(runs.map((run) => run.elapsed)) * 1000),
    ])
    shown.push(ratio(added / bundle))
    met &&= added / bundle <= MOST
  }
  printTable(['', 'bundle', 'added', 'added / bundle', 'time'], rows)
  const goal = `peak memory at most ${MOST} times the bundle`
  if (divisor === 1) goals.check(goal, met, shown.join(', '))
  else goals.unknown(goal, 'the inputs were too small to tell')
}
