// `copy: false`: views of the bytes that were received. And what a sender says of bytes that nobody writes to.
import { describe, expect, test } from 'vitest'
import {
  dumps,
  inspectBundle,
  loads,
  OutOfBand,
  Pickler,
  Unpickler,
  UnpicklingError,
} from '../../serializer/index.ts'
import { join, split } from '../support/forge.mjs'

const doubles = Float64Array.from({ length: 100 }, (_, i) => i / 3)
const bigs = BigInt64Array.from({ length: 50 }, (_, i) => BigInt(i))
const text = Buffer.from('text in a Buffer, longer than what stays in the graph, which is 64 bytes')
const value = {
  odd: 'x'.repeat(7),
  doubles,
  bigs,
  view: new DataView(doubles.buffer, 8, 16),
  text,
  small: new Uint8Array(3),
}

/** The bundle at an offset of a larger buffer. */
function at(offset: number, bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + offset)
  larger.set(bytes, offset)
  return larger.subarray(offset)
}

describe('copy: false', () => {
  test('typed arrays, DataViews and Buffers are views of the received bytes', () => {
    const bytes = at(0, dumps(value))
    const copy = loads<typeof value>(bytes, { copy: false })
    expect(copy).toEqual(value)
    for (const view of [copy.doubles, copy.bigs, copy.view, copy.text]) expect(view.buffer).toBe(bytes.buffer)
    expect(Buffer.isBuffer(copy.text)).toBe(true)
    expect(copy.small.buffer).not.toBe(bytes.buffer)
    copy.doubles[1] = 77
    expect(copy.view.getFloat64(0, true)).toBe(77)
    // They are one memory: the bytes are no bundle any more.
    expect(() => loads(bytes)).toThrow(/checksum/)
  })

  test('without it, everything is a copy of its own', () => {
    const bytes = dumps(value)
    for (const options of [{}, { copy: true }, { copy: undefined }]) {
      const copy = loads<typeof value>(bytes, options)
      expect(copy).toEqual(value)
      expect(copy.doubles.buffer.byteLength).toBe(800)
      expect(copy.doubles.buffer).toBe(copy.view.buffer)
    }
    expect(() => loads(bytes, { copy: 1 as never })).toThrow(TypeError)
  })

  test('at an offset that is no multiple of 8, what needs alignment is copied', () => {
    const bytes = dumps(value)
    for (let offset = 0; offset <= 16; offset++) {
      const received = at(offset, bytes)
      const copy = loads<typeof value>(received, { copy: false })
      expect(copy).toEqual(value)
      expect(copy.doubles.buffer === received.buffer).toBe(offset % 8 === 0)
      expect(copy.view.buffer).toBe(copy.doubles.buffer)
      // A Buffer out of Node's pool travels by itself, and needs no alignment.
      expect(copy.text.buffer).toBe(received.buffer)
    }
  })

  test('a buffer that is a value itself is copied, whichever is met first', () => {
    const { buffer } = doubles
    for (const [i, list] of [
      [doubles, buffer],
      [buffer, doubles],
      [doubles, { deep: [{ buffer }] }],
      [doubles, new Map([[buffer, 1]])],
    ].entries()) {
      const bytes = at(0, dumps(list))
      const copy = loads<any>(bytes, { copy: false })
      const views = i === 1 ? copy[1] : copy[0]
      const whole = [copy[1], copy[0], copy[1].deep?.[0].buffer, i === 3 && [...copy[1].keys()][0]][i]
      expect(views).toEqual(doubles)
      expect(views.buffer).toBe(whole)
      expect(views.buffer).not.toBe(bytes.buffer)
    }
  })

  test('views of one buffer share it; shared, resizable and special buffers are what they were', () => {
    const one = new Uint8Array(doubles.buffer, 16, 100)
    const special = Object.assign(new ArrayBuffer(100), { note: 'special' })
    const shared = new Uint8Array(new SharedArrayBuffer(100))
    const bytes = at(0, dumps([one, doubles, new Uint8Array(special), shared]))
    const [first, second, third, fourth] = loads<[typeof one, typeof doubles, Uint8Array, Uint8Array]>(
      bytes,
      { copy: false },
    )
    expect([first.buffer, second.buffer]).toEqual([bytes.buffer, bytes.buffer])
    expect(first.byteOffset).toBe(second.byteOffset + 16)
    expect((third.buffer as typeof special).note).toBe('special')
    expect(fourth.buffer).toBeInstanceOf(SharedArrayBuffer)
    const received = new SharedArrayBuffer(bytes.length)
    new Uint8Array(received).set(bytes)
    expect(loads<any>(received, { copy: false })[1].buffer).toBeInstanceOf(ArrayBuffer)
  })

  test('of a compressed bundle they are views of what it was inflated to, and in a session of the message', () => {
    const copy = loads<typeof value>(dumps(value, { compress: 'gzip' }), { copy: false })
    expect(copy).toEqual(value)
    expect(copy.doubles.buffer).toBe(copy.text.buffer)
    const pickler = new Pickler()
    const unpickler = new Unpickler({ copy: false })
    const message = at(0, pickler.dump([text, doubles]))
    const [loadedText, loaded] = unpickler.load<[Buffer, Float64Array]>(message)
    expect(loadedText.buffer).toBe(message.buffer)
    expect(unpickler.load(pickler.dump([doubles.buffer, text]))).toEqual([loaded.buffer, loadedText])
  })

  test('forged sections of buffers are refused', () => {
    const whole = Buffer.from(dumps([doubles, bigs]))
    const sections = split(whole)
    expect(loads(join(whole, sections))).toEqual([doubles, bigs])
    const forgeries = [
      Buffer.alloc(0),
      sections[6].subarray(8),
      Buffer.concat([sections[6], Buffer.alloc(8)]),
    ]
    for (const forged of forgeries) {
      const parts = [...sections]
      parts[6] = forged
      for (const copy of [true, false])
        expect(() => loads(join(whole, parts), { copy })).toThrow(UnpicklingError)
    }
  })
})

describe('read-only bytes', () => {
  test('what the sender says is kept beside the bundle, and told at the other end', () => {
    const buffers: OutOfBand[] = []
    const constant = new Float64Array([1, 2, 3])
    const list = [new OutOfBand(constant, { readonly: true }), new OutOfBand(bigs), doubles]
    const bytes = dumps(list, { bufferCallback: (buffer) => void buffers.push(buffer) })
    expect(buffers.map(({ readonly }) => readonly)).toEqual([true, false, false])
    expect(inspectBundle(bytes).buffers).toEqual([
      { byteLength: 24, shared: false, resizable: false, readonly: true },
      { byteLength: 400, shared: false, resizable: false, readonly: false },
      { byteLength: 800, shared: false, resizable: false, readonly: false },
    ])
    const [first, second, third] = loads<ArrayBufferView[]>(bytes, { buffers })
    expect([first, second, third].map((view) => OutOfBand.isReadonly(view))).toEqual([true, false, false])
    expect(first).toEqual(constant)
    expect(new OutOfBand(first).readonly).toBe(true)
    expect(new OutOfBand(first, { readonly: false }).readonly).toBe(false)
    expect(OutOfBand.isReadonly(constant)).toBe(false)
    const inside = loads<Float64Array>(dumps(list[0]))
    expect([inside, OutOfBand.isReadonly(inside)]).toEqual([constant, false])
  })
})
