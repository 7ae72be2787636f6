// What makes a class the same class in a process that has it already: its text, what it extends and the values it
// was made with. Fixed when the class is first pickled, so that state which changes later makes no new class of it.
import { createHash } from 'node:crypto'
import { types } from 'node:util'
import type { BindingRecord } from '../codegen/records.ts'
import { sourceOf } from './source.ts'

const { getTime } = Date.prototype
const mapForEach = Map.prototype.forEach
const setForEach = Set.prototype.forEach
const identities = new WeakMap<object, string>()
const MAX_VALUES = 500
/** How far classes that classes use are followed: what is behind further ones counts by their text. */
const MAX_DEPTH = 2

/** A variable that a class or a function was made with. */
export interface Defining {
  readonly name: string
  readonly value: unknown
  /** It is a module's, of which there is one: what is in it may be other than when it was made. */
  readonly isOnce: boolean
}

/** What a class or another function was made with; null for what is where the bundle is loaded. */
export type DefinitionOf = (fn: object) => readonly Defining[] | null

/** A class, as far as its identity depends on it. */
export interface ClassDefinition {
  readonly fn: object
  readonly text: string
  readonly heritage: unknown
  readonly bindings: readonly BindingRecord[]
  /** As of Defining. */
  isOnce(binding: BindingRecord): boolean
  readonly definitionOf: DefinitionOf
}

export function classIdentity(definition: ClassDefinition): string {
  const { fn, text, heritage, bindings, definitionOf } = definition
  let identity = identities.get(fn)
  if (identity === undefined) {
    const digest = new Digest(definitionOf)
    digest.add(text)
    digest.value(Reflect.getOwnPropertyDescriptor(fn, 'name')?.value)
    digest.value(heritage)
    for (const binding of bindings) {
      digest.add(binding.name)
      // A variable that the class writes is state, not definition.
      if (!binding.written && binding.kind !== 'dead')
        digest.value(binding.members ? 'namespace' : binding.value, !definition.isOnce(binding))
    }
    identity = digest.end()
    identities.set(fn, identity)
  }
  return identity
}

/** A class that was loaded keeps the identity it came with. */
export function adoptIdentity(fn: object, identity: string): void {
  identities.set(fn, identity.replace(/#\d+$/, ''))
}

/** Takes in the beginning of a value's graph, never running user code; enough to tell definitions apart. */
class Digest {
  readonly #hash = createHash('sha256')
  readonly #seen = new Set<object>()
  readonly #definitionOf: DefinitionOf
  #depth = 0

  constructor(definitionOf: DefinitionOf) {
    this.#definitionOf = definitionOf
  }

  add(text: string): void {
    this.#hash.update(`${text.length}:`).update(text, 'utf16le')
  }

  /** Of what a module has once, what collections and instances hold is state. */
  value(value: unknown, isOwn = false): void {
    if (typeof value === 'symbol') return this.add('symbol')
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      return this.add(`${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`)
    }
    if (this.#seen.has(value) || this.#seen.size >= MAX_VALUES || types.isProxy(value))
      return this.add('known')
    if (types.isModuleNamespaceObject(value)) return this.add('namespace')
    this.#seen.add(value)
    if (typeof value === 'function') {
      // Not by an identity that it may have: that would depend on what was pickled before.
      this.add(sourceOf(value))
      return this.#definition(value)
    }
    if (types.isMap(value) || types.isSet(value) || types.isTypedArray(value)) {
      this.add('collection')
      return isOwn ? this.#elements(value) : undefined
    }
    const prototype = Reflect.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) {
      this.add('instance')
      if (!isOwn) return
      if (types.isDate(value)) this.add(String(Reflect.apply(getTime, value, [])))
    }
    this.#properties(value, isOwn)
  }

  #properties(object: object, isOwn: boolean): void {
    for (const key of Reflect.ownKeys(object)) {
      if (this.#seen.size >= MAX_VALUES) return
      this.add(typeof key === 'string' ? key : 'symbol')
      this.value(Reflect.getOwnPropertyDescriptor(object, key)?.value, isOwn)
    }
  }

  #elements(collection: object): void {
    let left = MAX_VALUES
    const add = (element: unknown) => {
      if (left-- > 0) this.value(element, true)
    }
    const addEntry = (item: unknown, key: unknown) => {
      add(key)
      add(item)
    }
    if (types.isMap(collection)) Reflect.apply(mapForEach, collection, [addEntry])
    else if (types.isSet(collection)) Reflect.apply(setForEach, collection, [add])
    else {
      const array = collection as Uint8Array
      for (let i = 0; i < array.length && left > 0; i++) add(array[i])
    }
  }

  #definition(fn: object): void {
    const variables = this.#depth < MAX_DEPTH ? this.#definitionOf(fn) : null
    if (variables === null) return
    this.value(Reflect.getPrototypeOf(fn))
    this.#depth++
    for (const { name, value, isOnce } of variables) {
      this.add(name)
      this.value(value, !isOnce)
    }
    this.#depth--
  }

  end(): string {
    return this.#hash.digest('hex').slice(0, 32)
  }
}
