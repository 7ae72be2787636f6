// Reducers of the user's: the registry (pickle's copyreg), a class's own hook (pickle's __reduce__), and their shapes.
import { types } from 'node:util'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect

/** A table holds classes and functions of every signature. */
type Anything = any

export type Class<T = Anything> = abstract new (...args: Anything[]) => T
/** Makes the object that a reduction stands for: a class is called with `new`, any other function without. */
export type Factory = Class | ((...args: Anything[]) => unknown)

/**
 * How to rebuild an object from others, after pickle's `__reduce__`: `[factory, args, state, items, entries, setState]`.
 * State, items and entries are filled in when the object exists, so they may refer to it; `args` may not.
 */
export type Reduction = readonly [
  factory: Factory,
  args: readonly unknown[],
  /** Defined as own properties, or given to `setState`. */
  state?: unknown,
  /** Go in through `push` or `add`. */
  items?: Iterable<unknown> | null,
  /** Go in through `set`, or as properties. */
  entries?: Iterable<readonly [unknown, unknown]> | null,
  setState?: ((result: Anything, state: Anything) => unknown) | null,
]

/** A reduction, or where the value is exported: 'node:path#join', 'package#name'. */
export type Reducer<T = Anything> = (value: T) => Reduction | string
export type DispatchTable = ReadonlyMap<Class, Reducer>

/** Names by which a class can say how its instances are pickled. The same in every copy of cornichon. */
export const symbols = { reduce: Symbol.for('cornichon.reduce') } as {
  /** `[symbols.reduce]()` of an instance, or `static [symbols.reduce](value)`. Inherited. */
  readonly reduce: unique symbol
}

const registered = new Map<Class, Reducer>()

/**
 * From now on, instances of exactly that class are pickled as the reducer says, in place of what is built in for it.
 * A reducer that was registered before is replaced.
 */
export function registerReducer<T>(type: Class<T>, reducer: Reducer<T>): void {
  checkClass(type)
  if (typeof reducer !== 'function')
    throw new TypeError(`a reducer is a function that returns a reduction, not ${describe(reducer)}`)
  registered.set(type, reducer)
}

/** Takes a registration back. Throws if there was none. */
export function unregisterReducer(type: Class): void {
  checkClass(type)
  if (!registered.delete(type)) throw new Error(`no reducer is registered for ${nameOfClass(type)}`)
}

export function registeredReducers(): DispatchTable {
  return registered
}

function checkClass(type: unknown): void {
  const prototype =
    typeof type === 'function' ? getOwnPropertyDescriptor(type, 'prototype')?.value : undefined
  if (typeof prototype !== 'object' || prototype === null)
    throw new TypeError(`a reducer is registered for a class, not for ${describe(type)}`)
}

export function nameOfClass(type: unknown): string {
  const name = typeof type === 'function' ? getOwnPropertyDescriptor(type, 'name')?.value : undefined
  return typeof name === 'string' && name !== '' ? name : 'a class without a name'
}

export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`
  if (typeof value === 'undefined' || typeof value === 'boolean' || typeof value === 'number')
    return String(value)
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

/** The class that an object is an instance of itself, not by inheritance. */
export function exactClassOf(value: object): Class | undefined {
  const prototype = getPrototypeOf(value)
  if (prototype === null || types.isProxy(prototype)) return undefined
  const type: unknown = getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof type !== 'function' || types.isProxy(type)) return undefined
  return getOwnPropertyDescriptor(type, 'prototype')?.value === prototype ? (type as Class) : undefined
}

/** The hook of the object's class, ready to be called with the object; undefined if there is none. */
export function findHook(value: object): Reducer<object> | undefined {
  const own = inherited(value)
  if (own !== undefined) return (object) => Reflect.apply(own, object, [])
  const type = exactClassOf(value)
  const ofClass = type === undefined ? undefined : inherited(type)
  return ofClass && ((object) => Reflect.apply(ofClass, type, [object]))
}

/** By descriptors, so that no getter and no trap runs. */
function inherited(object: object): ((...args: unknown[]) => Reduction | string) | undefined {
  for (let at: object | null = object; at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
    const descriptor = getOwnPropertyDescriptor(at, symbols.reduce)
    if (descriptor) return typeof descriptor.value === 'function' ? descriptor.value : undefined
  }
  return undefined
}
