// Buffers that travel beside the bundle (PEP 574): what `bufferCallback` is given, which buffers it took in one call of
// `dumps`, and what stands for them when `loads` is given them again. The bundle's section `buffers` says of each
// what it has to be like.
import { types } from 'node:util'
import { type ByteBudget, type CheckedLimits, SetAside } from '../bundle/limits.ts'
import { damaged, UnpicklingError } from '../errors.ts'
import { asUser } from '../originals.ts'
import {
  type BufferFacts,
  bufferFacts,
  isReadonlyView,
  madeBuffer,
  type ViewedBytes,
  windowOf,
} from '../reducers/index.ts'
import { ByteReader } from './codec/byte-reader.ts'
import { ByteWriter } from './codec/byte-writer.ts'
import {
  type Memory,
  type Pieces,
  readMemories,
  type SharedPlace,
  shareMemories,
  writeMemories,
} from './overlaps.ts'

const Bytes = Uint8Array
const freeze = Object.freeze
let windowBehind: (value: OutOfBand) => ViewedBytes
let viewBehind: (value: object) => ArrayBufferView | null

/**
 * Bytes that travel out of band (pickle's PickleBuffer). In a value that is pickled it stands for the view that it
 * wraps: with a `bufferCallback`, the view's own bytes are offered, apart from the rest of its buffer.
 */
export class OutOfBand {
  readonly #view: ArrayBufferView
  /** Has whoever made the bytes said that nobody writes to them? */
  readonly readonly: boolean

  constructor(view: ArrayBufferView, options?: { readonly readonly?: boolean }) {
    if (!ArrayBuffer.isView(view))
      throw new TypeError('OutOfBand wraps a typed array, a Buffer or a DataView')
    this.#view = view
    this.readonly = options?.readonly ?? isReadonlyView(view)
    freeze(this)
  }

  /**
   * Was the view loaded from bytes that travelled out of band as read-only? JavaScript has no views that nobody can write
   * to: it is for the receiver to heed.
   */
  static isReadonly(view: ArrayBufferView): boolean {
    return isReadonlyView(view)
  }

  get buffer(): ArrayBufferLike {
    return windowOf(this.#view).buffer
  }
  get byteOffset(): number {
    return windowOf(this.#view).offset
  }
  get byteLength(): number {
    return windowOf(this.#view).length
  }
  /** A view of the bytes, not a copy. */
  get bytes(): Uint8Array {
    const { buffer, offset, length } = windowOf(this.#view)
    return new Bytes(buffer as ArrayBuffer, offset, length)
  }

  static {
    windowBehind = (value) => windowOf(value.#view)
    viewBehind = (value) => (#view in value ? value.#view : null)
  }
}

/** The view that an OutOfBand stands for; null if the object is none. */
export function wrappedView(value: object): ArrayBufferView | null {
  return viewBehind(value)
}

export type BufferCallback = (buffer: OutOfBand) => unknown

/** What the reader needs to know of a buffer before it sees the graph. */
interface Taken {
  readonly facts: BufferFacts
  /** The largest element that a view of it has, in bytes. */
  alignment: number
  /** Is the buffer itself in the graph, and not just views of it? */
  isReached: boolean
  readonly isReadonly: boolean
}

/** Bits of a buffer's byte in the section. The alignment's logarithm stands in the lowest two. */
const Flag = { Shared: 4, Reached: 8, Readonly: 16 } as const

/** The offers of one call of `dumps`, which may walk the graph more than once: each buffer is offered once. */
export class Offers {
  readonly #callback: BufferCallback
  /** By the buffer, or by the view that travels alone: its number, or -1 if it stays in the bundle. */
  readonly #numbers = new Map<object, number>()
  readonly #taken: Taken[] = []

  constructor(callback: BufferCallback) {
    this.#callback = callback
  }

  /** The number of the buffer's bytes, or of the view's if that is what the `key` is; -1 if the callback wants them inside. */
  offer(key: object, facts: BufferFacts, bytes: Uint8Array, isReadonly = false): number {
    let number = this.#numbers.get(key)
    if (number === undefined) {
      const callback = this.#callback
      const offered = new OutOfBand(bytes, { readonly: isReadonly })
      number = asUser(() => callback(offered)) ? -1 : this.#taken.length
      this.#numbers.set(key, number)
      if (number >= 0) this.#taken.push({ facts, alignment: 1, isReached: false, isReadonly })
    }
    return number
  }

  /** The number of the buffer's or the view's bytes, -1 if they are not out of band. */
  numberOf(key: object): number {
    return this.#numbers.get(key) ?? -1
  }

  /** The buffer itself is part of the value. */
  reached(buffer: object): void {
    const number = types.isAnyArrayBuffer(buffer) ? this.#numbers.get(buffer) : undefined
    if (number !== undefined && number >= 0) this.#taken[number].isReached = true
  }

  /** A view of it has elements of that size. */
  viewed(key: object, size: number): void {
    const number = this.#numbers.get(key)
    if (number === undefined || number < 0) return
    const taken = this.#taken[number]
    if (taken.alignment < size) taken.alignment = size
  }

  write(out: ByteWriter): void {
    out.varint(this.#taken.length)
    for (const { facts, alignment, isReached, isReadonly } of this.#taken) {
      out.byte(
        (31 - Math.clz32(alignment)) |
          (facts.isShared ? Flag.Shared : 0) |
          (isReached ? Flag.Reached : 0) |
          (isReadonly ? Flag.Readonly : 0),
      )
      out.varint(facts.length)
      out.varint(facts.maximum === null ? 0 : facts.maximum + 1)
    }
  }

  get isEmpty(): boolean {
    return this.#taken.length === 0
  }
}

/** The bundle's section: the buffers out of band, and which views share memory. */
export function writeBuffers(
  offers: Offers | null,
  pieces: Pieces | null,
  nodeOf: (view: object) => number,
): readonly Uint8Array[] {
  const memories = pieces?.memories(offers) ?? []
  if (memories.length === 0 && (offers === null || offers.isEmpty)) return NO_PARTS
  const out = new ByteWriter()
  const list = new ByteWriter()
  // First: it may ask more of the buffers.
  writeMemories(memories, list, nodeOf, offers)
  if (offers === null) out.varint(0)
  else offers.write(out)
  out.bytes(list.finish())
  return [out.finish()]
}

const NO_PARTS: readonly Uint8Array[] = []

/** What the section says of a buffer. */
interface Wanted {
  readonly facts: BufferFacts
  readonly alignment: number
  readonly isReached: boolean
  readonly isReadonly: boolean
}

/** @param available How many bytes the bundle has for views. */
function readSection(section: Uint8Array, available: number): { wanted: Wanted[]; memories: Memory[] } {
  const wanted: Wanted[] = []
  if (section.length === 0) return { wanted, memories: [] }
  const input = new ByteReader(section)
  let room = available
  for (let left = input.count(3); left > 0; left--) {
    const flags = input.byte()
    const length = input.varint()
    const maximum = input.varint()
    if (flags >= Flag.Readonly * 2 || (maximum > 0 && maximum - 1 < length))
      throw damaged('its list of buffers makes no sense')
    room += length
    wanted.push({
      facts: { length, maximum: maximum === 0 ? null : maximum - 1, isShared: (flags & Flag.Shared) !== 0 },
      alignment: 1 << (flags & 3),
      isReached: (flags & Flag.Reached) !== 0,
      isReadonly: (flags & Flag.Readonly) !== 0,
    })
  }
  const memories = readMemories(input, room)
  if (input.remaining > 0) throw damaged('its list of buffers makes no sense')
  return { wanted, memories }
}

/** What a graph is read with. */
export interface ReceivedBuffers {
  /** Those that travelled out of band, by their numbers. */
  readonly buffers: readonly ViewedBytes[]
  /** Of views whose bytes are in the bundle and overlap others: by their nodes, where they are to be put. */
  readonly places: ReadonlyMap<number, SharedPlace>
}

/**
 * Matches what the bundle needs with what the caller gives. Its own errors are UnpicklingErrors; the iterable's get out.
 * `available` is how many bytes the bundle has for views.
 */
export function receiveBuffers(
  section: Uint8Array,
  given: Iterable<unknown> | undefined,
  budget: ByteBudget,
  limits: CheckedLimits,
  available: number,
): ReceivedBuffers {
  if (section.length === 0 && given === undefined) return NO_BUFFERS
  const { wanted, memories } = readSection(section, available)
  for (const { facts } of wanted) budget.received(facts.length, 'with the buffers that travelled out of band')
  if (given === undefined) {
    if (wanted.length === 0) return { buffers: [], places: shareMemories(memories, []) }
    throw new UnpicklingError(
      `the bundle needs ${several(wanted.length)} that travelled out of band: hand over, as the option buffers, what bufferCallback got`,
    )
  }
  const items = listOf(given, wanted.length + 1)
  if (items.length < wanted.length)
    throw new UnpicklingError(
      `the bundle needs ${several(wanted.length)}, and the option buffers has ${items.length}: give all that bufferCallback took, in their order`,
    )
  if (items.length > wanted.length)
    throw new UnpicklingError(
      `the bundle needs ${several(wanted.length)}, and the option buffers has more: give those that bufferCallback took for this bundle alone`,
    )
  const setAside = new SetAside(limits)
  const buffers = wanted.map((each, i) => received(each, items[i], i, setAside))
  return { buffers, places: shareMemories(memories, buffers) }
}

export const NO_BUFFERS: ReceivedBuffers = { buffers: [], places: new Map() }

/** What stands for the buffers where nobody has them: `inspectBundle` reads bundles by themselves. */
export function absentBuffers(section: Uint8Array): ReceivedBuffers {
  const absent = { buffer: new ArrayBuffer(0), offset: 0, length: 0, isAbsent: true }
  return { ...NO_BUFFERS, buffers: wantedBy(section).map(() => absent) }
}

function wantedBy(section: Uint8Array): Wanted[] {
  return readSection(section, Number.POSITIVE_INFINITY).wanted
}

function listOf(given: Iterable<unknown>, most: number): unknown[] {
  return asUser(() => {
    if (given === null || typeof given !== 'object' || typeof given[Symbol.iterator] !== 'function')
      throw new TypeError('the option buffers is an iterable of the buffers that bufferCallback got')
    const items: unknown[] = []
    for (const item of given) {
      items.push(item)
      if (items.length === most) break
    }
    return items
  })
}

function received(
  { facts, alignment, isReached, isReadonly }: Wanted,
  item: unknown,
  index: number,
  setAside: SetAside,
): ViewedBytes {
  const window = given(item, index)
  const { buffer, offset, length } = window
  if (length !== facts.length)
    throw new UnpicklingError(
      `buffer ${index} of the option buffers has ${length} bytes, and the bundle needs ${facts.length}: give those that bufferCallback took, in their order`,
    )
  const found = bufferFacts(buffer)
  if (found === null) throw new UnpicklingError(`buffer ${index} of the option buffers is detached`)
  const isWhole = offset === 0 && length === found.length
  const mustCopy =
    offset % alignment !== 0 ||
    (facts.isShared && !found.isShared) ||
    (facts.maximum !== null && !(isWhole && found.maximum === facts.maximum)) ||
    (isReached && !(isWhole && found.isShared === facts.isShared))
  if (!mustCopy) return { ...window, isReadonly }
  if (facts.maximum !== null) setAside.add(facts.maximum)
  const copy = copied(facts, new Bytes(buffer as ArrayBuffer, offset, length), index)
  return { buffer: copy, offset: 0, length, isReadonly }
}

/** This process may have no room for it, or for what it may grow to: engines differ in how much that can be. */
function copied(facts: BufferFacts, bytes: Uint8Array, index: number): ArrayBufferLike {
  try {
    return madeBuffer(facts, bytes)
  } catch (error) {
    throw new UnpicklingError(
      `buffer ${index} of the option buffers can't be copied, as the bundle needs it: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

function given(item: unknown, index: number): ViewedBytes {
  if (typeof item === 'object' && item !== null) {
    if (viewBehind(item) !== null) return windowBehind(item as OutOfBand)
    if (ArrayBuffer.isView(item)) return windowOf(item)
    if (types.isAnyArrayBuffer(item))
      return { buffer: item, offset: 0, length: bufferFacts(item)?.length ?? 0 }
  }
  throw new UnpicklingError(
    `buffer ${index} of the option buffers is no buffer: give what bufferCallback got, an ArrayBuffer or a view`,
  )
}

function several(count: number): string {
  return count === 1 ? 'one buffer' : `${count} buffers`
}

export interface BufferNote {
  readonly byteLength: number
  readonly shared: boolean
  readonly resizable: boolean
  /** Has its sender said that nobody writes to it? */
  readonly readonly: boolean
}

/** What the bundle says of the buffers that travelled out of band, in their order. */
export function describeBuffers(section: Uint8Array): readonly BufferNote[] {
  return wantedBy(section).map(({ facts, isReadonly }) => ({
    byteLength: facts.length,
    shared: facts.isShared,
    resizable: facts.maximum !== null,
    readonly: isReadonly,
  }))
}
