// While a CommonJS module is evaluated, Node gives its exports a prototype that warns whoever reads, in a cycle, what is
// not there yet, and takes it away at the end. A copy is evaluated no more: it has what stays.
import { types } from 'node:util'
import { internalSlots } from '../capture/index.ts'
import { ReflectGetOwnPropertyDescriptor, ReflectGetPrototypeOf } from '../primordials.ts'
import { isNativeFunction, isNodes } from '../references/index.ts'

const ObjectPrototype = Object.prototype
const known = new WeakSet<object>()

/** The prototype of an object; for one of Node's that warns, the one that it stands for. */
export function settledPrototypeOf(object: object): object | null {
  const prototype = ReflectGetPrototypeOf(object)
  return prototype !== null && types.isProxy(prototype) && isWarning(prototype) ? ObjectPrototype : prototype
}

/** A proxy whose traps are Node's own. */
function isWarning(proxy: object): boolean {
  if (known.has(proxy)) return true
  const handler = internalSlots(proxy).get('[[Handler]]')
  if (typeof handler !== 'object' || handler === null || types.isProxy(handler)) return false
  const trap: unknown = ReflectGetOwnPropertyDescriptor(handler, 'get')?.value
  // A native trap can be anyone's: Reflect.get.
  if (typeof trap !== 'function' || types.isProxy(trap) || isNativeFunction(trap) || !isNodes(trap))
    return false
  known.add(proxy)
  return true
}
