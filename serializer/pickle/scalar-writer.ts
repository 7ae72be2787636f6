// Numbers and strings of a graph, by their shortest tags.
import type { ByteWriter } from './codec/byte-writer.ts'
import type { TextWriter } from './codec/text-writer.ts'
import { MAX_SHORT_STRING, MAX_SMALL_INTEGER, NAMED_STRING, Op, Tag } from './opcodes.ts'

/** Recent strings, by a cheap hash: enough to find most repetitions, and no cost to speak of where there is none. */
const RECENT_STRINGS = 1024
/** A small message has few. */
const FIRST_STRINGS = 64
/** Integers up to here are shorter as such than as doubles. */
const LARGEST_INTEGER = 2 ** 48

const ArrayConstructor = Array
const NONE: number[] = []

export class ScalarWriter {
  readonly #out: ByteWriter
  readonly #text: TextWriter
  /** Null before the first string. */
  #recent: string[] | null = null
  #recentNumbers: number[] = NONE
  /** Where the first strings are: a small message has fewer than there is room for. */
  readonly #places: number[] = []
  #mask = 0
  #namedStrings = 0

  constructor(out: ByteWriter, text: TextWriter) {
    this.#out = out
    this.#text = text
  }

  /** Forgets all strings. */
  restart(): void {
    const count = this.#namedStrings
    this.#namedStrings = 0
    const recent = this.#recent
    if (recent === null) return
    if (recent.length > FIRST_STRINGS) this.#recent = null
    else for (let i = 0; i < count; i++) recent[this.#places[i]] = ''
  }

  /** How many strings have a number. */
  get namedStrings(): number {
    return this.#namedStrings
  }

  number(value: number): void {
    const out = this.#out
    if ((value | 0) === value && value >= 0 && value <= MAX_SMALL_INTEGER) {
      if (value === 0 && Object.is(value, -0)) {
        out.byte(Op.Double)
        out.double(value)
      } else out.byte(Tag.SmallInteger + value)
    } else if (Number.isInteger(value) && value <= LARGEST_INTEGER && value >= -LARGEST_INTEGER) {
      out.byte(value < 0 ? Op.NegativeInteger : Op.Integer)
      out.varint(value < 0 ? -value : value)
    } else {
      out.byte(Op.Double)
      out.double(value)
    }
  }

  /** The few from before are found no more. */
  #makeRoom(size: number): string[] {
    this.#recentNumbers = new ArrayConstructor(size)
    this.#mask = size - 1
    // Where strings alone are compared, V8 compares them as such.
    return (this.#recent = new ArrayConstructor<string>(size).fill(''))
  }

  string(text: string): void {
    const { length } = text
    const out = this.#out
    if (length >= NAMED_STRING.min && length <= NAMED_STRING.max) {
      const recent = this.#recent ?? this.#makeRoom(FIRST_STRINGS)
      const hash =
        (length * 37 +
          text.charCodeAt(0) * 7 +
          text.charCodeAt(length - 1) * 61 +
          text.charCodeAt(length >> 1) * 13) &
        this.#mask
      if (recent[hash] === text) {
        out.byte(Op.StringRef)
        return out.varint(this.#recentNumbers[hash])
      }
      recent[hash] = text
      if (this.#namedStrings < FIRST_STRINGS) this.#places[this.#namedStrings] = hash
      this.#recentNumbers[hash] = this.#namedStrings++
      if (this.#namedStrings === FIRST_STRINGS) this.#makeRoom(RECENT_STRINGS)
    }
    if (length <= MAX_SHORT_STRING) out.byte(Tag.ShortString + length)
    else {
      out.byte(Op.String)
      out.varint(length)
    }
    this.#text.add(text)
  }
}
