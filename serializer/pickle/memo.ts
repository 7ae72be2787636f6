// The numbers of the values that were written. As long as a graph is nothing but plain objects that are met once, to have met them
// in their order says all there is to say, for one look-up an object at most (met-objects.ts); from the first value on that is
// anything else, or is met again, it takes a Map and two. Among few, looking at each takes a fifth of what a look-up does.

import { needAllOriginals } from '../originals.ts'
import { SetPrototypeGetSize } from '../primordials.ts'
import { MetObjects } from './met-objects.ts'

const MapConstructor = Map
const SetConstructor = Set

const FEW = 16
/** Elements of a list, from which on it pays off to look for its objects by what they hold. */
const MANY = 128
/** Objects that are each looked for in a Set, which is quick as long as it is small. */
const SMALL_SET = 1024

export class Memo {
  /** How many have a number. */
  count = 0
  /** Are objects to be taken by `takeChain`, if there are objects within them? */
  takesChains = false
  /** Does `take` want a hash of what the object holds? */
  wantsHash = false
  /**
   * Where all are plain objects that were met once: these, in the order of their numbers. When they are more than a few, one of
   * the next two has them.
   */
  readonly #few: unknown[] = []
  #fewCount = 0
  #many: Set<unknown> | null = null
  #met: MetObjects | null = null
  #spare: MetObjects | null = null
  #numbers: Map<unknown, number> | null = null
  /** May objects be looked for by what they hold, because nothing can change them in the meantime? */
  readonly #byContent: boolean

  constructor(byContent: boolean) {
    this.#byContent = byContent
  }

  /** Is everything so far a plain object that was met once? Only then `take` may be called. */
  get isOrdered(): boolean {
    return this.#numbers === null
  }

  /** So many values are to come, and nothing but plain objects was met. */
  expect(count: number): void {
    if (count < MANY || !this.#byContent || !this.isOrdered) return
    if (this.#met !== null || this.#many !== null) return
    this.#toMet().begin(this.#few, this.#fewCount)
    this.#forgetFew(0)
    this.wantsHash = true
  }

  /**
   * Takes a plain object that was not there, to be numbered next; `hash` counts where it is wanted. False: it was there. Where chains
   * are taken, it is for what begins none.
   */
  take(object: object, hash: number): boolean {
    const met = this.#met
    if (met !== null) {
      const isNew = met.take(object, hash)
      this.wantsHash = met.wantsHash
      return isNew
    }
    const many = this.#many
    if (many !== null) {
      const before = SetPrototypeGetSize(many)
      many.add(object)
      if (SetPrototypeGetSize(many) === before) return false
      if (before === SMALL_SET && this.#byContent) {
        this.#toMet().beginWith(many)
        this.#many = null
      }
      return true
    }
    const few = this.#few
    const count = this.#fewCount
    for (let i = 0; i < count; i++) if (few[i] === object) return false
    if (count === FEW) this.#toMany().add(object)
    else few[this.#fewCount++] = object
    return true
  }

  /**
   * Takes the objects of a chain, so many, to be numbered next in their order, if the last one was not there; `hash` counts where it
   * is wanted. False: it was there.
   */
  takeChain(chain: readonly object[], length: number, hash: number): boolean {
    const met = this.#met!
    const isNew = met.takeChain(chain, length, hash)
    this.wantsHash = met.wantsHash
    return isNew
  }

  /** The same where they are new without doubt. */
  takeNewChain(chain: readonly object[], length: number): void {
    this.#met!.takeNewChain(chain, length)
  }

  #toMet(): MetObjects {
    needAllOriginals()
    const met = (this.#met = this.#spare ?? new MetObjects())
    this.#spare = null
    this.takesChains = true
    return met
  }

  #toMany(): Set<unknown> {
    const many = new SetConstructor<unknown>()
    for (let i = 0; i < this.#fewCount; i++) many.add(this.#few[i])
    this.#forgetFew(0)
    return (this.#many = many)
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

  /** Forgets what was numbered from there on, or is being created. (Not where objects may be looked for by what they hold.) */
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
    this.#dropMet()
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

  /** Its memory is for the next graph. */
  #dropMet(): void {
    if (this.#met?.clear()) this.#spare = this.#met
    this.#met = null
    this.takesChains = false
    this.wantsHash = false
  }

  #map(): Map<unknown, number> {
    return this.#numbers ?? this.#endOrder()
  }

  #endOrder(): Map<unknown, number> {
    const numbers = new MapConstructor<unknown, number>()
    if (this.#met !== null) for (let i = 0; i < this.count; i++) numbers.set(this.#met.at(i), i)
    else {
      let number = 0
      for (const value of this.#many ?? this.#few) if (number < this.count) numbers.set(value, number++)
    }
    this.#forgetFew(0)
    this.#many = null
    this.#dropMet()
    this.#numbers = numbers
    return numbers
  }
}
