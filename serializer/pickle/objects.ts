// What both halves of the reader ask and say of objects and their properties.
import { Attribute } from './opcodes.ts'

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
