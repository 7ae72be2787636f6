// What an executor keeps in a thread beside user code, which may patch the prototypes that its own things have.

import { Object } from '../../serializer/globals.ts'

/** The object, with these methods as they are now: no patch of its prototype reaches them. */
export function withOwnMethods<T extends object>(object: T, ...names: readonly (keyof T)[]): T {
  for (const name of names)
    Object.defineProperty(object, name, { value: object[name], writable: true, configurable: true })
  return object
}

/** A Map whose methods are as they were when cornichon was loaded. */
export class OwnMap<K, V> extends Map<K, V> {}

/** The same of a Set. */
export class OwnSet<T> extends Set<T> {}

for (const type of [OwnMap, OwnSet]) {
  const { prototype } = type
  const { constructor: _, ...inherited } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(prototype))
  Object.defineProperties(prototype, inherited as PropertyDescriptorMap)
}
