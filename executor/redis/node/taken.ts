// A call that was taken from a queue, as those have it who run it; its end is counted for its job.
import type { Place, WireCall } from '../wire.ts'
import type { Member, Range } from './range.ts'

/** A call that was taken. */
export interface Taken {
  readonly id: string
  readonly place: Place
  readonly wire: WireCall
  /** How often a worker process died that ran it. */
  readonly crashes: number
  /** A worker process died that had its job: it, or another call of that. */
  readonly isSuspect: boolean
  /** Its results are on their way into Redis. */
  stores(results: Promise<unknown>): void
  /** Its results are stored. */
  complete(): Promise<void>
  /** The same, for people who look at the queue: it is among the failed ones. */
  fail(message: string): Promise<void>
  /** Back to the queue, for another worker. */
  giveBack(): Promise<void>
}

export class Held implements Taken {
  readonly id: string
  readonly place: Place
  readonly wire: WireCall
  readonly crashes: number
  readonly range: Range
  readonly isSuspect: boolean
  readonly #over: (range: Range) => Promise<void>

  constructor({ id, place, wire, crashes }: Member, range: Range, over: (range: Range) => Promise<void>) {
    this.id = id
    this.place = place
    this.wire = wire
    this.crashes = crashes
    this.range = range
    this.isSuspect = range.isSuspect
    this.#over = over
  }

  stores(results: Promise<unknown>): void {
    this.range.stores(results)
  }

  complete(): Promise<void> {
    const { range } = this
    range.left--
    return range.isOver ? this.#over(range) : DONE
  }

  fail(message: string): Promise<void> {
    this.range.failed.push([this.id, this.wire.spec.name, message])
    return this.complete()
  }

  giveBack(): Promise<void> {
    this.range.isGivenBack = true
    return this.complete()
  }
}

const DONE = Promise.resolve()
