// Growable output: the primitives of the byte codec. What they mean is written in docs/format.md.
// It grows by whole chunks. Once they are large, one is written again and again, and what it held is put away into memory
// that is free as soon as the bundle has it.

import { Beginnings } from '../../bundle/beginnings.ts'
import { giveBack, makeSegment } from '../../bundle/segments.ts'
import { Buffer } from '../../globals.ts'
import { needAllOriginals } from '../../originals.ts'

const FIRST_CHUNK = 4096
const LARGEST_CHUNK = 1 << 16
/** Memory of its own costs more than it is worth where there is less. */
const FIRST_AWAY = 1 << 17
/** Bytes of this length or more are taken as they are: a part of their own, not a copy. */
export const OWN_PART = 4096
/** Below this, one charCodeAt loop beats a call into native code. */
const SHORT_STRING = 64
/** More than any number takes. */
const ROOM = 16
/** Bytes of a small message, of whose length there is a view. */
const MOST_VIEWED = 256
/** What is smaller, four bytes of a varint are enough for. */
const FOUR_BYTES = 2 ** 28

const { apply } = Reflect
const { latin1Write, ucs2Write, utf8Write } = Buffer.prototype as NodeBuffer

interface FirstChunk {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly beginnings: Beginnings
}

/** Those that nobody has at present: making one takes longer than to fill it with a small message. */
const spare: FirstChunk[] = []
const MOST_SPARE = 2

export class ByteWriter {
  readonly #first: FirstChunk
  #chunk: Uint8Array
  /** Of the chunk. */
  #size: number
  #view: DataView | null
  #position = 0
  /** Where in the chunk the bytes begin that are in no part yet. */
  #start = 0
  /** Bytes in the parts. */
  #before = 0
  readonly #parts: Uint8Array[] = []
  /** Parts that are of no earlier chunk begin here. */
  #firstPart = 0
  /** What the earlier chunks held, and the places where each of them and this one begin. */
  readonly #earlier: Uint8Array[] = []
  readonly #places: number[] = []
  #place = 0
  #isReleased = false

  /** From how many bytes on what was written is put away. */
  readonly #firstAway: number

  constructor(firstAway = FIRST_AWAY) {
    this.#firstAway = firstAway
    this.#first = spare.pop() ?? firstChunk()
    this.#chunk = this.#first.bytes
    this.#size = FIRST_CHUNK
    this.#view = this.#first.view
  }

  /** Nobody looks any more at what was written, in pieces or in one, and nobody writes. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    for (let i = this.#parts.length - 1; i >= 0; i--) giveBack(this.#parts[i])
    if (spare.length < MOST_SPARE) spare.push(this.#first)
  }

  /** Begins anew: nobody looks any more at what was written. */
  restart(): void {
    this.#position = 0
    this.#start = 0
    // It filled no chunk, and has no part: the usual message.
    if (this.#place === 0 && this.#before === 0 && this.#chunk === this.#first.bytes) return
    this.#chunk = this.#first.bytes
    this.#size = FIRST_CHUNK
    this.#view = this.#first.view
    this.#before = 0
    this.#parts.length = 0
    this.#firstPart = 0
    this.#earlier.length = 0
    this.#places.length = 0
    this.#place = 0
  }

  get length(): number {
    return this.#before + this.#position - this.#start
  }

  #reserve(count: number): void {
    if (this.#position + count > this.#size) this.#grow(count)
  }

  #grow(count: number): void {
    needAllOriginals()
    this.#close()
    this.#places.push(this.#place)
    this.#place += this.#position
    if (this.#place >= this.#firstAway) this.#putAway()
    else {
      this.#earlier.push(this.#chunk)
      // It is written before it is read: zeros would be for nothing.
      const size = Math.max(count, Math.min(this.#size * 2, LARGEST_CHUNK))
      this.#chunk = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
      this.#size = size
      this.#view = null
    }
    this.#position = 0
    this.#start = 0
    this.#firstPart = this.#parts.length
  }

  /** Moves the content of the chunk into memory of its own. */
  #putAway(): void {
    const chunk = this.#chunk
    const segment = makeSegment(this.#position)
    segment.set(chunk.subarray(0, this.#position))
    this.#earlier.push(segment)
    const parts = this.#parts
    for (let i = this.#firstPart; i < parts.length; i++) {
      const { buffer, byteOffset, length } = parts[i]
      if (buffer === chunk.buffer) parts[i] = segment.subarray(byteOffset, byteOffset + length)
    }
  }

  /** Makes what was written in this chunk a part. */
  #close(): void {
    if (this.#position === this.#start) return
    this.#parts.push(this.#chunk.subarray(this.#start, this.#position))
    this.#before += this.#position - this.#start
    this.#start = this.#position
  }

  byte(value: number): void {
    if (this.#position === this.#size) this.#grow(1)
    this.#chunk[this.#position++] = value
  }

  /** The place of the last byte: it may be changed later on. */
  get last(): number {
    return this.#place + this.#position - 1
  }

  at(place: number): number {
    return this.#chunkAt(place)[place - this.#found]
  }

  change(place: number, value: number): void {
    this.#chunkAt(place)[place - this.#found] = value
  }

  /** Where the chunk begins that `#chunkAt` found. */
  #found = 0

  #chunkAt(place: number): Uint8Array {
    if (place >= this.#place) {
      this.#found = this.#place
      return this.#chunk
    }
    const places = this.#places
    let low = 0
    for (let high = places.length; high - low > 1; ) {
      const middle = (low + high) >> 1
      if (places[middle] <= place) low = middle
      else high = middle
    }
    this.#found = places[low]
    return this.#earlier[low]
  }

  /** An unsigned integer below 2^53: seven bits a byte, lowest first (LEB128). */
  varint(value: number): void {
    this.#reserve(ROOM)
    const chunk = this.#chunk
    // (To take a remainder of what is no small integer for V8 is a call.)
    while (value >= FOUR_BYTES) {
      const high = Math.floor(value / FOUR_BYTES)
      const low = value - high * FOUR_BYTES
      for (let bits = 0; bits < 28; bits += 7) chunk[this.#position++] = (low >>> bits) | 0x80
      value = high
    }
    while (value >= 0x80) {
      chunk[this.#position++] = (value & 0x7f) | 0x80
      value >>>= 7
    }
    chunk[this.#position++] = value
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view ??= new DataView(this.#chunk.buffer)
    this.#view.setFloat64(this.#position, value, true)
    this.#position += 8
  }

  /** Two's complement, of that many bytes. */
  integer(value: number, size: 1 | 2 | 4): void {
    this.#reserve(4)
    const chunk = this.#chunk
    chunk[this.#position++] = value
    if (size === 1) return
    chunk[this.#position++] = value >> 8
    if (size === 2) return
    chunk[this.#position++] = value >> 16
    chunk[this.#position++] = value >> 24
  }

  /** Length in code units, doubled, plus one if two bytes each: latin1 or UTF-16LE, so lone surrogates survive. */
  string(text: string): void {
    const length = text.length
    if (length < SHORT_STRING) {
      this.#reserve(length * 2 + ROOM)
      const start = this.#position
      this.varint(length * 2)
      const chunk = this.#chunk
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0xff) {
          this.#position = start
          this.#wideString(text)
          return
        }
        chunk[this.#position++] = code
      }
      return
    }
    if (isLatin1(text)) {
      this.varint(length * 2)
      this.latin1(text)
    } else {
      this.#wideString(text)
    }
  }

  #wideString(text: string): void {
    this.varint(text.length * 2 + 1)
    this.utf16(text)
  }

  /** The text's code units, a byte each. */
  latin1(text: string): void {
    const size = text.length
    if (size > LARGEST_CHUNK) {
      apply(latin1Write, this.#ownPart(size), [text, 0])
      return
    }
    this.#reserve(size)
    apply(latin1Write, this.#chunk, [text, this.#position])
    this.#position += size
  }

  /** The text's code units, two bytes each. */
  utf16(text: string): void {
    const size = text.length * 2
    if (size > LARGEST_CHUNK) {
      apply(ucs2Write, this.#ownPart(size), [text, 0])
      return
    }
    this.#reserve(size)
    apply(ucs2Write, this.#chunk, [text, this.#position])
    this.#position += size
  }

  utf8(text: string, size: number): void {
    if (size > LARGEST_CHUNK) {
      apply(utf8Write, this.#ownPart(size), [text, 0, size])
      return
    }
    this.#reserve(size)
    apply(utf8Write, this.#chunk, [text, this.#position, size])
    this.#position += size
  }

  /** Memory for more than a chunk holds. */
  #ownPart(size: number): Uint8Array {
    needAllOriginals()
    const segment = makeSegment(size)
    this.#addPart(segment)
    return segment
  }

  #addPart(bytes: Uint8Array): void {
    this.#close()
    this.#parts.push(bytes)
    this.#before += bytes.length
  }

  /** Large ones are not copied here: they must not change before the bundle is put together. */
  bytes(source: Uint8Array): void {
    if (source.length >= OWN_PART) return this.#addPart(source)
    this.#reserve(source.length)
    this.#chunk.set(source, this.#position)
    this.#position += source.length
  }

  /** What was written, in pieces that are valid until the next write. */
  parts(): readonly Uint8Array[] {
    if (this.#position === this.#start) return this.#parts
    const rest = this.#chunk.subarray(this.#start, this.#position)
    return this.#parts.length === 0 ? [rest] : [...this.#parts, rest]
  }

  /** Is what was written in one place? Then `copyTo` may be called, too. */
  get isTogether(): boolean {
    return this.#place === 0 && this.#parts.length === 0
  }

  /** If it is together. */
  #written(): Uint8Array {
    const size = this.#position
    return this.#chunk === this.#first.bytes ? this.#first.beginnings.of(size) : this.#chunk.subarray(0, size)
  }

  copyTo(target: Uint8Array, offset: number): void {
    target.set(this.#written(), offset)
  }

  /** What was written, in one piece. It is the last thing that is asked. */
  finish(): Uint8Array {
    const whole = new Uint8Array(this.length)
    let offset = 0
    for (const part of this.parts()) {
      whole.set(part, offset)
      offset += part.length
    }
    this.release()
    return whole
  }
}

function firstChunk(): FirstChunk {
  needAllOriginals()
  const bytes = new Uint8Array(FIRST_CHUNK)
  return { bytes, view: new DataView(bytes.buffer), beginnings: new Beginnings(bytes, MOST_VIEWED) }
}

/** Of any Uint8Array. */
interface NodeBuffer extends Buffer {
  latin1Write(text: string, offset: number): number
  ucs2Write(text: string, offset: number): number
  utf8Write(text: string, offset: number, length: number): number
}

/** Writes a text of no other code units into a place that has room for it. */
export function writeLatin1(text: string, target: Uint8Array, offset: number): void {
  apply(latin1Write, target, [text, offset])
}

/**
 * A regular expression on a one-byte string has nothing to search for: V8 knows that without looking. Of a text that was put
 * together it makes one piece when a character of it is asked for, twice as fast as the expression would.
 */
export function isLatin1(text: string): boolean {
  return text === '' || (text.charCodeAt(0) <= 0xff && !BEYOND_LATIN1.test(text))
}

const BEYOND_LATIN1 = /[^\0-\xff]/
