// The bytes of a bundle, in whatever form they were received.
import { types } from 'node:util'
import { exceeded } from '../bundle/limits.ts'
import { asUser } from '../originals.ts'

const Bytes = Uint8Array

/** The bytes in one piece, copied only if they came in several. Throws TypeError for what is not bytes. */
export function asBytes(input: unknown, maxBytes: number | null): Uint8Array {
  if (types.isUint8Array(input)) return input
  if (types.isAnyArrayBuffer(input)) return new Bytes(input as ArrayBuffer)
  if (typeof input === 'object' && input !== null && !ArrayBuffer.isView(input)) {
    const iterable = input as Partial<Iterable<unknown>>
    if (asUser(() => typeof iterable[Symbol.iterator] === 'function'))
      return joined(gathered(iterable as Iterable<unknown>, maxBytes))
  }
  throw new TypeError(
    `a bundle is the bytes that dumps returned (a Uint8Array, an ArrayBuffer, or a list of Uint8Arrays), not ${input === null ? 'null' : typeof input}`,
  )
}

function gathered(input: Iterable<unknown>, maxBytes: number | null): Uint8Array[] {
  return asUser(() => {
    const chunks: Uint8Array[] = []
    let size = 0
    for (const chunk of input) {
      if (!types.isUint8Array(chunk))
        throw new TypeError(
          `a bundle in pieces is a list of Uint8Arrays, and piece ${chunks.length} is ${chunk === null ? 'null' : typeof chunk}`,
        )
      size += chunk.length
      if (maxBytes !== null && size > maxBytes)
        throw exceeded('maxBytes', maxBytes, `${size} bytes or more (in ${chunks.length + 1} pieces)`)
      chunks.push(chunk)
    }
    return chunks
  })
}

/** The pieces, one behind the other. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]
  let size = 0
  for (const chunk of chunks) size += chunk.length
  const bytes = new Bytes(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
