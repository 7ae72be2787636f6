// Functions that are compiled from text: from nothing but property names in string literals.
const FunctionConstructor = Function
let canGenerate = true

/** The function with these parameters and this body; null where no code may be made of strings. */
export function generate<T>(parameters: readonly string[], body: string): T | null {
  if (!canGenerate) return null
  try {
    return new FunctionConstructor(...parameters, body) as T
  } catch {
    canGenerate = false
    return null
  }
}
