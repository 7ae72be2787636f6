// Rebuilds a value graph: the mirror of graph-writer.ts, operation by operation.
import { createRequire, Module } from 'node:module'
import { pathToFileURL } from 'node:url'
import { promisify, types } from 'node:util'
import { SUPER_NAME } from '../codegen/leaf.ts'
import { importMeta, presentOrigin } from '../codegen/origin.ts'
import { makeSuper, setHome } from '../codegen/super.ts'
import { UnpicklingError } from '../errors.ts'
import { bufferFacts, builtinReducers, type ValueSource, type ViewedBytes } from '../reducers/index.ts'
import type { Reference } from '../references/index.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import { littleEndian } from './codec/endianness.ts'
import type { TextReader } from './codec/text-reader.ts'
import type { CodeSource, MadeClass, MadeFunction } from './function-reader.ts'
import { Guard, isCoercing } from './guard.ts'
import {
  Attribute,
  MAX_SHORT_SHAPE,
  More,
  NAMED_STRING,
  Needs,
  Op,
  PropertiesFlag,
  Prototype,
  ReductionFlag,
  ShapePrototype,
  Tag,
} from './opcodes.ts'
import type { Rebuilder, ReducedContent } from './rebuilder.ts'
import { RecordBuilder } from './record-builder.ts'
import { rememberHome, rememberOrigin, rememberSuper } from './source.ts'

const {
  apply,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  ownKeys,
  preventExtensions,
  setPrototypeOf,
} = Reflect
const objectCreate = Object.create
const isArray = Array.isArray
const bind = Function.prototype.bind
const SymbolFor = Symbol.for
const MapConstructor = Map
const SetConstructor = Set
const DateConstructor = Date
const mapSet = Map.prototype.set
const setAdd = Set.prototype.add
const weakMapSet = WeakMap.prototype.set
const weakSetAdd = WeakSet.prototype.add
const NodePromisify = promisify

type Filler = () => void

/** Told how many bytes an object's own content took, and which nodes of the graph were first met in it. */
export type ContentObserver = (value: unknown, bytes: number, first: number, last: number) => void

/** Far more than a writer nests. */
const MAX_DEPTH = 10_000
/** V8 passes no more than the stack holds. */
const MAX_ARGUMENTS = 0xffff

/** The place of a node that is made when its content was read. */
const UNMADE = Symbol('unmade')

/** Own property of an absent kind: what stands for a hole or a dead binding in a value's place. */
const HOLE = Symbol('hole')

export interface ReadContext {
  readonly references: readonly Reference[]
  resolve(reference: Reference): unknown
  intrinsic(path: string): unknown
  readonly observe?: ContentObserver
  /** Those that travelled out of band. */
  readonly buffers: readonly ViewedBytes[]
  /** Nothing may be rebuilt that would run code later on: accessors, traps. */
  readonly refusesCode: boolean
  readonly rebuilder: Rebuilder
}

export class GraphReader implements ValueSource {
  readonly #in: ByteReader
  readonly #text: TextReader
  readonly #shapes: RecordBuilder[] = []
  readonly #functions: CodeSource
  readonly #context: ReadContext
  readonly #nodes: unknown[] = []
  readonly #strings: string[] = []
  readonly #pending: Filler[] = []
  readonly #owners: unknown[] = []
  readonly #namespaces = new Set<object>()
  /** Nodes that are views of parts of what was received: no buffer that is a value. */
  readonly #parts = new Map<number, ViewedBytes>()
  readonly #guard: Guard | null
  readonly #made = new Map<unknown, MadeFunction>()
  #depth = 0
  /** Bytes of content, within the content that is being observed, which belongs to others. */
  #observedBytes = 0

  constructor(input: ByteReader, text: TextReader, functions: CodeSource, context: ReadContext) {
    this.#in = input
    this.#text = text
    this.#functions = functions
    this.#context = context
    this.#guard = context.refusesCode ? new Guard() : null
  }

  root(): unknown {
    const value = this.value()
    this.#drain()
    for (let more = this.#in.byte(); more !== More.Nothing; more = this.#in.byte()) {
      if (more === More.WeakEntries) {
        this.#weakEntries()
        this.#drain()
        continue
      }
      if (more !== More.Members) throw damaged('something unknown follows its graph')
      const namespace = this.#node(this.#in.varint()) as object
      if (!this.#namespaces.has(namespace)) throw damaged('a module has no namespace')
      for (let left = this.#in.count(); left > 0; left--) {
        const name = this.#in.string()
        // Its getter may come later.
        defineProperty(namespace, name, { ...this.#descriptor(Attribute.Enumerable), configurable: true })
      }
      this.#drain()
    }
    for (const namespace of this.#namespaces) {
      for (const name of ownKeys(namespace)) defineProperty(namespace, name, { configurable: false })
      preventExtensions(namespace)
    }
    if (this.#in.remaining > 0) throw damaged('bytes follow its graph')
    if (!this.#text.isDone) throw damaged('it has text that no string takes')
    return value
  }

  #weakEntries(): void {
    const collection = this.#node(this.#in.varint()) as object
    const isMap = types.isWeakMap(collection)
    if (!isMap && !types.isWeakSet(collection)) throw damaged('weak entries belong to no weak collection')
    for (let left = this.#in.count(); left > 0; left--) {
      const key = this.value()
      const value = this.value()
      if (!isObject(key) && typeof key !== 'symbol') throw damaged('a weak key is no object')
      if (isMap) apply(weakMapSet, collection, [key, value])
      else apply(weakSetAdd, collection, [key])
    }
  }

  #drain(left = 0): void {
    if (this.#context.observe) return this.#drainObserved(left)
    while (this.#pending.length > left) {
      this.#owners.pop()
      this.#pending.pop()!()
    }
  }

  #drainObserved(left: number): void {
    while (this.#pending.length > left) {
      const owner = this.#owners.pop()
      const end = this.#observed()!
      this.#pending.pop()!()
      end(owner)
    }
  }

  /** Before content is read: what is to be called behind it, with the object that it belongs to. */
  #observed(): ((owner: unknown) => void) | undefined {
    const { observe } = this.#context
    if (!observe) return undefined
    const start = this.#in.position + this.#text.taken
    const first = this.#nodes.length
    const outer = this.#observedBytes
    this.#observedBytes = 0
    return (owner) => {
      const size = this.#in.position + this.#text.taken - start
      observe(owner, size - this.#observedBytes, first, this.#nodes.length)
      this.#observedBytes = outer + size
    }
  }

  get nodes(): readonly unknown[] {
    return this.#nodes
  }

  /** Content that is read when everything in hand is done. */
  #later(owner: unknown, filler: Filler): void {
    this.#owners.push(owner)
    this.#pending.push(filler)
  }

  // --- what entries of the dispatch table use ---

  byte(): number {
    return this.#in.byte()
  }
  varint(): number {
    return this.#in.varint()
  }
  count(): number {
    return this.#in.count()
  }
  double(): number {
    return this.#in.double()
  }
  string(): string {
    return this.#in.string()
  }
  data(): Uint8Array {
    return this.#in.view(this.#in.varint())
  }
  outOfBand(number: number): ViewedBytes {
    const buffer = this.#context.buffers[number]
    if (buffer === undefined) throw damaged('a buffer is named that is not there')
    return buffer
  }
  viewed(): ViewedBytes {
    const op = this.#in.byte()
    if (op === Op.OutOfBand) {
      const bytes = this.outOfBand(this.#in.varint())
      this.#received(bytes)
      return bytes
    }
    let buffer: unknown
    if (op === Op.Ref) {
      const id = this.#in.varint()
      const part = this.#parts.get(id)
      if (part !== undefined) return part
      buffer = this.#node(id)
    } else buffer = this.#operation(op)
    const facts = types.isAnyArrayBuffer(buffer) ? bufferFacts(buffer) : null
    if (facts === null) throw damaged('a view has no buffer')
    return { buffer: buffer as ArrayBufferLike, offset: 0, length: facts.length }
  }
  refuseThenable(value: unknown): void {
    this.#guard?.fulfillment(value)
  }

  // --- values ---

  value(): unknown {
    return this.#operation(this.#in.byte())
  }

  #string(length: number): string {
    const text = this.#text.take(length)
    if (length >= NAMED_STRING.min && length <= NAMED_STRING.max) this.#strings.push(text)
    return text
  }

  #operation(op: number): unknown {
    if (op >= Tag.SmallInteger) {
      if (op < Tag.ShortString) return op - Tag.SmallInteger
      if (op < Tag.Record) return this.#string(op - Tag.ShortString)
      return this.#record(op & MAX_SHORT_SHAPE, op >= Tag.OpenRecord)
    }
    switch (op) {
      case Op.Undefined:
        return undefined
      case Op.Null:
        return null
      case Op.True:
        return true
      case Op.False:
        return false
      case Op.Hole:
        return HOLE
      case Op.Integer:
        return this.#in.varint()
      case Op.NegativeInteger:
        return -this.#in.varint()
      case Op.Double:
        return this.#in.double()
      case Op.String:
        return this.#string(this.#in.varint())
      case Op.StringRef: {
        const text = this.#strings[this.#in.varint()]
        if (text === undefined) throw damaged('a string is named that is not there')
        return text
      }
      case Op.BigInt:
        return bigint(this.#in.string())
      case Op.RegisteredSymbol:
        return SymbolFor(this.#in.string())
      case Op.Ref:
        return this.#node(this.#in.varint())
      case Op.Date:
        return this.#add(dateOf(this.#in.varint()))
      case Op.Record:
      case Op.OpenRecord:
        return this.#record(this.#in.varint(), op === Op.OpenRecord)
      case Op.Integers:
        return this.#add(this.#integers())
      case Op.Doubles:
        return this.#add(this.#doubles())
      default:
        if (++this.#depth > MAX_DEPTH) throw damaged('values are nested beyond measure')
        try {
          return this.#create(op)
        } finally {
          this.#depth--
        }
    }
  }

  /** A node for received bytes. As a value it is their buffer, if they are all of it. */
  #received(bytes: ViewedBytes): unknown {
    const { buffer, offset, length, isAbsent } = bytes
    const isWhole = offset === 0 && bufferFacts(buffer)?.length === length
    if (isAbsent || !isWhole) this.#parts.set(this.#nodes.length, bytes)
    return this.#add(isWhole ? buffer : UNMADE)
  }

  #node(id: number): unknown {
    if (id >= this.#nodes.length) throw damaged('a value is named that is not there')
    const node = this.#nodes[id]
    if (node === UNMADE) throw damaged('a value is named that is not made yet')
    return node
  }

  #add<T>(value: T): T {
    this.#nodes.push(value)
    return value
  }

  #create(op: number): unknown {
    switch (op) {
      case Op.UniqueSymbol: {
        const description = this.value()
        if (description !== undefined && typeof description !== 'string')
          throw damaged('a symbol has a description that is no string')
        return this.#add(Symbol(description))
      }
      case Op.Intrinsic: {
        const path = this.value()
        if (typeof path !== 'string') throw damaged('an intrinsic has no name')
        return this.#add(this.#context.intrinsic(path))
      }
      case Op.Reference: {
        const reference = this.#context.references[this.#in.varint()]
        if (!reference) throw damaged('a reference is named that is not in the manifest')
        return this.#add(this.#context.resolve(reference))
      }
      case Op.ShapedRecord:
      case Op.OpenShapedRecord: {
        const id = this.#shapes.length
        // Its place is taken before its prototype and keys are read.
        this.#shapes.push(this.#shape())
        return this.#record(id, op === Op.OpenShapedRecord)
      }
      case Op.Dictionary:
        return this.#dictionary()
      case Op.List:
        return this.#list()
      case Op.Map:
        return this.#map()
      case Op.Set:
        return this.#set()
      case Op.Object:
        return this.#object(null)
      case Op.Stamped:
        return this.#object(this.value())
      case Op.Array:
        return this.#array()
      case Op.Builtin:
        return this.#builtin()
      case Op.Function:
        return this.#function()
      case Op.Class:
        return this.#class()
      case Op.Literal:
        return this.#literal()
      case Op.PrototypeOf:
        return this.#prototypeOf()
      case Op.Bound: {
        const target = this.value()
        if (typeof target !== 'function') throw damaged('a bound function has no target')
        const outerThis = this.value()
        const args: unknown[] = []
        for (let left = this.#in.count(); left > 0; left--) args.push(this.value())
        const bound = this.#add(apply(bind, target, [outerThis, ...args]))
        this.#later(bound, () => {
          this.#changedPrototype(bound, true)
          this.#properties(bound)
        })
        return bound
      }
      case Op.Proxy: {
        const target = this.value() as object
        const handler = this.value() as object
        this.#guard?.handler(handler)
        return this.#add(this.#functions.proxy(target, handler))
      }
      case Op.Namespace: {
        const namespace = objectCreate(null)
        defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
        this.#namespaces.add(namespace)
        return this.#add(namespace)
      }
      case Op.Arguments: {
        const length = this.#in.varint()
        if (length > MAX_ARGUMENTS) throw damaged('an arguments object is too long')
        const value = this.#add(makeArguments(length))
        this.#later(value, () => this.#properties(value, ['length', 'callee', Symbol.iterator]))
        return value
      }
      case Op.Require: {
        const filename = this.#in.string()
        const require = createRequire(presentOrigin(filename === '' ? '' : pathToFileURL(filename).href))
        rememberOrigin(require, filename)
        return this.#add(require)
      }
      case Op.Promisified: {
        const original = this.value()
        return this.#add(NodePromisify(original as () => void))
      }
      case Op.ImportMeta:
        return this.#add(importMeta(this.#in.string()))
      case Op.Module: {
        const module = this.#add(new Module('[cornichon]'))
        this.#later(module, () => {
          module.exports = this.value()
        })
        return module
      }
      case Op.Super: {
        const reference = this.#add(makeSuper())
        this.#later(reference, () => {
          const home = this.value()
          if (!isObject(home)) throw damaged('a home object is none')
          setHome(reference, home)
        })
        return reference
      }
      case Op.AfterCall:
        this.#call()
        return this.value()
      case Op.OutOfBand: {
        const bytes = this.outOfBand(this.#in.varint())
        if (this.#received(bytes) === UNMADE) throw damaged('a part of a buffer stands for all of it')
        return bytes.buffer
      }
      case Op.MemberOf:
        this.value()
        return this.value()
      case Op.Settled:
        return this.#settled(() => this.value())
      case Op.Reduction:
        return this.#reduction()
      case Op.Persistent:
        return this.#add(this.#context.rebuilder.persistent(this.#settled(() => this.value())))
      default:
        throw damaged(`operation ${op} is unknown`)
    }
  }

  // --- what reducers of the user's say ---

  /** Reads with all content that belongs to what is read. */
  #settled<T>(read: () => T): T {
    const left = this.#pending.length
    const value = read()
    this.#drain(left)
    return value
  }

  #reduction(): unknown {
    this.#guard?.reduction()
    const flags = this.#in.byte()
    const factory = this.value()
    const args = this.#settled(() => this.#values())
    const { rebuilder } = this.#context
    const result = this.#add(rebuilder.create(factory, args, (flags & ReductionFlag.New) !== 0))
    if ((flags & ~ReductionFlag.New) === 0) return result
    this.#later(result, () => {
      const content: ReducedContent = {}
      // Below what the content leaves pending: it is whole then.
      this.#later(result, () => rebuilder.fill(result, content))
      if (flags & ReductionFlag.SetState) content.setState = { setter: this.value(), state: this.value() }
      else if (flags & ReductionFlag.State) {
        this.#in.byte()
        content.state = this.#descriptors(this.#in.count())
      }
      if (flags & ReductionFlag.Items) content.items = this.#values()
      if (flags & ReductionFlag.Entries) {
        const entries: [unknown, unknown][] = []
        for (let left = this.#in.count(); left > 0; left--) entries.push([this.value(), this.value()])
        content.entries = entries
      }
    })
    return result
  }

  #values(): unknown[] {
    const values: unknown[] = []
    for (let left = this.#in.count(); left > 0; left--) values.push(this.value())
    return values
  }

  // --- plain data ---

  #shape(): RecordBuilder {
    const which = this.#in.varint()
    const prototype =
      which === ShapePrototype.Object
        ? Object.prototype
        : which === ShapePrototype.Null
          ? null
          : this.#node(which - ShapePrototype.Node)
    if (prototype !== null && !isObject(prototype)) throw damaged('a prototype is no object')
    const keys: string[] = []
    for (let left = this.#in.count(); left > 0; left--) {
      const key = this.value()
      if (typeof key !== 'string') throw damaged('a property key is no key')
      keys.push(key)
    }
    if (new Set(keys).size !== keys.length) throw damaged('a shape has a key twice')
    return new RecordBuilder(keys, prototype)
  }

  #record(number: number, isOpen: boolean): object {
    const shape = this.#shapes[number]
    if (shape === undefined) throw damaged('a shape is named that is not there')
    if (++this.#depth > MAX_DEPTH) throw damaged('values are nested beyond measure')
    const end = this.#observed()
    let object: object
    if (isOpen) {
      object = this.#add(shape.empty())
      for (const key of shape.keys) {
        const value = this.value()
        this.#guard?.property(object, key)
        shape.define(object, key, value)
      }
    } else {
      const id = this.#nodes.length
      this.#nodes.push(UNMADE)
      object = shape.build(this)
      this.#nodes[id] = object
    }
    this.#depth--
    end?.(object)
    return object
  }

  #dictionary(): object {
    const object: object = this.#add({})
    const end = this.#observed()
    for (let left = this.#in.count(); left > 0; left--) {
      const key = this.#key()
      this.#guard?.property(object, key)
      defineProperty(object, key, dataDescriptor(this.value(), Attribute.All))
    }
    end?.(object)
    return object
  }

  #list(): unknown[] {
    const length = this.#in.count()
    const array: unknown[] = this.#add([])
    const end = this.#observed()
    for (let i = 0; i < length; i++) {
      const value = this.value()
      if (value === HOLE) array.length = i + 1
      else array[i] = value
    }
    end?.(array)
    return array
  }

  #integers(): number[] {
    const size = this.#in.byte()
    if (size !== 1 && size !== 2 && size !== 4) throw damaged('integers have no size')
    const length = this.#in.count(size)
    return numbersOf(this.#in.view(length * size), size)
  }

  #doubles(): number[] {
    const length = this.#in.count(8)
    return numbersOf(this.#in.view(length * 8), 8)
  }

  #map(): Map<unknown, unknown> {
    const map: Map<unknown, unknown> = this.#add(new MapConstructor())
    const end = this.#observed()
    for (let left = this.#in.count(2); left > 0; left--) {
      const key = this.value()
      apply(mapSet, map, [key, this.value()])
    }
    end?.(map)
    return map
  }

  #set(): Set<unknown> {
    const set: Set<unknown> = this.#add(new SetConstructor())
    const end = this.#observed()
    for (let left = this.#in.count(); left > 0; left--) apply(setAdd, set, [this.value()])
    end?.(set)
    return set
  }

  // --- objects ---

  #prototype(): { mode: number; prototype: object | null } {
    const mode = this.#in.byte()
    if (mode > Prototype.Later) throw damaged('a prototype has no kind')
    return { mode, prototype: mode === Prototype.Given ? (this.value() as object) : null }
  }

  #object(base: unknown): object {
    const { mode, prototype } = this.#prototype()
    let object: object
    if (base)
      object = this.#functions.construct(
        base,
        mode === Prototype.Null ? null : mode === Prototype.Given ? prototype : Object.prototype,
      )
    else if (mode === Prototype.Default || mode === Prototype.Later) object = {}
    else object = objectCreate(prototype)
    this.#add(object)
    if (mode === Prototype.Later) this.#prototypeLater(object)
    this.#later(object, () => {
      if (mode >= Prototype.Given) this.#privateElements(object, base)
      this.#properties(object)
    })
    return object
  }

  #prototypeLater(object: object): void {
    this.#later(object, () => {
      this.#guard?.prototype(object)
      setPrototypeOf(object, this.value() as object | null)
    })
  }

  #array(): unknown[] {
    const { mode, prototype } = this.#prototype()
    const length = this.#in.varint()
    const array: unknown[] = []
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(array, prototype)
    this.#add(array)
    if (mode === Prototype.Later) this.#prototypeLater(array)
    this.#later(array, () => {
      if (mode >= Prototype.Given) this.#privateElements(array, null)
      this.#arrayContent(array, length)
    })
    return array
  }

  #arrayContent(array: unknown[], length: number): void {
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
    if (array.length !== length) array.length = length
    if (flags & 2) this.#keyed(array, this.#in.count())
    if (flags & 4) defineProperty(array, 'length', { writable: false })
    if (flags & 8) preventExtensions(array)
  }

  #element(array: unknown[], index: number): void {
    const op = this.#in.byte()
    if (op === Op.Hole) return
    if (op === Op.Accessor || op === Op.Attributes) this.#special(array, String(index), op)
    else
      defineProperty(array, index, {
        value: this.#operation(op),
        writable: true,
        enumerable: true,
        configurable: true,
      })
  }

  #builtin(): object {
    const reducer = builtinReducers[this.#in.varint()]
    if (!reducer) throw damaged('a type is named that this cornichon does not know')
    const { mode, prototype } = this.#prototype()
    const object = reducer.create(this) as object
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(object, prototype)
    this.#add(object)
    if (mode === Prototype.Later) this.#prototypeLater(object)
    this.#later(object, () => {
      if (mode >= Prototype.Given) this.#privateElements(object, null)
      reducer.readContent?.(object, this)
      this.#properties(object, reducer.ownKeys?.(object), reducer.indexed)
    })
    return object
  }

  /** The mirror of InstanceFacts.writePrivate. */
  #privateElements(object: object, constructed: unknown): void {
    for (let left = this.#in.count(); left > 0; left--) {
      const owner = this.value()
      if (owner !== constructed) this.#functions.stamp(owner, object)
      const count = this.#functions.privateFields(owner)
      for (let i = 0; i < count; i++) this.#functions.setPrivateField(owner, i, object, this.value())
    }
  }

  /** Own properties, onto an object that may have some by the way it was made: these go, or change, or stay. */
  #properties(object: object, kept: readonly PropertyKey[] = [], indexed = false, apart = true): void {
    const flags = this.#in.byte()
    const count = this.#in.count()
    if (!apart) return this.#skipProperties(count)
    // A typed array has nothing but its elements; there may be millions.
    const present = indexed && types.isTypedArray(object) ? [] : without(ownKeys(object), kept)
    if (present.length > 0) this.#replaceProperties(object, count, present)
    else this.#keyed(object, count)
    if (flags & PropertiesFlag.NonExtensible) preventExtensions(object)
  }

  #keyed(object: object, count: number): void {
    if (count === 0) return
    const usual = this.#in.byte()
    const coerces = isArray(object) || types.isTypedArray(object)
    for (; count > 0; count--) {
      const key = this.#key()
      const descriptor = this.#descriptor(usual)
      if (coerces && isCoercing(object, key, descriptor)) throw damaged('a length or element is no number')
      this.#guard?.property(object, key)
      defineProperty(object, key, descriptor)
    }
  }

  #key(): PropertyKey {
    const key = this.value()
    if (typeof key !== 'string' && typeof key !== 'symbol') throw damaged('a property key is no key')
    return key
  }

  /** Reads all, then deletes what should not be there; from where the order differs, what can go goes first. */
  #replaceProperties(object: object, count: number, present: readonly PropertyKey[]): void {
    const wanted = this.#descriptors(count)
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
      if (!defineProperty(object, key, descriptor) && !sameProperty(object, key, descriptor)) {
        throw damaged(`the property ${String(key)} can't be defined`)
      }
    }
  }

  #descriptors(count: number): [PropertyKey, PropertyDescriptor][] {
    const wanted: [PropertyKey, PropertyDescriptor][] = []
    if (count > 0) {
      const usual = this.#in.byte()
      for (; count > 0; count--) wanted.push([this.#key(), this.#descriptor(usual)])
    }
    return wanted
  }

  #skipProperties(count: number): void {
    if (count === 0) return
    const usual = this.#in.byte()
    for (; count > 0; count--) {
      this.#key()
      this.#descriptor(usual)
    }
  }

  #property(object: object, key: PropertyKey, usual: number): void {
    defineProperty(object, key, this.#descriptor(usual))
  }

  #special(object: object, key: PropertyKey, op: number): void {
    defineProperty(object, key, this.#specialDescriptor(op))
  }

  #descriptor(usual: number): PropertyDescriptor {
    const op = this.#in.byte()
    if (op === Op.Accessor || op === Op.Attributes) return this.#specialDescriptor(op)
    return dataDescriptor(this.#operation(op), usual)
  }

  #specialDescriptor(op: number): PropertyDescriptor {
    if (op === Op.Attributes) {
      const attributes = this.#in.byte()
      return dataDescriptor(this.value(), attributes)
    }
    this.#guard?.accessor()
    const attributes = this.#in.byte()
    const get = this.value() as () => unknown
    const set = this.value() as (value: unknown) => void
    return {
      get,
      set,
      enumerable: (attributes & Attribute.Enumerable) !== 0,
      configurable: (attributes & Attribute.Configurable) !== 0,
    }
  }

  // --- functions and classes ---

  #function(): object {
    const index = this.#in.varint()
    const needs = this.#in.byte()
    const home = needs & Needs.PrivateHome ? this.value() : undefined
    const outerThis = needs & Needs.This ? this.value() : undefined
    const call = needs & Needs.Call ? this.#call() : null
    const { value, made } = this.#functions.function(index, outerThis, call)
    if (typeof home === 'function') rememberHome(value, home)
    this.#add(value)
    this.#made.set(value, made)
    this.#later(value, () => {
      this.#bindings(value, made)
      this.#functionProperties(value, true)
    })
    return value
  }

  #bindings(owner: object, made: MadeFunction): void {
    const { bindings } = made.entry
    if (this.#in.count() !== bindings.length)
      throw damaged('a function has other bindings than its table says')
    const values: unknown[] = []
    const constants: unknown[] = []
    for (const binding of bindings) {
      const value = this.value()
      if (made.existing) continue
      switch (binding.kind) {
        case 'value':
          if (binding.name === SUPER_NAME && isObject(value)) rememberSuper(owner, value)
          values[binding.slot] = value
          break
        case 'const':
          constants[binding.slot] = value
          break
        case 'shared':
          this.#functions.setShared(made.entry.environments[binding.environment], binding.slot, value)
          break
        case 'dead':
          break
      }
    }
    if (made.existing) return
    if (values.length > 0) made.setter!(values)
    made.generator?.next(constants as never)
  }

  #functionProperties(value: object, apart: boolean): void {
    this.#changedPrototype(value, apart)
    if (this.#in.byte() === 1) this.#properties(value, ['arguments', 'caller'], false, apart)
  }

  /** The number of a call that arrow functions see `this` and `arguments` of; told once for all of them. */
  #call(): number {
    const number = this.#in.varint()
    if (this.#in.byte() === 0) return number
    const outerThis = this.value()
    const outerArguments: unknown[] = []
    for (let left = this.#in.count(); left > 0; left--) outerArguments.push(this.value())
    this.#functions.setCall(number, { outerThis, outerArguments })
    return number
  }

  #class(): object {
    const index = this.#in.varint()
    const identity = this.#in.string()
    const home = this.#in.byte() & Needs.PrivateHome ? this.value() : undefined
    const heritage = this.value()
    const keys: PropertyKey[] = []
    for (let left = this.#in.count(); left > 0; left--) keys.push(this.#key())
    const made = this.#functions.class(index, identity, heritage, keys)
    const { value, prototype, members } = made
    const fresh = !made.existing
    if (typeof home === 'function') rememberHome(value, home)
    this.#add(value)
    this.#add(prototype)
    this.#made.set(value, made)
    for (const member of members) {
      this.#add(member)
      rememberHome(member, value)
      this.#later(member, () => this.#functionProperties(member, fresh))
    }
    this.#later(value, () => {
      this.#changedPrototype(prototype, fresh)
      this.#properties(prototype, [], false, fresh)
    })
    this.#later(value, () => this.#classContent(made, fresh))
    return value
  }

  #classContent(made: MadeClass, fresh: boolean): void {
    const { value } = made
    this.#bindings(value, made)
    for (let i = 0; i < made.entry.staticFields; i++) {
      const state = this.value()
      if (fresh) this.#functions.setStaticField(value, i, state)
    }
    this.#changedPrototype(value, fresh)
    this.#properties(value, ['arguments', 'caller'], false, fresh)
  }

  #changedPrototype(object: object, apart: boolean): void {
    if (this.#in.byte() === 0) return
    const prototype = this.value() as object | null
    this.#guard?.prototype(object)
    if (apart) setPrototypeOf(object, prototype)
  }

  #literal(): object {
    const { value, parts, made } = this.#functions.literal(this.#in.varint())
    this.#add(value)
    for (const part of parts) {
      this.#add(part)
      rememberHome(part, value)
      this.#later(part, () => this.#functionProperties(part, true))
    }
    this.#later(value, () => {
      this.#bindings(value, made)
      this.#changedPrototype(value, true)
      this.#properties(value)
    })
    return value
  }

  #prototypeOf(): object {
    const owner = this.value()
    if (typeof owner !== 'function') throw damaged('a prototype belongs to something that is no function')
    const made = this.#made.get(owner)
    const prototype = getOwnPropertyDescriptor(owner, 'prototype')?.value as object
    if (made?.entry.shape === 'class') return prototype
    this.#add(prototype)
    if (made) {
      this.#later(prototype, () => {
        this.#changedPrototype(prototype, true)
        this.#properties(prototype)
      })
    }
    return prototype
  }
}

function dateOf(number: number): Date {
  return new DateConstructor(number % 2 === 0 ? number / 2 : -(number + 1) / 2)
}

function numbersOf(bytes: Uint8Array, size: 1 | 2 | 4 | 8): number[] {
  const { buffer } = littleEndian(bytes.slice(), size)
  const packed =
    size === 1
      ? new Int8Array(buffer)
      : size === 2
        ? new Int16Array(buffer)
        : size === 4
          ? new Int32Array(buffer)
          : new Float64Array(buffer)
  const { length } = packed
  const array: number[] = []
  for (let i = 0; i < length; i++) array.push(packed[i])
  return array
}

function dataDescriptor(value: unknown, attributes: number): PropertyDescriptor {
  return {
    value,
    writable: (attributes & Attribute.Writable) !== 0,
    enumerable: (attributes & Attribute.Enumerable) !== 0,
    configurable: (attributes & Attribute.Configurable) !== 0,
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
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

function makeArguments(length: number): object {
  return apply(
    function () {
      // biome-ignore lint/complexity/noArguments: an arguments object is what is wanted
      return arguments
    },
    undefined,
    new Array(length),
  )
}

function bigint(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw damaged('a bigint is none')
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

function damaged(what: string): UnpicklingError {
  return new UnpicklingError(`the bundle is damaged: ${what}`)
}
