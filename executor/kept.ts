// Values by key, of which some may be forgotten: those that nobody holds, once there are too many or they are too large.
// Who was asked for since the last time stays (the second-chance rule: Corbató, "A paging experiment with the Multics
// system", 1968).

import { Math } from '../serializer/globals.ts'
import { OwnMap } from './worker/own-methods.ts'

class Entry<V> {
  readonly value: V
  readonly weight: number
  holds = 0
  isRecent = true

  constructor(value: V, weight: number) {
    this.value = value
    this.weight = weight
  }
}

export class Kept<V> {
  readonly #entries = new OwnMap<string, Entry<V>>()
  readonly #most: number
  readonly #heaviest: number
  readonly #forgotten: (key: string, value: V) => void
  #weight = 0
  #held = 0
  #heldWeight = 0
  /** What has to be reached before it is worth looking again: most may be held, or new. */
  #nextCount: number
  #nextWeight: number

  /** Of so many values and so many bytes, what nobody holds is forgotten, and `forgotten` is told. */
  constructor(most: number, heaviest: number, forgotten: (key: string, value: V) => void = () => {}) {
    this.#most = this.#nextCount = most
    this.#heaviest = this.#nextWeight = heaviest
    this.#forgotten = forgotten
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.isRecent = true
    return entry.value
  }

  /** A key that is not there yet; `weight` in bytes. */
  add(key: string, value: V, weight: number): void {
    this.#entries.set(key, new Entry(value, weight))
    this.#weight += weight
    if (this.#entries.size > this.#nextCount || this.#weight > this.#nextWeight) this.#clean(key)
  }

  /** Whoever holds it: it is gone, and nobody is told. */
  remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#weight -= entry.weight
    if (entry.holds <= 0) return
    this.#held--
    this.#heldWeight -= entry.weight
  }

  /** False if it is not there. */
  hold(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    entry.isRecent = true
    if (entry.holds++ === 0) {
      this.#held++
      this.#heldWeight += entry.weight
    }
    return true
  }

  letGo(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.holds === 0 || --entry.holds > 0) return
    this.#held--
    this.#heldWeight -= entry.weight
  }

  *values(): Iterable<V> {
    for (const { value } of this.#entries.values()) yield value
  }

  #clean(newest: string): void {
    // Each once: who is new is still there when what it was added for begins.
    let left = this.#entries.size
    for (const [key, entry] of this.#entries) {
      if (left-- === 0 || (this.#entries.size <= this.#most && this.#weight <= this.#heaviest)) break
      if (key === newest) continue
      if (entry.holds <= 0 && !entry.isRecent) {
        this.#entries.delete(key)
        this.#weight -= entry.weight
        this.#forgotten(key, entry.value)
        continue
      }
      entry.isRecent = false
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    const { size } = this.#entries
    this.#nextCount = Math.max(this.#most + 2 * this.#held, size + this.#most / 2)
    this.#nextWeight = Math.max(this.#heaviest + 2 * this.#heldWeight, this.#weight + this.#heaviest / 2)
  }
}
