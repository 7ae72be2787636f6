// Outcomes on their way into Redis: once, whoever comes first, and told to who waits. Those that come while others are on
// their way go together.
import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type Outcome, resultId } from '../executor.ts'
import { Gathering } from './gathering.ts'
import { type Keys, Life } from './keys.ts'
import type { Message } from './messages.ts'
import type { Scripts } from './scripts.ts'
import { setLarge } from './set-large.ts'
import { type Encoded, encodeOutcome, storeOutside } from './values.ts'
import type { Place } from './wire.ts'

interface Result {
  /** Of the object. */
  readonly id: string
  /** Empty where it is under a key that was made for it. */
  readonly frame: Buffer | ''
  /** Keys that were made for it. */
  readonly own: readonly string[]
}

interface Call {
  readonly call: string
  readonly place: Place
  readonly results: readonly Result[]
}

interface Settled extends Call {
  readonly done: () => void
  readonly failed: (error: Error) => void
}

/** Of one message: a driver reads it at once. */
const MOST_CALLS = 64
const MOST_BYTES = 128 * 1024
/** A script's commands have a limit of some thousands of words. */
const MOST_RESULTS = 500
/** Larger frames do not go through the script: see there. */
const MOST_IN_SCRIPT = 16 * 1024
/** So many are worth a message, while others are about to follow. */
const ENOUGH = 16

/** For one caller. */
interface Lane {
  readonly owner: string
  readonly results: Gathering<Settled>
  /** Messages on their way. */
  underWay: number
}

export class Settler {
  readonly #redis: Redis & Scripts
  readonly #keys: Keys
  readonly #lanes = new Map<string, Lane>()
  /** Whether more results are about to come: then they come together. */
  isBusy: () => boolean = () => false

  constructor(redis: Redis & Scripts, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  readonly #maker = randomBytes(6).toString('base64url')
  #made = 0

  /** Resolves when they are stored. */
  async settle(call: string, place: Place, owner: string, outcomes: readonly Outcome[]): Promise<void> {
    const by = `${this.#maker}${(this.#made++).toString(36)}`
    const encoded = outcomes.map((outcome, i) => encodeOutcome(outcome, resultId(call, i), this.#keys, by))
    // On one connection, in this order: the script looks whether all has arrived.
    const sent: Promise<unknown>[] = []
    const results = encoded.map((each, i): Result => this.#prepare(each, resultId(call, i), by, sent))
    if (sent.length === 0) return this.#join({ call, place, results }, owner)
    const parts = Promise.all(sent)
    parts.catch(() => {})
    try {
      if (encoded.some(({ outside }) => outside.length > 0))
        await this.#send([{ call, place, results }], owner)
      else await this.#join({ call, place, results }, owner)
    } catch (error) {
      await parts
      throw error
    }
  }

  /** What is not to go through the script is sent ahead. */
  #prepare(encoded: Encoded, id: string, by: string, sent: Promise<unknown>[]): Result {
    const { frame, outside } = encoded
    const own = outside.map(({ key }) => key)
    if (outside.length > 0) sent.push(storeOutside(this.#redis, encoded, Life.object))
    if (frame.length <= MOST_IN_SCRIPT) return { id, frame, own }
    const made = this.#keys.made(id, by)
    sent.push(setLarge(this.#redis, made, frame, Life.object))
    return { id, frame: '', own: [made, ...own] }
  }

  #join(settled: Call, owner: string): Promise<void> {
    let lane = this.#lanes.get(owner)
    if (lane === undefined) this.#lanes.set(owner, (lane = this.#lane(owner)))
    const { results } = lane
    return new Promise((done, failed) => results.add({ ...settled, done, failed }))
  }

  #lane(owner: string): Lane {
    const lane: Lane = {
      ...{ owner, underWay: 0 },
      results: new Gathering(
        ({ length }) => length < ENOUGH && this.isBusy(),
        () => this.#flush(lane),
      ),
    }
    return lane
  }

  /** While one message is on its way, results gather for the next. */
  #flush(lane: Lane): void {
    const { owner, results } = lane
    if (lane.underWay > 0 && results.size < MOST_CALLS) return
    const all = results.take()
    if (all.length === 0) {
      if (lane.underWay === 0 && results.isIdle) this.#lanes.delete(owner)
      return
    }
    for (let at = 0; at < all.length; ) {
      const from = at
      for (let bytes = 0, count = 0; at < all.length && at - from < MOST_CALLS; at++) {
        if (bytes >= MOST_BYTES || count >= MOST_RESULTS) break
        count += all[at]!.results.length
        for (const { frame } of all[at]!.results) bytes += frame.length
      }
      const batch = all.slice(from, at)
      lane.underWay++
      void this.#send(batch, owner).then(
        () => {
          for (const { done } of batch) done()
          this.#sent(lane)
        },
        (error: Error) => {
          for (const { failed } of batch) failed(error)
          this.#sent(lane)
        },
      )
    }
  }

  #sent(lane: Lane): void {
    lane.underWay--
    lane.results.flush()
  }

  async #send(calls: readonly Call[], owner: string): Promise<void> {
    const keys = this.#keys
    const message: Message = { kind: 'done', calls: calls.map(({ call, results }) => [call, results.length]) }
    const batches = new Map<string, Place[]>()
    for (const { place } of calls) {
      const known = batches.get(place.batch)
      if (known === undefined) batches.set(place.batch, [place])
      else known.push(place)
    }
    const names = [keys.inbox(owner), keys.lease(owner)]
    const values: (string | number | Buffer)[] = [
      ...[Life.object, Life.call, keys.inbox(''), JSON.stringify(message), batches.size],
      calls.reduce((sum, { results }) => sum + results.length, 0),
    ]
    for (const { results } of calls)
      for (const { id, frame, own } of results) {
        names.push(keys.object(id), keys.watchers(id), ...own)
        values.push(id, frame, own.length)
      }
    for (const [batch, places] of batches) {
      names.push(keys.call(batch), keys.batch(batch))
      values.push(places[0]!.size, places.length)
      for (const { index } of places) values.push(index)
    }
    await this.#redis.cornichonSettle(names.length, ...names, ...values)
  }
}
