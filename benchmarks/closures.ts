// `npm run bench -- closures [--smoke]`: how fast are dumps and loads of closures, next to others; is the cost linear;
// how much memory does it take? --smoke runs everything once and briefly, and leaves out the peers from npm.
// Ends with an exit code other than 0 if something crashes or one of our results is wrong, never for being slow.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './closures/compare.ts'
import { linear } from './closures/linear.ts'
import { memory } from './closures/memory.ts'
import { Goals } from './support/report.ts'

const { smoke } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } }).values

const folder = mkdtempSync(join(tmpdir(), 'cornichon-bench-'))
const goals = new Goals()
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? process.arch}, ${cpus().length} cores`)
try {
  const right = compare(
    smoke
      ? { folder, rounds: 1, cold: 2, warm: 10, peers: false }
      : { folder, rounds: 3, cold: 20, warm: 20_000, peers: true },
    goals,
  )
  linear({ folder, counts: smoke ? [50] : [100, 1000, 10_000], rounds: smoke ? 1 : 3 }, goals)
  memory({ rounds: smoke ? 1 : 3, divisor: smoke ? 20 : 1 }, goals)
  if (!smoke) goals.print()
  if (!right) {
    console.error('\nA result of cornichon is wrong: see above')
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
