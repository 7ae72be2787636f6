// From an object to its entry. The prototypes of an object say which entries to try first: that is one look-up for what
// is as its constructor made it. They prove nothing, so an entry still tests the object's slots; and as any object may
// have been given another prototype, the tests of slots are tried on all that is left.
import { types } from 'node:util'
import { findForeignIntrinsic, loadedInternals, resolveReference } from '../references/index.ts'
import type { BuiltinReducer } from './types.ts'

const { getPrototypeOf } = Reflect
const isArray = Array.isArray
const ObjectPrototype = Object.prototype

const NONE = -1
const STRANGE = -2

export class Dispatch {
  readonly #entries: readonly BuiltinReducer[]
  readonly #byPrototype = new Map<object, readonly number[]>()
  /** Prototypes of other realms, with the entries of what stands in their places here. */
  #inOtherRealms = new WeakMap<object, readonly number[]>()
  /** The entries that know their objects without trying. */
  readonly #bySlots: readonly number[]
  /** What Node had loaded when the prototypes were last asked for. */
  #loaded: ReadonlySet<string> | null = null
  /** Those that take long to tell were asked for, too. */
  #isThorough = false

  constructor(entries: readonly BuiltinReducer[]) {
    this.#entries = entries
    this.#bySlots = entries.flatMap(({ byBrand }, i) => (byBrand ? [] : [i]))
  }

  /** The number of the entry for an object by its internal slots, or -1. */
  find(value: object): number {
    if (isArray(value)) return -1
    if (this.#loaded !== loadedInternals()) this.#learn(false)
    const found = this.#findByPrototype(value)
    if (found >= 0) return found
    for (const i of this.#bySlots) if (this.#entries[i].matches(value)) return i
    if (found === NONE) return -1
    const foreign = this.#findInOtherRealm(value)
    if (foreign >= 0 || this.#isThorough) return foreign
    this.#learn(true)
    const late = this.#findByPrototype(value)
    return late >= 0 ? late : -1
  }

  /** Less than zero: NONE, or STRANGE if nothing is known of a prototype. */
  #findByPrototype(value: object): number {
    let without = NONE
    for (let at = getPrototypeOf(value); at !== null && at !== ObjectPrototype; at = getPrototypeOf(at)) {
      const candidates = this.#byPrototype.get(at)
      if (candidates !== undefined) {
        for (const i of candidates) if (this.#entries[i].matches(value)) return i
      } else if (types.isProxy(at)) break
      else without = STRANGE
    }
    return without
  }

  /** As above, for what a `vm` context made: the functions of this realm accept its slots. */
  #findInOtherRealm(value: object): number {
    for (let at = getPrototypeOf(value); at !== null && at !== ObjectPrototype; at = getPrototypeOf(at)) {
      if (types.isProxy(at)) break
      for (const i of this.#counterpartOf(at)) if (this.#entries[i].matches(value, at)) return i
    }
    return NONE
  }

  #counterpartOf(prototype: object): readonly number[] {
    let entries = this.#inOtherRealms.get(prototype)
    if (entries === undefined) {
      const reference = findForeignIntrinsic(prototype)
      const own = reference && (resolveReference(reference) as object)
      entries = ((own && this.#byPrototype.get(own)) ?? []).filter((i) => this.#entries[i].byBrand)
      this.#inOtherRealms.set(prototype, entries)
    }
    return entries
  }

  /** Some classes exist only when Node has loaded what they are in. */
  #learn(isThorough: boolean): void {
    this.#isThorough = isThorough
    this.#loaded = loadedInternals()
    this.#byPrototype.clear()
    this.#inOtherRealms = new WeakMap()
    this.#entries.forEach((entry, i) => {
      for (const prototype of entry.prototypes?.(isThorough) ?? [])
        if (prototype) this.#byPrototype.set(prototype, [...(this.#byPrototype.get(prototype) ?? []), i])
    })
  }
}
