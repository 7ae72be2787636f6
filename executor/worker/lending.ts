// Buffers of results that leave the process, in memory that a thread shares with it. They have to be copied once, as what is
// returned stays the task's: here they are copied to where others were before, and the process writes them into Redis from
// there. Memory of its own for each would have to be found, handed over, and freed by the other thread.

import {
  ArrayBuffer,
  Atomics,
  Int32Array,
  Math,
  SharedArrayBuffer,
  Uint8Array,
} from '../../serializer/globals.ts'
import { now } from '../clock.ts'
import { withOwnMethods } from './own-methods.ts'

// User code in the thread may patch what is built in.
const { load, store } = Atomics
const { isView } = ArrayBuffer

/** Bytes: it grows from the one to the other, as far as results are that large. */
const FIRST = 256 * 1024
const LARGEST = 4 * 1024 * 1024
/** Those of more bytes have memory of their own. */
const MOST = LARGEST / 4
/** Milliseconds: what does not come back in that time is not waited for. */
const PATIENCE = 10_000

/** So many that are back stay in the list. */
const MOST_BACK = 64

/** In front of each: a word that says whether it is lent. Places are multiples of it. */
const HEAD = 8
const LENT = 1

/** Where the word in front of some bytes is, and since when they are lent. */
interface Loan {
  readonly at: number
  readonly since: number
}

/** Memory of a thread, which lends it. */
export class Lending {
  #bytes: Uint8Array = memoryOf(0)
  #words = new Int32Array(this.#bytes.buffer)
  /** Those that are not back, or were not when somebody looked last; the oldest is at `#first`. */
  #loans: Loan[] = []
  #first = 0
  /** Where the next one goes. */
  #next = 0
  readonly #now: () => number

  /** `clock` is in milliseconds. */
  constructor(clock: () => number = now) {
    this.#now = clock
  }

  /** A copy of the bytes, which is lent until the process calls `giveBack`; null where there is no room. */
  copy(buffer: ArrayBuffer, byteOffset: number, byteLength: number): Uint8Array | null {
    if (byteLength > MOST) return null
    const size = HEAD + Math.ceil(byteLength / HEAD) * HEAD
    this.#takeBack()
    let at = this.#placeFor(size)
    if (at === null) {
      if (!this.#makeRoom(size)) return null
      at = 0
    }
    this.#next = at + size
    this.#loans[this.#loans.length] = { at, since: this.#now() }
    store(this.#words, at / 4, LENT)
    const copied = new Uint8Array(this.#bytes.buffer, at + HEAD, byteLength)
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at + HEAD)
    return copied
  }

  #takeBack(): void {
    const loans = this.#loans
    while (this.#first < loans.length && load(this.#words, loans[this.#first]!.at / 4) !== LENT) this.#first++
    if (this.#first === loans.length) this.#next = 0
    else if (this.#first < MOST_BACK) return
    const left: Loan[] = []
    for (let i = this.#first; i < loans.length; i++) left[left.length] = loans[i]!
    this.#loans = left
    this.#first = 0
  }

  /** Where so many bytes are free; null if they are not. */
  #placeFor(size: number): number | null {
    const { length } = this.#bytes
    if (this.#first === this.#loans.length) return size <= length ? 0 : null
    const { at: oldest } = this.#loans[this.#first]!
    const next = this.#next
    if (next <= oldest) return next + size <= oldest ? next : null
    if (next + size <= length) return next
    return size <= oldest ? 0 : null
  }

  /** Other memory: larger, or as large where some does not come back. What is lent of the old one stays what it is. */
  #makeRoom(size: number): boolean {
    const { length } = this.#bytes
    const isStuck = length === LARGEST && this.#now() - this.#loans[this.#first]!.since > PATIENCE
    if (length === LARGEST && !isStuck) return false
    let larger = Math.max(2 * length, FIRST)
    while (larger < 2 * size) larger *= 2
    try {
      this.#bytes = memoryOf(Math.min(larger, LARGEST))
    } catch {
      // The system has none: the result's own may be found.
      return false
    }
    this.#words = new Int32Array(this.#bytes.buffer)
    this.#loans = []
    this.#first = this.#next = 0
    return true
  }
}

function memoryOf(size: number): Uint8Array {
  return withOwnMethods(new Uint8Array(new SharedArrayBuffer(size)), 'set')
}

/** By either side: of these, nobody reads any more what was lent. */
export function giveBack(buffers: readonly (ArrayBufferLike | Uint8Array)[]): void {
  for (let i = 0; i < buffers.length; i++) {
    const bytes = buffers[i]!
    if (isView(bytes)) store(new Int32Array(bytes.buffer, bytes.byteOffset - HEAD, 1), 0, 0)
  }
}
