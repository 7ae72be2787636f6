// Arrow functions that use `arguments`, and others of the same call that use `this`: V8 shows it to these alone.
import { runInNewContext, runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { checkSerializable, dumps, loads } from '../../serializer/index.ts'

function arrows(self: unknown) {
  const around = function (this: unknown) {
    const outer = () => this
    const call = function (this: unknown) {
      return { count: () => arguments.length, self: () => [this, arguments.length] }
    }
    return { outer, arrows: call.call(self) }
  }
  return around.call({ outer: true }).arrows
}

/** Of a script: a direct eval would see all of this module. */
function evaluating(self: unknown): () => unknown {
  const call = runInThisContext(`(function () { 'use strict'; return () => eval('typeof this') })`)
  return call.call(self)
}

test.each([5, 5.5, 'text', 10n])(
  'a primitive `this` that the first arrow function does not see: %s',
  (self) => {
    const refused = { ...arrows(self), other: 1 }
    expect(checkSerializable(refused).problems).toMatchObject([{ path: 'value -> .self' }])
    expect(() => dumps(refused)).toThrow('V8 does not show the `this` of the call around it')
    const { self: seen, count } = arrows(self)
    // The one that sees it comes first: then it is known.
    expect(loads<[typeof seen, typeof count]>(dumps([seen, count]))[0]()).toEqual([self, 0])
  },
)

test('a direct eval that could ask for a primitive `this`', () => {
  expect(() => dumps(evaluating(5))).toThrow(
    'the `this` that its direct eval or `super` sees is a primitive value',
  )
  expect(loads<() => unknown>(dumps(evaluating(undefined)))()).toBe('undefined')
  expect(loads<() => unknown>(dumps(evaluating({})))()).toBe('object')
})

const early = `(() => {
  let arrow
  class Base {}
  class Derived extends Base {
    constructor(ask) {
      arrow = ask(() => eval('this'), () => super.x, () => this, () => arguments.length)
      throw 0
    }
  }
  return (ask) => {
    try {
      new Derived(ask)
    } catch {}
    return arrow
  }
})()`

test('arrow functions of a constructor that has not called super() yet, in any realm', () => {
  const make = (run: (code: string) => unknown, n: number) =>
    (run(early) as (ask: (...all: unknown[]) => unknown) => unknown)((...all) => all[n])
  for (const n of [0, 1, 2]) expect(() => dumps(make(runInThisContext, n))).toThrow('has not called super()')
  expect(() => dumps(make(runInNewContext, 2))).toThrow('has not called super()')
  expect(loads<() => number>(dumps(make(runInThisContext, 3)))()).toBe(1)
})

test('an arguments object that follows a parameter which a closure assigns', () => {
  const call = (body: string, first: unknown) =>
    runInThisContext(`(function (a) { const args = arguments; ${body} })`)(first) as unknown
  const assigned = 'return [args, () => ++a]'
  expect(() => dumps(call(assigned, 1))).toThrow('`a` and the `arguments`')
  const kept = call(assigned, 1) as unknown[]
  expect(() => dumps(kept)).toThrow()
  expect((kept[0] as unknown[])[0]).toBe(1)
  // Of another call, not assigned, or not followed any more.
  expect(loads<unknown[]>(dumps([kept[1], (call(assigned, 1) as unknown[])[0]]))).toHaveLength(2)
  for (const body of ['return [args, () => a + 1]', `delete args[0]; args[0] = a; ${assigned}`]) {
    const [args, next] = loads<[unknown[], () => number]>(dumps(call(body, 1)))
    expect([next(), args[0]]).toEqual([2, 1])
  }
})
