// transfer: buffers that the caller gives away. They are moved to where the value goes, and are empty here afterwards.

import { Array, ArrayBuffer, SharedArrayBuffer, TypeError } from '../serializer/globals.ts'
import { withOwnMethods } from './worker/own-methods.ts'

/** Given away, until they are. */
export const transferMarks = withOwnMethods(new WeakSet<ArrayBufferLike>(), 'add', 'has')

/**
 * Marks the buffers as given away, and returns the value: whatever is sent next with them moves them instead of copying,
 * arguments (`f.remote(transfer(array, [array.buffer]))`), a result, or what is put. Whoever gets the value has the memory.
 */
export function transfer<T>(value: T, buffers: readonly ArrayBufferLike[]): T {
  if (!Array.isArray(buffers)) throw notBuffers()
  for (const buffer of buffers) {
    if (!(buffer instanceof ArrayBuffer) && !(buffer instanceof SharedArrayBuffer)) throw notBuffers()
    transferMarks.add(buffer)
  }
  return value
}

function notBuffers(): TypeError {
  return new TypeError(
    'transfer is given the value and a list of its ArrayBuffers: transfer(view, [view.buffer])',
  )
}
