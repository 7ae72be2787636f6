// Where calls run: what an executor within one process needs of worker threads, or of the caller's own thread.
import type { Failure } from '../failures.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'

export interface WorkerEnd {
  readonly exitCode: number | null
  /** Why, if that is known: 'it ran out of memory'. */
  readonly reason: string | null
  /** An error that nothing caught. */
  readonly failure: Failure | null
}

export interface HostWorker {
  readonly name: string
  send(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  /** A worker with work keeps the process alive; an idle one does not. */
  setBusy(isBusy: boolean): void
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
  start(name: string, onMessage: (message: FromWorker) => void, onEnd: (end: WorkerEnd) => void): HostWorker
}
