// Outcomes on their way into Redis: once, whoever comes first, and told to who waits. Those that come while others are on
// their way go together.
import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { toJson } from '../../runtime-env/json.ts'
import { type Outcome, resultId } from '../executor.ts'
import { Gathering } from './gathering.ts'
import { type Keys, Life } from './keys.ts'
import { Said } from './line.ts'
import type { Message } from './messages.ts'
import { Script } from './script.ts'
import { setLarge } from './set-large.ts'
import { type Encoded, encodeOutcome, INLINE_LIMIT, MOST_IN_SCRIPT, storeOutside } from './values.ts'
import type { Place } from './wire.ts'

/** A stream with more entries than that belongs to a slow reader: values stay in their keys, and are fetched. */
const LONG_INBOX = 1000

/**
 * The outcomes of calls of one owner. The first writer wins, since a call may run more than once; whoever waits is told.
 * A driver that is gone is told nothing. Few results go over its line, if it listens, else into its inbox. A call of a batch is
 * marked as over, and the last one of a batch ends its frame.
 * A value that is not small does not come through here, where it would be copied again and again, but lies in a key that
 * gets the object's name. What a result has in keys of its own has to be there, unless there is a result already; of a result
 * that came too late it goes.
 */
const script = new Script(`
local life, callLife, inboxPrefix, message = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local batches, results = tonumber(ARGV[5]), tonumber(ARGV[6])
local key, arg, fresh = 2, 8, 0
local places, watchers = {}, {}
for i = 1, results do
  local own = tonumber(ARGV[arg + 3])
  places[i], watchers[i] = key, KEYS[key + 2]
  for k = key + 3, key + 2 + own do
    if redis.call('EXISTS', KEYS[k]) == 0 and redis.call('EXISTS', KEYS[key + 1]) == 0 then
      return redis.error_reply('a part of the result could not be stored')
    end
  end
  key, arg = key + 2 + own, arg + 3
end
for i = 1, batches do
  local frame, state, size, calls = KEYS[key + 1], KEYS[key + 2], tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
  key, arg = key + 2, arg + 2
  if size == 1 then fresh = fresh + redis.call('UNLINK', frame)
  elseif redis.call('EXISTS', frame) == 1 then
    local marks = {}
    for c = 1, calls do
      marks[2 * c - 1] = 'x' .. ARGV[arg + c]
      marks[2 * c] = 1
    end
    local new = redis.call('HSET', state, unpack(marks))
    if new > 0 then
      fresh = fresh + new
      local over = redis.call('HINCRBY', state, 'd', new)
      if over == size then redis.call('UNLINK', frame, state)
      elseif over == new then redis.call('PEXPIRE', state, callLife) end
    end
  end
  arg = arg + calls
end
local isWatched = results > 0 and redis.call('EXISTS', unpack(watchers)) > 0
local told, isWhole = {}, true
for i = 1, results do
  local at, id, value, own = places[i], ARGV[3 * i + 6], ARGV[3 * i + 7], tonumber(ARGV[3 * i + 8])
  local object, made, isFirst = KEYS[at + 1], KEYS[at + 3], false
  if value ~= '' then isFirst = redis.call('SET', object, value, 'NX', 'PX', life)
  else isFirst = redis.call('EXISTS', made) == 1 and redis.call('RENAMENX', made, object) == 1 end
  if isFirst then
    fresh = fresh + 1
    if isWatched then
      for _, watcher in ipairs(redis.call('SMEMBERS', watchers[i])) do
        redis.call('XADD', inboxPrefix .. watcher, '*', 'm', cjson.encode({kind = 'object', id = id}))
        redis.call('PEXPIRE', inboxPrefix .. watcher, life)
      end
      redis.call('UNLINK', watchers[i])
    end
  else
    local mine = value
    if value == '' then mine = redis.call('GET', made) end
    if own > 0 then
      local isAnother = mine and mine ~= redis.call('GET', object)
      for k = at + 3, at + 2 + own do
        if isAnother or (value == '' and KEYS[k] == made) then redis.call('UNLINK', KEYS[k]) end
      end
    end
    if value ~= '' then isWhole = false end
    value = ''
  end
  told[i] = value
end
if fresh > 0 and redis.call('EXISTS', KEYS[2]) == 1 then
  if ARGV[7] ~= '' and isWhole then
    local hears = redis.pcall('PUBLISH', ARGV[7], ARGV[8])
    if type(hears) == 'number' and hears > 0 then return fresh end
  end
  local length, fields = redis.call('XLEN', KEYS[1]), {'m', message}
  if length < ${LONG_INBOX} then
    for i = 1, results do
      fields[2 * i + 1] = 'f'
      fields[2 * i + 2] = told[i]
    end
  end
  redis.call('XADD', KEYS[1], '*', unpack(fields))
  -- Else it has its time: its reader renews that.
  if length == 0 then redis.call('PEXPIRE', KEYS[1], life) end
end
return fresh`)

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

/** With who is told. */
interface Settled extends Call {
  readonly done: () => void
  readonly failed: (error: Error) => void
}

/** A call that came out, somehow. */
export interface Ended {
  readonly call: string
  readonly place: Place
  readonly owner: string
  readonly outcomes: readonly Outcome[]
}

const NONE: readonly string[] = []
const NO_OUTCOMES: readonly Outcome[] = []

/** Of one message: a driver reads it at once. */
const MOST_CALLS = 64
const MOST_BYTES = 128 * 1024
/** A script's commands have a limit of some thousands of words. */
const MOST_RESULTS = 500
/** So many are worth a message, while others are about to follow. */
const ENOUGH = 16
/** Results of so few calls go over their caller's line. */
const FEW = 2
/** So many processes that have left are remembered: what they left to end ends within seconds. */
const MOST_LEFT = 1000

/** For one caller. */
interface Lane {
  readonly owner: string
  readonly results: Gathering<Settled>
  /** Messages on their way. */
  underWay: number
}

export class Settler {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #lanes = new Map<string, Lane>()
  /** Whether more results are about to come: then they come together. */
  isBusy: () => boolean = () => false

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  readonly #left = new Set<string>()

  /** A process has said that it goes: it has taken away its objects, and has settled those that others may have. */
  ownerLeft(owner: string): void {
    this.#left.add(owner)
    if (this.#left.size > MOST_LEFT) this.#left.delete(this.#left.values().next().value!)
  }

  readonly #maker = randomBytes(6).toString('base64url')
  #made = 0

  /** Resolves when the outcomes are stored. */
  settled(ended: Ended): Promise<void> {
    return new Promise((done, failed) => this.settle(ended, done, failed))
  }

  /** The same, for who has many of them: tells one of the two. */
  settle(ended: Ended, done: () => void, failed: (error: Error) => void): void {
    if (!this.#left.has(ended.owner)) return this.#settle(ended, done, failed)
    this.#wanted(ended).then((outcomes) => this.#settle({ ...ended, outcomes }, done, failed), failed)
  }

  /** Of a call whose owner has left: none, unless a task gave a ref to who stays. */
  async #wanted({ call, outcomes }: Ended): Promise<readonly Outcome[]> {
    const keys = this.#keys
    const names = outcomes.flatMap((_, i) => {
      const id = resultId(call, i)
      return [keys.given(id), keys.watchers(id)]
    })
    return names.length > 0 && (await this.#redis.exists(names)) > 0 ? outcomes : NO_OUTCOMES
  }

  #settle({ call, place, owner, outcomes }: Ended, done: () => void, failed: (error: Error) => void): void {
    const by = `${this.#maker}${(this.#made++).toString(36)}`
    // On one connection, in this order: the script looks whether all has arrived.
    const sent: Promise<unknown>[] = []
    const results: Result[] = []
    let isLarge = false
    try {
      for (let i = 0; i < outcomes.length; i++) {
        const id = resultId(call, i)
        const encoded = encodeOutcome(outcomes[i]!, id, this.#keys, by)
        isLarge ||= encoded.outside.some(({ bytes }) => bytes.byteLength > INLINE_LIMIT)
        results.push(this.#prepare(encoded, id, by, sent))
      }
    } catch (error) {
      return failed(error as Error)
    }
    if (sent.length === 0) return this.#join({ call, place, results, done, failed }, owner)
    const parts = Promise.all(sent)
    // That knows better why something is not there.
    const failedBecause = (error: Error) => parts.then(() => failed(error), failed)
    parts.catch(() => {})
    const settled = { call, place, results, done, failed: failedBecause }
    if (isLarge) this.#send([settled], owner).then(done, failedBecause)
    else this.#join(settled, owner)
  }

  /** What is not to go through the script is sent ahead. */
  #prepare(encoded: Encoded, id: string, by: string, sent: Promise<unknown>[]): Result {
    const { frame, outside } = encoded
    if (outside.length === 0 && frame.length <= MOST_IN_SCRIPT) return { id, frame, own: NONE }
    const own = outside.map(({ key }) => key)
    if (outside.length > 0) sent.push(storeOutside(this.#redis, encoded, Life.object))
    if (frame.length <= MOST_IN_SCRIPT) return { id, frame, own }
    const made = this.#keys.made(id, by)
    sent.push(setLarge(this.#redis, made, frame, Life.object))
    return { id, frame: '', own: [made, ...own] }
  }

  #join(settled: Settled, owner: string): void {
    let lane = this.#lanes.get(owner)
    if (lane === undefined) this.#lanes.set(owner, (lane = this.#lane(owner)))
    lane.results.add(settled)
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
      this.#send(batch, owner).then(
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
      ...[Life.object, Life.call, keys.inbox(''), toJson(message), batches.size],
      calls.reduce((sum, { results }) => sum + results.length, 0),
      ...(calls.length <= FEW ? [keys.line(owner), lineOf(calls)] : ['', '']),
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
    await script.run(this.#redis, names, values)
  }
}

/**
 * The results, and before them of each call its id, and how long each of its results is. Joined here: in a script that would
 * take longer than to send them once more.
 */
function lineOf(calls: readonly Call[]): Buffer {
  let line: string = Said.Done
  const frames: Buffer[] = []
  for (const { call, results } of calls) {
    line += ` ${call} ${results.length}`
    for (const { frame } of results) {
      line += ` ${frame.length}`
      if (frame !== '') frames.push(frame)
    }
  }
  return Buffer.concat([Buffer.from(`${line}\n`, 'latin1'), ...frames])
}
