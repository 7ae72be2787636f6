// Bundles whose buffers travel out of band, changed and given a right checksum: they load, over what was handed over and no more,
// or throw UnpicklingError.
import { expect, test } from 'vitest'
import { dumps, inspectBundle, loads, type OutOfBand, UnpicklingError } from '../../serializer/index.ts'
import { join, split } from '../support/forge.mjs'

test('every byte of the graph and of the list of buffers, replaced', () => {
  const ordinary = new ArrayBuffer(64)
  const resizable = new Uint8Array(new (ArrayBuffer as any)(8, { maxByteLength: 16 }), 4)
  const value = [new Float64Array(ordinary, 8, 2), ordinary, resizable, new DataView(new ArrayBuffer(9), 1)]
  const pooled = Buffer.from('pooled, twice')
  const buffers: OutOfBand[] = []
  const bundle = Buffer.from(
    dumps([...value, pooled, pooled.subarray(3)], { bufferCallback: (buffer) => void buffers.push(buffer) }),
  )
  const message = new ArrayBuffer(4096)
  let end = 0
  const received = buffers.map(({ bytes }) => {
    const window = new Uint8Array(message, end, bytes.length)
    window.set(bytes)
    end += bytes.length
    return window
  })
  const sections = split(bundle)
  expect(sections).toHaveLength(7)
  const odd: unknown[] = []
  let refused = 0
  const attempt = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      refused++
      if (!(error instanceof UnpicklingError)) odd.push(error)
    }
  }
  for (const index of [4, 5]) {
    for (let at = 0; at < sections[index].length; at++) {
      const byte = sections[index][at]
      for (const changed of [0, 1, 2, 3, 0x0d, 49, 0x7f, 0x80, 0xff, byte + 1, byte ^ 0x10]) {
        const section = Buffer.from(sections[index])
        section[at] = changed
        const forged = join(bundle, sections.with(index, section))
        attempt(() => inspectBundle(forged))
        attempt(() => loads(forged, { buffers }))
        attempt(() => {
          const copy = loads<unknown[]>(forged, { buffers: received })
          for (const view of Array.isArray(copy) ? copy : [])
            if (
              ArrayBuffer.isView(view) &&
              view.buffer === message &&
              view.byteOffset + view.byteLength > end
            )
              odd.push('a view shows more than was handed over')
        })
      }
    }
  }
  expect(odd).toEqual([])
  expect(refused).toBeGreaterThan(100)
})

test('what views share is no larger than what the bundle has for them', () => {
  const pooled = Buffer.from('pooled, twice')
  const bundle = Buffer.from(dumps([pooled, pooled.subarray(3), 'x'.repeat(50)]))
  const sections = split(bundle)
  const list = sections[5]
  expect(list).toHaveLength(8)
  const forgeries = [
    ...Array.from({ length: 8 }, (_, at) =>
      [0, 1, 2, 7, 0x3f, 0x7f].map((byte) => list.with(at, byte)),
    ).flat(),
    Uint8Array.of(0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 2, 0, 4, 3),
  ]
  for (const forged of forgeries) {
    let copy: unknown[] = []
    try {
      copy = loads(join(bundle, sections.with(5, Buffer.from(forged))))
    } catch (error) {
      expect(error).toBeInstanceOf(UnpicklingError)
    }
    for (const view of copy) if (Buffer.isBuffer(view)) expect(view.buffer.byteLength).toBeLessThan(200)
  }
})

test('one that may grow to more than this engine has a buffer for', () => {
  const bundle = Buffer.from(dumps(new ArrayBuffer(8), { bufferCallback() {} }))
  const sections = split(bundle)
  for (const flags of [8, 12]) {
    // Of 8 bytes, up to 2 ** 39 - 1.
    const list = Buffer.from([1, flags, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])
    const load = () => loads(join(bundle, sections.with(5, list)), { buffers: [new Uint8Array(8)] })
    try {
      expect((load() as ArrayBufferLike).byteLength).toBe(8)
    } catch (error) {
      expect(error).toBeInstanceOf(UnpicklingError)
      expect((error as Error).message).toMatch(/buffer 0 of the option buffers can't be copied/)
    }
  }
})
