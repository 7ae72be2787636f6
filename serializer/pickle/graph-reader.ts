// Rebuilds a value graph: the mirror of graph-writer.ts, operation by operation.
import { types } from 'node:util'
import { type CheckedLimits, exceeded, SetAside } from '../bundle/limits.ts'
import { damaged, type UnpicklingError } from '../errors.ts'
import { needAllOriginals } from '../originals.ts'
import { bufferFacts, type ValueSource, type ViewedBytes } from '../reducers/index.ts'
import type { Reference } from '../references/index.ts'
import { isWeakCollection } from './class-registry.ts'
import type { ByteReader, TextInWords } from './codec/byte-reader.ts'
import type { TextReader } from './codec/text-reader.ts'
import { type FunctionNodeSource, FunctionNodes } from './function-nodes.ts'
import type { CodeSource } from './function-reader.ts'
import { Guard } from './guard.ts'
import { splitKeys } from './joined-keys.ts'
import { addWeakEntry, hasWeakEntry, KnownWeakCollections } from './known-weak-collections.ts'
import { Nodes, UNMADE } from './nodes.ts'
import { ObjectReader } from './object-reader.ts'
import { copyOf, isObject } from './objects.ts'
import {
  Attribute,
  BULK_ALIGNMENT,
  LEAST_BULK,
  MAX_SHORT_SHAPE,
  More,
  NAMED_STRING,
  Op,
  Tag,
} from './opcodes.ts'
import type { ReceivedBuffers } from './out-of-band.ts'
import { HOLE, PlainReader, type PlainSource } from './plain-reader.ts'
import { PropertyReader, type PropertySource } from './property-reader.ts'
import type { Rebuilder } from './rebuilder.ts'
import type { ReaderSession } from './session.ts'

const { defineProperty, ownKeys, preventExtensions } = Reflect
const SymbolFor = Symbol.for
const MapConstructor = Map

type Filler = () => void

/** Told how many bytes an object's own content took, and which nodes of the graph were first met in it. */
export type ContentObserver = (value: unknown, bytes: number, first: number, last: number) => void

/** Far more than a writer nests. */
const MAX_DEPTH = 10_000
export interface ReadContext {
  readonly references: readonly Reference[]
  resolve(reference: Reference): unknown
  intrinsic(path: string): unknown
  /** Of a graph that is read only to be shown: the symbol in whose place a reference stands. */
  readonly symbolBehind?: (standIn: unknown) => symbol | undefined
  readonly observe?: ContentObserver
  readonly buffers: ReceivedBuffers
  /** Nothing may be rebuilt that would run code later on: accessors, traps. */
  readonly refusesCode: boolean
  /** The loader was asked for each module that is referred to. */
  readonly asksModules?: boolean
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
  #objects: ObjectReader | null = null
  readonly #plain: PlainReader
  #strings: string[]
  readonly #session: ReaderSession | null
  readonly #pending: Filler[] = []
  readonly #owners: unknown[] = []
  /** Modules' namespaces, which get their members at the end. */
  namespaces: Set<object> | null = null
  /** Nodes that are views of parts of what was received: no buffer that is a value. */
  #parts: Map<number, ViewedBytes> | null
  readonly #guard: Guard | null
  #setAside: SetAside | null = null
  readonly #properties: PropertyReader
  readonly #maxString: number
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
    this.#session = session
    this.#nodes = session === null ? new Nodes(context.limits.maxObjects, context.keepsNodes) : session.nodes
    this.#strings = session === null ? [] : session.strings
    this.#parts = session === null ? null : session.parts
    this.#maxString = context.limits.maxString
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

  get #objectReader(): ObjectReader {
    this.#objects ??= new ObjectReader(
      this,
      this.#in,
      this.#nodes,
      this.#functions,
      this.#context,
      this.#guard,
      this.#properties,
    )
    return this.#objects
  }

  /** Makes what is made when it is asked for: for a reader that stays, see hidden-classes.ts. */
  complete(): this {
    void [this.#weakCollections, this.functionNodes, this.#objectReader]
    return this
  }

  get functionNodes(): FunctionNodes {
    this.#functionReader ??= new FunctionNodes(this, this.#in, this.#nodes, this.#functions, this.#properties)
    return this.#functionReader
  }

  /**
   * For the next graph or message: forgets the last one, if it was data and nothing but that, and was read to its end. Only what
   * a session knows is known to the next.
   */
  restart(): boolean {
    if (this.#objects !== null || this.#functionReader !== null || this.#knownWeak !== null) return false
    if (this.#session !== null) return true
    if (this.#parts !== null) return false
    this.#nodes.truncate(0)
    this.#strings = []
    this.#plain.restart()
    return true
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
      if (!this.namespaces?.has(namespace)) throw damaged('a module has no namespace')
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
    if (this.namespaces !== null) this.#closeNamespaces(this.namespaces)
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
    const header = this.#in.varint()
    const length = Math.floor(header / 2)
    if (length > this.#maxString) throw this.#tooLong(length)
    return this.#in.stringAfter(header)
  }
  data(): Uint8Array {
    return this.#in.view(this.#in.varint())
  }
  setAside(bytes: number): void {
    this.#setAside ??= new SetAside(this.#context.limits)
    this.#setAside.add(bytes)
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
    const buffer = this.#context.buffers.buffers[number]
    if (buffer === undefined) throw damaged('a buffer is named that is not there')
    return buffer
  }
  shared(bytes: Uint8Array): ViewedBytes | null {
    const place = this.#context.buffers.places.get(this.#nodes.length)
    if (place === undefined) return null
    const { buffer, offset, length, isFilled } = place
    if (length < bytes.length) throw damaged('a view is no part of what it shares')
    if (!isFilled) new Uint8Array(buffer as ArrayBuffer, offset).set(bytes)
    return { buffer, offset, length: bytes.length }
  }
  viewed(): ViewedBytes {
    const op = this.#in.byte()
    if (op === Op.OutOfBand) {
      const bytes = this.outOfBand(this.#in.varint())
      this.received(bytes)
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

  takesKeys(keys: TextInWords): boolean {
    return keys.length <= this.#maxString && this.#text.takes(keys)
  }

  keyText(length: number): string {
    const text = this.#text.take(length)
    if (length > this.#maxString)
      for (const key of splitKeys(text)) if (key.length > this.#maxString) throw this.#tooLong(key.length)
    return text
  }

  symbolBehind(standIn: unknown): symbol | undefined {
    return this.#context.symbolBehind?.(standIn)
  }

  operation(op: number): unknown {
    if (op >= Tag.SmallInteger) {
      if (op < Tag.ShortString) return op - Tag.SmallInteger
      if (op < Tag.Record) return this.#string(op - Tag.ShortString)
      return this.#plain.record(op & MAX_SHORT_SHAPE, op >= Tag.OpenRecord)
    }
    if (op >= Tag.ShortList) return this.#list(op - Tag.ShortList)
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
        return SymbolFor(this.string())
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

  #list(length: number): unknown[] {
    this.deeper()
    const list = this.#plain.listOf(length)
    this.shallower()
    return list
  }

  #compound(op: number): unknown {
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
        return this.#objectReader.create(op)
    }
  }

  /** The next node is a part of a buffer. */
  #addPart(part: ViewedBytes): void {
    this.#parts ??= new MapConstructor()
    this.#parts.set(this.#nodes.length, part)
  }

  /** A node for received bytes. As a value it is their buffer, if they are all of it. */
  received(bytes: ViewedBytes): unknown {
    const { buffer, offset, length, isAbsent } = bytes
    const isWhole = offset === 0 && bufferFacts(buffer)?.length === length
    if (isAbsent || !isWhole) this.#addPart(bytes)
    return this.#nodes.add(isWhole ? buffer : UNMADE)
  }

  /** What only tells how the value is read is no level of its own. */
  sameLevel<T>(read: () => T): T {
    const base = this.#base
    this.#setBase(base - 1)
    const value = read()
    this.#setBase(base)
    return value
  }

  /** Reads with all content that belongs to what is read. */
  settled<T>(read: () => T): T {
    const left = this.#pending.length
    const value = read()
    this.#drain(left)
    return value
  }

  values(): unknown[] {
    const values: unknown[] = []
    for (let left = this.#in.count(); left > 0; left--) values.push(this.value())
    return values
  }
}

function bigint(text: string): bigint {
  if (!/^-?[0-9a-f]+$/.test(text)) throw damaged('a bigint is none')
  try {
    return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
  } catch {
    // V8's own message has the whole text, which may be most of the bundle.
    throw damaged('a bigint is no number, or larger than V8 has any')
  }
}
