// Calls that are handed to this process directly. It says for how many it has room while it has nothing to do, and who
// makes a call then gives it here at once: see enqueue.ts. What is said is a hint, and put right with each beat; what comes
// is a job like any other, locked for this process.
import { type Handed, readHanded } from '../enqueue.ts'
import { Life } from '../keys.ts'
import { Said } from '../line.ts'
import type { Link } from '../link.ts'

/** Milliseconds. */
const LATER = 1

export class Handoffs {
  readonly #link: Link
  readonly #member: string
  readonly #recoverAfter: number
  readonly #deliver: (handed: Handed, isLate: boolean) => void
  #isClosed = false
  /** How far the clock of Redis is ahead. */
  #ahead = 0
  #hasClock = false
  /** By queue: what Redis has, as far as is known here. */
  readonly #offered = new Map<string, number>()
  readonly #rooms = new Map<string, (offered: number) => number>()

  constructor(link: Link, recoverAfter: number, deliver: (handed: Handed, isLate: boolean) => void) {
    this.#link = link
    this.#recoverAfter = recoverAfter
    this.#deliver = deliver
    this.#member = `${link.id} ${recoverAfter}`
    link.line.hear(Said.Handed, (message) => this.#receive(message))
    link.line.onOpen(() => this.#beat())
    link.onBeat(() => this.#beat())
    if (link.line.isOpen) this.#beat()
  }

  async #setClock(): Promise<void> {
    const before = Date.now()
    const [seconds, microseconds] = await this.#link.redis.time()
    this.#ahead = Number(seconds) * 1000 + Number(microseconds) / 1000 - (before + Date.now()) / 2
    this.#hasClock = true
  }

  #beat(): void {
    void this.#setClock().then(
      () => {
        this.#offered.clear()
        for (const queue of this.#rooms.keys()) this.look(queue)
      },
      () => {},
    )
  }

  /** `room` says how many calls of a queue could start, where so many are offered. */
  add(queue: string, room: (offered: number) => number): void {
    this.#rooms.set(queue, room)
  }

  get #mayOffer(): boolean {
    return this.#link.line.isOpen && this.#hasClock && !this.#isClosed
  }

  /** There may be more room, or less. */
  look(queue: string): void {
    if (!this.#mayOffer) return
    const offered = this.#offered.get(queue)
    if (offered === undefined || offered === 0) {
      if (this.#due.size === 0) process.nextTick(() => this.#offer(this.#due))
      this.#due.add(queue)
    } else {
      // Some are offered: that can wait until what goes on now is done.
      this.#timer ??= setTimeout(() => {
        this.#timer = null
        this.#offer(this.#later)
      }, LATER).unref()
      this.#later.add(queue)
    }
  }

  readonly #due = new Set<string>()
  readonly #later = new Set<string>()
  #timer: NodeJS.Timeout | null = null

  #offer(queues: Set<string>): void {
    const due = [...queues]
    queues.clear()
    if (!this.#mayOffer) return
    const { redis, keys } = this.#link
    for (const queue of due) {
      const offered = this.#offered.get(queue)
      const room = this.#rooms.get(queue)!(offered ?? 0)
      // A little less than there is room for will do: that saves a command for most calls.
      if (offered !== undefined && room >= offered && (room === 0 || offered > room / 2)) continue
      const key = keys.idle(queue)
      this.#offered.set(queue, room)
      if (room > 0) {
        redis.zadd(key, room, this.#member).catch(() => {})
        // What is left of who is gone goes with the rest.
        redis.pexpire(key, Life.lease).catch(() => {})
      } else if (offered !== undefined) redis.zrem(key, this.#member).catch(() => {})
    }
  }

  #receive(message: Buffer): void {
    const handed = readHanded(message)
    if (handed === null || !this.#rooms.has(handed.queue)) return
    const { queue, size, time } = handed
    const offered = this.#offered.get(queue)
    if (offered !== undefined) this.#offered.set(queue, Math.max(0, offered - size))
    // This process was held up, or cut off: the job may be another's by now.
    this.#deliver(handed, Date.now() + this.#ahead - time > this.#recoverAfter / 2)
    this.look(queue)
  }

  /** Nothing more comes when it resolves. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { redis, keys } = this.#link
    for (const queue of this.#offered.keys()) redis.zrem(keys.idle(queue), this.#member).catch(() => {})
    await this.#link.line.close()
  }
}
