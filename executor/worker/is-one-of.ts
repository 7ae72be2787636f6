// Whether an error is of one of the classes that are worth another try (the option retryExceptions).
import { isNativeError } from 'node:util/types'
import { Error, Object, Reflect } from '../../serializer/globals.ts'

type ErrorClass = abstract new (...args: never[]) => unknown

/** Each realm has its own: one that was made in a context of node:vm is of none of these, and of the same name. */
const builtIn = new Set<unknown>([
  ...[Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
])

export function isOneOf(classes: readonly ErrorClass[], error: unknown): boolean {
  return classes.some(
    (type) =>
      error instanceof type || (builtIn.has(type) && isNativeError(error) && isNamed(error, type.name)),
  )
}

/** By the prototypes that it inherits from: an error's own name may be anything. */
function isNamed(error: object, name: string): boolean {
  let at = Reflect.getPrototypeOf(error)
  for (; at !== null; at = Reflect.getPrototypeOf(at))
    if (Object.getOwnPropertyDescriptor(at, 'name')?.value === name) return true
  return false
}
