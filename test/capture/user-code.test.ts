// Capturing runs no code of the user's, however much of it waits for someone to look.
import { types } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import {
  captureFunction,
  internalSlots,
  privateElements,
  probeVariables,
  scriptOf,
} from '../../serializer/capture/index.ts'
import { ask, factsOf, runProgram, scopeWith, valueIn } from './support.ts'

let ran: string[] = []
const trap = (name: string) => () => {
  ran.push(name)
  return undefined as never
}
const handler = () =>
  Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((name) => [name, trap(name)]),
  ) as ProxyHandler<object>
const watched = () => ({
  get a() {
    return trap('a')()
  },
  get [Symbol.toStringTag]() {
    return trap('toStringTag')()
  },
  get constructor() {
    return trap('constructor')()
  },
  get then() {
    return trap('then')()
  },
  toString: trap('toString'),
  valueOf: trap('valueOf'),
  toJSON: trap('toJSON'),
  [Symbol.toPrimitive]: trap('toPrimitive'),
  [Symbol.hasInstance]: trap('hasInstance'),
  [Symbol.for('nodejs.util.inspect.custom')]: trap('inspect'),
})

afterEach(() => {
  const seen = ran
  ran = []
  expect(seen, 'nothing has run').toEqual([])
})

describe('capture runs nothing', () => {
  test('of the values that a function captures', () => {
    const values = [
      watched(),
      new Proxy({}, handler()),
      new Proxy(function () {}, handler()),
      Object.create(new Proxy({}, handler())),
    ]
    for (const value of values) {
      const fn = (
        (captured: unknown) => () =>
          captured
      )(value)
      expect(valueIn(scopeWith(fn, 'captured'), 'captured')).toBe(value)
      expect(probeVariables(fn, factsOf(fn), ['captured']).get('captured')!.get()).toBe(value)
      expect(ask(fn, 'captured')).toBe(value)
    }
  })

  test('of the function itself: its accessors, its prototype, its toString', () => {
    const fn = Object.defineProperties(() => ran, Object.getOwnPropertyDescriptors(watched()))
    Object.defineProperties(fn, {
      name: { get: trap('name') },
      length: { get: trap('length') },
      prototype: { get: trap('prototype') },
    })
    expect(ask(fn, 'ran')).toBe(ran)
    expect(captureFunction(fn).scriptId).toBeDefined()
    Object.setPrototypeOf(fn, new Proxy(Function.prototype, handler()))
    expect(ask(fn, 'ran')).toBe(ran)
    expect(scriptOf(captureFunction(fn).scriptId!)).toBeDefined()
  })

  test('of objects with slots and private fields', () => {
    class Holder {
      #a = watched()
      #b = new Proxy({}, handler())
      #c = { a: Object.create(new Proxy({}, handler())) }
      use() {
        return [this.#a, this.#b, this.#c]
      }
    }
    expect(privateElements(new Holder())).toHaveLength(3)
    expect(
      privateElements(Object.defineProperties(new Holder(), Object.getOwnPropertyDescriptors(watched()))),
    ).toHaveLength(3)
    const inherits = Object.setPrototypeOf(new Holder(), new Proxy({}, handler()))
    expect(privateElements(inherits)).toHaveLength(3)
    expect(types.isProxy(Object.getPrototypeOf(inherits))).toBe(true)
    // Not through `then` of a thenable: it is in the slot as it is.
    const promise = Promise.resolve([watched(), new Proxy({}, handler())])
    expect(internalSlots(promise).get('[[PromiseState]]')).toBe('fulfilled')
    const bound = function () {}.bind(watched())
    expect(internalSlots(bound).has('[[BoundThis]]')).toBe(true)
  })

  test('of a generator, an async function or a class that is probed', () => {
    const generator = function* () {
      trap('generator')()
      yield ran
    }
    Object.defineProperty(generator, 'prototype', { value: new Proxy({}, handler()) })
    expect(ask(generator, 'ran')).toBe(ran)
    const asynchronous = async (..._: unknown[]) => {
      trap('async')()
      return ran
    }
    expect(ask(asynchronous, 'ran')).toBe(ran)
  })

  test('through built-ins that user code has patched before', () => {
    const program = `
      let n = 1, calls = []
      const fn = () => n++
      const pattern = ({ a }, [b] = []) => [n, a, b]
      class Private { #x = 5 }
      const instance = new Private()
      const promise = Promise.resolve(7)
      const facts = factsOf(fn), patternFacts = factsOf(pattern)
      capture.probe(fn, facts, 'n'), capture.probe(fn, facts, '[n, 0]')
      const { defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect
      const { apply } = Reflect
      const patched = []
      const patch = (holder, label) => {
        for (const key of ownKeys(holder)) {
          if (typeof key !== 'string' || key === 'constructor' || key === 'caller' || key === 'arguments') continue
          const descriptor = getOwnPropertyDescriptor(holder, key)
          if (typeof descriptor.value !== 'function' || !descriptor.configurable) continue
          const original = descriptor.value
          defineProperty(holder, key, { ...descriptor, value: function (...args) {
            if (counting) calls[calls.length] = label + '.' + key
            return apply(original, this, args)
          } })
          patched[patched.length] = [holder, key, descriptor]
        }
      }
      let counting = false
      patch(Function.prototype, 'Function.prototype'); patch(Reflect, 'Reflect'); patch(JSON, 'JSON')
      const emitter = (await import('node:events')).EventEmitter
      patch(emitter.prototype, 'EventEmitter.prototype')
      const { Session } = await import('node:inspector')
      patch(Session.prototype, 'Session.prototype')
      counting = true
      const seen = [
        capture.captureFunction(fn).scopes.length > 0,
        capture.probe(fn, facts, 'n'),
        capture.probe(pattern, patternFacts, 'n'),
        capture.internalSlots(promise).get('[[PromiseResult]]'),
        capture.privateElements(instance)[0].value,
      ]
      counting = false
      for (const [holder, key, descriptor] of patched) defineProperty(holder, key, descriptor)
      report([seen, [...new Set(calls)]])`
    expect(runProgram(program)).toEqual([[true, 1, 1, 7, 5], []])
  })
})
