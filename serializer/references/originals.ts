// What this folder uses of the language, held from the start: identity must be found, and packages loaded, also
// after user code has patched Map, Reflect or Object.

export const {
  apply,
  get: reflectGet,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  has: reflectHas,
  ownKeys,
} = Reflect

export const ObjectPrototype = Object.prototype
export const FunctionPrototype = Function.prototype
const functionToString = Function.prototype.toString
const descriptionGetter = getOwnPropertyDescriptor(Symbol.prototype, 'description')!.get!
export const { keyFor: symbolKeyFor, for: symbolFor } = Symbol

/** The text of a function; `function () { [native code] }` for one that is not JavaScript. */
export function textOf(fn: object): string {
  return apply(functionToString, fn, [])
}

export function isNativeText(text: string): boolean {
  return text.endsWith('{ [native code] }')
}

export function descriptionOf(symbol: symbol): string {
  return (apply(descriptionGetter, symbol, []) as string | undefined) ?? ''
}

/** The value of an own data property; undefined for an accessor, which is not run. */
export function ownValue(object: object, key: PropertyKey): unknown {
  return getOwnPropertyDescriptor(object, key)?.value
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Collections with methods of their own, as in Node's primordials. Make them without arguments. */
export class SafeMap<K, V> extends Map<K, V> {}
export class SafeSet<T> extends Set<T> {}
export class SafeWeakMap<K extends WeakKey, V> extends WeakMap<K, V> {}
for (const [safe, original] of [
  [SafeMap, Map],
  [SafeSet, Set],
  [SafeWeakMap, WeakMap],
] as const) {
  for (const key of ownKeys(original.prototype)) {
    if (key === 'constructor') continue
    Object.defineProperty(safe.prototype, key, getOwnPropertyDescriptor(original.prototype, key)!)
  }
}
