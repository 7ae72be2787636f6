// Walks a value graph and writes it: every object once, in the order of docs/format.md. An object is first
// created (with what must exist before it: a prototype, a bound target, a class's heritage) and its content
// is written later, from a list of pending objects: so neither depth nor cycles need the call stack.
import { types } from 'node:util'
import type { PathSegment } from '../errors.ts'
import { needAllOriginals } from '../originals.ts'
import type { ValueSink, ViewedBytes } from '../reducers/index.ts'
import {
  findBuiltin,
  findIntrinsic,
  findPackageExport,
  findPackageSymbol,
  findSymbol,
  noteMembers,
  type PackageReference,
  type Reference,
} from '../references/index.ts'
import { BufferWriter } from './buffer-writer.ts'
import { ClassIdentities } from './class-identity.ts'
import { BlobWriter } from './codec/blob-writer.ts'
import { ByteWriter } from './codec/byte-writer.ts'
import { TextWriter } from './codec/text-writer.ts'
import { FunctionWriter } from './function-writer.ts'
import { Imports } from './imports.ts'
import { InstanceFacts, prototypeOwner } from './instances.ts'
import { Memo } from './memo.ts'
import { NamespaceWriter } from './namespace-writer.ts'
import { ObjectWriter } from './object-writer.ts'
import { LEAST_BULK, MAX_INLINE_DEPTH, More, Op } from './opcodes.ts'
import type { PickleOptions } from './options.ts'
import { PlainWriter } from './plain-writer.ts'
import { PropertyWriter } from './property-writer.ts'
import type { Reductions } from './reductions.ts'
import { ScalarWriter } from './scalar-writer.ts'
import type { WriterSession } from './session.ts'
import { Shapes } from './shapes.ts'
import { refuseStrayFields } from './stray-fields.ts'
import { Refusal, type Trace } from './trace.ts'
import { WeakEntries } from './weak-entries.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const symbolDescription = getOwnPropertyDescriptor(Symbol.prototype, 'description')!.get!
const symbolKeyFor = Symbol.keyFor
const SetConstructor = Set
const MAX_HARD_DEPTH = 2000
/** Levels of objects that are written whole at once: their stack frames are many. */
const MAX_WHOLE_DEPTH = 64

type Filler = (value: any) => void

export class GraphWriter implements ValueSink {
  readonly out = new ByteWriter()
  readonly text = new TextWriter()
  /** Of buffers and of many numbers. */
  blobs: BlobWriter | null = null
  readonly #scalars = new ScalarWriter(this.out, this.text)
  readonly propertyWriter = new PropertyWriter(this)
  readonly references: Reference[] = []
  #functions: FunctionWriter | null = null
  readonly options: PickleOptions
  readonly trace: Trace | null
  readonly instances = new InstanceFacts()
  #imports: Imports | null
  #byReference: Set<unknown> | null = null
  #namespaces: NamespaceWriter | null = null
  #weak: WeakEntries | null = null
  readonly #memo: Memo
  readonly #session: WriterSession | null
  readonly #shapes: Shapes
  readonly #plainWriter: PlainWriter
  readonly #reductions: Reductions | null
  /** Where factories may be met: functions whose variables are being written. */
  readonly #withoutVariables = new Set<object>()
  readonly #objects = new ObjectWriter(this)
  readonly buffers: BufferWriter
  readonly #pending: object[] = []
  readonly #fillers: Filler[] = []
  /** Some function reads an accessor of the global object. */
  hasGlobalAccessors = false
  #depth = 0
  #inlineDepth = 0

  constructor(
    options: PickleOptions,
    trace: Trace | null,
    imports: Imports | null = null,
    session: WriterSession | null = null,
  ) {
    this.#imports = imports
    this.options = options
    this.#reductions = options.reductions
    this.trace = trace
    this.#session = session
    this.#memo = session === null ? new Memo(!this.isInterruptible) : session.memo
    this.#shapes = session === null ? new Shapes() : session.shapes
    this.#plainWriter = new PlainWriter(this, this.#shapes, this.#memo)
    this.buffers = new BufferWriter(this, session)
    if (trace !== null || this.#reductions !== null || options.offers !== null) needAllOriginals()
  }

  get functions(): FunctionWriter {
    this.#functions ??= new FunctionWriter(this, this.#session?.identities ?? new ClassIdentities())
    return this.#functions
  }

  /** Are there functions of the user's, by value? */
  get hasCode(): boolean {
    return this.#functions !== null && this.#functions.records.length > 0
  }

  /** Objects that a module around some function imports from a package. */
  get imports(): Imports {
    this.#imports ??= new Imports()
    return this.#imports
  }

  /**
   * For the next graph or message: forgets the last one, if it was data and nothing but that. Only what a session knows is
   * known to the next.
   */
  restart(): boolean {
    if (
      this.#functions !== null ||
      this.#namespaces !== null ||
      this.#weak !== null ||
      this.#imports !== null
    )
      return false
    if (!this.instances.isUnused || this.references.length > 0 || !this.buffers.restart()) return false
    this.out.restart()
    this.blobs?.restart()
    this.text.restart()
    this.#plainWriter.restart()
    if (this.#session !== null) return true
    if (this.#byReference !== null) return false
    this.#memo.clear()
    this.#shapes.restart()
    this.#scalars.restart()
    return true
  }

  /** Has it a text and a graph of a chunk at most, and nothing else, as far as it is no matter of code? */
  get isSmallData(): boolean {
    return (
      this.out.isTogether &&
      this.references.length === 0 &&
      this.options.offers === null &&
      this.buffers.pieces === null &&
      this.#namespaces === null &&
      (this.blobs === null || this.blobs.length === 0)
    )
  }

  /** Nobody looks any more at what was written. */
  release(): void {
    this.out.release()
    this.text.release()
  }

  get namedStrings(): number {
    return this.#scalars.namedStrings
  }

  /** Namespaces get no more members after their message: the next one has them anew. */
  forgetNamespaces(): void {
    for (const namespace of this.#namespaces?.all() ?? []) this.#memo.delete(namespace)
  }

  /** Writes the root and everything it reaches. */
  root(value: unknown): void {
    if (this.#session !== null) this.#session.writeBases(this)
    this.value(value)
    this.drain()
    if (this.#session?.hasWeakCollections) {
      this.#weak ??= new WeakEntries(this)
      this.#weak.addSent(this.#session.weakCollections, this.#session.nodesBefore)
    }
    do this.drain()
    while (this.#namespaces?.writeMore() || this.#weak?.writeMore() || this.#namespaces?.writeLive())
    if (this.hasCode) {
      this.functions.refuseMappedArguments()
      refuseStrayFields(this.functions.records, () => this.#memo.values(), this)
    }
    this.out.byte(More.Nothing)
  }

  /** Writes the content that had to wait, down to so many that go on waiting. */
  drain(left = 0): void {
    while (this.#pending.length > left) {
      const object = this.#pending.pop()!
      const filler = this.#fillers.pop()!
      this.trace?.enter(object)
      try {
        filler(object)
      } catch (error) {
        this.#caught(error)
      }
    }
  }

  /** A module's namespace travels with the members that functions use. */
  namespace(namespace: object, members: readonly string[]): void {
    if (findBuiltin(namespace) ?? this.packageExport(namespace)) return this.value(namespace)
    this.#namespaces ??= new NamespaceWriter(this)
    const known = this.#memo.get(namespace)
    this.#namespaces.want(namespace, members, known === undefined)
    if (known !== undefined) return this.#ref(known)
    this.#namespaceNode(namespace)
  }

  #namespaceNode(namespace: object): void {
    this.out.byte(Op.Namespace)
    this.remember(namespace)
  }

  /** One that is a value has all of them. */
  wholeNamespace(namespace: object): void {
    this.#namespaces ??= new NamespaceWriter(this)
    this.#namespaces.wantAll(namespace)
    this.#namespaceNode(namespace)
  }

  weakEntries(collection: object): void {
    this.#weak ??= new WeakEntries(this)
    this.#weak.add(collection)
    this.#session?.weakCollections.add(collection)
  }

  #caught(error: unknown): void {
    if (!(error instanceof Refusal) || !this.trace) throw error
    if (!this.trace.collects) throw this.trace.error(error)
    this.trace.collect(error)
  }

  // --- what entries of the dispatch table use ---

  byte(value: number): void {
    this.out.byte(value)
  }
  varint(value: number): void {
    this.out.varint(value)
  }
  double(value: number): void {
    this.out.double(value)
  }
  string(text: string): void {
    this.out.string(text)
  }
  data(bytes: Uint8Array): void {
    this.out.varint(bytes.length)
    this.out.bytes(bytes)
  }
  bulk(bytes: Uint8Array): void {
    if (bytes.length < LEAST_BULK) return this.data(bytes)
    this.out.varint(bytes.length)
    this.apart().bytes(bytes)
  }
  apart(): BlobWriter {
    this.blobs ??= new BlobWriter()
    return this.blobs
  }
  /** Can a reducer of the user's come up? */
  get takesReductions(): boolean {
    return this.#reductions !== null
  }
  get isInterruptible(): boolean {
    return this.#reductions !== null || this.options.offers !== null
  }
  viewed(buffer: ArrayBufferLike, size: number): void {
    this.buffers.viewed(buffer, size)
  }
  isWrapped(view: ArrayBufferView): boolean {
    return this.buffers.isWrapped(view)
  }
  offer(view: ArrayBufferView, bytes: Uint8Array, size: number): number {
    return this.buffers.offer(view, bytes, size)
  }
  needsWhole(view: ArrayBufferView, buffer: ArrayBufferLike): boolean {
    return this.buffers.needsWhole(view, buffer)
  }
  wroteApart(view: ArrayBufferView, window: ViewedBytes, size: number, number: number): void {
    this.buffers.wroteApart(view, window, size, number)
  }
  step(kind: PathSegment['kind'], name: string | number): void {
    this.trace?.step(kind, name)
  }
  refuse(reason: string, remedy: string): never {
    throw new Refusal(reason, remedy)
  }

  // --- values ---

  keyText(text: string): void {
    this.out.varint(text.length)
    this.text.add(text)
  }

  /** (Each comparison is an instruction or two; of a `switch`, V8 asks for the type's name, and compares names.) */
  value(value: unknown): void {
    if (typeof value === 'string') this.#scalars.string(value)
    else if (typeof value === 'number') this.#scalars.number(value)
    else if (value === null) this.out.byte(Op.Null)
    else if (typeof value === 'object' || typeof value === 'function') this.object(value)
    else if (typeof value === 'boolean') this.out.byte(value ? Op.True : Op.False)
    else if (value === undefined) this.out.byte(Op.Undefined)
    else if (typeof value === 'symbol') this.#symbol(value)
    else {
      this.out.byte(Op.BigInt)
      this.out.string((value as bigint).toString(16))
    }
  }

  #symbol(symbol: symbol): void {
    const known = this.#memo.get(symbol)
    if (known !== undefined) return this.#ref(known)
    const wellKnown = findSymbol(symbol)
    const key = symbolKeyFor(symbol)
    if (key !== undefined) {
      this.out.byte(Op.RegisteredSymbol)
      return this.out.string(key)
    }
    if (wellKnown) return this.reference(symbol, wellKnown)
    const fromNode = findBuiltin(symbol)
    if (fromNode) return this.reference(symbol, fromNode)
    const exported = this.#ifByReference(this.#imports?.get(symbol) ?? findPackageSymbol(symbol))
    if (exported) return this.reference(symbol, exported)
    this.out.byte(Op.UniqueSymbol)
    this.value(Reflect.apply(symbolDescription, symbol, []))
    this.remember(symbol)
  }

  #ref(id: number): void {
    if (id < 0) {
      this.refuse(
        'the value is needed before it can exist: a cycle runs through what creates it',
        'Break the cycle where the value is created (a prototype, a bound `this`, a superclass)',
      )
    }
    this.#plainWriter.referred(id)
    this.out.byte(Op.Ref)
    this.out.varint(id)
  }

  numberOf(value: WeakKey): number {
    return this.#memo.get(value) ?? -1
  }

  isOrdinary(prototype: object): boolean {
    return this.instances.isOrdinary(prototype, this)
  }

  ahead(list: readonly unknown[], from: number): number {
    return this.functions.ahead(list, from)
  }

  /** Gives the value its number in the graph. The reader counts in the same order. */
  remember(value: unknown): number {
    return this.#memo.add(value)
  }

  /** Is it nothing but plain objects, none of which was named? */
  get isTree(): boolean {
    return this.#memo.isOrdered
  }

  get nodeCount(): number {
    return this.#memo.count
  }

  /** Takes back that the value is being created. */
  forget(value: unknown): void {
    this.#memo.delete(value)
  }

  isKnown(value: unknown): boolean {
    return this.#memo.has(value)
  }

  isOpen(value: unknown): boolean {
    return this.#memo.get(value) === -1
  }

  /** Content that is written when everything in hand is done. */
  later<T extends object>(value: T, filler: (value: T) => void): void {
    this.#pending.push(value)
    this.#fillers.push(filler)
  }

  object(value: object): void {
    const memo = this.#memo
    if (memo.isOrdered && this.trace === null && this.#reductions === null && this.#imports === null) {
      if (this.#isWrittenPlain(value)) return
    }
    const known = this.#memo.get(value)
    if (known !== undefined) {
      if (this.#namespaces?.has(value)) this.#namespaces.wantAll(value)
      this.buffers.met(value)
      return this.#ref(known)
    }
    if (this.trace) {
      const left = this.trace.begin(value)
      const depth = this.#depth
      const inlineDepth = this.#inlineDepth
      try {
        this.#createGuarded(value)
      } catch (error) {
        this.#caught(error)
        this.remember(value)
      } finally {
        this.trace.end(left)
        this.#depth = depth
        this.#inlineDepth = inlineDepth
      }
    } else this.#createGuarded(value)
  }

  /** Notes that the value is being created: who needs it for that is told. */
  opening(value: object): void {
    this.#memo.open(value)
  }

  /** Writes values whose content must not wait: the reader has them whole when it goes on. */
  settled(write: () => void): void {
    const depth = this.#depth
    const left = this.#pending.length
    this.#depth = 0
    this.#inlineDepth++
    write()
    this.drain(left)
    this.#inlineDepth--
    this.#depth = depth
  }

  /** Writes the variables of a function, which the reader sets when it has them all. */
  writingVariables(fn: object, write: () => void): void {
    if (this.#reductions === null) return write()
    this.#withoutVariables.add(fn)
    try {
      write()
    } finally {
      this.#withoutVariables.delete(fn)
    }
  }

  /** Would the reader call the function before it has set its variables, if it did now? */
  lacksVariables(fn: object): boolean {
    return this.#withoutVariables.has(fn)
  }

  /** The same where it can be had: for what a factory is called with later on. */
  whole(write: () => void): void {
    if (this.#depth > 0 || this.#inlineDepth >= MAX_WHOLE_DEPTH) return write()
    this.out.byte(Op.Settled)
    this.settled(write)
  }

  /** Is the value one that a reference finds, or the prototype of a class? */
  isElsewhere(value: object): boolean {
    return (
      (findIntrinsic(value) ?? findBuiltin(value) ?? this.packageExport(value)) !== undefined ||
      prototypeOwner(value) !== null
    )
  }

  #createGuarded(value: object): void {
    if (this.#reductions?.write(value, this)) return
    if (!this.#imports?.get(value) && !this.#isTracedProxy(value) && this.#isWrittenPlain(value)) return
    if (this.#reductions !== null) this.whole(() => this.#createApart(value))
    else this.#createApart(value)
  }

  /** `Array.isArray` throws for a proxy that was revoked. The walk that keeps paths asks it nothing; the others are quicker so. */
  #isTracedProxy(value: object): boolean {
    return this.trace !== null && types.isProxy(value)
  }

  #isWrittenPlain(value: object): boolean {
    // Content that is written in place could need what is being created: it has to wait then.
    if (this.#depth > 0 || this.#inlineDepth >= MAX_INLINE_DEPTH) return false
    this.#inlineDepth++
    const isWritten = this.#plainWriter.write(value)
    this.#inlineDepth--
    return isWritten
  }

  #createApart(value: object): void {
    needAllOriginals()
    if (++this.#depth > MAX_HARD_DEPTH) {
      this.refuse(
        `more than ${MAX_HARD_DEPTH} values each need the next before they can exist`,
        'Shorten the chain of prototypes, bound functions or proxies',
      )
    }
    this.opening(value)
    this.#objects.create(value)
    this.#depth--
  }

  /** The reference to what a package exports, unless that is to go by value. */
  packageExport(value: object): Reference | undefined {
    return this.#ifByReference(this.#imports?.get(value) ?? findPackageExport(value))
  }

  #ifByReference(found: PackageReference | undefined): Reference | undefined {
    return found && !this.options.policy.isByValue(found) ? found : undefined
  }

  /** Did an import turn up of something that had been written by value before? */
  get missedImports(): boolean {
    if (this.#imports === null) return false
    for (const [value, reference] of this.#imports)
      if (this.isKnown(value) && !this.#byReference?.has(value) && !this.options.policy.isByValue(reference))
        return true
    return false
  }

  reference(value: unknown, reference: Reference): void {
    this.#byReference ??= new SetConstructor()
    this.#byReference.add(value)
    if (reference.kind === 'intrinsic') {
      this.out.byte(Op.Intrinsic)
      this.#scalars.string(reference.path)
    } else {
      this.out.byte(Op.Reference)
      this.out.varint(this.references.length)
      this.references.push(noteMembers(value, reference))
    }
    this.remember(value)
  }

  /** Writes the prototype of an object that is made with another, or that it is as made. */
  changedPrototype(object: object, usual: object | null): void {
    const prototype = getPrototypeOf(object)
    if (prototype === usual) return this.out.byte(0)
    this.out.byte(1)
    this.step('slot', 'Prototype')
    this.value(prototype)
  }

  /** All own properties but the given ones, and whether the object is extensible. */
  properties(object: object, skipped: readonly PropertyKey[], indexed: boolean): void {
    this.propertyWriter.write(object, skipped, indexed)
  }
}
