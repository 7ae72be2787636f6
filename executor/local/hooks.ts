// An executor within one process may serve a fleet: then the engine of the fleet is told what happens here, and answers
// what the code of tasks asks of the executor.
import type { ClientMessage } from '../worker/protocol.ts'
import type { ActorRecord } from './actors.ts'
import type { LocalWorker } from './workers.ts'

export interface LocalHooks {
  /** What the code of a task asks. */
  answer(worker: LocalWorker, message: ClientMessage): void
  printed(worker: LocalWorker, stream: 'stdout' | 'stderr', text: string, task: string | null): void
  /** The worker is about to have a ref to the object. */
  granted(worker: LocalWorker, object: string): void
  /** There may be room for more calls now. */
  roomChanged(): void
  /** Nothing is left of a call here. */
  callEnded(id: string): void
  /** It lives, starts again, or is dead. */
  actorChanged(actor: ActorRecord): void
  workerEnded(worker: LocalWorker): void
}
