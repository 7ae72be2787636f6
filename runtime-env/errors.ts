// The error of an environment that could not be made.

/** The most lines and characters of what tools printed that an error holds. */
const TAIL_LINES = 40
const TAIL_LENGTH = 8_192

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

/** Collects what the tools of a set-up print, and keeps the end of it. */
export class OutputTail {
  #text = ''

  write(text: string): void {
    this.#text += text
    if (this.#text.length > 4 * TAIL_LENGTH) this.#text = this.#text.slice(-2 * TAIL_LENGTH)
  }

  toString(): string {
    const lines = this.#text.slice(-TAIL_LENGTH).trimEnd().split('\n')
    return lines.slice(-TAIL_LINES).join('\n')
  }
}
