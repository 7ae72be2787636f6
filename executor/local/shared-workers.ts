// The workers that actors share which are not isolated: some for each environment, so many as use the cores. An actor gets
// the one with the fewest actors, and stays there.

import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { ActorRecord } from './actors.ts'
import type { LocalWorker } from './workers.ts'

/** Milliseconds that one is kept which has no actor any more: the next one need not wait for a new thread. */
const LINGER = 1_000

export class SharedWorkers {
  /** By environment. */
  readonly #workers = new Map<string, Set<LocalWorker>>()
  readonly #most: (env: ResolvedEnv | null) => number
  readonly #start: (env: ResolvedEnv | null) => LocalWorker
  readonly #end: (worker: LocalWorker) => void
  readonly #timers = new Map<LocalWorker, NodeJS.Timeout>()

  constructor(
    most: (env: ResolvedEnv | null) => number,
    start: (env: ResolvedEnv | null) => LocalWorker,
    end: (worker: LocalWorker) => void,
  ) {
    this.#most = most
    this.#start = start
    this.#end = end
  }

  *all(): Iterable<LocalWorker> {
    for (const workers of this.#workers.values()) yield* workers
  }

  #in(env: ResolvedEnv | null): Set<LocalWorker> {
    const key = env?.key ?? ''
    let workers = this.#workers.get(key)
    if (workers === undefined) this.#workers.set(key, (workers = new Set()))
    return workers
  }

  #mayGrow(env: ResolvedEnv | null): boolean {
    return this.#in(env).size < this.#most(env)
  }

  /** Not one that does not say that an actor has left: it may be about to end. */
  #best(env: ResolvedEnv | null): LocalWorker | null {
    let best: LocalWorker | null = null
    for (const worker of this.#in(env))
      if (worker.leaving.size === 0 && (best === null || worker.actors!.size < best.actors!.size))
        best = worker
    return best
  }

  hasRoom(env: ResolvedEnv | null): boolean {
    return this.#mayGrow(env) || this.#best(env) !== null
  }

  /** There has to be room. */
  place({ spec: { env } }: ActorRecord): LocalWorker {
    const best = this.#best(env)
    if (best !== null && (best.actors!.size === 0 || !this.#mayGrow(env))) {
      clearTimeout(this.#timers.get(best))
      this.#timers.delete(best)
      return best
    }
    const worker = this.#start(env)
    this.#in(env).add(worker)
    return worker
  }

  /** An actor has left it. */
  left(worker: LocalWorker): void {
    if (worker.actors!.size > 0 || worker.isEnded || this.#timers.has(worker)) return
    this.#linger(worker)
  }

  #linger(worker: LocalWorker): void {
    const timer = setTimeout(() => {
      // It may be running what all workers run, for whoever waits for that.
      if (worker.calls.size > 0) this.#linger(worker)
      else this.#end(worker)
    }, LINGER).unref()
    this.#timers.set(worker, timer)
  }

  remove(worker: LocalWorker): void {
    clearTimeout(this.#timers.get(worker))
    this.#timers.delete(worker)
    const workers = this.#in(worker.env)
    workers.delete(worker)
    if (workers.size === 0) this.#workers.delete(worker.env?.key ?? '')
  }
}
