// What V8's inspector lists of an object beyond its properties (Runtime.getProperties).
//
// V8 also describes every own property's value and every slot's, and that is the one place where code of the user's
// may be asked: it reads `stack` and `message` of an error there, and a `splice` that an object has or inherits.
import { types } from 'node:util'
import { ReflectGetPrototypeOf, ReflectSetPrototypeOf } from '../primordials.ts'
import { objectIdOf } from './handover.ts'
import { post } from './session.ts'

export interface InspectedObject {
  readonly internalProperties?: readonly { readonly name: string; readonly value: any }[]
  readonly privateProperties?: readonly { readonly name: string; readonly value?: any }[]
}

export function inspected(object: object): InspectedObject {
  return besideProxies(object, () => inspectedById(objectIdOf(object)))
}

/** Only for an object that is not `behindProxy`. */
export function inspectedById(objectId: string): InspectedObject {
  return post('Runtime.getProperties', { objectId, ownProperties: true, nonIndexedPropertiesOnly: true })
}

/** Is there a proxy among the object's prototypes, or is it one? */
export function behindProxy(object: object): boolean {
  for (let at: object | null = object; at !== null; at = ReflectGetPrototypeOf(at))
    if (types.isProxy(at)) return true
  return false
}

/** V8 looks along the prototypes and would call the traps of a proxy there: it is out of sight meanwhile. */
function besideProxies<T>(object: object, work: () => T): T {
  if (types.isProxy(object)) return work()
  for (let at = object; ; ) {
    const prototype = ReflectGetPrototypeOf(at)
    if (prototype === null) return work()
    if (types.isProxy(prototype)) {
      if (!ReflectSetPrototypeOf(at, null)) return work()
      try {
        return work()
      } finally {
        ReflectSetPrototypeOf(at, prototype)
      }
    }
    at = prototype
  }
}
