// Brand checks for objects whose slots no test of Node's knows: only trying an accessor of the class tells.
import { types } from 'node:util'

const { apply, getPrototypeOf } = Reflect

/** Does the object inherit from the prototype, and does the class's own function accept it? */
export function hasBrand(value: object, prototype: object, accessor: () => unknown): boolean {
  // Trying costs an exception: not for ordinary objects.
  if (!inheritsFrom(value, prototype)) return false
  try {
    apply(accessor, value, [])
    return true
  } catch {
    return false
  }
}

/** Going by the chain of prototypes, up to a proxy, whose trap would run. */
export function inheritsFrom(value: object, prototype: object): boolean {
  for (let at: object | null = value; at !== null && !types.isProxy(at); at = getPrototypeOf(at))
    if (at === prototype) return true
  return false
}
