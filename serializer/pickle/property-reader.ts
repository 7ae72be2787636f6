// Own properties with all their attributes, the elements of arrays that are not plain, and prototypes that were changed:
// the mirror of property-writer.ts.

import { types } from 'node:util'
import { damaged } from '../errors.ts'
import { captureStack } from '../reducers/index.ts'
import { isWeakCollection } from './class-registry.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import { fieldDefiner } from './field-definer.ts'
import { type Guard, isCoercing } from './guard.ts'
import { dataDescriptor, inheritsExotic } from './objects.ts'
import { Attribute, Op, PropertiesFlag } from './opcodes.ts'

const {
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  isExtensible,
  ownKeys,
  preventExtensions,
  setPrototypeOf,
} = Reflect
const isArray = Array.isArray

/** Elements that V8 may make room for without need: of more it keeps a table, as it does from a gap of 1024 on. */
const MOST_ROOM = 4096

/** What reading properties asks of the graph's reader. */
export interface PropertySource {
  value(): unknown
  /** See FunctionNodeSource. */
  follows(collection: object, known: unknown): void
  /** The value that an operation begins which was read already. */
  operation(op: number): unknown
  /** The symbol in whose place something else stands, as the graph is read only to be shown. */
  symbolBehind(standIn: unknown): symbol | undefined
}

export class PropertyReader {
  readonly #source: PropertySource
  readonly #in: ByteReader
  readonly #guard: Guard | null

  constructor(source: PropertySource, input: ByteReader, guard: Guard | null) {
    this.#source = source
    this.#in = input
    this.#guard = guard
  }

  /** Own properties, onto an object that may have some by the way it was made: these go, or change, or stay. */
  read(object: object, kept: readonly PropertyKey[] = [], indexed = false, apart = true): void {
    const flags = this.#in.byte()
    const count = this.#in.count()
    if (!apart) {
      for (const [key, { value }] of this.descriptors(count))
        if (isWeakCollection(value)) this.#source.follows(value, getOwnPropertyDescriptor(object, key)?.value)
      return
    }
    // A typed array has nothing but its elements; there may be millions.
    const present = indexed && types.isTypedArray(object) ? [] : without(ownKeys(object), kept)
    if (present.length > 0) this.#replaceProperties(object, count, present)
    else this.#keyed(object, count)
    if (flags & PropertiesFlag.KeptSealed) close(object, kept, (flags & PropertiesFlag.KeptFrozen) !== 0)
    if (flags & PropertiesFlag.NonExtensible) preventExtensions(object)
  }

  #keyed(object: object, count: number): void {
    if (count === 0) return
    const usual = this.#in.byte()
    const coerces = isArray(object) || types.isTypedArray(object)
    if (usual === Attribute.All && !coerces) while (count > 0) count -= this.#usualOnes(object, count)
    for (; count > 0; count--) {
      const key = this.key()
      const descriptor = this.descriptor(usual)
      if (coerces && isCoercing(object, key, descriptor.value))
        throw damaged('a length or element is no number')
      this.#guard?.property(object, key)
      define(object, key, descriptor)
    }
  }

  /** Properties like those that are assigned, all at once; and the first that is another. Returns how many there were. */
  #usualOnes(object: object, count: number): number {
    const keys: string[] = []
    const values: unknown[] = []
    while (keys.length < count) {
      const key = this.key()
      const op = this.#in.byte()
      if (typeof key !== 'string' || isSpecial(op)) {
        this.#defineAll(object, keys, values)
        this.#guard?.property(object, key)
        define(object, key, this.#descriptorFrom(op, Attribute.All))
        return keys.length + 1
      }
      keys.push(key)
      values.push(this.#source.operation(op))
    }
    this.#defineAll(object, keys, values)
    return count
  }

  #defineAll(object: object, keys: readonly string[], values: readonly unknown[]): void {
    const guard = this.#guard
    if (guard !== null) for (let i = 0; i < keys.length; i++) guard.property(object, keys[i])
    const fields = isExtensible(object) ? fieldDefiner(keys) : null
    if (fields !== null) {
      try {
        return fields(object, values)
      } catch (error) {
        throw error instanceof TypeError ? damaged('an object has a property already, fixed') : error
      }
    }
    // Where nothing in the chain of prototypes has the key, to assign is to define, in a tenth of the time.
    const assigns = !inheritsExotic(object)
    for (let i = 0; i < keys.length; i++) {
      if (assigns && !(keys[i] in object)) (object as Record<string, unknown>)[keys[i]] = values[i]
      else defineProperty(object, keys[i], dataDescriptor(values[i], Attribute.All))
    }
  }

  key(): PropertyKey {
    const key = this.#source.value()
    if (typeof key === 'string' || typeof key === 'symbol') return key
    const symbol = this.#source.symbolBehind(key)
    if (symbol === undefined) throw damaged('a property key is no key')
    return symbol
  }

  /** Reads all, then deletes what should not be there; from where the order differs, what can go goes first. */
  #replaceProperties(object: object, count: number, present: readonly PropertyKey[]): void {
    const wanted = this.descriptors(count)
    const names = new Set(wanted.map(([key]) => key))
    for (const key of present) if (!names.has(key)) deleteProperty(object, key)
    // Integer keys come first whenever they are added.
    const left = present.filter((key) => names.has(key) && !isIntegerKey(key))
    const ordered = wanted.map(([key]) => key).filter((key) => !isIntegerKey(key))
    let same = 0
    while (same < left.length && ordered[same] === left[same]) same++
    for (const key of left.slice(same)) deleteProperty(object, key)
    for (const [key, descriptor] of wanted) {
      this.#guard?.property(object, key)
      if (!define(object, key, descriptor) && !sameProperty(object, key, descriptor)) {
        throw damaged(`the property ${String(key)} can't be defined`)
      }
    }
  }

  /** Keys and descriptors, with nothing defined. */
  descriptors(count: number): [PropertyKey, PropertyDescriptor][] {
    const wanted: [PropertyKey, PropertyDescriptor][] = []
    if (count > 0) {
      const usual = this.#in.byte()
      for (; count > 0; count--) wanted.push([this.key(), this.descriptor(usual)])
    }
    return wanted
  }

  #property(object: object, key: PropertyKey, usual: number): void {
    define(object, key, this.descriptor(usual))
  }

  #special(object: object, key: PropertyKey, op: number): void {
    define(object, key, this.#specialDescriptor(op))
  }

  descriptor(usual: number): PropertyDescriptor {
    return this.#descriptorFrom(this.#in.byte(), usual)
  }

  #descriptorFrom(op: number, usual: number): PropertyDescriptor {
    return isSpecial(op) ? this.#specialDescriptor(op) : dataDescriptor(this.#source.operation(op), usual)
  }

  #specialDescriptor(op: number): PropertyDescriptor {
    if (op === Op.Attributes) {
      const attributes = this.#in.byte()
      return dataDescriptor(this.#source.value(), attributes)
    }
    const attributes = this.#in.byte()
    if (attributes & Attribute.CapturedStack) return new CapturedStack(this.#source.value(), attributes)
    this.#guard?.accessor()
    const get = this.#source.value() as () => unknown
    const set = this.#source.value() as (value: unknown) => void
    return {
      get,
      set,
      enumerable: (attributes & Attribute.Enumerable) !== 0,
      configurable: (attributes & Attribute.Configurable) !== 0,
    }
  }

  /** The elements of an array and its other properties. */
  readElements(array: unknown[], length: number): void {
    const flags = this.#in.byte()
    if (flags & 1) {
      for (let left = this.#in.count(); left > 0; left--) {
        const index = this.#in.varint()
        this.#property(array, String(index), Attribute.All)
      }
    } else {
      if (length > this.#in.remaining) throw damaged('an array claims more elements than there are')
      for (let i = 0; i < length; i++) this.#element(array, i)
    }
    if (length > 0xffffffff) throw damaged('an array is too long')
    if (array.length !== length) lengthen(array, length)
    if (flags & 2) this.#keyed(array, this.#in.count())
    if (flags & 4) defineProperty(array, 'length', { writable: false })
    if (flags & 8) preventExtensions(array)
  }

  #element(array: unknown[], index: number): void {
    const op = this.#in.byte()
    if (op === Op.Hole) return
    if (isSpecial(op)) this.#special(array, String(index), op)
    else defineProperty(array, index, dataDescriptor(this.#source.operation(op), Attribute.All))
  }

  /** The prototype of an object that was made with another, or nothing. */
  changedPrototype(object: object, apart: boolean): void {
    if (this.#in.byte() === 0) return
    const prototype = this.#source.value() as object | null
    this.#guard?.prototype(object)
    if (apart) setPrototypeOf(object, prototype)
  }
}

/** A stack of which V8 keeps the text: where it can't be captured again, it is a value. */
class CapturedStack implements PropertyDescriptor {
  readonly value: unknown
  readonly writable = true
  readonly enumerable: boolean
  readonly configurable: boolean

  constructor(value: unknown, attributes: number) {
    this.value = value
    this.enumerable = (attributes & Attribute.Enumerable) !== 0
    this.configurable = (attributes & Attribute.Configurable) !== 0
  }
}

function isSpecial(op: number): boolean {
  return op === Op.Accessor || op === Op.Attributes
}

function define(object: object, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
  if (!(descriptor instanceof CapturedStack) || key !== 'stack')
    return defineProperty(object, key, descriptor)
  captureStack(object, descriptor.value, descriptor)
  return true
}

/** What the object has by the way it was made: none of it can be deleted, or, if it is frozen, written to. */
function close(object: object, kept: readonly PropertyKey[], isFrozen: boolean): void {
  for (const key of kept) {
    const descriptor = getOwnPropertyDescriptor(object, key)
    if (!descriptor) continue
    const isReadonly = isFrozen && 'value' in descriptor
    defineProperty(
      object,
      key,
      isReadonly ? { writable: false, configurable: false } : { configurable: false },
    )
  }
}

/** V8 would make room for the elements, however few there are; not where one is far behind the others. */
function lengthen(array: unknown[], length: number): void {
  if (length - array.length > MOST_ROOM) {
    defineProperty(array, length - 1, dataDescriptor(undefined, Attribute.All))
    deleteProperty(array, length - 1)
  }
  array.length = length
}

function isIntegerKey(key: PropertyKey): boolean {
  return typeof key === 'string' && /^\d+$/.test(key)
}

function sameProperty(object: object, key: PropertyKey, wanted: PropertyDescriptor): boolean {
  return getOwnPropertyDescriptor(object, key)?.value === wanted.value
}

function without(keys: PropertyKey[], kept: readonly PropertyKey[]): PropertyKey[] {
  if (keys.length === 0 || kept.length === 0) return keys
  const set = new Set(kept)
  return keys.filter((key) => !set.has(key))
}
