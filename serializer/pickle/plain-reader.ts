// Rebuilds plain data: the mirror of plain-writer.ts. Content stands where the object does; an object that nothing in its
// content refers to is made when that was read, by a builder for its shape.
import { damaged } from '../errors.ts'
import type { ByteReader, TextInWords } from './codec/byte-reader.ts'
import type { Guard } from './guard.ts'
import type { Nodes } from './nodes.ts'
import { dataDescriptor, isObject } from './objects.ts'
import { Attribute, ShapePrototype } from './opcodes.ts'
import { readNumbers } from './packed-numbers.ts'
import {
  builderMet,
  likelyBuilder,
  makeRecordBuilder,
  type RecordBuilder,
  recordBuilder,
} from './record-builder.ts'

const { apply, defineProperty } = Reflect
const ObjectPrototype = Object.prototype
const MapConstructor = Map
const SetConstructor = Set
const DateConstructor = Date
const mapSet = Map.prototype.set
const setAdd = Set.prototype.add

/** In a value's place: what stands for a hole or a binding in its dead zone. */
export const HOLE = Symbol('hole')

/** What reading plain data asks of the graph's reader. */
export interface PlainSource {
  value(): unknown
  /** Text that is no value: keys, joined. */
  keyText(length: number): string
  /** Takes the keys, joined, if they come next and that can be told at once. */
  takesKeys(keys: TextInWords): boolean
  /** The next bytes of those that stand apart from the graph. */
  apart(length: number): Uint8Array
  /** Says what is to be called behind content that is read, with its object; nothing if nobody observes. */
  observed(): ((owner: unknown) => void) | undefined
  /** Content within content begins, or is over. Throws UnpicklingError if there is too much of it. */
  deeper(): void
  shallower(): void
}

export class PlainReader {
  readonly #source: PlainSource
  readonly #in: ByteReader
  readonly #nodes: Nodes
  readonly #guard: Guard | null
  #shapes: RecordBuilder[]

  constructor(
    source: PlainSource,
    input: ByteReader,
    nodes: Nodes,
    guard: Guard | null,
    shapes: RecordBuilder[],
  ) {
    this.#source = source
    this.#in = input
    this.#nodes = nodes
    this.#guard = guard
    this.#shapes = shapes
  }

  /** For the next graph, which knows no shapes. (To set an array's length takes longer.) */
  restart(): void {
    this.#shapes = []
  }

  shapedRecord(isOpen: boolean): object {
    this.#source.deeper()
    const number = this.#shapes.push(this.#shape()) - 1
    this.#source.shallower()
    return this.record(number, isOpen)
  }

  #shape(): RecordBuilder {
    const which = this.#in.varint()
    const prototype =
      which === ShapePrototype.Object
        ? ObjectPrototype
        : which === ShapePrototype.Null
          ? null
          : this.#nodes.at(which - ShapePrototype.Node)
    if (prototype !== null && !isObject(prototype)) throw damaged('a prototype is no object')
    const length = this.#in.varint()
    if (length > 0) {
      const likely = prototype === ObjectPrototype ? likelyBuilder(length) : null
      if (likely !== null && this.#source.takesKeys(likely.joinedWords!)) return builderMet(likely)
      return recordBuilder(this.#source.keyText(length), prototype)
    }
    const keys: string[] = []
    for (let left = this.#in.count(); left > 0; left--) keys.push(this.#key())
    return makeRecordBuilder(keys, prototype)
  }

  #key(): string {
    const key = this.#source.value()
    if (typeof key !== 'string') throw damaged('a property key is no key')
    return key
  }

  record(number: number, isOpen: boolean): object {
    const shape = this.#shapes[number]
    if (shape === undefined) throw damaged('a shape is named that is not there')
    const source = this.#source
    source.deeper()
    const end = source.observed()
    let object: object
    if (isOpen) {
      object = this.#nodes.add(shape.open())
      shape.fill(object, source, this.#guard)
    } else {
      const id = this.#nodes.reserve()
      object = shape.build(source)
      this.#nodes.fill(id, object)
    }
    source.shallower()
    end?.(object)
    return object
  }

  dictionary(): object {
    const object: object = this.#nodes.add({})
    const end = this.#source.observed()
    for (let left = this.#in.count(); left > 0; left--) {
      const key = this.#key()
      this.#guard?.property(object, key)
      defineProperty(object, key, dataDescriptor(this.#source.value(), Attribute.All))
    }
    end?.(object)
    return object
  }

  list(): unknown[] {
    return this.listOf(this.#in.count())
  }

  listOf(length: number): unknown[] {
    const array = this.#nodes.add(makeList(length))
    const end = this.#source.observed()
    for (let i = 0; i < length; i++) {
      const value = this.#source.value()
      if (value === HOLE) throw damaged('a list has holes')
      array[i] = value
    }
    end?.(array)
    return array
  }

  integers(): number[] {
    const size = this.#in.byte()
    if (size !== 1 && size !== 2 && size !== 4) throw damaged('integers have no size')
    return this.#numbers(size)
  }

  doubles(): number[] {
    return this.#numbers(8)
  }

  #numbers(size: 1 | 2 | 4 | 8): number[] {
    return this.#nodes.add(readNumbers(this.#in, size, (length) => this.#source.apart(length)))
  }

  map(): Map<unknown, unknown> {
    const map: Map<unknown, unknown> = this.#nodes.add(new MapConstructor())
    const end = this.#source.observed()
    for (let left = this.#in.count(2); left > 0; left--) {
      const key = this.#source.value()
      apply(mapSet, map, [key, this.#source.value()])
    }
    end?.(map)
    return map
  }

  set(): Set<unknown> {
    const set: Set<unknown> = this.#nodes.add(new SetConstructor())
    const end = this.#source.observed()
    for (let left = this.#in.count(); left > 0; left--) apply(setAdd, set, [this.#source.value()])
    end?.(set)
    return set
  }

  date(): Date {
    const number = this.#in.varint()
    return this.#nodes.add(new DateConstructor(number % 2 === 0 ? number / 2 : -(number + 1) / 2))
  }
}

/**
 * For so many elements. Few have their places already: V8 gives an array that grows from nothing places for 17, and what many small
 * ones keep beside their elements is copied at each collection. (By `new Array` it would be an array with holes, for ever.)
 */
function makeList(length: number): unknown[] {
  switch (length) {
    case 1:
      return [undefined]
    case 2:
      return [undefined, undefined]
    case 3:
      return [undefined, undefined, undefined]
    case 4:
      return [undefined, undefined, undefined, undefined]
  }
  return []
}
