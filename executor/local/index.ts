// The executor within one process, over any host: it keeps the objects, holds calls until their arguments are there,
// gives out slots, tries again what crashed. What the calls run in is the host's affair.
import {
  type ActorCallSpec,
  type ActorInfo,
  type ActorSpec,
  type CancelOptions,
  type Description,
  type Executor,
  type Exported,
  type Outcome,
  resultId,
  type TaskSpec,
} from '../executor.ts'
import { errorOf, type Failure, failureOf } from '../failures.ts'
import type { InitOptions } from '../options.ts'
import { totalResources } from '../options.ts'
import { describeFunction, type Packed, refsOf } from '../payload.ts'
import { type FromWorker, Kind } from '../worker/protocol.ts'
import { type ActorRecord, Actors } from './actors.ts'
import { Call } from './calls.ts'
import { answerClient } from './client-messages.ts'
import { Grants } from './grants.ts'
import type { LocalHooks } from './hooks.ts'
import type { Host, WorkerEnd } from './host.ts'
import { WorkerLogs } from './logs.ts'
import { ObjectStore } from './objects.ts'
import { CallQueue } from './queue.ts'
import { type Amounts, Resources } from './resources.ts'
import { LocalWorker, WorkerPool } from './workers.ts'

export class LocalExecutor implements Executor {
  readonly engine: Executor['engine']
  readonly store = new ObjectStore()
  readonly actors: Actors
  readonly #grants: Grants
  readonly #host: Host
  readonly #functions = new Map<string, Exported>()
  readonly #resources: Resources
  readonly #queue = new CallQueue()
  readonly #pool: WorkerPool
  readonly #actorWorkers = new Set<LocalWorker>()
  /** Those that are not over. */
  readonly #calls = new Map<string, Call>()
  readonly #setUps: TaskSpec[] = []
  readonly #logs: WorkerLogs
  /** Where this executor serves a fleet: who is told, and what tasks ask instead. */
  readonly #hooks: LocalHooks | null
  #workerCount = 0
  #isShutDown = false

  constructor(engine: Executor['engine'], host: Host, options: InitOptions, hooks: LocalHooks | null = null) {
    this.engine = engine
    this.#hooks = hooks
    this.#grants = new Grants(hooks?.objects ?? this.store)
    this.#host = host
    this.#resources = new Resources(totalResources(options))
    this.#logs = new WorkerLogs(options.logToDriver ?? true)
    this.#pool = new WorkerPool(host.maxWorkers, () => this.#startWorker(null))
    this.actors = new Actors({
      run: (call, worker) => this.#run(call, worker),
      fail: (call, failure) => this.#fail(call, failure),
      launch: (call) => this.#admit(call),
      giveResources: (actor) => this.#giveActorsResources(actor),
      endWorker: (worker) => {
        this.#forget(worker)
        void worker.end()
      },
      changed: (actor) => hooks?.actorChanged(actor),
    })
  }

  // --- the interface ---

  exportFunction(fn: Exported): void {
    if (this.#functions.has(fn.hash)) return
    this.#functions.set(fn.hash, fn)
    this.#holdInside(fn.value)
  }

  submit(spec: TaskSpec): void {
    this.#admit(new Call({ kind: Kind.Task, spec }))
  }

  callActor(spec: ActorCallSpec): void {
    const actor = this.actors.get(spec.actor)
    if (actor === undefined) {
      for (let i = 0; i < spec.options.numReturns; i++) {
        const id = resultId(spec.id, i)
        this.store.expect(id)
        this.store.settle(id, {
          ok: false,
          failure: failureOf('actor-died', `the actor ${spec.actor} is gone`),
        })
      }
      return
    }
    this.#admit(new Call({ kind: Kind.CallActor, spec, actor }))
  }

  createActor(spec: ActorSpec): void {
    this.actors.create(spec)
  }

  put(id: string, value: Packed): void {
    this.store.expect(id)
    this.store.settle(id, { ok: true, value })
  }

  outcome(id: string): Promise<Outcome> {
    return new Promise((resolve) => this.store.whenSettled(id, resolve))
  }

  isSettled(id: string): boolean {
    return this.store.peek(id) !== null
  }

  settled(id: string): Promise<void> {
    return new Promise((resolve) => this.store.whenSettled(id, () => resolve()))
  }

  free(ids: readonly string[]): void {
    for (const id of ids) this.store.free(id)
  }

  hold(id: string): void {
    this.store.hold(id)
  }

  release(id: string): void {
    this.store.release(id)
  }

  block(id: string): void {
    const call = this.#calls.get(id)
    if (call === undefined || call.isBlocked || call.worker === null) return
    call.isBlocked = true
    if (!call.isSettled) call.state = 'blocked'
    call.worker.blocked++
    this.#giveSlot(call)
    this.#pump()
    this.#hooks?.roomChanged()
  }

  unblock(id: string): void {
    const call = this.#calls.get(id)
    if (call === undefined || !call.isBlocked || call.worker === null) return
    call.isBlocked = false
    if (!call.isSettled) call.state = 'running'
    call.worker.blocked--
    if (call.target.kind === Kind.Task) this.#takeSlot(call)
  }

  cancel(id: string, options: CancelOptions): void {
    const call = this.#calls.get(id)
    if (options.recursive)
      for (const each of [...this.#calls.values()]) if (each.parent === id) this.cancel(each.id, options)
    if (call === undefined || call.isSettled) return
    const { worker } = call
    this.#fail(call, failureOf('cancelled', `task ${call.name} (${call.id}) was cancelled`))
    if (worker === null) return
    if (options.force && worker.actor === null) this.#endWorker(worker)
    else worker.host.send(['abort', id])
  }

  killActor(id: string, noRestart: boolean): void {
    const actor = this.actors.get(id)
    if (actor === undefined || actor.state === 'dead') return
    if (noRestart) return this.#endActor(actor, failureOf('actor-died', `${actor.label} was killed`))
    const { worker } = actor
    if (worker === null) return
    this.#actorWorkers.delete(worker)
    void worker.end()
    this.#onEnd(worker, { exitCode: null, reason: 'it was killed', failure: null })
  }

  async findActor(name: string): Promise<ActorInfo | null> {
    return this.actors.find(name)
  }

  holdActor(id: string): void {
    this.actors.hold(id)
  }

  releaseActor(id: string): void {
    this.actors.release(id)
  }

  shareActor(id: string): void {
    this.actors.share(id)
  }

  async runOnAllWorkers(spec: TaskSpec): Promise<void> {
    this.#setUps.push(spec)
    const workers = [...this.#pool.all, ...this.#actorWorkers].filter((worker) => !worker.isEnded)
    await Promise.all(workers.map((worker) => this.#setUp(worker)))
  }

  /** Whether a task that needs so much would start at once. */
  hasRoomFor(wanted: Amounts): boolean {
    return this.#resources.fits(wanted) && this.#pool.hasRoom
  }

  async describe(): Promise<Description> {
    return {
      engine: this.engine,
      resources: this.#resources.describe(),
      workers: [...this.#pool.all, ...this.#actorWorkers].map(({ name, state }) => ({ name, state })),
      tasks: [...this.#calls.values()].map(({ id, name, state, attempt, worker }) => ({
        ...{ id, name, state, attempt },
        worker: worker?.name ?? null,
      })),
      actors: this.actors.describe(),
      functions: [...this.#functions.values()].map(describeFunction),
      objects: this.store.describe(),
    }
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true
    const failure = failureOf('shutdown', 'the executor was shut down before the task was done')
    for (const call of [...this.#calls.values()]) {
      if (call.timer !== null) clearTimeout(call.timer)
      call.fail(this.store, failure)
      call.onEnd?.(failure)
    }
    this.#calls.clear()
    this.store.failPending({ ok: false, failure })
    const workers = [...this.#pool.all, ...this.#actorWorkers]
    await Promise.all(workers.map((worker) => worker.end()))
    this.#logs.flush()
  }

  // --- a call's way ---

  #admit(call: Call): void {
    for (const id of call.resultIds) this.store.expect(id)
    if (this.#isShutDown) return call.fail(this.store, failureOf('shutdown', 'the executor is shut down'))
    this.#calls.set(call.id, call)
    const { target, deps } = call
    this.#holdInside(target.spec.args)
    for (const [, id] of deps) this.store.hold(id)
    const lacking = target.kind === Kind.CallActor ? null : this.#resources.lacking(call.resources)
    if (lacking !== null)
      return this.#fail(call, failureOf('error', `${call.name} can never run: ${lacking}`))
    if (target.kind === Kind.CallActor) this.actors.enqueue(call, target.actor)
    if (call.isSettled) return
    call.missing = deps.length
    if (deps.length === 0) return this.#ready(call)
    for (const [, id] of deps) {
      this.store.whenSettled(id, (outcome) => {
        if (call.isSettled) return
        if (!outcome.ok) this.#fail(call, outcome.failure)
        else if (--call.missing === 0) this.#ready(call)
      })
    }
  }

  #ready(call: Call): void {
    call.state = 'queued'
    if (call.target.kind === Kind.CallActor) return this.actors.pump(call.target.actor)
    this.#queue.push(call)
    this.#pump()
  }

  #fits = (call: Call): boolean =>
    call.target.kind === Kind.StartActor
      ? call.target.actor.hasResources || this.#resources.fits(call.resources)
      : this.#resources.fits(call.resources) && this.#pool.hasRoom

  #pump(): void {
    if (this.#isShutDown) return
    for (let call = this.#queue.take(this.#fits); call !== null; call = this.#queue.take(this.#fits)) {
      const { target } = call
      if (target.kind === Kind.StartActor) {
        const { actor } = target
        if (!actor.hasResources) {
          actor.hasResources = true
          this.#resources.take(call.resources)
        }
        actor.worker = this.#startWorker(actor)
        this.#run(call, actor.worker)
      } else {
        this.#takeSlot(call)
        this.#run(call, this.#pool.acquire()!)
      }
    }
  }

  #run(call: Call, worker: LocalWorker): void {
    call.state = 'running'
    call.attempt++
    worker.add(call)
    if (worker.setUps < this.#setUps.length) void this.#setUp(worker).catch(() => {})
    try {
      const { job, transfer } = call.job(this.store)
      this.#grantInside(worker, job[6])
      if (job[7] !== null) for (const [, value] of job[7]) this.#grantInside(worker, value)
      worker.host.send(job, transfer)
    } catch (error) {
      return this.#fail(
        call,
        failureOf('error', `${call.name} could not be sent to a worker: ${String(error)}`),
      )
    }
    if (call.timeout !== null) call.timer = setTimeout(() => this.#onTimeout(call), call.timeout)
  }

  #takeSlot(call: Call): void {
    call.hasSlot = true
    this.#resources.take(call.resources)
  }

  #giveSlot(call: Call): void {
    if (!call.hasSlot) return
    call.hasSlot = false
    this.#resources.give(call.resources)
  }

  /** Off its worker, whatever comes next. */
  #leave(call: Call): void {
    const { worker } = call
    if (call.timer !== null) {
      clearTimeout(call.timer)
      call.timer = null
    }
    if (worker === null) return
    const { target } = call
    this.#giveSlot(call)
    worker.remove(call)
    call.worker = null
    if (target.kind === Kind.CallActor) target.actor.underWay.delete(call)
    if (worker.actor === null && !worker.isEnded) {
      this.#pool.count(worker, call)
      this.#pool.settle(worker)
    }
    this.#hooks?.roomChanged()
  }

  /** Over: what was kept for it is let go. */
  #finish(call: Call): void {
    if (!this.#calls.delete(call.id)) return
    for (const [, id] of call.deps) this.store.release(id)
    this.#releaseInside(call.target.spec.args)
    this.#hooks?.callEnded(call.id)
  }

  /** Its refs reject now. If its code still runs, the slot is free when that ends. */
  #fail(call: Call, failure: Failure): void {
    const { target } = call
    call.fail(this.store, failure)
    if (call.worker !== null) return
    this.#finish(call)
    if (target.kind === Kind.StartActor) this.#endActor(target.actor, { ...failure, kind: 'actor-died' })
    else if (target.kind === Kind.CallActor) this.actors.pump(target.actor)
  }

  #onMessage(worker: LocalWorker, message: FromWorker): void {
    switch (message[0]) {
      case 'done':
        return this.#onDone(worker, message[1], message[2])
      case 'failed':
        return this.#onFailed(worker, message[1], message[2], message[3])
      case 'need': {
        const exported = this.#functions.get(message[1]) ?? null
        if (exported !== null) this.#grantInside(worker, exported.value)
        return worker.host.send(['function', message[1], exported])
      }
      case 'log':
        if (this.#hooks !== null) return this.#hooks.printed(worker, message[1], message[2], message[3])
        return this.#logs.take(message[1], message[2], worker.name, message[3])
      case 'uncaught':
      case 'exit':
        return
      default:
        return answerClient(this.#hooks?.executor ?? this, this, this.#grants, worker, message)
    }
  }

  #onDone(worker: LocalWorker, id: string, results: Packed | readonly Packed[] | null): void {
    const call = worker.calls.get(id)
    if (call === undefined) return
    const { target } = call
    const wasSettled = call.isSettled
    this.#leave(call)
    if (!wasSettled) call.settle(this.store, results)
    this.#finish(call)
    call.onEnd?.(null)
    if (target.kind === Kind.StartActor) this.actors.started(target.actor)
    else if (target.kind === Kind.CallActor) this.actors.pump(target.actor)
    else this.#pump()
  }

  #onFailed(worker: LocalWorker, id: string, failure: Failure, isRetryable: boolean): void {
    const call = worker.calls.get(id)
    if (call === undefined) return
    const { target } = call
    this.#leave(call)
    if (isRetryable && !call.isSettled && call.mayRetry()) {
      if (target.kind === Kind.CallActor) target.actor.mailbox.unshift(call)
      this.#ready(call)
    } else if (target.kind === Kind.StartActor) {
      this.#finish(call)
      this.#endActor(target.actor, {
        ...failure,
        kind: 'actor-died',
        message: `${target.actor.label} never lived: its constructor threw ${failure.message}`,
      })
    } else {
      this.#fail(call, failure)
      this.#finish(call)
      call.onEnd?.(failure)
    }
    this.#pump()
  }

  #onTimeout(call: Call): void {
    const { worker } = call
    const message = `task ${call.name} (${call.id}) took longer than its timeout of ${call.timeout} ms`
    this.#fail(call, failureOf('timeout', message))
    if (worker === null) return
    if (worker.actor === null) this.#endWorker(worker)
    else worker.host.send(['abort', call.id])
  }

  // --- workers ---

  #startWorker(actor: ActorRecord | null): LocalWorker {
    const name = `${this.#host.workerName}-${++this.#workerCount}`
    const worker = new LocalWorker(
      this.#host,
      name,
      actor,
      (from, message) => this.#onMessage(from, message),
      (ended, end) => this.#onEnd(ended, end),
    )
    if (actor !== null) this.#actorWorkers.add(worker)
    return worker
  }

  /** All set-ups that the worker has not had yet. */
  async #setUp(worker: LocalWorker): Promise<void> {
    const missing = this.#setUps.slice(worker.setUps)
    worker.setUps = this.#setUps.length
    await Promise.all(
      missing.map(
        (spec) =>
          new Promise<void>((resolve, reject) => {
            const id = `${spec.id}-${worker.name}`
            const call = new Call({ kind: Kind.SetUp, spec: { ...spec, id } }, (failure) =>
              failure === null ? resolve() : reject(errorOf(failure)),
            )
            this.#calls.set(id, call)
            this.#run(call, worker)
          }),
      ),
    )
  }

  /** Ended on purpose: what else ran there starts again elsewhere, and is not to blame. */
  #endWorker(worker: LocalWorker): void {
    if (worker.isEnded) return
    this.#forget(worker)
    void worker.end()
    for (const call of [...worker.calls.values()]) {
      this.#leave(call)
      if (call.isSettled) this.#finish(call)
      else this.#ready(call)
    }
    this.#pump()
  }

  #endActor(actor: ActorRecord, death: Failure): void {
    const { worker } = actor
    const calls = worker === null ? [] : [...worker.calls.values()]
    this.actors.die(actor, death)
    if (worker !== null) this.#forget(worker)
    for (const call of calls) {
      this.#leave(call)
      this.#finish(call)
    }
    this.#pump()
  }

  /** It ended by itself: by process.exit, out of memory, by an error that nothing caught. */
  #onEnd(worker: LocalWorker, end: WorkerEnd): void {
    if (this.#isShutDown) return
    this.#forget(worker)
    const how = end.reason ?? (end.exitCode === null ? 'it ended' : `it ended with exit code ${end.exitCode}`)
    const calls = [...worker.calls.values()]
    const running = calls.filter(({ isBlocked }) => !isBlocked)
    const toBlame = new Set(running.length > 0 ? running : calls)
    const { actor } = worker
    for (const call of calls) {
      if (actor !== null && call.target.kind === Kind.CallActor) {
        // Still under way, for the actor decides.
        const { underWay } = actor
        this.#leave(call)
        underWay.add(call)
        continue
      }
      this.#leave(call)
      if (call.isSettled || call.target.kind === Kind.StartActor) this.#finish(call)
      else if (call.target.kind === Kind.SetUp) {
        this.#finish(call)
        call.onEnd?.(failureOf('crashed', `${worker.name} ended while ${call.name} set it up: ${how}`))
      } else if (!toBlame.has(call) || call.mayRetry()) this.#ready(call)
      else this.#fail(call, crash(call, worker, how, end))
    }
    if (actor !== null) this.actors.crashed(actor, `${worker.name}, its worker, is gone: ${how}`, end.failure)
    this.#pump()
  }

  #forget(worker: LocalWorker): void {
    this.#pool.remove(worker)
    this.#actorWorkers.delete(worker)
    worker.isEnded = true
    this.#grants.forgetAll(worker)
  }

  #giveActorsResources(actor: ActorRecord): void {
    if (!actor.hasResources) return
    actor.hasResources = false
    this.#resources.give(actor.spec.options.resources)
  }

  // --- refs inside values ---

  #holdInside(value: Packed): void {
    for (const id of refsOf(value)) this.store.hold(id)
  }

  #releaseInside(value: Packed): void {
    for (const id of refsOf(value)) this.store.release(id)
  }

  /** The worker is about to have refs of its own. */
  #grantInside(worker: LocalWorker, value: Packed): void {
    if (!this.#host.isThisThread) this.#grants.grantInside(worker, value)
  }
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
