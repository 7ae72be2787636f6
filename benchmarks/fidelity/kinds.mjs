// @ts-check
// The kinds of value that the fidelity matrix asks for, by family. Each is made anew for every library.
import path from 'node:path'

/**
 * @typedef {{ make(): unknown, use?(value: any): unknown }} Kind `use` calls what only shows what it is when it is
 *   called: the copy first, then the original, and the results have to be the same.
 */

class Point {
  /** @param {number} x */
  constructor(x) {
    this.x = x
  }
  double() {
    return this.x * 2
  }
}
class Account {
  #balance
  /** @param {number} balance */
  constructor(balance) {
    this.#balance = balance
  }
  balance() {
    return this.#balance
  }
}
class List extends Array {
  last() {
    return this.at(-1)
  }
}
class Table extends Map {}
class Bag extends Set {}
class NotFound extends Error {
  /** @override */
  name = 'NotFound'
  code = 404
}

/** @template {object} T @param {T} value @param {object} properties */
const having = (value, properties) => Object.assign(value, properties)
/** @param {PropertyDescriptorMap} descriptors */
const defined = (descriptors) => Object.defineProperties({ plain: 0 }, descriptors)
const eight = () => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** @template {object} T @param {T} value @param {(value: any) => void} change */
const changed = (value, change) => {
  change(value)
  return value
}

/** @type {Readonly<Record<string, Readonly<Record<string, Kind['make'] | Kind>>>>} */
export const kinds = {
  'Primitive values': {
    'undefined in an object': () => ({ a: undefined }),
    'NaN and infinities': () => [Number.NaN, Infinity, -Infinity],
    'negative zero': () => [-0, { z: -0 }],
    'large integers': () => [2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 31, 2 ** 32, 1e21],
    'a BigInt of 64 bits': () => [1n, -(2n ** 63n)],
    'a BigInt of 300 bits': () => [2n ** 300n, -(2n ** 300n)],
    'text of every plane': () => ['ä', '日本語', '🥒', '\0', ''],
    'a lone surrogate': () => ['\ud800', { k: 'x\udc00' }],
    'a registered symbol': () => [Symbol.for('app.key')],
    'a well-known symbol': () => [Symbol.iterator],
    'a unique symbol, twice': () => changed([Symbol('own')], (list) => list.push(list[0])),
  },
  Objects: {
    'a plain object': () => ({ a: 1, b: { c: [true, null] } }),
    'integer-like and odd keys': () => ({ b: 1, 2: 'two', a: 3, 1: 'one', '': 4, '-1': 5 }),
    'a key __proto__': () => JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'),
    'a key constructor': () => ({ constructor: { prototype: 1 }, toString: 2, then: 3 }),
    'no prototype': () => having(Object.create(null), { a: 1 }),
    'an object for prototype': () => having(Object.create({ inherited: 1 }), { own: 2 }),
    'a shared reference': () => changed({ one: {} }, (o) => (o.other = o.one)),
    'a cycle': () => changed({ name: 'ring' }, (o) => (o.self = o)),
    'symbols for keys': () => ({ [Symbol.for('k')]: 1, [Symbol('own')]: 2 }),
    'a read-only property': () => defined({ fixed: { value: 1, enumerable: true } }),
    'a hidden property': () => defined({ hidden: { value: 1, writable: true, configurable: true } }),
    'a getter and a setter': () => ({
      n: 1,
      get double() {
        return Reflect.get(this, 'n') * 2
      },
      set double(value) {
        Reflect.set(this, 'n', value / 2)
      },
    }),
    'a frozen object': () => Object.freeze({ a: 1 }),
    'a sealed object': () => Object.seal({ a: 1 }),
    'a non-extensible object': () => Object.preventExtensions({ a: 1 }),
    'an instance of a class': { make: () => new Point(3), use: (point) => point.double() },
    'private fields': { make: () => new Account(5), use: (account) => account.balance() },
    '100,000 levels': () => {
      let value = {}
      for (let i = 0; i < 100_000; i++) value = { value }
      return value
    },
    'an arguments object': () =>
      (function (/** @type {unknown[]} */ ..._) {
        return arguments
      })(1, 'b'),
  },
  Arrays: {
    'an array': () => [1, 'a', null, [2.5]],
    holes: () => [1, , 3, ,],
    'a length alone': () => new Array(1000),
    'an element at 2 ** 31': () => changed([], (list) => (list[2 ** 31] = 1)),
    'properties of an array': () => having([1, 2], { index: 0, input: 'text' }),
    'a frozen array': () => Object.freeze([1, 2]),
    'a cycle of arrays': () => changed([], (list) => list.push([list])),
    'a subclass of Array': { make: () => List.from(['a', 'b']), use: (list) => list.last() },
  },
  'Map and Set': {
    'a Map': () =>
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    'objects for keys': () => changed(new Map(), (map) => map.set({ id: 1 }, 'one').set([2], 'two')),
    'a Map in itself': () => changed(new Map(), (map) => map.set(map, map)),
    'NaN and undefined as keys': () =>
      new Map([
        [Number.NaN, 1],
        [undefined, 2],
      ]),
    'a Set': () => new Set([3, 1, 2]),
    'a Set in itself': () => changed(new Set(), (set) => set.add(set)),
    'properties of a Map': () => having(new Map(), { label: 'index' }),
    'properties of a Set': () => having(new Set(), { label: 'index' }),
    'a subclass of Map': () => new Table([[1, 2]]),
    'a subclass of Set': () => new Bag([1]),
    'a WeakMap': () => changed({ key: {} }, (o) => (o.weak = new WeakMap([[o.key, 'held']]))),
    'a WeakSet': () => changed({ key: {} }, (o) => (o.weak = new WeakSet([o.key]))),
    'a WeakRef': () => changed({ target: {} }, (o) => (o.weak = new WeakRef(o.target))),
  },
  'Dates, RegExps, boxes': {
    'a Date': () => new Date(1.7e12),
    'an invalid Date': () => new Date(Number.NaN),
    'properties of a Date': () => having(new Date(0), { zone: 'UTC' }),
    'a RegExp': () => /a+(?<name>\/)/dgimsuy,
    lastIndex: () => having(/a/g, { lastIndex: 3 }),
    'a Boolean object': () => Object(false),
    'a Number object': () => Object(-0),
    'a String object': () => Object('text'),
    'a BigInt object': () => Object(1n),
    'a Symbol object': () => Object(Symbol.iterator),
    'a URL': () => new URL('https://user@example.org:8080/p?q=1#h'),
    URLSearchParams: () => new URLSearchParams('a=1&b=2&a=3'),
  },
  Errors: {
    'an Error with its stack': () => new Error('failed'),
    'a TypeError': () => new TypeError('wrong type'),
    'a cause': () => new Error('outer', { cause: new RangeError('inner') }),
    'a cycle of causes': () => changed(new Error('self'), (error) => (error.cause = error)),
    'an AggregateError': () => new AggregateError([new Error('one'), 2], 'all'),
    'properties of an error': () => having(new Error('e'), { code: 'E_CODE', errno: -2 }),
    'an empty message': () => new Error(),
    "a user's error class": () => new NotFound('nothing here'),
  },
  'Binary data': {
    'an ArrayBuffer': () => eight().buffer,
    'a resizable ArrayBuffer': () => Reflect.construct(ArrayBuffer, [4, { maxByteLength: 16 }]),
    'a SharedArrayBuffer': () =>
      changed(new SharedArrayBuffer(4), (buffer) => new Uint8Array(buffer).fill(7)),
    'a Uint8Array': () => eight(),
    'a Uint8ClampedArray': () => Uint8ClampedArray.of(0, 255),
    'an Int16Array': () => Int16Array.of(-1, 300),
    'a Float32Array': () => Float32Array.of(0.5, Number.NaN),
    'a Float64Array': () => Float64Array.of(Math.PI, -0),
    'a BigInt64Array': () => BigInt64Array.of(-1n, 2n ** 62n),
    'a DataView': () => new DataView(eight().buffer, 2, 4),
    'a Node Buffer': () => ({ bytes: Buffer.alloc(4, 'x') }),
    'a part of a buffer': () => new Uint8Array(eight().buffer, 2, 3),
    'two views of one buffer': () => changed([eight()], (list) => list.push(new DataView(list[0].buffer, 4))),
    'properties of a typed array': () => having(eight(), { unit: 'ms' }),
  },
  'Functions, classes, and what has state inside': {
    'a function': { make: () => (/** @type {number} */ n) => n * 2, use: (fn) => fn(4) },
    'a closure': {
      make: () => {
        let n = 40
        return { add: () => ++n, get: () => n }
      },
      use: ({ add, get }) => [add(), get()],
    },
    'a method that uses super': {
      make: () =>
        Object.setPrototypeOf(
          {
            hi() {
              return `${super.hi()}!`
            },
          },
          { hi: () => 'hi' },
        ),
      use: (object) => object.hi(),
    },
    'a generator function': {
      make: () =>
        function* () {
          yield* [1, 2]
        },
      use: (fn) => [...fn()],
    },
    'a bound function': { make: () => Math.max.bind(null, 5), use: (fn) => [fn(1), fn.name] },
    'a class': {
      make: () =>
        class {
          static count = 1
          n = 2
        },
      use: (C) => [C.count, new C().n],
    },
    'an intrinsic': () => [Math.max, Array.prototype, JSON],
    "a function of Node's": () => [path.join],
    'a settled promise': () => Promise.resolve({ n: 1 }),
    'a Proxy': {
      make: () => new Proxy({ a: 1 }, { get: (target, key) => `${String(key)}!` }),
      use: (proxy) => proxy.b,
    },
    'an iterator of a Map': {
      make: () =>
        changed(
          new Map([
            [1, 2],
            [3, 4],
          ]).entries(),
          (each) => each.next(),
        ),
      use: (each) => [...each],
    },
    'Intl.NumberFormat': {
      make: () => new Intl.NumberFormat('de', { style: 'percent' }),
      use: (format) => format.format(0.5),
    },
    'a generator that is running': {
      make: () =>
        changed(
          (function* () {
            yield 1
            yield 2
          })(),
          (it) => it.next(),
        ),
      use: (it) => it.next(),
    },
  },
}

/** The kinds, in order. */
export const rows = Object.entries(kinds).flatMap(([family, members]) =>
  Object.entries(members).map(([name, kind]) => ({
    family,
    name,
    kind: /** @type {Kind} */ (typeof kind === 'function' ? { make: kind } : kind),
  })),
)

// A rejected promise among the copies is no failure of the program.
process.on('unhandledRejection', () => {})
