// The last resort: looking through the whole heap (Runtime.queryObjects collects garbage first; 40 ms and more).
import { types } from 'node:util'
import { ReflectGetOwnPropertyDescriptor, ReflectOwnKeys } from '../primordials.ts'
import { captureFunction } from './functions.ts'
import { liveValue, objectIdOf, release } from './handover.ts'
import { post } from './session.ts'

/** The live functions of a script that satisfy a test. */
export function functionsOf(scriptId: string, matches: (fn: object) => boolean): object[] {
  const found = inheritors(Function.prototype).filter(
    (value) => typeof value === 'function' && !types.isProxy(value) && matches(value),
  )
  return found.filter((fn) => captureFunction(fn).scriptId === scriptId)
}

/** The live objects that have the function as an own property's value, getter or setter. */
export function functionHolders(fn: object): object[] {
  return inheritors(Object.prototype).filter((value) => {
    if (types.isProxy(value)) return false
    for (const key of ReflectOwnKeys(value)) {
      const descriptor = ReflectGetOwnPropertyDescriptor(value, key)!
      // A descriptor of our own walk has it too, but as no method.
      if ((descriptor.value === fn || descriptor.get === fn || descriptor.set === fn) && isMethodKey(fn, key))
        return true
    }
    return false
  })
}

function isMethodKey(fn: object, key: PropertyKey): boolean {
  const name = ReflectGetOwnPropertyDescriptor(fn, 'name')?.value as unknown
  if (typeof name !== 'string') return true
  return typeof key === 'symbol'
    ? name.endsWith(`[${key.description ?? ''}]`)
    : name === key || name.endsWith(` ${String(key)}`)
}

function inheritors(prototype: object): object[] {
  const { objects } = post('Runtime.queryObjects', {
    prototypeObjectId: objectIdOf(prototype),
    objectGroup: 'cornichon',
  })
  const list = liveValue(objects.objectId) as object[]
  release(true)
  return list
}
