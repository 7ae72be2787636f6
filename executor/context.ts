// What this thread's code runs in: the executor that its calls go to (the driver's own, or in a worker the way to the
// driver's), and the task that is under way.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { ResolvedEnv } from '../runtime-env/types.ts'
import { Error } from '../serializer/globals.ts'
import type { Executor } from './executor.ts'
import { noteCall } from './set-up.ts'
import { withOwnMethods } from './worker/own-methods.ts'

let current: Executor | null = null

export function currentExecutor(): Executor | null {
  return current
}

export function setExecutor(executor: Executor | null): void {
  current = executor
}

/** What this process runs in, and what calls made from here run in unless they say otherwise. */
let environment: ResolvedEnv | null = null

export function environmentHere(): ResolvedEnv | null {
  return environment
}

export function setEnvironmentHere(env: ResolvedEnv | null): void {
  environment = env
}

/** What a task can know of itself. */
export interface TaskContext {
  readonly id: string
  readonly name: string
  /** 1 for the first try. */
  readonly attempt: number
  /** Of the worker that runs it. */
  readonly worker: string
  /** Aborted when the task is cancelled. Hand it to what takes one (`fetch`, timers), or look at `aborted`. */
  readonly signal: AbortSignal
}

const running = withOwnMethods(new AsyncLocalStorage<TaskContext>(), 'run', 'getStore')

export function withTask<T>(task: TaskContext, work: () => T): T {
  return running.run(task, work)
}

export function taskUnderWay(): TaskContext | undefined {
  return running.getStore()
}

/** The task whose code calls this. Throws outside of one. */
export function currentTask(): TaskContext {
  const task = running.getStore()
  if (task === undefined) throw new Error('currentTask is called by code that runs in a task; this does not')
  return task
}

/** Whether this is a worker, where there is nothing to init. */
let isWorkerHere = false
export function isWorker(): boolean {
  return isWorkerHere
}
export function markAsWorker(): void {
  isWorkerHere = true
}

let prefix = `${Math.floor(Math.random() * 2 ** 32)
  .toString(36)
  .padStart(7, '0')}-`
let count = 0

/** Ids are made where the call is made, so that a call returns at once. */
export function newId(kind: 't' | 'o' | 'a'): string {
  const id = `${kind}-${prefix}${++count}`
  noteCall(id)
  return id
}

export function setIdPrefix(text: string): void {
  prefix = text
}
