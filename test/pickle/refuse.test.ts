// `code: 'refuse'` and `modules`: what a bundle may bring along when its sender is not trusted.
import { AssertionError } from 'node:assert'
import { execSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dumps, loads, loadsAsync, Pickler, Unpickler, UnpicklingError } from '../../serializer/index.ts'

const refuse = { code: 'refuse' } as const

test.each<[string, unknown]>([
  ['primitives', [1, -0, 2n, 'text', null, undefined, true, Symbol.iterator, Symbol.for('a')]],
  ['objects and arrays', { a: [1, , 3], b: Object.freeze({ c: Object.create(null) }) }],
  [
    'built-in types',
    [
      new Map([[1, new Set([2])]]),
      new Date(0),
      /x/g,
      new RangeError('no'),
      Buffer.from('b'),
      new URL('http://a.b/'),
    ],
  ],
  ['boxed primitives', [Object('text'), Object(1), Object(1n)]],
  ['settled promises of data', Promise.resolve({ a: 1 })],
  ['intrinsics', [Math.max, Array.prototype.map, Promise, globalThis]],
  ['a proxy without traps', new Proxy({ a: 1 }, {})],
])('refusing code, data passes: %s', (_, value) => {
  const bytes = dumps(value)
  expect(() => loads(bytes, refuse)).not.toThrow()
})

class Known {
  x = 1
}

test.each<[string, () => unknown]>([
  ['a function', () => () => 1],
  ['a function deep in data', () => ({ a: new Map([['f', [function named() {}]]]) })],
  ['a class', () => class {}],
  ['an instance', () => new Known()],
  [
    'an accessor of user code',
    () => ({
      get now() {
        return 1
      },
    }),
  ],
  [
    'an accessor that is an intrinsic',
    () => Object.defineProperty({}, 'random', { get: Math.random, enumerable: true }),
  ],
  ['a proxy with traps of user code', () => new Proxy({}, { get: () => 1 })],
  ['a proxy whose trap is an intrinsic', () => new Proxy({}, { get: Reflect.get })],
  ['a bound user function', () => function () {}.bind(null)],
  [
    'an object with a method',
    () => ({
      toJSON() {
        return 1
      },
    }),
  ],
])('refusing code: %s is an UnpicklingError, and loads without the option', async (_, make) => {
  const bytes = dumps(make())
  expect(() => loads(bytes)).not.toThrow()
  expect(() => loads(bytes, refuse)).toThrow(UnpicklingError)
  await expect(loadsAsync(bytes, refuse)).rejects.toThrow(UnpicklingError)
})

test.each<[string, unknown]>([
  ['eval', { code: { toJSON: eval } }],
  ['Function', Object.create(Function)],
  ['AsyncFunction', (async () => {}).constructor],
  ['a function of a built-in module', { 'rm -rf /': { toJSON: execSync } }],
  ['a function of the process', { 1: { toJSON: process.kill } }],
  ['a global function of Node', [fetch]],
  ['a `require`', { './file.js': { toJSON: createRequire(import.meta.url) } }],
  ['import.meta', import.meta],
  ['a bound intrinsic', { toString: Reflect.apply.bind(null, Math.max) }],
])('refusing code, what would run text that comes with it is refused, called by nobody: %s', (_, value) => {
  const bytes = dumps(value)
  expect(() => loads(bytes)).not.toThrow()
  expect(() => loads(bytes, refuse)).toThrow(/the option code: 'refuse' lets/)
})

test("refusing code, Node's classes pass, and its prototypes as those of objects", () => {
  const error = new AssertionError({ message: 'no' })
  const value = [URL, new EventEmitter(), error, Object.create(EventEmitter.prototype)]
  expect(() => loads(dumps(value), refuse)).not.toThrow()
})

/** Throws wherever the language would call it. */
const evil = Symbol.keyFor

test('a method is not called while data is loaded', () => {
  for (const value of [
    [{ valueOf: evil, toString: evil, then: evil, toJSON: evil }],
    new Map([[{ toString: evil }, 1]]),
    Object.assign(Object.create({ then: evil }), { a: 1 }),
  ])
    expect(() => loads(dumps(value), refuse)).not.toThrow()
})

test('nor when an asynchronous load is awaited; what has a then is refused where it would be called', async () => {
  const own = Object.assign(Promise.resolve(1), { constructor: { [Symbol.species]: evil } })
  for (const value of [{ then: evil }, Object.create({ then: evil }), own]) {
    await expect(loadsAsync(dumps(value), refuse)).rejects.toThrow(/which to await it would call/)
    await expect(new Unpickler(refuse).loadAsync(new Pickler().dump(value))).rejects.toThrow(UnpicklingError)
    for await (const copy of new Unpickler(refuse).values([new Pickler().frame(value)]))
      expect(copy).toBeTypeOf('object')
  }
  expect(await loadsAsync(dumps(Promise.resolve({ a: 1 })), refuse)).toEqual({ a: 1 })
  expect(await loadsAsync(dumps({ then: 1 }), refuse)).toEqual({ then: 1 })
  expect(await loadsAsync(dumps(new Proxy({ a: 1 }, {})), refuse)).toEqual({ a: 1 })
  await expect(loadsAsync(dumps(new Proxy({ then: evil }, {})), refuse)).rejects.toThrow(UnpicklingError)
})

test('modules is asked for built-in modules, and for each before anything is loaded', () => {
  const bytes = dumps({ join: path.join })
  const asked: string[] = []
  const ask = (answer: boolean) => (specifier: string) => {
    asked.push(specifier)
    return answer
  }
  expect(loads(bytes, { modules: ask(true) })).toEqual({ join: path.join })
  expect(asked).toEqual(['node:path'])
  expect(() => loads(bytes, { modules: ask(false) })).toThrow(/node:path/)
  expect(() => loads(bytes, { ...refuse, modules: ask(false) })).toThrow(UnpicklingError)
  expect(loads(bytes, { ...refuse, modules: ask(true) })).toEqual({ join: path.join })
  expect(loads(dumps({ max: Math.max }), { modules: () => false })).toEqual({ max: Math.max })
})

test('an error that modules throws gets out as it is', () => {
  const error = new Error('no answer')
  const modules = () => {
    throw error
  }
  expect(() => loads(dumps(path.join), { modules })).toThrow(error)
})

test('an unknown code, and modules that is no function, throw', () => {
  for (const code of ['Refuse', '', null, true, 0])
    expect(() => loads(dumps(1), { code: code as never })).toThrow(TypeError)
  expect(() => loads(dumps(1), { modules: ['node:fs'] as never })).toThrow(TypeError)
  class Later {
    then(done: (answer: boolean) => void) {
      done(false)
    }
  }
  for (const modules of [async () => false, () => new Later()])
    expect(() => loads(dumps(path.join), { modules: modules as never })).toThrow(/not with a promise/)
})
