// A function's own source text and what the analyzer says of it.
import { analyzeFunction, type FunctionFacts } from '../analyze/index.ts'
import { homeOfSuper } from '../codegen/super.ts'

const functionToString = Function.prototype.toString
const texts = new WeakMap<object, string>()

export function sourceOf(fn: object): string {
  let text = texts.get(fn)
  if (text === undefined) texts.set(fn, (text = liveText(fn)))
  return text
}

/** The text that V8 has: of a loaded function, as it was edited. */
export function liveText(fn: object): string {
  return Reflect.apply(functionToString, fn, []) as string
}

/** A loaded function whose text had to be edited is known by the text that it was written as. */
export function rememberSource(fn: object, text: string): void {
  texts.set(fn, text)
}

const origins = new WeakMap<object, string>()

/** Where a loaded function came from first, if its code asks. */
export function rememberOrigin(fn: object, origin: string): void {
  origins.set(fn, origin)
}

export function knownOrigin(fn: object): string | undefined {
  return origins.get(fn)
}

const homes = new WeakMap<object, object>()

/** The class that a loaded function was made within. */
export function rememberHome(fn: object, home: object): void {
  homes.set(fn, home)
}

/** The class or object literal that a loaded function was made within. */
export function knownHome(fn: object): object | undefined {
  return homes.get(fn)
}

const supers = new WeakMap<object, object>()

/** What stands for `super` in a loaded function whose text was edited. */
export function rememberSuper(fn: object, reference: object): void {
  supers.set(fn, reference)
}

/** The home object of a loaded function that was made away from it. */
export function knownSuperHome(fn: object): object | undefined {
  const reference = supers.get(fn)
  return reference && homeOfSuper(reference)
}

export function isNativeText(text: string): boolean {
  return text.endsWith('{ [native code] }')
}

export function isClassText(text: string): boolean {
  return text.startsWith('class') && !isNativeText(text)
}

/** Facts of the text, or null if it does not parse. */
export function analyzed(text: string): FunctionFacts | null {
  try {
    return analyzeFunction(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
