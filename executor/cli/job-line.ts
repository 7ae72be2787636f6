// How many tasks of a job are done, as a line on a terminal.
import type { JobProgress, Progress } from '../redis/job-progress.ts'
import { bar, type Terminal, TerminalLine } from '../terminal-line.ts'

/** Milliseconds. */
const EVERY = 200

export class JobLine {
  readonly #line: TerminalLine
  #timer: NodeJS.Timeout | null = null

  constructor(terminal: Terminal) {
    this.#line = new TerminalLine(terminal)
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
    this.#line.show(formatJob(progress))
  }

  /** Before something else is written. */
  clear(): void {
    this.#line.clear()
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
