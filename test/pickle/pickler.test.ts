// Pickler and Unpickler: several values over one memo.
import os from 'node:os'
import path from 'node:path'
import MagicString from 'magic-string'
import { describe, expect, test } from 'vitest'
import {
  dumps,
  inspectBundle,
  loads,
  type OutOfBand,
  Pickler,
  PicklingError,
  registerReducer,
  symbols,
  Unpickler,
  UnpicklingError,
  unregisterReducer,
} from '../../serializer/index.ts'

function session(options?: ConstructorParameters<typeof Pickler>[0]) {
  const pickler = new Pickler(options)
  const unpickler = new Unpickler()
  const sent: Uint8Array[] = []
  const send = <T>(value: T): T => {
    const bytes = pickler.dump(value)
    sent.push(bytes)
    return unpickler.load<T>(bytes)
  }
  return { pickler, unpickler, send, sent }
}

describe('one memo', () => {
  test('a later message refers to objects of earlier ones, as they were when they were sent', () => {
    const { send } = session()
    const user = { name: 'ada', tags: ['x'] }
    const first = send({ user })
    expect(first).toEqual({ user: { name: 'ada', tags: ['x'] } })
    user.name = 'changed'
    const second = send([user, user.tags, { user }])
    expect(second[0]).toBe(first.user)
    expect(second[1]).toBe(first.user.tags)
    expect((second[2] as { user: object }).user).toBe(first.user)
    expect(first.user.name).toBe('ada')
    expect(send(user)).toBe(first.user)
  })

  test('objects of every kind stay known', () => {
    const { send } = session()
    class Point {
      #x = 1
      get x() {
        return this.#x
      }
    }
    const ring: unknown[] = []
    ring.push(ring)
    const buffer = new ArrayBuffer(8)
    const kinds = [
      new Map([[{}, 1]]),
      new Set([1]),
      new Date(5),
      /x/g,
      new Error('e'),
      Symbol('s'),
      ring,
      Point,
      new Point(),
      () => 1,
      buffer,
      new Uint8Array(buffer, 2),
      Object.create(null),
      Object.freeze({ a: 1 }),
      Promise.resolve(1),
      new Proxy({}, {}),
      Math.max.bind(null, 1),
      new URL('https://a.b/'),
      Object.create({ p: 1 }),
    ]
    const first = send(kinds)
    const second = send([...kinds])
    expect(second).not.toBe(first)
    kinds.forEach((_, i) => expect(second[i]).toBe(first[i]))
    expect((second[8] as Point).x).toBe(1)
  })

  test('shapes and strings are sent once', () => {
    const { send, sent } = session()
    for (let i = 0; i < 5; i++)
      expect(send({ identifier: i, method: 'orders.search', inner: { description: 'text' } })).toEqual({
        identifier: i,
        method: 'orders.search',
        inner: { description: 'text' },
      })
    expect(sent[1].length).toBeLessThan(sent[0].length - 40)
    expect(sent[4].length).toBe(sent[1].length)
    expect(Buffer.from(sent[1]).includes('identifier')).toBe(false)
  })

  test('classes and functions are sent once; their instances are of one class', () => {
    const { send, sent } = session()
    class Account {
      #secret = 'k'
      id: number
      constructor(id: number) {
        this.id = id
      }
      opens(key: string) {
        return key === this.#secret
      }
    }
    class Special extends Account {
      special = true
    }
    const one = send(new Account(1))
    const two = send(new Account(2))
    const three = send(new Special(3))
    expect(two.constructor).toBe(one.constructor)
    expect(two.opens('k')).toBe(true)
    expect(three.opens('k')).toBe(true)
    expect(three).toBeInstanceOf(one.constructor)
    expect(Buffer.from(sent[1]).includes('#secret')).toBe(false)
    let n = 0
    const pair = { up: () => ++n, read: () => n }
    const copy = send(pair)
    copy.up()
    const { up, read } = send({ ...pair })
    expect(up).toBe(copy.up)
    expect(up()).toBe(2)
    expect(read()).toBe(2)
  })

  test('a weak collection that was sent has what it says of objects that are sent later', () => {
    const { pickler, send } = session()
    const states = new WeakMap<object, unknown>()
    const brands = new WeakSet<object>()
    const [first, second, third] = [{ n: 1 }, { n: 2 }, { n: 3 }]
    states.set(first, 'one').set(third, second)
    const copy = send({ states, brands, first })
    states.set(second, 'two').set(first, 'changed')
    brands.add(second)
    const list = send([second])
    expect([copy.states.get(list[0]), copy.brands.has(list[0])]).toEqual(['two', true])
    expect(copy.states.get(copy.first)).toBe('one')
    expect(() => pickler.dump([third, setTimeout, (function* () {})()])).toThrow(PicklingError)
    expect(copy.states.get(send(third))).toBe(list[0])
    pickler.clearMemo()
    expect(send({ states, second }).states.get(list[0])).toBe(undefined)
  })

  test('clearMemo begins anew, and lets an Unpickler join', () => {
    const { pickler, send } = session()
    const object = { name: 'object', at: new Date(1) }
    const first = send(object)
    pickler.clearMemo()
    const second = send(object)
    expect(second).toEqual(first)
    expect(second).not.toBe(first)
    pickler.clearMemo()
    const bytes = pickler.dump(object)
    expect(new Unpickler().load(bytes)).toEqual(object)
  })

  test("memo: 'message' keeps shapes, and no objects", () => {
    const { send, sent } = session({ memo: 'message' })
    const user = { identifier: 1, name: 'ada' }
    const first = send([user, user])
    expect(first[0]).toBe(first[1])
    user.name = 'eve'
    const second = send([user, user])
    expect(second[0]).toEqual({ identifier: 1, name: 'eve' })
    expect(second[0]).toBe(second[1])
    expect(second[0]).not.toBe(first[0])
    expect(sent[1].length).toBeLessThan(sent[0].length)
    const prototype = { p: 1 }
    for (let i = 0; i < 4; i++) {
      const [proto, object] = send([
        prototype,
        Object.create(prototype, { x: { value: i, enumerable: true, writable: true, configurable: true } }),
      ])
      expect(Object.getPrototypeOf(object)).toBe(proto)
      expect(object.x).toBe(i)
    }
  })

  test('memoLimit begins anew, on both sides', () => {
    const { send } = session({ memoLimit: 10 })
    const object = { name: 'x' }
    const first = send(object)
    expect(send(object)).toBe(first)
    for (let i = 0; i < 20; i++) expect(send([i, {}])).toEqual([i, {}])
    const later = send(object)
    expect(later).toEqual(first)
    expect(later).not.toBe(first)
  })

  test('thousands of shapes and strings do not stay', () => {
    const { send } = session()
    for (let i = 0; i < 9000; i++)
      expect(send({ [`key${i}`]: `value ${i}` })).toEqual({ [`key${i}`]: `value ${i}` })
  })
})

describe('small messages share memory', () => {
  const pickler = new Pickler({ memo: 'message' })
  const values = Array.from({ length: 500 }, (_, i) => ({ i, text: 'x'.repeat((i * 37) % 1400) }))
  const messages = values.map((value) => pickler.dump(value))

  test('and each stays as it was', () => {
    const unpickler = new Unpickler()
    expect(messages.map((message) => unpickler.load(message))).toEqual(values)
  })

  test('where they do not overlap, and begin at a multiple of eight', () => {
    const ends = new Map<ArrayBufferLike, number>()
    for (const { buffer, byteOffset, byteLength } of messages) {
      expect(byteOffset % 8).toBe(0)
      expect(byteOffset).toBeGreaterThanOrEqual(ends.get(buffer) ?? 0)
      ends.set(buffer, byteOffset + byteLength)
    }
    expect(ends.size).toBeLessThan(values.length / 2)
  })

  test('which can not be given away, but copied; larger ones have their own', () => {
    const small = messages.find(({ byteLength }) => byteLength < 1024)!
    const large = messages.find(({ byteLength }) => byteLength > 1024)!
    const { port1, port2 } = new MessageChannel()
    try {
      port1.postMessage(small, [small.slice().buffer])
      try {
        port1.postMessage(small, [small.buffer as ArrayBuffer])
      } catch (error) {
        // From Node 21 on; before, what can't be transferred is copied.
        expect(error).toMatchObject({ name: 'DataCloneError' })
      }
      expect(small.byteLength).toBeGreaterThan(0)
      expect(large.buffer.byteLength).toBe(large.byteLength)
    } finally {
      port1.close()
      port2.close()
    }
  })

  test('and bundles of dumps do not', () => {
    const bundle = dumps({ small: true })
    expect(bundle.buffer.byteLength).toBe(bundle.byteLength)
  })
})

describe('what goes wrong', () => {
  test('a value that is refused leaves the session as it was', () => {
    const { pickler, send } = session()
    const known = { name: 'known' }
    const first = send(known)
    const timer = setTimeout(() => {}, 0)
    clearTimeout(timer)
    const fresh = { fresh: true }
    expect(() => pickler.dump([known, fresh, 'a string', timer])).toThrow(PicklingError)
    expect(() => pickler.dump([fresh, timer])).toThrow(/\[1\]/)
    const second = send([known, fresh, 'a string'])
    expect(second).toEqual([known, fresh, 'a string'])
    expect(second[0]).toBe(first)
    expect(send(fresh)).toBe(second[1])
  })

  test('messages that are left out, repeated or of another session are told', () => {
    const pickler = new Pickler()
    const messages = [1, 2, 3].map((i) => pickler.dump({ [`k${i}`]: { i } }))
    const unpickler = new Unpickler()
    unpickler.load(messages[0])
    expect(() => unpickler.load(messages[2])).toThrow(UnpicklingError)
    expect(() => unpickler.load(messages[2])).toThrow(/each once and in their order/)
    unpickler.load(messages[1])
    expect(() => unpickler.load(messages[1])).toThrow(UnpicklingError)
    expect(unpickler.load(messages[2])).toEqual({ k3: { i: 3 } })
    expect(() => new Unpickler().load(messages[1])).toThrow(UnpicklingError)
  })

  test('a message that is asked for in the middle of one is refused: it was written with numbers of the other', () => {
    let asks = true
    const pickler: Pickler = new Pickler({
      reducerOverride: (value) => {
        if (!asks || !('nested' in value)) return undefined
        return [Object, [], { nested: pickler.dump({ other: 1 }) }]
      },
    })
    expect(() => pickler.dump([{ nested: 1 }])).toThrow(/in the middle of a message/)
    asks = false
    expect(new Unpickler().load(pickler.dump([{ nested: 1 }]))).toEqual([{ nested: 1 }])
  })

  test('a damaged message can be sent again', () => {
    const { pickler, unpickler, send } = session()
    send({ a: { b: 1 } })
    const bytes = pickler.dump([{ a: { b: 2 } }, new Uint8Array(4), 'text'])
    const damaged = Buffer.from(bytes)
    damaged[damaged.length - 3] ^= 1
    expect(() => unpickler.load(damaged)).toThrow(UnpicklingError)
    expect(unpickler.load(bytes)).toEqual([{ a: { b: 2 } }, new Uint8Array(4), 'text'])
    expect(send([1])).toEqual([1])
  })

  test('loads says what a message is; an Unpickler loads bundles too; the first message can be inspected', () => {
    const pickler = new Pickler()
    const first = pickler.dump({ a: [1] })
    const second = pickler.dump({ a: [2] })
    expect(() => loads(first)).toThrow(/message of a Pickler/)
    expect(inspectBundle(first).values.count).toBe(2)
    expect(() => inspectBundle(second)).toThrow(UnpicklingError)
    const unpickler = new Unpickler()
    unpickler.load(first)
    expect(unpickler.load(dumps(['whole']))).toEqual(['whole'])
    expect(unpickler.load(second)).toEqual({ a: [2] })
  })

  test('options that are none are TypeErrors at once', () => {
    for (const options of [
      { memo: 'weak' },
      { memoLimit: -1 },
      { memoLimit: 'x' },
      { compress: 'x' },
      { bufferCallback: 1 },
    ])
      expect(() => new Pickler(options as never)).toThrow(TypeError)
    for (const options of [{ limits: 1 }, { code: 'maybe' }, { modules: 1 }])
      expect(() => new Unpickler(options as never)).toThrow(TypeError)
  })
})

describe("code: 'refuse'", () => {
  const kinds: [string, unknown, object?][] = [
    ['a function', () => 1],
    ['a class', class {}],
    ['an accessor', Object.defineProperty({}, 'x', { get: Math.random, enumerable: true })],
    ['a proxy with traps', new Proxy({}, Reflect)],
    [
      'a user factory',
      [new Date(1)],
      { reducerOverride: (value: object) => (value instanceof Date ? [Object, [1]] : undefined) },
    ],
    ['a package', MagicString],
  ]
  test.each(kinds)(
    'keeps %s out of every message of a session, compressed or not',
    (_, value, options = {}) => {
      for (const compress of [false, 'gzip'] as const) {
        const pickler = new Pickler({ ...options, compress })
        const unpickler = new Unpickler({ code: 'refuse' })
        const plain = { plain: [1, 'two'] }
        expect(unpickler.load(pickler.dump(plain))).toEqual(plain)
        expect(() => unpickler.load(pickler.dump([plain, value]))).toThrow(UnpicklingError)
      }
    },
  )

  test('asks modules about built-in ones in every message', () => {
    const pickler = new Pickler()
    const asked: string[] = []
    const unpickler = new Unpickler({
      code: 'refuse',
      modules: (specifier) => {
        asked.push(specifier)
        return specifier === 'node:path'
      },
    })
    expect(unpickler.load(pickler.dump([path.join]))).toEqual([path.join])
    expect(() => unpickler.load(pickler.dump([path.join, os.hostname]))).toThrow(/node:os/)
    expect(asked).toEqual(['node:path', 'node:os'])
  })
})

describe('with the other options', () => {
  test('limits hold for what a session keeps; code is refused; compressed messages are read', () => {
    const pickler = new Pickler({ compress: 'gzip' })
    const unpickler = new Unpickler({ code: 'refuse', limits: { maxObjects: 5 } })
    for (let i = 0; i < 5; i++) expect(unpickler.load(pickler.dump([i]))).toEqual([i])
    expect(() => unpickler.load(pickler.dump([6]))).toThrow(/maxObjects/)
    expect(() => new Unpickler({ code: 'refuse' }).load(new Pickler().dump(() => 1))).toThrow(/refuse/)
  })

  test('buffers out of band belong to their message, and stay known', () => {
    const pickler = new Pickler()
    const unpickler = new Unpickler()
    const bytes = new Uint8Array(1000).fill(7)
    const send = (value: unknown) => {
      const buffers: OutOfBand[] = []
      const message = pickler.dump(value, { bufferCallback: (buffer) => void buffers.push(buffer) })
      return { size: message.length, count: buffers.length, value: unpickler.load<any>(message, { buffers }) }
    }
    const first = send({ bytes })
    expect([first.count, first.size < 200]).toEqual([1, true])
    const second = send([bytes, new DataView(bytes.buffer), new Uint8Array(10)])
    expect(second.count).toBe(1)
    expect(second.value[0]).toBe(first.value.bytes)
    expect(second.value[1].buffer).toBe(bytes.buffer)
  })

  test('reducers, hooks and persistent ids work in every message', () => {
    class Celsius {
      degrees: number
      constructor(degrees: number) {
        this.degrees = degrees
      }
      [symbols.reduce]() {
        return [Celsius, [this.degrees]] as const
      }
    }
    class Late {
      n: number
      constructor(n: number) {
        this.n = n
      }
    }
    const { send } = session()
    const one = new Celsius(20)
    const first = send([one, { plain: 1 }])
    expect(first[0]).toEqual(one)
    const second = send([one, new Celsius(30), { plain: 2 }])
    expect(second[0]).toBe(first[0])
    expect(second[1]).toEqual(new Celsius(30))
    send(new Late(1))
    registerReducer(Late, (late: Late) => [Array, [late.n, late.n]])
    try {
      expect(send({ late: new Late(2) }).late).toEqual([2, 2])
    } finally {
      unregisterReducer(Late)
    }
    const held = {}
    const pickler = new Pickler({ persistentId: (value) => (value === held ? 'held' : undefined) })
    const unpickler = new Unpickler({ persistentLoad: () => held })
    for (let i = 0; i < 3; i++) expect((unpickler.load(pickler.dump([held, i])) as unknown[])[0]).toBe(held)
  })

  test('the same input gives the same bytes', () => {
    const all = () => {
      const pickler = new Pickler()
      const user = { name: 'ada' }
      return [pickler.dump({ user }), pickler.dump([user, { user }]), pickler.dump(() => user)].map((each) =>
        Buffer.from(each).toString('hex'),
      )
    }
    expect(all()).toEqual(all())
  })
})
