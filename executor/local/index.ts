// The executor within one process, over any host: the interface of executor.ts over what keeps the objects, the calls on
// their way, and the workers. What the calls run in is the hosts' affair.

import type { LocalPackage, ResolvedEnv } from '../../runtime-env/types.ts'
import { process, queueMicrotask } from '../../serializer/globals.ts'
import { allOver, promiseOf } from '../../serializer/promises.ts'
import {
  type ActorCallSpec,
  type ActorInfo,
  type ActorSpec,
  type CancelOptions,
  type Description,
  type Executor,
  type Exported,
  type Outcome,
  resultIds,
  type TaskSpec,
} from '../executor.ts'
import { cancelled, failureOf } from '../failures.ts'
import { FunctionStore, functionsOf } from '../functions.ts'
import { type InitOptions, totalResources } from '../options.ts'
import { describeFunction, type Packed, refsOf } from '../payload.ts'
import { within } from '../within.ts'
import { type FromWorker, Kind } from '../worker/protocol.ts'
import type { Actors } from './actors.ts'
import type { NamedFunction } from './ahead.ts'
import { Call, type CallSink } from './calls.ts'
import { answerClient } from './client-messages.ts'
import { CallFlow } from './flow.ts'
import { Grants } from './grants.ts'
import type { LocalHooks } from './hooks.ts'
import type { EnvironmentHost, Host } from './host.ts'
import { WorkerLogs } from './logs.ts'
import { ObjectStore } from './objects.ts'
import { type Amounts, Resources } from './resources.ts'
import type { LocalWorker } from './workers.ts'
import { Workforce } from './workforce.ts'

export interface LocalSettings {
  readonly engine: Executor['engine']
  readonly host: Host
  readonly environments: EnvironmentHost
  readonly options: InitOptions
  /** Where this executor serves a fleet: who is told, and what tasks ask instead. */
  readonly hooks?: LocalHooks
}

export class LocalExecutor implements Executor {
  readonly engine: Executor['engine']
  readonly store = new ObjectStore()
  readonly #grants: Grants
  readonly #functions = new FunctionStore<{ readonly exported: Exported }>(({ exported }) => {
    for (const id of refsOf(exported.value)) this.store.release(id)
  })
  readonly #resources: Resources
  readonly #environments: EnvironmentHost
  readonly #workforce: Workforce
  readonly #flow: CallFlow
  /** None: it comes as it is. */
  readonly #logs: WorkerLogs | null
  readonly #hooks: LocalHooks | null

  constructor({ engine, host, environments, options, hooks }: LocalSettings) {
    this.engine = engine
    this.#hooks = hooks ?? null
    this.#grants = new Grants(hooks?.objects ?? this.store, hooks?.executor ?? this)
    this.#resources = new Resources(totalResources(options))
    this.#logs = options.logToDriver === false ? null : new WorkerLogs(options.logToDriver ?? true)
    this.#environments = environments
    this.#workforce = new Workforce(host, environments, {
      message: (worker, message) => this.#receive(worker, message),
      ended: (worker, end) => this.#flow.ends.workerEnded(worker, end),
      forgotten: (worker) => this.#grants.forgetAll(worker),
      // Whatever is being done with one that has ended is done first.
      mayStart: () =>
        queueMicrotask(() => {
          this.#flow.pump()
          hooks?.roomChanged()
        }),
    })
    this.#flow = new CallFlow(
      this.store,
      this.#functions,
      this.#grants,
      this.#resources,
      this.#workforce,
      this.#hooks,
    )
  }

  get actors(): Actors {
    return this.#flow.actors
  }

  hasFunction(hash: string): boolean {
    return this.#functions.get(hash) !== undefined
  }

  exportFunction(fn: Exported): void {
    if (this.hasFunction(fn.hash)) return
    this.#functions.add({ exported: fn })
    for (const id of refsOf(fn.value)) this.store.hold(id)
  }

  holdFunction(hash: string): void {
    this.#functions.hold([hash])
  }

  releaseFunction(hash: string): void {
    this.#functions.letGo([hash])
  }

  addPackage(pkg: LocalPackage): void {
    this.#environments.addPackage(pkg)
  }

  lackingFor(env: ResolvedEnv): string | null {
    return this.#environments.lackingFor(env)
  }

  /** The task is others' to run: false if it has begun, and goes on. */
  withdraw(id: string): boolean {
    const call = this.#flow.calls.get(id)
    return call !== undefined && this.#flow.leaveToOthers(call)
  }

  /** Of one that is not over: is it with a worker, or was it when `shutdown` cut it off? */
  hasBegun(id: string): boolean {
    const worker = this.#flow.calls.get(id)?.worker ?? null
    return worker !== null && !worker.isPreparing
  }

  /** `sink`, where there is one, has the results instead of the store. */
  submit(spec: TaskSpec, sink: CallSink | null = null): void {
    this.#flow.admit(new Call({ kind: Kind.Task, spec }, null, sink))
  }

  callActor(spec: ActorCallSpec, sink: CallSink | null = null): void {
    const actor = this.actors.get(spec.actor)
    if (actor !== undefined)
      return this.#flow.admit(new Call({ kind: Kind.CallActor, spec, actor }, null, sink))
    const failure = failureOf('actor-died', `the actor ${spec.actor} is gone`)
    const outcome: Outcome = { ok: false, failure }
    const ids = resultIds(spec.id, spec.options.numReturns)
    if (sink !== null) {
      sink.settled(
        ids.map(() => outcome),
        failure,
      )
      return sink.over()
    }
    for (const id of ids) {
      this.store.expect(id)
      this.store.settle(id, outcome)
    }
  }

  createActor(spec: ActorSpec): void {
    this.actors.create(spec)
    // For its life: it may start again.
    this.#functions.hold(functionsOf(spec))
  }

  put(id: string, value: Packed): void {
    this.store.expect(id)
    this.store.settle(id, { ok: true, value })
  }

  outcome(id: string): Promise<Outcome> {
    return promiseOf((resolve) => this.store.whenSettled(id, resolve))
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
    this.#flow.block(id)
  }

  unblock(id: string): void {
    this.#flow.unblock(id)
  }

  cancel(id: string, options: CancelOptions): void {
    const { calls } = this.#flow
    const call = calls.get(id)
    if (options.recursive)
      for (const each of [...calls.values()]) if (each.parent === id) this.cancel(each.id, options)
    if (call === undefined) return
    const { worker } = call
    if (!call.isSettled) {
      this.#flow.fail(call, cancelled(call.name, call.id))
      if (worker === null || this.#flow.drop(call)) return
    } else if (worker === null || call.state !== 'cancelled') return
    if (options.force && worker.actors === null)
      this.#flow.ends.endWorker(worker, `${call.name} (${id}) was cancelled, with force`)
    else worker.host.send(['abort', id])
  }

  killActor(id: string, noRestart: boolean): void {
    const actor = this.actors.get(id)
    if (actor === undefined || actor.state === 'dead') return
    if (noRestart) return this.#flow.endActor(actor, failureOf('actor-died', `${actor.label} was killed`))
    this.#flow.restartActor(actor)
  }

  findActor(name: string): Promise<ActorInfo | null> {
    return promiseOf((resolve) => resolve(this.actors.find(name)))
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
    const { setUps } = this.#flow
    this.#functions.hold(functionsOf(spec))
    setUps.add(spec)
    const workers = this.#workforce.all.filter((worker) => !worker.isEnded)
    await allOver(workers.map((worker) => setUps.complete(worker)))
  }

  /** What a driver that has left had run on all workers. */
  dropSetUps(driver: string): void {
    const workers = this.#workforce.all.filter((worker) => !worker.isEnded)
    for (const spec of this.#flow.setUps.drop(driver, workers)) this.#functions.letGo(functionsOf(spec))
  }

  /** Whether a task that needs so much would start at once. */
  hasRoomFor(wanted: Amounts): boolean {
    return this.#flow.hasRoomFor(wanted)
  }

  /** The same for an actor, which has a worker of its own or shares one. */
  hasSlotsFor(wanted: Amounts): boolean {
    return this.#resources.fits(wanted)
  }

  /** Why there is no room for an actor's own thread or process, beside so many more that are about to be; or null. */
  lackingForOwn(own: 'thread' | 'process', more: number): string | null {
    return this.#workforce.lackingForOwn(own === 'process', more)
  }

  /** How many more actors' own threads may begin to load their code. */
  get mayStart(): number {
    return this.#workforce.mayStart
  }

  /** Whether workers have tasks ahead: then more results are about to come. */
  get isAhead(): boolean {
    return this.#flow.ahead.isUsed
  }

  /** How many tasks of its like could go to workers that are not done with another. */
  roomAhead(spec: TaskSpec): number {
    return this.#flow.ahead.room(spec)
  }

  /** Milliseconds that a task's function, or others of its name, ran of late; infinite if that is not known. */
  durationOf(task: NamedFunction): number {
    return this.#flow.ahead.duration(task)
  }

  describe(): Promise<Description> {
    return promiseOf((resolve) => resolve(this.#description()))
  }

  #description(): Description {
    return {
      engine: this.engine,
      resources: this.#resources.describe(),
      workers: this.#workforce.all.map(({ name, state }) => ({ name, state })),
      tasks: [...this.#flow.calls.values()].map(({ id, name, state, attempt, worker }) => ({
        ...{ id, name, attempt },
        state: state === 'running' && worker?.isPreparing === true ? 'preparing' : state,
        worker: worker?.name ?? null,
      })),
      actors: this.actors.describe(),
      functions: Array.from(this.#functions.values(), ({ exported }) => describeFunction(exported)),
      objects: this.store.describe(),
      environments: this.#environments.describe(),
    }
  }

  async shutdown(): Promise<void> {
    const failure = failureOf('shutdown', 'the executor was shut down before the task was done')
    this.#flow.shutdown(failure)
    this.store.failPending({ ok: false, failure })
    await this.#workforce.shutdown()
    this.#logs?.flush()
  }

  /** Whether threads that were told to end have done so, or do within so many milliseconds. */
  async areThreadsOver(most: number): Promise<boolean> {
    if (most > 0) await within(most, this.#workforce.threadsOver())
    return this.#workforce.areThreadsOver
  }

  #receive(worker: LocalWorker, message: FromWorker): void {
    switch (message[0]) {
      case 'done':
        return this.#flow.done(worker, message[1], message[2], message[3])
      case 'failed':
        return this.#flow.failed(worker, message[1], message[2], message[3])
      case 'need':
        return this.#handFunction(worker, message[1])
      case 'log':
        return this.#printed(worker, message)
      case 'dropped':
        return this.#flow.departures.dropped(worker, message[1])
      case 'ready':
        return this.#workforce.isUp(worker)
      case 'lost?':
        return void this.#hooks!.withdrawLost().then(() => worker.host.send(['begin']))
      case 'turn':
      case 'uncaught':
      case 'exit':
        return
      default:
        return answerClient(this.#hooks?.executor ?? this, this, this.#grants, worker, message)
    }
  }

  #printed(
    worker: LocalWorker,
    [, stream, text, task, call, actor]: Extract<FromWorker, readonly ['log', ...unknown[]]>,
  ): void {
    if (this.#hooks !== null) this.#hooks.printed(worker, { stream, text, task, call, actor })
    // Threads write to this process's output themselves then.
    else if (this.#logs === null) process[stream].write(text)
    else this.#logs.take(stream, text, worker.name, task)
  }

  #handFunction(worker: LocalWorker, hash: string): void {
    const exported = this.#functions.get(hash)?.exported ?? null
    if (exported !== null && !worker.isThisThread) this.#grants.grantInside(worker, exported.value)
    try {
      worker.host.send(['function', hash, exported])
    } catch (error) {
      worker.host.send(['function', hash, null, (error as Error).message])
    }
  }
}
