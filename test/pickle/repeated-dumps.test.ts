// A function that is dumped again and again is read through live accessors in the end: every dump still has to see
// what the first would.
import { expect, test } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'

/** More than it takes for the accessors to be made. */
const TIMES = 30

const compile = (body: string) => new Function(body)()

test('each dump of a closure has the values that its variables have then', () => {
  let count = 0
  const list: number[] = []
  const read = () => [count, list.length, Math.max(1, 2)]
  for (let i = 0; i < TIMES; i++) {
    count = i
    list.push(i)
    expect(read()).toEqual([i, i + 1, 2])
    expect(loads<typeof read>(dumps(read))()).toEqual([i, i + 1, 2])
  }
})

test('two closures still share a variable after many dumps', () => {
  let count = 0
  const pair = { add: () => ++count, read: () => count }
  for (let i = 0; i < TIMES; i++) {
    const loaded = loads<typeof pair>(dumps(pair))
    loaded.add()
    expect(loaded.read()).toBe(count + 1)
  }
  expect(count).toBe(0)
})

test('a variable of a block at the begin of the body is not taken for the one outside', () => {
  const read = compile('let x = 1; return () => { { let x = 2; if (x !== 2) throw x } return x }')
  for (let i = 0; i < TIMES; i++) expect(loads<typeof read>(dumps(read))()).toBe(1)
})

test('a variable that leaves its dead zone between two dumps', () => {
  const steps = compile(
    'return (function* () { const read = () => later; yield read; let later = 1; yield read })()',
  )
  const read = steps.next().value
  for (let i = 0; i < TIMES; i++) expect(() => loads<typeof read>(dumps(read))()).toThrow(ReferenceError)
  steps.next()
  for (let i = 0; i < TIMES; i++) expect(loads<typeof read>(dumps(read))()).toBe(1)
})

test('a global that user code replaces between two dumps is captured from then on', () => {
  const scope = globalThis as { replaced?: number }
  scope.replaced = 0
  try {
    const read = compile('return () => replaced')
    for (let i = 0; i < TIMES; i++) {
      scope.replaced = i
      expect(loads<typeof read>(dumps(read))()).toBe(i)
    }
  } finally {
    delete scope.replaced
  }
})

test('what a direct eval adds to the function around is seen', () => {
  const { read, add } = compile(
    "var x = 'outer'; return (function () { return { read: () => x, add: (code) => eval(code) } })()",
  )
  for (let i = 0; i < TIMES; i++) {
    if (i === TIMES - 2) add('var x = 1')
    expect(loads<typeof read>(dumps(read))()).toBe(read())
  }
})

test('the same bytes, however often a class was dumped, each evaluation with its own variables', () => {
  const make = compile(
    'return (step) => { const by = { step }; return class Counter { next() { return by.step } same() { return by.step } } }',
  )
  const classes = [make(1), make(10)]
  // A method that came from elsewhere is not asked for the class's variables.
  classes[0].prototype.same = classes[1].prototype.same
  const first = dumps(classes)
  for (let i = 0; i < TIMES; i++) expect(Buffer.from(dumps(classes)).equals(first)).toBe(true)
})

test('the same bytes, however often a function was dumped', () => {
  let greeting = 'hello'
  const say = (name: string) => `${greeting} ${name}, ${JSON.stringify([1])}`
  const first = dumps(say)
  for (let i = 0; i < TIMES; i++) expect(Buffer.from(dumps(say)).equals(first)).toBe(true)
  greeting = 'bye'
  expect(loads<typeof say>(dumps(say))('you')).toBe('bye you, [1]')
})
