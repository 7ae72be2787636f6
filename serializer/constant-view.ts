// The object of a `with` statement that generated code has around a function with a direct `eval`: it shows variables that the
// function may read, and that others write, as the constants that they were to the function as imports.
import { ReflectGetOwnPropertyDescriptor } from './primordials.ts'

/** A property that no other object has. */
export const CONSTANT_VIEW = '$cornichon_constants'

export function isConstantView(object: object): boolean {
  return ReflectGetOwnPropertyDescriptor(object, CONSTANT_VIEW) !== undefined
}
