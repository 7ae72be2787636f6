// Builds the plain objects of a shape. A shape that is met often gets a function of its own, whose object literal or
// constructor V8 knows how to make at once; these are kept from bundle to bundle.
import { damaged } from '../errors.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { MapPrototypeGetSize, SetPrototypeGetSize } from '../primordials.ts'
import { inWords, type TextInWords } from './codec/byte-reader.ts'
import { generate } from './generated.ts'
import type { Guard } from './guard.ts'
import { joinKeys, splitKeys } from './joined-keys.ts'
import { isExotic } from './objects.ts'
import { MAX_SHAPE_KEYS } from './shapes.ts'

const { defineProperty, getPrototypeOf } = Reflect
const { create: objectCreate, getOwnPropertyNames } = Object
const ObjectPrototype = Object.prototype
const SetConstructor = Set

/** Objects of a shape, from which on a function of its own pays off. */
const OFTEN = 16
/** Builders that are kept, before all but a few are forgotten. */
const KEPT = 1000

/** Gives the values of a record, one after the other. */
export interface Values {
  value(): unknown
}

type Build = (values: Values) => object

/** For objects that are named before all of their properties were read. */
interface Opener {
  /** With all properties, undefined yet. */
  open(): object
  fill(object: object, values: Values): void
}

const NO_VALUES: Values = { value: () => undefined }

/** Of objects that inherit from Object.prototype, by their keys. */
const kept = new Map<string, RecordBuilder>()
/** The last that was asked for: the next is likely the one that followed it before. (To look one up takes 80 ns.) */
let last: RecordBuilder | null = null

/** The builder that likely comes next, if the joined keys have so many code units. */
export function likelyBuilder(length: number): RecordBuilder | null {
  const next = last === null ? null : last.next
  return next !== null && next.joinedWords !== null && next.joinedWords.length === length ? next : null
}

/** It was that one. */
export function builderMet(likely: RecordBuilder): RecordBuilder {
  return (last = likely)
}

/** The builder for objects with these keys. */
export function recordBuilder(joined: string, prototype: object | null): RecordBuilder {
  if (prototype !== ObjectPrototype) return makeRecordBuilder(splitKeys(joined), prototype)
  const next = last?.next
  if (next?.joined === joined) return (last = next)
  const known = kept.get(joined)
  if (known !== undefined) {
    if (last !== null) last.next = known
    return (last = known)
  }
  // What the bundle's keys were cut out of is not to be kept.
  const keys = splitKeys(joined).map(internalized)
  const builder = makeRecordBuilder(keys, prototype)
  if (keys.length <= MAX_SHAPE_KEYS) {
    if (MapPrototypeGetSize(kept) >= KEPT) kept.clear()
    builder.joined = joinKeys(keys)
    builder.joinedWords = inWords(joined)
    kept.set(builder.joined!, builder)
  }
  return builder
}

/** The string as V8 keeps it for the name of a property. */
function internalized(key: string): string {
  return getOwnPropertyNames({ [key]: 0 })[0]
}

export function makeRecordBuilder(keys: readonly string[], prototype: object | null): RecordBuilder {
  if (SetPrototypeGetSize(new SetConstructor(keys)) !== keys.length) throw damaged('a shape has a key twice')
  return new RecordBuilder(keys, prototype)
}

export class RecordBuilder {
  readonly keys: readonly string[]
  readonly #prototype: object | null
  /** May a property be assigned, as no prototype has anything of its name? */
  readonly #assigns: boolean
  /** Its keys, if it is kept, and the one that was asked for after it. */
  joined: string | null = null
  joinedWords: TextInWords | null = null
  next: RecordBuilder | null = null
  #count = 0
  #build: Build | null = null
  #countOpen = 0
  #opener: Opener | null = null
  /** An object that `build` made with a function of its own: see hidden-classes.ts. */
  representative: object | null = null

  constructor(keys: readonly string[], prototype: object | null) {
    this.keys = keys
    this.#prototype = prototype
    this.#assigns = keys.every((key) => !isInherited(key, prototype))
  }

  /** An object that `fill` gives its properties. */
  open(): object {
    if (this.#opener !== null) return this.#opener.open()
    return this.#empty()
  }

  /** Gives an object of `open` its properties, of the values that come next. */
  fill(object: object, values: Values, guard: Guard | null): void {
    if (this.#opener !== null && guard === null) return this.#opener.fill(object, values)
    for (const key of this.keys) {
      const value = values.value()
      guard?.property(object, key)
      this.#define(object, key, value)
    }
    // Not before an object is done: there may be others within it.
    if (++this.#countOpen >= OFTEN && this.#isUsual()) this.#opener ??= this.#generatedOpener()
  }

  /** The whole object, of the values that come next. */
  build(values: Values): object {
    if (this.#build !== null) return this.#build(values)
    if (++this.#count === OFTEN && this.#assigns) this.#build = this.#generated()
    const { keys } = this
    const read: unknown[] = []
    for (let i = 0; i < keys.length; i++) read.push(values.value())
    const object = this.#empty()
    for (let i = 0; i < keys.length; i++) this.#define(object, keys[i], read[i])
    return object
  }

  #empty(): object {
    return this.#prototype === ObjectPrototype ? {} : objectCreate(this.#prototype)
  }

  #define(object: object, key: string, value: unknown): void {
    // A builder is kept, and the user may have given %Object.prototype% a setter of that name since.
    if (this.#assigns && this.#prototype !== ObjectPrototype) (object as Record<string, unknown>)[key] = value
    else defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }

  #isUsual(): boolean {
    return this.#prototype === ObjectPrototype && this.#assigns && this.keys.length <= MAX_SHAPE_KEYS
  }

  #generatedOpener(): Opener | null {
    const names = this.keys.map((key) => JSON.stringify(key))
    const members = names.map((name) => `${name}: undefined`)
    const made = generate<() => Opener>(
      [],
      `'use strict'
      return {
        open: () => ({ ${members.join(', ')} }),
        fill(object, values) { ${names.map((name) => `object[${name}] = values.value()`).join('; ')} },
      }`,
    )
    return made?.() ?? null
  }

  #generated(): Build | null {
    if (this.#prototype === null || this.keys.length > MAX_SHAPE_KEYS) return null
    if (this.#prototype !== ObjectPrototype) return this.#constructing(this.#prototype)
    const members = this.keys.map((key) => `${JSON.stringify(key)}: values.value()`)
    const build = generate<Build>(['values'], `return { ${members.join(', ')} }`)
    this.representative = build?.(NO_VALUES) ?? null
    return build
  }

  #constructing(prototype: object): Build | null {
    const members = this.keys.map((key) => `this[${JSON.stringify(key)}] = values.value()`)
    const made = generate<(prototype: object) => Build>(
      ['prototype'],
      `function Record(values) { ${members.join('; ')} }
      Record.prototype = prototype
      return (values) => new Record(values)`,
    )
    return made?.(prototype) ?? null
  }
}

keepHiddenClass(new RecordBuilder([], ObjectPrototype))

/** `__proto__` is. What is exotic among the prototypes might do anything, and is not asked. */
function isInherited(key: string, prototype: object | null): boolean {
  if (prototype === ObjectPrototype) return key in ObjectPrototype
  for (let at = prototype; at !== null; at = getPrototypeOf(at))
    if (isExotic(at) || Object.hasOwn(at, key)) return true
  return false
}
