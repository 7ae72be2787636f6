// The workers of an executor within one process: which are idle, which are busy, which may take one more call.
import type { FromWorker } from '../worker/protocol.ts'
import { Kind } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { Call } from './calls.ts'
import type { Host, HostWorker, WorkerEnd } from './host.ts'

export class LocalWorker {
  readonly name: string
  readonly host: HostWorker
  /** An actor's own; null for one that runs tasks. */
  readonly actor: ActorRecord | null
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

  /** Objects that it may have refs to, and how many holds on each. */
  readonly grants = new Map<string, number>()

  constructor(
    host: Host,
    name: string,
    actor: ActorRecord | null,
    onMessage: (worker: LocalWorker, message: FromWorker) => void,
    onEnd: (worker: LocalWorker, end: WorkerEnd) => void,
  ) {
    this.name = name
    this.actor = actor
    this.host = host.start(
      name,
      (message) => onMessage(this, message),
      (end) => {
        this.isEnded = true
        onEnd(this, end)
      },
    )
  }

  add(call: Call): void {
    if (this.calls.size === 0) this.host.setBusy(true)
    this.calls.set(call.id, call)
    call.worker = this
  }

  remove(call: Call): void {
    if (!this.calls.delete(call.id)) return
    if (call.isBlocked) this.blocked--
    call.isBlocked = false
    if (this.calls.size === 0 && !this.isEnded) this.host.setBusy(false)
  }

  end(): Promise<void> {
    this.isEnded = true
    return this.host.end()
  }

  get state(): 'idle' | 'busy' | 'blocked' | 'actor' {
    if (this.actor !== null) return 'actor'
    if (this.calls.size === 0) return 'idle'
    return this.blocked === this.calls.size ? 'blocked' : 'busy'
  }
}

function isUsable(worker: LocalWorker): boolean {
  return !worker.isEnded && !worker.isRetiring
}

/** Those that run tasks. */
export class WorkerPool {
  readonly all = new Set<LocalWorker>()
  readonly #idle: LocalWorker[] = []
  readonly #most: number
  readonly #start: () => LocalWorker

  constructor(most: number, start: () => LocalWorker) {
    this.#most = most
    this.#start = start
  }

  get hasRoom(): boolean {
    if (this.all.size < this.#most) return true
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
    if (this.all.size < this.#most) {
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
  settle(worker: LocalWorker): void {
    if (worker.calls.size > 0 || worker.isEnded) return
    if (worker.isRetiring) {
      this.all.delete(worker)
      void worker.end()
    } else this.#idle.push(worker)
  }

  remove(worker: LocalWorker): void {
    this.all.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Counts a run for maxCalls. */
  count(worker: LocalWorker, call: Call): void {
    if (call.target.kind !== Kind.Task) return
    const { fn, options } = call.target.spec
    if (options.maxCalls === 0) return
    const runs = (worker.runs.get(fn) ?? 0) + 1
    worker.runs.set(fn, runs)
    if (runs >= options.maxCalls) worker.isRetiring = true
  }
}
