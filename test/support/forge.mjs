// @ts-check
// Bundles taken apart and put together again, with a checksum that is right, to meet the readers behind it.
import { createCipheriv } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { xxHash32 } from './xxhash32.mjs'

export const HEADER = 16
/** From this size on, the checksum is another. */
const LARGE = 1 << 14
export const SECTIONS = ['manifest', 'code', 'functions', 'text', 'graph', 'buffers', 'bytes']

/** mulberry32 @param {number} seed */
export function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** The sections of a bundle: empty ones take no place in it. @param {Buffer} bytes */
export function split(bytes) {
  let at = HEADER
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++]
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const sizes = SECTIONS.map((_, i) => (bytes[9] & (1 << i) ? varint() : 0))
  return sizes.map((size, i) => {
    if (i === SECTIONS.length - 1 && size > 0) at += (8 - (at % 8)) % 8
    return bytes.subarray(at, (at += size))
  })
}

/** @param {Buffer} header of a bundle @param {readonly Buffer[]} sections */
export function join(header, sections) {
  const start = Buffer.from(header.subarray(0, HEADER))
  start[9] = sections.reduce((mask, section, i) => (section.length > 0 ? mask | (1 << i) : mask), 0)
  const sizes = sections.filter((section) => section.length > 0).map(({ length }) => varintOf(length))
  const last = sections[sections.length - 1]
  const bytes = Buffer.concat([start, ...sizes, ...sections.slice(0, -1)])
  const padding = last.length > 0 ? (8 - (bytes.length % 8)) % 8 : 0
  return repaired(Buffer.concat([bytes, Buffer.alloc(padding), last]), last.length)
}

/** @param {number} value */
function varintOf(value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return Buffer.from([...bytes, value])
}

/** @param {Buffer} bytes @param {number} last how many of them are the last section, where they are not compressed */
export function repaired(bytes, last = 0) {
  const parts = [bytes.subarray(0, 12), bytes.subarray(HEADER, bytes.length - last)]
  if (bytes.length < LARGE) {
    bytes.writeUInt32LE(0, 12)
    bytes.writeUInt32LE(xxHash32(bytes), 12)
    return bytes
  }
  const cipher = createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12))
  cipher.setAAD(Buffer.concat([bytes.subarray(bytes.length - last), ...parts]))
  cipher.final()
  cipher.getAuthTag().copy(bytes, 12, 0, 4)
  return bytes
}

/**
 * The bundle with a compressed body, that claims so many bytes more than it has.
 * @param {Buffer} bytes @param {number} method 1 for gzip, 2 for brotli @param {number} more
 */
export function compressed(bytes, method, more = 0) {
  const header = Buffer.from(bytes.subarray(0, HEADER))
  header[10] = method
  const body = bytes.subarray(HEADER)
  const size = varintOf(Math.max(0, body.length + more))
  return repaired(Buffer.concat([header, size, method === 1 ? gzipSync(body) : brotliCompressSync(body)]))
}
