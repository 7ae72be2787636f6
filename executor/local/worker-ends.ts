// What becomes of calls and actors when their worker ends, by itself or on purpose: who is to blame, who is tried again, and
// what is said of it.
import { deathBy, type Failure, failureOf } from '../failures.ts'
import { Kind } from '../worker/protocol.ts'
import type { ActorRecord, Actors } from './actors.ts'
import type { Call } from './calls.ts'
import type { Departures } from './departures.ts'
import type { WorkerEnd } from './host.ts'
import type { LocalWorker } from './workers.ts'
import type { Workforce } from './workforce.ts'

/** What the ends of workers need of the way of calls. */
export interface WorkerEndsCore {
  readonly workforce: Workforce
  readonly actors: Actors
  readonly departures: Departures
  /** Off its worker. */
  leave(call: Call): void
  /** It is over. */
  finish(call: Call): void
  /** It waits for a slot again. */
  ready(call: Call): void
  /** It was sent, and has not begun. */
  unbegun(call: Call): void
  fail(call: Call, failure: Failure): void
  endActor(actor: ActorRecord, death: Failure): void
  /** There may be room. */
  pump(): void
  /** For who operates it: a worker that was not done has ended, and what had begun there. */
  tell(worker: LocalWorker, why: string, begun: readonly Call[]): void
}

export class WorkerEnds {
  readonly #core: WorkerEndsCore
  #isShutDown = false

  constructor(core: WorkerEndsCore) {
    this.#core = core
  }

  /** Those that end from now on, do so with the executor. */
  shutdown(): void {
    this.#isShutDown = true
  }

  /** Ended on purpose, for one of its calls: what else ran there starts again elsewhere, and is not to blame. */
  endWorker(worker: LocalWorker, why: string): void {
    this.#endOnPurpose(worker, why, (call) => this.#core.ready(call))
  }

  /** It does not come out of a set-up that nobody wants any more. What had begun there is charged, as with any end. */
  endStuck(worker: LocalWorker, why: string): void {
    const end: WorkerEnd = { exitCode: null, reason: why, failure: null }
    this.#endOnPurpose(worker, why, (call, hadBegun) => {
      if (!hadBegun || call.mayRetry()) this.#core.ready(call)
      else this.#core.fail(call, crash(call, worker, why, end))
    })
  }

  #endOnPurpose(worker: LocalWorker, why: string, again: (call: Call, hadBegun: boolean) => void): void {
    if (worker.isEnded) return
    const calls = [...worker.calls.values()]
    const unbegun = new Set(calls.filter(({ claim }) => claim !== 0 && worker.host.claims!.takeBack(claim)))
    this.#core.workforce.end(worker)
    this.#tell(
      worker,
      why,
      calls.filter((call) => !unbegun.has(call)),
    )
    for (const call of calls) {
      const hadBegun = !unbegun.has(call)
      if (!hadBegun) this.#core.unbegun(call)
      this.#core.leave(call)
      if (call.target.kind === Kind.SetUp) {
        // Whichever comes in its place has its own.
        this.#core.finish(call)
        call.onEnd?.(null)
      } else if (call.isSettled) this.#core.finish(call)
      else again(call, hadBegun)
    }
    this.#core.pump()
  }

  #tell(worker: LocalWorker, why: string, begun: readonly Call[]): void {
    this.#core.tell(
      worker,
      why,
      begun.filter(({ isSettled, target }) => !isSettled && target.kind !== Kind.SetUp),
    )
  }

  endActorsWorker(worker: LocalWorker, reason: string): void {
    this.#core.workforce.end(worker)
    this.workerEnded(worker, { exitCode: null, reason, failure: null }, true)
  }

  stuck(worker: LocalWorker, actor: ActorRecord): void {
    const name = `${actor.spec.name} (${actor.spec.id})`
    this.endActorsWorker(
      worker,
      `the actor ${name}, which was there too, was killed in code that did not end`,
    )
  }

  /** It ended by itself: by process.exit, out of memory, by an error that nothing caught. Or it never began. */
  workerEnded(worker: LocalWorker, end: WorkerEnd, isOnPurpose = false): void {
    if (this.#isShutDown) return
    this.#core.workforce.forget(worker)
    this.#core.departures.forget(worker)
    if (end.setUp) return this.failAll(worker, end.setUp)
    const how = end.reason ?? (end.exitCode === null ? 'it ended' : `it ended with exit code ${end.exitCode}`)
    const hook = worker.isInHook && !isOnPurpose ? hookFailure(how, end) : null
    if (hook !== null) worker.host.noteFailure?.(hook)
    // What it does itself, it does in the next one, too.
    if (hook !== null && end.exitCode !== null) return this.failAll(worker, hook)
    const calls = [...worker.calls.values()]
    const begun = calls.filter((call) => hasBegun(call, worker))
    const running = begun.filter(({ isBlocked }) => !isBlocked)
    const toBlame = new Set(running.length > 0 ? running : begun)
    this.#tell(worker, how, begun)
    for (const call of calls) if (!begun.includes(call)) this.#core.unbegun(call)
    for (const [i, call] of calls.entries()) {
      if (call.target.kind === Kind.CallActor) {
        // Still under way, for the actor decides.
        const { underWay } = call.target.actor
        this.#core.leave(call)
        underWay.add(call)
        continue
      }
      this.#core.leave(call)
      if (call.isSettled || call.target.kind === Kind.StartActor) this.#core.finish(call)
      else if (call.target.kind === Kind.SetUp) {
        this.#core.finish(call)
        // What ran there before may have ended it. Whichever worker comes in its place has its own.
        const isToBlame = !isOnPurpose && !calls.slice(0, i).some((other) => running.includes(other))
        const message = `${worker.name} ended while ${call.name} set it up: ${how}`
        call.onEnd?.(isToBlame ? failureOf('crashed', message) : null)
      } else if (!toBlame.has(call) || call.mayRetry()) this.#core.ready(call)
      else this.#core.fail(call, hook ?? crash(call, worker, how, end))
    }
    const actors = [...(worker.actors ?? [])]
    // To start them again would go on for ever where nothing can start.
    if (end.isEarly === true)
      for (const actor of actors.splice(0)) {
        const message = `${actor.label} can't live: ${worker.name}, its worker, ended before its code was loaded: ${how}`
        this.#core.endActor(actor, failureOf('actor-died', message))
      }
    const shared = actors.length > 1 ? 'the worker that it shared with ' : 'its worker'
    const others = actors.length > 1 ? countOf(actors.length - 1, 'other actor') : ''
    for (const actor of actors)
      this.#core.actors.crashed(actor, `${worker.name}, ${shared}${others}, is gone: ${how}`, end.failure)
    this.#core.pump()
  }

  /** Its environment can not be had: what waited for it fails, and the next call tries again. */
  failAll(worker: LocalWorker, failure: Failure): void {
    for (const call of [...worker.calls.values()]) {
      this.#core.leave(call)
      if (call.target.kind === Kind.SetUp) {
        this.#core.finish(call)
        call.onEnd?.(null)
      } else if (call.isSettled) this.#core.finish(call)
      else this.#core.fail(call, failure)
    }
    for (const actor of [...(worker.actors ?? [])]) this.#core.endActor(actor, deathBy(actor.label, failure))
    this.#core.departures.forget(worker)
    this.#core.pump()
  }
}

/** Or was to begin at once: it is charged with an end that comes before, for the next worker may end as soon. */
function hasBegun({ claim, isAhead }: Call, { host }: LocalWorker): boolean {
  return !isAhead || host.claims!.hasBegun(claim)
}

function hookFailure(how: string, { failure }: WorkerEnd): Failure {
  const message = `the environment's setupHook ended its process: ${how}`
  return { ...failureOf('environment', message), ...(failure?.thrown && { thrown: failure.thrown }) }
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function crash(call: Call, worker: LocalWorker, how: string, end: WorkerEnd): Failure {
  const tries = call.attempt === 1 ? 'the first try' : `${call.attempt} tries`
  return {
    kind: 'crashed',
    message: `${worker.name} ended while it ran task ${call.name} (${call.id}): ${how}; after ${tries}`,
    exitCode: end.exitCode,
    ...(end.failure?.thrown && { thrown: end.failure.thrown }),
  }
}
