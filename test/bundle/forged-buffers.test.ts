// Bundles whose buffers travel out of band, changed and given a right checksum: they load, over what was handed over and no more,
// or throw UnpicklingError.
import { expect, test } from 'vitest'
import { dumps, inspectBundle, loads, type OutOfBand, UnpicklingError } from '../../serializer/index.ts'
import { join, split } from '../support/forge.mjs'

test('every byte of the graph and of the list of buffers, replaced', () => {
  const ordinary = new ArrayBuffer(64)
  const resizable = new Uint8Array(new (ArrayBuffer as any)(8, { maxByteLength: 16 }), 4)
  const value = [new Float64Array(ordinary, 8, 2), ordinary, resizable, new DataView(new ArrayBuffer(9), 1)]
  const buffers: OutOfBand[] = []
  const bundle = Buffer.from(
    dumps([...value, Buffer.from('pooled')], { bufferCallback: (buffer) => void buffers.push(buffer) }),
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
