// Actors: each has a mailbox that keeps the order of calls, a life, and a worker of its own or a place in one.
import { queueMicrotask } from '../../serializer/globals.ts'
import type { ActorDescription, ActorInfo, ActorSpec } from '../executor.ts'
import { type Failure, failureOf } from '../failures.ts'
import type { Call } from './calls.ts'
import type { LocalWorker } from './workers.ts'

let turns = 0

export class ActorRecord {
  readonly spec: ActorSpec
  /** What its code is known by on a worker that it shares. */
  readonly turn = ++turns
  state: ActorDescription['state'] = 'starting'
  worker: LocalWorker | null = null
  readonly mailbox: Call[] = []
  /** Calls that were sent to the worker. */
  readonly underWay = new Set<Call>()
  restarts = 0
  /** Slots that it has for its life. */
  hasResources = false
  death: Failure | null = null
  handles = 0
  /** A handle went into a bundle: who knows who has it now. */
  isShared = false

  constructor(spec: ActorSpec) {
    this.spec = spec
  }

  /** A call of it may be in its code; so may its constructor. */
  get isBusy(): boolean {
    return this.underWay.size > 0 || this.state !== 'alive'
  }

  get label(): string {
    return `actor ${this.spec.name} (${this.spec.id})`
  }
}

/** What the mailboxes need of the executor. */
export interface ActorCore {
  run(call: Call, worker: LocalWorker): void
  fail(call: Call, failure: Failure): void
  /** Queues the call of the constructor. */
  launch(actor: ActorRecord): void
  giveResources(actor: ActorRecord): void
  /** It lives there no more; its worker ends if it was its own. `wasBusy`: its code may be what that is in. */
  leave(actor: ActorRecord, worker: LocalWorker, wasBusy: boolean): void
  /** Another state. */
  changed(actor: ActorRecord): void
  /** For good, with all that its worker has of it. */
  end(actor: ActorRecord, death: Failure): void
}

export class Actors {
  readonly #byId = new Map<string, ActorRecord>()
  readonly #byName = new Map<string, ActorRecord>()
  readonly #core: ActorCore

  constructor(core: ActorCore) {
    this.#core = core
  }

  get(id: string): ActorRecord | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<ActorRecord> {
    return this.#byId.values()
  }

  create(spec: ActorSpec): void {
    const { registeredName } = spec.options
    if (registeredName !== null && this.#byName.has(registeredName))
      throw new Error(
        `there is an actor named ${JSON.stringify(registeredName)} already: getActor(${JSON.stringify(registeredName)}) finds it, kill ends it`,
      )
    const actor = new ActorRecord(spec)
    this.#byId.set(spec.id, actor)
    if (registeredName !== null) this.#byName.set(registeredName, actor)
    // It may die at once; who is about to have a handle is to be told why.
    actor.handles++
    this.#core.launch(actor)
    queueMicrotask(() => this.release(spec.id))
  }

  find(name: string): ActorInfo | null {
    const actor = this.#byName.get(name)
    if (actor === undefined) return null
    const { id, name: className, methods } = actor.spec
    return { id, name: className, methods }
  }

  /** A call whose place in the mailbox is fixed from now on; it may still wait for arguments. */
  enqueue(call: Call, actor: ActorRecord): void {
    if (actor.state === 'dead') return this.#core.fail(call, this.#deathOf(actor))
    actor.mailbox.push(call)
  }

  /** Sends what may be sent: the first calls of the mailbox, as many at once as the actor takes. */
  pump(actor: ActorRecord): void {
    const { mailbox, underWay, worker } = actor
    while (
      actor.state === 'alive' &&
      worker !== null &&
      mailbox.length > 0 &&
      underWay.size < actor.spec.options.maxConcurrency
    ) {
      const call = mailbox[0]!
      if (call.isSettled) {
        mailbox.shift()
        continue
      }
      if (call.state !== 'queued') return
      mailbox.shift()
      underWay.add(call)
      this.#core.run(call, worker)
    }
    this.#endIfUnreachable(actor)
  }

  started(actor: ActorRecord): void {
    actor.state = 'alive'
    this.#core.changed(actor)
    this.pump(actor)
  }

  /** Its worker ended under it. What was under way is tried again, in its order, or fails. */
  crashed(actor: ActorRecord, reason: string, thrown: Failure | null): void {
    actor.worker = null
    const { maxRestarts } = actor.spec.options
    const mayRestart = maxRestarts < 0 || actor.restarts < maxRestarts
    const message = `${actor.label} died: ${reason}`
    const death: Failure = {
      ...failureOf('actor-died', message),
      ...(thrown?.thrown && { thrown: thrown.thrown }),
    }
    const again: Call[] = []
    for (const call of actor.underWay) {
      if (call.isSettled) continue
      if (mayRestart && call.mayRetry()) {
        call.state = 'queued'
        again.push(call)
      } else this.#core.fail(call, death)
    }
    actor.underWay.clear()
    if (!mayRestart) return this.die(actor, death)
    actor.mailbox.unshift(...again.sort((a, b) => a.order - b.order))
    actor.restarts++
    actor.state = 'restarting'
    this.#core.changed(actor)
    this.#core.launch(actor)
  }

  /** For good. */
  die(actor: ActorRecord, death: Failure): void {
    if (actor.state === 'dead') return
    const { isBusy } = actor
    actor.state = 'dead'
    actor.death = death
    const { registeredName } = actor.spec.options
    if (registeredName !== null && this.#byName.get(registeredName) === actor)
      this.#byName.delete(registeredName)
    this.#core.giveResources(actor)
    const { worker } = actor
    actor.worker = null
    if (worker !== null) this.#core.leave(actor, worker, isBusy)
    const failure = this.#deathOf(actor)
    for (const call of [...actor.underWay, ...actor.mailbox.splice(0)]) this.#core.fail(call, failure)
    actor.underWay.clear()
    this.#core.changed(actor)
    this.#forgetIfUnreachable(actor)
  }

  #deathOf(actor: ActorRecord): Failure {
    return actor.death ?? failureOf('actor-died', `${actor.label} is gone`)
  }

  hold(id: string): void {
    const actor = this.#byId.get(id)
    if (actor !== undefined) actor.handles++
  }

  release(id: string): void {
    const actor = this.#byId.get(id)
    if (actor === undefined) return
    actor.handles--
    this.#endIfUnreachable(actor)
    this.#forgetIfUnreachable(actor)
  }

  share(id: string): void {
    const actor = this.#byId.get(id)
    if (actor !== undefined) actor.isShared = true
  }

  /** Nobody has a handle, nothing is left to do: it ends by itself. */
  #endIfUnreachable(actor: ActorRecord): void {
    const isIdle = actor.state === 'alive' && actor.mailbox.length === 0 && actor.underWay.size === 0
    if (!isIdle || actor.handles > 0 || actor.isShared || actor.spec.options.detached) return
    this.#core.end(actor, failureOf('actor-died', `${actor.label} ended, for nobody had a handle of it`))
  }

  #forgetIfUnreachable(actor: ActorRecord): void {
    if (actor.state === 'dead' && actor.handles <= 0 && !actor.isShared) this.#byId.delete(actor.spec.id)
  }

  describe(): ActorDescription[] {
    return [...this.#byId.values()].map((actor) => ({
      id: actor.spec.id,
      name: actor.spec.name,
      registeredName: actor.spec.options.registeredName,
      state: actor.state,
      restarts: actor.restarts,
      pendingCalls: actor.mailbox.length + actor.underWay.size,
      worker: actor.worker?.name ?? null,
    }))
  }
}
