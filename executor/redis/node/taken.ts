// A call that was taken from a queue, as those have it who run it; its end is counted for its job.
import type { Place, WireCall } from '../wire.ts'
import type { Range } from './range.ts'

/** A call that was taken. Of what is told at its end, a promise is there where the end of its job follows from it. */
export interface Taken {
  readonly id: string
  /** What came with it. */
  readonly range: Range
  readonly place: Place
  readonly wire: WireCall
  /** How often a worker process died that ran it. */
  readonly crashes: number
  /** A worker process died that had its job: it, or another call of that. */
  readonly isSuspect: boolean
  /** Its results are on their way into Redis: what to call when that is over, if anybody waits for it. */
  stores(): (() => void) | null
  /** Its results are stored. */
  complete(): Promise<void> | null
  /** The same, for people who look at the queue: it is among the failed ones. */
  fail(message: string): Promise<void> | null
  /** Back to the queue, for another worker. */
  giveBack(): Promise<void> | null
  /** It was taken back before it began: it waits for another turn. */
  waitAgain(): void
  /** Its results could not be stored: its job stays locked for a while, and is then another's. */
  abandon(): void
}

/** Whether what has crashed so often has no retry left. */
export const isSpent = (maxRetries: number, crashes: number): boolean =>
  maxRetries >= 0 && crashes >= maxRetries

/** Who took it. */
export interface Holder {
  /** None of a job's calls is left. */
  over(range: Range): Promise<void>
  waitAgain(call: Held): void
  abandon(range: Range): void
}

export class Held implements Taken {
  readonly id: string
  readonly place: Place
  readonly wire: WireCall
  readonly crashes: number
  readonly range: Range
  readonly isSuspect: boolean
  readonly #holder: Holder

  constructor(wire: WireCall, place: Place, crashes: number, range: Range, holder: Holder) {
    this.id = wire.spec.id
    this.place = place
    this.wire = wire
    this.crashes = crashes
    this.range = range
    this.isSuspect = range.isSuspect
    this.#holder = holder
  }

  stores(): (() => void) | null {
    return this.range.stores()
  }

  complete(): Promise<void> | null {
    const { range } = this
    range.left--
    return range.isOver ? this.#holder.over(range) : null
  }

  fail(message: string): Promise<void> | null {
    this.range.failed.push([this.id, this.wire.spec.name, message])
    return this.complete()
  }

  giveBack(): Promise<void> | null {
    this.range.isGivenBack = true
    return this.complete()
  }

  waitAgain(): void {
    this.#holder.waitAgain(this)
  }

  abandon(): void {
    this.#holder.abandon(this.range)
  }
}
