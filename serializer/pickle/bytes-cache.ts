// A cache by bytes: what was read from a section is known when the same section comes again. It holds its own copies.

import { Buffer } from '../globals.ts'

/** Below this, a loop beats a call into native code. */
const SHORT = 64

interface Known<Value> {
  readonly bytes: Uint8Array
  readonly value: Value
}

export class BytesCache<Value> {
  readonly #capacity: number
  /** By the number of bytes. */
  readonly #known = new Map<number, Known<Value>[]>()
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The value that `make` gives for these bytes, now or earlier. It is given a copy, which nobody changes. */
  of(bytes: Uint8Array, make: (bytes: Uint8Array) => Value): Value {
    if (bytes.length > this.#capacity / 8) return make(bytes)
    const alike = this.#known.get(bytes.length)
    if (alike) for (const known of alike) if (equal(known.bytes, bytes)) return known.value
    const copy = new Uint8Array(bytes)
    const value = make(copy)
    this.#add({ bytes: copy, value })
    return value
  }

  #add(known: Known<Value>): void {
    const taken = known.bytes.length + OVERHEAD
    if (this.#size + taken > this.#capacity) {
      this.#known.clear()
      this.#size = 0
    }
    this.#size += taken
    const alike = this.#known.get(known.bytes.length)
    if (!alike) this.#known.set(known.bytes.length, [known])
    else {
      // The newest first. Where many have one length, looking for one takes no longer than reading it.
      if (alike.length === MOST_ALIKE) {
        alike.pop()
        this.#size -= taken
      }
      alike.unshift(known)
    }
  }
}

const MOST_ALIKE = 8
/** What a known value takes beside its bytes, about. */
const OVERHEAD = 500

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length > SHORT) return Buffer.compare(a, b) === 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
