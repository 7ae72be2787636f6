// Whose code a worker is in, for who can't ask it because it does not answer: told at the begin and the end of what runs without
// a break, of each call of actors that share it, and of what sets it up. What code does behind an `await` is nobody's, as far as
// this knows.

import { Int32Array, SharedArrayBuffer } from '../../serializer/globals.ts'

const { add, load, store } = Atomics

/** An environment's hook. The functions that run on all workers have the numbers below, each its own. */
export const HOOK_TURN = -1

export interface Turns {
  /** An actor's number, or less than 0 of what sets the worker up. */
  begin(turn: number): void
  end(): void
}

export interface TurnState {
  /** How many began and ended. 0: the worker is not up yet. */
  readonly changes: number
  /** Whose it is; 0: it is not known to be anybody's. */
  readonly turn: number
}

const CHANGES = 0
const TURN = 1

/** Where both sides share memory. */
export class SharedTurns implements Turns {
  readonly words: Int32Array

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))) {
    this.words = words
  }

  begin(turn: number): void {
    store(this.words, TURN, turn)
    add(this.words, CHANGES, 1)
  }

  end(): void {
    this.begin(0)
  }

  get state(): TurnState {
    return { changes: load(this.words, CHANGES), turn: load(this.words, TURN) }
  }
}

/** Where they do not. */
export class ToldTurns implements Turns {
  readonly #tell: (turn: number) => void

  constructor(tell: (turn: number) => void) {
    this.#tell = tell
  }

  begin(turn: number): void {
    this.#tell(turn)
  }

  end(): void {
    this.#tell(0)
  }
}

export const NO_TURN: TurnState = { changes: 0, turn: 0 }

/** In the caller's own thread: who asks is the one who would not answer. */
export const NO_TURNS: Turns = { begin() {}, end() {} }
