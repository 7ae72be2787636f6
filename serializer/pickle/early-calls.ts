// Functions within a call whose `this` and `arguments` an arrow function sees live in an environment that stands for that
// call: it can't be made before these are known. Where the graph meets another function of it before that arrow
// function, which only linking shows, the graph is walked again, and the call is written in front of the other.
import type { Linked } from '../codegen/link.ts'
import type { Place } from '../codegen/nesting.ts'
import type { FunctionRecord } from '../codegen/records.ts'

/** By functions that come too early, the arrow functions that see the calls around them, the outermost call first. */
export function findEarlyCalls(
  { environments, places }: Linked,
  records: readonly FunctionRecord[],
): ReadonlyMap<object, readonly object[]> {
  const early = new Map<object, object[]>()
  if (!environments.some(({ call }) => call !== null)) return early
  for (const record of records) {
    // (There may be none for a function that was refused.)
    if (!record) continue
    for (const call of callsAround(places[record.index])) {
      const teller = records.find((each) => each?.outerArguments?.call === call)
      if (!teller || teller.index <= record.index) continue
      const known = early.get(record.fn)
      if (known) known.unshift(teller.fn)
      else early.set(record.fn, [teller.fn])
    }
  }
  return early

  function* callsAround(place: Place): Generator<number> {
    for (let at = place; at.kind !== 'unit'; ) {
      if (at.kind === 'class') at = places[at.record]
      else {
        const { call, place: outer } = environments[at.environment]
        if (call !== null) yield call
        at = outer
      }
    }
  }
}
