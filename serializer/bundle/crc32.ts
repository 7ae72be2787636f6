// CRC-32 (zlib's polynomial, reflected). Of few bytes it is done here, eight at a time with tables ("slicing by 8": Kounavis
// and Berry, 2005): a call into native code takes 95 ns before it begins.
import { crc32 as native } from 'node:zlib'

/** Up to here the tables are faster. */
const FEW = 256
const POLYNOMIAL = 0xedb88320

/** For each byte, what it does to the sum: by itself, and with one to seven bytes behind it. */
const [t0, t1, t2, t3, t4, t5, t6, t7] = makeTables()

function makeTables(): Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? POLYNOMIAL ^ (sum >>> 1) : sum >>> 1
    tables[0][byte] = sum
  }
  for (let i = 1; i < 8; i++)
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[i - 1][byte]
      tables[i][byte] = tables[0][before & 0xff] ^ (before >>> 8)
    }
  return tables
}

/** The sum of the bytes from the one place to the other, behind those that `begun` is the sum of (0: none). */
export function crc32(bytes: Uint8Array, from: number, to: number, begun: number): number {
  if (to - from > FEW) return native(bytes.subarray(from, to), begun)
  let sum = ~begun
  let at = from
  for (; at + 8 <= to; at += 8) {
    const first = sum ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24))
    sum =
      t7[first & 0xff] ^
      t6[(first >>> 8) & 0xff] ^
      t5[(first >>> 16) & 0xff] ^
      t4[first >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]]
  }
  for (; at < to; at++) sum = t0[(sum ^ bytes[at]) & 0xff] ^ (sum >>> 8)
  return ~sum >>> 0
}
