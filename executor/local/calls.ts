// A call on its way: waiting for its arguments, queued for a slot, running, or over.
import type { ResolvedEnv } from '../../runtime-env/types.ts'
import {
  type ActorCallSpec,
  type ActorSpec,
  type CallState,
  type Dependency,
  type Outcome,
  resultId,
  resultIds,
  type TaskSpec,
} from '../executor.ts'
import type { Failure } from '../failures.ts'
import { ACTORS_OWN } from '../options.ts'
import { copyOf, type Packed, transferListOf } from '../payload.ts'
import { type Job, Kind } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { ObjectStore } from './objects.ts'
import type { Amounts } from './resources.ts'
import type { LocalWorker } from './workers.ts'

export type CallTarget =
  | { readonly kind: typeof Kind.Task; readonly spec: TaskSpec }
  | { readonly kind: typeof Kind.SetUp; readonly spec: TaskSpec; readonly turn: number }
  | { readonly kind: typeof Kind.CallActor; readonly spec: ActorCallSpec; readonly actor: ActorRecord }
  | { readonly kind: typeof Kind.StartActor; readonly spec: ActorSpec; readonly actor: ActorRecord }

/** Who is told of a call's results instead of the store. */
export interface CallSink {
  /** No outcomes where the call returns nothing. With a failure, its code may still run. */
  settled(outcomes: readonly Outcome[], failure: Failure | null): void
  /** Nothing is left of it here. */
  over(): void
}

let order = 0

export class Call {
  readonly id: string
  readonly name: string
  readonly target: CallTarget
  /** The task whose code made the call. */
  readonly parent: string | null
  readonly priority: number
  readonly resources: Amounts
  /** What it has to run in. Of an actor's call: where the actor is. */
  readonly env: ResolvedEnv | null
  readonly laneKey: string
  readonly order = ++order
  readonly maxRetries: number
  readonly timeout: number | null
  state: CallState = 'waiting'
  /** Arguments that are not there yet. */
  missing = 0
  attempt = 0
  retries = 0
  worker: LocalWorker | null = null
  timer: NodeJS.Timeout | null = null
  /** It has taken its resources. */
  hasSlot = false
  /** Its code waits for objects. */
  isBlocked = false
  /** Its number among its worker's claims, or 0. */
  claim = 0
  /** It was sent before its worker was done with another. */
  isAhead = false
  /** Its refs are settled, but its code may still run. */
  isSettled = false

  /** Of a set-up: told how it went. */
  readonly onEnd: ((failure: Failure | null) => void) | null
  readonly #sink: CallSink | null

  constructor(target: CallTarget, onEnd: Call['onEnd'] = null, sink: CallSink | null = null) {
    const { spec } = target
    this.onEnd = onEnd
    this.#sink = sink
    this.target = target
    this.id = spec.id
    this.name = target.kind === Kind.StartActor ? `${spec.name}.constructor` : spec.name
    this.parent = target.kind === Kind.StartActor ? null : target.spec.parent
    this.resources = spec.options.resources
    if (target.kind === Kind.StartActor) {
      this.priority = 0
      this.maxRetries = target.spec.options.maxRestarts
      this.timeout = null
    } else {
      const { priority, maxRetries, timeout } = target.spec.options
      this.priority = priority
      this.attempt = this.retries = target.spec.tries ?? 0
      this.maxRetries =
        maxRetries === ACTORS_OWN && target.kind === Kind.CallActor
          ? target.actor.spec.options.maxTaskRetries
          : maxRetries
      this.timeout = timeout
    }
    this.env = target.kind === Kind.CallActor ? null : target.spec.env
    this.laneKey = laneKeyOf(this.resources, this.priority, this.env)
    // It may wait for a worker that others have no need of.
    if (target.kind === Kind.StartActor && !target.spec.options.isolate) this.laneKey += ' shared'
  }

  get deps(): readonly Dependency[] {
    return this.target.spec.deps
  }

  /** Its results will be in the store. */
  expect(store: ObjectStore): void {
    if (this.#sink === null) for (const id of this.#resultIds) store.expect(id)
  }

  get #resultIds(): string[] {
    if (this.target.kind === Kind.StartActor || this.target.kind === Kind.SetUp) return []
    const { numReturns } = this.target.spec.options
    return resultIds(this.id, numReturns)
  }

  /** Whether it may run again; counts it if so. */
  mayRetry(): boolean {
    if (isGivenAway(this.target.spec.args)) return false
    if (this.maxRetries >= 0 && this.retries >= this.maxRetries) return false
    this.retries++
    return true
  }

  settle(store: ObjectStore, results: Packed | readonly Packed[] | null): void {
    this.isSettled = true
    this.state = 'finished'
    const values = results === null ? NO_VALUES : isList(results) ? results : [results]
    this.#tell(
      store,
      values.map((value): Outcome => ({ ok: true, value })),
      null,
    )
  }

  fail(store: ObjectStore, failure: Failure): void {
    if (this.isSettled) return
    this.isSettled = true
    this.state = failure.kind === 'cancelled' ? 'cancelled' : 'failed'
    const outcome: Outcome = { ok: false, failure }
    this.#tell(
      store,
      this.#resultIds.map(() => outcome),
      failure,
    )
  }

  #tell(store: ObjectStore, outcomes: readonly Outcome[], failure: Failure | null): void {
    if (this.#sink !== null) return this.#sink.settled(outcomes, failure)
    for (let i = 0; i < outcomes.length; i++) store.settle(resultId(this.id, i), outcomes[i]!)
  }

  /** Nothing is left of it. */
  over(): void {
    this.#sink?.over()
  }

  /** The actor that it is a call of, or that it starts. */
  get actor(): ActorRecord | null {
    return 'actor' in this.target ? this.target.actor : null
  }

  #turn(isShared: boolean): number {
    if (this.target.kind === Kind.SetUp) return this.target.turn
    return isShared ? this.actor!.turn : 0
  }

  /** For a worker, with what has to be handed over rather than copied. */
  job(store: ObjectStore, { isShared }: LocalWorker): { job: Job; transfer: ArrayBuffer[] } {
    const { kind, spec } = this.target
    const transfer: ArrayBuffer[] = []
    const outgoing = (packed: Packed): Packed => {
      // Who gave buffers away wants them moved; anything else is kept here, for another try or another reader.
      const sent = isGivenAway(packed) ? packed : copyOf(packed)
      transfer.push(...transferListOf(sent))
      return sent
    }
    const deps =
      spec.deps.length === 0
        ? null
        : spec.deps.map(([index, id]): [number, Packed] => {
            const outcome = store.peek(id)
            if (outcome === null) throw new Error(`argument ${index} of ${this.name} is not there yet`)
            if (!outcome.ok) throw new LostArgument(outcome.failure)
            const value = copyOf(outcome.value)
            transfer.push(...transferListOf(value))
            return [index, value]
          })
    const isStart = kind === Kind.StartActor
    const job: Job = [
      'job',
      kind,
      this.id,
      this.name,
      kind === Kind.CallActor ? (spec as ActorCallSpec).actor : (spec as TaskSpec).fn,
      kind === Kind.CallActor ? (spec as ActorCallSpec).method : null,
      outgoing(spec.args),
      deps,
      this.attempt,
      isStart ? 1 : (spec as TaskSpec).options.numReturns,
      isStart
        ? null
        : ((spec as TaskSpec).retryOn ?? ((spec as TaskSpec).options.retryExceptions ? true : null)),
      spec.trace,
      this.isAhead ? this.claim : -this.claim,
      this.#turn(isShared),
    ]
    return { job, transfer }
  }
}

/** An argument that is a ref was freed while the call waited for its turn. */
export class LostArgument extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

const NO_VALUES: readonly Packed[] = []

function isList(results: Packed | readonly Packed[]): results is readonly Packed[] {
  return Array.isArray(results)
}

export function isGivenAway(packed: Packed): boolean {
  return !('plain' in packed) && packed.isGiven === true
}

const laneKeys = new WeakMap<Amounts, Map<number | string, string>>()

/** The options of a remote function are one object for all its calls: so this is a look-up. */
export function laneKeyOf(resources: Amounts, priority: number, env: ResolvedEnv | null): string {
  let keys = laneKeys.get(resources)
  if (keys === undefined) laneKeys.set(resources, (keys = new Map()))
  const rest = env === null ? priority : `${priority} ${env.key}`
  let key = keys.get(rest)
  if (key === undefined) {
    const names = Object.keys(resources).sort()
    keys.set(rest, (key = `${rest} ${names.map((name) => `${name}=${resources[name]}`).join(' ')}`))
  }
  return key
}
