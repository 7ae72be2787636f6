// What bundles have in common is written and read once. Each bundle has to be what it would be alone.
import fs from 'node:fs'
import { expect, test } from 'vitest'
import { dumps, inspectBundle, loads } from '../../serializer/index.ts'

const compile = (body: string): any => new Function(body)()

/** Pairs of functions with one text, that have to differ all the same. */
const ALIKE: Record<string, [() => unknown, () => unknown]> = {
  'in the strictness of the code around them': [
    compile('"use strict"; return { f() { return this } }').f.bind(undefined),
    compile('return { f() { return this } }').f.bind(undefined),
  ],
  'in what is a variable and what a global': [
    compile('return () => typeof name'),
    compile('const name = 1; return () => typeof name'),
  ],
  'in a dead zone': [compile('let n = 1; return () => n'), compile('const f = () => n; return f; let n = 1')],
  'in their names': [
    compile('const one = () => 1; return one'),
    compile('const other = () => 1; return other'),
  ],
  'in the methods that their classes still have': [
    compile('return class { static a() { return 1 } }'),
    compile('const c = class { static a() { return 1 } }; delete c.a; return c'),
  ],
}

const outcome = (fn: any): unknown => {
  const named = [fn.name, typeof fn.a]
  if (String(fn).startsWith('class')) return named
  try {
    const result = fn()
    return [...named, result === globalThis ? 'global' : result]
  } catch (error) {
    return [...named, (error as Error).name]
  }
}

for (const [how, [one, other]] of Object.entries(ALIKE)) {
  test(`functions of one text differ ${how}, whichever is dumped and loaded first`, () => {
    expect(outcome(one)).not.toEqual(outcome(other))
    for (const fn of [one, other, one, other]) expect(outcome(loads(dumps(fn)))).toEqual(outcome(fn))
  })
}

test('a buffer that is used for one bundle after the other', () => {
  const [one, other] = [1, 2].map((n) => dumps(compile(`return () => ${n}`)))
  expect(one.length).toBe(other.length)
  const buffer = Buffer.alloc(one.length)
  for (const [bytes, result] of [
    [one, 1],
    [other, 2],
    [one, 1],
  ] as const) {
    buffer.set(bytes)
    expect(loads<() => number>(buffer)()).toBe(result)
  }
})

test('a loaded bundle that the receiver changes is not changed for the next', () => {
  const bytes = dumps(compile('const list = [1]; return () => list'))
  loads<() => number[]>(bytes)().push(2)
  expect(loads<() => number[]>(bytes)()).toEqual([1])
})

test('the same bytes from a first dump and a later one, and for more code than is kept', () => {
  // A megabyte in all: code is kept up to half of one at a time.
  const text = 'x'.repeat(1000)
  const many = (count: number) =>
    compile(`return [${Array.from({ length: count }, (_, i) => `() => ${i} + '${text}'.length`)}]`)
  for (const count of [1, 1000]) {
    const functions = many(count)
    const first = dumps(functions)
    expect(Buffer.compare(dumps(functions), first)).toBe(0)
    expect(loads<(() => number)[]>(first).at(-1)!()).toBe(count - 1 + text.length)
  }
})

test('functions of one text share what these functions share, whatever those before them shared', () => {
  const counter = compile('return () => { let n = 0; return { up: () => ++n, now: () => n } }')
  const pairs = {
    one: () => {
      const { up, now } = counter()
      return [up, now]
    },
    two: () => [counter().up, counter().now],
  }
  const readsItsOwn = ([up, now]: (() => number)[]) => [up(), up(), now()]
  expect(readsItsOwn(pairs.one())).toEqual([1, 2, 2])
  expect(readsItsOwn(pairs.two())).toEqual([1, 2, 0])
  for (const how of ['one', 'two', 'one'] as const) {
    const pair = pairs[how]()
    expect(readsItsOwn(loads(dumps(pair)))).toEqual(readsItsOwn(pair))
  }
  const three = [...pairs.one(), ...pairs.two(), ...pairs.one()]
  const [a, b, c, d, e, f] = loads<(() => number)[]>(dumps(three))
  expect([a!(), b!(), c!(), d!(), e!(), e!(), f!()]).toEqual([1, 1, 1, 0, 1, 2, 2])
})

test('a value with another name, or with another number of objects, has its own manifest', () => {
  const list: object[] = []
  const fn = compile('return list => () => list')(list)
  for (const [name, length] of [
    ['one', 0],
    ['one', 3],
    ['two', 3],
    ['one', 3],
  ] as const) {
    Object.defineProperty(fn, 'name', { value: name })
    while (list.length < length) list.push({})
    const { entry, values } = inspectBundle(dumps(fn))
    expect([entry, values.count]).toEqual([`function ${name}`, length + 2])
  }
})

test('a value with other references has its own manifest', () => {
  const holder = compile('let used; return { set(v) { used = v }, f: () => used }')
  for (const name of ['readFileSync', 'statSync', 'readFileSync'] as const) {
    holder.set(fs[name])
    const bytes = dumps(holder.f)
    expect(inspectBundle(bytes).references.map((reference) => reference.export)).toEqual([name])
    expect(loads<() => unknown>(bytes)()).toBe(fs[name])
  }
})
