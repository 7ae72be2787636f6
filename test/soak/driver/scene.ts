// What a program has: random numbers, names for its calls, and a place for what came of them.
import { isDeepStrictEqual } from 'node:util'
import { get, type ObjectRef } from 'cornichon/executor'
import { type Flag, withFlags } from '../ledger.ts'
import type { FailedCall } from '../messages.ts'
import type { Random } from '../random.ts'

export interface Tells {
  count(what: string): void
  failed(call: FailedCall): void
  violation(text: string, details: unknown): void
}

/** What may come of a call beside its value. */
export interface Allowed {
  /** Errors that the program itself leads to, by name. */
  readonly errors?: readonly string[]
  /** How many deaths of workers it is to survive: see FailedCall. 3 unless said otherwise, as maxRetries. */
  readonly budget?: number
  readonly made?: number
  /** How many deaths its actor is to survive. */
  readonly restarts?: number
}

export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Error }

export interface Program {
  readonly name: string
  /** How often it comes, next to others. */
  readonly weight: number
  run(scene: Scene): Promise<void>
}

export class Scene {
  readonly name: string
  readonly program: string
  readonly random: Random
  /** Of each worker: no task may need more. */
  readonly slots: number
  readonly #tells: Tells
  /** What it waits for, and since when. */
  readonly pending = new Map<string, number>()
  readonly began = Date.now()
  #ids = 0

  constructor(name: string, program: string, random: Random, slots: number, tells: Tells) {
    this.name = name
    this.program = program
    this.random = random
    this.slots = slots
    this.#tells = tells
  }

  /** Of a new call. */
  id(...flags: Flag[]): string {
    this.#tells.count('calls')
    return withFlags(`${this.name}#${++this.#ids}`, flags)
  }

  count(what: string): void {
    this.#tells.count(what)
  }

  violation(text: string, details: unknown = null): void {
    this.#tells.violation(`${this.program} ${this.name}: ${text}`, details)
  }

  /** Waits for a value; an error is told to who knows whether it may be. */
  async settle<T>(
    id: string,
    what: ObjectRef<T> | Promise<T>,
    allowed: Allowed | (() => Allowed) = {},
  ): Promise<Settled<T>> {
    const awaited = what instanceof Promise ? id : `${id} ${what.id}`
    this.pending.set(awaited, Date.now())
    try {
      const value = (await (what instanceof Promise ? what : get(what))) as T
      this.#tells.count('values')
      return { ok: true, value }
    } catch (thrown) {
      const error = thrown as Error
      const {
        errors = [],
        budget = 3,
        restarts = null,
        made = this.began,
      } = typeof allowed === 'function' ? allowed() : allowed
      const { name, message } = error
      this.#tells.count(name)
      if (!errors.includes(name))
        this.#tells.failed({
          ...{ id, program: this.program, error: name, message: message + causeOf(error) },
          ...{ made, over: Date.now(), budget, restarts },
        })
      return { ok: false, error }
    } finally {
      this.pending.delete(awaited)
    }
  }

  /** Waits for a value that is known. Whether it came. */
  async expect<T>(
    id: string,
    what: ObjectRef<T> | Promise<T>,
    value: T,
    allowed: Allowed = {},
  ): Promise<boolean> {
    const settled = await this.settle(id, what, allowed)
    if (settled.ok) this.same(id, settled.value, value)
    return settled.ok
  }

  same(id: string, value: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(value, expected)) this.violation(`${id} has a wrong result`, { value, expected })
  }

  /** So many times at once, at most. */
  async atOnce(most: number, work: () => Promise<unknown>): Promise<void> {
    await Promise.all(Array.from({ length: this.random.whole(1, most) }, work))
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds))
  }
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `; because: ${cause.name}: ${cause.message}${causeOf(cause)}` : ''
}
