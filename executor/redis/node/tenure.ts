// Until when this process has for sure the tasks that it took, of all queues: see worker/term.ts.
import { Term } from '../../worker/term.ts'
import type { Locks } from './locks.ts'

/** Milliseconds until Redis is asked again that did not answer, or too late. */
const AGAIN = 50

export class Tenure {
  readonly term = new Term()
  readonly #locks = new Set<Locks>()
  #asking: Promise<void> | null = null

  add(locks: Locks): void {
    this.#locks.add(locks)
  }

  remove(locks: Locks): void {
    this.#locks.delete(locks)
    this.update()
  }

  /** Locks were taken, renewed or let go. */
  update(): void {
    let end = Number.POSITIVE_INFINITY
    for (const locks of this.#locks) end = Math.min(end, locks.end)
    this.term.set(end)
  }

  /** Resolves when what others have is known, and is dropped. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    while (this.term.isOver) {
      await Promise.all([...this.#locks].map((locks) => locks.renew()))
      if (this.term.isOver) await new Promise((resolve) => setTimeout(resolve, AGAIN))
    }
  }
}
