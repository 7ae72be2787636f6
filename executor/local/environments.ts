// The workers that run tasks in environments: a pool for each environment, since a worker never leaves the one that it
// began in. Together they are no more than a limit; one that is idle gives way, or is ended after a while.

import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { clearTimeout, setTimeout } from '../../serializer/globals.ts'
import type { Call } from './calls.ts'
import { type LocalWorker, WorkerPool } from './workers.ts'

export class EnvironmentPools {
  readonly #pools = new Map<string, WorkerPool>()
  readonly #most: number
  readonly #idleTimeout: number
  readonly #start: (env: ResolvedEnv) => LocalWorker
  readonly #end: (worker: LocalWorker) => void
  #timer: NodeJS.Timeout | null = null

  constructor(
    most: number,
    idleTimeout: number,
    start: (env: ResolvedEnv) => LocalWorker,
    end: (worker: LocalWorker) => void,
  ) {
    this.#most = most
    this.#idleTimeout = idleTimeout
    this.#start = start
    this.#end = end
  }

  *all(): Iterable<LocalWorker> {
    for (const pool of this.#pools.values()) yield* pool.all
  }

  #pool(env: ResolvedEnv): WorkerPool {
    let pool = this.#pools.get(env.key)
    if (pool === undefined) {
      pool = new WorkerPool(
        () => this.mayGrow,
        () => {
          if (this.#count >= this.#most) this.#end(this.#longestIdle()!)
          return this.#start(env)
        },
        this.#end,
      )
      this.#pools.set(env.key, pool)
    }
    return pool
  }

  get #count(): number {
    let count = 0
    for (const pool of this.#pools.values()) count += pool.all.size
    return count
  }

  /** Whether there may be one more, of any environment; perhaps in the place of one that is idle. */
  get mayGrow(): boolean {
    return this.#count < this.#most || this.#longestIdle() !== null
  }

  #longestIdle(): LocalWorker | null {
    let longest: LocalWorker | null = null
    for (const { idle } of this.#pools.values())
      for (const worker of idle)
        if (mayEnd(worker) && (longest === null || worker.idleSince < longest.idleSince)) longest = worker
    return longest
  }

  hasRoom(env: ResolvedEnv): boolean {
    return this.#pool(env).hasRoom
  }

  acquire(env: ResolvedEnv): LocalWorker | null {
    return this.#pool(env).acquire()
  }

  settle(worker: LocalWorker, call: Call): void {
    this.#pool(worker.env!).settle(worker, call)
    // An idle process may end meanwhile, and its workers with it.
    this.#timer ??= setTimeout(() => this.#sweep(), this.#idleTimeout / 2).unref()
  }

  #sweep(): void {
    this.#timer = null
    const before = Date.now() - this.#idleTimeout
    for (const pool of [...this.#pools.values()])
      for (const worker of [...pool.idle]) if (mayEnd(worker) && worker.idleSince <= before) this.#end(worker)
    if ([...this.#pools.values()].some(({ idle }) => idle.length > 0))
      this.#timer = setTimeout(() => this.#sweep(), this.#idleTimeout / 2).unref()
  }

  remove(worker: LocalWorker): void {
    const { key } = worker.env!
    const pool = this.#pools.get(key)
    pool?.remove(worker)
    if (pool?.all.size === 0) this.#pools.delete(key)
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}

/** One that waits for calls may be running what all workers run. */
function mayEnd(worker: LocalWorker): boolean {
  return worker.calls.size === 0
}
