// The jobs that this process has, by their ids, and their locks: renewed for as long as it has them.
import type { Range } from './range.ts'
import type { Taker } from './taker.ts'

export class Locks {
  readonly #worker: Taker
  readonly #life: number
  readonly #lost: (range: Range) => void
  readonly #ranges = new Map<string, Range>()
  readonly #timer: NodeJS.Timeout

  /** `life` in milliseconds. `lost` is told of a job that is another's by now. */
  constructor(worker: Taker, life: number, lost: (range: Range) => void) {
    this.#worker = worker
    this.#life = life
    this.#lost = lost
    this.#timer = setInterval(() => void this.#renew(), life / 3)
  }

  get count(): number {
    return this.#ranges.size
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
    const ranges = [...this.#ranges.values()]
    try {
      const failed = await this.#worker.extendJobLocks(
        ranges.map(({ job }) => job),
        ranges.map(({ token }) => token),
        this.#life,
      )
      for (const id of failed) {
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

  close(): void {
    clearInterval(this.#timer)
  }
}
