// The way of calls through an executor within one process: held until their arguments are there, queued for a slot, run by
// a worker, tried again where that ended under them, and over.

import { messageOf } from '../../runtime-env/message.ts'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import { now } from '../clock.ts'
import type { Exported } from '../executor.ts'
import { deathBy, type Failure, failureOf } from '../failures.ts'
import { type FunctionStore, functionsOf } from '../functions.ts'
import { type Packed, refsOf } from '../payload.ts'
import { Kind } from '../worker/protocol.ts'
import { type ActorRecord, Actors } from './actors.ts'
import { Ahead } from './ahead.ts'
import { Call, LostArgument } from './calls.ts'
import { Departures } from './departures.ts'
import type { Grants } from './grants.ts'
import type { LocalHooks } from './hooks.ts'
import { LeftOver } from './left-over.ts'
import type { ObjectStore } from './objects.ts'
import { CallQueue } from './queue.ts'
import type { Amounts, Resources } from './resources.ts'
import { SetUps } from './set-ups.ts'
import { WorkerEnds } from './worker-ends.ts'
import type { LocalWorker } from './workers.ts'
import type { Workforce } from './workforce.ts'

/** Those that calls need stay as long as these are here. */
type KeptFunctions = Pick<FunctionStore<{ readonly exported: Exported }>, 'hold' | 'letGo'>

export class CallFlow {
  readonly actors: Actors
  readonly setUps: SetUps
  readonly ahead: Ahead
  readonly departures: Departures
  readonly ends: WorkerEnds
  /** Those that are not over. */
  readonly calls = new Map<string, Call>()
  readonly #store: ObjectStore
  readonly #functions: KeptFunctions
  readonly #grants: Grants
  readonly #resources: Resources
  readonly #workforce: Workforce
  readonly #hooks: LocalHooks | null
  readonly #queue = new CallQueue()
  /** Null where there is nobody else to run them. */
  readonly #leftOver: LeftOver | null
  #isShutDown = false

  constructor(
    store: ObjectStore,
    functions: KeptFunctions,
    grants: Grants,
    resources: Resources,
    workforce: Workforce,
    hooks: LocalHooks | null,
  ) {
    this.#store = store
    this.#functions = functions
    this.#grants = grants
    this.#resources = resources
    this.#workforce = workforce
    this.#hooks = hooks
    this.#leftOver = hooks === null ? null : new LeftOver((call) => this.#passBack(call))
    this.ahead = new Ahead(
      () => workforce.plain,
      (worker) => {
        this.#takeBack(worker)
        this.pump()
        hooks?.roomChanged()
      },
    )
    this.actors = new Actors({
      run: (call, worker) => this.#run(call, worker),
      fail: (call, failure) => this.fail(call, failure),
      launch: (actor) => this.#launch(actor),
      giveResources: (actor) => this.#giveActorsResources(actor),
      leave: (actor, worker, wasBusy) => this.#leaveWorker(actor, worker, wasBusy),
      changed: (actor) => {
        if (actor.state === 'dead') functions.letGo(functionsOf(actor.spec))
        hooks?.actorChanged(actor)
      },
      end: (actor, death) => this.endActor(actor, death),
    })
    this.departures = new Departures({
      stuck: (worker, actor) => this.ends.stuck(worker, actor),
      left: (worker) => {
        workforce.left(worker)
        this.pump()
      },
    })
    this.ends = new WorkerEnds({
      ...{ workforce, actors: this.actors, departures: this.departures },
      leave: (call) => this.#leave(call),
      finish: (call) => this.#finish(call),
      ready: (call) => this.#ready(call),
      unbegun: (call) => this.#unbegun(call),
      fail: (call, failure) => this.fail(call, failure),
      endActor: (actor, death) => this.endActor(actor, death),
      pump: () => this.pump(),
      tell: (worker, why, begun) => hooks?.workerEnded(worker, why, begun),
    })
    this.setUps = new SetUps({
      run: (call, worker) => {
        this.#add(call)
        this.#run(call, worker)
      },
      unfit: (worker, failure) => {
        if (worker.isEnded || this.#isShutDown) return
        worker.host.noteFailure?.(failure)
        workforce.end(worker)
        this.ends.failAll(worker, failure)
      },
      stuck: (worker, reason) =>
        worker.actors === null
          ? this.ends.endStuck(worker, reason)
          : this.ends.endActorsWorker(worker, reason),
    })
  }

  // --- to a worker ---

  admit(call: Call): void {
    call.expect(this.#store)
    if (this.#isShutDown) {
      call.fail(this.#store, failureOf('shutdown', 'the executor is shut down'))
      return call.over()
    }
    this.#add(call)
    const { target, deps } = call
    for (const id of refsOf(target.spec.args)) this.#store.hold(id)
    for (const [, id] of deps) this.#store.hold(id)
    const lacking = target.kind === Kind.CallActor ? null : this.#resources.lacking(call.resources)
    if (lacking !== null) return this.fail(call, failureOf('error', `${call.name} can never run: ${lacking}`))
    if (target.kind === Kind.CallActor) this.actors.enqueue(call, target.actor)
    if (call.isSettled) return
    call.missing = deps.length
    if (deps.length === 0) return this.#ready(call)
    for (const [, id] of deps) {
      this.#store.whenSettled(id, (outcome) => {
        if (call.isSettled) return
        if (!outcome.ok) this.fail(call, outcome.failure)
        else if (--call.missing === 0) this.#ready(call)
      })
    }
  }

  #add(call: Call): void {
    this.calls.set(call.id, call)
    this.#functions.hold(functionsOf(call.target.spec))
  }

  #ready(call: Call): void {
    call.state = 'queued'
    if (call.target.kind === Kind.CallActor) return this.actors.pump(call.target.actor)
    this.#queue.push(call)
    this.pump()
    if (this.#leftOver !== null && call.state === 'queued') this.#leftOver.add(call)
  }

  #fits = (call: Call): boolean =>
    call.target.kind === Kind.StartActor
      ? (call.target.actor.hasResources || this.#resources.fits(call.resources)) &&
        this.#workforce.hasRoomFor(call.target.actor)
      : this.#resources.fits(call.resources) && this.#workforce.hasRoom(call.env)

  /** Whether a task that needs so much would start at once. */
  hasRoomFor(wanted: Amounts): boolean {
    return this.#resources.fits(wanted) && this.#workforce.hasRoomForAny
  }

  pump(): void {
    if (this.#isShutDown) return
    for (let call = this.#queue.take(this.#fits); call !== null; call = this.#queue.take(this.#fits)) {
      const { target } = call
      const nearest = this.ahead.nearestFor(call)
      if (nearest !== null) this.#runAhead(call, nearest)
      else if (target.kind === Kind.StartActor) {
        const { actor } = target
        const lacking = this.#workforce.lackingFor(actor)
        if (lacking !== null && this.#hooks?.passesOn(actor, lacking)) {
          this.#passOn(call, actor)
          continue
        }
        if (lacking !== null) {
          const message = `${actor.label} can't have a worker of its own here: ${lacking}. Actors that say isolate: false share workers`
          this.fail(call, failureOf('actor-died', message))
          continue
        }
        if (!actor.hasResources) {
          actor.hasResources = true
          this.#resources.take(call.resources)
        }
        actor.worker = this.#workforce.workerFor(actor)
        this.#run(call, actor.worker)
      } else {
        this.#takeSlot(call)
        this.#run(call, this.#workforce.acquire(call.env))
      }
    }
    this.#sendAhead()
  }

  /** Of those that no slot is left for. */
  #sendAhead(): void {
    let worker: LocalWorker | null = null
    for (;;) {
      const call = this.#queue.takeFirst((each) => (worker = this.ahead.workerFor(each)) !== null)
      if (call === null || worker === null) return
      this.#runAhead(call, worker)
    }
  }

  #runAhead(call: Call, worker: LocalWorker): void {
    call.isAhead = true
    this.ahead.sent()
    this.#run(call, worker)
  }

  /** What it has not begun. */
  #takeBack(worker: LocalWorker): void {
    for (const call of [...worker.calls.values()]) {
      if (!call.isAhead || !this.#withdraw(call)) continue
      if (call.isSettled) this.#finish(call)
      else if (!this.#passBack(call)) {
        call.state = 'queued'
        this.#queue.putBack(call)
      }
    }
  }

  /** To the fleet, if there is one: false if it stays here. */
  #passBack(call: Call): boolean {
    if (!this.#hooks?.takenBack(call.id)) return false
    this.fail(call, forOthers(call))
    return true
  }

  /** False if it has begun. */
  leaveToOthers(call: Call): boolean {
    if (call.isSettled || (call.worker !== null && !this.#withdraw(call))) return false
    this.fail(call, forOthers(call))
    this.pump()
    this.#hooks?.roomChanged()
    return true
  }

  /** An actor that has no worker goes on elsewhere, with its calls; `start` is that of its constructor. */
  #passOn(start: Call, actor: ActorRecord): void {
    const death = failureOf('shutdown', `${actor.label} is for others to run`)
    // Each goes before those that went back before it.
    for (const call of actor.mailbox.toReversed())
      if (!call.isSettled && this.#hooks!.takenBack(call.id)) this.fail(call, death)
    this.fail(start, death)
  }

  /** False if it is not with a worker, or has begun. */
  #withdraw(call: Call): boolean {
    const { worker, claim } = call
    if (worker === null || claim === 0 || !worker.host.claims!.takeBack(claim)) return false
    this.#unbegun(call)
    this.#stopTimer(call)
    // It may have been its turn.
    this.#giveSlot(call)
    worker.remove(call)
    call.worker = null
    this.#begin(worker)
    this.#workforce.settle(worker, call)
    return true
  }

  #unbegun(call: Call): void {
    call.claim = 0
    call.isAhead = false
    call.attempt--
  }

  /** One that was sent ahead, if it has not begun. */
  drop(call: Call): boolean {
    if (!call.isAhead || !this.#withdraw(call)) return false
    this.#finish(call)
    this.pump()
    this.#hooks?.roomChanged()
    return true
  }

  /** Whose turn it is: it has the slot of the one before. */
  #begin(worker: LocalWorker): void {
    if (worker.isEnded) return
    for (const call of worker.calls.values()) {
      if (!call.isAhead || call.hasSlot || call.isBlocked) return
      this.#takeSlot(call)
      if (!call.isSettled) call.state = 'running'
      return
    }
  }

  #run(call: Call, worker: LocalWorker): void {
    if (!call.isAhead) call.state = 'running'
    if (call.target.kind === Kind.Task) call.claim = worker.host.claims?.offer() ?? 0
    call.attempt++
    worker.add(call)
    if (call.target.kind !== Kind.SetUp) this.setUps.bring(worker)
    if (call.worker !== worker) return
    try {
      const { job, transfer } = call.job(this.#store, worker)
      this.#grantInside(worker, job[6])
      if (job[7] !== null) for (const [, value] of job[7]) this.#grantInside(worker, value)
      worker.host.send(job, transfer)
    } catch (error) {
      const why = messageOf(error)
      this.#leave(call)
      this.fail(
        call,
        error instanceof LostArgument
          ? error.failure
          : failureOf('error', `${call.name} could not be sent to a worker: ${why}`),
      )
      return call.onEnd?.(failureOf('error', why))
    }
    if (call.timeout !== null) this.#limit(call, worker, call.timeout)
  }

  /** From when its worker is there: making an environment has a limit of its own. */
  #limit(call: Call, worker: LocalWorker, timeout: number): void {
    const { attempt } = call
    const start = () => {
      if (call.worker === worker && call.attempt === attempt)
        call.timer = setTimeout(() => this.#onTimeout(call), timeout)
    }
    const { ready } = worker.host
    if (ready === undefined) start()
    else void ready.then(start)
  }

  #grantInside(worker: LocalWorker, value: Packed): void {
    if (!worker.isThisThread) this.#grants.grantInside(worker, value)
  }

  // --- slots ---

  #takeSlot(call: Call): void {
    call.hasSlot = true
    this.#resources.take(call.resources)
  }

  #giveSlot(call: Call): void {
    if (!call.hasSlot) return
    call.hasSlot = false
    this.#resources.give(call.resources)
  }

  #giveActorsResources(actor: ActorRecord): void {
    if (!actor.hasResources) return
    actor.hasResources = false
    this.#resources.give(actor.spec.options.resources)
  }

  block(id: string): void {
    const call = this.calls.get(id)
    if (call === undefined || call.isBlocked || call.worker === null) return
    call.isBlocked = true
    if (!call.isSettled) call.state = 'blocked'
    call.worker.blocked++
    this.#takeBack(call.worker)
    this.#giveSlot(call)
    this.pump()
    this.#hooks?.roomChanged()
  }

  unblock(id: string): void {
    const call = this.calls.get(id)
    if (call === undefined || !call.isBlocked || call.worker === null) return
    call.isBlocked = false
    if (!call.isSettled) call.state = 'running'
    call.worker.blocked--
    if (call.target.kind === Kind.Task) this.#takeSlot(call)
  }

  // --- from a worker ---

  #stopTimer(call: Call): void {
    if (call.timer === null) return
    clearTimeout(call.timer)
    call.timer = null
  }

  /** Off its worker, whatever comes next. */
  #leave(call: Call): void {
    const { worker } = call
    this.#stopTimer(call)
    if (worker === null) return
    const { target } = call
    this.#giveSlot(call)
    worker.remove(call)
    call.worker = null
    // It may have ended without having begun.
    if (call.claim !== 0) worker.host.claims!.takeBack(call.claim)
    call.claim = 0
    call.isAhead = false
    this.#begin(worker)
    if (target.kind === Kind.CallActor) target.actor.underWay.delete(call)
    this.#workforce.settle(worker, call)
    this.#hooks?.roomChanged()
  }

  /** Over: what was kept for it is let go. */
  #finish(call: Call): void {
    if (!this.calls.delete(call.id)) return
    this.#functions.letGo(functionsOf(call.target.spec))
    for (const [, id] of call.deps) this.#store.release(id)
    for (const id of refsOf(call.target.spec.args)) this.#store.release(id)
    call.over()
  }

  /** Its refs reject now. If its code still runs, the slot is free when that ends. */
  fail(call: Call, failure: Failure): void {
    const { target } = call
    call.fail(this.#store, failure)
    if (call.worker !== null) return
    this.#finish(call)
    if (target.kind === Kind.StartActor) this.endActor(target.actor, deathBy(target.actor.label, failure))
    else if (target.kind === Kind.CallActor) this.actors.pump(target.actor)
  }

  done(worker: LocalWorker, id: string, results: Packed | readonly Packed[] | null, ran: number): void {
    const call = worker.calls.get(id)
    if (call === undefined) return
    const { target } = call
    worker.heard = now()
    if (target.kind === Kind.Task) this.ahead.ran(target.spec, ran)
    const wasSettled = call.isSettled
    this.#leave(call)
    if (!wasSettled) call.settle(this.#store, results)
    this.#finish(call)
    call.onEnd?.(null)
    if (target.kind === Kind.StartActor) this.actors.started(target.actor)
    else if (target.kind === Kind.CallActor) this.actors.pump(target.actor)
    else this.pump()
  }

  failed(worker: LocalWorker, id: string, failure: Failure, isRetryable: boolean): void {
    const call = worker.calls.get(id)
    if (call === undefined) return
    const { target } = call
    worker.heard = now()
    this.#leave(call)
    if (isRetryable && !call.isSettled && call.mayRetry()) {
      if (target.kind === Kind.CallActor) target.actor.mailbox.unshift(call)
      this.#ready(call)
    } else if (target.kind === Kind.StartActor) {
      this.#finish(call)
      this.endActor(target.actor, {
        ...failure,
        kind: 'actor-died',
        message: `${target.actor.label} never lived: its constructor threw ${failure.message}`,
      })
    } else {
      this.fail(call, failure)
      this.#finish(call)
      call.onEnd?.(failure)
    }
    this.pump()
  }

  #onTimeout(call: Call): void {
    const { worker } = call
    const message = `task ${call.name} (${call.id}) took longer than its timeout of ${call.timeout} ms`
    this.fail(call, failureOf('timeout', message))
    if (worker === null) return
    if (worker.actors === null) this.ends.endWorker(worker, message)
    else worker.host.send(['abort', call.id])
  }

  // --- the end of an actor ---

  endActor(actor: ActorRecord, death: Failure): void {
    const calls = this.#callsAt(actor)
    this.actors.die(actor, death)
    for (const call of calls) {
      this.#leave(call)
      this.#finish(call)
      call.onEnd?.(null)
    }
    this.pump()
  }

  /** The actor's constructor's call: at the start, and again after a crash. */
  #launch(actor: ActorRecord): void {
    this.departures.whenLeft(actor, () => {
      if (actor.state !== 'dead') this.admit(new Call({ kind: Kind.StartActor, spec: actor.spec, actor }))
    })
  }

  /** What it has at its worker; of one that is its own, all that is there. */
  #callsAt(actor: ActorRecord): Call[] {
    const { worker } = actor
    if (worker === null) return []
    return [...worker.calls.values()].filter((call) => !worker.isShared || call.actor === actor)
  }

  #leaveWorker(actor: ActorRecord, worker: LocalWorker, wasBusy: boolean): void {
    if (!worker.isShared) this.#workforce.end(worker)
    else if (!worker.isEnded) this.departures.begin(actor, worker, wasBusy)
  }

  /** It starts again, by its constructor, if it may. */
  restartActor(actor: ActorRecord): void {
    const { worker } = actor
    if (worker === null) return
    if (!worker.isShared) return this.ends.endActorsWorker(worker, 'it was killed')
    const calls = this.#callsAt(actor)
    this.#leaveWorker(actor, worker, actor.isBusy)
    for (const call of calls) {
      this.#leave(call)
      if (call.target.kind === Kind.CallActor) actor.underWay.add(call)
      else this.#finish(call)
    }
    this.actors.crashed(actor, 'it was killed', null)
    this.pump()
  }

  shutdown(failure: Failure): void {
    this.#isShutDown = true
    this.ends.shutdown()
    this.ahead.stop()
    this.#leftOver?.stop()
    this.departures.stop()
    for (const call of [...this.calls.values()]) {
      this.#stopTimer(call)
      // Whoever is told of its end may ask whether it has begun.
      if (call.claim !== 0 && call.worker!.host.claims!.takeBack(call.claim)) call.worker = null
      call.fail(this.#store, failure)
      call.onEnd?.(failure)
      call.over()
    }
    this.calls.clear()
  }
}

function forOthers({ name, id }: Call): Failure {
  return failureOf('shutdown', `${name} (${id}) is for others to run`)
}
