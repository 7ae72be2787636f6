// Brief calls go to a worker before it is done with another, so that it need not wait for this thread after each. What a
// worker does not begin soon is taken back: one slow call holds up nobody.

import { clearInterval, setInterval } from '../../serializer/globals.ts'
import { now } from '../clock.ts'
import type { TaskSpec } from '../executor.ts'
import { refsOf } from '../payload.ts'
import { Kind } from '../worker/protocol.ts'
import { type Call, isGivenAway, laneKeyOf } from './calls.ts'
import type { LocalWorker } from './workers.ts'

/** So many wait at one worker, and they take so many milliseconds in all, as far as is known. */
const MOST = 32
const LONGEST = 1
/** Milliseconds of work at one worker that are over before another one, which has to wake first, could have begun. */
const NEAR = 0.15
/** Milliseconds without news of a worker after which it has nothing ahead any more. */
const PATIENCE = 5
/** Functions, and names of functions, of which it is known how long they take. */
const MOST_KNOWN = 10_000

/** What a task runs. */
export type NamedFunction = Pick<TaskSpec, 'fn' | 'name'>

export class Ahead {
  /** By function: milliseconds that it ran of late. */
  readonly #durations = new Map<string, number>()
  /** By name: milliseconds that new functions took of late. Closures that are made for each call have one name. */
  readonly #families = new Map<string, number>()
  readonly #workers: () => Iterable<LocalWorker>
  readonly #takeBack: (worker: LocalWorker) => void
  #timer: NodeJS.Timeout | null = null

  constructor(workers: () => Iterable<LocalWorker>, takeBack: (worker: LocalWorker) => void) {
    this.#workers = workers
    this.#takeBack = takeBack
  }

  /** A new function takes as long as others of its name did; whether one of a new name is brief turns out when it has run. */
  duration({ fn, name }: NamedFunction): number {
    return this.#durations.get(fn) ?? this.#families.get(name) ?? Number.POSITIVE_INFINITY
  }

  ran({ fn, name }: NamedFunction, milliseconds: number): void {
    const known = this.#durations.get(fn)
    // The first ones are slow.
    const weight = known === undefined ? 1 : milliseconds < known ? 1 / 2 : 1 / 8
    remember(this.#durations, fn, (known ?? 0) + (milliseconds - (known ?? 0)) * weight)
    if (known !== undefined) return
    // Others of the name may be quite different: a slow one is believed at once, brief ones by and by.
    const family = this.#families.get(name) ?? milliseconds
    remember(this.#families, name, Math.max(milliseconds, family + (milliseconds - family) / 4))
  }

  /** How many calls of its like may wait at one worker. */
  #most(spec: NamedFunction): number {
    const duration = this.duration(spec)
    return duration > LONGEST ? 0 : Math.min(MOST, Math.ceil(LONGEST / duration))
  }

  /** How many of them, where another worker has nothing to do. */
  #mostNear(spec: NamedFunction): number {
    return Math.min(MOST, Math.floor(NEAR / this.duration(spec)))
  }

  /** How many more tasks of its like could be sent. */
  room(spec: TaskSpec): number {
    const most = this.#most(spec)
    if (most === 0 || !isSimple(spec)) return 0
    const lane = laneKeyOf(spec.options.resources, spec.options.priority, null)
    const at = now()
    let room = 0
    for (const worker of this.#workers())
      if (this.#isOpen(worker, lane, at)) room += Math.max(0, most + 1 - worker.calls.size)
    return room
  }

  /** Who begins it sooner, busy as it is, than one who has nothing to do; null if nobody. */
  nearestFor(call: Call): LocalWorker | null {
    if (!mayGoAhead(call)) return null
    const most = this.#mostNear(call.target.spec)
    if (most === 0) return null
    const at = now()
    for (const worker of this.#workers())
      if (worker.calls.size <= most && worker.calls.size > 0 && this.#isOpen(worker, call.laneKey, at))
        return worker
    return null
  }

  /** Who is to have it, where nobody has nothing to do; null if nobody. */
  workerFor(call: Call): LocalWorker | null {
    if (!mayGoAhead(call)) return null
    const most = this.#most(call.target.spec)
    if (most === 0) return null
    const at = now()
    let best: LocalWorker | null = null
    for (const worker of this.#workers()) {
      const { size } = worker.calls
      if (size > most || (best !== null && size >= best.calls.size)) continue
      if (this.#isOpen(worker, call.laneKey, at)) best = worker
    }
    return best
  }

  /** What it runs will be over soon, and needs the same: its slot goes from one to the next. */
  #isOpen(worker: LocalWorker, lane: string, at: number): boolean {
    const { host, actors, blocked, isEnded, isRetiring, calls, heard } = worker
    if (host.claims === undefined || actors !== null || blocked > 0 || isEnded || isRetiring) return false
    if (at - heard > PATIENCE) return false
    for (const { target, retries, laneKey } of calls.values())
      return (
        target.kind === Kind.Task &&
        retries === 0 &&
        laneKey === lane &&
        target.spec.options.maxCalls === 0 &&
        this.duration(target.spec) <= LONGEST
      )
    return false
  }

  /** Whether workers have, or had a moment ago, more than they run. */
  get isUsed(): boolean {
    return this.#timer !== null
  }

  /** One was sent. */
  sent(): void {
    this.#timer ??= setInterval(() => this.#look(), PATIENCE).unref()
  }

  #look(): void {
    const at = now()
    let isAny = false
    for (const worker of this.#workers()) {
      if (worker.calls.size < 2) continue
      isAny = true
      if (at - worker.heard > PATIENCE) this.#takeBack(worker)
    }
    if (!isAny) this.stop()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

function remember(durations: Map<string, number>, key: string, milliseconds: number): void {
  if (durations.size >= MOST_KNOWN && !durations.has(key)) durations.clear()
  durations.set(key, milliseconds)
}

type TaskCall = Call & { readonly target: { readonly spec: TaskSpec } }

/** Whether it could go to a worker before that is done with another. */
export function mayGoAhead(call: Call): call is TaskCall {
  const { target, retries } = call
  return target.kind === Kind.Task && retries === 0 && isSimple(target.spec)
}

/** It can be taken back, and nothing is held against it. */
function isSimple({ args, deps, env, options, tries = 0 }: TaskSpec): boolean {
  return (
    env === null &&
    tries === 0 &&
    options.timeout === null &&
    options.maxCalls === 0 &&
    // One that did not begin may be charged for a crash of this process, where it is one of a fleet.
    options.maxRetries !== 0 &&
    deps.length === 0 &&
    refsOf(args).length === 0 &&
    !isGivenAway(args)
  )
}
