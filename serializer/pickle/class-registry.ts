// The classes of this thread that came in a bundle or went out in one, by identity: so that a class sent twice is
// one class, and an instance that comes home finds its own. Held weakly.
import { types } from 'node:util'
import type { ClassHook } from '../codegen/instantiate.ts'

export interface KnownClass {
  readonly value: object
  readonly prototype: object
  /** The functions of its methods and accessors, in the order of the record's members. */
  readonly members: readonly object[]
  /** Null for a class that was never loaded: the sender's own. */
  readonly hook: ClassHook | null
}

const byIdentity = new Map<string, WeakRef<object>>()
const entries = new WeakMap<object, KnownClass>()
/** What classes and functions see, by the names of their variables: weak collections, where instances have state, and functions, which may see such. */
const seen = new WeakMap<object, Map<string, object>>()
const cleanup = new FinalizationRegistry<string>((identity) => {
  if (byIdentity.get(identity)?.deref() === undefined) byIdentity.delete(identity)
})

/** From now on the class is the one of that identity. */
export function registerClass(identity: string, entry: KnownClass): void {
  if (byIdentity.get(identity)?.deref() === entry.value) {
    // A loaded class that is pickled again stays known with its hook.
    return
  }
  noteClass(entry)
  byIdentity.set(identity, new WeakRef(entry.value))
  cleanup.register(entry.value, identity)
}

/** The class can be asked for its hook; none is found by its identity yet. */
export function noteClass(entry: KnownClass): void {
  entries.set(entry.value, entry)
}

export function findClass(identity: string): KnownClass | undefined {
  const value = byIdentity.get(identity)?.deref()
  return value && entries.get(value)
}

/** The entry of a class value, for its hook. */
export function knownClass(value: object): KnownClass | undefined {
  return entries.get(value)
}

/** Takes note of what the variable of a class or function holds, if it is a weak collection or a function. */
export function noteSeen(owner: object, name: string, value: unknown): void {
  if (typeof value !== 'function' && !isWeakCollection(value)) return
  let values = seen.get(owner)
  if (!values) seen.set(owner, (values = new Map()))
  values.set(name, value as object)
}

const NOTHING: ReadonlyMap<string, object> = new Map()

export function seenBy(owner: object): ReadonlyMap<string, object> {
  return seen.get(owner) ?? NOTHING
}

export function isWeakCollection(value: unknown): value is object {
  return typeof value === 'object' && (types.isWeakMap(value) || types.isWeakSet(value))
}
