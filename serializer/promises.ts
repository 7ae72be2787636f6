// Promises of ours beside user code that puts a `then` on all objects. Whoever resolves a promise with an object asks it for
// `then`, and would take that one for the object's own: the promise would never settle, or with something else.
import { Promise, TypeError } from './globals.ts'
import {
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectGetPrototypeOf,
  ReflectSetPrototypeOf,
} from './primordials.ts'

const ObjectPrototype = globalThis.Object.prototype
const ArrayPrototype = globalThis.Array.prototype
const FunctionPrototype = globalThis.Function.prototype

/** Whether all objects, arrays or functions have a `then`. */
export function isThenInherited(): boolean {
  return 'then' in ArrayPrototype || 'then' in FunctionPrototype
}

/** Takes it away for good. False if that can't be done: it is locked. */
export function removeInheritedThen(): boolean {
  ReflectDeleteProperty(ObjectPrototype, 'then')
  ReflectDeleteProperty(ArrayPrototype, 'then')
  ReflectDeleteProperty(FunctionPrototype, 'then')
  return !isThenInherited()
}

/** Does something that runs no code of the user's, with the built-in prototypes as they would be without it. */
function withoutInheritedThen(work: () => void): void {
  const putBack = [ObjectPrototype, ArrayPrototype, FunctionPrototype].map(takeThenFrom)
  try {
    work()
  } finally {
    for (let i = 0; i < putBack.length; i++) putBack[i]!()
  }
}

function takeThenFrom(prototype: object): () => void {
  const descriptor = ReflectGetOwnPropertyDescriptor(prototype, 'then')
  if (descriptor === undefined || !ReflectDeleteProperty(prototype, 'then')) return () => {}
  ReflectSetPrototypeOf(descriptor, null)
  return () => void ReflectDefineProperty(prototype, 'then', descriptor)
}

/** Whether the `then` that a value has is one that all of its kind have. */
function inheritsThen(value: object): boolean {
  for (let at: object | null = value; at !== null; at = ReflectGetPrototypeOf(at))
    if (ReflectGetOwnPropertyDescriptor(at, 'then') !== undefined)
      return at === ObjectPrototype || at === ArrayPrototype || at === FunctionPrototype
  return false
}

/** What `await` waits for; not what only has a `then` because all objects have one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    isObject(value) &&
    typeof (value as { then?: unknown }).then === 'function' &&
    !(isThenInherited() && inheritsThen(value))
  )
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
}

/** As `new Promise`; what it is resolved with is not asked for the `then` that all objects have. */
export function promiseOf<T>(
  work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    work((value) => {
      if (isThenInherited() && isObject(value) && inheritsThen(value)) resolveBare(value, resolve, reject)
      else resolve(value)
    }, reject)
  })
}

function resolveBare<T>(value: T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  withoutInheritedThen(() => {
    if (isThenInherited()) reject(new TypeError(`${THEN_INHERITED}, and it can't be taken away`))
    else resolve(value)
  })
}

/** As an async function that says by `resolve` what it gives; that is not asked for the `then` that all objects have. */
export function answering<T>(work: (resolve: (value: T) => void) => Promise<void>): Promise<T> {
  return promiseOf((resolve, reject) => {
    const run = async () => {
      try {
        await work(resolve)
      } catch (error) {
        reject(error)
      }
    }
    void run()
  })
}

/** Resolves when all have; rejects with the first that does. */
export function allOver(promises: readonly Promise<unknown>[]): Promise<void> {
  return someOver(promises, promises.length)
}

/** The same when so many have. */
export function someOver(promises: readonly Promise<unknown>[], count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count
    if (left === 0) resolve()
    const wait = async (promise: Promise<unknown>) => {
      try {
        await promise
        if (--left === 0) resolve()
      } catch (error) {
        reject(error)
      }
    }
    for (let i = 0; i < promises.length; i++) void wait(promises[i]!)
  })
}

export const THEN_INHERITED =
  'a property `then` is on the prototype of all objects, arrays or functions: a promise that is resolved with one waits for it for ever'

/** Throws where other people's code, which resolves promises with objects, has to do the work. */
export function requireNoInheritedThen(what: string): void {
  if (isThenInherited())
    throw new TypeError(
      `${THEN_INHERITED}. ${what} can't work meanwhile: take it away (delete Object.prototype.then)`,
    )
}
