// Builds the plain objects of a shape. A shape that is met often gets a function of its own, whose object literal or
// constructor V8 knows how to make at once; these are kept from bundle to bundle.
import { types } from 'node:util'
import { keepHiddenClass } from '../hidden-classes.ts'
import { MAX_SHAPE_KEYS } from './shapes.ts'

const { defineProperty, getPrototypeOf } = Reflect
const objectCreate = Object.create
const ObjectPrototype = Object.prototype
const FunctionConstructor = Function

/** Objects of a shape in one bundle, from which on a function of its own pays off. */
const OFTEN = 16
/** Functions that are kept, before all are forgotten. */
const KEPT = 1000

/** Gives the values of a record, one after the other. */
export interface Values {
  value(): unknown
}

type Build = (values: Values) => object

interface Kept {
  readonly build: Build
  /** An object that it made: see hidden-classes.ts. */
  readonly representative: object
}

const NO_VALUES: Values = { value: () => undefined }

/** For objects that inherit from Object.prototype, by their keys. */
const kept = new Map<string, Kept>()
let canGenerate = true

export class RecordBuilder {
  readonly keys: readonly string[]
  readonly #prototype: object | null
  /** May a property be assigned, as no prototype has anything of its name? */
  readonly #assigns: boolean
  #count = 0
  #build: Build | null = null

  constructor(keys: readonly string[], prototype: object | null) {
    this.keys = keys
    this.#prototype = prototype
    this.#assigns = keys.every((key) => !isInherited(key, prototype))
  }

  /** An object without its properties: `define` gives it those. */
  empty(): object {
    return this.#prototype === ObjectPrototype ? {} : objectCreate(this.#prototype)
  }

  define(object: object, key: string, value: unknown): void {
    if (this.#assigns) (object as Record<string, unknown>)[key] = value
    else defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }

  /** The whole object, of the values that come next. */
  build(values: Values): object {
    if (this.#build !== null) return this.#build(values)
    if (++this.#count === OFTEN && this.#assigns) this.#build = this.#generated()
    const { keys } = this
    const read: unknown[] = []
    for (let i = 0; i < keys.length; i++) read.push(values.value())
    const object = this.empty()
    for (let i = 0; i < keys.length; i++) this.define(object, keys[i], read[i])
    return object
  }

  #generated(): Build | null {
    if (!canGenerate || this.#prototype === null || this.keys.length > MAX_SHAPE_KEYS) return null
    if (this.#prototype !== ObjectPrototype) return this.#constructing(this.#prototype)
    const name = JSON.stringify(this.keys)
    let known = kept.get(name)
    if (known === undefined) {
      const members = this.keys.map((key) => `${JSON.stringify(key)}: values.value()`)
      const made = generate(`return (values) => ({ ${members.join(', ')} })`)
      if (made === null) return null
      const build = made()
      if (kept.size >= KEPT) kept.clear()
      known = { build, representative: build(NO_VALUES) }
      kept.set(name, known)
    }
    return known.build
  }

  #constructing(prototype: object): Build | null {
    const members = this.keys.map((key) => `this[${JSON.stringify(key)}] = values.value()`)
    const made = generate(
      `function Record(values) { ${members.join('; ')} }
      Record.prototype = prototype
      return (values) => new Record(values)`,
    )
    return made?.(prototype) ?? null
  }
}

keepHiddenClass(new RecordBuilder([], ObjectPrototype))

/** Compiled from nothing but property names in string literals. Null where no code may be made of strings. */
function generate(body: string): ((prototype?: object) => Build) | null {
  try {
    return new FunctionConstructor('prototype', body) as (prototype?: object) => Build
  } catch {
    canGenerate = false
    return null
  }
}

/** `__proto__` is. A proxy among the prototypes might have anything, and is not asked. */
function isInherited(key: string, prototype: object | null): boolean {
  for (let at = prototype; at !== null; at = getPrototypeOf(at))
    if (types.isProxy(at) || Object.hasOwn(at, key)) return true
  return false
}
