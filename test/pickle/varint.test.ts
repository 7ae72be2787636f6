// Unsigned integers of a graph, seven bits a byte.
import { expect, test } from 'vitest'
import { UnpicklingError } from '../../serializer/index.ts'
import { ByteReader } from '../../serializer/pickle/codec/byte-reader.ts'
import { ByteWriter } from '../../serializer/pickle/codec/byte-writer.ts'

/** As docs/format.md says it. */
function specified(value: bigint): number[] {
  const bytes: number[] = []
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80)
  return [...bytes, Number(value)]
}

test('around every power of two, they are written as the format says, and read again', () => {
  for (let power = 0; power <= 53; power++)
    for (let off = -3; off <= 3; off++) {
      const value = 2 ** power + off
      if (value < 0 || value > Number.MAX_SAFE_INTEGER) continue
      const out = new ByteWriter()
      out.varint(value)
      const bytes = out.finish()
      expect([...bytes]).toEqual(specified(BigInt(value)))
      const input = new ByteReader(bytes)
      expect(input.varint()).toBe(value)
      expect(input.remaining).toBe(0)
    }
})

test.each([
  ['more than 2 ** 53 - 1', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ['no end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ['cut short after one byte', [0x80]],
  ['cut short after four bytes', [0xff, 0xff, 0xff, 0xff]],
  ['cut short after six bytes', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
])('%s is refused', (_, bytes) => {
  expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(UnpicklingError)
})

test('zeros behind it that say nothing are read', () => {
  expect(new ByteReader(Uint8Array.of(0x85, 0x80, 0x00)).varint()).toBe(5)
  expect(new ByteReader(Uint8Array.of(0x85, 0x80, 0x80, 0x80, 0x80, 0x00)).varint()).toBe(5)
})
