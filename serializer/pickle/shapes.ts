// The shapes of a graph's plain objects: their keys and their prototype, which the bundle has once. Most objects look
// like the one before, or like the one that followed that one the last time: so these are tried first.
import { keepHiddenClass } from '../hidden-classes.ts'

/** An object with more keys is more likely a table than a record. */
export const MAX_SHAPE_KEYS = 64
/** Shapes with the same first key. (Objects used as tables all differ.) */
const MAX_SIMILAR = 64

export interface Shape {
  readonly keys: readonly string[]
  readonly prototype: object | null
  /** Its number in the bundle, -1 before it has one. */
  id: number
  next: Shape | null
  /** Its objects have to be looked at closely: a key is one that tells of other kinds of object. */
  readonly isOdd: boolean
}

/** Own keys of constructors' prototypes, and of Node's streams. */
const ODD_KEYS: ReadonlySet<string> = new Set(['constructor', 'fd', '_readableState', '_writableState'])

export class Shapes {
  /** How many have a number. */
  count = 0
  #last: Shape | null = null
  readonly #byFirstKey = new Map<string, Shape[]>()

  /** The shape of objects with these keys, in their order; null if it is not worth one. */
  find(keys: readonly string[], prototype: object | null): Shape | null {
    const last = this.#last
    if (last !== null) {
      const next = last.next
      if (next !== null && isOf(next, keys, prototype)) return (this.#last = next)
      if (isOf(last, keys, prototype)) return (last.next = last)
    }
    const found = this.#search(keys, prototype)
    if (found === null) return null
    if (last !== null) last.next = found
    return (this.#last = found)
  }

  #search(keys: readonly string[], prototype: object | null): Shape | null {
    let similar = this.#byFirstKey.get(keys[0])
    if (similar === undefined) this.#byFirstKey.set(keys[0], (similar = []))
    for (let i = 0; i < similar.length; i++) if (isOf(similar[i], keys, prototype)) return similar[i]
    if (similar.length === MAX_SIMILAR) return null
    const shape = makeShape(keys, prototype)
    similar.push(shape)
    return shape
  }
}

function makeShape(keys: readonly string[], prototype: object | null): Shape {
  return { keys, prototype, id: -1, next: null, isOdd: keys.some((key) => ODD_KEYS.has(key)) }
}

keepHiddenClass(makeShape([], null))

function isOf(shape: Shape, keys: readonly string[], prototype: object | null): boolean {
  const known = shape.keys
  if (shape.prototype !== prototype || known.length !== keys.length) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== keys[i]) return false
  return true
}
