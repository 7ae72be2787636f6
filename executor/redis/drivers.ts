// Which drivers are there, as far as this process knows: whether somebody waits for the results of their calls.
import { setTimeout as pause } from 'node:timers/promises'
import { Life } from './keys.ts'
import type { Link } from './link.ts'

/** So many are remembered. */
const MOST_KNOWN = 1000
/**
 * Milliseconds. Where Redis was away, or stood still, for longer than leases last, a process that joins as it goes on may be
 * there before the drivers are back: so long it takes none for dead, and looks again that often.
 */
const BACK_WITHIN = 5_000
const LOOK = 500

export class Drivers {
  readonly #link: Link
  readonly #known = new Map<string, { readonly isAlive: boolean; readonly checked: number }>()
  readonly #asked = new Map<string, Promise<boolean>>()

  constructor(link: Link) {
    this.#link = link
  }

  /** Looked up once a beat. */
  async isAlive(id: string): Promise<boolean> {
    const known = this.#fresh(id)
    if (known !== null) return known
    let asked = this.#asked.get(id)
    if (asked === undefined) {
      asked = this.#ask(id).finally(() => this.#asked.delete(id))
      this.#asked.set(id, asked)
    }
    return asked
  }

  async #ask(id: string): Promise<boolean> {
    const link = this.#link
    for (;;) {
      const isAlive = (await link.isAlive(id)) || link.isJustBack
      if (isAlive || Date.now() - link.joined >= BACK_WITHIN) {
        if (this.#known.size > MOST_KNOWN) this.#known.clear()
        this.#known.set(id, { isAlive, checked: Date.now() })
        return isAlive
      }
      await pause(LOOK, undefined, { ref: false })
      // It may have said meanwhile that it goes.
      const known = this.#fresh(id)
      if (known !== null) return known
    }
  }

  /** What was found within the last beat; null if nothing was. */
  #fresh(id: string): boolean | null {
    const known = this.#known.get(id)
    return known !== undefined && Date.now() - known.checked < Life.beat ? known.isAlive : null
  }

  /** It was within the last beat. */
  wasAlive(id: string): boolean {
    return this.#fresh(id) === true
  }

  /** It has said that it goes, or is dead. */
  forget(id: string): void {
    this.#known.set(id, { isAlive: false, checked: Date.now() })
  }
}
