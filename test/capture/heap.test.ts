// The search of the whole heap, and what a snapshot of it shows.
import { expect, test } from 'vitest'
import { captureFunction, functionsOf, homesOf } from '../../serializer/capture/index.ts'
import { sloppy } from './support.ts'

test('the live functions of a script are found, by what they are', () => {
  const make = () => {
    const hidden = function findMeInTheHeap() {
      return 1
    }
    return () => hidden
  }
  const keeper = make()
  const { scriptId } = captureFunction(make)
  const found = functionsOf(scriptId!, (fn) => (fn as { name?: unknown }).name === 'findMeInTheHeap')
  expect(found).toEqual([keeper()])
})

test('the search meets getters and traps, and calls none', () => {
  let ran = 0
  const watched = new Proxy(() => 1, {
    get: () => ran++,
    getPrototypeOf: () => {
      ran++
      return null
    },
  })
  const guarded = Object.defineProperty(() => 1, 'name', { get: () => ran++ })
  const { scriptId } = captureFunction(guarded)
  const found = functionsOf(scriptId!, (fn) => fn === guarded || fn === watched)
  expect(found).toEqual([guarded])
  expect(ran).toBe(0)
})

test('functions of other scripts are not found', () => {
  const other = sloppy('return function inAnotherScript() {}') as object
  const { scriptId } = captureFunction(() => other)
  expect(functionsOf(scriptId!, (fn) => fn === other)).toEqual([])
})

test('home objects are among the hidden slots of an arrow function in a method', () => {
  const home = {
    make() {
      return () => super.toString
    },
  }
  expect(homesOf(home.make())).toContain(home)
})
