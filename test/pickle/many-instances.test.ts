// What is done differently where a class has many instances: properties are defined together, private fields are put back with many
// constructors stopped at once.
import { expect, test } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'
import { runScript } from '../support/script.ts'

const MANY = 40

class Account {
  #secret: number
  id: number
  constructor(id: number) {
    this.id = id
    this.#secret = id * 2
  }
  secret(): number {
    return this.#secret
  }
}

const accounts = () => Array.from({ length: 300 }, (_, i) => new Account(i))

test('private fields of many instances come back, each its own', () => {
  const copies = loads<Account[]>(dumps(accounts()))
  expect(copies.map((copy) => [copy.id, copy.secret()])).toEqual(copies.map((_, i) => [i, i * 2]))
  expect(new Set(copies).size).toBe(300)
})

test('private fields of many instances come back where the stack is nearly used up', () => {
  const bytes = dumps(accounts())
  loads(bytes)
  let tries = 0
  // From the end of the stack back to where there is enough of it: no try in between may give anything but an error or what was dumped.
  const dive = (): Account[] => {
    let copies: Account[]
    try {
      copies = dive()
    } catch {
      tries++
      copies = loads<Account[]>(bytes)
    }
    return copies
  }
  const copies = dive()
  expect(copies.map((copy) => [copy.id, copy.secret()])).toEqual(copies.map((_, i) => [i, i * 2]))
  expect(tries).toBeGreaterThan(1)
  expect(loads<Account[]>(bytes)[299].secret()).toBe(598)
})

const many = <T>(make: (i: number) => T): T[] => Array.from({ length: MANY }, (_, i) => make(i))
const back = <T>(value: T): T => loads<T>(dumps(value))

test('an own property stays one where a prototype has a setter, or what is read-only, of its name', () => {
  const given: unknown[] = []
  class Shadowed {
    set size(value: number) {
      given.push(value)
    }
    get kind(): string {
      return 'inherited'
    }
  }
  const objects = many((i) =>
    Object.defineProperties(new Shadowed(), {
      size: { value: i, writable: true, enumerable: true, configurable: true },
      kind: { value: `own ${i}`, writable: true, enumerable: true, configurable: true },
    }),
  )
  const copies = back(objects)
  expect(given).toEqual([])
  expect(copies.map((copy) => Object.entries(copy))).toEqual(objects.map((object) => Object.entries(object)))
})

test.each(['constructor', '__proto__', 'prototype', '#x', 'a b', '"', '7', '\u2028', 'get', 'static'])(
  'a property may be named %j',
  (key) => {
    class Named {
      first = 1
    }
    const objects = many((i) => {
      const object = new Named()
      Object.defineProperty(object, key, { value: i, writable: true, enumerable: true, configurable: true })
      return object
    })
    const copies = back(objects)
    expect(copies.map((copy) => Object.getOwnPropertyDescriptors(copy))).toEqual(
      objects.map((object) => Object.getOwnPropertyDescriptors(object)),
    )
    expect(copies.every((copy) => copy instanceof Named)).toBe(true)
  },
)

test('symbols, accessors and attributes among the properties keep their places', () => {
  const tag = Symbol.for('many instances')
  class Mixed {
    a: unknown = 1
  }
  const objects = many((i) => {
    const object: Record<PropertyKey, unknown> = new Mixed() as never
    object['b'] = i
    Object.defineProperty(object, 'hidden', {
      value: i,
      enumerable: false,
      writable: true,
      configurable: true,
    })
    Object.defineProperty(object, 'read', { get: () => i, enumerable: true, configurable: true })
    object['c'] = [object]
    object[tag] = i
    return object
  })
  for (const [i, copy] of back(objects).entries()) {
    expect(Reflect.ownKeys(copy)).toEqual(['a', 'b', 'hidden', 'read', 'c', tag])
    expect([copy['b'], copy['hidden'], copy['read'], copy[tag]]).toEqual([i, i, i, i])
    expect((copy['c'] as unknown[])[0]).toBe(copy)
    expect(Object.getOwnPropertyDescriptor(copy, 'hidden')!.enumerable).toBe(false)
  }
})

test('instances of a class that was sent have their properties in a process without it', async () => {
  class Point {
    x: number
    y: number
    #sum: number
    constructor(x: number, y: number) {
      this.x = x
      this.y = y
      this.#sum = x + y
    }
    sum(): number {
      return this.#sum
    }
    set z(_: number) {
      throw new Error('ran')
    }
  }
  const points = many((i) => {
    const point = new Point(i, 1)
    Object.defineProperty(point, 'z', { value: i, writable: true, enumerable: true, configurable: true })
    return point
  })
  const result = await runScript(
    `const points = cornichon.loads(Buffer.from(${JSON.stringify(Buffer.from(dumps(points)).toString('base64'))}, 'base64'))
    await report(points.map((point) => [...Object.entries(point).flat(), point.sum()]))`,
  )
  expect(result).toEqual(points.map((_, i) => ['x', i, 'y', 1, 'z', i, i + 1]))
})
