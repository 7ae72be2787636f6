// Which drivers are there, as far as this process knows: whether somebody waits for the results of their calls.
import { Life } from './keys.ts'
import type { Link } from './link.ts'

/** So many are remembered. */
const MOST_KNOWN = 1000

export class Drivers {
  readonly #link: Link
  readonly #known = new Map<string, { readonly isAlive: boolean; readonly checked: number }>()

  constructor(link: Link) {
    this.#link = link
  }

  /** Looked up once a beat. */
  async isAlive(id: string): Promise<boolean> {
    const known = this.#known.get(id)
    if (known !== undefined && isFresh(known)) return known.isAlive
    if (this.#known.size > MOST_KNOWN) this.#known.clear()
    const isAlive = (await this.#link.isAlive(id)) || this.#link.isJustBack
    this.#known.set(id, { isAlive, checked: Date.now() })
    return isAlive
  }

  /** It was within the last beat. */
  wasAlive(id: string): boolean {
    const known = this.#known.get(id)
    return known?.isAlive === true && isFresh(known)
  }

  /** It has said that it goes, or is dead. */
  forget(id: string): void {
    this.#known.set(id, { isAlive: false, checked: Date.now() })
  }
}

function isFresh({ checked }: { readonly checked: number }): boolean {
  return Date.now() - checked < Life.beat
}
