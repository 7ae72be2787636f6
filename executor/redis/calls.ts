// Calls that this process has made: held until their arguments are there, then queued, then waited for. Whatever
// happens, each ends with its results settled.
import { type CallSpec, type Dependency, type Outcome, resultId, resultIds } from '../executor.ts'
import { type Failure, failureOf } from '../failures.ts'
import { refsOf } from '../payload.ts'
import type { Beside } from './call-keys.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'
import { deathOf } from './mailbox.ts'
import type { Message } from './messages.ts'
import { lostFrame, type RedisObjects } from './objects.ts'
import { type Batch, requeueOrphans } from './orphans.ts'
import type { Outbox, Ready } from './outbox.ts'
import { slicesOf } from './slices.ts'
import { encodeFailure } from './values.ts'
import { type Place, placeAlone, type WireCall } from './wire.ts'

/** What is kept of a call while it is under way: little, for there may be many. */
export class PendingCall {
  readonly id: string
  readonly name: string
  readonly parent: string | null
  readonly numReturns: number
  readonly deps: readonly Dependency[]
  readonly refs: readonly string[]
  /** Of the queue that it is or will be in. */
  readonly queue: string
  readonly actor: string | null
  /** That it needs, by hash. */
  readonly functions: readonly string[]
  readonly job: string | null
  /** On a worker: the driver that has what comes out, as nobody else can. */
  readonly driver: string | null
  missing: number
  state: 'waiting' | 'queued' | 'over' = 'waiting'
  /** When it was sent, or renewed. */
  since = 0
  /** Where it is in Redis, once it is sent. */
  place: Place | null = null
  /** Redis has said that it has it. */
  isStored = false
  /** What it has in Redis beside its frame. */
  beside: Beside | null = null
  /** Let go of once it is queued. */
  send: (() => void) | null

  constructor(
    spec: Pick<CallSpec, 'id' | 'name' | 'deps' | 'args' | 'job' | 'driver' | 'keptBy'>,
    parent: string | null,
    numReturns: number,
    queue: string,
    actor: string | null,
    functions: readonly string[],
    send: (call: PendingCall) => void,
  ) {
    this.id = spec.id
    this.name = spec.name
    this.parent = parent
    this.numReturns = numReturns
    this.deps = spec.deps
    this.refs = refsOf(spec.args)
    this.queue = queue
    this.actor = actor
    this.functions = functions
    this.job = spec.job ?? null
    this.driver = spec.keptBy === undefined ? (spec.driver ?? null) : null
    this.missing = spec.deps.length
    this.send = () => send(this)
  }

  get results(): string[] {
    return resultIds(this.id, this.numReturns)
  }
}

/** A call on its way into its queue. */
class Leaving implements Ready {
  readonly wire: WireCall
  readonly #calls: Calls
  readonly #call: PendingCall
  readonly #stored: ((batch: object) => void) | null

  constructor(calls: Calls, call: PendingCall, wire: WireCall, stored: ((batch: object) => void) | null) {
    this.wire = wire
    this.#calls = calls
    this.#call = call
    this.#stored = stored
  }

  isOver(): boolean {
    return this.#call.state === 'over'
  }

  leave(place: Place): void {
    this.#calls.leave(this.#call, place)
  }

  keeps(beside: Beside): void {
    this.#call.beside = beside
  }

  failed(error: Error): void {
    const { name } = this.#call
    this.#calls.fail(this.#call, failureOf('error', `${name} could not be queued: ${error.message}`))
  }

  stored(batch: object): void {
    this.#call.isStored = true
    this.#stored?.(batch)
  }
}

/** At each beat. */
const MOST_CHECKED = 2000
/** Of those, in one command. */
const AT_ONCE = 500

export class Calls {
  readonly #link: Link
  readonly #objects: RedisObjects
  readonly #outbox: Outbox
  readonly pending = new Map<string, PendingCall>()
  /** By queue: how many calls were sent and are not over. */
  readonly sent = new Map<string, number>()
  /** Told when a call is over. */
  onOver: (call: PendingCall) => void = () => {}

  constructor(link: Link, objects: RedisObjects, outbox: Outbox) {
    this.#link = link
    this.#objects = objects
    this.#outbox = outbox
    link.onBeat(() => {
      this.check()
      void this.#lookForOrphans().catch(() => {})
    })
  }

  /** Looks for results of which nothing was heard: of all calls where some are sure to be lost. */
  check(isLost = false): void {
    void this.#check(isLost).catch(() => {})
  }

  /** From here on its results are awaited. `ready` is called when its arguments are there. */
  admit(call: PendingCall, ready: (call: PendingCall) => void): void {
    this.pending.set(call.id, call)
    this.#link.alive.begin()
    const { deps, refs, results } = call
    for (const id of results) this.#objects.expect(id, call.driver)
    for (const [, id] of deps) this.#objects.hold(id)
    for (const id of refs) this.#objects.hold(id)
    this.#objects.share(refs)
    if (deps.length === 0) return ready(call)
    for (const [, id] of deps) {
      this.#objects.whenSettled(id, (frame, { ok }) => {
        if (call.state === 'over') return
        if (ok) {
          if (--call.missing === 0) ready(call)
        } else
          void this.#objects.decode(id, frame).then((outcome) => {
            if (!outcome.ok) this.fail(call, outcome.failure)
          })
      })
    }
  }

  /** Into its queue. What is refused there fails. */
  send(call: PendingCall, wire: WireCall, priority: number, stored?: (batch: object) => void): void {
    call.state = 'queued'
    call.send = null
    this.#outbox.add(call.queue, priority, new Leaving(this, call, wire, stored ?? null))
  }

  /** It is about to be sent. */
  leave(call: PendingCall, place: Place): void {
    call.place = place
    call.since = Date.now()
    this.sent.set(call.queue, (this.sent.get(call.queue) ?? 0) + 1)
  }

  /** All calls that were made are in their queues, or have failed. */
  stored(): Promise<void> {
    return this.#outbox.idle()
  }

  /** Its results are failures, for everybody. */
  fail(call: PendingCall, failure: Failure): void {
    if (call.state === 'over') return
    const outcome: Outcome = { ok: false, failure }
    this.#link.settler
      .settled({
        call: call.id,
        place: call.place ?? placeAlone(call.id),
        owner: this.#link.id,
        outcomes: call.results.map(() => outcome),
      })
      .catch(() => {})
    const frame = encodeFailure(failure)
    for (const id of call.results) this.#objects.settleHere(id, frame)
    this.#finish(call)
  }

  #finish(call: PendingCall): void {
    if (!this.pending.delete(call.id)) return
    call.state = 'over'
    call.send = null
    if (call.place !== null) {
      const left = this.sent.get(call.queue)! - 1
      if (left > 0) this.sent.set(call.queue, left)
      else this.sent.delete(call.queue)
    }
    if (call.beside !== null && --call.beside.left === 0) this.#objects.forget(call.beside.keys)
    for (const [, id] of call.deps) this.#objects.release(id)
    for (const id of call.refs) this.#objects.release(id)
    this.#link.alive.end()
    this.onOver(call)
  }

  /** At the end: their results are failed by who ends it. */
  abandon(): void {
    for (const call of this.pending.values()) {
      call.state = 'over'
      call.send = null
      this.#link.alive.end()
    }
    this.pending.clear()
  }

  done({ calls }: Extract<Message, { kind: 'done' }>, frames: readonly Buffer[]): void {
    const isWhole = calls.reduce((sum, [, results]) => sum + results, 0) === frames.length
    let at = 0
    for (const [id, results] of calls) {
      const call = this.pending.get(id)
      const missing: string[] = []
      for (let i = 0; i < results; i++) {
        const frame = isWhole ? frames[at++]! : null
        if (frame !== null && frame.length > 0) this.#objects.settle(resultId(id, i), frame)
        else missing.push(resultId(id, i))
      }
      if (missing.length > 0) this.#collect(missing, call).catch(() => {})
      else if (call !== undefined) this.#finish(call)
    }
  }

  /** From the keys. */
  async #collect(results: readonly string[], call: PendingCall | undefined): Promise<void> {
    const { redis, keys, large } = this.#link
    const names = results.map(keys.object)
    let frames: (Buffer | null)[] = await Promise.all(names.map((name) => large.get(name)))
    if (frames.includes(null)) frames = await redis.mgetBuffer(names)
    for (const [i, frame] of frames.entries()) {
      const id = results[i]!
      const message = `object ${id} is not in Redis any more: it was not fetched for an hour`
      if (frame !== null) this.#objects.settle(id, frame)
      else this.#objects.settleHere(id, lostFrame(id, message, this.#link))
    }
    if (call !== undefined) this.#finish(call)
  }

  /** The connection of then was looked after. */
  #lookedAfter = Number.NEGATIVE_INFINITY

  /** See orphans.ts. By then who runs them has had the time to say how they ended. */
  async #lookForOrphans(): Promise<void> {
    const { back, isJustBack } = this.#link
    if (isJustBack || back === this.#lookedAfter) return
    const byQueue = new Map<string, { readonly actor: string | null; readonly batches: Map<string, Batch> }>()
    for (const { state, isStored, place, queue, actor, name } of this.pending.values()) {
      if (state !== 'queued' || !isStored) continue
      const { batch, size } = place!
      let known = byQueue.get(queue)
      if (known === undefined) byQueue.set(queue, (known = { actor, batches: new Map() }))
      if (!known.batches.has(batch)) known.batches.set(batch, { id: batch, size, name })
    }
    for (const [queue, { actor, batches }] of byQueue)
      for (const some of slicesOf([...batches.values()], MOST_CHECKED))
        await requeueOrphans(this.#link, queue, actor, some)
    this.#lookedAfter = back
  }

  #lastChecked = 0
  /** Not in Redis when looked for last. */
  readonly #suspects = new Set<string>()

  /** The keys are the truth: what the streams have not told of is seen here. */
  async #check(isLost: boolean): Promise<void> {
    const now = Date.now()
    // Once a beat; more often only when a connection is there again.
    if (now - this.#lastChecked < 1000 && !isLost) return
    this.#lastChecked = now
    const { redis, keys } = this.#link
    for (const id of this.#objects.watched()) this.#objects.fetch(id)
    const old: PendingCall[] = []
    for (const call of this.pending.values()) {
      if (call.state === 'queued' && call.place !== null) old.push(call)
      if (old.length === MOST_CHECKED && !isLost) break
    }
    for (const batch of slicesOf(old, AT_ONCE)) {
      const found = await redis.cornichonPresent(
        3 * batch.length,
        ...batch.flatMap(({ id, place }) => [
          keys.object(resultId(id, 0)),
          keys.call(place!.batch),
          keys.batch(place!.batch),
        ]),
        ...batch.map(({ place }) => (place!.size === 1 ? '' : place!.index)),
      )
      for (const [i, call] of batch.entries()) {
        if (call.state !== 'queued') continue
        const [isSettled, isStored] = [found[2 * i] === 1, found[2 * i + 1] === 1]
        if (isSettled || (!isStored && call.numReturns === 0))
          this.#collect(call.results, call).catch(() => {})
        else if (isStored) this.#suspects.delete(call.id)
        else if (!this.#suspects.has(call.id)) this.#suspects.add(call.id)
        else {
          this.#suspects.delete(call.id)
          void this.#lose(call)
        }
        if (now - call.since > Life.call / 3) {
          call.since = now
          redis.pexpire(keys.call(call.place!.batch), Life.call).catch(() => {})
          redis.pexpire(keys.batch(call.place!.batch), Life.call).catch(() => {})
          for (const key of call.beside?.keys ?? []) redis.pexpire(key, Life.call).catch(() => {})
        }
      }
    }
    // The oldest come first in the map: those that were looked at go behind.
    if (old.length === MOST_CHECKED)
      for (const call of old) if (this.pending.delete(call.id)) this.pending.set(call.id, call)
  }

  /** Into the mailbox of a dead actor it was not put, as it was about to be told. */
  async #lose(call: PendingCall): Promise<void> {
    const { redis, keys } = this.#link
    const { actor, name, id } = call
    const isKnown = actor !== null && (await redis.exists(keys.actor(actor)).catch(() => 0)) === 1
    const death = isKnown ? await deathOf(this.#link, actor).catch(() => null) : null
    const message = `Redis has neither task ${name} (${id}) nor its result: did it lose its data?`
    this.fail(call, death ?? failureOf('lost', message))
  }
}
