// A script of ours, as a command that is written by hand: its many words, some of them bytes, become one piece of memory at
// once. The client's own way takes a lone call as long as its script runs.
import { createHash } from 'node:crypto'
import { Command, type Redis } from './ioredis.ts'

export type Word = string | number | Buffer

export class Script {
  readonly #lua: string
  readonly #sha: string
  /** Connections that have sent it in full: Redis knows it by its digest. */
  readonly #sentOver = new WeakSet<object>()

  readonly #isToldAgain: boolean

  /**
   * With `isToldAgain`, it has one more word, the last one: '1' where it was sent before, and the answer was lost with the
   * connection, so that it may have been run.
   */
  constructor(lua: string, { isToldAgain = false } = {}) {
    this.#lua = lua
    this.#isToldAgain = isToldAgain
    this.#sha = createHash('sha1').update(lua).digest('hex')
  }

  async run(redis: Redis, keys: readonly string[], values: readonly Word[]): Promise<number> {
    const words = [keys.length, ...keys, ...values]
    try {
      return await this.#send(redis, words)
    } catch (error) {
      // Redis has lost it.
      if (!(error as Error).message.includes('NOSCRIPT')) throw error
      if (redis.status === 'ready') this.#sentOver.delete(streamOf(redis))
      return this.#send(redis, words)
    }
  }

  #send(redis: Redis, words: readonly Word[]): Promise<number> {
    let again = ''
    const command = new Written((socket) => {
      const all = this.#isToldAgain ? [...words, again] : words
      again = '1'
      if (this.#sentOver.has(socket)) return encode(['EVALSHA', this.#sha, ...all])
      this.#sentOver.add(socket)
      return encode(['EVAL', this.#lua, ...all])
    })
    return redis.sendCommand(command) as Promise<number>
  }
}

function streamOf(redis: Redis): object {
  return (redis as unknown as { readonly stream: object }).stream
}

class Written extends Command {
  readonly #write: (socket: object) => Buffer

  constructor(write: (socket: object) => Buffer) {
    super('evalsha', [], { replyEncoding: 'utf8' })
    this.#write = write
  }

  override toWritable(socket: object): Buffer {
    return this.#write(socket)
  }
}

/** As the protocol of Redis has it. */
export function encode(words: readonly Word[]): Buffer {
  return encodeAs(words, 'latin1') ?? encodeAs(words, 'utf8')!
}

/** Most have no letters beyond ASCII, and are as long as they look; null where that is not so. */
function encodeAs(words: readonly Word[], encoding: 'latin1' | 'utf8'): Buffer | null {
  const pieces: (string | Buffer)[] = []
  let text = `*${words.length}\r\n`
  let size = 0
  for (const word of words) {
    if (word instanceof Buffer) {
      text += `$${word.length}\r\n`
      size += text.length + word.length
      pieces.push(text, word)
      text = '\r\n'
    } else {
      const own = typeof word === 'number' ? String(word) : word
      text += `$${encoding === 'latin1' ? own.length : Buffer.byteLength(own)}\r\n${own}\r\n`
    }
  }
  pieces.push(text)
  size += text.length
  if (encoding === 'utf8')
    size = pieces.reduce(
      (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length),
      0,
    )
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece !== 'string') at += piece.copy(bytes, at)
    else if (encoding === 'latin1' && Buffer.byteLength(piece) !== piece.length) return null
    else at += bytes.write(piece, at, encoding)
  }
  return bytes
}
