// Is the cost linear in the number of closures? Time per closure, for more and more closures of one module.
import { join } from 'node:path'
import { measureIn } from '../support/child.ts'
import { median } from '../support/measure.mjs'
import { type Goals, printTable, ratio, time } from '../support/report.ts'

const KINDS = {
  copies: 'from one factory',
  texts: 'each another text',
  linked: 'using each other',
  shared: 'two share a written variable',
  lexical: 'each with a `this` of its own',
}

export interface LinearOptions {
  readonly folder: string
  readonly counts: readonly number[]
  readonly rounds: number
}

/** A tenfold graph may cost this much more per closure before it counts as more than linear: caches and garbage. */
const TOLERANCE = 2

export function linear({ folder, counts, rounds }: LinearOptions, goals: Goals): void {
  console.log('\nMany closures: time per closure, each number from processes of its own\n')
  const rows: string[][] = []
  let worst = 0
  for (const [kind, title] of Object.entries(KINDS)) {
    for (const stage of ['dump', 'load']) {
      const each = counts.map((count) => {
        const samples: number[] = []
        for (let round = 0; round < rounds; round++) {
          const file = join(folder, `many-${kind}-${count}`)
          const args = [join(import.meta.dirname, 'linear.mjs'), kind, '1', String(count), stage, file]
          samples.push(...measureIn<number[]>(process.execPath, args))
        }
        return median(samples) / count
      })
      rows.push([`${title}: ${stage}`, ...each.map(time)])
      for (let i = 1; i < each.length; i++) worst = Math.max(worst, each[i] / each[i - 1])
    }
  }
  printTable(['', ...counts.map((count) => count.toLocaleString('en'))], rows)
  goals.check(
    'cost linear in the number of closures',
    worst < TOLERANCE,
    `at most ${ratio(worst)} per closure from one column to the next`,
  )
}
