// Objects that stand for all others of their hidden class, which then need not be looked at.
import { hasFastProperties } from '../capture/index.ts'

const { isExtensible } = Reflect
const INDEX = /^\d/

/**
 * Does the hidden class of an object with these keys tell all that there is to know of an object, but whether it has
 * elements? Not of one that is not extensible: it would stand for what is written as if it were.
 */
export function isExemplary(object: object, keys: readonly string[]): boolean {
  return !(keys.length > 0 && INDEX.test(keys[0])) && hasFastProperties(object) && isExtensible(object)
}
