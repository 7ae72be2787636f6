// A frame: what goes into a binary key or a stream's field. A header of plain data, then parts of bytes, as they are.
// Layout: version (1 byte), length of the header (4, little-endian), header (JSON, UTF-8), parts; the header has their
// sizes. Bytes never go through JSON.
import { fromJson, toJson } from '../../runtime-env/json.ts'

const VERSION = 1
const HEADER_AT = 5

export interface Frame<H> {
  readonly header: H
  readonly parts: readonly Buffer[]
}

export function encodeFrame(header: object, parts: readonly Uint8Array[] = []): Buffer {
  const sizes = parts.map(({ byteLength }) => byteLength)
  const text = toJson({ ...header, sizes })
  if (parts.length === 0) return encodeHeader(text)
  const length = Buffer.byteLength(text)
  const end = HEADER_AT + length
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, end))
  begin(bytes, text, length)
  let at = end
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}

/** A frame without parts, by its header's JSON; that has to say so: `"sizes":[]`. */
export function encodeHeader(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(HEADER_AT + length)
  begin(bytes, text, length)
  return bytes
}

function begin(bytes: Buffer, text: string, length: number): void {
  bytes[0] = VERSION
  bytes.writeUInt32LE(length, 1)
  bytes.write(text, HEADER_AT)
}

function headerOf<H>(text: string): H & { sizes: number[] } {
  try {
    const header = fromJson(text) as (H & { sizes: number[] }) | null
    if (Array.isArray(header?.sizes)) return header
  } catch {}
  throw new Error('a value in Redis is damaged: its header is none')
}

export function decodeFrame<H>(bytes: Buffer): Frame<H> {
  if (bytes.length < HEADER_AT || bytes[0] !== VERSION)
    throw new Error(`a value in Redis is in no format that this version of cornichon reads`)
  const end = HEADER_AT + bytes.readUInt32LE(1)
  if (end > bytes.length) throw new Error('a value in Redis is cut off')
  const header = headerOf<H>(bytes.toString('utf8', HEADER_AT, end))
  const parts: Buffer[] = []
  let at = end
  for (const size of header.sizes) {
    if (!(size >= 0)) break
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at !== bytes.length) throw new Error('a value in Redis is not as long as it says')
  return { header, parts }
}
