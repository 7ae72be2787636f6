// Where calls run: what an executor within one process needs of worker threads, of worker processes, or of the caller's
// own thread.
import type { EnvDescription, LocalPackage, ResolvedEnv } from '../../runtime-env/types.ts'
import type { Failure } from '../failures.ts'
import type { Claims } from '../worker/claims.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import type { TurnState } from '../worker/turns.ts'

export interface WorkerEnd {
  readonly exitCode: number | null
  /** Why, if that is known: 'it ran out of memory'. */
  readonly reason: string | null
  /** An error that nothing caught. */
  readonly failure: Failure | null
  /** It never began, for its environment can't be had: what all of its calls fail with. */
  readonly setUp?: Failure | null
  /** Its code was not loaded yet: the next one may end like that, too. */
  readonly isEarly?: boolean
}

export interface HostWorker {
  readonly name: string
  /** Until then it only keeps what it is sent; none: it takes it at once. */
  readonly ready?: Promise<void>
  /** What it runs in is still being made, or it is on its way up. */
  readonly isPreparing?: boolean
  /** Where it takes calls ahead: what tells which of them have begun. */
  readonly claims?: Claims
  /** Whose code it is in; none where it runs in this thread. */
  readonly turns?: TurnState
  /** Throws for what can't be sent. */
  send(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  /** A worker with work keeps the process alive; an idle one does not. */
  setBusy(isBusy: boolean): void
  /** What it runs in is of no use: that is noted. */
  noteFailure?(failure: Failure): void
  /** Ends it now. `onEnd` is not called. */
  end(): Promise<void>
}

export interface Host {
  /** What its workers are called, with a number behind. */
  readonly workerName: string
  /** Its workers share this thread, and so its refs. */
  readonly isThisThread: boolean
  /** How many workers for tasks there may be at once, actors' aside. */
  readonly maxWorkers: number
  /** How many that actors share. */
  readonly maxShared: number
  /** Why there is no room for one more worker that is an actor's own, beside so many, of which some start. */
  lackingForActor?(count: number, starting: number): string | null
  start(name: string, onMessage: (message: FromWorker) => void, onEnd: (end: WorkerEnd) => void): HostWorker
}

/** The same for calls that have an environment: each of its workers is in one. */
export interface EnvironmentHost {
  readonly workerName: string
  /** How many workers for tasks there may be at once, in all environments together, actors' aside. */
  readonly maxWorkers: number
  /** How many that actors share, in each environment. */
  readonly maxShared: number
  /** As of a host. */
  lackingForActor?(count: number, starting: number): string | null
  /** Milliseconds: one that had nothing to do for so long is ended. */
  readonly idleTimeout: number
  start(
    env: ResolvedEnv,
    name: string,
    onMessage: (message: FromWorker) => void,
    onEnd: (end: WorkerEnd) => void,
  ): HostWorker
  /** A package that environments may name from now on. */
  addPackage(pkg: LocalPackage): void
  /** Why it can not have an environment here; null if nothing is against it. */
  lackingFor(env: ResolvedEnv): string | null
  describe(): readonly EnvDescription[]
  close(): Promise<void>
}
