// The other end of byte-writer.ts. Every length is checked against what is left before it is used.

import { isBigEndian } from '../../bundle/endianness.ts'
import { UnpicklingError } from '../../errors.ts'
import { needAllOriginals } from '../../originals.ts'
import { TypedArrayPrototypeGetLength } from '../../primordials.ts'
import { isLatin1 } from './byte-writer.ts'

const SHORT_STRING = 24
/** Doubles that are read before a DataView pays off. */
const FEW_DOUBLES = 8

const { apply } = Reflect
const { latin1Slice, ucs2Slice, utf8Slice } = Buffer.prototype as NodeBuffer
const scratch = new Float64Array(1)
const scratchBytes = new Uint8Array(scratch.buffer)

/** A text of four code units or more, all of them latin1. */
export interface TextInWords {
  readonly length: number
  /** Its bytes, four by four; the last word is that of the last four. */
  readonly words: readonly number[]
}

/** Null for a text that can not be that. */
export function inWords(text: string): TextInWords | null {
  const { length } = text
  if (length < 4 || !isLatin1(text)) return null
  const words: number[] = []
  for (let at = 0; at < length; at += 4) {
    const from = at + 4 > length ? length - 4 : at
    let word = 0
    for (let i = 3; i >= 0; i--) word = (word << 8) | text.charCodeAt(from + i)
    words.push(word)
  }
  return { length, words }
}

export class ByteReader {
  #bytes: Uint8Array
  #start: number
  #end: number
  /** In all of the bytes. */
  #position: number
  #view: DataView | null = null
  #doubles = 0

  /** Reads those from the one place to the other: all, if they are not given. (A view of a part would be one more object.) */
  constructor(bytes: Uint8Array, start = 0, end: number = TypedArrayPrototypeGetLength(bytes)) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#position = start
  }

  /** Reads others. */
  restart(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#bytes) this.#view = null
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#position = start
    this.#doubles = 0
  }

  /** Makes ready to read words at once, for memory that stays. */
  withView(): this {
    this.#view = viewOf(this.#bytes)
    return this
  }

  /** In all of the bytes, where the next is. */
  get place(): number {
    return this.#position
  }

  /** Is the text at that place, a byte for each code unit? False may be said of any; the place is within what was read. */
  has(text: TextInWords, place: number): boolean {
    const view = this.#view
    if (view === null) return false
    const { words, length } = text
    const last = words.length - 1
    for (let i = 0; i < last; i++) if (view.getInt32(place + 4 * i, true) !== words[i]) return false
    return view.getInt32(place + length - 4, true) === words[last]
  }

  /** How many were read. */
  get position(): number {
    return this.#position - this.#start
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  byte(): number {
    if (this.#position >= this.#end) throw truncated()
    return this.#bytes[this.#position++]
  }

  varint(): number {
    let result = this.byte()
    if (result < 0x80) return result
    result &= 0x7f
    // As long as it is a small integer for V8.
    for (let bits = 7; bits < 28; bits += 7) {
      const byte = this.byte()
      result |= (byte & 0x7f) << bits
      if (byte < 0x80) return result
    }
    return this.#longVarint(result)
  }

  /** What four bytes are not enough for: those were `low`. */
  #longVarint(low: number): number {
    let result = low
    let scale = 0x80 ** 4
    for (let i = 4; i < 8; i++) {
      const byte = this.byte()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (result > Number.MAX_SAFE_INTEGER) break
        return result
      }
      scale *= 0x80
    }
    throw new UnpicklingError('the bundle holds a malformed integer')
  }

  /** A count of things that take at least `size` bytes each: refuses a lying header before anything is allocated. */
  count(size = 1): number {
    const count = this.varint()
    if (count * size > this.remaining) throw truncated()
    return count
  }

  double(): number {
    if (this.remaining < 8) throw truncated()
    const start = this.#position
    this.#position += 8
    if (this.#view !== null) return this.#view.getFloat64(start, true)
    if (isBigEndian || ++this.#doubles > FEW_DOUBLES) {
      this.#view = viewOf(this.#bytes)
      return this.#view.getFloat64(start, true)
    }
    for (let i = 0; i < 8; i++) scratchBytes[i] = this.#bytes[start + i]
    return scratch[0]
  }

  /** Two's complement, of that many bytes. */
  integer(size: 1 | 2 | 4): number {
    if (size === 1) return (this.byte() << 24) >> 24
    if (size === 2) return this.byte() | ((this.byte() << 24) >> 16)
    return this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)
  }

  /** Throws if there are not that many bytes left. */
  ensure(length: number): void {
    if (length > this.remaining) throw truncated()
  }

  /** Passes over a string; what comes back decodes it when called. */
  lazyString(): () => string {
    const start = this.#position
    const header = this.varint()
    const length = Math.floor(header / 2)
    this.view(header % 2 === 1 ? length * 2 : length)
    return () => new ByteReader(this.#bytes, start, this.#end).string()
  }

  string(): string {
    return this.stringAfter(this.varint())
  }

  /** The same where the `varint` in front of it was read: twice the length, and how the text is written. */
  stringAfter(header: number): string {
    const wide = header % 2 === 1
    const length = Math.floor(header / 2)
    if (wide) return this.utf16(length)
    if (length >= SHORT_STRING) return this.latin1(length)
    const bytes = this.view(length)
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i])
    return text
  }

  /** Text of that many code units, a byte each. */
  latin1(length: number): string {
    const start = this.#pass(length)
    return apply(latin1Slice, this.#bytes, [start, start + length])
  }

  /** Text of that many code units, two bytes each. */
  utf16(length: number): string {
    const start = this.#pass(length * 2)
    return apply(ucs2Slice, this.#bytes, [start, start + length * 2])
  }

  utf8(size: number): string {
    const start = this.#pass(size)
    return apply(utf8Slice, this.#bytes, [start, start + size])
  }

  /** A view of the next bytes, not a copy. */
  view(length: number): Uint8Array {
    const start = this.#pass(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Where the next bytes are. */
  #pass(length: number): number {
    if (length > this.remaining) throw truncated()
    const start = this.#position
    this.#position += length
    return start
  }
}

/** Of any Uint8Array. */
interface NodeBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

function viewOf(bytes: Uint8Array): DataView {
  needAllOriginals()
  const { buffer, byteOffset, byteLength } = bytes
  return new DataView(buffer, byteOffset, byteLength)
}

function truncated(): UnpicklingError {
  return new UnpicklingError('the bundle ends too early: it was truncated or is damaged')
}
