// Calls that a process took and has not begun. They wait here for room, or go back to the queue, where another process may
// have them; those of an actor in their order.
import type { Range } from './range.ts'
import type { Held } from './taken.ts'

export class Waiting {
  /** The first is the next to begin. */
  #calls: Held[] = []
  readonly #over: (range: Range) => Promise<void>
  readonly #returned: () => void
  /** On its way back. */
  readonly #leaving = new Set<Promise<void>>()
  #leavingAll: Promise<void> = Promise.resolve()

  /** `over` is told of a range of which nothing is left here, `returned` that something is in the queue again. */
  constructor(over: (range: Range) => Promise<void>, returned: () => void) {
    this.#over = over
    this.#returned = returned
  }

  get calls(): readonly Held[] {
    return this.#calls
  }

  get length(): number {
    return this.#calls.length
  }

  add(calls: readonly Held[]): void {
    this.#calls.push(...calls)
  }

  /** One that was to begin, and did not. */
  addFirst(call: Held): void {
    this.#calls.unshift(call)
  }

  /** The first ones, which begin. */
  take(count: number): readonly Held[] {
    return this.#calls.splice(0, count)
  }

  /** It is another process's by now. */
  drop(range: Range): void {
    this.#calls = this.#calls.filter((call) => call.range !== range)
  }

  /** What goes back may be the next that is taken. */
  get isLeaving(): boolean {
    return this.#leaving.size > 0
  }

  /** Something goes back, whatever comes of it. */
  async leave(work: Promise<void>): Promise<void> {
    this.#leaving.add(work)
    try {
      await work
    } finally {
      this.#leaving.delete(work)
      this.#returned()
    }
  }

  /** All that went back is in the queue. */
  async left(): Promise<void> {
    await Promise.all(this.#leaving)
  }

  /** As soon as `first` is over. */
  giveBackAll(first: Promise<unknown> | null = null): void {
    this.#leavingAll = this.#leavingAll.then(async () => {
      await first
      // What goes back goes before all that is in the queue: so the last goes first, one after the other.
      const ranges = [...new Set(this.#calls.map((call) => call.range))].reverse()
      for (const range of ranges) await this.#giveBackAllOf(range)
    })
    void this.leave(this.#leavingAll)
  }

  async #giveBackAllOf(range: Range): Promise<void> {
    const rest = this.#of(range).find(({ place }) => place.index > range.begun)
    if (rest !== undefined) await this.giveBackFrom(rest, range)
    // Some may have begun meanwhile.
    await this.#giveBackAmong(
      this.#of(range).filter(({ place }) => place.index <= range.begun),
      range,
    )
  }

  #of(range: Range): Held[] {
    return this.#calls.filter((call) => call.range === range).sort((a, b) => a.place.index - b.place.index)
  }

  /** Those that were taken back, while others of their range are under way. */
  async #giveBackAmong(calls: readonly Held[], range: Range): Promise<void> {
    this.#calls = this.#calls.filter((call) => !calls.includes(call))
    for (let last = calls.length - 1; last >= 0; ) {
      const to = calls[last]!.place.index + 1
      let count = 1
      while (calls[last - count]?.place.index === to - 1 - count) count++
      last -= count
      await this.#givesBack(range, count, range.giveBack(to - count, to))
    }
  }

  /** A call, and all behind it of its range. */
  giveBackFrom({ place }: Held, range: Range): Promise<void> {
    const isKept = (call: Held) => call.range !== range || call.place.index < place.index
    const before = this.#calls.length
    this.#calls = this.#calls.filter(isKept)
    const count = before - this.#calls.length
    if (place.index !== range.at) return this.#givesBack(range, count, range.giveBackFrom(place.index))
    range.left -= count
    range.isGivenBack = true
    return range.isOver ? this.#over(range) : Promise.resolve()
  }

  /** Until they are in the queue, this job stands for them. */
  #givesBack(range: Range, count: number, giving: Promise<void>): Promise<void> {
    return this.leave(
      giving.then(async () => {
        range.left -= count
        if (range.isOver) await this.#over(range)
      }),
    )
  }
}
