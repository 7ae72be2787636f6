// The jobs that this process has, by their ids, and their locks: renewed for as long as it has them.
import { clock } from '../../clock.ts'
import type { Link } from '../link.ts'
import { slicesOf } from '../slices.ts'
import type { Range } from './range.ts'
import type { Tenure } from './tenure.ts'

/** In one command. */
const AT_ONCE = 1000

export class Locks {
  readonly #link: Link
  readonly #queue: string
  readonly #life: number
  readonly #tenure: Tenure | null
  readonly #lost: (range: Range) => void
  readonly #ranges = new Map<string, Range>()
  readonly #timer: NodeJS.Timeout
  /** By the clock: until then it has them all. */
  end = Number.POSITIVE_INFINITY

  /** `life` in milliseconds. `lost` is told of a job that is another's by now. */
  constructor(link: Link, queue: string, life: number, tenure: Tenure | null, lost: (range: Range) => void) {
    this.#link = link
    this.#queue = queue
    this.#life = life
    this.#tenure = tenure
    this.#lost = lost
    this.#timer = setInterval(() => void this.renew(), life / 3)
    tenure?.add(this)
  }

  get count(): number {
    return this.#ranges.size
  }

  get jobs(): Iterable<string> {
    return this.#ranges.keys()
  }

  /** Its lock was asked for at that time of the clock. */
  add(range: Range, asked: number): void {
    this.#ranges.set(range.job, range)
    range.lockEnd = asked + this.#life
    if (range.lockEnd < this.end) this.#setEnd(range.lockEnd)
  }

  has(range: Range): boolean {
    return this.#ranges.get(range.job) === range
  }

  letGo(range: Range): void {
    // Its job may be here again.
    if (this.has(range)) this.#ranges.delete(range.job)
    if (this.#ranges.size === 0) this.#setEnd(Number.POSITIVE_INFINITY)
  }

  #setEnd(end: number): void {
    this.end = end
    this.#tenure?.update()
  }

  async renew(): Promise<void> {
    if (this.#ranges.size === 0) return
    const { redis, keys, id } = this.#link
    const prefix = `${keys.prefix}:${this.#queue}:`
    for (const ranges of slicesOf([...this.#ranges.values()], AT_ONCE)) {
      const asked = clock()
      try {
        const lost = new Set(
          await redis.cornichonRenewLocks(
            ...([2, `${prefix}active`, `${prefix}stalled`, prefix, this.#life, id] as const),
            ...ranges.flatMap(({ job, token }) => [job, token]),
          ),
        )
        for (const range of ranges) {
          range.lockEnd = asked + this.#life
          // It may have come back meanwhile.
          if (!lost.has(range.job) || !this.has(range)) continue
          this.#ranges.delete(range.job)
          this.#lost(range)
        }
      } catch {
        // At the next time; who is cut off for longer than the lock lasts is told then.
      }
    }
    let end = Number.POSITIVE_INFINITY
    for (const { lockEnd } of this.#ranges.values()) end = Math.min(end, lockEnd)
    this.#setEnd(end)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#tenure?.remove(this)
  }
}
