// What `bufferCallback` and `buffers` promise beside the goals R4 and R5, and large views in the bundle.
import { expect, test } from 'vitest'
import {
  dumps,
  inspectBundle,
  loads,
  OutOfBand,
  PicklingError,
  UnpicklingError,
} from '../../serializer/index.ts'

function taken(value: unknown): { bundle: Uint8Array; buffers: OutOfBand[] } {
  const buffers: OutOfBand[] = []
  const bundle = dumps(value, { bufferCallback: (buffer) => void buffers.push(buffer) })
  return { bundle, buffers }
}

test('an OutOfBand travels as the view that it wraps, and without a callback inside', () => {
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
  const value = { wrapped: new OutOfBand(view), view, other: new OutOfBand(view) }
  const { bundle, buffers } = taken(value)
  for (const copy of [
    loads<any>(dumps(value)),
    loads<any>(dumps(value, { bufferCallback: () => true })),
    loads<any>(bundle, { buffers }),
  ]) {
    expect(copy.wrapped).toBeInstanceOf(Uint8Array)
    expect([...copy.wrapped]).toEqual([2, 3])
    expect(copy.view).toBe(copy.wrapped)
    expect(copy.other).toBe(copy.wrapped)
  }
  expect(taken(value).buffers.map(({ byteOffset, byteLength }) => [byteOffset, byteLength])).toEqual([[1, 2]])
  expect(() => new OutOfBand([1] as never)).toThrow(TypeError)
})

test('an error of the callback gets out as it is, also one of an iterable', () => {
  const mine = new Error('mine')
  const fails = () => {
    throw mine
  }
  expect(() => dumps(new Uint8Array(8), { bufferCallback: fails })).toThrow(mine)
  const { bundle } = taken(new Uint8Array(8))
  expect(() => loads(bundle, { buffers: { [Symbol.iterator]: fails } })).toThrow(mine)
  expect(() => dumps(1, { bufferCallback: {} as never })).toThrow(TypeError)
})

test('the callback may pickle, and is not asked again when a value is refused', () => {
  const nested: unknown[] = []
  const buffers: OutOfBand[] = []
  const value = { a: new Uint8Array(8).fill(3), f: () => value.a[0] }
  const bundle = dumps(value, {
    bufferCallback: (buffer) => {
      buffers.push(buffer)
      nested.push(loads(dumps(buffer)))
    },
  })
  expect(nested).toEqual([new Uint8Array(8).fill(3)])
  expect(loads<typeof value>(bundle, { buffers }).f()).toBe(3)
  let calls = 0
  const refused = { a: new Uint8Array(8), b: new WeakRef({}), timer: setTimeout(() => {}, 0) }
  clearTimeout(refused.timer)
  expect(() => dumps(refused, { bufferCallback: () => void calls++ })).toThrow(PicklingError)
  expect(calls).toBe(1)
})

test('a callback that takes the bytes away is noticed', () => {
  const first = new Uint8Array(10_000)
  const second = new Uint8Array(10)
  const bufferCallback = (buffer: OutOfBand) => {
    if (buffer.byteLength === 10) structuredClone(first.buffer, { transfer: [first.buffer] })
    return true
  }
  expect(() => dumps([first.buffer, second.buffer], { bufferCallback })).toThrow(PicklingError)
})

test('detached buffers are refused, at both ends', () => {
  const gone = new ArrayBuffer(8)
  const { bundle } = taken(gone)
  structuredClone(gone, { transfer: [gone] })
  expect(() => taken([gone])).toThrow(/detached/)
  expect(() => taken([new Uint8Array(gone)])).toThrow(/detached/)
  expect(() => loads(bundle, { buffers: [gone] })).toThrow(UnpicklingError)
  expect(() => loads(taken(new ArrayBuffer(0)).bundle, { buffers: [gone] })).toThrow(/detached/)
})

test('a DataView whose bytes are gone is refused as other views are, with the way to it', () => {
  const buffer = new (ArrayBuffer as any)(16, { maxByteLength: 64 })
  const view = new DataView(buffer, 8, 8)
  buffer.resize(4)
  expect(() => dumps({ view })).toThrow(PicklingError)
  expect(() => dumps({ view })).toThrow(
    /^value -> \.view: it is a view of bytes that its buffer no longer has/,
  )
  const gone = new DataView(new ArrayBuffer(8))
  structuredClone(gone, { transfer: [gone.buffer] })
  expect(() => dumps({ gone })).toThrow(/the ArrayBuffer is detached/)
  expect(() => loads(taken(new Uint8Array(3)).bundle, { buffers: [gone] })).toThrow(UnpicklingError)
})

test('a buffer with properties of its own stays in the bundle with them', () => {
  const buffer = Object.assign(new ArrayBuffer(8), { about: { unit: 'm' } })
  class Named extends ArrayBuffer {}
  const { bundle, buffers } = taken([new Uint8Array(buffer), new Named(4)])
  expect(buffers).toEqual([])
  const [view, named] = loads<[Uint8Array, ArrayBuffer]>(bundle)
  expect((view.buffer as typeof buffer).about).toEqual({ unit: 'm' })
  expect(named.byteLength).toBe(4)
})

test('what is handed over keeps its properties and is not changed', () => {
  const { bundle } = taken(new Uint8Array(8))
  const mine = Object.assign(new ArrayBuffer(8), { mine: 1 })
  expect(loads<Uint8Array>(bundle, { buffers: [mine] }).buffer).toBe(mine)
  expect(mine.mine).toBe(1)
})

test('a view has its own properties, wherever its bytes are', () => {
  for (const length of [3, 300, 100_000]) {
    const symbol = Symbol.for('own')
    const view = Object.assign(new Uint8Array(length), { shown: 1, [symbol]: 2 })
    Object.defineProperty(view, 'hidden', { value: 3 })
    const buffer = Buffer.alloc(length)
    Object.defineProperty(buffer, 'parent', { get: () => 4, enumerable: true, configurable: true })
    const { bundle, buffers } = taken([view, buffer])
    for (const [copy, second] of [loads<any>(bundle, { buffers }), loads<any>(dumps([view, buffer]))]) {
      expect([copy.length, copy.shown, copy[symbol], copy.hidden, second.parent]).toEqual([
        length,
        1,
        2,
        3,
        4,
      ])
      expect(Object.keys(copy).length).toBe(length + 1)
    }
  }
})

test('inspectBundle needs no buffers, and shows their section', () => {
  const { bundle } = taken({
    view: new Float64Array(4),
    buffer: new ArrayBuffer(16),
    pooled: Buffer.from('a'),
  })
  const { sections } = inspectBundle(bundle)
  expect(sections.find(({ name }) => name === 'buffers')!.size).toBeGreaterThan(0)
})

test('the same value gives the same bundle', () => {
  const value = [new Float64Array(4), new ArrayBuffer(8)]
  expect(taken(value).bundle).toEqual(taken(value).bundle)
})

test('an ArrayBuffer that was given the prototype of a typed array comes back with its views', () => {
  const odd = new ArrayBuffer(8)
  Object.setPrototypeOf(odd, Object.create(Uint8Array.prototype))
  const views = [new Uint8Array(odd, 2, 2), odd, Buffer.from(new Uint8Array(4).buffer)]
  const [view, buffer] = loads<[Uint8Array, ArrayBuffer]>(dumps(views))
  expect([view.byteOffset, view.length]).toEqual([2, 2])
  expect(view.buffer).toBe(buffer)
  const node = Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 2)
  Object.setPrototypeOf(node.buffer, Object.create(Uint8Array.prototype))
  const copy = loads<Buffer>(dumps(node))
  expect(Object.getPrototypeOf(copy)).toBe(Buffer.prototype)
  expect([...copy]).toEqual([2, 3])
})
