// The processes of the data benchmark: those that measure, and those that look whether the results are right.
import { join } from 'node:path'
import type { Plan, Result } from './measure.mjs'
import { noResult } from './report.ts'
import { runTurns } from './turns.ts'
import type { Verdict } from './verify.ts'

const file = (name: string) => join(import.meta.dirname, name)

/** By library. */
export async function measure(plan: Plan): Promise<Record<string, Result>> {
  const args = ['--expose-gc', '--max-old-space-size=4096', file('measure.mjs'), JSON.stringify(plan)]
  const { lines, stuck } = await runTurns(args, 30)
  if (stuck === null) return JSON.parse(lines.at(-1)!) as Record<string, Result>
  const { name, problem } = stuck
  // Slow is a result; a crash of ours is a fault.
  if (name === 'cornichon' && problem.startsWith('crashed'))
    throw new Error(`cornichon on (${plan.payload}): ${problem}`)
  const others = await measure({ ...plan, libraries: plan.libraries.filter((each) => each !== name) })
  return { ...others, [name]: { ...noResult, problem: `refused: ${problem}` } }
}

/** By payload, then by library: what is wrong, or null. */
export async function verify(
  tasks: readonly (readonly [payload: string, library: string])[],
  scale: number,
  seconds: number,
): Promise<Record<string, Record<string, string | null>>> {
  const verdicts: Record<string, Record<string, string | null>> = {}
  let done = 0
  while (done < tasks.length) {
    const rest = JSON.stringify(tasks.slice(done))
    const { lines, stuck } = await runTurns(
      ['--import', 'tsx', file('verify.ts'), String(scale), rest],
      seconds,
    )
    const found = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Verdict)
    if (stuck) {
      const [payload, library] = tasks[done + found.length]
      found.push({ payload, library, problem: `refused: ${stuck.problem}` })
    }
    for (const { payload, library, problem } of found) (verdicts[payload] ??= {})[library] = problem
    done += found.length
  }
  return verdicts
}
