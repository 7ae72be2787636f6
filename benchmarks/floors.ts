// `npm run bench -- floors [--smoke]`: what the parts cost that no codec in JavaScript does without, so that one can tell what
// is left to win: telling objects apart, new memory, checksums, arrays of numbers. It compares nothing, and has no goals.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Floor } from './floors/measure.mjs'
import { measureIn } from './support/child.ts'
import { printTable, time } from './support/report.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values

const floors = measureIn<Floor[]>(process.execPath, [
  '--expose-gc',
  ...['--import', 'tsx'],
  join(import.meta.dirname, 'floors', 'measure.mjs'),
  String(smoke ? 100 : 1),
  String(smoke ? 1 : 15),
])
console.log(`Node ${process.version}; CPU time, medians\n`)
printTable(
  ['', 'time', 'each'],
  floors.map(({ what, total, count }) => [what, time(total), count === 1 ? '' : time(total / count)]),
)
