// The bytes of buffers and of many numbers, in the order in which the graph names them, each at an offset that is a multiple of 8.
// Large ones are not copied before the bundle is put together.
import type { LatePart } from '../../bundle/container.ts'
import { BULK_ALIGNMENT } from '../opcodes.ts'
import { OWN_PART } from './byte-writer.ts'

const Bytes = Uint8Array
const ZEROS = new Bytes(BULK_ALIGNMENT)

export class BlobWriter {
  #parts: (Uint8Array | LatePart)[] = []
  length = 0

  bytes(source: Uint8Array): void {
    if (source.length >= OWN_PART) return this.late(source)
    const padding = this.#padding()
    const copy = new Bytes(padding + source.length)
    copy.set(source, padding)
    this.#add(copy)
  }

  /** What is made when the bundle is put together. */
  late(part: Uint8Array | LatePart): void {
    const padding = this.#padding()
    if (padding > 0) this.#add(ZEROS.subarray(0, padding))
    this.#add(part)
  }

  #padding(): number {
    return (BULK_ALIGNMENT - (this.length % BULK_ALIGNMENT)) % BULK_ALIGNMENT
  }

  #add(part: Uint8Array | LatePart): void {
    this.#parts.push(part)
    this.length += part.length
  }

  parts(): readonly (Uint8Array | LatePart)[] {
    return this.#parts
  }

  /** Begins anew. */
  restart(): void {
    this.#parts = []
    this.length = 0
  }
}
