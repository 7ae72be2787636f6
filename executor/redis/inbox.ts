// The inbox of a process: one blocking read over its own stream, the control stream that all read, and its logs. The
// streams are hints; what has happened stands in keys.

import type { Redis } from 'ioredis'
import {
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from '../../serializer/globals.ts'
import { type Message, readMessage } from './messages.ts'

const BLOCK = 5_000
/** A read that has no answer for so long is on a dead connection. */
const STUCK = 15_000

/** So many entries that were read may lie there, and for so many milliseconds. */
const UNTRIMMED = 100
const TRIM_AFTER = 50

export interface Entry {
  readonly stream: string
  readonly fields: ReadonlyMap<string, Buffer>
  readonly message: Message | null
  /** The values that travel along. */
  readonly frames: readonly Buffer[]
}

export class Inbox {
  /** Its own: a blocking read holds up all that follows on its connection. */
  readonly #reader: Redis
  readonly #writer: Redis
  /** By stream: the last entry that was read. */
  readonly #last: Map<string, string>
  readonly #trimmed: string
  readonly #deliver: (entries: readonly Entry[]) => void
  #isClosed = false
  #asked = 0
  readonly #watchdog = setInterval(() => {
    if (Date.now() - this.#asked < STUCK) return
    this.#asked = Date.now()
    this.#reader.disconnect(true)
  }, BLOCK).unref()

  constructor(
    reader: Redis,
    writer: Redis,
    streams: {
      /** Its own: what was read is cut off. */
      readonly inbox: string
      /** Others', too, each from where it is. */
      readonly shared: readonly (readonly [name: string, from: string])[]
    },
    deliver: (entries: readonly Entry[]) => void,
  ) {
    this.#reader = reader
    this.#writer = writer
    this.#trimmed = streams.inbox
    this.#last = new Map([[streams.inbox, '0'], ...streams.shared])
    this.#deliver = deliver
    void this.#loop()
  }

  async #loop(): Promise<void> {
    while (!this.#isClosed) {
      this.#asked = Date.now()
      try {
        const names = [...this.#last.keys()]
        const reply = (await this.#reader.xreadBuffer(
          'COUNT',
          1000,
          'BLOCK',
          BLOCK,
          'STREAMS',
          ...names,
          ...this.#last.values(),
        )) as [name: Buffer, items: [id: Buffer, fields: Buffer[]][]][] | null
        if (reply === null) continue
        this.#take(reply)
        // Who has waited goes on first.
        await new Promise((resolve) => setImmediate(resolve))
      } catch {
        if (this.#isClosed) return
        await new Promise((resolve) => setTimeout(resolve, 100).unref())
      }
    }
  }

  #take(reply: readonly [name: Buffer, items: [id: Buffer, fields: Buffer[]][]][]): void {
    const entries: Entry[] = []
    for (const [name, items] of reply) {
      const stream = name.toString()
      for (const [, fields] of items) entries.push(entryOf(stream, fields))
      const last = items.at(-1)![0].toString()
      this.#last.set(stream, last)
      if (stream === this.#trimmed) this.#trimSoon(items.length)
    }
    this.#deliver(entries)
  }

  #untrimmed = 0
  #timer: NodeJS.Timeout | null = null

  /** Up to and including the last one that was read. Not for each: that would be a command for each result. */
  #trimSoon(count: number): void {
    this.#untrimmed += count
    if (this.#untrimmed >= UNTRIMMED) return this.#trim()
    this.#timer ??= setTimeout(() => this.#trim(), TRIM_AFTER).unref()
  }

  #trim(): void {
    this.#untrimmed = 0
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const stream = this.#trimmed
    this.#writer.xtrim(stream, 'MINID', after(this.#last.get(stream)!)).catch(() => {})
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#watchdog)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#reader.disconnect()
  }
}

function after(id: string): string {
  const [time, count] = id.split('-')
  return `${time}-${Number(count) + 1}`
}

function entryOf(stream: string, pairs: readonly Buffer[]): Entry {
  const fields = new Map<string, Buffer>()
  const frames: Buffer[] = []
  let message: Message | null = null
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!.toString()
    if (name === 'f') frames.push(pairs[i + 1]!)
    else if (name === 'm') message = readMessage(pairs[i + 1]!.toString())
    else fields.set(name, pairs[i + 1]!)
  }
  return { stream, fields, message, frames }
}
