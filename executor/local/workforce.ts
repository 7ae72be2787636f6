// All workers of an executor within one process: those that run tasks, in environments and without, and each actor's own.
import type { ResolvedEnv } from '../../runtime-env/types.ts'
import type { FromWorker } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { Call } from './calls.ts'
import { EnvironmentPools } from './environments.ts'
import type { EnvironmentHost, Host, WorkerEnd } from './host.ts'
import { LocalWorker, WorkerPool } from './workers.ts'

/** What is told of them. */
export interface WorkforceEvents {
  message(worker: LocalWorker, message: FromWorker): void
  /** By itself. */
  ended(worker: LocalWorker, end: WorkerEnd): void
  /** Whatever it had refs to, it has no more. */
  forgotten(worker: LocalWorker): void
}

export class Workforce {
  readonly #host: Host
  readonly #environments: EnvironmentHost
  readonly #events: WorkforceEvents
  readonly #plain: WorkerPool
  readonly #inEnvironments: EnvironmentPools
  readonly #actors = new Set<LocalWorker>()
  #count = 0
  #processCount = 0

  constructor(host: Host, environments: EnvironmentHost, events: WorkforceEvents) {
    this.#host = host
    this.#environments = environments
    this.#events = events
    const end = (worker: LocalWorker) => this.end(worker)
    this.#plain = new WorkerPool(
      () => this.#plain.all.size < host.maxWorkers,
      () => this.#start(null, null),
      end,
    )
    this.#inEnvironments = new EnvironmentPools(
      environments.maxWorkers,
      environments.idleTimeout,
      (env) => this.#start(env, null),
      end,
    )
  }

  get all(): LocalWorker[] {
    return [...this.#plain.all, ...this.#inEnvironments.all(), ...this.#actors]
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

  startFor(actor: ActorRecord): LocalWorker {
    const worker = this.#start(actor.spec.env, actor)
    this.#actors.add(worker)
    return worker
  }

  #start(env: ResolvedEnv | null, actor: ActorRecord | null): LocalWorker {
    const { message, ended } = this.#events
    const host = env === null ? this.#host : this.#environments
    const count = env === null ? ++this.#count : ++this.#processCount
    const name = `${host.workerName}-${count}`
    const isThisThread = env === null && this.#host.isThisThread
    return new LocalWorker(name, env, actor, isThisThread, (worker) => {
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
    if (worker.actor !== null || worker.isEnded) return
    const pools = worker.env === null ? this.#plain : this.#inEnvironments
    pools.settle(worker, call)
  }

  forget(worker: LocalWorker): void {
    if (worker.actor !== null) this.#actors.delete(worker)
    else if (worker.env === null) this.#plain.remove(worker)
    else this.#inEnvironments.remove(worker)
    worker.isEnded = true
    this.#events.forgotten(worker)
  }

  /** On purpose; `ended` is not told. */
  end(worker: LocalWorker): void {
    this.forget(worker)
    void worker.end()
  }

  async shutdown(): Promise<void> {
    this.#inEnvironments.close()
    await Promise.all(this.all.map((worker) => worker.end()))
    await this.#environments.close()
  }
}
