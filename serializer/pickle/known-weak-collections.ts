// Where a bundle brings a class that the receiver knows already, its instances have their state in the weak collections of
// the class that is there: so these get the entries that come for the sender's ones.
import { types } from 'node:util'
import { seenBy } from './class-registry.ts'
import { isObject } from './objects.ts'

const { apply } = Reflect
const { has: weakMapHas, set: weakMapSet } = WeakMap.prototype
const { add: weakSetAdd, has: weakSetHas } = WeakSet.prototype
const MapConstructor = Map
const SetConstructor = Set

export class KnownWeakCollections {
  #followers: Map<object, Set<object>> | null = null
  /** Functions that a class would have had, and those that it has in their place; not looked at yet. */
  readonly #alike: [fn: object, known: object][] = []
  #lookedAt: Map<object, Set<object>> | null = null

  /** A known class has something in the place of a value of the graph. */
  follows(value: object, known: unknown): void {
    if (known === value || !isObject(known)) return
    if (typeof value === 'function' && typeof known === 'function') this.#alike.push([value, known])
    else if (areOneKind(value, known)) this.#add(value, known)
  }

  /** Functions may see functions that see the collection, and so on; also in a circle. */
  #compare(fn: object, known: object): void {
    this.#lookedAt ??= new MapConstructor()
    const met = this.#lookedAt.get(fn)
    if (met?.has(known)) return
    if (met) met.add(known)
    else this.#lookedAt.set(fn, new SetConstructor([known]))
    for (const [name, value] of seenBy(fn)) this.follows(value, seenBy(known).get(name))
  }

  #add(collection: object, known: object): void {
    this.#followers ??= new MapConstructor()
    const all = this.#followers.get(collection)
    if (all === undefined) this.#followers.set(collection, new SetConstructor([known]))
    else all.add(known)
  }

  /** Those that get the collection's entries, too; what the functions see is known by then. */
  of(collection: object): ReadonlySet<object> | undefined {
    for (let pair = this.#alike.pop(); pair; pair = this.#alike.pop()) this.#compare(...pair)
    return this.#followers?.get(collection)
  }
}

function areOneKind(a: object, b: object): boolean {
  return types.isWeakMap(a) ? types.isWeakMap(b) : types.isWeakSet(a) && types.isWeakSet(b)
}

export function hasWeakEntry(collection: object, key: WeakKey): boolean {
  return apply(types.isWeakMap(collection) ? weakMapHas : weakSetHas, collection, [key]) as boolean
}

/** Of a WeakSet, the key alone counts. */
export function addWeakEntry(collection: object, key: WeakKey, value: unknown): void {
  if (types.isWeakMap(collection)) apply(weakMapSet, collection, [key, value])
  else apply(weakSetAdd, collection, [key])
}
