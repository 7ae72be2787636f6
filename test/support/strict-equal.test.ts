// The strict comparison sees each kind of difference, and names the place.
import { describe, expect, test } from 'vitest'
import { assertStrictEqual, findDifference } from './strict-equal.ts'

const first = Symbol('one')
const second = Symbol('one')
class Point {
  #secret
  constructor(secret = 1) {
    this.#secret = secret
  }
  static secretOf(point: Point) {
    return point.#secret
  }
}
const define = (value: object, descriptors: PropertyDescriptorMap) =>
  Object.defineProperties(value, descriptors)
const with_ = <T extends object>(value: T, properties: object): T => Object.assign(value, properties)
const still = (error: Error) => define(error, { stack: { value: '' } })
const buffer = () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer
const shared = (one: object, other: object) => ({ a: one, b: other })

/** Name, what makes the expected value, what makes another, and the path to where they differ. */
const differences: [name: string, expected: () => unknown, actual: () => unknown, path: string][] = [
  ['a primitive', () => 1, () => 2, 'value'],
  ['the type of a primitive', () => [1], () => ['1'], 'value[0]'],
  ['a negative zero', () => ({ n: -0 }), () => ({ n: 0 }), 'value.n'],
  ['null for undefined', () => [undefined], () => [null], 'value[0]'],
  ['a lone surrogate', () => '\ud800', () => '\ufffd', 'value'],
  ['an object for a primitive', () => ({ deep: { n: 1 } }), () => ({ deep: { n: {} } }), 'value.deep.n'],
  ['a missing property', () => ({ a: 1, b: 2 }), () => ({ a: 1 }), 'value'],
  ['a property too many', () => ({ a: 1 }), () => ({ a: 1, b: undefined }), 'value'],
  ['the order of keys', () => ({ a: 1, b: 2 }), () => ({ b: 2, a: 1 }), 'value'],
  ['a hole', () => [, 1], () => [undefined, 1], 'value'],
  ['the length of an array', () => new Array(3), () => new Array(2), 'value.length'],
  ['a property of an array', () => with_([1], { more: 1 }), () => with_([1], { more: 2 }), 'value.more'],
  [
    'one object for two',
    () => shared({}, {}),
    () => {
      const one = {}
      return shared(one, one)
    },
    'value.b',
  ],
  [
    'two objects for one',
    () => {
      const one = {}
      return shared(one, one)
    },
    () => shared({}, {}),
    'value.b',
  ],
  [
    'a cycle that was unrolled',
    () => {
      const o: any = {}
      o.o = o
      return o
    },
    () => {
      const o: any = { o: {} }
      o.o.o = o
      return o
    },
    'value.o',
  ],
  ['the prototype', () => new Point(), () => ({}), 'value.[[Prototype]].[[Prototype]]'],
  ['no prototype', () => Object.create(null), () => ({}), 'value.[[Prototype]]'],
  [
    'an inherited property',
    () => Object.create({ a: 1 }),
    () => Object.create({ a: 2 }),
    'value.[[Prototype]].a',
  ],
  [
    'a prototype that two objects shared',
    () => {
      const p = {}
      return [Object.create(p), Object.create(p)]
    },
    () => [Object.create({}), Object.create({})],
    'value[1].[[Prototype]]',
  ],
  [
    'writability',
    () => define({}, { a: { value: 1, enumerable: true, configurable: true } }),
    () => ({ a: 1 }),
    'value.a',
  ],
  [
    'enumerability',
    () => define({}, { a: { value: 1, writable: true, configurable: true } }),
    () => ({ a: 1 }),
    'value.a',
  ],
  [
    'configurability',
    () => define({}, { a: { value: 1, writable: true, enumerable: true } }),
    () => ({ a: 1 }),
    'value.a',
  ],
  [
    'an accessor',
    () => ({
      get a() {
        return 1
      },
    }),
    () => ({ a: 1 }),
    'value.a',
  ],
  [
    'a getter',
    () => ({
      get a() {
        return 1
      },
    }),
    () => ({
      get a() {
        return 2
      },
    }),
    'value.a.[[Get]].[[SourceText]]',
  ],
  [
    'a missing setter',
    () => ({
      get a() {
        return 1
      },
      set a(_) {},
    }),
    () => ({
      get a() {
        return 1
      },
    }),
    'value.a.[[Set]]',
  ],
  ['extensibility', () => Object.preventExtensions({}), () => ({}), 'value'],
  ['frozen state', () => Object.freeze([1]), () => Object.seal([1]), 'value[0]'],
  ['a symbol for a key', () => ({ [first]: 1 }), () => ({}), 'value'],
  ['the description of a symbol', () => Symbol('a'), () => Symbol('b'), 'value'],
  ['two symbols for one', () => [first, first], () => [first, second], 'value[1]'],
  ['one symbol for two', () => [first, second], () => [first, first], 'value[1]'],
  ['a registered symbol', () => Symbol.for('one'), () => first, 'value'],
  [
    'a well-known symbol',
    () => ({ [Symbol.iterator]: 1 }),
    () => ({ [Symbol('Symbol.iterator')]: 1 }),
    'value.<key 0>',
  ],
  ['a Map for an object', () => new Map(), () => ({}), 'value'],
  [
    'the value of an entry',
    () => new Map([['k', { n: 1 }]]),
    () => new Map([['k', { n: 2 }]]),
    'value.<value of key "k">.n',
  ],
  [
    'the order of a Map',
    () =>
      new Map([
        [1, 1],
        [2, 2],
      ]),
    () =>
      new Map([
        [2, 2],
        [1, 1],
      ]),
    'value.<key 0>',
  ],
  ['the size of a Map', () => new Map([[1, 1]]), () => new Map(), 'value'],
  ['the order of a Set', () => new Set(['a', 'b']), () => new Set(['b', 'a']), 'value.<value 0>'],
  ['a property of a Set', () => with_(new Set(), { a: 1 }), () => new Set(), 'value'],
  ['a date', () => new Date(1), () => new Date(2), 'value.[[DateValue]]'],
  ['the source of a RegExp', () => /a/, () => /b/, 'value.[[OriginalSource]]'],
  ['the flags of a RegExp', () => /a/g, () => /a/i, 'value.[[OriginalFlags]]'],
  ['lastIndex', () => with_(/a/g, { lastIndex: 3 }), () => /a/g, 'value.lastIndex'],
  ['the kind of a typed array', () => new Uint8Array(2), () => new Int8Array(2), 'value'],
  [
    'a Buffer for a Uint8Array',
    () => new Uint8Array(buffer()),
    () => Buffer.from(buffer()),
    'value.[[Prototype]]',
  ],
  ['bytes', () => new Uint8Array([1, 2]), () => new Uint8Array([1, 3]), 'value[1]'],
  [
    'an offset',
    () => new Uint8Array(buffer(), 1, 2),
    () => new Uint8Array(buffer(), 2, 2),
    'value.byteOffset',
  ],
  [
    'the size of the buffer',
    () => new Uint8Array(buffer(), 0, 2),
    () => new Uint8Array(buffer().slice(0, 2)),
    'value.buffer.byteLength',
  ],
  [
    'a buffer that two views shared',
    () => {
      const b = buffer()
      return [new Uint8Array(b), new DataView(b)]
    },
    () => [new Uint8Array(buffer()), new DataView(buffer())],
    'value[1].buffer',
  ],
  ['shared memory', () => new SharedArrayBuffer(1), () => new ArrayBuffer(1), 'value'],
  [
    'a resizable buffer',
    () => Reflect.construct(ArrayBuffer, [1, { maxByteLength: 9 }]),
    () => new ArrayBuffer(1),
    'value.maxByteLength',
  ],
  ['an error for an object', () => still(new Error('x')), () => Object.create(Error.prototype), 'value'],
  [
    'a message',
    () => define(new Error('x'), { stack: { value: '' } }),
    () => define(new Error('y'), { stack: { value: '' } }),
    'value.message',
  ],
  [
    'a stack',
    () => define(new Error('x'), { stack: { value: 'a' } }),
    () => define(new Error('x'), { stack: { value: 'b' } }),
    'value.stack',
  ],
  [
    'a cause',
    () => ({ e: still(new Error('x', { cause: 1 })) }),
    () => ({ e: still(new Error('x')) }),
    'value.e',
  ],
  ['a box for a primitive', () => Object(1), () => 1, 'value'],
  ['what is in a box', () => Object(1n), () => Object(2n), 'value.[[BigIntData]]'],
  [
    'an arguments object',
    () =>
      (function () {
        return arguments
      })(),
    () => ({ length: 0 }),
    'value',
  ],
  ['a URL', () => new URL('a:b'), () => new URL('a:c'), 'value.href'],
  ['the text of a function', () => () => 1, () => () => 2, 'value.[[SourceText]]'],
  ['a property of a function', () => with_(() => 1, { a: 1 }), () => with_(() => 1, { a: 2 }), 'value.a'],
  ['a class for another', () => [Point], () => [class Point {}], 'value[0].[[SourceText]]'],
]

test.each(differences)('%s', (_, expected, actual, path) => {
  expect(findDifference(expected(), expected())).toBeNull()
  expect(findDifference(actual(), actual())).toBeNull()
  expect(findDifference(actual(), expected())?.path).toBe(path)
  expect(findDifference(expected(), actual())).not.toBeNull()
})

describe('what is not a difference', () => {
  test('a deep graph, compared without recursion', () => {
    const deep = () => {
      let value: object = {}
      for (let i = 0; i < 20_000; i++) value = { value }
      return value
    }
    expect(findDifference(deep(), deep())).toBeNull()
  })

  test('the same cycles', () => {
    const graph = () => {
      const map = new Map<unknown, unknown>()
      const list: unknown[] = [map, new Set([map])]
      map.set(map, list).set('list', list)
      return list
    }
    expect(findDifference(graph(), graph())).toBeNull()
  })

  test('functions and prototypes that are the very same', () => {
    expect(findDifference([Point, new Point(), Math.max], [Point, new Point(), Math.max])).toBeNull()
  })
})

test('an object that was not copied', () => {
  const value = {}
  expect(findDifference({ value }, { value })).toEqual({
    path: 'value.value',
    message: 'the very same object and not a copy',
  })
  expect(findDifference({ value }, { value }, { same: (object) => object === value })).toBeNull()
})

test('hidden state, where the caller shows it', () => {
  const hidden = (value: object) =>
    value instanceof Point ? { '#secret': Point.secretOf(value) } : undefined
  expect(findDifference([new Point(2)], [new Point(1)])).toBeNull()
  expect(findDifference([new Point(2)], [new Point(1)], { hidden })?.path).toBe('value[0].#secret')
})

test('the assertion tells the path and what is there', () => {
  expect(() => assertStrictEqual({ a: [1, { b: '2' }] }, { a: [1, { b: 2 }] })).toThrow(
    'value.a[1].b: "2" instead of 2',
  )
})
