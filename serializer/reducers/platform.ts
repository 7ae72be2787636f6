// Classes of Node's that not every process has: some come with a module that is loaded when it is needed, some with a
// newer Node. Nobody has an object of a class whose module was never loaded, so looking for one never loads it.

import { createRequire } from 'node:module'
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { findBuiltin, findIntrinsic, isNodes, loadedInternals } from '../references/index.ts'
import { unexportedClass } from './native.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const symbolDescription = getOwnPropertyDescriptor(Symbol.prototype, 'description')!.get!
const require = createRequire(import.meta.url)

export interface NodeClass<T extends object = any> {
  new (...args: any[]): T
  readonly prototype: T
}

export interface LateClass<T extends object> {
  /** The class, if Node has loaded it. */
  (): NodeClass<T> | undefined
  /**
   * The prototype of what stands in its place. Whether that is the user's, the first object that inherits from it has to
   * tell: it takes V8's debugger, longer than all else that most data need. So does reading an accessor, which
   * `isThorough` allows.
   */
  expected(isThorough: boolean): object | undefined
  /** For making an object: loads it. Throws UnpicklingError if this Node has none. */
  needed(): NodeClass<T>
}

/** `name` of the built-in module, which `internal` brings into being. */
export function lateClass<T extends object>(internal: string, module: string, name: string): LateClass<T> {
  return late(internal, name, () => getOwnPropertyDescriptor(require(`node:${module}`), name))
}

/** A global, likewise. */
export function lateGlobal<T extends object>(internal: string, name: string): LateClass<T> {
  return late(internal, name, () => getOwnPropertyDescriptor(globalThis, name))
}

function late<T extends object>(
  internal: string,
  name: string,
  read: () => PropertyDescriptor | undefined,
): LateClass<T> {
  let found: NodeClass<T> | undefined
  /** What stood there when it was first looked for: the user's code may put something else there later. */
  let first: unknown
  const look = (): unknown => {
    const descriptor = read()
    if (!descriptor?.get) return descriptor?.value
    return isNodes(descriptor.get) ? Reflect.apply(descriptor.get, globalThis, []) : undefined
  }
  const isClass = (value: unknown): value is NodeClass<T> =>
    typeof value === 'function' && !types.isProxy(value)
  // User code may have put a class of its own there.
  const ifNodes = (value: unknown) => (isClass(value) && isNodes(value) ? value : undefined)
  const find = () => (found ??= ifNodes(first) ?? ifNodes(look()))
  const isLoaded = () => loadedInternals().has(internal)
  const ifLoaded = () => found ?? (isLoaded() ? find() : undefined)
  return Object.assign(ifLoaded, {
    expected(isThorough: boolean) {
      if (found) return found.prototype
      if (!isLoaded()) return undefined
      first ??= isThorough ? look() : read()?.value
      return isClass(first) ? (getOwnPropertyDescriptor(first, 'prototype')?.value as object) : undefined
    },
    needed() {
      const value = found ?? find()
      if (!value)
        throw new UnpicklingError(`the bundle has a ${name}, which Node ${process.version} does not have`)
      return value
    },
  })
}

/** The original getter of a property, wherever in the prototypes it is. */
export function getterOf(object: object, name: PropertyKey): () => any {
  for (let at: object | null = object; at !== null; at = getPrototypeOf(at)) {
    const getter = getOwnPropertyDescriptor(at, name)?.get
    if (getter) return getter
  }
  throw new TypeError(`no getter for ${String(name)}`)
}

/** An own property that Node keeps under a symbol of its own, by the symbol's description. */
export function keptUnder(object: object, description: string): unknown {
  const key = symbolKey(object, description)
  return key === undefined ? undefined : getOwnPropertyDescriptor(object, key)?.value
}

export function symbolKey(object: object, description: string): symbol | undefined {
  return ownKeys(object).find(
    (key): key is symbol => typeof key === 'symbol' && descriptionOf(key) === description,
  )
}

/** The symbols under which Node keeps what the type's own entry restores. */
export function nodesKeys(...descriptions: readonly string[]): (value: object) => PropertyKey[] {
  return (value) =>
    ownKeys(value).filter((key) => typeof key === 'symbol' && descriptions.includes(descriptionOf(key) ?? ''))
}

export function descriptionOf(symbol: symbol): string | undefined {
  return Reflect.apply(symbolDescription, symbol, []) as string | undefined
}

/** Is the object of this class or a user's subclass of it, not of another class of Node's in between? */
export function isNearest(value: object, prototype: object): boolean {
  for (let at = getPrototypeOf(value); at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
    if (at === prototype) return true
    if (unexportedClass(at) !== null || findIntrinsic(at) || findBuiltin(at)) return false
  }
  return false
}
