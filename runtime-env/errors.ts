// The error of an environment that could not be made.

/** The most lines and characters of what tools printed that an error holds. */
const TAIL_LINES = 40
const TAIL_LENGTH = 8_192
const HEAD_LINES = 10
const HEAD_LENGTH = 2_048

/**
 * An environment could not be made on this worker. Nothing half-made is left, and the next task that needs it tries
 * again.
 */
export class RuntimeEnvSetupError extends Error {
  override readonly name = 'RuntimeEnvSetupError'
  /** What went wrong, without what tools printed. */
  readonly reason: string
  /** The end of what tools printed (npm, say); empty if they printed nothing. */
  readonly output: string

  constructor(reason: string, output = '', options?: ErrorOptions) {
    super(output === '' ? reason : `${reason}\n${indent(output)}`, options)
    this.reason = reason
    this.output = output
  }
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ')
}

/** Collects what the tools of a set-up print, and keeps its end; its begin, too, where npm says why it then explains itself. */
export class OutputTail {
  #head = ''
  #tail = ''
  #isCut = false

  write(text: string): void {
    const room = HEAD_LENGTH - this.#head.length
    this.#head += text.slice(0, room)
    this.#tail += text.slice(room)
    if (this.#tail.length <= 4 * TAIL_LENGTH) return
    this.#tail = this.#tail.slice(-2 * TAIL_LENGTH)
    this.#isCut = true
  }

  toString(): string {
    const lines = (this.#head + this.#tail).trimEnd().split('\n')
    if (!this.#isCut && lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n')
    const end = this.#tail.slice(-TAIL_LENGTH).trimEnd().split('\n').slice(-TAIL_LINES)
    return [...this.#head.split('\n').slice(0, HEAD_LINES), '...', ...end].join('\n')
  }
}
