// The text of a graph's strings, gathered: writing and reading many short strings one by one costs more than all of
// them at once. Each chunk says how its code units are kept; the graph itself holds lengths alone.

import { varintSize, writeVarint } from '../../bundle/varint.ts'
import { Buffer } from '../../globals.ts'
import { keepHiddenClass } from '../../hidden-classes.ts'
import { ByteWriter, isLatin1, writeLatin1 } from './byte-writer.ts'

/**
 * Code units of a chunk. A string that was cut out of a chunk keeps the whole of it alive (V8's sliced strings), so a
 * chunk is no larger than pays off.
 */
export const CHUNK = 8192
/** Text is copied so fast that memory of its own takes a sixth of dumping it; only where there is much of it, it is. */
const FIRST_AWAY = 1 << 22
/** Strings of this length or more make a chunk of their own. */
const OWN_CHUNK = 1024

export const Encoding = { Latin1: 0, Utf8: 1, Utf16: 2 } as const

export class TextWriter {
  #gathered = ''
  #out: ByteWriter | null = null

  add(text: string): void {
    const length = text.length
    if (length >= OWN_CHUNK) {
      this.#flush()
      this.#chunk(text)
      return
    }
    if (this.#gathered.length + length > CHUNK) this.#flush()
    this.#gathered += text
  }

  #flush(): void {
    if (this.#gathered === '') return
    this.#chunk(this.#gathered)
    this.#gathered = ''
  }

  #chunk(text: string): void {
    this.#out ??= new ByteWriter(FIRST_AWAY)
    const out = this.#out
    if (isLatin1(text)) {
      out.varint(text.length * 4 + Encoding.Latin1)
      out.latin1(text)
      return
    }
    const size = isWellFormed(text) ? Buffer.byteLength(text) : Number.POSITIVE_INFINITY
    if (size < text.length * 2) {
      out.varint(text.length * 4 + Encoding.Utf8)
      out.varint(size)
      out.utf8(text, size)
    } else {
      out.varint(text.length * 4 + Encoding.Utf16)
      out.utf16(text)
    }
  }

  /** As ByteWriter's. */
  restart(): void {
    this.#gathered = ''
    this.#out?.restart()
  }

  /** As ByteWriter's. */
  release(): void {
    this.#out?.release()
  }

  /** The whole text, if it is one chunk that a byte for each code unit is enough for; else null, and `parts()` has it. */
  small(): SmallText | null {
    const text = this.#gathered
    if (this.#out !== null && this.#out.length > 0) return null
    if (text === '') return NO_TEXT
    return isLatin1(text) ? new SmallText(text) : null
  }

  parts(): readonly Uint8Array[] {
    this.#flush()
    return this.#out?.parts() ?? []
  }
}

/** A chunk of latin1. */
class SmallText {
  readonly #text: string
  readonly #header: number
  readonly length: number

  constructor(text: string) {
    this.#text = text
    this.#header = text.length * 4 + Encoding.Latin1
    this.length = text === '' ? 0 : varintSize(this.#header) + text.length
  }

  copyTo(target: Uint8Array, offset: number): void {
    writeLatin1(this.#text, target, writeVarint(target, offset, this.#header))
  }
}

const NO_TEXT = keepHiddenClass(new SmallText(''))

/** Without lone surrogates (ECMAScript: String.prototype.isWellFormed, which the library's types lack). */
function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

const LONE_SURROGATE = /\p{Surrogate}/u
