// Limits for untrusted input, and the forms that bytes may come in.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dumps, type Limits, loads, loadsAsync, OutOfBand, UnpicklingError } from '../../serializer/index.ts'
import { join, split } from '../support/forge.mjs'

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = wrap(value)
  return value
}

const WRAPS: [string, (inner: unknown) => unknown][] = [
  ['objects', (inner) => ({ inner })],
  ['arrays', (inner) => [inner]],
  ['Maps', (inner) => new Map([[1, inner]])],
  ['Sets', (inner) => new Set([inner])],
  ['tables', (inner) => Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`k${i}`, i ? 0 : inner]))],
  ['sealed objects', (inner) => Object.seal({ inner })],
  ['errors', (inner) => new Error('e', { cause: inner })],
  ['objects of many shapes', (inner) => ({ [`k${Math.random()}`]: inner })],
]

function refusal(value: unknown, limits: Limits): string {
  try {
    loads(dumps(value), { limits })
  } catch (error) {
    expect(error).toBeInstanceOf(UnpicklingError)
    return (error as Error).message
  }
  throw new Error('it was loaded')
}

describe('limits', () => {
  test.each(WRAPS)('maxDepth counts %s within each other, to any depth', (_, wrap) => {
    for (const levels of [1, 5, 255, 256, 257, 600]) {
      const bytes = dumps(nested(levels, wrap))
      // (An error has a prototype and a stack: strings.)
      expect(() => loads(bytes, { limits: { maxDepth: levels } })).not.toThrow()
      expect(() => loads(bytes, { limits: { maxDepth: levels - 1 } })).toThrow(/limit maxDepth of/)
    }
  })

  test('maxObjects counts each object once', () => {
    const shared = {}
    const value = [shared, shared, {}, [1, 2], new Date(0), new Map()]
    expect(loads(dumps(value), { limits: { maxObjects: 6 } })).toEqual(value)
    expect(refusal(value, { maxObjects: 5 })).toMatch(
      /6 objects or more, more than the limit maxObjects of 5/,
    )
  })

  test('maxString holds for texts of built-in types and keys of symbols, too', () => {
    for (const value of [
      /abcdefghij/,
      Symbol.for('abcdefghij'),
      new URL('https://a/'),
      new Headers({ abcdefghij: 'a' }),
    ]) {
      expect(() => loads(dumps([value]), { limits: { maxString: 10 } })).not.toThrow()
      expect(refusal([value], { maxString: 9 })).toMatch(/limit maxString of 9/)
    }
  })

  test('maxString counts code units, of short, named, long and wide strings and keys', () => {
    for (const length of [1, 2, 63, 64, 65, 1023, 1024, 9000, 20_000])
      for (const text of ['x'.repeat(length), 'ж'.repeat(length), '\ud800'.repeat(length)]) {
        for (const value of [text, { [text]: 1 }, new Map([[text, text]]), [text, text]]) {
          expect(loads(dumps(value), { limits: { maxString: length } })).toEqual(value)
          expect(refusal(value, { maxString: length - 1 })).toMatch(/limit maxString of/)
        }
      }
  })

  test('many strings that each are short enough are so together', () => {
    const value = Array.from({ length: 5000 }, (_, i) => `text ${i}`)
    expect(loads(dumps(value), { limits: { maxString: 9 } })).toEqual(value)
  })

  test('maxBytes counts what was received, what it inflates to, and buffers beside it', () => {
    const value = { text: 'again '.repeat(10_000) }
    const plain = dumps(value)
    expect(loads(plain, { limits: { maxBytes: plain.length } })).toEqual(value)
    expect(() => loads(plain, { limits: { maxBytes: plain.length - 1 } })).toThrow(/limit maxBytes of/)
    for (const compress of ['gzip', 'brotli'] as const) {
      const small = dumps(value, { compress })
      expect(small.length).toBeLessThan(1000)
      expect(loads(small, { limits: { maxBytes: 61_000 } })).toEqual(value)
      expect(() => loads(small, { limits: { maxBytes: 59_000 } })).toThrow(/inflates to/)
    }
    const buffers: OutOfBand[] = []
    const beside = dumps(new Uint8Array(1000), { bufferCallback: (buffer) => void buffers.push(buffer) })
    expect(() => loads(beside, { buffers, limits: { maxBytes: 1000 } })).toThrow(/maxBytes/)
    expect(loads(beside, { buffers, limits: { maxBytes: 1100 } })).toEqual(new Uint8Array(1000))
  })

  test('maxBytes counts what buffers may grow to; without it that is much, but not without end', () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
    const Growable = SharedArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => SharedArrayBuffer
    for (const Buffers of [Resizable, Growable]) {
      const make = (count: number, maxByteLength: number) =>
        dumps(Array.from({ length: count }, () => new Buffers(1, { maxByteLength })))
      const bytes = make(4, 250_000)
      expect(() => loads(bytes, { limits: { maxBytes: 1_000_000 } })).not.toThrow()
      expect(() => loads(bytes, { limits: { maxBytes: 999_999 } })).toThrow(
        /1000000 bytes \(as its buffers may grow to\)/,
      )
      if (Buffers === Resizable)
        expect(() => loads(make(300, 2 ** 32))).toThrow(/more than the limit maxBytes of 1099511627776/)
      // Those that are handed over beside the bundle, and have no such room.
      const beside = dumps(new Buffers(1, { maxByteLength: 1_000_000 }), { bufferCallback() {} })
      const load = (maxBytes: number) =>
        loads<ArrayBufferLike>(beside, { buffers: [new Uint8Array(1)], limits: { maxBytes } })
      expect(load(1_000_000).byteLength).toBe(1)
      expect(() => load(999_999)).toThrow(/1000000 bytes \(as its buffers may grow to\)/)
    }
  })

  test('an error says what was met, where, and how to raise the limit', () => {
    const message = refusal([{ text: 'a'.repeat(100) }], { maxString: 99 })
    expect(message).toContain('100 code units')
    expect(message).toContain('limits: { maxString }')
    expect(message).toMatch(/in its object \d+, byte \d+ of its graph/)
  })

  test('what is no limit is named in a TypeError', () => {
    const bytes = dumps(1)
    const load = (limits: unknown) => () => loads(bytes, { limits: limits as Limits })
    for (const field of ['maxBytes', 'maxObjects', 'maxDepth', 'maxString'])
      for (const value of ['1', -1, 1.5, Number.NaN, null, 1n])
        expect(load({ [field]: value })).toThrow(
          expect.toSatisfy((e) => e instanceof TypeError && e.message.includes(field)),
        )
    expect(load({ maxbytes: 1 })).toThrow(/maxbytes/)
    expect(load({ countsGiven: true })).toThrow(/countsGiven/)
    for (const limits of [1, 'x', null]) expect(load(limits)).toThrow(TypeError)
    expect(load({ maxBytes: undefined, maxDepth: Number.POSITIVE_INFINITY })()).toBe(1)
  })

  test('limits never make a value within them fail', () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, withDate: true, maxDepth: 5 }), (value) => {
        const facts = { maxObjects: 0, maxDepth: 0, maxString: 0 }
        const seen = new Set<unknown>()
        const visit = (at: unknown, depth: number): void => {
          if (typeof at === 'string') facts.maxString = Math.max(facts.maxString, at.length)
          if (typeof at !== 'object' || at === null || seen.has(at)) return
          seen.add(at)
          facts.maxDepth = Math.max(facts.maxDepth, depth + 1)
          if (at instanceof Map) for (const entry of at) entry.forEach((each) => visit(each, depth + 1))
          if (at instanceof Set) for (const each of at) visit(each, depth + 1)
          for (const key of Object.keys(at)) {
            visit(key, depth + 1)
            visit((at as Record<string, unknown>)[key], depth + 1)
          }
        }
        visit(value, 0)
        const bytes = dumps(value)
        facts.maxObjects = seen.size
        expect(loads(bytes, { limits: { ...facts, maxBytes: bytes.length } })).toEqual(loads(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('headers that lie allocate no more than a few times the bytes that are there', () => {
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    const claims = [
      // arguments objects of 65,535 elements that are not there
      ...Array.from({ length: 300 }, () => [30, 0xff, 0xff, 0x03]).flat(),
    ]
    const lying = Buffer.from([40, 0xac, 0x02, ...claims, ...Array.from({ length: 600 }, () => 0), 0])
    // an array whose length is 33 million, of no elements: sparse
    const long = Buffer.from([17, 0, 0x80, 0x80, 0x80, 0x10, 1, 0, 0])
    for (const graph of [lying, long]) {
      const whole = Buffer.from(dumps([1]))
      const sections = split(whole)
      sections[4] = graph
      const before = used()
      let value: unknown
      try {
        value = loads(join(whole, sections))
      } catch (error) {
        expect(error).toBeInstanceOf(UnpicklingError)
      }
      expect(used() - before).toBeLessThan(20e6)
      expect(value === undefined || typeof value === 'object').toBe(true)
    }
    const far: unknown[] = []
    far.length = 33_000_000
    far[5] = 1
    expect(Object.keys(loads<unknown[]>(dumps(far)))).toEqual(['5'])
    expect(loads<unknown[]>(dumps(far)).length).toBe(33_000_000)
  })
})

describe('bytes', () => {
  const value = { list: [1, 'two', new Date(3)], text: 'x'.repeat(500) }
  const bytes = dumps(value)
  const pieces = (size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

  test('a Buffer, an ArrayBuffer, a SharedArrayBuffer and pieces are as good as a Uint8Array', async () => {
    const shared = new SharedArrayBuffer(bytes.length)
    new Uint8Array(shared).set(bytes)
    const forms = [
      Buffer.from(bytes),
      new Uint8Array(bytes).buffer,
      shared,
      pieces(1),
      pieces(7),
      new Set(pieces(100)),
      [bytes],
      [new Uint8Array(), bytes, new Uint8Array()],
    ]
    for (const form of forms) {
      expect(loads(form)).toEqual(value)
      expect(await loadsAsync(form)).toEqual(value)
    }
  })

  test('what is no bytes is a TypeError that says so', async () => {
    for (const bad of [
      undefined,
      null,
      1,
      'text',
      {},
      new Float64Array(2),
      new DataView(new ArrayBuffer(8)),
      [1, 2],
      ['a'],
      [bytes, null],
    ]) {
      expect(() => loads(bad as never)).toThrow(TypeError)
      await expect(loadsAsync(bad as never)).rejects.toThrow(TypeError)
    }
    expect(() => loads([] as never)).toThrow(UnpicklingError)
  })

  test('pieces are counted as they come', () => {
    let asked = 0
    function* endless() {
      for (;;) {
        asked++
        yield new Uint8Array(1000)
      }
    }
    expect(() => loads(endless(), { limits: { maxBytes: 10_000 } })).toThrow(/maxBytes/)
    expect(asked).toBe(11)
  })
})
