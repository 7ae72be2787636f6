// The one interface between the public API and the engines (inline, threads, redis). All that crosses it is plain data:
// ids, hashes, options, packed values. What an engine promises is written here; how it keeps it is its own affair.

import type { EnvDescription, LocalPackage, ResolvedEnv } from '../runtime-env/types.ts'
import { Array } from '../serializer/globals.ts'
import type { Failure } from './failures.ts'
import type { ActorOptions, TaskOptions } from './options.ts'
import type { Packed } from './payload.ts'
import type { TraceCarrier } from './tracing.ts'

/** A function or class that was pickled, known by the hash of its bytes. */
export interface Exported {
  readonly hash: string
  readonly name: string
  readonly value: Packed
}

/** Which argument an object takes the place of: refs at the top level of the arguments are resolved, nested ones stay. */
export type Dependency = readonly [index: number, id: string]

/** A call's arguments, as one packed array: what arguments share stays shared. */
export interface PackedArguments {
  readonly args: Packed
  readonly deps: readonly Dependency[]
}

export interface CallSpec extends PackedArguments {
  /** Of the call; its results are the objects `resultId(id, 0)` and so on. */
  readonly id: string
  /** For people: what errors, logs and lists say. */
  readonly name: string
  /** The task whose code made the call. */
  readonly parent: string | null
  readonly options: TaskOptions
  /** The export that holds the classes of `retryExceptions`, if it is a list. */
  readonly retryOn: string | null
  /** The trace that it belongs to, where the caller has one. */
  readonly trace: TraceCarrier | null
  /** Of a call that a task of a fleet made: the driver that all this is for, which hears what it prints. */
  readonly driver?: string
  /** The actor that had a hand in it, and may keep what comes out for longer than that driver lives. */
  readonly keptBy?: string
  /** And the task that began it, where somebody may want to know how far that is. */
  readonly job?: string
  /** How often it was tried before, elsewhere. */
  readonly tries?: number
}

export interface TaskSpec extends CallSpec {
  readonly fn: string
  /** What it runs in; null: in what the worker has. */
  readonly env: ResolvedEnv | null
}

export interface ActorCallSpec extends CallSpec {
  readonly actor: string
  readonly method: string
}

export interface ActorSpec extends PackedArguments {
  readonly id: string
  readonly fn: string
  readonly name: string
  readonly methods: readonly string[]
  /** The task that made it. */
  readonly parent: string | null
  readonly options: ActorOptions
  readonly env: ResolvedEnv | null
  /** As of a call. */
  readonly driver?: string
  /** The actor that it was started by, or for, which may live for longer than that driver: it ends with this one. */
  readonly keptBy?: string
  /** The trace that its start belongs to. */
  readonly trace: TraceCarrier | null
}

/** What a handle is made from, wherever it is made. */
export interface ActorInfo {
  readonly id: string
  readonly name: string
  readonly methods: readonly string[]
}

/** How an object came out. */
export type Outcome =
  | { readonly ok: true; readonly value: Packed }
  | { readonly ok: false; readonly failure: Failure }

export interface CancelOptions {
  /** Ends the worker that runs the task, too. */
  readonly force: boolean
  /** And the tasks that it started. */
  readonly recursive: boolean
}

/** `preparing`: it has a worker, whose runtime environment is still being made. */
export type CallState =
  | 'waiting'
  | 'queued'
  | 'preparing'
  | 'running'
  | 'blocked'
  | 'finished'
  | 'failed'
  | 'cancelled'

export interface TaskDescription {
  readonly id: string
  readonly name: string
  readonly state: CallState
  readonly attempt: number
  readonly worker: string | null
}

export interface ActorDescription {
  readonly id: string
  readonly name: string
  /** What it can be found by, if it has a name of its own. */
  readonly registeredName: string | null
  readonly state: 'starting' | 'alive' | 'restarting' | 'dead'
  readonly restarts: number
  readonly pendingCalls: number
  /** Where it lives: others that are not isolated may be there, too. */
  readonly worker: string | null
}

/** For `status` and `list`: a snapshot, plain data. */
export interface Description {
  readonly engine: string
  readonly resources: Readonly<Record<string, { readonly total: number; readonly free: number }>>
  readonly workers: readonly {
    readonly name: string
    readonly state: 'idle' | 'busy' | 'blocked' | 'actor'
  }[]
  /** Those that are not settled. */
  readonly tasks: readonly TaskDescription[]
  readonly actors: readonly ActorDescription[]
  readonly functions: readonly { readonly hash: string; readonly name: string; readonly size: number }[]
  readonly objects: { readonly count: number; readonly pending: number; readonly bytes: number }
  readonly environments: readonly EnvDescription[]
}

export interface Executor {
  readonly engine: 'inline' | 'threads' | 'redis'
  /** Why it can do nothing any more; none as long as it can. */
  readonly failure?: Failure | null

  /** Whether a function is stored, as far as this process has to know. It stays until the next call is made. */
  hasFunction(hash: string): boolean
  /** Stores a function: before a call that names its hash, unless it is there. */
  exportFunction(fn: Exported): void
  /** Keeps it for a worker that calls it, until that lets go of it as often. */
  holdFunction(hash: string): void
  releaseFunction(hash: string): void

  /** Makes a package known; called before the first call that names its URI, once for each URI and process. */
  addPackage(pkg: LocalPackage): void

  /** Why no worker can ever have the environment, as far as that is known here; null if nothing is against it. */
  lackingFor(env: ResolvedEnv): string | null

  /** Returns at once: failures of any kind are outcomes of the results. Calls of one actor keep their order. */
  submit(task: TaskSpec): void
  callActor(call: ActorCallSpec): void
  /** Throws (or rejects the actor's calls) if its registered name is taken. */
  createActor(actor: ActorSpec): void

  /** `parent`: the task whose code says so. */
  put(id: string, value: Packed, parent: string | null): void
  /** Settles when the object does; never rejects. An unknown or freed object is a failure. */
  outcome(id: string): Promise<Outcome>
  /** Whether the object is settled, as far as this process knows. */
  isSettled(id: string): boolean
  /** Resolves when the object is settled; brings no value over. */
  settled(id: string): Promise<void>
  free(ids: readonly string[]): void
  /** One more or one less ObjectRef in this process: an object that nobody holds is dropped. */
  hold(id: string): void
  release(id: string): void

  /** A running task waits for objects from now on, or goes on: meanwhile its slot is another's. */
  block(call: string): void
  unblock(call: string): void

  cancel(call: string, options: CancelOptions): void
  killActor(actor: string, noRestart: boolean): void
  findActor(name: string): Promise<ActorInfo | null>
  holdActor(actor: string): void
  releaseActor(actor: string): void
  /** A handle went into a bundle: from then on nobody can tell who has one. */
  shareActor(actor: string): void

  /** Runs a function once on each worker, before anything else that the worker does from now on. */
  runOnAllWorkers(task: TaskSpec): Promise<void>

  describe(): Promise<Description>
  shutdown(): Promise<void>
}

export function resultId(call: string, index: number): string {
  return `${call}.${index}`
}

export function resultIds(call: string, count: number): string[] {
  return count === 1 ? [resultId(call, 0)] : Array.from({ length: count }, (_, i) => resultId(call, i))
}

/** The call whose result an object is; null for one that was put. */
export function callOf(object: string): string | null {
  const dot = object.lastIndexOf('.')
  return dot < 0 ? null : object.slice(0, dot)
}
