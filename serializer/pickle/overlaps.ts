// Views that travel with their own bytes alone, without the rest of their buffer (Buffers out of Node's pool, and what an
// OutOfBand wraps), and still share memory: where they overlap, they get one buffer, as large as what they cover together. The
// graph has each with its bytes, as any other; which of them belong together is known at its end, and stands in the section
// `buffers`, which is read first.
import { damaged } from '../errors.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { bufferFacts, madeBuffer, type ViewedBytes } from '../reducers/index.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { ByteWriter } from './codec/byte-writer.ts'

const Bytes = Uint8Array
const MapConstructor = Map
const SetConstructor = Set

interface Piece {
  readonly buffer: ArrayBufferLike
  readonly view: object
  readonly offset: number
  readonly end: number
  /** Of its elements, in bytes. */
  readonly size: number
  /** Among the buffers out of band, or -1. */
  readonly number: number
}

/** The buffers that travel out of band, by the buffer or by a view that travels alone. */
interface Numbers {
  numberOf(key: object): number
  viewed(key: object, size: number): void
}

/** The writer's half. */
export class Pieces {
  readonly #pieces: Piece[] = []

  add(view: object, { buffer, offset, length }: ViewedBytes, size: number, number: number): void {
    this.#pieces.push(pieceOf(buffer, view, offset, length, size, number))
  }

  /** The buffers behind the pieces of which that holds; null if there are none. */
  buffersThat(holds: (buffer: ArrayBufferLike) => boolean): Set<object> | null {
    let found: Set<object> | null = null
    let last: ArrayBufferLike | null = null
    for (const { buffer } of this.#pieces) {
      if (buffer === last) continue
      last = buffer
      if (holds(buffer)) (found ??= new SetConstructor<object>()).add(buffer)
    }
    return found
  }

  /** Those that share memory: none, if no two overlap. */
  memories(outOfBand: Numbers | null): readonly (readonly Piece[])[] {
    const pieces = this.#pieces
    if (outOfBand === null && areInOrder(pieces)) return NONE
    const byBuffer = new MapConstructor<ArrayBufferLike, Piece[]>()
    for (const piece of pieces) {
      const { buffer } = piece
      const others = byBuffer.get(buffer)
      if (others !== undefined) others.push(piece)
      else {
        const number = outOfBand?.numberOf(buffer) ?? -1
        const whole = number < 0 ? [] : [pieceOf(buffer, buffer, 0, bufferFacts(buffer)!.length, 1, number)]
        byBuffer.set(buffer, [...whole, piece])
      }
    }
    return [...byBuffer.values()].flatMap(overlapping)
  }
}

/** As Buffers are that were made one after the other: none overlaps another. */
function areInOrder(pieces: readonly Piece[]): boolean {
  for (let i = 1; i < pieces.length; i++)
    if (pieces[i].buffer !== pieces[0].buffer || pieces[i].offset < pieces[i - 1].end) return false
  return true
}

const NONE: readonly Piece[][] = []

function pieceOf(
  buffer: ArrayBufferLike,
  view: object,
  offset: number,
  length: number,
  size: number,
  number: number,
): Piece {
  return { buffer, view, offset, end: offset + length, size, number }
}

keepHiddenClass(pieceOf(new ArrayBuffer(0), {}, 0, 0, 1, 0))
keepHiddenClass(new Pieces())

export function writeMemories(
  memories: readonly (readonly Piece[])[],
  out: ByteWriter,
  nodeOf: (view: object) => number,
  outOfBand: Numbers | null,
): void {
  if (memories.length === 0) return
  out.varint(memories.length)
  for (const memory of memories) {
    const largest = Math.max(...memory.map(({ size }) => size))
    const start = memory[0].offset - (memory[0].offset % largest)
    const end = memory.reduce((last, piece) => Math.max(last, piece.end), 0)
    out.varint(end - start)
    out.varint(memory.length)
    for (const { view, number, offset, end: itsEnd } of memory) {
      out.varint(number < 0 ? nodeOf(view) * 2 : number * 2 + 1)
      out.varint(offset - start)
      // The others may become views of its bytes.
      if (number >= 0 && offset === start && itsEnd === end) outOfBand?.viewed(view, largest)
    }
  }
}

/** Those that have bytes in common with others, or with what these have bytes in common with, by their offsets. */
function overlapping(pieces: readonly Piece[]): Piece[][] {
  const sorted = pieces.filter(({ offset, end }) => end > offset).sort((a, b) => a.offset - b.offset)
  const memories: Piece[][] = []
  let memory: Piece[] = []
  let end = 0
  for (const piece of sorted) {
    if (piece.offset >= end) memories.push((memory = []))
    memory.push(piece)
    end = Math.max(end, piece.end)
  }
  return memories.filter(({ length }) => length > 1)
}

/** A place in the memory of several views: of that of a node, or of that of a buffer out of band. */
interface Place {
  readonly index: number
  readonly isOutOfBand: boolean
  readonly offset: number
}

export interface Memory {
  readonly length: number
  readonly places: readonly Place[]
}

/** Takes no more room than there are bytes. */
export function readMemories(input: ByteReader, available: number): Memory[] {
  const memories: Memory[] = []
  if (input.remaining === 0) return memories
  let left = available
  for (let count = input.count(4); count > 0; count--) {
    const length = input.varint()
    left -= length
    if (left < 0) throw damaged('views share more bytes than it has')
    const places: Place[] = []
    for (let more = input.count(2); more > 0; more--) {
      const index = input.varint()
      const offset = input.varint()
      if (offset > length) throw damaged('a view is no part of what it shares')
      places.push({ index: Math.floor(index / 2), isOutOfBand: index % 2 === 1, offset })
    }
    memories.push({ length, places })
  }
  return memories
}

/** Where a view's bytes are to go, and whether they are there. */
export interface SharedPlace extends ViewedBytes {
  readonly isFilled: boolean
}

/** Makes the memories. Buffers out of band that are no parts of one change to such; returns the places for nodes. */
export function shareMemories(memories: readonly Memory[], buffers: ViewedBytes[]): Map<number, SharedPlace> {
  const places = new Map<number, SharedPlace>()
  for (const memory of memories) {
    const parts = memory.places.map(({ index, isOutOfBand, offset }) => {
      const bytes = isOutOfBand ? buffers[index] : null
      if (bytes === undefined || (bytes !== null && offset + bytes.length > memory.length))
        throw damaged('a view is no part of what it shares')
      return { index, offset, bytes }
    })
    if (isShared(parts)) continue
    const received = parts.find(({ offset, bytes }) => offset === 0 && bytes?.length === memory.length)?.bytes
    const { buffer, offset: start } = received ?? {
      buffer: madeBuffer({ length: memory.length, maximum: null, isShared: false }, new Bytes(0)),
      offset: 0,
    }
    for (const { index, offset, bytes } of parts) {
      const place = { buffer, offset: start + offset }
      if (bytes === null)
        places.set(index, { ...place, length: memory.length - offset, isFilled: received !== undefined })
      else {
        if (!received) bytesOf({ ...bytes, ...place }).set(bytesOf(bytes))
        buffers[index] = { ...bytes, ...place }
      }
    }
  }
  return places
}

function bytesOf({ buffer, offset, length }: ViewedBytes): Uint8Array {
  return new Bytes(buffer as ArrayBuffer, offset, length)
}

/** Were all received as parts of one buffer, as far from each other as they were? */
function isShared(parts: readonly { offset: number; bytes: ViewedBytes | null }[]): boolean {
  const first = parts[0]?.bytes
  if (!first) return false
  const start = first.offset - parts[0].offset
  return parts.every(
    ({ offset, bytes }) => bytes !== null && bytes.buffer === first.buffer && bytes.offset - offset === start,
  )
}
