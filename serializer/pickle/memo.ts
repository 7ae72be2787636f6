// The numbers of the values that were written. As long as a graph is nothing but plain objects that are met once, a Set in
// their order says all there is to say, for one look-up an object; from the first value on that is anything else, or is
// met again, it takes a Map and two.

const MapConstructor = Map
const SetConstructor = Set

export class Memo {
  /** How many have a number. */
  count = 0
  /** In the order of their numbers; behind them at most one that was taken and has no number yet. Null when it is over. */
  #ordered: Set<unknown> | null = new SetConstructor()
  #numbers: Map<unknown, number> | null = null

  /** Is everything so far a plain object that was met once? Only then `take` may be called. */
  get isOrdered(): boolean {
    return this.#ordered !== null
  }

  /** Takes a value that was not there, to be numbered next or put back. False: it was there. */
  take(value: unknown): boolean {
    const ordered = this.#ordered!
    const before = ordered.size
    ordered.add(value)
    return ordered.size > before
  }

  putBack(value: unknown): void {
    this.#ordered!.delete(value)
  }

  /** The next number, for a value that was taken, or for a plain one when there is no order any more. */
  next(value: unknown): number {
    if (this.#ordered === null) this.#numbers!.set(value, this.count)
    return this.count++
  }

  /** The next number, for any value. */
  add(value: unknown): number {
    this.#map().set(value, this.count)
    return this.count++
  }

  /** Notes that the value is being created, and has no number before that. */
  open(value: unknown): void {
    this.#map().set(value, -1)
  }

  get(value: unknown): number | undefined {
    return this.#map().get(value)
  }

  has(value: unknown): boolean {
    return this.#map().has(value)
  }

  delete(value: unknown): void {
    this.#map().delete(value)
  }

  /** Forgets what was numbered from there on, or is being created. */
  rollBack(count: number): void {
    if (this.#numbers !== null) {
      for (const [value, number] of this.#numbers)
        if (number < 0 || number >= count) this.#numbers.delete(value)
    } else {
      let number = 0
      for (const value of this.#ordered!) if (number++ >= count) this.#ordered!.delete(value)
    }
    this.count = count
  }

  clear(): void {
    this.count = 0
    this.#ordered = new SetConstructor()
    this.#numbers = null
  }

  values(): Iterable<unknown> {
    return this.#map().keys()
  }

  #map(): Map<unknown, number> {
    return this.#numbers ?? this.#endOrder()
  }

  #endOrder(): Map<unknown, number> {
    const numbers = new MapConstructor<unknown, number>()
    for (const value of this.#ordered!) if (numbers.size < this.count) numbers.set(value, numbers.size)
    this.#ordered = null
    this.#numbers = numbers
    return numbers
  }
}
