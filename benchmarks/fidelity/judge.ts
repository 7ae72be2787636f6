// Takes kinds of values through libraries and prints what came of each, a line for each. In a process of its own: some
// of them hang or crash.
//   node --import tsx judge.ts TASKS
import { writeSync } from 'node:fs'
import { inspect, isDeepStrictEqual, types } from 'node:util'
import { findDifference } from '../../test/support/strict-equal.ts'
import { type Codec, libraries } from '../data/libraries.mjs'
import { rows } from './kinds.mjs'

export interface Judgement {
  readonly row: number
  readonly library: string
  readonly outcome: 'exact' | 'lossy' | 'refused'
  readonly detail: string
}

async function open(library: string): Promise<Codec> {
  if (library === 'structuredClone') return { encode: structuredClone, decode: (copy) => copy }
  return libraries.find(({ name }) => name === library)!.open()
}

/** State that no JavaScript value shows, as text. */
function hidden(value: object): Record<string, unknown> | undefined {
  const isOpaque =
    types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) || types.isProxy(value)
  return isOpaque ? { inspected: inspect(value, { showHidden: true, showProxy: true }) } : undefined
}

/** Intrinsics and what Node exports are everybody's. */
const everybodys = new Set<unknown>([Array.prototype, JSON])

async function judge(row: number, library: string): Promise<Judgement> {
  const { make, use } = rows[row].kind
  const value = make()
  const codec = await open(library)
  let copy: unknown
  try {
    copy = codec.decode(codec.encode(value))
  } catch (error) {
    const text = String((error as Error)?.message ?? error).split('\n')[0]
    return { row, library, outcome: 'refused', detail: text.slice(0, 160) }
  }
  const difference = findDifference(copy, value, { hidden, same: (object) => everybodys.has(object) })
  if (difference)
    return { row, library, outcome: 'lossy', detail: `${difference.path}: ${difference.message}` }
  if (use) {
    try {
      const [actual, expected] = [use(copy), use(value)]
      if (!isDeepStrictEqual(actual, expected))
        return {
          row,
          library,
          outcome: 'lossy',
          detail: `${inspect(actual)} instead of ${inspect(expected)}`,
        }
    } catch (error) {
      return { row, library, outcome: 'lossy', detail: `it does not work: ${(error as Error).message}` }
    }
  }
  return { row, library, outcome: 'exact', detail: '' }
}

for (const [row, library] of JSON.parse(process.argv[2]!) as [number, string][]) {
  writeSync(1, `> ${library}\n`)
  writeSync(1, `${JSON.stringify(await judge(row, library))}\n`)
}
