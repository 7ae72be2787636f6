// Tasks that are sent to a thread, and which of them it has begun. Some come before it is done with another: as soon as it is,
// it begins the next, and waits for nobody. Others wait there for a set-up, or for the thread to load its code. Until it has
// begun one, that can be taken back, also while its code runs and it reads no messages: both sides have a word in shared
// memory for each, and who changes it first has the task.

import { Int32Array, SharedArrayBuffer } from '../../serializer/globals.ts'
import type { Term } from './term.ts'

const { compareExchange, load, store } = Atomics

/** More than are ever on their way to one thread. */
const COUNT = 64
const LAST = 2 ** 31 - 1

export class Claims {
  /** A call's number while it is offered, less than zero when it has begun, 0 when it was taken back. */
  readonly words: Int32Array
  readonly #term: Term | null
  #last = 0

  /** `term` is of a process that others may take for dead. */
  constructor(
    words: Int32Array = new Int32Array(new SharedArrayBuffer(COUNT * Int32Array.BYTES_PER_ELEMENT)),
    term: Term | null = null,
  ) {
    this.words = words
    this.#term = term
  }

  /** Whether what was sent may be others' by now: the thread has to ask before it begins any. */
  get mayBeLost(): boolean {
    return this.#term?.isOver === true
  }

  /** A call is about to be sent: its number. 0 if there is none left. */
  offer(): number {
    let tries = 0
    // One of those before may still wait.
    do {
      if (tries++ === COUNT) return 0
      this.#last = this.#last === LAST ? 1 : this.#last + 1
    } while (load(this.words, this.#last % COUNT) > 0)
    store(this.words, this.#last % COUNT, this.#last)
    return this.#last
  }

  /** By the thread: whether it is to run it. */
  begin(number: number): boolean {
    return compareExchange(this.words, number % COUNT, number, -number) === number
  }

  hasBegun(number: number): boolean {
    return load(this.words, number % COUNT) !== number
  }

  /** False if it has begun. */
  takeBack(number: number): boolean {
    return compareExchange(this.words, number % COUNT, number, 0) === number
  }
}
