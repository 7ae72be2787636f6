// Small messages of a Pickler stand side by side in memory that they share, as Node's small Buffers do (Buffer.poolSize): to
// allocate and to free some for each takes a fifth of the time that pickling one takes.
import { markAsUntransferable } from 'node:worker_threads'

const SIZE = 8192
const Bytes = Uint8Array
const Memory = ArrayBuffer

/** Larger ones have their own memory. */
export const LARGEST_SHARED = 1024

let memory = new Memory(0)
let bytes = new Bytes(memory)
let free = SIZE

/** A copy of so few bytes. */
export function copyIntoShared(source: Uint8Array, size: number): Uint8Array {
  if (free + size > SIZE) {
    memory = new Memory(SIZE)
    // Who gives one message to another thread does not give away the others.
    markAsUntransferable(memory)
    bytes = new Bytes(memory)
    free = 0
  }
  const start = free
  free = (start + size + 7) & -8
  bytes.set(source, start)
  return new Bytes(memory, start, size)
}
