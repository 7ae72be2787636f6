// Growable output: the primitives of the byte codec. What they mean is written in docs/format.md.
// It grows by whole chunks, so that nothing is copied before the bundle is put together.

const FIRST_CHUNK = 4096
const LARGEST_CHUNK = 1 << 20
/** Bytes of this length or more are taken as they are: a part of their own, not a copy. */
const OWN_PART = 4096
/** Below this, one charCodeAt loop beats a call into native code. */
const SHORT_STRING = 64
/** More than any number takes. */
const ROOM = 16

/** First chunks that nobody has at present: making one takes longer than to fill it with a small message. */
const spare: Uint8Array[] = []
const MOST_SPARE = 2

export class ByteWriter {
  readonly #first: Uint8Array
  #chunk: Uint8Array
  #view: DataView | null = null
  #position = 0
  /** Where in the chunk the bytes begin that are in no part yet. */
  #start = 0
  /** Bytes in the parts. */
  #before = 0
  readonly #parts: Uint8Array[] = []

  constructor() {
    this.#first = spare.pop() ?? new Uint8Array(FIRST_CHUNK)
    this.#chunk = this.#first
  }

  /** Nobody looks any more at what was written, in pieces or in one, and nobody writes. */
  release(): void {
    if (spare.length < MOST_SPARE) spare.push(this.#first)
  }

  /** Begins anew: nobody looks any more at what was written. */
  restart(): void {
    if (this.#chunk !== this.#first) {
      this.#chunk = this.#first
      this.#view = null
    }
    this.#position = 0
    this.#start = 0
    this.#before = 0
    this.#parts.length = 0
  }

  get length(): number {
    return this.#before + this.#position - this.#start
  }

  #reserve(count: number): void {
    if (this.#position + count > this.#chunk.length) this.#grow(count)
  }

  #grow(count: number): void {
    this.#close()
    this.#chunk = new Uint8Array(Math.max(count, Math.min(this.#chunk.length * 2, LARGEST_CHUNK)))
    this.#view = null
    this.#position = 0
    this.#start = 0
  }

  /** Makes what was written in this chunk a part. */
  #close(): void {
    if (this.#position === this.#start) return
    this.#parts.push(this.#chunk.subarray(this.#start, this.#position))
    this.#before += this.#position - this.#start
    this.#start = this.#position
  }

  byte(value: number): void {
    if (this.#position === this.#chunk.length) this.#grow(1)
    this.#chunk[this.#position++] = value
  }

  /** Where the last byte is: it may be changed later on, in `chunk`. */
  get last(): number {
    return this.#position - 1
  }

  get chunk(): Uint8Array {
    return this.#chunk
  }

  /** An unsigned integer below 2^53: seven bits a byte, lowest first (LEB128). */
  varint(value: number): void {
    this.#reserve(ROOM)
    const chunk = this.#chunk
    while (value >= 0x80000000) {
      chunk[this.#position++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
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
    this.#reserve(text.length)
    asBuffer(this.#chunk).latin1Write(text, this.#position)
    this.#position += text.length
  }

  /** The text's code units, two bytes each. */
  utf16(text: string): void {
    this.#reserve(text.length * 2)
    asBuffer(this.#chunk).ucs2Write(text, this.#position)
    this.#position += text.length * 2
  }

  utf8(text: string, size: number): void {
    this.#reserve(size)
    asBuffer(this.#chunk).utf8Write(text, this.#position, size)
    this.#position += size
  }

  /** Large ones are not copied here: they must not change before the bundle is put together. */
  bytes(source: Uint8Array): void {
    if (source.length >= OWN_PART) {
      this.#close()
      this.#parts.push(source)
      this.#before += source.length
      return
    }
    this.#reserve(source.length)
    this.#chunk.set(source, this.#position)
    this.#position += source.length
  }

  /** What was written, in pieces that are valid until the next write. */
  parts(): readonly Uint8Array[] {
    const rest = this.#chunk.subarray(this.#start, this.#position)
    return rest.length === 0 ? this.#parts : [...this.#parts, rest]
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

interface NodeBuffer extends Buffer {
  latin1Write(text: string, offset: number): number
  ucs2Write(text: string, offset: number): number
  utf8Write(text: string, offset: number, length: number): number
}

function asBuffer(bytes: Uint8Array): NodeBuffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as NodeBuffer
}

/** A regular expression on a one-byte string has nothing to search for: V8 knows that without looking. */
export function isLatin1(text: string): boolean {
  return !BEYOND_LATIN1.test(text)
}

const BEYOND_LATIN1 = /[^\0-\xff]/
