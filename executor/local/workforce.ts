// All workers of an executor within one process: those that run tasks, in environments and without, and those of actors.
import { availableParallelism } from 'node:os'
import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { allOver } from '../../serializer/promises.ts'
import type { FromWorker } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { Call } from './calls.ts'
import { EnvironmentPools } from './environments.ts'
import type { EnvironmentHost, Host, WorkerEnd } from './host.ts'
import { SharedWorkers } from './shared-workers.ts'
import { LocalWorker, WorkerPool, type WorkerUse } from './workers.ts'

/** What is told of them. */
export interface WorkforceEvents {
  message(worker: LocalWorker, message: FromWorker): void
  /** By itself. */
  ended(worker: LocalWorker, end: WorkerEnd): void
  /** Whatever it had refs to, it has no more. */
  forgotten(worker: LocalWorker): void
  /** One more of an actor's own may start than a moment ago. */
  mayStart(): void
}

/** So many threads of actors load their code at once: with more, all of them are late, and none is early. */
export const MOST_STARTING = 2 * availableParallelism()

export class Workforce {
  readonly #host: Host
  readonly #environments: EnvironmentHost
  readonly #events: WorkforceEvents
  readonly #plain: WorkerPool
  readonly #inEnvironments: EnvironmentPools
  /** Each with a worker of its own. */
  readonly #isolated = new Set<LocalWorker>()
  /** Those of them that have not loaded their code yet. What starts in an environment waits for that, too, and is none. */
  readonly #starting = new Set<LocalWorker>()
  readonly #shared: SharedWorkers
  #count = 0
  #processCount = 0

  constructor(host: Host, environments: EnvironmentHost, events: WorkforceEvents) {
    this.#host = host
    this.#environments = environments
    this.#events = events
    const end = (worker: LocalWorker) => this.end(worker)
    this.#plain = new WorkerPool(
      () => this.#plain.all.size < host.maxWorkers,
      () => this.#start(null, 'tasks'),
      end,
    )
    this.#inEnvironments = new EnvironmentPools(
      environments.maxWorkers,
      environments.idleTimeout,
      (env) => this.#start(env, 'tasks'),
      end,
    )
    this.#shared = new SharedWorkers(
      (env) => (env === null ? host : environments).maxShared,
      (env) => this.#start(env, 'actors'),
      end,
    )
  }

  get all(): LocalWorker[] {
    return [...this.#plain.all, ...this.#inEnvironments.all(), ...this.#isolated, ...this.#shared.all()]
  }

  /** Those that run tasks without an environment. */
  get plain(): Iterable<LocalWorker> {
    return this.#plain.all
  }

  /** Whether a task would have a worker. */
  hasRoom(env: ResolvedEnv | null): boolean {
    return env === null ? this.#plain.hasRoom : this.#inEnvironments.hasRoom(env)
  }

  /** The same, whatever environment it may want. */
  get hasRoomForAny(): boolean {
    return this.#plain.hasRoom && this.#inEnvironments.mayGrow
  }

  acquire(env: ResolvedEnv | null): LocalWorker {
    return (env === null ? this.#plain.acquire() : this.#inEnvironments.acquire(env))!
  }

  /** Whether an actor would have a worker. */
  hasRoomFor({ spec: { options, env } }: ActorRecord): boolean {
    if (!options.isolate) return this.#shared.hasRoom(env)
    return env !== null || this.mayStart > 0
  }

  /** Why an actor can't have a worker of its own here. */
  lackingFor({ spec: { options, env } }: ActorRecord): string | null {
    return options.isolate ? this.lackingForOwn(env !== null, 0) : null
  }

  /** The same for any, beside so many more that are about to have one. */
  lackingForOwn(isInEnvironment: boolean, more: number): string | null {
    const { lackingForActor } = isInEnvironment ? this.#environments : this.#host
    if (lackingForActor === undefined) return null
    let [count, starting] = [more, more]
    for (const worker of this.#isolated) {
      if ((worker.env !== null) !== isInEnvironment) continue
      count++
      if (!worker.isUp) starting++
    }
    return lackingForActor(count, starting)
  }

  /** How many more threads of actors' own may begin to load their code. */
  get mayStart(): number {
    return MOST_STARTING - this.#starting.size
  }

  /** Its own, or its place in one. */
  workerFor(actor: ActorRecord): LocalWorker {
    const { options, env } = actor.spec
    const worker = options.isolate ? this.#start(env, 'actor') : this.#shared.place(actor)
    if (options.isolate) {
      this.#isolated.add(worker)
      if (env === null && !worker.isThisThread) this.#starting.add(worker)
    }
    worker.actors!.add(actor)
    return worker
  }

  /** It has loaded its code. */
  isUp(worker: LocalWorker): void {
    if (this.#starting.delete(worker)) this.#events.mayStart()
  }

  /** An actor has left one that it shared. */
  left(worker: LocalWorker): void {
    this.#shared.left(worker)
  }

  #start(env: ResolvedEnv | null, use: WorkerUse): LocalWorker {
    const { message, ended } = this.#events
    const host = env === null ? this.#host : this.#environments
    const count = env === null ? ++this.#count : ++this.#processCount
    const name = `${host.workerName}-${count}`
    const isThisThread = env === null && this.#host.isThisThread
    return new LocalWorker(name, env, use, isThisThread, (worker) => {
      const onMessage = (from: FromWorker) => message(worker, from)
      const onEnd = (end: WorkerEnd) => {
        worker.isEnded = true
        ended(worker, end)
      }
      return env === null
        ? this.#host.start(name, onMessage, onEnd)
        : this.#environments.start(env, name, onMessage, onEnd)
    })
  }

  /** A call has left it. */
  settle(worker: LocalWorker, call: Call): void {
    if (worker.actors !== null || worker.isEnded) return
    const pools = worker.env === null ? this.#plain : this.#inEnvironments
    pools.settle(worker, call)
  }

  forget(worker: LocalWorker): void {
    if (worker.isShared) this.#shared.remove(worker)
    else if (worker.actors !== null) this.#isolated.delete(worker)
    else if (worker.env === null) this.#plain.remove(worker)
    else this.#inEnvironments.remove(worker)
    worker.isEnded = true
    this.#events.forgotten(worker)
    this.isUp(worker)
  }

  /** Threads that were told to end: one that waits in a call of the system's takes as long as that. */
  readonly #ending = new Set<Promise<void>>()

  #endOf(worker: LocalWorker): Promise<void> {
    const end = worker.end()
    if (worker.env !== null) return end
    const ending = end.finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    return ending
  }

  /** On purpose; `ended` is not told. */
  end(worker: LocalWorker): void {
    this.forget(worker)
    void this.#endOf(worker)
  }

  get areThreadsOver(): boolean {
    return this.#ending.size === 0
  }

  /** Those that were told to end. */
  async threadsOver(): Promise<void> {
    await allOver([...this.#ending])
  }

  async shutdown(): Promise<void> {
    this.#inEnvironments.close()
    await allOver(this.all.map((worker) => this.#endOf(worker)))
    await this.threadsOver()
    await this.#environments.close()
  }
}
