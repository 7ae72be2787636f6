// Small results on their way out of a thread: in a ring of memory that both threads share, as text. A message for each costs
// several times as much. The other thread is told when there are some, and then takes all that have come by then; so nothing
// waits for what the thread runs next.

import { fromJson, toJson } from '../../runtime-env/json.ts'
import { Array, Buffer, Int32Array, SharedArrayBuffer } from '../../serializer/globals.ts'
import { isShortInJson } from '../payload.ts'
import { withOwnMethods } from '../worker/own-methods.ts'
import type { FromWorker } from '../worker/protocol.ts'

// User code in the thread may patch what is built in.
const { exchange, load, store } = Atomics
const { byteLength } = Buffer

type Done = Extract<FromWorker, readonly ['done', ...unknown[]]>

/** More than are sent to a thread ahead, and of so many bytes each. */
const COUNT = 64
const SIZE = 256
/** Of each, before its text: how long that is, and how many messages were posted before it. */
const HEAD = 8
const LONGEST = SIZE - HEAD
/** Words: how many were ever put, and taken; whether the other thread is told of those between. */
const PUT = 0
const TAKEN = 1
const TOLD = 2
const WORDS = 4

export class Answers {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #heads: Int32Array
  readonly #bytes: Buffer

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS + COUNT * SIZE)) {
    this.memory = memory
    this.#words = new Int32Array(memory, 0, WORDS)
    this.#heads = new Int32Array(memory, 4 * WORDS)
    this.#bytes = withOwnMethods(Buffer.from(memory, 4 * WORDS), 'write', 'utf8Write' as 'write')
  }

  /** By the thread, which has posted so many messages. False if it has to post this one, too. */
  put([, call, results, ran]: Done, posted: number): boolean {
    const words = this.#words
    const count = words[PUT]!
    if (((count - load(words, TAKEN)) | 0) === COUNT) return false
    const text = textOf(call, results, ran)
    if (text === null) return false
    const length = byteLength(text)
    if (length > LONGEST) return false
    const at = (count & (COUNT - 1)) * SIZE
    this.#heads[at / 4] = length
    this.#heads[at / 4 + 1] = posted
    this.#bytes.write(text, at + HEAD)
    store(words, PUT, (count + 1) | 0)
    return true
  }

  /** By the thread, after `put`: whether the other one does not know yet that there is something. */
  mustTell(): boolean {
    return exchange(this.#words, TOLD, 1) === 0
  }

  /** By the other one, which has received so many messages: the next that is not to come after more of them. */
  take(received: number): Done | null {
    const words = this.#words
    const count = words[TAKEN]!
    if (count === load(words, PUT)) return null
    const at = (count & (COUNT - 1)) * SIZE
    if (((this.#heads[at / 4 + 1]! - received) | 0) > 0) return null
    const text = this.#bytes.toString('utf8', at + HEAD, at + HEAD + this.#heads[at / 4]!)
    store(words, TAKEN, (count + 1) | 0)
    return doneOf(text)
  }

  /** Before it takes what is there: it wants to be told of what comes from now on. */
  listen(): void {
    store(this.#words, TOLD, 0)
  }
}

/** Without a result, with one, and with one that JSON has no word for. */
type Text = readonly [call: string, ran: number] | readonly [call: string, ran: number, value: unknown]

const UNDEFINED: readonly unknown[] = []

function textOf(call: string, results: Done[2], ran: number): string | null {
  if (results === null) return toJson([call, ran] satisfies Text)
  if (!('plain' in results)) return null
  const { plain } = results
  if (plain === undefined) return toJson([call, ran, UNDEFINED] satisfies Text)
  return isShortInJson(plain, LONGEST) ? toJson([call, ran, plain] satisfies Text) : null
}

function doneOf(text: string): Done {
  const parsed = fromJson(text) as Text
  const [call, ran] = parsed
  if (parsed.length === 2) return ['done', call, null, ran]
  const plain = Array.isArray(parsed[2]) ? undefined : parsed[2]
  return ['done', call, { plain }, ran]
}
