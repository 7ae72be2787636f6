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
  const arrows = [0, 1, 2].map(
    (n) =>
      (...all: unknown[]) =>
        all[n],
  )
  for (const run of [runInThisContext, runInNewContext]) {
    const make = run(early) as (ask: (...all: unknown[]) => unknown) => unknown
    for (const ask of arrows) expect(() => dumps(make(ask))).toThrow('has not called super()')
    expect(loads<() => number>(dumps(make((...all) => all[3])))()).toBe(1)
  }
})
