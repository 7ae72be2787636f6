// The nodes of a graph that is read, by their numbers: what `Ref` names.
import { exceeded } from '../bundle/limits.ts'
import { damaged, type UnpicklingError } from '../errors.ts'

/** The place of a node that is made when its content was read. */
export const UNMADE = Symbol('unmade')

export class Nodes {
  readonly all: unknown[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get length(): number {
    return this.all.length
  }

  /** Gives the value the next number. */
  add<T>(value: T): T {
    if (this.all.push(value) > this.#most) throw this.#tooMany()
    return value
  }

  /** Takes the next number for a value that is not made yet. */
  reserve(): number {
    const count = this.all.push(UNMADE)
    if (count > this.#most) throw this.#tooMany()
    return count - 1
  }

  #tooMany(): UnpicklingError {
    return exceeded('maxObjects', this.#most, `${this.all.length} objects or more`)
  }

  /** Forgets those from there on. */
  truncate(length: number): void {
    this.all.length = length
  }

  fill(id: number, value: unknown): void {
    this.all[id] = value
  }

  /** Throws UnpicklingError if there is no node of that number, or not yet. */
  at(id: number): unknown {
    if (id >= this.all.length) throw damaged('a value is named that is not there')
    const node = this.all[id]
    if (node === UNMADE) throw damaged('a value is named that is not made yet')
    return node
  }
}
