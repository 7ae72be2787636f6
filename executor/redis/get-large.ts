// GET of many bytes, on a connection of its own. The client gets a new piece of memory for each read, keeps all, and joins
// them in the end; here the socket reads into one buffer, again and again, and each piece is copied to where it is to be.
import { constants } from 'node:buffer'
import { createConnection, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { RedisOptions } from 'ioredis'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { AbstractConnector, Redis } from './ioredis.ts'

/** Milliseconds: a server that lets nobody in is not asked for each value. */
const RETRY_AFTER = 5_000

/** Milliseconds without a byte. */
const STUCK = 20_000

/** So many bytes are asked for ahead: the server has a copy of all that is asked for. */
const MOST_AHEAD = 4 * 1024 * 1024
/** Of one whose size is not known. */
const USUAL = 64 * 1024

const READ_SIZE = 64 * 1024
const LINE_FEED = 10

interface Wanted {
  readonly key: string
  readonly done: (bytes: Buffer | null) => void
  /** Where the bytes go. Without one, memory of their own. */
  readonly target: Buffer | null
}

/** Where it has nothing to say (no connection, no such key, bytes of another length), the usual connection is asked. */
export class LargeReader {
  readonly #options: RedisOptions
  readonly #stuckAfter: number
  #connection: LargeConnection | null = null
  #failedAt = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: RedisOptions, stuckAfter = STUCK) {
    this.#options = options
    this.#stuckAfter = stuckAfter
  }

  async get(key: string, target: Buffer | null = null): Promise<Buffer | null> {
    if (this.#connection === null) {
      if (this.#isClosed || Date.now() - this.#failedAt < RETRY_AFTER) return null
      this.#connection = new LargeConnection(this.#options, this.#stuckAfter, (isOfUse) => {
        if (!isOfUse) this.#failedAt = Date.now()
        this.#connection = null
      })
    }
    return this.#connection.get(key, target)
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.end(true)
  }
}

/** One that is lost is so for good: what is asked of it then, and what it is still sent, is nobody's. */
class LargeConnection {
  readonly #redis: Redis
  readonly #onEnd: (isOfUse: boolean) => void
  readonly #opening: Promise<void>
  #socket: Socket | null = null
  #hasEnded = false
  #waiting: Wanted[] = []
  /** Asked for, in this order, and how many bytes they are. */
  #asked: Wanted[] = []
  #ahead = 0

  /** `onEnd`: told once; whether another connection would be any better. */
  constructor(options: RedisOptions, stuckAfter: number, onEnd: (isOfUse: boolean) => void) {
    this.#onEnd = onEnd
    const buffer = Buffer.allocUnsafeSlow(READ_SIZE)
    const read = (size: number) => {
      const piece = buffer.subarray(0, size)
      if (this.#socket !== null) this.#take(piece, this.#socket)
      else if (!this.#hasEnded) socketOf(this.#redis).emit('data', Buffer.from(piece))
      return true
    }
    this.#redis = new Redis({
      ...options,
      retryStrategy: () => null,
      Connector: connector({ buffer, callback: read }),
    })
    this.#redis.on('error', () => {})
    this.#opening = this.#open(stuckAfter)
  }

  /** The client opens it, says who we are, and is then left out. */
  async #open(stuckAfter: number): Promise<void> {
    const redis = this.#redis
    const stuck = setTimeout(() => redis.disconnect(), stuckAfter).unref()
    try {
      await redis.connect()
      // All that the client had to say is answered by then.
      await redis.ping()
    } catch {
      this.end(false)
    } finally {
      clearTimeout(stuck)
    }
    if (this.#hasEnded) return
    const socket = socketOf(redis)
    if (socket.destroyed) return this.end(false)
    this.#socket = socket
    socket.on('close', () => this.end(true))
    // The usual connection is asked then.
    socket.setTimeout(stuckAfter)
    // Each time: it may have been idle before, with nothing asked.
    socket.on('timeout', () => this.#asked.length > 0 && this.end(true))
    // Who waits for a value keeps the process alive, not the connection.
    socket.unref()
  }

  async get(key: string, target: Buffer | null): Promise<Buffer | null> {
    if (this.#socket === null) await this.#opening
    const socket = this.#socket
    if (socket === null || socket.destroyed) return null
    return new Promise((done) => {
      this.#waiting.push({ key, done, target })
      this.#ask(socket)
    })
  }

  #ask(socket: Socket): void {
    let commands = ''
    let count = 0
    for (const wanted of this.#waiting) {
      const size = sizeOf(wanted)
      if (this.#asked.length > 0 && this.#ahead + size > MOST_AHEAD) break
      count++
      this.#ahead += size
      this.#asked.push(wanted)
      commands += `*2\r\n$3\r\nGET\r\n$${Buffer.byteLength(wanted.key)}\r\n${wanted.key}\r\n`
    }
    if (count === 0) return
    this.#waiting = this.#waiting.slice(count)
    socket.write(commands)
  }

  end(isOfUse: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#socket = null
    this.#redis.disconnect()
    this.#onEnd(isOfUse)
    for (const { done } of [...this.#asked.splice(0), ...this.#waiting.splice(0)]) done(null)
  }

  /** The line that says how long a value is, as far as it is here. */
  #line = ''
  /** Bytes that are still to come, with the end of the line behind them; null between values. */
  #left: number | null = null
  #value: Buffer | null = null
  #at = 0

  #take(piece: Buffer, socket: Socket): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#left === null) {
        const end = piece.indexOf(LINE_FEED, at)
        this.#line += piece.toString('latin1', at, end < 0 ? piece.length : end + 1)
        if (end < 0) return
        at = end + 1
        // Not what was asked for: the usual connection goes on alone.
        if (!this.#begin(this.#line.slice(0, -2))) return this.end(false)
        this.#line = ''
        continue
      }
      const size = Math.min(this.#left, piece.length - at)
      if (this.#value !== null && this.#at < this.#value.length)
        piece.copy(this.#value, this.#at, at, at + size)
      this.#at += size
      this.#left -= size
      at += size
      if (this.#left === 0) this.#over(this.#value)
    }
    if (this.#waiting.length > 0) this.#ask(socket)
  }

  #begin(line: string): boolean {
    if (this.#asked.length === 0) return false
    const kind = line[0]
    const length = Number(line.slice(1))
    // Null as it is said in either version of the protocol, and an error, which the usual connection will tell of.
    if (line === '$-1' || kind === '_' || kind === '-') this.#over(null)
    else if (kind === '$' && length >= 0 && length <= constants.MAX_LENGTH) {
      const { target } = this.#asked[0]!
      this.#value =
        target === null ? Buffer.allocUnsafeSlow(length) : target.length === length ? target : null
      this.#at = 0
      this.#left = length + 2
    } else return false
    return true
  }

  #over(value: Buffer | null): void {
    this.#left = null
    this.#value = null
    const wanted = this.#asked.shift()!
    this.#ahead -= sizeOf(wanted)
    wanted.done(value)
  }
}

function socketOf(redis: Redis): Socket {
  return (redis as unknown as { readonly stream: Socket }).stream
}

function sizeOf({ target }: Wanted): number {
  return target?.length ?? USUAL
}

/** As the client connects by itself, but for where the bytes go that are read. */
function connector(onread: OnReadOpts): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    readonly #options: RedisOptions

    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? 0)
      this.#options = options as RedisOptions
    }

    async connect(): Promise<Socket> {
      const { path, host, port, tls } = this.#options
      this.connecting = true
      const where = path !== undefined && path !== null ? { path } : { host: host!, port: port! }
      const secure: ConnectionOptions & { onread: OnReadOpts } = { ...where, ...tls, onread }
      this.stream = tls ? connectTls(secure) : createConnection({ ...where, onread })
      return this.stream as Socket
    }
  }
}
