// The search of the whole heap, and what a snapshot of it shows.
import { expect, test } from 'vitest'
import { captureFunction, functionsOf, homesOf } from '../../serializer/capture/index.ts'
import { runProgram, sloppy } from './support.ts'

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

test('a dump looks through the heap once for functions whose classes it has to find, and not again for those it has found', () => {
  const program = `
    import inspector from 'node:inspector'
    const { post } = inspector.Session.prototype
    let looks = 0
    inspector.Session.prototype.post = function (method, ...rest) {
      if (method === 'Runtime.queryObjects') looks++
      return Reflect.apply(post, this, [method, ...rest])
    }
    const make = (n) => class { #n = n; static read(other) { return other.#n } }
    const classes = [1, 2, 3].map(make)
    const pairs = classes.map((each) => [each.read, new each()])
    const bundle = dumps(pairs)
    const first = looks
    const isSame = Buffer.from(bundle).equals(dumps(pairs))
    const second = looks - first
    const fresh = make(1)
    // A class of the same text that is made while the dump goes on, which has looked already.
    const reducerOverride = (value) => {
      if (!(value instanceof Date)) return undefined
      const late = make(4)
      return [(...list) => list, [late.read, new late()]]
    }
    const other = dumps([[fresh.read, new fresh()], new Date()], { reducerOverride })
    const third = looks - first - second
    const looked = { first, isSame, second, third }
    report([looked, [bundle, other].map((each) => Buffer.from(each).toString('base64'))])`
  const [looks, bundles] = runProgram(program) as [object, string[]]
  expect(looks).toEqual({ first: 1, isSame: true, second: 0, third: 2 })
  const load = `report(${JSON.stringify(bundles)}.map((each) =>
    loads(Buffer.from(each, 'base64')).map(([read, instance]) => read(instance))))`
  expect(runProgram(load)).toEqual([
    [1, 2, 3],
    [1, 4],
  ])
})
