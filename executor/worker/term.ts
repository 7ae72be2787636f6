// Until when a process of a fleet has the tasks for sure that it was given. It says now and then that it is there; where it can't,
// because it was held up or cut off, others have them later. What its threads were sent and have not begun then, they do not
// begin before it has asked: they can tell by a word that they share, also where all of the process stood still.
import { Int32Array, SharedArrayBuffer } from '../../serializer/globals.ts'
import { clock } from '../clock.ts'

const { load, store } = Atomics

const IS_LIMITED = 0
const END = 1

export class Term {
  readonly words: Int32Array

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))) {
    this.words = words
  }

  /** By the clock; infinite if it has nothing that others could have. */
  set(end: number): void {
    // The lowest bits: what is compared is less than weeks apart.
    store(this.words, END, end === Number.POSITIVE_INFINITY ? 0 : end | 0)
    store(this.words, IS_LIMITED, end === Number.POSITIVE_INFINITY ? 0 : 1)
  }

  get isOver(): boolean {
    return load(this.words, IS_LIMITED) === 1 && ((load(this.words, END) - clock()) | 0) <= 0
  }
}
