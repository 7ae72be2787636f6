// What both halves of the reader ask and say of objects and their properties.
import { types } from 'node:util'
import { madeBuffer } from '../reducers/index.ts'
import { Attribute } from './opcodes.ts'

const { getPrototypeOf } = Reflect

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function dataDescriptor(value: unknown, attributes: number): PropertyDescriptor {
  return {
    value,
    writable: (attributes & Attribute.Writable) !== 0,
    enumerable: (attributes & Attribute.Enumerable) !== 0,
    configurable: (attributes & Attribute.Configurable) !== 0,
  }
}

/** Is it a data property with the attributes of one that was assigned? */
export function isUsual(descriptor: PropertyDescriptor | undefined): boolean {
  return (
    descriptor !== undefined &&
    descriptor.writable === true &&
    descriptor.enumerable === true &&
    descriptor.configurable === true
  )
}

/** Is the key the first of the object's enumerable ones? (Elements come before all others.) */
export function isFirst(key: string, object: object): boolean {
  for (const first in object) return first === key
  return false
}

/** Has the object something else to say than it seems when it is asked for a key, or given a property? */
export function isExotic(object: object): boolean {
  return types.isProxy(object) || types.isTypedArray(object) || types.isModuleNamespaceObject(object)
}

/** Is there something exotic among what the object inherits from, which could answer for it? */
export function inheritsExotic(object: object): boolean {
  for (let at = getPrototypeOf(object); at !== null; at = getPrototypeOf(at)) if (isExotic(at)) return true
  return false
}

/** A buffer of its own for received bytes. */
export function copyOf(bytes: Uint8Array): ArrayBufferLike {
  return madeBuffer({ length: bytes.length, maximum: null, isShared: false }, bytes)
}
