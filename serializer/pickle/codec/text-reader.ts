// The other end of text-writer.ts: strings are cut out of chunks that are decoded when they are reached.
import { exceeded } from '../../bundle/limits.ts'
import { damaged, type UnpicklingError } from '../../errors.ts'
import type { ByteReader, TextInWords } from './byte-reader.ts'
import { CHUNK, Encoding } from './text-writer.ts'

export class TextReader {
  readonly #in: ByteReader
  #chunk = ''
  #position = 0
  /** Where the chunk's bytes are, if each is a code unit; else -1. */
  #place = -1
  /** Code units that were taken. */
  taken = 0

  /** Code units that a string may have. */
  readonly #most: number

  constructor(input: ByteReader, most: number) {
    this.#in = input
    this.#most = most
  }

  /** Other text follows. Nothing of the last is kept. */
  restart(): void {
    this.#chunk = ''
    this.#position = 0
    this.taken = 0
  }

  /** The next string, of that many code units. */
  take(length: number): string {
    if (length === 0) return ''
    if (this.#position === this.#chunk.length) this.#next()
    const end = this.#position + length
    if (end > this.#chunk.length) throw noText()
    const text = this.#chunk.slice(this.#position, end)
    this.#position = end
    this.taken += length
    return text
  }

  /** Takes the text, if it comes next, as far as that can be told at once. */
  takes(text: TextInWords): boolean {
    if (this.#position === this.#chunk.length) this.#next()
    const end = this.#position + text.length
    if (this.#place < 0 || end > this.#chunk.length || !this.#in.has(text, this.#place + this.#position))
      return false
    this.#position = end
    this.taken += text.length
    return true
  }

  /** Has everything been taken? */
  get isDone(): boolean {
    return this.#position === this.#chunk.length && this.#in.remaining === 0
  }

  #next(): void {
    const header = this.#in.varint()
    const length = Math.floor(header / 4)
    // Only a string by itself takes a longer chunk.
    if (length > this.#most && length > CHUNK)
      throw exceeded('maxString', this.#most, `a string of ${length} code units`)
    this.#place = -1
    switch (header % 4) {
      case Encoding.Latin1:
        this.#place = this.#in.place
        this.#chunk = this.#in.latin1(length)
        break
      case Encoding.Utf8:
        this.#chunk = this.#in.utf8(this.#in.count())
        break
      case Encoding.Utf16:
        this.#chunk = this.#in.utf16(length)
        break
      default:
        throw noText()
    }
    if (length === 0 || this.#chunk.length !== length) throw noText()
    this.#position = 0
  }
}

function noText(): UnpicklingError {
  return damaged('its text does not have the strings that it speaks of')
}
