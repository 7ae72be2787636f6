// Any value comes back equal, under a strict comparison of the graphs. CORNICHON_RUNS=100000 looks longer, and a seed
// that fast-check has printed can be given as CORNICHON_SEED.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'
import { assertStrictEqual } from '../support/strict-equal.ts'
import { build, graphs } from './graph.ts'

const runs = Number(process.env['CORNICHON_RUNS'] ?? 1000)
const seed = process.env['CORNICHON_SEED']
const parameters = {
  numRuns: runs,
  // Within the time of CI, whatever the machine; the runs that were made count.
  ...(process.env['CORNICHON_RUNS'] ? {} : { interruptAfterTimeLimit: 7_000 }),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
}

function comesBack(value: unknown): void {
  const copy = loads(dumps(value))
  assertStrictEqual(copy, value, { same: isIntrinsic })
  assertStrictEqual(loads(dumps(copy)), value, { same: isIntrinsic })
}

function isIntrinsic(object: object): boolean {
  return object === Object.prototype || object === JSON
}

test('any plain value comes back equal', () => {
  const anything = fc.anything({
    key: fc.string({ unit: 'binary' }),
    maxDepth: 4,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  fc.assert(fc.property(anything, comesBack), parameters)
})

test('any graph comes back equal: cycles, odd prototypes, attributes, accessors, frozen state, shared buffers', () => {
  fc.assert(
    fc.property(graphs, (graph) => comesBack(build(graph))),
    parameters,
  )
})

/** Records of few shapes, as messages are: these are what is known from call to call. */
const messages = fc.array(
  fc.oneof(
    fc.record({ id: fc.integer(), name: fc.string(), tags: fc.array(fc.string()) }),
    fc.record({ id: fc.double(), name: fc.string(), in: fc.record({ at: fc.date(), x: fc.integer() }) }),
    fc.dictionary(fc.constantFrom('id', 'a', 'b', 'name', 'x', '7'), fc.anything(), {
      noNullPrototype: false,
    }),
    fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true }),
  ),
  { minLength: 1, maxLength: 12 },
)

test('what was pickled before makes no difference to the bytes', () => {
  // Another policy is another writer, a new one.
  const anew = (value: unknown) => dumps(value, { byValue: [] })
  const isAlike = (value: unknown) => expect(Buffer.from(dumps(value))).toEqual(Buffer.from(anew(value)))
  fc.assert(
    fc.property(messages, graphs, (values, graph) => {
      for (const value of values) isAlike(value)
      isAlike(values)
      isAlike(build(graph))
      for (const value of values) isAlike(value)
    }),
    parameters,
  )
})

test('an object bound to nothing but itself, in every way', () => {
  const error = new Error('e') as Error & { self?: unknown }
  error.cause = error
  const map = new Map<unknown, unknown>()
  map.set(map, map)
  const set = new Set<unknown>()
  set.add(set)
  const list: unknown[] = []
  list.push(list)
  const value = { error, map, set, list, __proto__: null }
  expect(() => comesBack(value)).not.toThrow()
})
