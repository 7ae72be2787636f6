// The reader that is kept from load to load: what it read before makes no difference, and it holds nothing of it.
import { expect, test } from 'vitest'
import { dumps, loads, Pickler, Unpickler, UnpicklingError } from '../../serializer/index.ts'
import { NO_DATA, SmallReader } from '../../serializer/pickle/data-reader.ts'
import { collect } from '../support/collect.ts'
import { HEADER, join, split } from '../support/forge.mjs'

const trees = new SmallReader(null)
const readData = (bytes: unknown) => trees.read(bytes)

const tree = () => ({ id: 7, name: 'a name that is long', list: [{ x: 1 }, { x: 2 }, 'text', null, -0] })

test('trees of data are read by it, and nothing else is', () => {
  expect(readData(dumps(tree()))).toEqual(tree())
  expect(readData(dumps('text'))).toBe('text')
  expect(readData(dumps(undefined))).toBe(undefined)
  const shared = { shared: true }
  const others = [
    dumps([shared, shared]),
    dumps(() => 1),
    dumps(new Uint8Array(100)),
    dumps(tree(), { compress: 'gzip' }),
    dumps(tree(), { sign: Buffer.alloc(32, 1) }),
    dumps('x'.repeat(20_000)),
    new Pickler().dump(tree()),
    [dumps(tree())],
    dumps(tree()).buffer,
    new Uint8Array(),
    null,
  ]
  for (const other of others) expect(readData(other)).toBe(NO_DATA)
})

test('every bundle that is cut short or damaged is refused as by the reader that is made for one call', () => {
  const bytes = Buffer.from(dumps(tree()))
  const messageOf = (load: () => unknown) => {
    try {
      load()
    } catch (error) {
      if (error instanceof UnpicklingError) return error.message
    }
    throw new Error('it was loaded')
  }
  const damaged = [
    ...Array.from(bytes, (_, size) => bytes.subarray(0, size)),
    Buffer.concat([bytes, Buffer.of(0)]),
    ...Array.from(bytes, (_, at) => bytes.map((byte, i) => (i === at ? byte ^ 0x41 : byte))),
  ]
  for (const each of damaged)
    expect(messageOf(() => loads(each))).toBe(messageOf(() => loads(each, { code: 'run' })))
  expect(loads(bytes)).toEqual(tree())
})

test('forged graphs give the same, and the next one is read as if they had not been', () => {
  const bytes = Buffer.from(dumps(tree()))
  const sections = split(bytes)
  const resultOf = (load: () => unknown) => {
    try {
      return { value: load() }
    } catch (error) {
      expect(error).toBeInstanceOf(UnpicklingError)
      return { message: (error as Error).message }
    }
  }
  for (const section of [3, 4])
    for (let at = 0; at < sections[section]!.length; at++)
      for (const change of [1, 0x10, 0x41, 0x80, 0xff]) {
        const forged = sections.map((part) => Buffer.from(part))
        forged[section]![at]! ^= change
        const bundle = join(bytes.subarray(0, HEADER), forged)
        expect(resultOf(() => loads(bundle))).toEqual(resultOf(() => loads(bundle, { code: 'run' })))
        expect(loads(bytes)).toEqual(tree())
      }
})

test('what was read before is unknown to the next bundle: shapes and strings', () => {
  // The graph of a bundle that names its second shape, and its first string, read after one that has them.
  const bytes = Buffer.from(dumps([{ first: 'a string' }, { second: 'another one' }, { second: 'a string' }]))
  const sections = split(bytes)
  const header = bytes.subarray(0, HEADER)
  const graph = sections[4]!
  for (let size = 1; size <= graph.length; size++) {
    const end = Buffer.concat([graph.subarray(graph.length - size)])
    const forged = join(
      header,
      sections.map((part, i) => (i === 4 ? end : i === 3 ? Buffer.alloc(0) : part)),
    )
    expect(loads(bytes)).toHaveLength(3)
    let message = ''
    try {
      loads(forged)
    } catch (error) {
      message = (error as Error).message
    }
    let expected = ''
    try {
      loads(forged, { code: 'run' })
    } catch (error) {
      expected = (error as Error).message
    }
    expect(message).toBe(expected)
  }
})

test('nothing of a bundle and its value is held', async () => {
  const load = () => {
    const bytes = Uint8Array.from(dumps(tree()))
    return [new WeakRef(bytes), new WeakRef(loads<object>(bytes))] as const
  }
  const [bytes, value] = load()
  for (let i = 0; i < 20 && (bytes.deref() ?? value.deref()) !== undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    collect()
  }
  expect(bytes.deref()).toBe(undefined)
  expect(value.deref()).toBe(undefined)
})

test('a load within a load has a reader of its own', () => {
  const inner = dumps(tree())
  let within: unknown
  const marked = {}
  const bytes = dumps([tree(), marked, tree()], {
    persistentId: (value) => (value === marked ? 'it' : undefined),
  })
  const value = loads<unknown[]>(bytes, {
    persistentLoad: () => {
      within = loads(inner)
      return within
    },
  })
  expect(value).toEqual([tree(), tree(), tree()])
  expect(within).toEqual(tree())
})

test('messages of a session go on from each other, whichever reader they need', () => {
  for (const memo of ['session', 'message'] as const) {
    const pickler = new Pickler({ memo })
    const unpickler = new Unpickler()
    const first = { name: 'a name that is long' }
    const values: unknown[] = [
      first,
      { name: 'another name', of: first },
      [first, new Map([[first, 1]])],
      new Uint8Array(100),
      { name: 'a name that is long' },
      'x'.repeat(20_000),
      new Date(5),
      [{ name: 'another name' }, /x/g],
      first,
    ]
    let known: unknown
    for (const value of values) {
      const loaded = unpickler.load(pickler.dump(value))
      expect(loaded).toEqual(value)
      if (value !== first) continue
      if (known !== undefined && memo === 'session') expect(loaded).toBe(known)
      known = loaded
    }
  }
})

test('a message that is damaged leaves the session where it was', () => {
  const pickler = new Pickler()
  const unpickler = new Unpickler()
  expect(unpickler.load(pickler.dump(tree()))).toEqual(tree())
  const message = Buffer.from(pickler.dump({ ...tree(), more: [tree()] }))
  const sections = split(message)
  for (let size = 1; size < sections[4]!.length; size++) {
    const forged = sections.map((part, i) => (i === 4 ? part.subarray(0, size) : part))
    expect(() => unpickler.load(join(message.subarray(0, HEADER), forged))).toThrow(UnpicklingError)
  }
  expect(unpickler.load(message)).toEqual({ ...tree(), more: [tree()] })
  expect(() => unpickler.load(message)).toThrow(/loaded twice/)
})

test('keys are those of the bundle, however like those of the last one they are', () => {
  const load = (key: string) => {
    const value = [{ first: 1 }, { [key]: 2, [`${key}2`]: 3 }]
    const loaded = loads<object[]>(dumps(value))
    expect(loaded).toEqual(value)
    expect(loaded.map((each) => Object.keys(each))).toEqual(value.map((each) => Object.keys(each)))
  }
  for (let length = 1; length <= 13; length++) {
    const key = 'abcdefghijklm'.slice(0, length)
    for (let at = 0; at < length; at++)
      for (const other of ['z', '\xff', '\u0100', '\ud800', '\u6f22', '\0']) {
        load(key)
        load(key)
        load(key.slice(0, at) + other + key.slice(at + 1))
        load(key.slice(0, at))
        load(key)
      }
  }
  for (const key of ['schl\xfcssel', '\u9375\u9375\u9375\u9375\u9375', '__proto__', '']) {
    load(key)
    load(key)
  }
})
