// Whether a value is a class, which can't be called.
import { Function, Reflect } from '../serializer/globals.ts'

const { toString } = Function.prototype

export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Reflect.apply(toString, value, []))
}

/** A function that can be called as such. */
export function isCallable(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function' && !isClass(value)
}
