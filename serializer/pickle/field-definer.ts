// Gives objects of a kind their properties as a class defines fields (ECMAScript: DefineField), onto an object that its base class
// returns: V8 knows where each goes, and nothing that the object inherits from is asked. Where many have the same keys, that takes
// a fifth of giving them one by one.
import { keepHiddenClass } from '../hidden-classes.ts'
import { MapPrototypeGetSize } from '../primordials.ts'
import { generate } from './generated.ts'
import { joinKeys } from './joined-keys.ts'
import { haveSameKeys, MAX_SHAPE_KEYS } from './shapes.ts'

/** Objects, from which on a function of its own pays off. */
const OFTEN = 16
/** Definers that are kept, before all are forgotten. */
const KEPT = 1000
/** A string literal may name any field but this one. */
const NO_FIELD = 'constructor'

/** Gives the object properties of these values. Throws TypeError if it can't have one. */
export type DefineFields = (object: object, values: readonly unknown[]) => void

class FieldDefiner {
  readonly keys: readonly string[]
  #count = 0
  #define: DefineFields | null = null

  constructor(keys: readonly string[]) {
    this.keys = keys
  }

  /** Null if these keys are not met often. */
  get(): DefineFields | null {
    if (++this.#count === OFTEN) this.#define = generated(this.keys)
    return this.#define
  }
}

const kept = new Map<string, FieldDefiner>()
/** The one that was asked for last. */
let last = keepHiddenClass(new FieldDefiner([]))

/** For objects that have these keys, in their order; null if there were few of them. */
export function fieldDefiner(keys: readonly string[]): DefineFields | null {
  if (haveSameKeys(last.keys, keys)) return last.get()
  const joined = keys.length > MAX_SHAPE_KEYS ? null : joinKeys(keys)
  if (joined === null) return null
  let known = kept.get(joined)
  if (known === undefined) {
    if (MapPrototypeGetSize(kept) >= KEPT) kept.clear()
    kept.set(joined, (known = new FieldDefiner(keys)))
  }
  return (last = known).get()
}

function generated(keys: readonly string[]): DefineFields | null {
  if (keys.includes(NO_FIELD)) return null
  const make = generate<() => DefineFields>(
    [],
    `let values
    class Returning { constructor(object) { return object } }
    class Fields extends Returning { ${keys.map((key, i) => `${JSON.stringify(key)} = values[${i}]`).join('; ')} }
    return (object, given) => {
      values = given
      new Fields(object)
      values = null
    }`,
  )
  return make?.() ?? null
}
