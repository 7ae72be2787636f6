// Does an object cost the same among a thousand as among a million?
import { type Goals, printTable, ratio, time } from '../support/report.ts'
import type { Plan, Result } from './measure.mjs'
import { measure } from './processes.ts'

const LIBRARIES = ['cornichon', 'v8', 'msgpackr']
/** From the least to the most expensive object; caches and the collector take their part with any codec. */
const TOLERANCE = 2

export type ObjectCosts = Record<string, Record<string, Result>>

export async function measureObjects(
  counts: readonly number[],
  plan: Pick<Plan, 'rounds' | 'budget'>,
): Promise<ObjectCosts> {
  const costs: ObjectCosts = {}
  for (const objects of counts)
    costs[objects] = await measure({ ...plan, payload: 'objects', objects, libraries: LIBRARIES, scale: 1 })
  return costs
}

export function printObjects(costs: ObjectCosts, goals: Goals): void {
  const counts = Object.keys(costs)
  const rows = LIBRARIES.flatMap((name) =>
    (['encode', 'decode'] as const).map((what) => [
      `  ${name}: ${what}`,
      ...counts.map((count) => {
        const value = costs[count][name]?.[what]
        return value ? time(value / Number(count)) : '-'
      }),
    ]),
  )
  console.log('\nCost of one plain object, by how many there are\n')
  printTable(['', ...counts.map((count) => Number(count).toLocaleString('en'))], rows)
  if (counts.some((count) => !costs[count]['cornichon'].total)) return
  const each = counts.map((count) => costs[count]['cornichon'].total / Number(count))
  const spread = Math.max(...each) / Math.min(...each)
  goals.check('cost per object flat from 1,000 to 1,000,000', spread < TOLERANCE, `${ratio(spread)} apart`)
}
