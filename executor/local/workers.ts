// The workers of an executor within one process: which are idle, which are busy, which may take one more call.

import type { ResolvedEnv } from '../../runtime-env/types.ts'
import { now } from '../clock.ts'
import { Kind } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { Call } from './calls.ts'
import type { HostWorker } from './host.ts'

export type WorkerUse = 'tasks' | 'actor' | 'actors'

export class LocalWorker {
  readonly name: string
  readonly host: HostWorker
  /** What it runs in; null: in no environment of its own. */
  readonly env: ResolvedEnv | null
  /** Those that live in it; null for one that runs tasks. */
  readonly actors: Set<ActorRecord> | null
  /** Of actors that are not isolated. */
  readonly isShared: boolean
  /** Actors that have left, and of which it did not say so yet: see departures.ts. */
  readonly leaving = new Set<string>()
  /** It has the refs of this thread, and none of its own. */
  readonly isThisThread: boolean
  readonly calls = new Map<string, Call>()
  /** How many of the calls wait for objects. */
  blocked = 0
  /** Takes no more calls, and ends when it has none. */
  isRetiring = false
  isEnded = false
  /** How often it ran each function that has the option maxCalls. */
  readonly runs = new Map<string, number>()
  /** Of the functions that run on all workers: how many it has been given. */
  setUps = 0
  /** Those of them that failed, by id: then its calls fail, too. */
  readonly failedSetUps = new Set<string>()
  /** Its environment's hook has run, or is about to. */
  isHooked = false
  /** It is running now. */
  isInHook = false
  /** When it had its last call. */
  idleSince = 0
  /** When it began the first of its calls, or was done with another. */
  heard = 0

  /** Objects that it may have refs to, and how many holds on each. */
  readonly grants = new Map<string, number>()
  /** Functions that its code calls, by hash: they are kept for it. */
  readonly functions = new Set<string>()

  constructor(
    name: string,
    env: ResolvedEnv | null,
    use: WorkerUse,
    isThisThread: boolean,
    start: (worker: LocalWorker) => HostWorker,
  ) {
    this.name = name
    this.env = env
    this.actors = use === 'tasks' ? null : new Set()
    this.isShared = use === 'actors'
    this.isThisThread = isThisThread
    this.host = start(this)
  }

  add(call: Call): void {
    if (this.calls.size === 0) {
      this.heard = now()
      if (this.leaving.size === 0) this.host.setBusy(true)
    }
    this.calls.set(call.id, call)
    call.worker = this
  }

  /** An actor has left: it works until it says so. */
  beginLeaving(actor: string): void {
    if (this.calls.size === 0 && this.leaving.size === 0) this.host.setBusy(true)
    this.leaving.add(actor)
  }

  endLeaving(actor: string): void {
    this.leaving.delete(actor)
    this.#settle()
  }

  #settle(): void {
    if (this.calls.size === 0 && this.leaving.size === 0 && !this.isEnded) this.host.setBusy(false)
  }

  remove(call: Call): void {
    if (!this.calls.delete(call.id)) return
    if (call.isBlocked) this.blocked--
    call.isBlocked = false
    this.#settle()
  }

  end(): Promise<void> {
    this.isEnded = true
    return this.host.end()
  }

  /** Its code is loaded: it has taken what it takes. */
  get isUp(): boolean {
    const { turns } = this.host
    return !this.isPreparing && (turns === undefined || turns.changes > 0)
  }

  /** What has to be there before its first call begins is being made. */
  get isPreparing(): boolean {
    return this.isInHook || this.host.isPreparing === true
  }

  get state(): 'idle' | 'busy' | 'blocked' | 'actor' {
    if (this.actors !== null) return 'actor'
    if (this.calls.size === 0) return 'idle'
    return this.blocked === this.calls.size ? 'blocked' : 'busy'
  }
}

function isUsable(worker: LocalWorker): boolean {
  return !worker.isEnded && !worker.isRetiring
}

/** Those that run tasks, all in one environment. */
export class WorkerPool {
  readonly all = new Set<LocalWorker>()
  readonly #idle: LocalWorker[] = []
  readonly #mayGrow: () => boolean
  readonly #start: () => LocalWorker
  readonly #end: (worker: LocalWorker) => void

  constructor(mayGrow: () => boolean, start: () => LocalWorker, end: (worker: LocalWorker) => void) {
    this.#mayGrow = mayGrow
    this.#start = start
    this.#end = end
  }

  get hasRoom(): boolean {
    if (this.#mayGrow()) return true
    return (
      this.#idle.some(isUsable) ||
      [...this.all].some((worker) => worker.state === 'blocked' && isUsable(worker))
    )
  }

  /**
   * One for a call that has a slot: the one that was idle last, whose caches are warm; a new one; or, where there are too
   * many already, one whose calls all wait for objects.
   */
  acquire(): LocalWorker | null {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop())
      if (isUsable(worker)) return worker
    if (this.#mayGrow()) {
      const worker = this.#start()
      this.all.add(worker)
      return worker
    }
    let best: LocalWorker | null = null
    for (const worker of this.all)
      if (
        worker.state === 'blocked' &&
        isUsable(worker) &&
        (best === null || worker.calls.size < best.calls.size)
      )
        best = worker
    return best
  }

  /** After a call: it is idle now, or ends. */
  settle(worker: LocalWorker, call: Call): void {
    this.#count(worker, call)
    if (worker.calls.size > 0 || worker.isEnded) return
    if (worker.isRetiring) this.#end(worker)
    // What all workers run, one runs that is idle already.
    else if (!this.#idle.includes(worker)) {
      worker.idleSince = Date.now()
      this.#idle.push(worker)
    }
  }

  /** Those that have nothing to do, the one that has been so longest first. */
  get idle(): readonly LocalWorker[] {
    return this.#idle
  }

  remove(worker: LocalWorker): void {
    this.all.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Counts a run for maxCalls. */
  #count(worker: LocalWorker, call: Call): void {
    if (call.target.kind !== Kind.Task) return
    const { fn, options } = call.target.spec
    if (options.maxCalls === 0) return
    const runs = (worker.runs.get(fn) ?? 0) + 1
    worker.runs.set(fn, runs)
    if (runs >= options.maxCalls) worker.isRetiring = true
  }
}
