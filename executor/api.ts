// get, put, wait, cancel, kill and the rest: what users call with refs and handles.
import { ActorHandleBase } from './actors.ts'
import { nameOf, splitArguments } from './calls.ts'
import { newId, taskUnderWay } from './context.ts'
import { GetTimeoutError } from './errors.ts'
import { callOf, type Description, type Executor, type Outcome } from './executor.ts'
import { exportValue } from './exports.ts'
import { errorOf } from './failures.ts'
import { notePut } from './mentions.ts'
import { checkOptions, taskOptionsOf } from './options.ts'
import { pack, unpack } from './payload.ts'
import { ObjectRef } from './refs.ts'
import { requireExecutor } from './start.ts'
import type { ActorHandle, AnyFunction, Resolved } from './types.ts'

/**
 * The value of a ref, or the values of a list of them. Rejects with what the task threw. `timeout` is in milliseconds;
 * 0 looks whether it is there.
 */
export function get<T>(ref: ObjectRef<T>, options?: { readonly timeout?: number }): Promise<T>
export function get<const L extends readonly ObjectRef<any>[]>(
  refs: L,
  options?: { readonly timeout?: number },
): Promise<{ -readonly [K in keyof L]: Resolved<L[K]> }>
export async function get(
  refs: ObjectRef | readonly ObjectRef[],
  options?: { readonly timeout?: number },
): Promise<unknown> {
  checkOptions('get', options)
  const executor = requireExecutor()
  if (refs instanceof ObjectRef) {
    // What is called most takes the shortest way.
    if (options?.timeout === undefined && taskUnderWay() === undefined)
      return valueOf(await executor.outcome(refs.id))
    return valueOf((await outcomes(executor, [refs], options?.timeout))[0]!)
  }
  if (!Array.isArray(refs)) throw notARef('get', refs)
  for (const ref of refs) if (!(ref instanceof ObjectRef)) throw notARef('get', ref)
  if (refs.length === 0) return []
  return (await outcomes(executor, refs as readonly ObjectRef[], options?.timeout)).map(valueOf)
}

function notARef(where: string, value: unknown): TypeError {
  return new TypeError(`${where} takes refs, as remote(...) and put return them, not ${describe(value)}`)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueOf(outcome: Outcome): unknown {
  if (outcome.ok) return unpack(outcome.value)
  throw errorOf(outcome.failure)
}

/** Rejects at the first failure, as Promise.all does: the others need not be there then. */
async function outcomes(
  executor: Executor,
  refs: readonly ObjectRef[],
  timeout: number | undefined,
): Promise<readonly Outcome[]> {
  const all = Promise.all(
    refs.map(async ({ id }) => {
      const outcome = await executor.outcome(id)
      if (!outcome.ok) throw errorOf(outcome.failure)
      return outcome
    }),
  )
  if (timeout === 0 && !refs.every(({ id }) => executor.isSettled(id))) {
    all.catch(() => {})
    throw timedOut(executor, refs, 0)
  }
  return whileBlocked(executor, refs, () =>
    timeout === undefined || timeout === 0
      ? all
      : within(all, timeout, () => timedOut(executor, refs, timeout)),
  )
}

function timedOut(executor: Executor, refs: readonly ObjectRef[], timeout: number): GetTimeoutError {
  const pending = refs.filter(({ id }) => !executor.isSettled(id))
  const some = pending.slice(0, 3).map(({ id }) => id)
  return new GetTimeoutError(
    `get waited ${timeout} ms, and ${pending.length} of ${refs.length} are still pending: ${some.join(', ')}${pending.length > 3 ? ' ...' : ''}`,
  )
}

/** A task that waits gives its slot to others. */
async function whileBlocked<T>(
  executor: Executor,
  refs: readonly ObjectRef[],
  work: () => Promise<T>,
): Promise<T> {
  const task = taskUnderWay()
  if (task === undefined || refs.every(({ id }) => executor.isSettled(id))) return work()
  executor.block(task.id)
  try {
    return await work()
  } finally {
    executor.unblock(task.id)
  }
}

async function within<T>(promise: Promise<T>, milliseconds: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
    promise.catch(() => {})
  }
}

/** Stores a value once, for any number of tasks. */
export function put<T>(value: T): ObjectRef<T> {
  if (value instanceof ObjectRef) throw new TypeError('put was given a ref: it is in the store already')
  const executor = requireExecutor()
  const id = newId('o')
  const packed = pack(value)
  notePut(id, packed)
  executor.put(id, packed, taskUnderWay()?.id ?? null)
  return new ObjectRef<T>(id)
}

/**
 * Waits until `numReturns` of the refs (1 unless said otherwise) are settled, or the time is over. Returns those that
 * are and those that are not, each in the order of the list; never more than `numReturns` are called ready.
 */
export async function wait<R extends ObjectRef<any>>(
  refs: readonly R[],
  options: { readonly numReturns?: number; readonly timeout?: number } = {},
): Promise<[ready: R[], pending: R[]]> {
  checkOptions('wait', options)
  const { numReturns = 1, timeout } = options
  if (!Array.isArray(refs)) throw new TypeError('wait takes a list of refs')
  for (const ref of refs) if (!(ref instanceof ObjectRef)) throw notARef('wait', ref)
  const ids = new Set(refs.map(({ id }) => id))
  if (ids.size < refs.length) throw new TypeError('wait was given the same ref twice')
  if (numReturns > refs.length)
    throw new TypeError(`wait is to return ${numReturns} refs, and was given ${refs.length}`)
  const executor = requireExecutor()
  const isReady = ({ id }: ObjectRef) => executor.isSettled(id)
  if (timeout !== 0 && refs.filter(isReady).length < numReturns) {
    const enough = new Promise<void>((resolve) => {
      let missing = numReturns
      for (const { id } of refs) void executor.settled(id).then(() => --missing === 0 && resolve())
    })
    const limited = timeout === undefined ? enough : Promise.race([enough, elapsed(timeout, enough)])
    await whileBlocked(executor, refs, () => limited)
  }
  const ready = refs.filter(isReady).slice(0, numReturns)
  const taken = new Set(ready)
  return [ready, refs.filter((ref) => !taken.has(ref))]
}

function elapsed(milliseconds: number, sooner: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void sooner.then(() => clearTimeout(timer))
  })
}

/**
 * Cancels the task behind a ref: one that waits never starts, of one that runs the signal (`currentTask().signal`) is
 * aborted, and `force` ends its worker. Its refs reject. Tasks that it started are cancelled, too, unless `recursive` is
 * false. What is finished stays.
 */
export function cancel(
  ref: ObjectRef<any>,
  options: { readonly force?: boolean; readonly recursive?: boolean } = {},
): void {
  checkOptions('cancel', options)
  if (!(ref instanceof ObjectRef)) throw notARef('cancel', ref)
  const call = callOf(ref.id)
  if (call === null) throw new TypeError('cancel was given a ref that put returned: no task makes it')
  requireExecutor().cancel(call, { force: options.force ?? false, recursive: options.recursive ?? true })
}

/** Ends an actor at once. With `noRestart: false` it may start again, as `maxRestarts` says. */
export function kill(actor: ActorHandle<any>, options: { readonly noRestart?: boolean } = {}): void {
  checkOptions('kill', options)
  if (!((actor as unknown) instanceof ActorHandleBase))
    throw new TypeError('kill takes the handle of an actor. Use cancel for a task')
  requireExecutor().killActor((actor as unknown as ActorHandleBase).info.id, options.noRestart ?? true)
}

/** The actor that was started under a name: `remote(Counter, { name: 'counter' })`. Rejects if there is none. */
export async function getActor<T = any>(name: string): Promise<ActorHandle<T>> {
  const info = await requireExecutor().findActor(name)
  if (info === null) throw new Error(`there is no actor named ${JSON.stringify(name)}`)
  return new ActorHandleBase(info) as unknown as ActorHandle<T>
}

/** Drops objects from the store before their last ref is gone. Whoever asks for one later gets ObjectLostError. */
export function free(refs: ObjectRef<any> | readonly ObjectRef<any>[]): void {
  const list = refs instanceof ObjectRef ? [refs] : refs
  for (const ref of list) if (!(ref instanceof ObjectRef)) throw notARef('free', ref)
  requireExecutor().free(list.map(({ id }) => id))
}

/**
 * Runs a function once on every worker, before its next task, and on each that starts later before its first. It is
 * tried in this thread first: if it throws here, nothing is sent.
 */
export async function runOnAllWorkers<F extends AnyFunction>(fn: F, ...args: Parameters<F>): Promise<void> {
  if (typeof fn !== 'function') throw new TypeError('runOnAllWorkers takes a function')
  for (const arg of args)
    if (arg instanceof ObjectRef) throw new TypeError('runOnAllWorkers takes no refs, but values')
  const executor = requireExecutor()
  const name = nameOf(fn)
  const { hash } = exportValue(fn, name, executor)
  const packed = splitArguments(args)
  await fn(...args)
  await executor.runOnAllWorkers({
    id: newId('t'),
    name,
    parent: null,
    fn: hash,
    options: taskOptionsOf({}),
    env: null,
    retryOn: null,
    trace: null,
    ...packed,
  })
}

/** Workers, tasks, actors, functions and objects, as they are now. */
export function describeExecutor(): Promise<Description> {
  return requireExecutor().describe()
}
