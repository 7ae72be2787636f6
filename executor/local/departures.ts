// An actor leaves a worker that it shares: its instance is dropped there, and the neighbours go on. A worker that is in the
// actor's own code, and does not come out of it, does not hear of that: then it ends, and that is a crash for the others.
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { NO_TURN, type TurnState } from '../worker/turns.ts'
import type { ActorRecord } from './actors.ts'
import type { LocalWorker } from './workers.ts'

/** Milliseconds. A worker ends that has been in one piece of code from one look to the next, the first of them that late. */
const LOOK = 500

interface Departure {
  readonly actor: ActorRecord
  readonly worker: LocalWorker
  /** Its code may be what the worker is in. */
  readonly wasBusy: boolean
  /** At the last look. */
  seen: TurnState | null
  timer: NodeJS.Timeout | null
  onLeft: (() => void) | null
}

export interface DepartureCore {
  /** The worker is in the actor's code, and does not come out of it. */
  stuck(worker: LocalWorker, actor: ActorRecord): void
  /** A worker said that an actor has left. */
  left(worker: LocalWorker): void
}

export class Departures {
  readonly #core: DepartureCore
  readonly #byWorker = new Map<LocalWorker, Map<string, Departure>>()

  constructor(core: DepartureCore) {
    this.#core = core
  }

  begin(actor: ActorRecord, worker: LocalWorker, wasBusy: boolean): void {
    const { id } = actor.spec
    worker.actors!.delete(actor)
    worker.host.send(['drop', id])
    const departure: Departure = { actor, worker, wasBusy, seen: null, timer: null, onLeft: null }
    let departures = this.#byWorker.get(worker)
    if (departures === undefined) this.#byWorker.set(worker, (departures = new Map()))
    departures.set(id, departure)
    worker.beginLeaving(id)
    this.#lookLater(departure)
  }

  /** When the actor may start again: at once, unless a worker that it left may still be about to end for it. */
  whenLeft(actor: ActorRecord, work: () => void): void {
    for (const departures of this.#byWorker.values()) {
      const departure = departures.get(actor.spec.id)
      if (departure === undefined || departure.seen !== null) continue
      departure.onLeft = work
      return
    }
    work()
  }

  dropped(worker: LocalWorker, id: string): void {
    const departures = this.#byWorker.get(worker)
    const departure = departures?.get(id)
    if (departure === undefined) return
    departures!.delete(id)
    if (departures!.size === 0) this.#byWorker.delete(worker)
    if (departure.timer !== null) clearTimeout(departure.timer)
    worker.endLeaving(id)
    departure.onLeft?.()
    this.#core.left(worker)
  }

  /** It has ended. */
  forget(worker: LocalWorker): void {
    const departures = this.#byWorker.get(worker)
    if (departures === undefined) return
    this.#byWorker.delete(worker)
    worker.leaving.clear()
    for (const { timer, onLeft } of departures.values()) {
      if (timer !== null) clearTimeout(timer)
      onLeft?.()
    }
  }

  stop(): void {
    for (const departures of this.#byWorker.values())
      for (const { timer } of departures.values()) if (timer !== null) clearTimeout(timer)
    this.#byWorker.clear()
  }

  #lookLater(departure: Departure): void {
    departure.timer = setTimeout(() => this.#look(departure), LOOK).unref()
  }

  #look(departure: Departure): void {
    const { actor, worker, wasBusy, seen } = departure
    const { changes, turn } = worker.host.turns ?? NO_TURN
    const isUp = changes > 0 && !worker.isPreparing
    const mayBeIts = turn === 0 || turn === actor.turn
    if (wasBusy && isUp && mayBeIts && seen?.changes === changes) return this.#core.stuck(worker, actor)
    departure.seen = { changes, turn }
    // Elsewhere: this one may still be in the code of another.
    const { onLeft } = departure
    departure.onLeft = null
    onLeft?.()
    this.#lookLater(departure)
  }
}
