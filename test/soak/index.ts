// `npm run soak`: random programs under random faults over a real Redis; see docs/executor.md, "Soaking".
import { programs } from './driver/programs/index.ts'
import type { Findings } from './findings.ts'
import { soak } from './run.ts'
import { readSettings } from './settings.ts'

const settings = readSettings(
  programs.map(({ name }) => name),
  process.argv.slice(2),
)

function summary({ counts, faults, violations }: Findings): string {
  const of = (prefix: string) =>
    [...counts]
      .filter(([what]) => what.startsWith(prefix))
      .map(([what, count]) => `${what.slice(prefix.length)} ${count}`)
      .sort()
      .join(', ') || 'none'
  const errors = [...counts]
    .filter(([what]) => /^[A-Z]/.test(what))
    .map(([what, count]) => `${what} ${count}`)
  const number = (what: string) => counts.get(what) ?? 0
  return [
    `calls     ${number('calls')}, of which ${number('runs')} runs are known and ${number('calls that ran again')} ran again`,
    `values    ${number('values')}`,
    `errors    ${errors.sort().join(', ') || 'none'}`,
    `by faults ${of('excused ')}`,
    `programs  ${of('program ')}`,
    `faults    ${faults.length}: ${of('fault ')}`,
    ...violations.map(({ text }) => `VIOLATION ${text}`),
  ].join('\n')
}

const { seed, ...rest } = settings
console.log(`seed ${seed} ${JSON.stringify(rest)}`)
const { findings, folder } = await soak(settings, console.log)
console.log(summary(findings))
if (folder !== null) console.log(`everything is in ${folder}`)
const isWell = findings.violations.length === 0
console.log(`seed ${seed}: ${isWell ? 'all is well' : `${findings.violations.length} violations`}`)
process.exit(isWell ? 0 : 1)
