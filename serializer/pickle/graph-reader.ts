// Rebuilds a value graph: the mirror of graph-writer.ts, operation by operation.
import { createRequire, Module } from 'node:module'
import { pathToFileURL } from 'node:url'
import { promisify, types } from 'node:util'
import { type CheckedLimits, exceeded } from '../bundle/limits.ts'
import { importMeta, presentOrigin } from '../codegen/origin.ts'
import { makeSuper, setHome } from '../codegen/super.ts'
import { damaged, type UnpicklingError } from '../errors.ts'
import { needAllOriginals } from '../originals.ts'
import {
  bufferFacts,
  builtinReducers,
  intlFunctionOf,
  madeBuffer,
  type ValueSource,
  type ViewedBytes,
} from '../reducers/index.ts'
import type { Reference } from '../references/index.ts'
import { isWeakCollection } from './class-registry.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { TextReader } from './codec/text-reader.ts'
import { type FunctionNodeSource, FunctionNodes } from './function-nodes.ts'
import type { CodeSource } from './function-reader.ts'
import { Guard } from './guard.ts'
import { splitKeys } from './joined-keys.ts'
import { addWeakEntry, hasWeakEntry, KnownWeakCollections } from './known-weak-collections.ts'
import { Nodes, UNMADE } from './nodes.ts'
import { isObject } from './objects.ts'
import {
  Attribute,
  BULK_ALIGNMENT,
  LEAST_BULK,
  MAX_ARGUMENTS,
  MAX_SHORT_SHAPE,
  More,
  NAMED_STRING,
  Op,
  Prototype,
  ReductionFlag,
  Tag,
} from './opcodes.ts'
import { HOLE, PlainReader, type PlainSource } from './plain-reader.ts'
import { PropertyReader, type PropertySource } from './property-reader.ts'
import type { Rebuilder, ReducedContent } from './rebuilder.ts'
import type { ReaderSession } from './session.ts'
import { rememberOrigin } from './source.ts'

const { apply, defineProperty, ownKeys, preventExtensions, setPrototypeOf } = Reflect
const objectCreate = Object.create
const bind = Function.prototype.bind
const SymbolFor = Symbol.for
const MapConstructor = Map
const SetConstructor = Set
const NodePromisify = promisify

type Filler = () => void

/** Told how many bytes an object's own content took, and which nodes of the graph were first met in it. */
export type ContentObserver = (value: unknown, bytes: number, first: number, last: number) => void

/** Far more than a writer nests. */
const MAX_DEPTH = 10_000
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
  readonly limits: CheckedLimits
  /** May the graph name its nodes, by their numbers? */
  readonly keepsNodes: boolean
  /** May views be views of what was received? */
  readonly borrows: boolean
}

export class GraphReader implements ValueSource, PlainSource, PropertySource, FunctionNodeSource {
  readonly #in: ByteReader
  readonly #text: TextReader
  readonly #blobs: ByteReader
  readonly #functions: CodeSource
  readonly #context: ReadContext
  readonly #nodes: Nodes
  /** Plain data needs none of these: each is made when it is asked for. */
  #knownWeak: KnownWeakCollections | null = null
  #functionReader: FunctionNodes | null = null
  readonly #plain: PlainReader
  readonly #strings: string[]
  readonly #pending: Filler[] = []
  readonly #owners: unknown[] = []
  #namespaces: Set<object> | null = null
  /** Nodes that are views of parts of what was received: no buffer that is a value. */
  #parts: Map<number, ViewedBytes> | null
  readonly #guard: Guard | null
  readonly #properties: PropertyReader
  readonly #maxString: number
  /** Elements that `arguments` objects may be made with. */
  #argumentsLeft: number
  /** Content within content that is being read: call stack. */
  #depth = 0
  /** Levels above what is being read, beside those. */
  #base = 0
  /** The depth that is one too many, for the call stack or the limit. */
  #stop = 0
  /** Of each pending content, the level of its object. */
  readonly #levels: number[] = []
  /** Bytes of content, within the content that is being observed, which belongs to others. */
  #observedBytes = 0

  constructor(
    input: ByteReader,
    text: TextReader,
    blobs: ByteReader,
    functions: CodeSource,
    context: ReadContext,
    session: ReaderSession | null = null,
  ) {
    this.#in = input
    this.#text = text
    this.#blobs = blobs
    this.#functions = functions
    this.#context = context
    this.#nodes = session === null ? new Nodes(context.limits.maxObjects, context.keepsNodes) : session.nodes
    this.#strings = session === null ? [] : session.strings
    this.#parts = session === null ? null : session.parts
    this.#maxString = context.limits.maxString
    this.#argumentsLeft = input.remaining
    this.#setBase(0)
    this.#guard = context.refusesCode ? new Guard() : null
    this.#properties = new PropertyReader(this, input, this.#guard)
    this.#plain = new PlainReader(
      this,
      input,
      this.#nodes,
      this.#guard,
      session === null ? [] : session.shapes,
    )
  }

  get #weakCollections(): KnownWeakCollections {
    this.#knownWeak ??= new KnownWeakCollections()
    return this.#knownWeak
  }

  get #functionNodes(): FunctionNodes {
    this.#functionReader ??= new FunctionNodes(this, this.#in, this.#nodes, this.#functions, this.#properties)
    return this.#functionReader
  }

  root(): unknown {
    const value = this.value()
    this.#drain()
    for (let more = this.#in.byte(); more !== More.Nothing; more = this.#in.byte()) {
      needAllOriginals()
      if (more === More.WeakEntries) {
        this.#weakEntries()
        this.#drain()
        continue
      }
      if (more !== More.Members) throw damaged('something unknown follows its graph')
      const namespace = this.#nodes.at(this.#in.varint()) as object
      if (!this.#namespaces?.has(namespace)) throw damaged('a module has no namespace')
      for (let left = this.#in.count(); left > 0; left--) {
        const name = this.#in.string()
        // Its getter may come later.
        defineProperty(namespace, name, {
          ...this.#properties.descriptor(Attribute.Enumerable),
          configurable: true,
        })
      }
      this.#drain()
    }
    if (this.#namespaces !== null) this.#closeNamespaces(this.#namespaces)
    if (this.#in.remaining > 0) throw damaged('bytes follow its graph')
    if (this.#blobs.remaining > 0) throw damaged('it has buffers that nothing takes')
    if (!this.#text.isDone) throw damaged('it has text that no string takes')
    return value
  }

  #closeNamespaces(namespaces: ReadonlySet<object>): void {
    for (const namespace of namespaces) {
      for (const name of ownKeys(namespace)) defineProperty(namespace, name, { configurable: false })
      preventExtensions(namespace)
    }
  }

  #weakEntries(): void {
    const collection = this.#nodes.at(this.#in.varint()) as object
    if (!isWeakCollection(collection)) throw damaged('weak entries belong to no weak collection')
    const followers = this.#weakCollections.of(collection)
    for (let left = this.#in.count(); left > 0; left--) {
      const key = this.value()
      const value = this.value()
      if (!isObject(key) && typeof key !== 'symbol') throw damaged('a weak key is no object')
      addWeakEntry(collection, key, value)
      if (followers === undefined) continue
      // (What the class has of it already stays as it is.)
      for (const known of followers) if (!hasWeakEntry(known, key)) addWeakEntry(known, key, value)
    }
  }

  follows(value: object, known: unknown): void {
    this.#weakCollections.follows(value, known)
  }

  #drain(left = 0): void {
    const base = this.#base
    while (this.#pending.length > left) {
      this.#setBase(this.#levels.pop()! - this.#depth)
      const owner = this.#owners.pop()
      const end = this.#context.observe === undefined ? undefined : this.observed()
      this.#pending.pop()!()
      end?.(owner)
    }
    this.#setBase(base)
  }

  #setBase(base: number): void {
    this.#base = base
    this.#stop = Math.min(MAX_DEPTH, this.#context.limits.maxDepth - base) + 1
  }

  /** Before content is read: what is to be called behind it, with the object that it belongs to. */
  observed(): ((owner: unknown) => void) | undefined {
    const { observe } = this.#context
    if (!observe) return undefined
    const start = this.#position()
    const first = this.#nodes.length
    const outer = this.#observedBytes
    this.#observedBytes = 0
    return (owner) => {
      const size = this.#position() - start
      observe(owner, size - this.#observedBytes, first, this.#nodes.length)
      this.#observedBytes = outer + size
    }
  }

  #position(): number {
    return this.#in.position + this.#text.taken + this.#blobs.position
  }

  get nodes(): readonly unknown[] {
    return this.#nodes.all
  }

  /** Content that is read when everything in hand is done. */
  later(owner: unknown, filler: Filler): void {
    this.#owners.push(owner)
    this.#levels.push(this.#base + this.#depth)
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
  bulk(): Uint8Array {
    const length = this.#in.varint()
    return length < LEAST_BULK ? this.#in.view(length) : this.apart(length)
  }
  apart(length: number): Uint8Array {
    const blobs = this.#blobs
    while (blobs.position % BULK_ALIGNMENT !== 0)
      if (blobs.byte() !== 0) throw damaged('something stands between its buffers')
    return blobs.view(length)
  }
  borrows(bytes: Uint8Array, alignment: number): boolean {
    if (!this.#context.borrows || bytes.length < LEAST_BULK || bytes.byteOffset % alignment !== 0)
      return false
    const facts = bufferFacts(bytes.buffer)
    return facts !== null && !facts.isShared && facts.maximum === null
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
    if (op === Op.ViewedBuffer) {
      const bytes = this.bulk()
      const { length } = bytes
      if (this.borrows(bytes, BULK_ALIGNMENT)) {
        const part = { buffer: bytes.buffer, offset: bytes.byteOffset, length }
        this.#addPart(part)
        this.#nodes.add(UNMADE)
        return part
      }
      return { buffer: this.#nodes.add(copyOf(bytes)), offset: 0, length }
    }
    let buffer: unknown
    if (op === Op.Ref) {
      const id = this.#in.varint()
      const part = this.#parts?.get(id)
      if (part !== undefined) return part
      buffer = this.#nodes.at(id)
    } else buffer = this.operation(op)
    const facts = types.isAnyArrayBuffer(buffer) ? bufferFacts(buffer) : null
    if (facts === null) throw damaged('a view has no buffer')
    return { buffer: buffer as ArrayBufferLike, offset: 0, length: facts.length }
  }
  refuseThenable(value: unknown): void {
    this.#guard?.fulfillment(value)
  }

  // --- values ---

  value(): unknown {
    return this.operation(this.#in.byte())
  }

  deeper(): void {
    if (++this.#depth >= this.#stop) throw this.#tooDeep()
  }

  shallower(): void {
    this.#depth--
  }

  #tooDeep(): UnpicklingError {
    const { maxDepth } = this.#context.limits
    const level = this.#base + this.#depth
    if (level > maxDepth)
      return exceeded('maxDepth', maxDepth, `objects ${level} levels deep or more (${this.#place()})`)
    return damaged('values are nested beyond measure')
  }

  #place(): string {
    return `in its object ${this.#nodes.length}, byte ${this.#in.position} of its graph`
  }

  #tooLong(length: number): UnpicklingError {
    return exceeded('maxString', this.#maxString, `a string of ${length} code units (${this.#place()})`)
  }

  #string(length: number): string {
    if (length > this.#maxString) throw this.#tooLong(length)
    const text = this.#text.take(length)
    if (length >= NAMED_STRING.min && length <= NAMED_STRING.max) this.#strings.push(text)
    return text
  }

  keyText(length: number): string {
    const text = this.#text.take(length)
    if (length > this.#maxString)
      for (const key of splitKeys(text)) if (key.length > this.#maxString) throw this.#tooLong(key.length)
    return text
  }

  operation(op: number): unknown {
    if (op >= Tag.SmallInteger) {
      if (op < Tag.ShortString) return op - Tag.SmallInteger
      if (op < Tag.Record) return this.#string(op - Tag.ShortString)
      return this.#plain.record(op & MAX_SHORT_SHAPE, op >= Tag.OpenRecord)
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
        return this.#nodes.at(this.#in.varint())
      case Op.Date:
        return this.#plain.date()
      case Op.Record:
      case Op.OpenRecord:
        return this.#plain.record(this.#in.varint(), op === Op.OpenRecord)
      case Op.ShapedRecord:
      case Op.OpenShapedRecord:
        return this.#plain.shapedRecord(op === Op.OpenShapedRecord)
      case Op.Integers:
        return this.#plain.integers()
      case Op.Doubles:
        return this.#plain.doubles()
      default:
        this.deeper()
        try {
          return this.#compound(op)
        } finally {
          this.shallower()
        }
    }
  }

  #compound(op: number): unknown {
    if (op >= Tag.ShortList) return this.#plain.listOf(op - Tag.ShortList)
    switch (op) {
      case Op.Dictionary:
        return this.#plain.dictionary()
      case Op.List:
        return this.#plain.list()
      case Op.Map:
        return this.#plain.map()
      case Op.Set:
        return this.#plain.set()
      default:
        needAllOriginals()
        return this.#create(op)
    }
  }

  /** The next node is a part of a buffer. */
  #addPart(part: ViewedBytes): void {
    this.#parts ??= new MapConstructor()
    this.#parts.set(this.#nodes.length, part)
  }

  /** A node for received bytes. As a value it is their buffer, if they are all of it. */
  #received(bytes: ViewedBytes): unknown {
    const { buffer, offset, length, isAbsent } = bytes
    const isWhole = offset === 0 && bufferFacts(buffer)?.length === length
    if (isAbsent || !isWhole) this.#addPart(bytes)
    return this.#nodes.add(isWhole ? buffer : UNMADE)
  }

  #create(op: number): unknown {
    switch (op) {
      case Op.UniqueSymbol: {
        const description = this.value()
        if (description !== undefined && typeof description !== 'string')
          throw damaged('a symbol has a description that is no string')
        return this.#nodes.add(Symbol(description))
      }
      case Op.Intrinsic: {
        const path = this.value()
        if (typeof path !== 'string') throw damaged('an intrinsic has no name')
        return this.#nodes.add(this.#context.intrinsic(path))
      }
      case Op.Reference: {
        const reference = this.#context.references[this.#in.varint()]
        if (!reference) throw damaged('a reference is named that is not in the manifest')
        return this.#nodes.add(this.#context.resolve(reference))
      }
      case Op.Object:
        return this.#object(null)
      case Op.Stamped:
        return this.#object(this.value())
      case Op.Array:
        return this.#array()
      case Op.Builtin:
        return this.#builtin()
      case Op.Function:
        return this.#functionNodes.function()
      case Op.Class:
        return this.#functionNodes.class()
      case Op.Literal:
        return this.#functionNodes.literal()
      case Op.PrototypeOf:
        return this.#functionNodes.prototypeOf()
      case Op.Bound: {
        const target = this.value()
        if (typeof target !== 'function') throw damaged('a bound function has no target')
        const outerThis = this.value()
        const bound = this.#nodes.add(apply(bind, target, [outerThis, ...this.values()]))
        this.later(bound, () => {
          this.#properties.changedPrototype(bound, true)
          this.#properties.read(bound)
        })
        return bound
      }
      case Op.Proxy: {
        const target = this.value() as object
        const handler = this.value() as object
        this.#guard?.handler(handler)
        return this.#nodes.add(this.#functions.proxy(target, handler))
      }
      case Op.Namespace: {
        const namespace = objectCreate(null)
        defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
        this.#namespaces ??= new SetConstructor()
        this.#namespaces.add(namespace)
        return this.#nodes.add(namespace)
      }
      case Op.Arguments: {
        const length = this.#in.varint()
        if (length > MAX_ARGUMENTS) throw damaged('an arguments object is too long')
        // Its elements are properties that follow: those that it is made with are only their places.
        const made = Math.min(length, this.#argumentsLeft)
        this.#argumentsLeft -= made
        const value = this.#nodes.add(makeArguments(made))
        this.later(value, () => {
          this.#properties.changedPrototype(value, true)
          this.#properties.read(value, ['callee'])
        })
        return value
      }
      case Op.Require: {
        const filename = this.#in.string()
        const require = createRequire(presentOrigin(filename === '' ? '' : pathToFileURL(filename).href))
        rememberOrigin(require, filename)
        return this.#nodes.add(require)
      }
      case Op.Promisified: {
        const original = this.value()
        return this.#nodes.add(NodePromisify(original as () => void))
      }
      case Op.IntlFunction: {
        const owner = this.value()
        const found = intlFunctionOf(owner)
        if (!found) throw damaged('a function of an Intl object has none')
        const fn = this.#nodes.add(found)
        this.later(fn, () => {
          this.#properties.changedPrototype(fn, true)
          this.#properties.read(fn)
        })
        return fn
      }
      case Op.ImportMeta:
        return this.#nodes.add(importMeta(this.#in.string()))
      case Op.Module: {
        const module = this.#nodes.add(new Module('[cornichon]'))
        this.later(module, () => {
          module.exports = this.value()
        })
        return module
      }
      case Op.Super: {
        const reference = this.#nodes.add(makeSuper())
        this.later(reference, () => {
          const home = this.value()
          if (!isObject(home)) throw damaged('a home object is none')
          setHome(reference, home)
        })
        return reference
      }
      case Op.AfterCall:
        this.#functionNodes.call()
        return this.#sameLevel(() => this.value())
      case Op.OutOfBand: {
        const bytes = this.outOfBand(this.#in.varint())
        if (this.#received(bytes) === UNMADE) throw damaged('a part of a buffer stands for all of it')
        return bytes.buffer
      }
      case Op.ViewedBuffer:
      case Op.WholeBuffer:
        return this.#nodes.add(copyOf(this.bulk()))
      case Op.MemberOf:
        this.value()
        return this.#sameLevel(() => this.value())
      case Op.Settled:
        return this.#settled(() => this.#sameLevel(() => this.value()))
      case Op.Reduction:
        return this.#reduction()
      case Op.Persistent:
        return this.#nodes.add(this.#context.rebuilder.persistent(this.#settled(() => this.value())))
      default:
        throw damaged(`operation ${op} is unknown`)
    }
  }

  // --- what reducers of the user's say ---

  /** What only tells how the value is read is no level of its own. */
  #sameLevel<T>(read: () => T): T {
    const base = this.#base
    this.#setBase(base - 1)
    const value = read()
    this.#setBase(base)
    return value
  }

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
    const args = this.#settled(() => this.values())
    const { rebuilder } = this.#context
    const result = this.#nodes.add(rebuilder.create(factory, args, (flags & ReductionFlag.New) !== 0))
    if ((flags & ~ReductionFlag.New) === 0) return result
    this.later(result, () => {
      const content: ReducedContent = {}
      // Below what the content leaves pending: it is whole then.
      this.later(result, () => rebuilder.fill(result, content))
      if (flags & ReductionFlag.SetState) content.setState = { setter: this.value(), state: this.value() }
      else if (flags & ReductionFlag.State) {
        this.#in.byte()
        content.state = this.#properties.descriptors(this.#in.count())
      }
      if (flags & ReductionFlag.Items) content.items = this.values()
      if (flags & ReductionFlag.Entries) {
        const entries: [unknown, unknown][] = []
        for (let left = this.#in.count(); left > 0; left--) entries.push([this.value(), this.value()])
        content.entries = entries
      }
    })
    return result
  }

  values(): unknown[] {
    const values: unknown[] = []
    for (let left = this.#in.count(); left > 0; left--) values.push(this.value())
    return values
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
    this.#nodes.add(object)
    if (mode === Prototype.Later) this.#prototypeLater(object)
    this.later(object, () => {
      if (mode >= Prototype.Given) this.#privateElements(object, base)
      this.#properties.read(object)
    })
    return object
  }

  #prototypeLater(object: object): void {
    this.later(object, () => {
      this.#guard?.prototype(object)
      setPrototypeOf(object, this.value() as object | null)
    })
  }

  #array(): unknown[] {
    const { mode, prototype } = this.#prototype()
    const length = this.#in.varint()
    const array: unknown[] = []
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(array, prototype)
    this.#nodes.add(array)
    if (mode === Prototype.Later) this.#prototypeLater(array)
    this.later(array, () => {
      if (mode >= Prototype.Given) this.#privateElements(array, null)
      this.#properties.readElements(array, length)
    })
    return array
  }

  #builtin(): object {
    const reducer = builtinReducers[this.#in.varint()]
    if (!reducer) throw damaged('a type is named that this cornichon does not know')
    const { mode, prototype } = this.#prototype()
    const object = reducer.create(this) as object
    if (mode === Prototype.Null || mode === Prototype.Given) setPrototypeOf(object, prototype)
    this.#nodes.add(object)
    if (mode === Prototype.Later) this.#prototypeLater(object)
    this.later(object, () => {
      if (mode >= Prototype.Given) this.#privateElements(object, null)
      reducer.readContent?.(object, this)
      this.#properties.read(object, reducer.ownKeys?.(object), reducer.indexed)
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
}

function copyOf(bytes: Uint8Array): ArrayBufferLike {
  return madeBuffer({ length: bytes.length, maximum: null, isShared: false }, bytes)
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
