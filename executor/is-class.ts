// Whether a value is a class, which can't be called.
import { Function, Reflect } from '../serializer/globals.ts'

const { toString } = Function.prototype

export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Reflect.apply(toString, value, []))
}

/** A function that can be called as such. Few have a prototype that can't be replaced, as classes do: of others no text is made. */
export function isCallable(value: unknown): value is (...args: unknown[]) => unknown {
  if (typeof value !== 'function') return false
  return Reflect.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false || !isClass(value)
}
