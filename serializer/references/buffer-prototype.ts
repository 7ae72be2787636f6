// Whose `Buffer.prototype` is. Its class can be asked for its script, but for the first such question V8's debugger is switched on,
// longer than to dump data. What Node's native code makes tells as well: it has the prototype from before any code of the user's.

import { types } from 'node:util'
import * as v8 from 'node:v8'
import { isNativeCode } from './origin.ts'

const { apply, construct, getPrototypeOf } = Reflect
const { Serializer } = v8
const release: unknown = Serializer.prototype.releaseBuffer

let known: object | null | undefined

/** Is it the prototype of Node's own Buffers? `false` may be said of any. */
export function isBufferPrototype(value: unknown): boolean {
  if (known === undefined) known = prototypeOfMade()
  return known !== null && value === known
}

function prototypeOfMade(): object | null {
  // User code may have put functions of its own there.
  if (!isNativeCode(Serializer) || typeof release !== 'function' || !isNativeCode(release)) return null
  try {
    const made: unknown = apply(release, construct(Serializer, []), [])
    return types.isUint8Array(made) ? getPrototypeOf(made) : null
  } catch {
    return null
  }
}
