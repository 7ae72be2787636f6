// Internal slots and private elements, as V8's inspector lists them.
import { describe, expect, test } from 'vitest'
import { internalSlots, privateElements } from '../../serializer/capture/index.ts'

describe('internal slots', () => {
  test('of a bound function: target, this, arguments; of one bound twice the first', () => {
    const target = function (this: unknown, ...args: unknown[]) {
      return [this, args]
    }
    const self = { self: true }
    const argument = Symbol('argument')
    const bound = target.bind(self, argument, undefined, -0)
    const slots = internalSlots(bound)
    expect(slots.get('[[TargetFunction]]')).toBe(target)
    expect(slots.get('[[BoundThis]]')).toBe(self)
    expect(Array.from(slots.get('[[BoundArgs]]') as unknown[])).toEqual([argument, undefined, -0])
    const twice = (bound as (...args: unknown[]) => unknown).bind(null, 2)
    expect(internalSlots(twice).get('[[TargetFunction]]')).toBe(bound)
    expect(internalSlots(target).has('[[TargetFunction]]')).toBe(false)
    expect(internalSlots(target.bind(undefined)).get('[[BoundThis]]')).toBe(undefined)
  })

  test('of promises: pending, fulfilled, rejected', () => {
    const value = { value: 1 }
    const state = (promise: Promise<unknown>) => {
      const slots = internalSlots(promise)
      return [slots.get('[[PromiseState]]'), slots.get('[[PromiseResult]]')]
    }
    expect(state(new Promise(() => {}))).toEqual(['pending', undefined])
    const [fulfilled, result] = state(Promise.resolve(value))
    expect(fulfilled).toBe('fulfilled')
    expect(result).toBe(value)
    const rejected = Promise.reject(value)
    rejected.catch(() => {})
    expect(state(rejected)).toEqual(['rejected', value])
    for (const special of [undefined, null, NaN, -0, 10n, Infinity, 'text', Symbol.iterator]) {
      expect(Object.is(state(Promise.resolve(special))[1], special)).toBe(true)
    }
  })

  test('of proxies: target and handler, null when revoked; no trap is called', () => {
    const target = { a: 1 }
    const traps = Object.fromEntries(
      Object.getOwnPropertyNames(Reflect).map((name) => [name, () => expect.unreachable(name)]),
    ) as ProxyHandler<object>
    const slots = internalSlots(new Proxy(target, traps))
    expect(slots.get('[[Target]]')).toBe(target)
    expect(slots.get('[[Handler]]')).toBe(traps)
    const callable = () => 1
    expect(internalSlots(new Proxy(callable, traps)).get('[[Target]]')).toBe(callable)
    const { proxy, revoke } = Proxy.revocable(target, {})
    revoke()
    const gone = internalSlots(proxy)
    expect([gone.get('[[Target]]'), gone.get('[[Handler]]')]).toEqual([null, null])
    expect(gone.get('[[IsRevoked]]')).toBe(true)
  })

  test('of weak collections and references', () => {
    const [key, value] = [{ key: 1 }, { value: 2 }]
    const entries = (collection: object) =>
      Array.from(
        internalSlots(collection).get('[[Entries]]') as { key?: unknown; value: unknown }[],
        ({ key, value }) => [key, value],
      )
    expect(entries(new WeakMap([[key, value]]))).toEqual([[key, value]])
    expect(entries(new WeakMap([[key, value]]))[0][0]).toBe(key)
    expect(entries(new WeakSet([key]))).toEqual([[undefined, key]])
    expect(internalSlots(new WeakRef(key)).get('[[WeakRefTarget]]')).toBe(key)
  })
})

describe('private elements', () => {
  test('of an instance: fields in the order they were added, a base class first; methods are not listed', () => {
    const held = { held: true }
    class Base {
      #x = 1
      #held = held
      #method() {
        return [this.#x, this.#held]
      }
      base() {
        return this.#method()
      }
    }
    class Derived extends Base {
      #x = 2
      #undefined = undefined
      get #accessor() {
        return expect.unreachable() as number
      }
      derived() {
        return [this.#x, this.#undefined, () => this.#accessor]
      }
    }
    const elements = privateElements(new Derived())
    expect(elements.filter(({ kind }) => kind === 'field').map(({ name, value }) => [name, value])).toEqual([
      ['#x', 1],
      ['#held', held],
      ['#x', 2],
      ['#undefined', undefined],
    ])
    expect(elements[1].value).toBe(held)
    expect(elements.filter(({ kind }) => kind === 'accessor').map(({ name }) => name)).toEqual(['#accessor'])
    expect(elements.some(({ name }) => name === '#method')).toBe(false)
  })

  test('of a class: its static fields', () => {
    class Counter {
      static #count = 5
      static #reset() {
        Counter.#count = 0
      }
      static use() {
        Counter.#reset()
        return Counter.#count
      }
    }
    expect(privateElements(Counter).filter(({ kind }) => kind === 'field')).toEqual([
      { name: '#count', kind: 'field', value: 5 },
    ])
  })

  test('of an object with many properties and elements', () => {
    class Big extends Array<number> {
      #x = 'private'
      x() {
        return this.#x
      }
    }
    const big = new Big()
    for (let i = 0; i < 100_000; i++) big.push(i)
    expect(privateElements(big)).toEqual([{ name: '#x', kind: 'field', value: 'private' }])
  })

  test('of objects without any are none', () => {
    for (const object of [{}, [], () => 1, new Map(), Object.create(null), new Proxy({}, {})])
      expect(privateElements(object)).toEqual([])
  })
})
