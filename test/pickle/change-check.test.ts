// changeCheck says that a function would be pickled to the same bytes, and never so when it would not.
import { expect, it } from 'vitest'
import { dumps } from '../../serializer/index.ts'
import { changeCheck } from '../../serializer/pickle/change-check.ts'

/** Pickled so often that its variables are read directly. */
function check(fn: object): (() => boolean) | null {
  for (let i = 0; i < 30; i++) dumps(fn)
  return changeCheck(fn)
}

it('a function without variables stays the same', () => {
  const isSame = check((x: number) => x * x)!
  expect(isSame()).toBe(true)
})

it('a captured primitive that changes is seen, and seen to be back', () => {
  let n = 1
  const isSame = check(() => n)!
  expect(isSame()).toBe(true)
  n = 2
  expect(isSame()).toBe(false)
  n = 1
  expect(isSame()).toBe(true)
})

it('so is what a captured function captures, and that it is another one', () => {
  let n = 1
  let helper = () => n
  const isSame = check(() => helper())!
  expect(isSame()).toBe(true)
  n = 2
  expect(isSame()).toBe(false)
  n = 1
  helper = () => 5
  expect(isSame()).toBe(false)
})

it('recursion is no obstacle', () => {
  const a = (n: number): number => (n === 0 ? 0 : b(n - 1))
  const b = (n: number): number => a(n)
  expect(check(a)!()).toBe(true)
})

it('properties that are added to the function, or to its prototype, are seen', () => {
  function plain() {}
  const isSame = check(plain)!
  expect(isSame()).toBe(true)
  ;(plain as { extra?: number }).extra = 1
  expect(isSame()).toBe(false)
  function other() {}
  const isOtherSame = check(other)!
  other.prototype.method = () => 1
  expect(isOtherSame()).toBe(false)
})

it('where only pickling can tell, there is no check: captured objects, classes, this of arrows, functions with properties', () => {
  const object = { n: 1 }
  expect(check(() => object)).toBe(null)
  expect(check(class {})).toBe(null)
  expect(check(() => new (class {})())).not.toBe(undefined)
  class Local {}
  expect(check(() => Local)).toBe(null)
  function outer(this: unknown) {
    return () => this
  }
  expect(check(outer.call({}))).toBe(null)
  expect(check(Object.assign(() => 1, { cache: [] }))).toBe(null)
  expect(check(Object.defineProperty(() => 1, 'caller', { value: [] }))).toBe(null)
  expect(check(Object.assign(() => 1, { [Symbol('cache')]: [] }))).toBe(null)
})

it('a function that was never pickled has none', () => {
  expect(changeCheck(() => 1)).toBe(null)
})
