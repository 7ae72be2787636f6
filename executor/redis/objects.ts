// Objects as one process knows them: which are there, who waits for them here, who holds them. Values of up to 100 KiB,
// results of up to 16, are kept as they came; larger ones stay in Redis until somebody wants them. Results of up to 100 KiB
// that are read again are kept then, as far as there is room.
import { setImmediate } from '../../serializer/globals.ts'
import { promiseOf } from '../../serializer/promises.ts'
import type { Outcome } from '../executor.ts'
import { type Failure, failureOf } from '../failures.ts'
import { Kept } from '../kept.ts'
import { copyOf, sharesMemory } from '../payload.ts'
import { dropShared, tellGiven, tellShared } from './job-objects.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import { Makers } from './makers.ts'
import { unlinkAll } from './unlink.ts'
import {
  claimedGlance,
  decodeOutcome,
  decodeWhole,
  encodeFailure,
  encodeOutcome,
  type Glance,
  glance,
  INLINE_LIMIT,
  outsideKeys,
  storeOutside,
} from './values.ts'

/** So many are remembered until the end; those before end by their time. */
const MOST_LEFT = 100_000
/** Bytes of results that were read, for who asks for them again. */
const MOST_READ = 64 * 2 ** 20

/** Told what a frame says of itself, too. */
type Waiter = (frame: Buffer, about: Glance) => void

class Entry {
  /** As it is in Redis, large parts aside; null while it is pending. */
  frame: Buffer | null = null
  /** What the frame says of itself; null while there is none. */
  about: Glance | null = null
  waiters: Waiter[] | null = null
  holds = 0
  /** Nobody has held it yet: whoever made the call is about to. */
  isFresh = true
  /** Made by calls of this process: dropped in Redis, too, when nobody holds it. */
  readonly isOwn: boolean
  /** Its ref went into another value: others of this job may have it, so that only the end of that, or its time, ends it. */
  isShared = false
  /** It may be with somebody who outlives this process: only its time ends it. */
  isGiven = false
  isWatched = false
  /** It was read: who reads it again may do so once more. */
  wasRead = false
  /** When its life in Redis was made longer last. */
  renewed = 0
  /** Whose task made it, where that is another process: it is asked at the end. */
  driver: string | null = null

  constructor(isOwn: boolean) {
    this.isOwn = isOwn
  }
}

export class RedisObjects {
  readonly #entries = new Map<string, Entry>()
  readonly #link: Link
  readonly #doomed: string[] = []
  /** Of this process, shared, and let go of here: they go at its end. The oldest first. */
  readonly #left = new Map<string, { readonly about: Glance | null; readonly until: number }>()

  /** Results that were read, each for whoever asks, too, while it is being read. */
  readonly #read = new Kept<Promise<Outcome>>(Number.POSITIVE_INFINITY, MOST_READ)

  readonly #makers: Makers

  constructor(link: Link) {
    this.#link = link
    this.#makers = new Makers(link)
    link.onBeat(() => this.#renew())
    link.onBeat(() => void this.#checkMakers().catch(() => {}))
  }

  /** An object that a call of this process will make, on a worker for a task of `driver`. */
  expect(id: string, driver: string | null = null): void {
    let entry = this.#entries.get(id)
    if (entry === undefined) this.#entries.set(id, (entry = new Entry(true)))
    entry.driver ??= driver
  }

  #foreign(id: string): Entry {
    let entry = this.#entries.get(id)
    if (entry === undefined) {
      this.#entries.set(id, (entry = new Entry(false)))
      entry.renewed = Date.now()
    }
    return entry
  }

  /** It is in Redis by now: the frame as it is there. */
  settle(id: string, sealed: Buffer): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.frame !== null) return
    let frame: Buffer
    let about: Glance
    try {
      frame = this.#link.keys.seal.open(sealed, id)
      about = glance(frame)
    } catch (error) {
      frame = lostFrame(id, `object ${id} is refused: ${(error as Error).message}`, this.#link)
      about = glance(frame)
    }
    this.#settle(id, entry, frame, about)
  }

  /** The same with an open frame. */
  settleHere(id: string, frame: Buffer): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined && entry.frame === null) this.#settle(id, entry, frame)
  }

  #settle(id: string, entry: Entry, frame: Buffer, about = glance(frame)): void {
    entry.frame = frame
    entry.about = about
    entry.renewed = Date.now()
    for (const inner of about.refs) this.hold(inner)
    if (entry.isGiven) this.give(about.refs)
    if (entry.isShared && entry.isOwn) this.forget(this.#makers.made(id))
    const { waiters } = entry
    entry.waiters = null
    if (waiters !== null) {
      for (const waiter of waiters) waiter(frame, about)
      this.#link.alive.end()
    }
    // One that another made, and that nobody here has a ref to, was only asked for.
    if (entry.holds <= 0 && !(entry.isFresh && entry.isOwn)) this.#drop(id, entry)
  }

  isSettled(id: string): boolean {
    const entry = this.#foreign(id)
    if (entry.frame === null && !entry.isOwn) this.#watch(id, entry)
    return entry.frame !== null
  }

  isExpected(id: string): boolean {
    return this.#entries.get(id)?.frame === null
  }

  /** Calls back when the object is there; at once if it is. */
  whenSettled(id: string, callback: Waiter): void {
    const entry = this.#foreign(id)
    if (entry.frame !== null) return callback(entry.frame, entry.about!)
    if (entry.waiters === null) {
      entry.waiters = []
      this.#link.alive.begin()
    }
    entry.waiters.push(callback)
    if (!entry.isOwn) this.#watch(id, entry)
  }

  outcome(id: string): Promise<Outcome> {
    return promiseOf<Outcome | Promise<Outcome>>((resolve) => {
      this.whenSettled(id, (frame, about) =>
        resolve(about.plain ?? (about.outside === null ? whole(id, frame) : this.#value(id, frame, about))),
      )
    }) as Promise<Outcome>
  }

  #value(id: string, frame: Buffer, about: Glance): Promise<Outcome> {
    if (about.size > INLINE_LIMIT) return this.decode(id, frame)
    const entry = this.#entries.get(id)
    const known = this.#read.get(id)
    if (known !== undefined) {
      if (entry !== undefined) entry.wasRead = true
      return known.then((outcome) => (mayBeKept(outcome) ? copyOfOutcome(outcome) : this.decode(id, frame)))
    }
    const reading = this.decode(id, frame)
    // Not one that was let go of meanwhile.
    if (entry?.frame !== frame) return reading
    this.#read.add(id, reading, about.size)
    return reading.then((outcome) => {
      // Whoever asks has a value's buffers for itself. Most are asked for once: those are not copied.
      if (mayBeKept(outcome) && (entry.wasRead || !hasBuffers(outcome))) return copyOfOutcome(outcome)
      if (this.#read.get(id) === reading) this.#read.remove(id)
      entry.wasRead = true
      return outcome
    })
  }

  async decode(id: string, frame: Buffer): Promise<Outcome> {
    const { alive } = this.#link
    alive.begin()
    try {
      return await decodeOutcome(frame, id, this.#link)
    } catch (error) {
      // That may say why it is not there.
      await this.#storing.get(id)
      const known = this.#entries.get(id)?.frame ?? frame
      return known === frame ? unreadable(id, error) : whole(id, known)
    } finally {
      alive.end()
    }
  }

  /** One that another process makes: Redis is asked, and tells when it is there. */
  #watch(id: string, entry: Entry): void {
    if (entry.isWatched) return
    entry.isWatched = true
    this.#ask(id)
  }

  #ask(id: string): void {
    const { redis, keys } = this.#link
    redis.cornichonWatchBuffer(2, keys.object(id), keys.watchers(id), this.#link.id, Life.object).then(
      (frame) => {
        if (frame !== null) this.settle(id, frame)
      },
      () => {},
    )
  }

  /** Told, or to be on the safe side. */
  fetch(id: string): void {
    if (this.isExpected(id)) this.#ask(id)
  }

  put(id: string, outcome: Outcome, driver: string | null = null): void {
    this.expect(id, driver)
    const { redis, keys, alive } = this.#link
    const encoded = encodeOutcome(outcome, id, keys)
    alive.begin()
    const stored = Promise.all([
      storeOutside(redis, encoded, Life.object),
      redis.set(keys.object(id), encoded.frame, 'PX', Life.object),
    ])
    this.#storing.set(
      id,
      stored
        .then(
          () => {},
          (error: Error) => this.#fail(id, `object ${id} could not be stored: ${error.message}`),
        )
        .finally(() => {
          this.#storing.delete(id)
          alive.end()
        }),
    )
    this.settleHere(id, encoded.open)
  }

  /** What was put and is on its way. */
  readonly #storing = new Map<string, Promise<void>>()

  /** What was settled turns out not to be so. */
  #fail(id: string, message: string): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) this.#replace(id, entry, lostFrame(id, message, this.#link))
  }

  #replace(id: string, entry: Entry, frame: Buffer): void {
    this.#read.remove(id)
    entry.frame = frame
    entry.about = glance(frame)
  }

  hold(id: string): void {
    const entry = this.#foreign(id)
    entry.holds++
    entry.isFresh = false
  }

  release(id: string, count = 1): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.holds -= count
    if (entry.holds <= 0 && !entry.isFresh && (entry.frame !== null || !entry.isOwn)) this.#drop(id, entry)
  }

  share(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry === undefined || entry.isShared) continue
      entry.isShared = true
      if (entry.isOwn && entry.frame === null) this.#makers.say(id)
      if (entry.driver !== null) tellShared(this.#link, entry.driver, id)
    }
  }

  /** Those that are waited for here, and that nobody will make. */
  async #checkMakers(): Promise<void> {
    for (const [id, message] of await this.#makers.lost([...this.watched()]))
      if (this.isExpected(id)) this.settleHere(id, lostFrame(id, message, this.#link))
  }

  /** Whether somebody may have its ref who outlives this process. */
  isGiven(id: string): boolean {
    return this.#entries.get(id)?.isGiven === true
  }

  /** To an actor that is not this process's own: with all that is within. */
  give(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry === undefined || entry.isGiven) continue
      entry.isShared = entry.isGiven = true
      if (entry.isOwn && entry.frame === null) this.#makers.say(id)
      // Whose it is has to know.
      if (!entry.isOwn || entry.driver !== null) tellGiven(this.#link, id)
      if (entry.about !== null) this.give(entry.about.refs)
    }
  }

  free(id: string): void {
    const entry = this.#foreign(id)
    const lost = lostFrame(id, `object ${id} is not in the store: it was freed`, this.#link)
    this.#unlink(id, entry.about)
    if (entry.frame === null) this.settleHere(id, lost)
    else this.#replace(id, entry, lost)
  }

  #drop(id: string, entry: Entry): void {
    // Somebody still waits for it.
    if (entry.waiters !== null) return
    if (!this.#entries.delete(id)) return
    this.#read.remove(id)
    if (entry.about !== null) for (const inner of entry.about.refs) this.release(inner)
    if (!entry.isOwn || entry.isGiven) return
    if (!entry.isShared) this.#unlink(id, entry.about)
    else if (this.#link.kind === 'driver') this.#leave(id, entry.about)
  }

  #leave(id: string, about: Glance | null): void {
    const now = Date.now()
    this.#left.set(id, { about: about?.outside === null ? null : about, until: now + Life.object })
    for (const [oldest, { until }] of this.#left) {
      if (until > now && this.#left.size <= MOST_LEFT) break
      this.#left.delete(oldest)
    }
  }

  #unlink(id: string, about: Glance | null): void {
    const { keys } = this.#link
    this.forget([keys.object(id)])
    if (about !== null && about.outside !== null) this.forget(outsideKeys(about, id, keys))
  }

  /** Keys that nobody needs any more. */
  forget(keys: readonly string[]): void {
    if (keys.length === 0) return
    if (this.#doomed.length === 0) setImmediate(() => this.#sweep()).unref?.()
    for (const key of keys) this.#doomed.push(key)
  }

  async #sweep(): Promise<void> {
    await unlinkAll(this.#link.redis, this.#doomed.splice(0)).catch(() => {})
  }

  /** What is held here lives on in Redis. */
  #renew(): void {
    const now = Date.now()
    for (const [id, entry] of this.#entries) {
      if (now - entry.renewed < Life.object / 3) continue
      if (entry.about === null && entry.isOwn) continue
      entry.renewed = now
      if (entry.about !== null) this.#prolong(id, entry.about)
      else this.#renewUnseen(id).catch(() => {})
    }
  }

  #prolong(id: string, about: Glance): void {
    const { redis, keys } = this.#link
    for (const key of [keys.object(id), ...outsideKeys(about, id, keys)])
      redis.pexpire(key, Life.object).catch(() => {})
  }

  /** A ref of it is here, and nobody has asked for it. */
  async #renewUnseen(id: string): Promise<void> {
    const { redis, keys } = this.#link
    const frame = await redis.getBuffer(keys.object(id))
    const about = frame === null ? null : claimedGlance(frame)
    if (about !== null) this.#prolong(id, about)
  }

  /** Those that other processes make, and that are waited for here. */
  *watched(): Iterable<string> {
    for (const [id, entry] of this.#entries)
      if (entry.frame === null && entry.isWatched && entry.waiters !== null) yield id
  }

  failPending(failure: Failure): void {
    const frame = encodeFailure(failure)
    for (const [id, entry] of [...this.#entries]) if (entry.frame === null) this.settleHere(id, frame)
  }

  /** Nobody is there any more for what its tasks made here. What they gave away is the driver's to drop. */
  forgetDriver(driver: string): void {
    for (const [id, { isOwn, isShared, driver: whose, about }] of this.#entries)
      if (isOwn && whose === driver && !isShared) this.#unlink(id, about)
  }

  /** At the end nothing of this process stays; of a worker, but what others may have: those are other drivers' tasks. */
  async clear(): Promise<void> {
    const isDriver = this.#link.kind === 'driver'
    const shared = new Map<string, Glance | null>()
    for (const [id, { isOwn, isShared, isGiven, about }] of this.#entries) {
      if (!isOwn || isGiven) continue
      if (!isShared) this.#unlink(id, about)
      else shared.set(id, about)
    }
    for (const [id, { about }] of this.#left) shared.set(id, about)
    this.#entries.clear()
    this.#left.clear()
    await Promise.all([this.#sweep(), isDriver && dropShared(this.#link, shared)])
  }

  describe(): { count: number; pending: number; bytes: number } {
    let pending = 0
    let bytes = 0
    for (const { about } of this.#entries.values()) {
      if (about === null) pending++
      else if (about.ok) bytes += about.size
    }
    return { count: this.#entries.size, pending, bytes }
  }
}

function whole(id: string, frame: Buffer): Outcome {
  try {
    return decodeWhole(frame)
  } catch (error) {
    return unreadable(id, error)
  }
}

function unreadable(id: string, error: unknown): Outcome {
  return {
    ok: false,
    failure: failureOf('lost', `object ${id} can't be read: ${(error as Error).message}`),
  }
}

/** What can't be read may be there the next time; and memory that is shared is not to be so by all who ask. */
function mayBeKept(outcome: Outcome): boolean {
  return outcome.ok && !sharesMemory(outcome.value)
}

function hasBuffers(outcome: Outcome): boolean {
  return outcome.ok && 'buffers' in outcome.value
}

/** Whoever gets a value has its memory. */
function copyOfOutcome(outcome: Outcome): Outcome {
  return outcome.ok ? { ok: true, value: copyOf(outcome.value) } : outcome
}

export function lostFrame(id: string, message: string, { keys }: Link): Buffer {
  return encodeOutcome({ ok: false, failure: failureOf('lost', message) }, id, keys).open
}
