// How much a bundle may ask for. Each limit is held before anything is allocated for what exceeds it.
import { constants } from 'node:buffer'
import { UnpicklingError } from '../errors.ts'
import { keepHiddenClass } from '../hidden-classes.ts'

/** Limits for untrusted input. What is not given is as in `DEFAULT_LIMITS`. */
export interface Limits {
  /**
   * Bytes: of the bundle as it was received, after it was inflated, and of the buffers beside it, all together. Without it, a
   * bundle may inflate to 256 MiB, or to as much as was handed over: what is in memory already is no bomb. What its resizable
   * and growable buffers may grow to is counted by itself: 1 TiB without it.
   */
  readonly maxBytes?: number | undefined
  /** Objects, functions and symbols. 10,000,000: about a gigabyte, which Node's heap has room for. An Unpickler counts what it keeps. */
  readonly maxObjects?: number | undefined
  /**
   * Levels of objects within objects, as they are met. 10,000,000: `loads` itself needs no call stack for them. Code that walks
   * values by recursion does: a few thousand are safe for it.
   */
  readonly maxDepth?: number | undefined
  /** Code units of one string. 536,870,888: as many as V8 lets a string have; all of them are in the bundle. */
  readonly maxString?: number | undefined
}

export type CheckedLimits = Required<Limits> & {
  /** Was `maxBytes` given? Else it is about inflating. */
  readonly countsGiven: boolean
}

const MEBIBYTE = 1 << 20

export const DEFAULT_LIMITS: CheckedLimits = {
  maxBytes: 256 * MEBIBYTE,
  maxObjects: 10_000_000,
  maxDepth: 10_000_000,
  maxString: constants.MAX_STRING_LENGTH,
  countsGiven: false,
}

/** Throws TypeError for what is no limit. */
export function checkLimits(limits: unknown): CheckedLimits {
  if (limits === undefined) return DEFAULT_LIMITS
  if (typeof limits !== 'object' || limits === null)
    throw new TypeError('the option limits is an object: { maxBytes, maxObjects, maxDepth, maxString }')
  const checked: Record<string, unknown> = { ...DEFAULT_LIMITS }
  for (const [name, value] of Object.entries(limits)) {
    if (name === 'countsGiven' || !Object.hasOwn(DEFAULT_LIMITS, name))
      throw new TypeError(
        `the option limits has no field ${name}: there are maxBytes, maxObjects, maxDepth and maxString`,
      )
    if (value === undefined) continue
    if (
      typeof value !== 'number' ||
      !(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) ||
      value < 0
    )
      throw new TypeError(
        `the option limits.${name} is a whole number from 0 on, or Infinity, not ${typeof value === 'number' ? value : typeof value}`,
      )
    checked[name] = value
    if (name === 'maxBytes') checked['countsGiven'] = true
  }
  return checked as unknown as CheckedLimits
}

/** What is to be thrown where a limit is exceeded. `met` says what was met and where. */
export function exceeded(name: keyof Limits, limit: number, met: string): UnpicklingError {
  return new UnpicklingError(
    `the bundle has ${met}, more than the limit ${name} of ${limit}. If you expect such values from its sender, load it with limits: { ${name} } set higher`,
  )
}

/** Counts the bytes that a bundle and what belongs to it take. */
export class ByteBudget {
  readonly #limits: CheckedLimits
  #given = 0
  #inflated = 0

  constructor(limits: CheckedLimits) {
    this.#limits = limits
  }

  /** Bytes that were handed over. */
  received(bytes: number, what: string): void {
    this.#given += bytes
    const { countsGiven, maxBytes } = this.#limits
    if (countsGiven && this.#given + this.#inflated > maxBytes)
      throw exceeded('maxBytes', maxBytes, `${this.#given + this.#inflated} bytes (${what})`)
  }

  /** Bytes that are about to be made of those. */
  inflating(bytes: number): void {
    const { countsGiven, maxBytes } = this.#limits
    this.#inflated += bytes
    const most = countsGiven ? maxBytes - this.#given : Math.max(maxBytes, this.#given)
    if (this.#inflated > most)
      throw exceeded(
        'maxBytes',
        maxBytes,
        `${this.#inflated + (countsGiven ? this.#given : 0)} bytes (its header says that it inflates to ${bytes})`,
      )
  }
}

/** A process has 128 TiB of addresses, and V8 ends it when it finds none. */
const MOST_SET_ASIDE = 2 ** 40

/** What resizable buffers may grow to: as many addresses are set aside for each. */
export class SetAside {
  readonly #most: number
  #bytes = 0

  constructor({ countsGiven, maxBytes }: CheckedLimits) {
    this.#most = countsGiven ? maxBytes : MOST_SET_ASIDE
  }

  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#most)
      throw exceeded('maxBytes', this.#most, `${this.#bytes} bytes (as its buffers may grow to)`)
  }
}

keepHiddenClass(new ByteBudget(DEFAULT_LIMITS))
