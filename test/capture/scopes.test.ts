// Bindings: what V8's [[Scopes]] and [[FunctionLocation]] tell of a live function.
import { join, sep } from 'node:path'
import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  bindingIn,
  captureFunction,
  captureFunctions,
  isStrictFunction,
  scriptOf,
  WITH,
} from '../../serializer/capture/index.ts'
import { scopeWith, sloppy, valueIn } from './support.ts'

const types = (fn: object) => captureFunction(fn).scopes.map(({ type }) => type)

describe('scopes of a live function', () => {
  test('hold the live values themselves, innermost scope first', () => {
    const outer = { name: 'outer' }
    const make = () => {
      const inner = Symbol('inner')
      return { inner, fn: () => [outer, inner] }
    }
    const { inner, fn } = make()
    expect(valueIn(scopeWith(fn, 'outer'), 'outer')).toBe(outer)
    expect(valueIn(scopeWith(fn, 'inner'), 'inner')).toBe(inner)
    const { scopes } = captureFunction(fn)
    const at = (name: string) => scopes.findIndex(({ object }) => Reflect.ownKeys(object).includes(name))
    expect(at('inner')).toBeLessThan(at('outer'))
    expect(scopes[scopes.length - 1]).toMatchObject({ type: 'Global', object: globalThis })
  })

  test('of several functions at once are what each tells alone', () => {
    const of = (value: unknown) => ({
      arrow: () => value,
      method() {},
      make: class {
        own = value
      },
    })
    const [one, two] = [of(1), of('two')]
    // What a proxy stands above is not asked together with others.
    const odd = Object.setPrototypeOf(() => two, new Proxy(Function.prototype, {}))
    const functions = [one.arrow, one.make, Math.max, two.method, odd, two.arrow, two.arrow]
    const facts = ({ scriptId, line, column, scopes }: ReturnType<typeof captureFunction>) => ({
      ...{ scriptId, line, column },
      scopes: scopes.map(({ type, name, object }) => [type, name, Object.getOwnPropertyNames(object)]),
      value: scopes
        .map(({ object }) => bindingIn(object, 'value')?.value)
        .find((value) => value !== undefined),
    })
    const together = captureFunctions(functions).map(facts)
    expect(together).toEqual(functions.map((fn) => facts(captureFunction(fn))))
    expect(together.map(({ value }) => value)).toEqual([1, 1, undefined, 'two', undefined, 'two', 'two'])
  })

  test('name the function whose scope it is', () => {
    function named() {
      const here = 1
      return () => here
    }
    expect(scopeWith(named(), 'here')).toMatchObject({ type: 'Closure', name: 'named' })
  })

  test('are snapshots: of that moment, new at every reading, and writing to one writes no variable', () => {
    let n = 1
    const fn = () => n++
    const before = scopeWith(fn, 'n')
    fn()
    expect(valueIn(before, 'n')).toBe(1)
    const after = scopeWith(fn, 'n')
    expect(after.object).not.toBe(before.object)
    expect(valueIn(after, 'n')).toBe(2)
    Reflect.set(after.object, 'n', 50)
    expect(n).toBe(2)
  })

  test('show only variables that some closure uses', () => {
    const make = (): (() => unknown) => {
      const used = 1
      const unused = 2
      void unused
      return () => used
    }
    const names = captureFunction(make()).scopes[0].object
    expect(Reflect.ownKeys(names)).toEqual(['used'])
  })

  test('show values of every kind as they are', () => {
    const values = [
      undefined,
      null,
      -0,
      NaN,
      1n,
      '',
      Symbol.iterator,
      Object.create(null),
      () => 1,
      new Proxy({}, {}),
    ]
    for (const value of values) {
      const fn = (
        (captured: unknown) => () =>
          captured
      )(value)
      expect(Object.is(valueIn(scopeWith(fn, 'captured'), 'captured'), value)).toBe(true)
    }
  })

  test('of blocks, loops, catch clauses, classes and direct eval', () => {
    const inBlock = sloppy('{ let block = 1; return () => block }')
    expect(scopeWith(inBlock, 'block').type).toBe('Block')
    const inCatch = sloppy('try { throw 7 } catch (caught) { return () => caught }')
    expect(scopeWith(inCatch, 'caught')).toMatchObject({ type: 'Catch' })
    const inEval = sloppy('return eval("var made = 3; () => made")')
    expect(valueIn(scopeWith(inEval, 'made'), 'made')).toBe(3)
    const inStrictEval = sloppy('"use strict"; return eval("let own = 4; () => own")')
    expect(valueIn(scopeWith(inStrictEval, 'own'), 'own')).toBe(4)
    const loops = sloppy(
      'const all = []; for (let i = 0; i < 2; i++) all.push(() => i); return all',
    ) as (() => number)[]
    expect(loops.map((fn) => valueIn(scopeWith(fn, 'i'), 'i'))).toEqual([0, 1])
    const C = sloppy('return class Named { #x = 1; static m() { return [Named, this.#x] } }') as { m(): void }
    expect(valueIn(scopeWith(C.m, 'Named'), 'Named')).toBe(C)
  })

  test('of a with statement: the object itself; of a proxy there nothing, and no trap is called', () => {
    const object = {
      a: 1,
      get b() {
        return expect.unreachable()
      },
    }
    const make = 'with (arguments[0]) { return () => a }'
    const plain = captureFunction(sloppy(make, object)).scopes[0]
    expect(plain).toMatchObject({ type: WITH, isProxy: false })
    expect(plain.object).toBe(object)
    const watched = new Proxy(
      { a: 1 },
      { get: () => expect.unreachable(), ownKeys: () => expect.unreachable() },
    )
    const hidden = captureFunction(sloppy(make, watched)).scopes[0]
    expect(hidden).toMatchObject({ type: WITH, isProxy: true })
    expect(Reflect.ownKeys(hidden.object)).toEqual([])
  })

  test('tell a dead zone, or undefined where this V8 does not tell', () => {
    const fn = (() => {
      const made = () => late
      const { value, dead } = bindingIn(scopeWith(made, 'late').object, 'late')!
      expect(value).toBe(undefined)
      expect(dead).toBe(Number(process.versions.node.split('.')[0]) >= 22)
      const late = 5
      return made
    })()
    expect(bindingIn(scopeWith(fn, 'late').object, 'late')).toEqual({ value: 5, dead: false })
    expect(bindingIn(scopeWith(fn, 'late').object, 'absent')).toBe(undefined)
  })

  test('of another context end at its global object', () => {
    const context = vm.createContext({ shared: { x: 1 } })
    const fn = vm.runInContext('const top = 1; var v = 2; () => [top, v, shared]', context) as object
    const { scopes } = captureFunction(fn)
    const last = scopes[scopes.length - 1]
    expect(last.type).toBe('Global')
    expect(last.object).toBe(vm.runInContext('globalThis', context))
    expect(types(fn)).toContain('Script')
    expect(valueIn(scopeWith(fn, 'top'), 'top')).toBe(1)
  })

  test('of a function without source text are none', () => {
    for (const fn of [Math.max, function () {}.bind(null), new Proxy(() => 1, {})]) {
      expect(captureFunction(fn)).toMatchObject({ scopes: [], scriptId: undefined })
    }
  })
})

describe('the location of a live function', () => {
  test('is its script and the place of its parameters', () => {
    const fn = vm.runInThisContext('\n  (function f(a) { return a })', { filename: 'place.js' }) as object
    const { scriptId, line, column } = captureFunction(fn)
    expect(scriptOf(scriptId!)).toMatchObject({ url: 'place.js', isModule: false })
    expect([line, column]).toEqual([1, 13])
  })

  test('says of a class where its constructor is', () => {
    const C = vm.runInThisContext('(class {\n  constructor(a) {}\n})') as object
    expect(captureFunction(C)).toMatchObject({ line: 1, column: 13 })
  })

  test('leads to the text that really ran, after a transformation', () => {
    const { scriptId } = captureFunction(() => scopeWith)
    const script = scriptOf(scriptId!)!
    expect(script.url.split('/').slice(-2).join(sep)).toBe(join('capture', 'scopes.test.ts'))
    expect(script.source()).toContain('scopeWith')
  })
})

test('a function is strict or sloppy, whoever asks', () => {
  const both = sloppy('return [function () {}, function () { "use strict" }]') as unknown as object[]
  expect(both.map(isStrictFunction)).toEqual([false, true])
  const other = vm.runInNewContext('[function () {}, function () { "use strict" }]') as object[]
  expect(Array.from(other, isStrictFunction)).toEqual([false, true])
})
