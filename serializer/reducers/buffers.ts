// Binary data. A view is written as its buffer plus a window, so that views of one buffer share it again;
// a pooled Buffer (or any view of a part of a larger, otherwise unreached ArrayBuffer) sends its own bytes only.

import { types } from 'node:util'
import * as v8 from 'node:v8'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { isPool } from './pool.ts'
import type { BuiltinReducer, ValueSink, ValueSource, ViewedBytes } from './types.ts'

const {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isExtensible,
  ownKeys,
  setPrototypeOf,
} = Reflect
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype)!
const getter = (object: object, key: PropertyKey) => getOwnPropertyDescriptor(object, key)!.get!
const viewTag = getter(TypedArrayPrototype, Symbol.toStringTag)
const viewBuffer = getter(TypedArrayPrototype, 'buffer')
const viewOffset = getter(TypedArrayPrototype, 'byteOffset')
const viewBytes = getter(TypedArrayPrototype, 'byteLength')
const dataViewBuffer = getter(DataView.prototype, 'buffer')
const dataViewOffset = getter(DataView.prototype, 'byteOffset')
const dataViewBytes = getter(DataView.prototype, 'byteLength')
const bufferBytes = getter(ArrayBuffer.prototype, 'byteLength')
const bufferMaximum = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'maxByteLength')?.get
const bufferResizable = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable')?.get
const bufferDetached = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'detached')?.get
const sharedBytes = getter(SharedArrayBuffer.prototype, 'byteLength')
const sharedMaximum = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'maxByteLength')?.get
const sharedGrowable = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'growable')?.get
const { Deserializer, Serializer } = v8
const deserializerTransfer = Deserializer.prototype.transferArrayBuffer
const deserializerHeader = Deserializer.prototype.readHeader
const deserializerRead = Deserializer.prototype.readValue
const serializerTransfer = Serializer.prototype.transferArrayBuffer
const serializerHeader = Serializer.prototype.writeHeader
const serializerWrite = Serializer.prototype.writeValue
const serializerRelease = Serializer.prototype.releaseBuffer
const Bytes = Uint8Array
const View = DataView
const ArrayBufferConstructor = ArrayBuffer
const SharedArrayBufferConstructor = SharedArrayBuffer
const NodeBuffer = Buffer
const BufferPrototype = Buffer.prototype

/** V8's flag of a view that follows its buffer's length, in the last byte of its clone; one of an ArrayBuffer has a second. */
const FOLLOWS_SHARED = 1

/** ES2024's second argument, which the library's types for ES2023 lack. */
type ResizableConstructor<T> = new (length: number, options?: { maxByteLength: number }) => T

interface ViewConstructor {
  new (buffer: ArrayBufferLike, offset: number): ArrayBufferView
  new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView
  readonly prototype: ArrayBufferView
  readonly BYTES_PER_ELEMENT: number
}

const constructors = new Map<string, ViewConstructor>()
for (const name of [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]) {
  const constructor = (globalThis as Record<string, unknown>)[name]
  if (constructor) constructors.set(name, constructor as ViewConstructor)
}

const arrayBuffer: BuiltinReducer<ArrayBuffer> = {
  name: 'ArrayBuffer',
  matches: types.isArrayBuffer,
  prototypes: () => [ArrayBufferConstructor.prototype],
  prototype: () => ArrayBufferConstructor.prototype,
  write(value, sink) {
    if (isDetached(value))
      sink.refuse('the ArrayBuffer is detached', 'Keep the data in a buffer that was not transferred')
    const resizable = bufferResizable && apply(bufferResizable, value, [])
    sink.varint(resizable ? apply(bufferMaximum!, value, []) + 1 : 0)
    sink.bulk(new Bytes(value, 0, apply(bufferBytes, value, [])))
  },
  create(source) {
    const maximum = source.varint()
    if (maximum > 0) source.setAside(maximum - 1)
    const bytes = source.bulk()
    return filled(
      new (ArrayBufferConstructor as ResizableConstructor<ArrayBuffer>)(
        bytes.length,
        options(maximum, bytes.length),
      ),
      bytes,
    )
  },
}

const sharedArrayBuffer: BuiltinReducer<SharedArrayBuffer> = {
  name: 'SharedArrayBuffer',
  matches: types.isSharedArrayBuffer,
  prototypes: () => [SharedArrayBufferConstructor.prototype],
  prototype: () => SharedArrayBufferConstructor.prototype,
  write(value, sink) {
    const growable = sharedGrowable && apply(sharedGrowable, value, [])
    sink.varint(growable ? apply(sharedMaximum!, value, []) + 1 : 0)
    sink.bulk(new Bytes(value, 0, apply(sharedBytes, value, [])))
  },
  create(source) {
    const maximum = source.varint()
    if (maximum > 0) source.setAside(maximum - 1)
    const bytes = source.bulk()
    return filled(
      new (SharedArrayBufferConstructor as unknown as ResizableConstructor<SharedArrayBuffer>)(
        bytes.length,
        options(maximum, bytes.length),
      ),
      bytes,
    )
  },
}

/** Views whose sender said that nobody writes to them. */
const readonlyViews = new WeakSet<ArrayBufferView>()

export function isReadonlyView(view: ArrayBufferView): boolean {
  return readonlyViews.has(view)
}

/** What a buffer is beside its bytes. */
export interface BufferFacts {
  readonly length: number
  /** Null if its length is fixed. */
  readonly maximum: number | null
  readonly isShared: boolean
}

/** Null for a buffer that is detached. */
export function bufferFacts(buffer: ArrayBufferLike): BufferFacts | null {
  const isShared = types.isSharedArrayBuffer(buffer)
  if (!isShared && isDetached(buffer as ArrayBuffer)) return null
  const isResizable = isShared ? sharedGrowable : bufferResizable
  const maximum =
    isResizable && apply(isResizable, buffer, [])
      ? (apply(isShared ? sharedMaximum! : bufferMaximum!, buffer, []) as number)
      : null
  return { length: apply(isShared ? sharedBytes : bufferBytes, buffer, []), maximum, isShared }
}

/** The facts of a buffer that is nothing but its bytes: no properties, no other prototype. Else null. */
export function bareBuffer(value: object): BufferFacts | null {
  if (!types.isAnyArrayBuffer(value)) return null
  const usual = types.isSharedArrayBuffer(value)
    ? SharedArrayBufferConstructor.prototype
    : ArrayBufferConstructor.prototype
  if (getPrototypeOf(value) !== usual || !isExtensible(value) || ownKeys(value).length > 0) return null
  return bufferFacts(value)
}

/** A new buffer of that kind, with a copy of the bytes. */
export function madeBuffer({ length, maximum, isShared }: BufferFacts, bytes: Uint8Array): ArrayBufferLike {
  const Constructor = isShared ? SharedArrayBufferConstructor : ArrayBufferConstructor
  return filled(
    new (Constructor as ResizableConstructor<ArrayBufferLike>)(
      length,
      maximum === null ? undefined : { maxByteLength: maximum },
    ),
    bytes,
  )
}

/** What a view is a view of. */
export function windowOf(view: ArrayBufferView): ViewedBytes {
  if (types.isDataView(view)) return dataWindowOf(view)
  return {
    buffer: apply(viewBuffer, view, []),
    offset: apply(viewOffset, view, []),
    length: apply(viewBytes, view, []),
  }
}

/** A DataView throws where its bytes are gone, and a typed array says that it has none: here both do the latter. */
function dataWindowOf(view: DataView): ViewedBytes {
  const buffer = apply(dataViewBuffer, view, [])
  try {
    return { buffer, offset: apply(dataViewOffset, view, []), length: apply(dataViewBytes, view, []) }
  } catch {
    return { buffer, offset: 0, length: 0 }
  }
}

/** Node 20 has no `detached`: there, only making a view tells, which a detached buffer refuses. */
function isDetached(buffer: ArrayBuffer): boolean {
  if (bufferDetached) return apply(bufferDetached, buffer, []) as boolean
  if (apply(bufferBytes, buffer, []) > 0) return false
  try {
    new Bytes(buffer)
    return false
  } catch {
    return true
  }
}

function options(maximum: number, length: number): { maxByteLength: number } | undefined {
  if (maximum === 0) return undefined
  if (maximum - 1 < length)
    throw new UnpicklingError('the bundle holds a resizable buffer that is larger than its maximum')
  return { maxByteLength: maximum - 1 }
}

function filled<T extends ArrayBufferLike>(buffer: T, bytes: Uint8Array): T {
  new Bytes(buffer).set(bytes)
  return buffer
}

/** Kinds of window: over the whole written buffer, or bytes of its own, in the bundle or out of band. */
const Window = { Shared: 0, Own: 1, TracksLength: 2, OutOfBand: 3 } as const

const typedArray: BuiltinReducer<ArrayBufferView> = {
  name: 'typed array',
  matches: types.isTypedArray,
  prototypes: () => [TypedArrayPrototype],
  prototype: (value) =>
    isNodeBuffer(value) ? BufferPrototype : constructors.get(apply(viewTag, value, []))!.prototype,
  write(value, sink) {
    const name: string = apply(viewTag, value, [])
    sink.string(isNodeBuffer(value) ? 'Buffer' : name)
    writeWindow(value, windowOf(value), constructors.get(name)!.BYTES_PER_ELEMENT, sink)
  },
  create(source) {
    const name = source.string()
    const Constructor = name === 'Buffer' ? Bytes : constructors.get(name)
    if (!Constructor) throw new UnpicklingError(`Node ${process.version} has no ${name}`)
    const size = Constructor.BYTES_PER_ELEMENT
    const window = readWindow(source, size)
    const { buffer, offset, length, tracks } = window
    if (offset % size !== 0 || length % size !== 0)
      throw new UnpicklingError(`the bundle holds a misaligned ${name}`)
    const view =
      name === 'Buffer'
        ? nodeBuffer(buffer, offset, length)
        : tracks
          ? trackingView(Constructor as ViewConstructor, buffer, offset)
          : new (Constructor as ViewConstructor)(buffer, offset, length / size)
    if (window.isReadonly) readonlyViews.add(view)
    return view
  },
  indexed: true,
}

/**
 * A view that follows its buffer's length. Node 20's V8 makes none where the rest of the buffer is no whole number of elements,
 * but out of a structured clone: of a view of a buffer that ends where the view begins, which becomes one of the other buffer.
 */
function trackingView(
  Constructor: ViewConstructor,
  buffer: ArrayBufferLike,
  offset: number,
): ArrayBufferView {
  const { length, isShared } = bufferFacts(buffer)!
  if ((length - offset) % Constructor.BYTES_PER_ELEMENT === 0) return new Constructor(buffer, offset)
  const empty = new (ArrayBufferConstructor as ResizableConstructor<ArrayBuffer>)(offset, {
    maxByteLength: offset,
  })
  const clone = cloneOf(new Constructor(empty, offset), empty)
  if (isShared) clone[clone.length - 1] = FOLLOWS_SHARED
  const deserializer = new Deserializer(clone)
  apply(deserializerTransfer, deserializer, [0, buffer])
  apply(deserializerHeader, deserializer, [])
  return apply(deserializerRead, deserializer, []) as ArrayBufferView
}

const dataView: BuiltinReducer<DataView> = {
  name: 'DataView',
  matches: types.isDataView,
  prototypes: () => [View.prototype],
  prototype: () => View.prototype,
  write(value, sink) {
    writeWindow(value, windowOf(value), 1, sink)
  },
  create(source) {
    const { buffer, offset, length, tracks, isReadonly } = readWindow(source, 1)
    const view = tracks ? new View(buffer, offset) : new View(buffer, offset, length)
    if (isReadonly) readonlyViews.add(view)
    return view
  },
}

function writeWindow(view: ArrayBufferView, window: ViewedBytes, size: number, sink: ValueSink): void {
  const { buffer, offset, length } = window
  if (
    (isPooled(view, window) || (sink.isWrapped(view) && isFixed(buffer))) &&
    !sink.needsWhole(view, buffer)
  ) {
    const bytes = new Bytes(buffer as ArrayBuffer, offset, length)
    const number = sink.offer(view, bytes, size)
    sink.wroteApart(view, window, size, number)
    sink.byte(number < 0 ? Window.Own : Window.OutOfBand)
    if (number < 0) sink.bulk(bytes)
    else sink.varint(number)
    return
  }
  const tracks = tracksLength(view, buffer)
  if (tracks === null)
    sink.refuse(
      'it is a view of bytes that its buffer no longer has',
      'Make the buffer larger again, or leave it out',
    )
  sink.byte(tracks ? Window.TracksLength : Window.Shared)
  sink.varint(offset)
  sink.varint(length)
  sink.step('slot', 'ViewedArrayBuffer')
  sink.viewed(buffer, size)
}

function readWindow(source: ValueSource, size: number): ViewedBytes & { tracks: boolean } {
  const kind = source.byte()
  if (kind === Window.Own) {
    const bytes = source.bulk()
    const shared = source.shared(bytes)
    if (shared !== null) return { ...shared, tracks: false }
    if (source.borrows(bytes, size))
      return { buffer: bytes.buffer, offset: bytes.byteOffset, length: bytes.length, tracks: false }
    return {
      buffer: filled(new ArrayBufferConstructor(bytes.length), bytes),
      offset: 0,
      length: bytes.length,
      tracks: false,
    }
  }
  if (kind === Window.OutOfBand) return { ...source.outOfBand(source.varint()), tracks: false }
  const offset = source.varint()
  const length = source.varint()
  const whole = source.viewed()
  if (whole.isAbsent) return { ...whole, tracks: false }
  if (offset + length > whole.length) {
    throw new UnpicklingError('the bundle holds a view that is larger than its buffer')
  }
  // Of a part of a buffer, such a view would show more than the part.
  const isWhole = whole.offset === 0 && whole.length === bufferFacts(whole.buffer)?.length
  const tracks = kind === Window.TracksLength && isWhole
  return { buffer: whole.buffer, offset: whole.offset + offset, length, tracks }
}

/** `Buffer.from` asks properties of the buffer, which another prototype may hide. */
function nodeBuffer(buffer: ArrayBufferLike, offset: number, length: number): Buffer {
  const prototype = getPrototypeOf(buffer)
  if (prototype === ArrayBufferConstructor.prototype || prototype === SharedArrayBufferConstructor.prototype)
    return NodeBuffer.from(buffer as ArrayBuffer, offset, length)
  const bytes = new Bytes(buffer as ArrayBuffer, offset, length)
  setPrototypeOf(bytes, BufferPrototype)
  return bytes as Buffer
}

/** Its length can't change, and no other thread has it. */
function isFixed(buffer: ArrayBufferLike): boolean {
  const facts = bufferFacts(buffer)
  return facts !== null && facts.maximum === null && !facts.isShared
}

/**
 * A view without a length of its own follows its buffer's. Nothing in JavaScript shows it while the size stays as it
 * is, but V8's structured clone keeps it, as a flag in its last byte. Null: the view is out of its buffer's bounds, where
 * V8 clones none.
 */
function tracksLength(view: ArrayBufferView, buffer: ArrayBufferLike): boolean | null {
  const shared = types.isSharedArrayBuffer(buffer)
  const resizable = shared ? sharedGrowable : bufferResizable
  if (resizable === undefined || !apply(resizable, buffer, [])) return false
  try {
    const clone = cloneOf(view, buffer)
    return (clone[clone.length - 1] & FOLLOWS_SHARED) !== 0
  } catch {
    return null
  }
}

/** V8's structured clone of a view. The buffer itself stays out of it, however large it is, under the number 0. */
function cloneOf(view: ArrayBufferView, buffer: ArrayBufferLike): Uint8Array {
  const serializer = new Serializer() as InstanceType<typeof Serializer> & {
    _getSharedArrayBufferId?: () => number
  }
  if (types.isSharedArrayBuffer(buffer))
    defineProperty(serializer, '_getSharedArrayBufferId', { value: () => 0 })
  else apply(serializerTransfer, serializer, [0, buffer])
  apply(serializerHeader, serializer, [])
  apply(serializerWrite, serializer, [view])
  return apply(serializerRelease, serializer, []) as Uint8Array
}

function isNodeBuffer(value: object): boolean {
  return types.isUint8Array(value) && getPrototypeOf(value) === BufferPrototype
}

/** A view of a part of Node's pool. Where nothing tells pools from others, a Buffer is taken for one. */
function isPooled(view: ArrayBufferView, { buffer, length }: ViewedBytes): boolean {
  const isOfPool = isPool(buffer) ?? isNodeBuffer(view)
  return isOfPool && length < apply(bufferBytes, buffer, [])
}

export const buffers: readonly BuiltinReducer[] = [arrayBuffer, sharedArrayBuffer, typedArray, dataView]
