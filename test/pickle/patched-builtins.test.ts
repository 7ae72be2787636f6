// `dumps` and `loads` work when user code has patched built-ins, run none of the patches, and leave them in place.
import { expect, test } from 'vitest'
import { runScript } from '../support/script.ts'

/** Patches what `patch` says, one after the other, and each time dumps and loads; what went wrong is reported. */
const program = (each: string) => `
const { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
function make() {
  let n = 0
  class Base { #x = 1; static count = 3; get x() { return this.#x } hello() { return 'base' } }
  class Derived extends Base { hello() { return super.hello() + n } }
  return {
    up: () => ++n, read: () => n, Derived, one: new Derived(), map: new Map([['a', { b: [1, , 3] }]]), set: new Set([1]),
    date: new Date(5), pattern: /a(b)/gi, symbol: Symbol.iterator,
    error: new TypeError('bad'), *walk() { yield n }, typed: new Uint16Array([1, 2]), bytes: Buffer.from('hi'),
    useMap: () => new Map([[1, 2]]).get(1), url: new URL('http://a/b?c'), big: 12345678901234567890n, boxed: Object('s'),
  }
}
const value = make()
const source = (i) => eval('(function unseen' + i + '(a, b = 2) { return { a, b, i: ' + i + ' } })')
const inputs = Array.from({ length: 2000 }, (_, i) => [value, source(i)])
cornichon.loads(cornichon.dumps(value))
const places = []
const add = (name, object) => { for (const key of ownKeys(object)) places.push([name + '.' + String(key), object, key]) }
const names = ['Object', 'Function', 'Array', 'Number', 'String', 'Boolean', 'Symbol', 'Date', 'Promise', 'RegExp', 'Error',
  'JSON', 'Math', 'ArrayBuffer', 'Uint8Array', 'DataView', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'BigInt', 'Reflect', 'Buffer', 'URL']
for (const name of names) {
  add(name, globalThis[name])
  if (globalThis[name].prototype) add(name + '.prototype', globalThis[name].prototype)
}
add('%TypedArray%.prototype', getPrototypeOf(Uint8Array.prototype))
for (const it of [[].values(), new Map().values(), new Set().values(), ''[Symbol.iterator](), ''.matchAll(/x/g)]) add('iterator', getPrototypeOf(it))
add('generator', getPrototypeOf(getPrototypeOf((function* () {})())))
let armed = false
let ran = 0
const problems = []
let at = 0
for (const [name, object, key] of places) {
  const before = getOwnPropertyDescriptor(object, key)
  if (!before.configurable || key === 'prepareStackTrace') continue
  const input = inputs[at++]
  const patch = (${each})(before)
  if (!patch) continue
  let failure
  let kept
  defineProperty(object, key, patch)
  try {
    armed = true
    const loaded = cornichon.loads(cornichon.dumps(input))
    armed = false
    kept = getOwnPropertyDescriptor(object, key)
    defineProperty(object, key, before)
    assert.equal(loaded[0].up(), 1)
    assert.equal(loaded[0].read(), 1)
    // Its class is the sender's own.
    assert.equal(loaded[0].one.hello(), 'base0')
    assert.equal(loaded[0].useMap(), 2)
    assert.equal(loaded[1](7).i, at - 1)
  } catch (error) {
    armed = false
    failure = error
  } finally {
    kept ??= getOwnPropertyDescriptor(object, key)
    defineProperty(object, key, before)
  }
  if (failure) problems.push(name + ': ' + failure.message)
  else if (kept.value !== patch.value || kept.get !== patch.get) problems.push(name + ' is not what the user made it')
  if (ran > 0) problems.push(name + ' ran ' + ran + ' times')
  ran = 0
}
await report({ places: at, problems })
`

test('each method of each intrinsic may be patched: it does not run, and stays patched', async () => {
  const { places, problems } = await runScript(
    program(`(before) => typeof before.value === 'function' && { ...before, value: function patched() {
      if (armed) { ran++; armed = false; throw new Error('the patch ran') }
      return Reflect.apply(before.value, this, arguments)
    } }`),
  )
  expect(problems).toEqual([])
  expect(places).toBeGreaterThan(400)
}, 300_000)

test('patches are there again after an error, and what was added to prototypes is not in the way', async () => {
  const outcome = await runScript(`
    const get = Map.prototype.get
    Map.prototype.get = () => { throw new Error('mine') }
    const mine = Map.prototype.get
    Object.defineProperty(Object.prototype, 'type', { configurable: true, set() { throw new Error('set') } })
    Array.prototype.last = function () { return this[this.length - 1] }
    Object.prototype.get = 1
    let refused
    try { cornichon.dumps({ a: process.stdin.constructor, b: (function* () {})() }) } catch (error) { refused = error.name }
    const f = cornichon.loads(cornichon.dumps((a, { b } = {}) => [a, b, mine]))
    const loaded = f(1, { b: 2 })
    const state = {
      refused,
      loaded: loaded.slice(0, 2),
      sameText: String(loaded[2]) === String(mine),
      kept: Map.prototype.get === mine && Object.prototype.get === 1 && [3].last() === 3 && 'type' in {},
    }
    Map.prototype.get = get
    delete Object.prototype.get
    delete Object.prototype.type
    delete Array.prototype.last
    await report(state)
  `)
  expect(outcome).toEqual({ refused: 'PicklingError', loaded: [1, 2], sameText: true, kept: true })
})

test('a global variable that the user replaced travels as before: by value', async () => {
  const outcome = await runScript(`
    const RealDate = Date
    globalThis.Date = class Fake { static now() { return 7 } }
    const f = cornichon.loads(cornichon.dumps(() => Date.now()))
    globalThis.Date = RealDate
    await report(f())
  `)
  expect(outcome).toBe(7)
})

test("code of the user's that is called meanwhile sees the patches", async () => {
  const outcome = await runScript(`
    const slice = String.prototype.slice
    String.prototype.slice = function patched() { return 'patched' }
    let seen
    cornichon.loads(cornichon.dumps(process.cwd.constructor), {})
    const bytes = cornichon.dumps((await import('node:path')).join)
    cornichon.loads(bytes, { modules: () => { seen = 'abc'.slice(1); return true } })
    String.prototype.slice = slice
    await report(seen)
  `)
  expect(outcome).toBe('patched')
})

test('what was added to Object.prototype, and for-in does not show, is not in the way of plain data', async () => {
  const outcome = await runScript(`
    const set = () => { throw new Error('set') }
    Object.defineProperty(Object.prototype, 'type', { configurable: true, get: () => 'inherited', set })
    Object.defineProperty(Object.prototype, 'compress', { configurable: true, value: 'gzip' })
    const list = Array.from({ length: 40 }, (_, i) => {
      const open = { i, self: null }
      open.self = open
      for (const object of [open, open.sub = {}])
        Object.defineProperty(object, 'type', { value: i, writable: true, enumerable: true, configurable: true })
      return open
    })
    const bytes = cornichon.dumps(list)
    const loaded = cornichon.loads(bytes)
    const f = cornichon.loads(cornichon.dumps([list[0], (a) => a + 1]))[1]
    const state = {
      isRight: loaded.every((each, i) => each.type === i && each.sub.type === i && each.self === each),
      keys: Object.keys(loaded[39]),
      compression: bytes[10],
      two: f(1),
      kept: {}.type,
    }
    delete Object.prototype.type
    delete Object.prototype.compress
    await report(state)
  `)
  expect(outcome).toEqual({
    isRight: true,
    keys: ['i', 'self', 'sub', 'type'],
    compression: 0,
    two: 2,
    kept: 'inherited',
  })
})

test('of data, small or large, in a bundle or in messages, nothing runs a patched accessor', async () => {
  const outcome = await runScript(`
    const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
    const TypedArray = getPrototypeOf(Uint8Array)
    const record = (i) => ({
      id: i, name: 'n' + i, at: new Date(i), list: [i, i / 3], in: { deep: [true, null] }, few: [i, 1, 2, 3], parts: [i / 3, 0.5, 1.5, 2.5],
    })
    const values = [
      1, 'text', record(1), Array.from({ length: 100 }, (_, i) => record(i)), Array.from({ length: 9000 }, (_, i) => record(i)),
      Array.from({ length: 20 }, (_, i) => ({ x: i / 7 })), Array.from({ length: 3000 }, (_, i) => i / 7),
      Array.from({ length: 3000 }, (_, i) => i), 'long'.repeat(30000), new Map([['a', new Set([1])]]), { ['k' + 1]: 1, 7: 2 },
      Array.from({ length: 70 }, (_, i) => ({ ['key' + i]: i })),
    ]
    const places = []
    for (const [object, keys] of [[Map.prototype, ['size']], [Set.prototype, ['size']], [ArrayBuffer.prototype, ['byteLength']],
      [TypedArray.prototype, ['length', 'byteLength', 'byteOffset', 'buffer']]])
      for (const key of keys) places.push([object, key])
    const pickler = new cornichon.Pickler({ memo: 'message' })
    const unpickler = new cornichon.Unpickler()
    const problems = []
    for (let round = 0; round < 12; round++)
      for (const [object, key] of places) {
        const before = getOwnPropertyDescriptor(object, key)
        for (const [i, value] of values.entries()) {
          if (round > 0 && i > 3) continue
          let ran = 0
          let loaded
          defineProperty(object, key, { ...before, get() { ran++; return Reflect.apply(before.get, this, []) } })
          try {
            loaded = [cornichon.loads(cornichon.dumps(value)), unpickler.load(pickler.dump(value))]
          } finally {
            defineProperty(object, key, before)
          }
          if (ran > 0) problems.push(key + ' ran ' + ran + ' times for value ' + i)
          assert.deepEqual(loaded, [value, value])
        }
      }
    await report(problems)
  `)
  expect(outcome).toEqual([])
})
