// The shapes of a graph's plain objects: their keys and their prototype, which the bundle has once. Most objects look
// like the one before, or like the one that followed that one the last time: so these are tried first.
import { haveSameHiddenClass } from '../capture/index.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { isExemplary } from './exemplars.ts'
import { joinKeys } from './joined-keys.ts'
import { type KnownShape, knownShapeOf, noteShape } from './known-shapes.ts'
import { MemberReader } from './member-reader.ts'
import { isFirst } from './objects.ts'

const ObjectPrototype = Object.prototype
/** An object with more keys is more likely a table than a record. */
export const MAX_SHAPE_KEYS = 64
/** Shapes with the same first key. (Objects used as tables all differ.) */
const MAX_SIMILAR = 64
/** Of those that were known, what the next graph begins with. */
const MOST_KEPT = 8
/** Hidden classes that an object is compared with. */
const MAX_EXEMPLARS = 16

export interface Shape {
  readonly keys: readonly string[]
  /** As one text, if they can be that. */
  readonly joined: string | null
  readonly prototype: object | null
  /** Its number in the bundle, -1 before it has one. */
  id: number
  next: Shape | null
  /** An object of this shape whose hidden class only such objects have. */
  exemplar: object | null
  members: MemberReader
  /** Its objects have to be looked at closely: a key is one that tells of other kinds of object. */
  readonly isOdd: boolean
}

/** Own keys of constructors' prototypes, and of Node's streams. */
const ODD_KEYS: ReadonlySet<string> = new Set(['constructor', 'fd', '_readableState', '_writableState'])

export class Shapes {
  /** How many have a number. */
  count = 0
  /** Does one of them have the number of a node, its prototype? */
  usesNodes = false
  /** Is one of the exemplars the user's? */
  #hasForeign = false
  #last: Shape | null = null
  /** But those of `#unlisted`. Null before it is needed. */
  #byFirstKey: Map<string, Shape[]> | null = null
  #unlisted: Shape[] | null = null
  readonly #exemplars: object[] = []
  readonly #exemplified: Shape[] = []

  /** Begins anew. What stands for known shapes will be met again, and stays. */
  restart(): void {
    this.count = 0
    this.usesNodes = false
    if (this.#hasForeign || this.#byFirstKey !== null || this.#exemplars.length >= MOST_KEPT) {
      this.#hasForeign = false
      this.#last = null
      this.#byFirstKey = null
      this.#unlisted = null
      this.#exemplars.length = 0
      this.#exemplified.length = 0
      return
    }
    const unlisted = this.#unlisted
    if (unlisted !== null) for (let i = 0; i < unlisted.length; i++) unlisted[i].id = -1
  }

  /** Holds on to no object of the user's. */
  release(): void {
    if (!this.#hasForeign) return
    this.#hasForeign = false
    for (const similar of this.#listed().values()) for (const shape of similar) shape.exemplar = null
    this.#exemplars.length = 0
    this.#exemplified.length = 0
  }

  /** The shape that the object has without doubt, by its hidden class; null if that is not known. */
  alike(object: object): Shape | null {
    const last = this.#last
    if (last !== null) {
      const next = last.next
      if (next !== null && next.exemplar !== null && isLike(object, next.exemplar, next.keys))
        return (this.#last = next)
    }
    const exemplars = this.#exemplars
    for (let i = 0; i < exemplars.length; i++) {
      const shape = this.#exemplified[i]
      if (!isLike(object, exemplars[i], shape.keys)) continue
      shape.exemplar = exemplars[i]
      if (last !== null) last.next = shape
      return (this.#last = shape)
    }
    return null
  }

  /** The same, where only earlier graphs had objects like it. */
  known(object: object): Shape | null {
    const known = knownShapeOf(object)
    if (known === null || !isFirst(known.keys[0], object)) return null
    const shape = this.#byFirstKey === null ? this.#fresh(known) : this.find(known.keys, ObjectPrototype)
    if (shape === null) return null
    shape.members = known.members
    this.#exemplify(shape, known.exemplar)
    return shape
  }

  /** As `find`, as long as all shapes were known ones. */
  #fresh(known: KnownShape): Shape {
    const unlisted = (this.#unlisted ??= [])
    let shape: Shape | null = null
    for (let i = 0; i < unlisted.length; i++)
      if (isOf(unlisted[i], known.keys, ObjectPrototype)) shape = unlisted[i]
    if (shape === null) {
      shape = shapeOf(known.keys, known.joined, ObjectPrototype, known.members, false)
      unlisted.push(shape)
    }
    if (this.#last !== null) this.#last.next = shape
    return (this.#last = shape)
  }

  #listed(): Map<string, Shape[]> {
    if (this.#byFirstKey !== null) return this.#byFirstKey
    this.#byFirstKey = new Map()
    if (this.#unlisted !== null) this.#dropUnmet(this.#unlisted)
    for (const shape of this.#unlisted ?? []) {
      if (shape.id < 0) continue
      const similar = this.#byFirstKey.get(shape.keys[0])
      if (similar === undefined) this.#byFirstKey.set(shape.keys[0], [shape])
      else similar.push(shape)
    }
    this.#unlisted = null
    return this.#byFirstKey
  }

  /** What only earlier graphs had makes no difference to what is written. */
  #dropUnmet(unlisted: readonly Shape[]): void {
    let left = 0
    for (let i = 0; i < this.#exemplars.length; i++) {
      if (this.#exemplified[i].id < 0) continue
      this.#exemplars[left] = this.#exemplars[i]
      this.#exemplified[left++] = this.#exemplified[i]
    }
    this.#exemplars.length = left
    this.#exemplified.length = left
    for (const shape of unlisted) {
      shape.next = null
      if (shape.id < 0) shape.exemplar = null
    }
    if (this.#last !== null && this.#last.id < 0) this.#last = null
  }

  /** Objects of this one's hidden class have this shape, too. */
  exemplify(shape: Shape, object: object): void {
    if (shape.isOdd || !isExemplary(object, shape.keys)) return
    if (shape.exemplar === null && shape.prototype === ObjectPrototype) noteShape(shape.keys, object)
    this.#hasForeign = true
    this.#exemplify(shape, object)
  }

  #exemplify(shape: Shape, object: object): void {
    shape.exemplar = object
    if (this.#exemplars.length === MAX_EXEMPLARS) return
    this.#exemplars.push(object)
    this.#exemplified.push(shape)
  }

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
    const listed = this.#listed()
    let similar = listed.get(keys[0])
    if (similar === undefined) listed.set(keys[0], (similar = []))
    for (let i = 0; i < similar.length; i++) if (isOf(similar[i], keys, prototype)) return similar[i]
    if (similar.length === MAX_SIMILAR) return null
    const shape = makeShape(keys, prototype)
    similar.push(shape)
    return shape
  }
}

function makeShape(keys: readonly string[], prototype: object | null): Shape {
  const isOdd = keys.some((key) => ODD_KEYS.has(key))
  return shapeOf(keys, joinKeys(keys), prototype, new MemberReader(keys), isOdd)
}

function shapeOf(
  keys: readonly string[],
  joined: string | null,
  prototype: object | null,
  members: MemberReader,
  isOdd: boolean,
): Shape {
  return { keys, joined, prototype, id: -1, next: null, exemplar: null, members, isOdd }
}

keepHiddenClass(makeShape([], null))

/** Elements alone are not told by the hidden class. Of an object's keys they come first. */
function isLike(object: object, exemplar: object, keys: readonly string[]): boolean {
  return haveSameHiddenClass(object, exemplar) && isFirst(keys[0], object)
}

function isOf(shape: Shape, keys: readonly string[], prototype: object | null): boolean {
  return shape.prototype === prototype && haveSameKeys(shape.keys, keys)
}

/** Are the keys the same ones in the same order? */
export function haveSameKeys(known: readonly string[], keys: readonly string[]): boolean {
  if (known.length !== keys.length) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== keys[i]) return false
  return true
}
