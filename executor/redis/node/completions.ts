// Jobs whose calls are over, and whose results are stored: they need not be completed at once, for a call that comes
// meanwhile goes first.
import type { Link } from '../link.ts'
import type { Range } from './range.ts'

/** Milliseconds. */
export const COMPLETED_AFTER = 5

export class Completions {
  readonly #link: Link
  readonly #queue: string
  /** Told when a job is about to be completed: its lock is not renewed any more. */
  readonly #release: (range: Range) => void
  #ended: { readonly range: Range; readonly done: () => void }[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(link: Link, queue: string, release: (range: Range) => void) {
    this.#link = link
    this.#queue = queue
    this.#release = release
  }

  /** Resolves when it is completed. */
  add(range: Range): Promise<void> {
    this.#timer ??= setTimeout(() => void this.flush(), COMPLETED_AFTER)
    return new Promise((done) => this.#ended.push({ range, done }))
  }

  /** All in one command: BullMQ has one for each, which costs several times as much. */
  async flush(): Promise<void> {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    const ended = this.#ended
    this.#ended = []
    for (const { range } of ended) this.#release(range)
    const { redis, keys } = this.#link
    const prefix = `${keys.prefix}:${this.#queue}:`
    const jobs = ended.flatMap(({ range }) => [range.job, range.token])
    // Lost, removed, or moved already.
    await redis.cornichonComplete(1, `${prefix}active`, prefix, ...jobs).catch(() => {})
    for (const { done } of ended) done()
  }
}
