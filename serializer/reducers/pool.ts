// The memory that Node cuts small Buffers out of. It is nobody's data: views of it travel with their own bytes alone.
import { types } from 'node:util'
import * as threads from 'node:worker_threads'
import { haveSameHiddenClass, seesHiddenClasses } from '../capture/index.ts'

const { apply, getOwnPropertyDescriptor } = Reflect
const bufferBytes = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!
const { isMarkedAsUntransferable } = threads as { isMarkedAsUntransferable?: (value: object) => boolean }
/** `Buffer.poolSize` bytes and, from Node 26 on, some more to align it. */
const example = Buffer.from('a').buffer
const poolSize = example.byteLength

/** Null: a user's buffer could be like that, too. */
export function isPool(buffer: ArrayBufferLike): boolean | null {
  if (types.isSharedArrayBuffer(buffer) || apply(bufferBytes, buffer, []) !== poolSize) return false
  // Node marks its pools. Node 20 does not tell, but the mark is part of the hidden class.
  if (isMarkedAsUntransferable !== undefined) return isMarkedAsUntransferable(buffer)
  return seesHiddenClasses ? haveSameHiddenClass(buffer, example) : null
}
