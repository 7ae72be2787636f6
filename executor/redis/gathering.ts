// What is added within a tick goes together; where more is about to come, so does what is added a moment later.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'

/** Milliseconds: nothing waits longer for others to come along. */
const PATIENCE = 1

export class Gathering<T> {
  readonly #mayWait: (waiting: readonly T[]) => boolean
  readonly #flush: () => void
  #waiting: T[] = []
  #isDue = false
  #timer: NodeJS.Timeout | null = null

  /** `flush` is told when it is time: it takes what waits, or leaves it for later. */
  constructor(mayWait: (waiting: readonly T[]) => boolean, flush: () => void) {
    this.#mayWait = mayWait
    this.#flush = () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
      this.#timer = null
      flush()
    }
  }

  add(item: T): void {
    this.#waiting.push(item)
    if (this.#isDue) return
    this.#isDue = true
    process.nextTick(() => {
      this.#isDue = false
      if (!this.#mayWait(this.#waiting)) this.#flush()
      else this.#timer ??= setTimeout(this.#flush, PATIENCE)
    })
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Nothing waits, and no flush is about to come. */
  get isIdle(): boolean {
    return !this.#isDue && this.#waiting.length === 0
  }

  take(): T[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  /** Now. */
  flush(): void {
    this.#flush()
  }
}
