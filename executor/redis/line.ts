// What is said to one process at once, over a channel that it listens to: jobs that are handed to it, results that it waits
// for. Whoever says something knows whether somebody listens, and takes the longer way where nobody does. What is lost with
// a connection is found by who looks at the keys.
import type { Redis } from 'ioredis'

/** The first letter of a message. */
export const Said = { Handed: 'h', Done: 'd' } as const

const LINE_END = 10

/** What of a message is words, and where its bytes begin. */
export function wordsOf(message: Buffer): { words: string[]; at: number } {
  const end = message.indexOf(LINE_END)
  return { words: message.toString('latin1', 0, end).split(' '), at: end + 1 }
}

export class Line {
  /** Its own connection: who listens says nothing else. */
  readonly #listener: Redis
  readonly #channel: string
  readonly #handlers = new Map<number, (message: Buffer) => void>()
  readonly #opened: ((wasLost: boolean) => void)[] = []
  readonly #beforeReopening: (() => Promise<unknown>)[] = []
  #wasOpen = false
  isOpen = false

  constructor(listener: Redis, channel: string) {
    this.#listener = listener
    this.#channel = channel
    // Done here, where it may fail.
    listener.options.autoResubscribe = false
    listener.on('ready', () => void this.#listen().catch(() => {}))
    listener.on('close', () => {
      this.isOpen = false
    })
    listener.on('messageBuffer', (_channel: Buffer, message: Buffer) =>
      this.#handlers.get(message[0]!)?.(message),
    )
    void listener.connect().catch(() => {})
  }

  /** Where its user may not listen, nothing is said to it. */
  async #listen(): Promise<void> {
    if (this.#wasOpen) await Promise.all(this.#beforeReopening.map((work) => work()))
    await this.#listener.subscribe(this.#channel)
    this.isOpen = true
    const wasLost = this.#wasOpen
    this.#wasOpen = true
    for (const work of this.#opened) work(wasLost)
  }

  hear(kind: (typeof Said)[keyof typeof Said], handler: (message: Buffer) => void): void {
    this.#handlers.set(kind.charCodeAt(0), handler)
  }

  /** When it was lost, and before anything is said to it again: what was said to it before has come by then, or never will. */
  beforeReopening(work: () => Promise<unknown>): void {
    this.#beforeReopening.push(work)
  }

  /** When it can be heard, and each time again: then something may have been lost. */
  onOpen(work: (wasLost: boolean) => void): void {
    this.#opened.push(work)
  }

  /** Nothing more comes when it resolves. */
  async close(): Promise<void> {
    if (this.isOpen) {
      const lost = new Promise((resolve) => this.#listener.once('close', resolve))
      await Promise.race([this.#listener.unsubscribe(this.#channel).catch(() => {}), lost])
      this.isOpen = false
    }
    this.#listener.disconnect()
  }
}
