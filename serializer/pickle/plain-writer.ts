// The fast paths for plain data: ordinary objects, arrays without holes, Maps, Sets, Dates. Each first makes sure that the
// object is nothing but that (attributes, accessors, symbols, own properties, extensibility: none may be lost), and
// else leaves it to the graph writer's general paths. Their content is written where they stand.
//
// What that costs, of an object with 7 keys, in ns (Node 20): names 17, symbols 46, extensible 11, a descriptor for
// each key 17; an element of an array 50. Where V8 tells that the object's hidden class is one that was asked about, 5.
import { types } from 'node:util'
import { seesHiddenClasses } from '../capture/index.ts'
import { copyOfMap, copyOfSet } from '../reducers/index.ts'
import { isReferable } from '../references/index.ts'
import { hashOfList, hashOfMembers, hashOfTime, NO_HASH } from './content-hash.ts'
import type { Memo } from './memo.ts'
import { isUsual } from './objects.ts'
import { MAX_INLINE_DEPTH, MAX_SHORT_LIST, MAX_SHORT_SHAPE, Op, ShapePrototype, Tag } from './opcodes.ts'
import { type NumberSink, writeNumbers } from './packed-numbers.ts'
import {
  EMPTY_OBJECT,
  isBare,
  isLikeNew,
  isOrdinaryArray,
  isOrdinaryDate,
  isPlainList,
  isSlotted,
  ORDINARY_MAP,
  ORDINARY_SET,
} from './plain-values.ts'
import { MAX_SHAPE_KEYS, type Shape, type Shapes } from './shapes.ts'
import type { Trace } from './trace.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, isExtensible } = Reflect
const { getOwnPropertyNames, getOwnPropertySymbols, hasOwn } = Object
const isArray = Array.isArray
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype
const DatePrototype = Date.prototype
const MapPrototype = Map.prototype
const SetPrototype = Set.prototype
const getTime = DatePrototype.getTime
const mapForEach = MapPrototype.forEach
const mapSize = getOwnPropertyDescriptor(MapPrototype, 'size')!.get!
const setForEach = SetPrototype.forEach
const setSize = getOwnPropertyDescriptor(SetPrototype, 'size')!.get!

/** What is more is not kept for the next message. */
const MOST_VALUES = 256
const NUMBERS_WORTH_PACKING = 4
const MOST_AHEAD = 16
/** In milliseconds: its double has to be a safe integer. */
const LARGEST_DATE = 2 ** 51

/** What an object turned out to be. */
const Kind = { NotPlain: 0, Record: 1, Dictionary: 2, List: 3, Map: 4, Set: 5, Date: 6 } as const
type Kind = (typeof Kind)[keyof typeof Kind]

/** What the fast paths ask of the graph writer. */
export interface PlainSink extends NumberSink {
  readonly trace: Trace | null
  value(value: unknown): void
  /** The same of an object. */
  object(value: object): void
  /** Text that is no value, with its length. */
  keyText(text: string): void
  /** The number of a node that exists for the reader by now, or -1. */
  numberOf(value: object): number
  /** Are objects with this prototype ordinary ones, with nothing behind their properties? */
  isOrdinary(prototype: object): boolean
  /** Prepares for the functions of a list, from a place on; returns where it is to be asked again. */
  ahead(list: readonly unknown[], from: number): number
}

export class PlainWriter {
  readonly #graph: PlainSink
  readonly #out: NumberSink['out']
  readonly #shapes: Shapes
  readonly #memo: Memo
  /** Values of the records that are being written, one behind the other. */
  readonly #values: unknown[] = []
  #top = 0
  /** The records that are being written: their numbers, and where their tags are. */
  readonly #openIds: number[] = []
  readonly #openPlaces: number[] = []
  #open = 0
  /** The shape of the record that was looked at last. */
  #shape: Shape | null = null
  /**
   * Objects that come next, each the first one in the one before it; from `#chainAt` on they are still to be written. They
   * were looked at, and have the next numbers; the members of records are among the values, where they are looked for.
   */
  readonly #chain: object[] = []
  readonly #chainKinds: Kind[] = []
  readonly #chainShapes: (Shape | null)[] = []
  #chainAt = 0
  #chainEnd = 0

  constructor(graph: PlainSink, shapes: Shapes, memo: Memo) {
    this.#graph = graph
    this.#shapes = shapes
    this.#memo = memo
    this.#out = graph.out
  }

  /** Holds on to nothing of the user's. */
  restart(): void {
    this.#shape = null
    if (this.#chain.length > 0) {
      this.#chain.length = 0
      this.#chainShapes.length = 0
    }
    this.#chainEnd = 0
    const values = this.#values
    if (values.length > MOST_VALUES) values.length = 0
    else for (let i = 0; i < values.length; i++) values[i] = undefined
  }

  /** Writes the object if it is plain and was not met before, as far as the memo does not say it; returns whether it did. */
  write(value: object): boolean {
    if (this.#chainAt < this.#chainEnd && this.#isWrittenNext(value)) return true
    if (seesHiddenClasses && !isArray(value)) {
      // Most objects by far.
      const shape = this.#shapes.alike(value)
      if (shape !== null) return !isReferable(value) && this.#alike(value, shape)
    }
    return this.#writeOther(value)
  }

  /** Writes the next of the chain, if the object is that. */
  #isWrittenNext(value: object): boolean {
    const at = this.#chainAt++
    if (this.#chain[at] === value && this.#memo.isOrdered) {
      this.#content(value, this.#chainKinds[at], this.#chainShapes[at])
      return true
    }
    this.#chainEnd = 0
    return false
  }

  /** An object whose hidden class tells its shape. */
  #alike(value: object, shape: Shape): boolean {
    const values = this.#values
    const base = this.#top
    if (!shape.members.read(value, values, base)) return false
    const memo = this.#memo
    if (memo.isOrdered) {
      const end = base + shape.keys.length
      const first = memo.takesChains ? firstObject(values, base, end) : null
      const isNew =
        first !== null
          ? this.#takeChain(value, Kind.Record, shape, first, end)
          : memo.take(value, memo.wantsHash ? hashOfMembers(values, base, end) : NO_HASH)
      if (!isNew) return false
    }
    this.#members(value, shape)
    return true
  }

  #writeOther(value: object): boolean {
    const kind = this.#lookCloser(value, this.#top)
    if (kind === Kind.NotPlain) return false
    const shape = this.#shape
    if (this.#memo.isOrdered && !this.#isNew(value, kind, shape)) return false
    this.#content(value, kind, shape)
    return true
  }

  /** Takes an object that was looked at. False: it was met before, or that can't be told so. */
  #isNew(value: object, kind: Kind, shape: Shape | null): boolean {
    const memo = this.#memo
    const base = this.#top
    const end = kind === Kind.Record ? base + shape!.keys.length : base
    const first = memo.takesChains ? this.#first(value, kind, base, end) : null
    if (first !== null) return this.#takeChain(value, kind, shape, first, end)
    return memo.take(value, memo.wantsHash ? this.#hash(value, kind, base, end) : NO_HASH)
  }

  /**
   * Takes an object with its chain, which comes next: nothing is between but numbers and text, so each record's members are looked
   * for on top of those of the record before. False: as above.
   */
  #takeChain(value: object, kind: Kind, shape: Shape | null, first: object, end: number): boolean {
    const memo = this.#memo
    const chain = this.#chain
    chain[0] = value
    this.#chainKinds[0] = kind
    this.#chainShapes[0] = shape
    // A circle, perhaps, where there are so many.
    for (let length = 1; length < MAX_INLINE_DEPTH; length++) {
      const next = this.#look(first, end)
      if (next === Kind.NotPlain) {
        // To have written that would have ended the order.
        memo.takeNewChain(chain, length)
        return this.#follow(length)
      }
      chain[length] = first
      this.#chainKinds[length] = next
      this.#chainShapes[length] = this.#shape
      const base = end
      if (next === Kind.Record) end += this.#shape!.keys.length
      const last = first
      const child = this.#first(last, next, base, end)
      if (child === null)
        return (
          memo.takeChain(chain, length + 1, memo.wantsHash ? this.#hash(last, next, base, end) : NO_HASH) &&
          this.#follow(length + 1)
        )
      first = child
    }
    return false
  }

  /** So many of the chain are written one after the other; the first comes now. */
  #follow(length: number): boolean {
    this.#chainAt = 1
    this.#chainEnd = length
    return true
  }

  /** The first object within an object; of a record, whose members are those values. */
  #first(object: object, kind: Kind, base: number, end: number): object | null {
    if (kind === Kind.Record) return firstObject(this.#values, base, end)
    const first = kind === Kind.List && (object as unknown[]).length > 0 ? (object as unknown[])[0] : null
    return typeof first === 'object' ? first : null
  }

  /** The hash of an object that has no other one first in it; of a record, whose members are those values. */
  #hash(object: object, kind: Kind, base: number, end: number): number {
    if (kind === Kind.Record) return hashOfMembers(this.#values, base, end)
    if (kind === Kind.List) return hashOfList(object as unknown[])
    return kind === Kind.Date ? hashOfTime(apply(getTime, object, [])) : NO_HASH
  }

  /** What is the object? Of a record and a dictionary, puts the members into the values from `base` on. */
  #look(value: object, base: number): Kind {
    if (seesHiddenClasses && !isArray(value)) {
      const shape = this.#shapes.alike(value)
      if (shape !== null) return this.#lookAlike(value, shape, base)
    }
    return this.#lookCloser(value, base)
  }

  /** The same of an object whose hidden class tells its shape. */
  #lookAlike(value: object, shape: Shape, base: number): Kind {
    this.#shape = shape
    return !isReferable(value) && shape.members.read(value, this.#values, base) ? Kind.Record : Kind.NotPlain
  }

  /** The same of an object that is not like the one before it. */
  #lookCloser(value: object, base: number): Kind {
    if (seesHiddenClasses) {
      if (isArray(value)) {
        if (isOrdinaryArray(value)) return isReferable(value) ? Kind.NotPlain : Kind.List
      } else {
        if (isOrdinaryDate(value)) return isReferable(value) ? Kind.NotPlain : kindOfDate(value)
        const shape = this.#shapes.known(value)
        if (shape !== null) return this.#lookAlike(value, shape, base)
        if (isLikeNew(value, EMPTY_OBJECT)) return Kind.Dictionary
      }
    }
    // Nothing may be asked of a proxy: its traps would answer.
    if (typeof value === 'function' || types.isProxy(value)) return Kind.NotPlain
    const prototype = getPrototypeOf(value)
    if (prototype === ArrayPrototype) return isArray(value) && isPlainList(value) ? Kind.List : Kind.NotPlain
    if (prototype === ObjectPrototype || prototype === null) return this.#record(value, prototype, base)
    if (prototype === MapPrototype) {
      const isPlain = types.isMap(value) && (isLikeNew(value, ORDINARY_MAP) || isBare(value))
      return isPlain ? Kind.Map : Kind.NotPlain
    }
    if (prototype === SetPrototype) {
      const isPlain = types.isSet(value) && (isLikeNew(value, ORDINARY_SET) || isBare(value))
      return isPlain ? Kind.Set : Kind.NotPlain
    }
    if (prototype === DatePrototype)
      return types.isDate(value) && isBare(value) ? kindOfDate(value) : Kind.NotPlain
    // (As long as there is an order, nothing has the number of a prototype.)
    return !this.#memo.isOrdered && this.#graph.isOrdinary(prototype) && this.#graph.numberOf(prototype) >= 0
      ? this.#record(value, prototype, base)
      : Kind.NotPlain
  }

  /** Writes an object that was looked at just now, or as one of a chain. */
  #content(value: object, kind: Kind, shape: Shape | null): void {
    if (kind === Kind.Record) this.#members(value, shape!)
    else if (kind === Kind.List) this.#elements(value as unknown[])
    else if (kind === Kind.Date) this.#time(value as Date)
    else if (kind === Kind.Map) this.#map(value as Map<unknown, unknown>)
    else if (kind === Kind.Set) this.#set(value as Set<unknown>)
    else this.#dictionary(value)
  }

  /** Something refers to a node: if it is a record that is being written, the reader must make it before its content. */
  referred(id: number): void {
    // They ascend, and there may be hundreds.
    const ids = this.#openIds
    let low = 0
    for (let high = this.#open; low < high; ) {
      const middle = (low + high) >> 1
      if (ids[middle] < id) low = middle + 1
      else high = middle
    }
    if (low === this.#open || ids[low] !== id) return
    const out = this.#out
    const place = this.#openPlaces[low]
    const tag = out.at(place)
    if (tag >= Tag.Record) out.change(place, tag | Tag.OpenRecord)
    else if (tag === Op.Record) out.change(place, Op.OpenRecord)
    else if (tag === Op.ShapedRecord) out.change(place, Op.OpenShapedRecord)
  }

  /** Puts the members into the values from `base` on, if it is a record or a dictionary. */
  #record(value: object, prototype: object | null, base: number): Kind {
    const keys = getOwnPropertyNames(value)
    const count = keys.length
    if (getOwnPropertySymbols(value).length > 0 || !isExtensible(value)) return Kind.NotPlain
    const shape = count === 0 || count > MAX_SHAPE_KEYS ? null : this.#shapes.find(keys, prototype)
    if (shape === null && prototype !== ObjectPrototype) return Kind.NotPlain
    if (shape !== null ? shape.isOdd : hasOwn(value, 'constructor')) return Kind.NotPlain
    if (isReferable(value)) return Kind.NotPlain
    // The first of its shape, or of its hidden class, is asked more closely than its likes.
    if ((seesHiddenClasses || shape === null || shape.id < 0) && isSlotted(value)) return Kind.NotPlain
    const values = this.#values
    for (let i = 0; i < count; i++) {
      const descriptor = getOwnPropertyDescriptor(value, keys[i])!
      const member = descriptor.value as unknown
      // Methods may belong to their object: they are looked at together.
      if (!isUsual(descriptor) || typeof member === 'function') return Kind.NotPlain
      values[base + i] = member
    }
    this.#shape = shape
    if (shape === null) return Kind.Dictionary
    if (seesHiddenClasses) this.#shapes.exemplify(shape, value)
    return Kind.Record
  }

  /** The record, whose members are the values on top. */
  #members(value: object, shape: Shape): void {
    const graph = this.#graph
    const values = this.#values
    const { keys } = shape
    const base = this.#top
    const end = base + keys.length
    this.#top = end
    const id = this.#memo.next(value)
    this.#header(shape, id)
    const { trace } = graph
    for (let i = base; i < end; i++) {
      if (trace !== null) trace.step('property', keys[i - base])
      graph.value(values[i])
    }
    this.#open--
    this.#top = base
  }

  /** The table, whose members are the values on top. */
  #dictionary(value: object): void {
    const graph = this.#graph
    const keys = getOwnPropertyNames(value)
    const base = this.#top
    this.#top = base + keys.length
    this.#memo.next(value)
    this.#out.byte(Op.Dictionary)
    this.#out.varint(keys.length)
    for (let i = 0; i < keys.length; i++) {
      graph.value(keys[i])
      graph.trace?.step('property', keys[i])
      graph.value(this.#values[base + i])
    }
    this.#top = base
  }

  #header(shape: Shape, id: number): void {
    const out = this.#out
    if (shape.id >= 0) {
      const isShort = shape.id <= MAX_SHORT_SHAPE
      out.byte(isShort ? Tag.Record + shape.id : Op.Record)
      this.#opened(id)
      if (!isShort) out.varint(shape.id)
      return
    }
    shape.id = this.#shapes.count++
    out.byte(Op.ShapedRecord)
    this.#opened(id)
    const { prototype, keys } = shape
    if (prototype === ObjectPrototype) out.varint(ShapePrototype.Object)
    else if (prototype === null) out.varint(ShapePrototype.Null)
    else {
      const number = this.#graph.numberOf(prototype)
      this.referred(number)
      out.varint(ShapePrototype.Node + number)
      this.#shapes.usesNodes = true
    }
    const { joined } = shape
    if (joined !== null) return this.#graph.keyText(joined)
    out.varint(0)
    out.varint(keys.length)
    for (const key of keys) this.#graph.value(key)
  }

  /** The record with this number begins with the byte that was written last. */
  #opened(id: number): void {
    const at = this.#open++
    this.#openIds[at] = id
    this.#openPlaces[at] = this.#out.last
  }

  #elements(value: unknown[]): void {
    const graph = this.#graph
    this.#memo.next(value)
    if (value.length > MAX_SHORT_LIST && typeof value[0] === 'object') this.#memo.expect(value.length)
    const array = graph.isInterruptible ? [...value] : value
    const { length } = array
    if (length >= NUMBERS_WORTH_PACKING && writeNumbers(array, graph)) return
    const { trace } = graph
    if (length <= MAX_SHORT_LIST) this.#out.byte(Tag.ShortList + length)
    else {
      this.#out.byte(Op.List)
      this.#out.varint(length)
    }
    if (trace === null && hasObjectsAlone(array)) {
      for (let i = 0; i < length; i++) graph.object(array[i] as object)
      return
    }
    let ahead = typeof array[0] === 'function' ? 0 : length
    for (let i = 0; i < length; i++) {
      if (i === ahead) ahead = graph.ahead(array, i)
      trace?.step('index', i)
      graph.value(array[i])
    }
  }

  #map(map: Map<unknown, unknown>): void {
    const graph = this.#graph
    this.#memo.next(map)
    this.#out.byte(Op.Map)
    const size: number = apply(mapSize, map, [])
    this.#out.varint(size)
    this.#memo.expect(size)
    const { trace } = graph
    let index = 0
    apply(mapForEach, graph.isInterruptible ? copyOfMap(map) : map, [
      (item: unknown, key: unknown) => {
        // A key that no text names, and what it leads to, are told by their entry's place.
        trace?.step('index', index)
        graph.value(key)
        if (typeof key === 'string' || typeof key === 'number') trace?.step('key', key)
        else trace?.step('index', index)
        graph.value(item)
        index++
      },
    ])
  }

  #set(set: Set<unknown>): void {
    const graph = this.#graph
    this.#memo.next(set)
    this.#out.byte(Op.Set)
    this.#out.varint(apply(setSize, set, []))
    const { trace } = graph
    let index = 0
    apply(setForEach, graph.isInterruptible ? copyOfSet(set) : set, [
      (item: unknown) => {
        trace?.step('index', index++)
        graph.value(item)
      },
    ])
  }

  #time(date: Date): void {
    const time: number = apply(getTime, date, [])
    this.#memo.next(date)
    this.#out.byte(Op.Date)
    this.#out.varint(time < 0 ? -time * 2 - 1 : time * 2)
  }
}

/** (Memory that no cache has is on its way for all of them, before it is waited for.) */
function hasObjectsAlone(array: readonly unknown[]): boolean {
  const { length } = array
  if (length > MOST_AHEAD) return false
  for (let i = 0; i < length; i++) if (typeof array[i] !== 'object' || array[i] === null) return false
  return true
}

function firstObject(values: readonly unknown[], from: number, end: number): object | null {
  for (let i = from; i < end; i++) {
    const value = values[i]
    if (typeof value === 'object' && value !== null) return value
  }
  return null
}

/** Plain is a date whose time is an integer that a double has. */
function kindOfDate(date: Date): Kind {
  const time: number = apply(getTime, date, [])
  return time >= -LARGEST_DATE && time <= LARGEST_DATE ? Kind.Date : Kind.NotPlain
}
