// The nodes of a graph that is read, by their numbers: what `Ref` names. Most data names none, as its bundle says: then they are
// counted alone. (Keeping 100,000 of them took a fifth of the time, and in a Map of so many two fifths: the collector's.)
import { exceeded } from '../bundle/limits.ts'
import { damaged, type UnpicklingError } from '../errors.ts'

const FEW = 64

/** The place of a node that is made when its content was read. */
export const UNMADE = Symbol('unmade')

export class Nodes {
  /** None, if they are not kept. What is beyond `length` is nothing. */
  readonly all: unknown[] = []
  length = 0
  readonly #most: number
  readonly #keeps: boolean

  constructor(most: number, keeps: boolean) {
    this.#most = most
    this.#keeps = keeps
  }

  /** Gives the value the next number. */
  add<T>(value: T): T {
    if (this.#keeps) this.all[this.length] = value
    if (++this.length > this.#most) throw this.#tooMany()
    return value
  }

  /** Takes the next number for a value that is not made yet. */
  reserve(): number {
    if (this.#keeps) this.all[this.length] = UNMADE
    if (++this.length > this.#most) throw this.#tooMany()
    return this.length - 1
  }

  #tooMany(): UnpicklingError {
    return exceeded('maxObjects', this.#most, `${this.length} objects or more`)
  }

  /** Forgets those from there on. */
  truncate(length: number): void {
    // To set an array's length takes longer than to forget a few.
    if (this.length - length > FEW) this.all.length = length
    else for (let i = length; i < this.length; i++) this.all[i] = undefined
    this.length = length
  }

  fill(id: number, value: unknown): void {
    if (this.#keeps) this.all[id] = value
  }

  /** Throws UnpicklingError if there is no node of that number, or not yet. */
  at(id: number): unknown {
    if (!this.#keeps || id >= this.length) throw damaged('a value is named that is not there')
    const node = this.all[id]
    if (node === UNMADE) throw damaged('a value is named that is not made yet')
    return node
  }
}
