// The checksum of small bundles: the published algorithm, and what it finds.
import { expect, test } from 'vitest'
import { xxHash32 } from '../../serializer/bundle/xxhash32.ts'
import { dumps, loads, UnpicklingError } from '../../serializer/index.ts'
import { repaired } from '../support/forge.mjs'
import { xxHash32 as asSpecified } from '../support/xxhash32.mjs'

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) ^ (i >> 3))

test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('of %j it is what it is elsewhere', (text, sum) => {
  expect(xxHash32(Buffer.from(text), 4092)).toBe(sum)
  expect(asSpecified(Buffer.from(text))).toBe(sum)
})

test('it is the same whatever the size, and wherever the bytes lie', () => {
  for (let size = 16; size < 20_000; size += size < 100 ? 1 : 331) {
    const blank = bytesOf(size)
    blank.fill(0, 12, 16)
    const shifted = new Uint8Array(size + 3).subarray(3)
    shifted.set(bytesOf(size))
    expect(xxHash32(shifted, 12)).toBe(asSpecified(blank))
  }
})

test('every change within a word is found, wherever it is', () => {
  const bytes = bytesOf(4096 + 350)
  const sum = xxHash32(bytes, 12)
  for (let at = 0; at < bytes.length; at++) {
    if (at >= 12 && at < 16) continue
    const was = bytes[at]
    for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      bytes[at] = was ^ change
      if (xxHash32(bytes, 12) === sum) throw new Error(`byte ${at}: a change by ${change} is not found`)
    }
    bytes[at] = was
  }
})

test('bursts, exchanged pieces, zeros and bytes too many or too few are found', () => {
  const bytes = bytesOf(345)
  const sum = xxHash32(bytes, 12)
  const missed: string[] = []
  const check = (what: string, changed: Uint8Array) => {
    if (Buffer.compare(bytes, changed) !== 0 && xxHash32(changed, 12) === sum) missed.push(what)
  }
  for (let at = 16; at < bytes.length; at++) {
    check(`cut at ${at}`, bytes.subarray(0, at))
    for (let size = 1; size <= 8 && at + size <= bytes.length; size++) {
      for (const pattern of [0xff, 0x81, 0x10]) {
        const burst = bytes.slice()
        for (let i = at; i < at + size; i++) burst[i] ^= pattern
        check(`burst of ${size} at ${at}`, burst)
      }
      check(`zeros at ${at}`, bytes.slice().fill(0, at, at + size))
      const without = new Uint8Array(bytes.length - size)
      without.set(bytes.subarray(0, at))
      without.set(bytes.subarray(at + size), at)
      check(`${size} bytes missing at ${at}`, without)
    }
    for (const distance of [1, 4, 16, 64]) {
      if (at + distance >= bytes.length) continue
      const exchanged = bytes.slice()
      exchanged[at] = bytes[at + distance]
      exchanged[at + distance] = bytes[at]
      check(`bytes ${distance} apart exchanged at ${at}`, exchanged)
    }
  }
  expect(missed).toEqual([])
})

test.each([10, 5_000, 20_000])(
  'a bundle of %i characters has it, or a GMAC, and no bit may change',
  (size) => {
    const bytes = Buffer.from(dumps({ text: 'x'.repeat(size), n: 1 }))
    expect(repaired(Buffer.from(bytes))).toEqual(bytes)
    for (let at = 0; at < bytes.length; at += size > 100 ? 101 : 1)
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(bytes)
        damaged[at] ^= 1 << bit
        expect(() => loads(damaged)).toThrow(UnpicklingError)
      }
  },
)
