// The keys of typed arrays beside their elements: none by their hidden class, or as the language lists them.
import { describe, expect, test } from 'vitest'
import { keysBesideElements } from '../../serializer/pickle/view-keys.ts'
import '../../serializer/index.ts'

type View = Uint8Array | Float64Array | BigInt64Array

const classes = [
  ...[Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
] as unknown as (new (
  length: number | ArrayBufferLike,
  offset?: number,
) => View)[]

const buffers: Record<string, (length: number) => View> = {
  'Buffer.alloc': (length) => Buffer.alloc(length),
  'Buffer.from, pooled': (length) => Buffer.from('a'.repeat(length)),
  'Buffer.subarray': (length) => Buffer.alloc(length + 5).subarray(5),
}
const made = Object.fromEntries(
  classes.flatMap((Class) => [
    [Class.name, (length: number) => new Class(length)],
    [`${Class.name} of a buffer`, (length: number) => new Class(new ArrayBuffer(8 * length + 8), 8)],
    [`${Class.name} of shared memory`, (length: number) => new Class(new SharedArrayBuffer(8 * length))],
  ]),
) as Record<string, (length: number) => View>

class Own extends Uint8Array {
  name = 'own'
}

const changes: Record<string, (view: View) => void> = {
  nothing() {},
  'a property': (view) => Object.assign(view, { unit: 'm' }),
  'a hidden one': (view) => Object.defineProperty(view, 'unit', { value: 'm' }),
  'one that shadows': (view) => Object.defineProperty(view, 'length', { value: 1 }),
  'a symbol': (view) => Object.assign(view, { [Symbol.for('unit')]: 'm' }),
  'one that is gone': (view) => {
    Object.assign(view, { unit: 'm' })
    Reflect.deleteProperty(view, 'unit')
  },
  'no extensions': (view) => Object.preventExtensions(view),
  'another prototype': (view) => Object.setPrototypeOf(view, null),
}

const listed = (view: View) =>
  Reflect.ownKeys(view).filter((key) => typeof key === 'symbol' || String(Number(key)) !== key)

describe.each(Object.entries({ ...made, ...buffers, subclass: (length: number) => new Own(length) }))(
  '%s',
  (_, make) => {
    test.each(Object.entries(changes))('with %s', (_, change) => {
      for (const length of [1, 9, 1000]) {
        const view = make(length)
        change(view)
        expect(keysBesideElements(view)).toEqual(listed(view))
      }
    })
  },
)

test('what may be resized', () => {
  const view = new Uint8Array(new (ArrayBuffer as any)(300, { maxByteLength: 600 }) as ArrayBuffer)
  expect(keysBesideElements(view)).toEqual([])
  Object.assign(view, { unit: 'm' })
  expect(keysBesideElements(view)).toEqual(['unit'])
})
