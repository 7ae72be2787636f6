// What we rely on when V8 says that a function has the hidden class that it was made with.
import { expect, test } from 'vitest'
import { isStrictFunction, isUntouchedFunction, ownOfSloppy } from '../../serializer/capture/index.ts'

const sloppy = (text: string): any => new Function(`return ${text}`)()
const { prototype } = sloppy('class { method() {} get getter() { return 1 } }')
const getter = Object.getOwnPropertyDescriptor(prototype, 'getter')!.get!

const UNTOUCHED: Record<string, () => object> = {
  'an arrow function': () => (x: number) => x,
  'a sloppy arrow function': () => sloppy('x => x'),
  'an ordinary function': () => function named() {},
  'a sloppy function': () => sloppy('function named(a, b) {}'),
  'a method': () => prototype.method,
  'a getter': () => getter,
  'an async function': () => async () => {},
}

const CHANGES: Record<string, (fn: any) => unknown> = {
  'another name': (fn) => Object.defineProperty(fn, 'name', { value: 'other' }),
  'no name': (fn) => delete fn.name,
  'another length': (fn) => Object.defineProperty(fn, 'length', { value: 7 }),
  'a property': (fn) => Object.assign(fn, { extra: 1 }),
  'an index': (fn) => Object.assign(fn, { 0: 1 }),
  'an index that is not enumerable': (fn) => Object.defineProperty(fn, 5, { value: 1 }),
  'an accessor under an index': (fn) => Object.defineProperty(fn, 5, { get: () => 1, configurable: true }),
  'a symbol': (fn) => Object.assign(fn, { [Symbol.iterator]: 1 }),
  'another prototype': (fn) => Object.setPrototypeOf(fn, null),
  'no extensions': (fn) => Object.preventExtensions(fn),
  'frozen properties': (fn) => Object.freeze(fn),
}

for (const [what, make] of Object.entries(UNTOUCHED)) {
  test(`${what} is untouched as it was made, and not when it has something else`, () => {
    expect(isUntouchedFunction(make())).toBe(true)
    for (const change of Object.values(CHANGES)) {
      // (Those of a class are the same each time.)
      const fn = what === 'a method' || what === 'a getter' ? Object.create(make()) : make()
      change(fn)
      expect(isUntouchedFunction(fn)).toBe(false)
    }
  })
}

test('strictness, of functions as they were made and of changed ones', () => {
  const strict = sloppy('(() => { "use strict"; return function () {} })()')
  const loose = sloppy('function () {}')
  expect([isStrictFunction(strict), isStrictFunction(loose)]).toEqual([true, false])
  for (const fn of [strict, loose]) Object.assign(fn, { extra: 1 })
  expect([isStrictFunction(strict), isStrictFunction(loose)]).toEqual([true, false])
})

test("V8's own caller and arguments are those of a sloppy function, and no others", () => {
  const loose = sloppy('function () {}')
  const own = Reflect.ownKeys(loose).filter((key) => key === 'caller' || key === 'arguments')
  expect(ownOfSloppy(loose)).toEqual(own)
  expect(ownOfSloppy(Object.freeze(Object.assign(loose, { 1: 2 })))).toEqual(own)
  const arrow = sloppy('() => 1')
  for (const key of ['caller', 'arguments', 'prototype']) Object.defineProperty(arrow, key, { value: null })
  const others = [
    arrow,
    sloppy('class { static caller = 1 }'),
    Object.defineProperty(prototype.method, 'caller', {}),
  ]
  for (const fn of others) expect(ownOfSloppy(fn)).toEqual([])
})
