// The numbers of the values that were written. As long as a graph is nothing but plain objects that are met once, a Set in
// their order says all there is to say, for one look-up an object; from the first value on that is anything else, or is
// met again, it takes a Map and two. Among few, looking at each takes a fifth of what a Set does.
import { SetPrototypeGetSize } from '../primordials.ts'

const MapConstructor = Map
const SetConstructor = Set

const FEW = 16

export class Memo {
  /** How many have a number. */
  count = 0
  /**
   * Where all are plain objects that were met once: these in the order of their numbers, and behind them at most one that was
   * taken and has no number yet. When they are more than a few, a Set has them.
   */
  readonly #few: unknown[] = []
  #fewCount = 0
  #many: Set<unknown> | null = null
  #numbers: Map<unknown, number> | null = null

  /** Is everything so far a plain object that was met once? Only then `take` may be called. */
  get isOrdered(): boolean {
    return this.#numbers === null
  }

  /** Takes a value that was not there, to be numbered next or put back. False: it was there. */
  take(value: unknown): boolean {
    const many = this.#many
    if (many !== null) {
      const before = SetPrototypeGetSize(many)
      many.add(value)
      return SetPrototypeGetSize(many) > before
    }
    const few = this.#few
    const count = this.#fewCount
    for (let i = 0; i < count; i++) if (few[i] === value) return false
    if (count === FEW) this.#toMany().add(value)
    else few[this.#fewCount++] = value
    return true
  }

  #toMany(): Set<unknown> {
    const many = new SetConstructor<unknown>()
    for (let i = 0; i < this.#fewCount; i++) many.add(this.#few[i])
    this.#forgetFew(0)
    return (this.#many = many)
  }

  /** The last that was taken. */
  putBack(value: unknown): void {
    if (this.#many !== null) this.#many.delete(value)
    else this.#forgetFew(this.#fewCount - 1)
  }

  /** The next number, for a value that was taken, or for a plain one when there is no order any more. */
  next(value: unknown): number {
    if (this.#numbers !== null) this.#numbers.set(value, this.count)
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
    } else if (this.#many !== null) {
      let number = 0
      for (const value of this.#many) if (number++ >= count) this.#many.delete(value)
    } else this.#forgetFew(count)
    this.count = count
  }

  clear(): void {
    this.count = 0
    this.#forgetFew(0)
    this.#many = null
    this.#numbers = null
  }

  /** Those from there on. (To set an array's length takes 35 ns.) */
  #forgetFew(from: number): void {
    for (let i = from; i < this.#fewCount; i++) this.#few[i] = undefined
    this.#fewCount = from
  }

  values(): Iterable<unknown> {
    return this.#map().keys()
  }

  #map(): Map<unknown, number> {
    return this.#numbers ?? this.#endOrder()
  }

  #endOrder(): Map<unknown, number> {
    const numbers = new MapConstructor<unknown, number>()
    let number = 0
    for (const value of this.#many ?? this.#few) if (number < this.count) numbers.set(value, number++)
    this.#forgetFew(0)
    this.#many = null
    this.#numbers = numbers
    return numbers
  }
}
