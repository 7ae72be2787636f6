// get, put, wait, cancel, kill and the rest: what users call with refs and handles.
import { Array, clearTimeout, Error, JSON, Promise, setTimeout, TypeError } from '../serializer/globals.ts'
import { allOver, answering, isThenable, someOver } from '../serializer/promises.ts'
import { ActorHandleBase, infoOf } from './actors.ts'
import { nameOf, splitArguments } from './calls.ts'
import { newId, taskUnderWay } from './context.ts'
import { isMarked, OF_ANOTHER } from './copies.ts'
import { GetTimeoutError } from './errors.ts'
import { callOf, type Description, type Executor, type Outcome } from './executor.ts'
import { exportValue } from './exports.ts'
import { errorOf } from './failures.ts'
import { notePut } from './mentions.ts'
import { checkOptions, taskOptionsOf, timerOf } from './options.ts'
import { pack, unpack } from './payload.ts'
import { ObjectRef } from './refs.ts'
import { checkSetUp, isInSetUp, SetUpCode } from './set-up.ts'
import { requireExecutor } from './start.ts'
import type { ActorHandle, AnyFunction, Resolved } from './types.ts'
import { OwnSet } from './worker/own-methods.ts'

/**
 * The value of a ref, or the values of a list of them. Rejects with what the task threw. `timeout` is in milliseconds;
 * 0 looks whether it is there, and Infinity is no limit.
 */
export function get<T>(ref: ObjectRef<T>, options?: { readonly timeout?: number | undefined }): Promise<T>
export function get<const L extends readonly ObjectRef<any>[]>(
  refs: L,
  options?: { readonly timeout?: number | undefined },
): Promise<{ -readonly [K in keyof L]: Resolved<L[K]> }>
export function get<R extends ObjectRef<any>>(
  ref: R,
  options?: { readonly timeout?: number | undefined },
): Promise<Resolved<R>>
export function get(
  refs: ObjectRef | readonly ObjectRef[],
  options?: { readonly timeout?: number | undefined },
): Promise<unknown> {
  return answering(async (resolve) => {
    checkOptions('get', options)
    const executor = requireExecutor()
    const isOne = refs instanceof ObjectRef
    // What is called most takes the shortest way.
    if (isOne && options?.timeout === undefined && taskUnderWay() === undefined && !isInSetUp()) {
      const outcome = await executor.outcome(refs.id)
      return resolve(outcome.ok ? unpack(outcome.value) : rejected(() => errorOf(outcome.failure)))
    }
    if (!isOne && !Array.isArray(refs)) throw notARef('get', refs)
    const list = isOne ? [refs] : refs
    for (const ref of list) if (!(ref instanceof ObjectRef)) throw notARef('get', ref)
    if (list.length === 0) return resolve([])
    const found: Outcome[] = []
    try {
      await outcomes(executor, list, timerOf(options?.timeout), found)
    } catch (error) {
      if (error instanceof Unmade) return resolve(rejected(error.make))
      throw error
    }
    const values = found.map(valueOf)
    resolve(isOne ? values[0] : values)
  })
}

/** Stands for an error until somebody who waits for it can be seen: see `rejected`. */
class Unmade {
  readonly make: () => Error
  constructor(make: () => Error) {
    this.make = make
  }
}

const PromiseThen = Promise.prototype.then

/**
 * A promise that rejects with an error. That is made only when what `get` returned waits for this one: then V8 follows
 * the promises to the code of the user's that awaits, and its line is in the stack.
 */
async function rejected(make: () => Error): Promise<never> {
  // Promises ask each other by `then`, which is the user's where that was replaced, and might not answer.
  if (Promise.prototype.then !== PromiseThen) throw make()
  await null
  await null
  await null
  throw make()
}

function notARef(where: string, value: unknown): TypeError {
  return new TypeError(`${where} takes refs, as remote(...) and put return them, not ${describe(value)}`)
}

function notAHandle(value: unknown): TypeError {
  const what = isOfAnother(value) ? `, not ${describe(value)}` : '. Use cancel for a task'
  return new TypeError(`kill takes the handle of an actor${what}`)
}

function isOfAnother(value: unknown): boolean {
  return isMarked(value) && !(value instanceof ObjectRef || value instanceof ActorHandleBase)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (isOfAnother(value)) return `one ${OF_ANOTHER}`
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueOf(outcome: Outcome): unknown {
  if (outcome.ok) return unpack(outcome.value)
  throw errorOf(outcome.failure)
}

/** Rejects at the first failure: the others need not be there then. */
async function outcomes(
  executor: Executor,
  refs: readonly ObjectRef[],
  timeout: number | null,
  found: Outcome[],
): Promise<void> {
  const all = allOver(
    refs.map(async ({ id }, i) => {
      const outcome = await executor.outcome(id)
      if (!outcome.ok) throw new Unmade(() => errorOf(outcome.failure))
      found[i] = outcome
    }),
  )
  if (timeout === 0 && !refs.every(({ id }) => executor.isSettled(id))) {
    void ignored(all)
    throw timedOut(executor, refs, 0)
  }
  const limited =
    timeout === null || timeout === 0 ? all : within(all, timeout, () => timedOut(executor, refs, timeout))
  await whileBlocked(executor, refs, limited)
}

async function ignored(promise: Promise<void>): Promise<void> {
  try {
    await promise
  } catch {
    // Somebody was told something else.
  }
}

function timedOut(executor: Executor, refs: readonly ObjectRef[], timeout: number): Unmade {
  const pending = refs.filter(({ id }) => !executor.isSettled(id))
  const some = pending.slice(0, 3).map(({ id }) => id)
  const message = `get waited ${timeout} ms, and ${pending.length} of ${refs.length} are still pending: ${some.join(', ')}${pending.length > 3 ? ' ...' : ''}`
  return new Unmade(() => new GetTimeoutError(message))
}

/** A task that waits gives its slot to others. */
async function whileBlocked(
  executor: Executor,
  refs: readonly ObjectRef[],
  work: Promise<void>,
): Promise<void> {
  const task = taskUnderWay()
  if (isInSetUp()) for (const { id } of refs) if (!executor.isSettled(id)) checkSetUp(id)
  if (task === undefined || refs.every(({ id }) => executor.isSettled(id))) return await work
  executor.block(task.id)
  try {
    await work
  } finally {
    executor.unblock(task.id)
  }
}

/** Until the promise settles, or so many milliseconds are over: then it rejects, or resolves where nothing is said. */
function within(promise: Promise<void>, milliseconds: number, late: (() => Unmade) | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => (late === null ? resolve() : reject(late())), milliseconds)
    const wait = async () => {
      try {
        await promise
        resolve()
      } catch (error) {
        reject(error)
      } finally {
        clearTimeout(timer)
      }
    }
    void wait()
  })
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
export function wait<R extends ObjectRef<any>>(
  refs: readonly R[],
  options: { readonly numReturns?: number | undefined; readonly timeout?: number | undefined } = {},
): Promise<[ready: R[], pending: R[]]> {
  return answering(async (resolve) => {
    checkOptions('wait', options)
    const { numReturns = 1 } = options
    const timeout = timerOf(options.timeout)
    if (!Array.isArray(refs)) throw new TypeError('wait takes a list of refs')
    for (const ref of refs) if (!(ref instanceof ObjectRef)) throw notARef('wait', ref)
    const ids = new OwnSet<string>()
    for (const { id } of refs) ids.add(id)
    if (ids.size < refs.length) throw new TypeError('wait was given the same ref twice')
    if (numReturns > refs.length)
      throw new TypeError(`wait is to return ${numReturns} refs, and was given ${refs.length}`)
    const executor = requireExecutor()
    if (timeout !== 0 && divided(executor, refs, numReturns)[0].length < numReturns) {
      const settled: Promise<void>[] = []
      for (const { id } of refs) settled[settled.length] = executor.settled(id)
      const enough = someOver(settled, numReturns)
      await whileBlocked(executor, refs, timeout === null ? enough : within(enough, timeout, null))
    }
    resolve(divided(executor, refs, numReturns))
  })
}

/** Up to so many that are settled, and the rest. */
function divided<R extends ObjectRef<any>>(
  executor: Executor,
  refs: readonly R[],
  most: number,
): [ready: R[], pending: R[]] {
  const ready: R[] = []
  const pending: R[] = []
  for (const ref of refs) {
    const side = ready.length < most && executor.isSettled(ref.id) ? ready : pending
    side[side.length] = ref
  }
  return [ready, pending]
}

/**
 * Cancels the task behind a ref: one that waits never starts, of one that runs the signal (`currentTask().signal`) is
 * aborted, and `force` ends its worker (not that of an actor: `kill` does). Its refs reject. Tasks that it started are
 * cancelled, too, unless `recursive` is false. What is finished stays.
 */
export function cancel(
  ref: ObjectRef<any>,
  options: { readonly force?: boolean | undefined; readonly recursive?: boolean | undefined } = {},
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
  if (!((actor as unknown) instanceof ActorHandleBase)) throw notAHandle(actor)
  requireExecutor().killActor(infoOf(actor as unknown as ActorHandleBase).id, options.noRestart ?? true)
}

/** The actor that was started under a name: `remote(Counter, { name: 'counter' })`. Rejects if there is none. */
export function getActor<T = any>(name: string): Promise<ActorHandle<T>> {
  return answering(async (resolve) => {
    const info = await requireExecutor().findActor(name)
    if (info === null) throw new Error(`there is no actor named ${JSON.stringify(name)}`)
    resolve(new ActorHandleBase(info) as unknown as ActorHandle<T>)
  })
}

/** Drops objects from the store before their last ref is gone. Whoever asks for one later gets ObjectLostError. */
export function free(refs: ObjectRef<any> | readonly ObjectRef<any>[]): void {
  const list: unknown = refs instanceof ObjectRef ? [refs] : refs
  if (!Array.isArray(list)) throw notARef('free', refs)
  for (const ref of list) if (!(ref instanceof ObjectRef)) throw notARef('free', ref)
  requireExecutor().free((list as ObjectRef[]).map(({ id }) => id))
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
  const code = new SetUpCode()
  try {
    const result: unknown = code.run(() => fn(...args))
    if (isThenable(result)) await result
  } finally {
    code.over()
  }
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
