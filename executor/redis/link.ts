// A process's tie to the fleet: its connections, its name, its lease, and how it hears and says things.

import { randomBytes } from 'node:crypto'
import type { Redis, RedisOptions } from 'ioredis'
import { fromJson, toJson } from '../../runtime-env/json.ts'
import { clearInterval, setInterval } from '../../serializer/globals.ts'
import {
  beforeResending,
  connect,
  gatherWrites,
  open,
  redisOptions,
  type TlsFiles,
  whileJoining,
} from './connection.ts'
import { LargeReader } from './get-large.ts'
import { type Entry, Inbox } from './inbox.ts'
import { KeepAlive } from './keep-alive.ts'
import { Keys, Life } from './keys.ts'
import { Line } from './line.ts'
import type { Message } from './messages.ts'
import { type Scripts, withScripts } from './scripts.ts'
import { Seal, type SealSettings } from './seal.ts'
import { Settler } from './settle.ts'
import { Watch } from './watch.ts'

export interface LinkSettings {
  readonly address: string
  readonly namespace?: string
  readonly tls?: TlsFiles
  readonly seal?: SealSettings
  /** Milliseconds: see connection.ts. */
  readonly longestWait?: number
}

const CONTROL_LENGTH = 10_000

export class Link {
  readonly id: string
  readonly kind: 'driver' | 'node'
  readonly address: string
  readonly keys: Keys
  readonly redis: Redis & Scripts
  readonly options: RedisOptions
  readonly large: LargeReader
  readonly alive: KeepAlive
  readonly settler: Settler
  readonly line: Line
  /** When. */
  readonly joined = Date.now()
  readonly #inbox: Inbox
  readonly #watch = new Watch()
  readonly #beats: (() => void)[] = []
  readonly #timer: NodeJS.Timeout
  readonly #others: Redis[] = []
  #lease: () => string
  #back = Number.NEGATIVE_INFINITY
  #listener: (entries: readonly Entry[]) => void = () => {}

  private constructor(
    id: string,
    kind: 'driver' | 'node',
    settings: LinkSettings,
    options: RedisOptions,
    redis: Redis,
    controlFrom: string,
    keys: Keys,
    lease: () => string,
    logs: boolean,
  ) {
    this.id = id
    this.kind = kind
    this.address = settings.address
    this.options = options
    this.keys = keys
    this.redis = withScripts(redis)
    gatherWrites(redis)
    this.large = new LargeReader(options)
    this.settler = new Settler(this.redis, keys)
    this.#lease = lease
    this.alive = new KeepAlive(redis)
    // Until it has joined.
    this.alive.begin()
    const reader = open(options, settings.address, false)
    this.alive.add(reader)
    void reader.connect().catch(() => {})
    const shared: [string, string][] = [[this.keys.control, controlFrom]]
    if (logs) shared.push([this.keys.logs(id), '0'])
    this.#inbox = new Inbox(reader, redis, { inbox: this.keys.inbox(id), shared }, (entries) =>
      this.#listener(entries),
    )
    const listener = this.connection()
    this.line = new Line(listener, this.keys.line(id))
    for (const each of [redis, listener]) this.#watch.add(each)
    this.#timer = setInterval(() => this.#beat(), Life.beat)
    this.#timer.unref()
    redis.on('ready', () => {
      this.#back = Date.now()
      this.#beat()
    })
  }

  /** `lease` is what others may know of the process, as JSON. */
  static async open(
    kind: 'driver' | 'node',
    settings: LinkSettings,
    lease: () => string,
    check: (redis: Redis, keys: Keys) => Promise<void>,
    readsLogs: boolean,
  ): Promise<Link> {
    const options = redisOptions(settings.address, settings.tls, settings.longestWait)
    const namespace = settings.namespace ?? 'default'
    const keys = new Keys(namespace, new Seal(settings.seal, namespace))
    const id = `${kind}-${randomBytes(5).toString('hex')}`
    const redis = await connect({ ...options, connectionName: id }, settings.address)
    try {
      await check(redis, keys)
      const [last] = await redis.xrevrange(keys.control, '+', '-', 'COUNT', 1)
      await redis.set(keys.lease(id), lease(), 'PX', Life.lease)
      await redis.sadd(kind === 'node' ? keys.nodes : keys.drivers, id)
      return new Link(id, kind, settings, options, redis, last?.[0] ?? '0', keys, lease, readsLogs)
    } catch (error) {
      redis.disconnect()
      throw whileJoining(error, settings.address)
    }
  }

  listen(listener: (entries: readonly Entry[]) => void): void {
    this.#listener = listener
  }

  /** Every few seconds, and when a lost connection is there again. */
  onBeat(work: () => void): void {
    this.#beats.push(work)
  }

  #beat(): void {
    this.renewLease()
    for (const work of this.#beats) work()
  }

  /** The set of all processes of its kind. */
  get #kindred(): string {
    return this.kind === 'node' ? this.keys.nodes : this.keys.drivers
  }

  renewLease(): void {
    const { redis, keys, id } = this
    // A Redis that is full lets what is there last.
    const last = () => redis.pexpire(keys.lease(id), Life.lease)
    redis
      .set(keys.lease(id), this.#lease(), 'PX', Life.lease)
      .catch(last)
      .catch(() => {})
    // Who was away for longer than its lease was struck off, and a Redis may have lost all.
    redis.sadd(this.#kindred, id).catch(() => {})
    redis.pexpire(keys.inbox(id), Life.note).catch(() => {})
  }

  /** See connection.ts. */
  beforeResending(work: () => void): void {
    beforeResending(this.redis, work)
  }

  /** To one process. */
  tell(process: string, message: Message): void {
    const key = this.keys.inbox(process)
    this.redis.xadd(key, '*', 'm', toJson(message)).catch(() => {})
    this.redis.pexpire(key, Life.note).catch(() => {})
  }

  /** To all. */
  tellAll(message: Message): Promise<unknown> {
    return this.redis
      .xadd(this.keys.control, 'MAXLEN', '~', CONTROL_LENGTH, '*', 'm', toJson(message))
      .catch(() => {})
  }

  /** A connection of its own, for what blocks. */
  connection(): Redis {
    const redis = open(this.options, this.address, false)
    this.#others.push(redis)
    this.alive.add(redis)
    return redis
  }

  /** When a lost connection was there again. */
  get back(): number {
    return this.#back
  }

  /** Others were cut off, too, and their leases may be over: they come back one after another. */
  get isJustBack(): boolean {
    return Date.now() - this.#back < Life.lease
  }

  /** There is a connection, and Redis answers what is asked over it. */
  get isConnected(): boolean {
    return this.redis.status === 'ready' && !this.#watch.isSilent(this.redis)
  }

  /** A process whose event loop stands still does not renew its lease; its connection is there all the same. */
  async isAlive(process: string): Promise<boolean> {
    if ((await this.redis.exists(this.keys.lease(process))) === 1) return true
    return (await this.#clients())?.includes(` name=${process} `) === true
  }

  /** Which of these have a connection just now: one that was killed has none, and a lease for some seconds yet. */
  async connected(processes: readonly string[]): Promise<readonly string[]> {
    return (await this.#connected(processes)) ?? processes
  }

  /** Which of these have a connection, or where that may not be asked, a lease. */
  async present(processes: readonly string[]): Promise<readonly string[]> {
    const connected = await this.#connected(processes)
    if (connected !== null) return connected
    const leases = await this.redis.mget(processes.map(this.keys.lease))
    return processes.filter((_, i) => leases[i] !== null)
  }

  async #connected(processes: readonly string[]): Promise<readonly string[] | null> {
    const clients = await this.#clients()
    if (clients === null) return null
    const names = new Set(Array.from(clients.matchAll(/ name=(\S+) /g), ([, name]) => name))
    return processes.filter((process) => names.has(process))
  }

  /** Null where the user of Redis may not ask. */
  async #clients(): Promise<string | null> {
    return await this.redis.client('LIST').then(String, () => null)
  }

  /** With `keepFor`, others go on to see it as alive for so long; for people, its lease says that it has left. */
  async close(keepFor = 0): Promise<void> {
    clearInterval(this.#timer)
    this.#inbox.close()
    this.large.close()
    const { redis, keys, id } = this
    if (redis.status === 'ready' && keepFor > 0) {
      const left = toJson({ ...(fromJson(this.#lease()) as object), hasLeft: true })
      await redis.set(keys.lease(id), left, 'PX', keepFor)
    } else if (redis.status === 'ready') {
      await Promise.all([
        redis.unlink(keys.lease(id), keys.inbox(id)),
        redis.srem(keys.nodes, id),
        redis.srem(keys.drivers, id),
      ]).catch(() => {})
    }
    this.#watch.close()
    for (const other of this.#others) other.disconnect()
    redis.disconnect()
    this.alive.close()
  }
}
