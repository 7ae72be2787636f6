// Calls on their way into the queues. Those of one queue and priority that are made at once, or while others are on their
// way, go as one batch: one frame, one job.
import type { Redis } from 'ioredis'
import { sizeOf } from '../payload.ts'
import type { Beside } from './call-keys.ts'
import { enqueue } from './enqueue.ts'
import { Gathering } from './gathering.ts'
import { type Keys, Life } from './keys.ts'
import { MOST_CALLS, type Scripts } from './scripts.ts'
import { setLarge } from './set-large.ts'
import { INLINE_LIMIT, MOST_IN_SCRIPT, storeOutside } from './values.ts'
import { encodeCalls, type Place, type WireCall } from './wire.ts'

/** Of more, the workers share out what they take. */
const MOST_HANDED_OVER = 4

/** A call that is ready: nothing that it needs is missing. */
export interface Ready {
  readonly wire: WireCall
  /** Not needed any more. */
  isOver(): boolean
  /** Told where it is, when it is about to be sent. */
  leave(place: Place): void
  /** And what it has in Redis beside its frame, if that is anything. */
  keeps(beside: Beside): void
  failed(error: Error): void
  /** Told after it is in the queue; `batch` is one for all calls of a batch. */
  stored(batch: object): void
}

interface Lane {
  readonly queue: string
  readonly priority: number
  readonly calls: Gathering<Ready>
  /** Batches on their way. */
  underWay: number
}

export class Outbox {
  readonly #redis: Redis & Scripts
  readonly #keys: Keys
  readonly #lanes = new Map<string, Lane>()
  /** How many calls of a queue wait for the workers, beyond what they have their hands full with. */
  readonly #backlog: (queue: string) => number
  #idle: (() => void)[] = []

  constructor(redis: Redis & Scripts, keys: Keys, backlog: (queue: string) => number) {
    this.#redis = redis
    this.#keys = keys
    this.#backlog = backlog
  }

  add(queue: string, priority: number, call: Ready): void {
    const name = `${priority} ${queue}`
    let lane = this.#lanes.get(name)
    if (lane === undefined) this.#lanes.set(name, (lane = this.#lane(queue, priority)))
    lane.calls.add(call)
  }

  #lane(queue: string, priority: number): Lane {
    const lane: Lane = {
      ...{ queue, priority, underWay: 0 },
      calls: new Gathering(
        // The workers have enough to do: the calls come sooner if they come together.
        ({ length }) => length < MOST_CALLS && this.#backlog(queue) > 2 * length,
        () => this.#flush(lane),
      ),
    }
    return lane
  }

  /** All that was added is in its queue, or has failed. */
  async idle(): Promise<void> {
    if (this.#lanes.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #flush(lane: Lane): void {
    const all = lane.calls.take()
    for (let at = 0; at < all.length; ) {
      const batch: Ready[] = []
      for (let bytes = 0; at < all.length && batch.length < MOST_CALLS; at++) {
        const call = all[at]!
        if (call.isOver()) continue
        const size = sizeOf(call.wire.spec.args)
        // What is large goes alone: its bytes do not go into the frame.
        if (batch.length > 0 && bytes + size > INLINE_LIMIT) break
        bytes += size
        batch.push(call)
      }
      if (batch.length === 0) continue
      lane.underWay++
      void this.#send(batch, lane).finally(() => {
        lane.underWay--
        this.#endIfIdle(lane)
      })
    }
    this.#endIfIdle(lane)
  }

  #endIfIdle(lane: Lane): void {
    if (lane.underWay > 0 || !lane.calls.isIdle) return
    this.#lanes.delete(`${lane.priority} ${lane.queue}`)
    if (this.#lanes.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #send(batch: readonly Ready[], { queue, priority }: Lane): Promise<void> {
    const size = batch.length
    const { wire: first } = batch[0]!
    const { id, name } = first.spec
    try {
      for (const [index, call] of batch.entries()) call.leave({ batch: id, index, size })
      const encoded = encodeCalls(
        batch.map(({ wire }) => wire),
        this.#keys,
      )
      if (encoded.outside.length > 0) {
        const beside = { keys: encoded.outside.map(({ key }) => key), left: size }
        for (const call of batch) call.keeps(beside)
      }
      const isLarge = encoded.frame.length > MOST_IN_SCRIPT
      // In this order, on one connection: who takes the job finds the frame.
      await Promise.all([
        storeOutside(this.#redis, encoded, Life.call),
        ...(isLarge ? [setLarge(this.#redis, this.#keys.call(id), encoded.frame, Life.call)] : []),
        enqueue(this.#redis, this.#keys, {
          ...{ queue, id, size, title: name, priority, frame: isLarge ? null : encoded.frame },
          mayBeHandedOver: first.kind === 'task' && size <= MOST_HANDED_OVER,
          actor: first.kind === 'call' ? first.spec.actor : null,
        }),
      ])
    } catch (error) {
      for (const call of batch) call.failed(error as Error)
      return
    }
    const sent = {}
    for (const call of batch) call.stored(sent)
  }
}
