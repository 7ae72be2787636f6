// GET of many bytes, on a connection of its own. The client gets a new piece of memory for each read, keeps all, and joins
// them in the end; here the socket reads into one buffer, again and again, and each piece is copied to where it is to be.
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
  #connection: Redis | null = null
  #opening: Promise<Socket | null> | null = null
  #open: Socket | null = null
  #failedAt = Number.NEGATIVE_INFINITY
  #isClosed = false
  #waiting: Wanted[] = []
  /** Asked for, in this order, and how many bytes they are. */
  #asked: Wanted[] = []
  #ahead = 0

  readonly #stuckAfter: number

  constructor(options: RedisOptions, stuckAfter = STUCK) {
    this.#options = options
    this.#stuckAfter = stuckAfter
  }

  get(key: string, target: Buffer | null = null): Promise<Buffer | null> {
    const socket = this.#open
    return socket === null ? this.#getWhenOpen(key, target) : this.#get(socket, key, target)
  }

  async #getWhenOpen(key: string, target: Buffer | null): Promise<Buffer | null> {
    const socket = await this.#socket()
    return socket === null ? null : this.#get(socket, key, target)
  }

  #get(socket: Socket, key: string, target: Buffer | null): Promise<Buffer | null> {
    return new Promise((done) => {
      if (socket.destroyed) return done(null)
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

  #socket(): Promise<Socket | null> | null {
    if (this.#opening === null) {
      if (this.#isClosed || Date.now() - this.#failedAt < RETRY_AFTER) return null
      this.#opening = this.#connect()
    }
    return this.#opening
  }

  /** The client opens it, says who we are, and is then left out. */
  async #connect(): Promise<Socket | null> {
    let isOurs = false
    const buffer = Buffer.allocUnsafeSlow(READ_SIZE)
    const socketOf = () => (redis as unknown as { stream: Socket }).stream
    const read = (size: number) => {
      const piece = buffer.subarray(0, size)
      if (isOurs) this.#take(piece, socketOf())
      else socketOf().emit('data', Buffer.from(piece))
      return true
    }
    const redis = new Redis({
      ...this.#options,
      retryStrategy: () => null,
      Connector: connector({ buffer, callback: read }),
    })
    this.#connection = redis
    redis.on('error', () => {})
    const stuck = setTimeout(() => redis.disconnect(), this.#stuckAfter).unref()
    try {
      await redis.connect()
      // All that the client had to say is answered by then.
      await redis.ping()
      clearTimeout(stuck)
      isOurs = true
      const socket = socketOf()
      socket.on('close', () => this.#lost(redis))
      // The usual connection is asked then.
      socket.setTimeout(this.#stuckAfter)
      // Each time: it may have been idle before, with nothing asked.
      socket.on('timeout', () => this.#asked.length > 0 && this.#lost(redis))
      // Who waits for a value keeps the process alive, not the connection.
      socket.unref()
      if (!socket.destroyed && !this.#isClosed) return (this.#open = socket)
    } catch {}
    clearTimeout(stuck)
    this.#failedAt = Date.now()
    this.#lost(redis)
    return null
  }

  #lost(redis: Redis): void {
    redis.disconnect()
    if (this.#connection !== redis) return
    this.#connection = null
    this.#opening = null
    this.#open = null
    this.#line = ''
    this.#left = null
    this.#value = null
    this.#ahead = 0
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
        if (!this.#begin(this.#line.slice(0, -2))) return
        this.#line = ''
        continue
      }
      const size = Math.min(this.#left, piece.length - at)
      if (this.#value !== null && this.#at < this.#value.length)
        piece.copy(this.#value, this.#at, at, at + size)
      this.#at += size
      this.#left -= size
      at += size
      if (this.#left === 0) this.#end(this.#value)
    }
    if (this.#waiting.length > 0) this.#ask(socket)
  }

  #begin(line: string): boolean {
    const kind = line[0]
    const length = Number(line.slice(1))
    // Null as it is said in either version of the protocol, and an error, which the usual connection will tell of.
    if (line === '$-1' || kind === '_' || kind === '-') this.#end(null)
    else if (kind === '$' && Number.isSafeInteger(length) && this.#asked.length > 0) {
      const { target } = this.#asked[0]!
      this.#value =
        target === null ? Buffer.allocUnsafeSlow(length) : target.length === length ? target : null
      this.#at = 0
      this.#left = length + 2
    } else {
      // Not what was asked for: the usual connection goes on alone.
      this.#failedAt = Date.now()
      this.#lost(this.#connection!)
      return false
    }
    return true
  }

  #end(value: Buffer | null): void {
    this.#left = null
    this.#value = null
    const wanted = this.#asked.shift()
    if (wanted === undefined) return
    this.#ahead -= sizeOf(wanted)
    wanted.done(value)
  }

  close(): void {
    this.#isClosed = true
    if (this.#connection !== null) this.#lost(this.#connection)
  }
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
