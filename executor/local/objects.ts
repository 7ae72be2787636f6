// The object store of an executor within one process: outcomes by id, who waits for them, and who holds them.
import type { Outcome } from '../executor.ts'
import { failureOf } from '../failures.ts'
import { refsOf, sizeOf } from '../payload.ts'

interface Entry {
  outcome: Outcome | null
  waiters: ((outcome: Outcome) => void)[] | null
  /** Refs, tasks that have it as an argument, values that have a ref to it inside. */
  holds: number
  /** Nobody has held it yet: whoever made the call is about to. */
  isFresh: boolean
}

export class ObjectStore {
  readonly #entries = new Map<string, Entry>()
  /**
   * Holds on objects that are not here: a fleet has those that calls name within their values. One may come for another call,
   * and is to stay for that when the first is over.
   */
  readonly #holdsOfAbsent = new Map<string, number>()

  /** An object that some call will make. */
  expect(id: string): void {
    if (this.#entries.has(id)) return
    const holds = this.#holdsOfAbsent.get(id) ?? 0
    this.#holdsOfAbsent.delete(id)
    this.#entries.set(id, { outcome: null, waiters: null, holds, isFresh: true })
  }

  settle(id: string, outcome: Outcome): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.outcome !== null) return
    entry.outcome = outcome
    this.#eachInside(outcome, (inner) => this.hold(inner))
    const { waiters } = entry
    entry.waiters = null
    if (waiters !== null) for (const waiter of waiters) waiter(outcome)
    if (isUnheld(entry)) this.#drop(id, entry)
  }

  peek(id: string): Outcome | null {
    const entry = this.#entries.get(id)
    return entry === undefined ? lost(id) : entry.outcome
  }

  /** Calls back when the object is settled; at once if it is. */
  whenSettled(id: string, callback: (outcome: Outcome) => void): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return callback(lost(id))
    if (entry.outcome !== null) return callback(entry.outcome)
    entry.waiters ??= []
    entry.waiters.push(callback)
  }

  hold(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return this.#holdAbsent(id, 1)
    entry.holds++
    entry.isFresh = false
  }

  release(id: string, count = 1): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return this.#holdAbsent(id, -count)
    entry.holds -= count
    if (isUnheld(entry) && entry.outcome !== null) this.#drop(id, entry)
  }

  #holdAbsent(id: string, more: number): void {
    const holds = (this.#holdsOfAbsent.get(id) ?? 0) + more
    if (holds > 0) this.#holdsOfAbsent.set(id, holds)
    else this.#holdsOfAbsent.delete(id)
  }

  free(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    // Whoever waits already is told, too.
    this.settle(id, lost(id))
    this.#drop(id, entry)
  }

  #drop(id: string, entry: Entry): void {
    if (!this.#entries.delete(id)) return
    if (entry.holds > 0) this.#holdAbsent(id, entry.holds)
    if (entry.outcome !== null) this.#eachInside(entry.outcome, (inner) => this.release(inner))
  }

  /** Settles all that is pending. */
  failPending(outcome: Outcome): void {
    for (const [id, entry] of [...this.#entries]) if (entry.outcome === null) this.settle(id, outcome)
  }

  #eachInside(outcome: Outcome, work: (id: string) => void): void {
    if (outcome.ok) for (const id of refsOf(outcome.value)) work(id)
  }

  describe(): { count: number; pending: number; bytes: number } {
    let pending = 0
    let bytes = 0
    for (const { outcome } of this.#entries.values()) {
      if (outcome === null) pending++
      else if (outcome.ok) bytes += sizeOf(outcome.value)
    }
    return { count: this.#entries.size, pending, bytes }
  }
}

function isUnheld({ holds, isFresh }: Entry): boolean {
  return holds <= 0 && !isFresh
}

function lost(id: string): Outcome {
  const message = `object ${id} is not in the store: it was freed, or its executor was shut down`
  return { ok: false, failure: failureOf('lost', message) }
}
