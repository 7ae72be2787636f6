// The jobs that this process has, by their ids, and their locks: renewed for as long as it has them.
import type { Link } from '../link.ts'
import { slicesOf } from '../slices.ts'
import type { Range } from './range.ts'

/** In one command. */
const AT_ONCE = 1000

export class Locks {
  readonly #link: Link
  readonly #queue: string
  readonly #life: number
  readonly #lost: (range: Range) => void
  readonly #ranges = new Map<string, Range>()
  readonly #timer: NodeJS.Timeout

  /** `life` in milliseconds. `lost` is told of a job that is another's by now. */
  constructor(link: Link, queue: string, life: number, lost: (range: Range) => void) {
    this.#link = link
    this.#queue = queue
    this.#life = life
    this.#lost = lost
    this.#timer = setInterval(() => void this.#renew(), life / 3)
  }

  get count(): number {
    return this.#ranges.size
  }

  get jobs(): Iterable<string> {
    return this.#ranges.keys()
  }

  add(range: Range): void {
    this.#ranges.set(range.job, range)
  }

  has(range: Range): boolean {
    return this.#ranges.get(range.job) === range
  }

  letGo({ job }: Range): void {
    this.#ranges.delete(job)
  }

  async #renew(): Promise<void> {
    if (this.#ranges.size === 0) return
    const { redis, keys } = this.#link
    const prefix = `${keys.prefix}:${this.#queue}:`
    for (const ranges of slicesOf([...this.#ranges.values()], AT_ONCE)) {
      try {
        const lost = await redis.cornichonRenewLocks(
          ...([2, `${prefix}active`, `${prefix}stalled`, prefix, this.#life] as const),
          ...ranges.flatMap(({ job, token }) => [job, token]),
        )
        for (const id of lost) {
          const range = ranges.find(({ job }) => job === id)
          // It may have come back meanwhile.
          if (range === undefined || !this.has(range)) continue
          this.#ranges.delete(id)
          this.#lost(range)
        }
      } catch {
        // At the next time; who is cut off for longer than the lock lasts is told then.
      }
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
