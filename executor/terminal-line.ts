// A line on a terminal that tells how far something is: it is written over again and again, and gone in the end.

export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
}

/** Whether it can write over a line, as terminals do, those of editors and of CI not. */
export function isLive({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && process.env.TERM !== 'dumb'
}

const BAR = 24

export class TerminalLine {
  readonly #terminal: Terminal
  #isShown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(text: string): void {
    this.#isShown = true
    this.#terminal.write(`\r\x1b[K${text.slice(0, (this.#terminal.columns ?? 80) - 1)}`)
  }

  /** At the end, and before something else is written. */
  clear(): void {
    if (this.#isShown) this.#terminal.write('\r\x1b[K')
    this.#isShown = false
  }
}

/** Of a part of 1. */
export function bar(part: number): string {
  const filled = Math.round(Math.min(1, part) * BAR)
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`
}
