// Outcomes on their way into Redis: once, whoever comes first, and told to who waits. Those that come while others are on
// their way go together.
import type { Redis } from 'ioredis'
import { type Outcome, resultId } from '../executor.ts'
import { type Keys, Life } from './keys.ts'
import type { Message } from './messages.ts'
import type { Scripts } from './scripts.ts'
import { type Encoded, encodeOutcome, storeOutside } from './values.ts'
import type { Place } from './wire.ts'

interface Settled {
  readonly call: string
  readonly place: Place
  readonly encoded: readonly Encoded[]
  readonly done: () => void
  readonly failed: (error: Error) => void
}

/** Of one message: a driver reads it at once. */
const MOST_CALLS = 64
const MOST_BYTES = 128 * 1024
/** A script's commands have a limit of some thousands of words. */
const MOST_RESULTS = 500
/** So many are worth a message, while others are about to follow. */
const ENOUGH = 16
/** Milliseconds: and longer than that they do not wait for others. */
const PATIENCE = 1

/** For one caller. */
class Lane {
  waiting: Settled[] = []
  underWay = 0
  isDue = false
  timer: NodeJS.Timeout | null = null
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

  /** Resolves when they are stored. */
  async settle(call: string, place: Place, owner: string, outcomes: readonly Outcome[]): Promise<void> {
    const encoded = outcomes.map((outcome, i) => encodeOutcome(outcome, resultId(call, i), this.#keys))
    const large = encoded.filter(({ outside }) => outside.length > 0)
    if (large.length === 0) return this.#join({ call, place, encoded }, owner)
    // On one connection, in this order: the script looks whether the parts have arrived.
    const parts = Promise.all(large.map((each) => storeOutside(this.#redis, each, Life.object)))
    parts.catch(() => {})
    try {
      await this.#send([{ call, place, encoded }], owner)
    } catch (error) {
      await parts
      throw error
    }
  }

  #join(settled: Pick<Settled, 'call' | 'place' | 'encoded'>, owner: string): Promise<void> {
    let lane = this.#lanes.get(owner)
    if (lane === undefined) this.#lanes.set(owner, (lane = new Lane()))
    const { waiting } = lane
    return new Promise((done, failed) => {
      waiting.push({ ...settled, done, failed })
      if (lane.isDue) return
      lane.isDue = true
      process.nextTick(() => {
        lane.isDue = false
        if (lane.waiting.length >= ENOUGH || !this.isBusy()) this.#flush(owner, lane)
        else lane.timer ??= setTimeout(() => this.#flush(owner, lane), PATIENCE)
      })
    })
  }

  /** While one message is on its way, results gather for the next. */
  #flush(owner: string, lane: Lane): void {
    if (lane.timer !== null) clearTimeout(lane.timer)
    lane.timer = null
    if (lane.underWay > 0 && lane.waiting.length < MOST_CALLS) return
    const all = lane.waiting
    if (all.length === 0) {
      if (lane.underWay === 0 && !lane.isDue) this.#lanes.delete(owner)
      return
    }
    lane.waiting = []
    for (let at = 0; at < all.length; ) {
      const from = at
      for (let bytes = 0, results = 0; at < all.length && at - from < MOST_CALLS; at++) {
        if (bytes >= MOST_BYTES || results >= MOST_RESULTS) break
        results += all[at]!.encoded.length
        for (const { frame } of all[at]!.encoded) bytes += frame.length
      }
      const batch = all.slice(from, at)
      lane.underWay++
      void this.#send(batch, owner).then(
        () => {
          for (const { done } of batch) done()
          this.#sent(owner, lane)
        },
        (error: Error) => {
          for (const { failed } of batch) failed(error)
          this.#sent(owner, lane)
        },
      )
    }
  }

  #sent(owner: string, lane: Lane): void {
    lane.underWay--
    this.#flush(owner, lane)
  }

  async #send(calls: readonly Pick<Settled, 'call' | 'place' | 'encoded'>[], owner: string): Promise<void> {
    const keys = this.#keys
    const message: Message = { kind: 'done', calls: calls.map(({ call, encoded }) => [call, encoded.length]) }
    const parts = calls.flatMap(({ encoded }) => encoded.flatMap(({ outside }) => outside))
    const names = [keys.inbox(owner), keys.lease(owner), ...parts.map(({ key }) => key)]
    const batches = new Map<string, Place[]>()
    for (const { place } of calls) {
      const known = batches.get(place.batch)
      if (known === undefined) batches.set(place.batch, [place])
      else known.push(place)
    }
    const values: (string | number | Buffer)[] = [
      ...[Life.object, Life.call, keys.inbox(''), JSON.stringify(message), parts.length, batches.size],
      calls.reduce((sum, { encoded }) => sum + encoded.length, 0),
    ]
    for (const [batch, places] of batches) {
      names.push(keys.call(batch), keys.batch(batch))
      values.push(places[0]!.size, places.length)
      for (const { index } of places) values.push(index)
    }
    for (const { call, encoded } of calls)
      for (let i = 0; i < encoded.length; i++) {
        const id = resultId(call, i)
        names.push(keys.object(id), keys.watchers(id))
        values.push(id, encoded[i]!.frame)
      }
    await this.#redis.cornichonSettle(names.length, ...names, ...values)
  }
}
