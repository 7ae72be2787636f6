// The sections of a container that was read, each as a view that is made when it is asked for: of a bundle whose code was
// seen before, few are.
import { keepHiddenClass } from '../hidden-classes.ts'
import type { Compression } from './compression.ts'
import type { Kind, Sections } from './container.ts'

const NOTHING = new Uint8Array()

/** The sections' numbers: their order in the file. */
export const Section = {
  Manifest: 0,
  Code: 1,
  Functions: 2,
  Text: 3,
  Graph: 4,
  Buffers: 5,
  Bytes: 6,
} as const

export interface ReadContainer extends Sections {
  readonly compression: Compression | null
  readonly kind: Kind
  /** Bytes of header, table and sections, inflated. */
  readonly inflatedSize: number
  /** The first three sections, which stand one behind the other: all that does not depend on the values. */
  readonly head: Uint8Array
  /** The sizes of all sections, in their order. */
  readonly sizes: readonly number[]
  /** What they are parts of, and where in it each begins. */
  readonly body: Uint8Array
  startOf(section: number): number
}

export class ReadSections implements ReadContainer {
  readonly compression: Compression | null
  readonly kind: Kind
  readonly inflatedSize: number
  readonly sizes: readonly number[]
  readonly body: Uint8Array
  readonly #start: number

  /** The first section begins at `start`, the last one ends with the body. */
  constructor(
    body: Uint8Array,
    start: number,
    sizes: readonly number[],
    compression: Compression | null,
    kind: Kind,
    inflatedSize: number,
  ) {
    this.body = body
    this.#start = start
    this.sizes = sizes
    this.compression = compression
    this.kind = kind
    this.inflatedSize = inflatedSize
  }

  get manifest(): Uint8Array {
    return this.#sections(Section.Manifest)
  }
  get code(): Uint8Array {
    return this.#sections(Section.Code)
  }
  get functions(): Uint8Array {
    return this.#sections(Section.Functions)
  }
  get head(): Uint8Array {
    return this.#sections(Section.Manifest, Section.Functions)
  }
  get text(): Uint8Array {
    return this.#sections(Section.Text)
  }
  get graph(): Uint8Array {
    return this.#sections(Section.Graph)
  }
  get buffers(): Uint8Array {
    return this.#sections(Section.Buffers)
  }
  get bytes(): Uint8Array {
    return this.#sections(Section.Bytes)
  }

  startOf(section: number): number {
    // Before the last one there may be bytes that align it.
    if (section === Section.Bytes) return this.body.length - this.sizes[section]
    let start = this.#start
    for (let i = 0; i < section; i++) start += this.sizes[i]
    return start
  }

  /** Those from the one number to the other. */
  #sections(first: number, last = first): Uint8Array {
    let size = 0
    for (let i = first; i <= last; i++) size += this.sizes[i]
    if (size === 0) return NOTHING
    const start = this.startOf(first)
    return this.body.subarray(start, start + size)
  }
}

/** Has nothing in it. */
export function noContainer(): ReadContainer {
  return new ReadSections(NOTHING, 0, [0, 0, 0, 0, 0, 0, 0], null, 0, 0)
}

keepHiddenClass(noContainer())
