// @ts-check
// What the forged bundles are made from: every family of values, data and code. The code tells if it runs.
import path from 'node:path'

const ran = () => void Reflect.set(globalThis, 'codeOfABundleRan', true)
let count = 0
class Point {
  #x
  static #made = new Map()
  /** @param {number} x */
  constructor(x) {
    ran()
    this.#x = x
  }
  get x() {
    ran()
    return this.#x
  }
  static made() {
    return Point.#made
  }
}
class Pixel extends Point {
  #colour = 'red'
  colour() {
    ran()
    return super.x + this.#colour
  }
}
class List extends Array {}
const shared = {
  up: () => (ran(), ++count),
  read: () => count,
  get now() {
    ran()
    return count
  },
  set now(value) {
    ran()
    count = value
  },
}
const bytes = Uint8Array.from({ length: 40 }, (_, i) => i)
const pooled = Buffer.from('out of the pool, and in parts')
const ring = /** @type {any} */ ({ name: 'ring', list: [] })
ring.list.push(ring, { ring })
const cause = new RangeError('no', { cause: ring })

/** @type {readonly unknown[]} */
export const data = [
  {
    id: 1,
    name: 'ä text',
    big: 10n ** 30n,
    list: [1, 2.5, 'three', null, -7, , undefined, true, -0, Number.NaN],
  },
  Array.from({ length: 30 }, (_, i) => ({ id: i, name: `name ${i}`, when: new Date(i), tags: ['a', 'b'] })),
  new Map(
    /** @type {[any, any][]} */ ([
      ['a', new Set([1, 'x', ring])],
      [ring, /x/giu],
    ]),
  ),
  [
    bytes,
    new Float64Array(4),
    new DataView(bytes.buffer, 4),
    new Uint8Array(new SharedArrayBuffer(8)),
    Buffer.from('buffer'),
  ],
  [1.5, 2.5, 3.5, 1e300, -0, Number.NaN],
  Array.from({ length: 100 }, (_, i) => i * 7),
  ring,
  cause,
  [new AggregateError([cause], 'all'), Object(1n), Object('boxed'), Object(Symbol('s'))],
  Object.assign(Object.create({ inherited: 1 }), { deep: [[[[{ a: Object.create(null) }]]]] }),
  Object.defineProperty(Object.freeze({ a: 1 }) && { [Symbol('own')]: 1, ['__proto__']: { x: 1 } }, 'fixed', {
    value: 1,
  }),
  [Symbol.iterator, Symbol.for('k'), Symbol('one')],
  [new URL('https://example.org/?q=1'), new URLSearchParams('a=b')],
  [Promise.resolve(7), new WeakMap([[ring, ring]]), new WeakRef(ring), ring],
  [Object.seal([1, 2]), Object.preventExtensions({}), 'long '.repeat(100), '日本語'.repeat(30)],
]

/** Buffers whose bytes have a section of their own, viewed, and values themselves. */
const large = new Float64Array(30)
/** @type {readonly unknown[]} */
export const views = [
  [large, new DataView(large.buffer, 8), Buffer.alloc(100, 'x')],
  [new Uint16Array(90), new Uint8Array(large.buffer), large.buffer],
  [pooled.subarray(0, 12), pooled, pooled.subarray(5, 9)],
]

/** What reducers of the user's say, of intrinsic factories, and what persistentId names. */
export const reduced = new Map(
  /** @type {[any, any][]} */ ([
    [ring, [Map, [[['a', 1]]], { note: 1 }, undefined, [['k', cause]]]],
    [cause, [Array, [3], undefined, [1, 2]]],
    [bytes, [Object, [{ a: 1 }], { b: [2] }]],
  ]),
)

/** Messages of one session. @type {readonly unknown[]} */
export const messages = [
  { id: 1, name: 'first', ring, tags: ['a', 'b'], when: new Date(1) },
  { id: 2, name: 'second', ring, tags: ['a', 'b'], when: new Date(2) },
  [ring, bytes, { id: 3, name: 'third', ring: null, tags: [], when: new Date(3) }, 'third', 'second'],
]

/** @type {readonly unknown[]} */
export const code = [
  shared,
  [new Pixel(3), Pixel, new Point(1)],
  List.from([1, 2]),
  [
    Math.max.bind(null, 1),
    path.join,
    Array.prototype.map,
    new Proxy({ a: 1 }, { get: (t, k) => (ran(), k) }),
  ],
  [
    async () => ran(),
    function* () {
      yield ran()
    },
    class {
      static x = ran()
    },
    /** @returns {unknown} */ function named(/** @type {any} */ n) {
      return n ? named(n - 1) : ran()
    },
  ],
]
