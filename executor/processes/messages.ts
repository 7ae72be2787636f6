// Messages as bytes on a pipe: the length (4 bytes, little-endian), then the message by the structured clone algorithm.

import { deserialize, serialize } from 'node:v8'
import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { Buffer, TypeError } from '../../serializer/globals.ts'

/** The descriptors that a worker process is started with; the purpose of the last is to end with the parent. */
export const Pipe = { In: 3, Out: 4, Life: 5 } as const

/** An argument of one that is behind a prefix: it has no lifeline, and its messages end where its parent does. */
export const BEHIND_PREFIX = '--behind-prefix'

/** The first message that it gets. */
export interface Begin {
  readonly name: string
  readonly env: ResolvedEnv
}

const HEADER = 4

/** Throws for what is only within one process. */
export function encodeMessage(message: unknown): readonly [header: Buffer, body: Buffer] {
  let body: Buffer
  try {
    body = serialize(message)
  } catch (error) {
    if (!/SharedArrayBuffer/.test((error as Error).message)) throw error
    throw new TypeError(
      'a SharedArrayBuffer can not go to or from a task with a runtime environment, which runs in a process of its own: ' +
        'memory is shared by threads alone. Send an ArrayBuffer, or run the task without runtimeEnv',
      { cause: error },
    )
  }
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt32LE(body.length)
  return [header, body]
}

/** Puts the pieces that come out of a pipe together. */
export class MessageReader<M> {
  #rest: Buffer[] = []
  #size = 0
  /** Of the message that is on its way, its header with it; what is known of it so far. */
  #wanted = HEADER
  readonly #deliver: (message: M) => void

  constructor(deliver: (message: M) => void) {
    this.#deliver = deliver
  }

  push(chunk: Buffer): void {
    this.#rest.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted) return
    let bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#size)
    // Not a piece at a time: a large message comes in many.
    while (bytes.length >= HEADER) {
      const end = HEADER + bytes.readUInt32LE(0)
      this.#wanted = end
      if (bytes.length < end) break
      const body = bytes.subarray(HEADER, end)
      bytes = bytes.subarray(end)
      this.#wanted = HEADER
      this.#deliver(deserialize(body) as M)
    }
    this.#rest = bytes.length === 0 ? [] : [bytes]
    this.#size = bytes.length
  }
}
