// Compressed bundles: what travels is smaller, and nothing inflates to more than its header and the limits allow.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { dumps, inspectBundle, loads, PicklingError, UnpicklingError } from '../../serializer/index.ts'
import { HEADER, repaired } from '../support/forge.mjs'

const hasZstd = 'zstdCompressSync' in (await import('node:zlib'))
const methods = hasZstd ? (['gzip', 'brotli', 'zstd'] as const) : (['gzip', 'brotli'] as const)
const records = Array.from({ length: 500 }, (_, i) => ({ id: i, name: `name ${i % 9}`, tags: ['a', 'b'] }))
const varint = (value: number) => {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}

describe('compress', () => {
  test.each(methods)('%s makes a bundle smaller, is noted in it, and loads sees it by itself', (method) => {
    const plain = dumps(records)
    const bytes = dumps(records, { compress: method })
    expect(bytes.length).toBeLessThan(plain.length / 2)
    expect(loads(bytes)).toEqual(records)
    const inspected = inspectBundle(bytes)
    expect(inspected).toMatchObject({ compression: method, size: bytes.length, inflatedSize: plain.length })
    expect(inspectBundle(plain)).toMatchObject({
      compression: null,
      size: plain.length,
      inflatedSize: plain.length,
    })
    expect(dumps(records, { compress: method })).toEqual(bytes)
  })

  test('true takes what every Node reads, and leaves alone what does not get smaller', () => {
    expect(['gzip', 'brotli']).toContain(inspectBundle(dumps(records, { compress: true })).compression)
    expect(inspectBundle(dumps(1, { compress: true })).compression).toBe(null)
    expect(dumps(records, { compress: false })).toEqual(dumps(records))
    const fn = () => records.length
    expect(loads<typeof fn>(dumps(fn, { compress: true }))()).toBe(500)
  })

  test('a method that is none is a TypeError; one that Node lacks is named by both sides', () => {
    expect(() => dumps(1, { compress: 'lzma' as never })).toThrow(TypeError)
    expect(() => dumps(1, { compress: 1 as never })).toThrow(TypeError)
    if (hasZstd) return
    expect(() => dumps(1, { compress: 'zstd' })).toThrow(PicklingError)
    const forged = Buffer.from(dumps(records, { compress: 'gzip' }))
    forged[10] = 3
    expect(() => loads(repaired(forged))).toThrow(/zstd, which Node v20/)
  })

  test('the checksum covers the bytes as they travel', () => {
    const bytes = dumps(records, { compress: 'brotli' })
    for (let at = 8; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes)
      damaged[at] ^= 4
      expect(() => loads(damaged)).toThrow(UnpicklingError)
    }
    expect(repaired(Buffer.from(bytes))).toEqual(Buffer.from(bytes))
  })

  test('a bomb is stopped by what it claims, and by what it has', () => {
    const zeros = Buffer.alloc(2 ** 24)
    for (const [number, body] of [
      [1, gzipSync(zeros)],
      [2, brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ] as const) {
      const bomb = (claim: number) => {
        const header = Buffer.from(dumps(records)).subarray(0, HEADER)
        header[10] = number
        return repaired(Buffer.concat([header, varint(claim), body]))
      }
      expect(() => loads(bomb(2 ** 24), { limits: { maxBytes: 1e6 } })).toThrow(/limit maxBytes of 1000000/)
      expect(() => loads(bomb(2 ** 40))).toThrow(/limit maxBytes/)
      expect(() => loads(bomb(1000))).toThrow(/inflated, it has more than the 1000 bytes/)
      expect(() => loads(bomb(0))).toThrow(UnpicklingError)
      expect(() => loads(bomb(2 ** 24 + 1))).toThrow(/its header says/)
      expect(() => inspectBundle(bomb(1000))).toThrow(UnpicklingError)
    }
  })
})
