// Growable output: the primitives of the byte codec. What they mean is written in docs/format.md.
// Grows by doubling; `finish` returns exactly the bytes that were written.

const INITIAL_SIZE = 1024
/** Below this, one charCodeAt loop beats a call into native code. */
const SHORT_STRING = 64

export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #position = 0

  constructor(size = INITIAL_SIZE) {
    this.#bytes = new Uint8Array(size)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#position
  }

  #reserve(count: number): void {
    const needed = this.#position + count
    if (needed <= this.#bytes.length) return
    let size = this.#bytes.length * 2
    while (size < needed) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.#bytes.subarray(0, this.#position))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#position++] = value
  }

  /** An unsigned integer below 2^53: seven bits a byte, lowest first (LEB128). */
  varint(value: number): void {
    this.#reserve(8)
    const bytes = this.#bytes
    while (value >= 0x80) {
      if (value < 0x80000000) {
        bytes[this.#position++] = (value & 0x7f) | 0x80
        value >>>= 7
      } else {
        bytes[this.#position++] = (value % 0x80) | 0x80
        value = Math.floor(value / 0x80)
      }
    }
    bytes[this.#position++] = value
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#position, value, true)
    this.#position += 8
  }

  /** Length in code units, doubled, plus one if two bytes each: latin1 or UTF-16LE, so lone surrogates survive. */
  string(text: string): void {
    const length = text.length
    if (length < SHORT_STRING) {
      this.#reserve(length * 2 + 8)
      const start = this.#position
      this.varint(length * 2)
      const bytes = this.#bytes
      for (let i = 0; i < length; i++) {
        const code = text.charCodeAt(i)
        if (code > 0xff) {
          this.#position = start
          this.#wideString(text)
          return
        }
        bytes[this.#position++] = code
      }
      return
    }
    if (isLatin1(text)) {
      this.varint(length * 2)
      this.#reserve(length)
      buffer(this.#bytes).latin1Write(text, this.#position)
      this.#position += length
    } else {
      this.#wideString(text)
    }
  }

  #wideString(text: string): void {
    this.varint(text.length * 2 + 1)
    this.#reserve(text.length * 2)
    buffer(this.#bytes).ucs2Write(text, this.#position)
    this.#position += text.length * 2
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length)
    this.#bytes.set(source, this.#position)
    this.#position += source.length
  }

  /** The written bytes: a view, valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#position)
  }
}

interface NodeBuffer extends Buffer {
  latin1Write(text: string, offset: number): number
  ucs2Write(text: string, offset: number): number
}

function buffer(bytes: Uint8Array): NodeBuffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as NodeBuffer
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false
  return true
}
