// How many tasks of a job are done, as a line on a terminal that is written over and gone in the end.
import type { JobProgress, Progress } from '../redis/job-progress.ts'
import { bar } from '../redis/upload-progress.ts'

/** Milliseconds. */
const EVERY = 200

export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
}

export class JobLine {
  readonly #terminal: Terminal
  #timer: NodeJS.Timeout | null = null
  #isShown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  watch(progress: Pick<JobProgress, 'read'>, job: string): void {
    this.#timer = setInterval(
      () =>
        progress.read(job).then(
          (found) => this.#timer !== null && this.#show(found),
          () => {},
        ),
      EVERY,
    )
  }

  /** A job that is one task is not worth a line. */
  #show(progress: Progress): void {
    if (progress.made === 0) return
    this.#isShown = true
    this.#terminal.write(`\r\x1b[K${formatJob(progress).slice(0, (this.#terminal.columns ?? 80) - 1)}`)
  }

  /** Before something else is written. */
  clear(): void {
    if (this.#isShown) this.#terminal.write('\r\x1b[K')
    this.#isShown = false
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.clear()
  }
}

export function formatJob({ made, over }: Progress): string {
  return `tasks ${bar(over / made)} ${over} of ${made} done`
}
