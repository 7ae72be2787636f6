// A frame: what goes into a binary key or a stream's field. A header of plain data, then parts of bytes, as they are.
// Layout: version (1 byte), length of the header (4, little-endian), header (JSON, UTF-8), parts; the header has their
// sizes. Bytes never go through JSON.

const VERSION = 1
const HEADER_AT = 5

export interface Frame<H> {
  readonly header: H
  readonly parts: readonly Buffer[]
}

export function encodeFrame(header: object, parts: readonly Uint8Array[] = []): Buffer {
  const text = JSON.stringify({ ...header, sizes: parts.map(({ byteLength }) => byteLength) })
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + part.byteLength, HEADER_AT + length))
  bytes[0] = VERSION
  bytes.writeUInt32LE(length, 1)
  bytes.write(text, HEADER_AT)
  let at = HEADER_AT + length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}

export function decodeFrame<H>(bytes: Buffer): Frame<H> {
  if (bytes.length < HEADER_AT || bytes[0] !== VERSION)
    throw new Error(`a value in Redis is in no format that this version of cornichon reads`)
  const end = HEADER_AT + bytes.readUInt32LE(1)
  if (end > bytes.length) throw new Error('a value in Redis is cut off')
  const header = JSON.parse(bytes.toString('utf8', HEADER_AT, end)) as H & { sizes: number[] }
  const parts: Buffer[] = []
  let at = end
  for (const size of header.sizes) {
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at !== bytes.length) throw new Error('a value in Redis is not as long as it says')
  return { header, parts }
}
