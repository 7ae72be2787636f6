// What goes between an executor and the workers that run its calls. Tuples, for each field's name would be cloned with
// every message.
import type { LocalPackage } from '../../runtime-env/types.ts'
import type { ActorCallSpec, ActorSpec, CancelOptions, Exported, TaskSpec } from '../executor.ts'
import type { Failure } from '../failures.ts'
import type { Packed } from '../payload.ts'
import type { TraceCarrier } from '../tracing.ts'

/** What a job is to do. */
export const Kind = { Task: 0, StartActor: 1, CallActor: 2, SetUp: 3 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export type Job = readonly [
  tag: 'job',
  kind: Kind,
  call: string,
  name: string,
  /** The hash of a function or class; of an actor's call, the actor's id. */
  target: string,
  method: string | null,
  args: Packed,
  deps: readonly (readonly [index: number, value: Packed])[] | null,
  attempt: number,
  numReturns: number,
  retryOn: string | true | null,
  trace: TraceCarrier | null,
  /** Its number among the claims, or 0. Less than 0 unless it is sent ahead. */
  claim: number,
  /** Whose code it is, where that matters: see turns.ts. Else 0. */
  turn: number,
]

export type ToWorker =
  | Job
  | readonly [tag: 'abort', call: string]
  /** What failed of the functions that run on all workers was of a driver that has left: it takes jobs as before. */
  | readonly [tag: 'fit']
  /** What was others' of the tasks that it has not begun is taken back: it may begin the rest. */
  | readonly [tag: 'begin']
  /** It has left: nothing more is to be heard of it. Answered by `dropped`. */
  | readonly [tag: 'drop', actor: string]
  /** Null where it can't be had; and why, if it is there. */
  | readonly [tag: 'function', hash: string, exported: Exported | null, why?: string]
  | readonly [tag: 'answer', request: number, answer: unknown]

export type FromWorker =
  | readonly [tag: 'ready']
  /** And how many milliseconds it ran. */
  | readonly [tag: 'done', call: string, results: Packed | readonly Packed[] | null, ran: number]
  | readonly [tag: 'failed', call: string, failure: Failure, isRetryable: boolean]
  | readonly [tag: 'need', hash: string]
  /** Tasks that it has not begun may be others' by now: it waits for `begin`. */
  | readonly [tag: 'lost?']
  | readonly [
      tag: 'log',
      stream: 'stdout' | 'stderr',
      text: string,
      task: string | null,
      call: string | null,
      actor: string | null,
    ]
  | readonly [tag: 'dropped', actor: string]
  /** Where there is no shared memory: see turns.ts. */
  | readonly [tag: 'turn', turn: number]
  | readonly [tag: 'uncaught', failure: Failure]
  | readonly [tag: 'exit', code: number]
  | ClientMessage

/** What the code of a task asks of the executor. */
export type ClientMessage =
  | readonly [tag: 'export', exported: Exported]
  | readonly [tag: 'forgetFunction', hash: string]
  | readonly [tag: 'addPackage', pkg: LocalPackage]
  | readonly [tag: 'submit', task: TaskSpec]
  | readonly [tag: 'callActor', call: ActorCallSpec]
  | readonly [tag: 'createActor', actor: ActorSpec]
  | readonly [tag: 'put', id: string, value: Packed, parent: string | null]
  | readonly [tag: 'outcome', request: number, id: string]
  | readonly [tag: 'settled', request: number, id: string]
  | readonly [tag: 'free', ids: readonly string[]]
  | readonly [tag: 'forget', id: string, count: number]
  | readonly [tag: 'block', call: string]
  | readonly [tag: 'unblock', call: string]
  | readonly [tag: 'cancel', call: string, options: CancelOptions]
  | readonly [tag: 'killActor', actor: string, noRestart: boolean]
  | readonly [tag: 'findActor', request: number, name: string]
  | readonly [tag: 'runOnAllWorkers', request: number, task: TaskSpec]
  | readonly [tag: 'describe', request: number]
