// What the data benchmark says: a table for each payload, the ratios together, the goals.
import { type Goals, printTable, ratio, size, time } from '../support/report.ts'
import type { Result } from './measure.mjs'

/** By payload, then by library. */
export type Results = Record<string, Record<string, Result>>

export const noResult: Result = { encode: 0, decode: 0, total: 0, bytes: 0, samples: 0, problem: null }

/** What the ratio of the goals is taken to: the better of these. */
const BEST = ['v8', 'msgpackr']
const OTHERS = ['cbor-x', 'seroval', 'devalue', 'superjson', 'JSON']
const MEAN_OVER = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

export function printPayload(title: string, results: Record<string, Result>): void {
  const ours = results['cornichon']
  const rows = Object.entries(results)
    .filter(([, { total }]) => total > 0)
    .map(([name, { encode, decode, total, bytes, problem }]) => [
      `  ${name}${problem?.startsWith('wrong') ? ' (wrong)' : ''}`,
      time(encode),
      time(decode),
      time(total),
      name === 'cornichon' || !ours?.total ? '' : ratio(total / ours.total),
      size(Math.round(bytes)),
    ])
  console.log()
  printTable([title, 'encode', 'decode', 'round trip', 'of ours', 'size'], rows)
  for (const [name, { problem }] of Object.entries(results)) if (problem) console.log(`  ${name}: ${problem}`)
}

/** How many times longer a peer's round trip takes than ours; null where one of them has none. */
export function ratioTo(
  results: Record<string, Result> | undefined,
  peers: readonly string[],
): number | null {
  const ours = results?.['cornichon']?.total
  const theirs = peers.map((peer) => results?.[peer]?.total ?? 0).filter((total) => total > 0)
  return ours && theirs.length > 0 ? Math.min(...theirs) / ours : null
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

export function meanRatio(results: Results): number | null {
  const ratios = MEAN_OVER.map((id) => ratioTo(results[id], BEST))
  return ratios.every((each) => each !== null) ? geometricMean(ratios as number[]) : null
}

export function printRatios(results: Results): void {
  const columns: [string, string[]][] = [['the better of v8 and msgpackr', BEST]]
  for (const peer of [...BEST, ...OTHERS]) columns.push([peer, [peer]])
  const cell = (id: string, peers: string[]) => {
    const value = ratioTo(results[id], peers)
    if (value === null) return '-'
    const wrong = peers.length === 1 && results[id][peers[0]].problem !== null
    return wrong ? `(${ratio(value)})` : ratio(value)
  }
  const rows = Object.keys(results).map((id) => [id, ...columns.map(([, peers]) => cell(id, peers))])
  const means = columns.map(([, peers]) => {
    const known = MEAN_OVER.map((id) => ratioTo(results[id], peers)).filter((each) => each !== null)
    if (known.length === 0) return '-'
    return known.length < MEAN_OVER.length
      ? `${ratio(geometricMean(known))} of ${known.length}`
      : ratio(geometricMean(known))
  })
  console.log('\nRound trips: how many times longer a peer takes; in brackets what comes back wrong\n')
  printTable(['', ...columns.map(([name]) => name)], [...rows, ['geometric mean, a to h', ...means]])
}

export function judge(results: Results, goals: Goals): void {
  const everything = MEAN_OVER.every((id) => results[id] !== undefined)
  const check = (goal: string, value: number | null, least: number, shown = ratio) => {
    // What was not asked for is no news.
    if (value === null) {
      if (everything) goals.unknown(goal, 'not measured')
    } else goals.check(goal, value >= least, shown(value))
  }
  for (const id of MEAN_OVER) {
    const right = BEST.filter((peer) => !results[id]?.[peer]?.problem)
    const shown = (value: number) =>
      right.length === BEST.length
        ? ratio(value)
        : `${ratio(value)}; ${ratio(ratioTo(results[id], right) ?? 0)} of ${right.join(' and ')}, which is right`
    check(
      `(${id}) as fast as the better of v8 and msgpackr`,
      ratioTo(results[id], BEST),
      id === 'e' ? 5 : 1,
      shown,
    )
  }
  check('geometric mean over a to h at least 1.3', meanRatio(results), 1.3)
  for (const id of MEAN_OVER) {
    const ours = results[id]?.['cornichon']?.bytes
    const theirs = results[id]?.['msgpackr']?.bytes
    check(
      `(${id}) no more bytes than msgpackr${id === 'a' ? ', within 15 %' : ''}`,
      ours && theirs ? theirs / ours : null,
      id === 'a' ? 1 / 1.15 : 0.9995,
      (value) => `${(1 / value).toFixed(2)} of msgpackr's`,
    )
  }
  for (const peer of ['seroval', 'devalue', 'superjson']) {
    const known = MEAN_OVER.flatMap((id) => ratioTo(results[id], [peer]) ?? [])
    check(`at least 5 times as fast as ${peer} everywhere`, known.length > 0 ? Math.min(...known) : null, 5)
  }
  const session = results['a']?.['cornichon session']?.total
  const v8 = results['a']?.['v8']?.total
  check('(a) in a session twice as fast as v8', session && v8 ? v8 / session : null, 2)
  const outOfBand = results['f']?.['cornichon out of band']?.total
  if (outOfBand) goals.check('(f) out of band under 0.1 ms', outOfBand < 100, time(outOfBand))
  else if (results['f']) goals.unknown('(f) out of band under 0.1 ms', 'not measured')
  const instances = results['i']?.['cornichon']
  const plain = results['i-plain']?.['cornichon']
  const goal = '(i) under 3 times the same data as plain objects'
  if (instances?.total && plain?.total)
    goals.check(goal, instances.total < 3 * plain.total, ratio(instances.total / plain.total))
  else if (results['i']) goals.unknown(goal, instances?.problem ?? 'not measured')
}
