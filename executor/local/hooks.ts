// An executor within one process may serve a fleet: then the engine of the fleet is told what happens here, and it is the
// one that the code of tasks asks.
import type { Executor } from '../executor.ts'
import type { ActorRecord } from './actors.ts'
import type { Call } from './calls.ts'
import type { HeldObjects } from './grants.ts'
import type { LocalWorker } from './workers.ts'

/** By whose code, as far as that is known. */
export interface Printed {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
  readonly task: string | null
  readonly call: string | null
  readonly actor: string | null
}

export interface LocalHooks {
  /** The executor that tasks have, and its objects. */
  readonly executor: Executor
  readonly objects: HeldObjects
  printed(worker: LocalWorker, line: Printed): void
  /** A worker that was not done has ended, by itself or on purpose; and the calls that were under way there. */
  workerEnded(worker: LocalWorker, why: string, underWay: readonly Call[]): void
  /** There may be room for more calls now. */
  roomChanged(): void
  /** A call that was sent ahead did not begin soon: whether it goes back to the fleet. */
  takenBack(id: string): boolean
  /** Tasks that have not begun may be others' by now. Resolves when those that are have been withdrawn. */
  withdrawLost(): Promise<void>
  /** There is no room for a worker of its own any more: whether another process has it. What it was sent goes back. */
  passesOn(actor: ActorRecord, lacking: string): boolean
  /** It lives, starts again, or is dead. */
  actorChanged(actor: ActorRecord): void
}
