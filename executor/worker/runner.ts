// Runs jobs: finds the function, unpacks the arguments, calls, packs what comes out. Runs in a worker thread, or in the
// caller's own where the engine is inline.

import { inspect } from 'node:util'
import { AbortController, Array, Error, Object, Reflect, TypeError } from '../../serializer/globals.ts'
import { loadsAsync, PicklingError, symbols } from '../../serializer/index.ts'
import { isThenable, promiseOf } from '../../serializer/promises.ts'
import { now } from '../clock.ts'
import { type TaskContext, taskUnderWay, withTask } from '../context.ts'
import type { TaskPlace } from '../errors.ts'
import { cancelled, failureFromThrown } from '../failures.ts'
import { MOST_BYTES, MOST_FUNCTIONS } from '../functions.ts'
import { isCallable } from '../is-class.ts'
import { Kept } from '../kept.ts'
import { type Lend, type Packed, pack, sizeOf, transferListOf, unpack } from '../payload.ts'
import { SetUpCode } from '../set-up.ts'
import { traceRun } from '../tracing.ts'
import type { Claims } from './claims.ts'
import { isOneOf } from './is-one-of.ts'
import { OwnMap } from './own-methods.ts'
import { type FromWorker, type Job, Kind, type ToWorker } from './protocol.ts'
import { NO_TURNS, type Turns } from './turns.ts'

export type Post = (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void

type FunctionAnswer = Extract<ToWorker, readonly ['function', ...unknown[]]>

/**
 * What a promise is resolved with is asked for `then`, and so is what a call returns: functions, and instances that are
 * to be actors, are in a box that has none, whatever all objects and their own classes have.
 */
interface Box {
  readonly __proto__: null
  readonly value: unknown
}

/** The task as its own code sees it. A signal is made when it is asked for. */
class Scope implements TaskContext {
  readonly id: string
  readonly name: string
  readonly attempt: number
  readonly worker: string
  /** The actor whose code it is. */
  readonly actor: string | null
  #controller: AbortController | null = null
  isCancelled = false
  /** Its actor has left: nobody waits to hear of it. */
  isDropped = false
  setUp: SetUpCode | null = null
  /** When its code began. */
  begun = 0
  /** Of a set-up: lets go on what waits for it. */
  letGo: (() => void) | null = null

  constructor(id: string, name: string, attempt: number, worker: string, actor: string | null) {
    this.id = id
    this.name = name
    this.attempt = attempt
    this.worker = worker
    this.actor = actor
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.isCancelled) this.#controller.abort()
    }
    return this.#controller.signal
  }

  cancel(): void {
    this.isCancelled = true
    this.#controller?.abort()
  }

  /** What a task returns of itself, or hands to others, is a plain object. */
  [symbols.reduce](): unknown[] {
    const { id, name, attempt, worker, signal } = this
    return [Object, [{ id, name, attempt, worker, signal }]]
  }
}

export class Runner {
  readonly #worker: string
  readonly #post: Post
  /** Loaded. */
  readonly #functions = new Kept<unknown>(MOST_FUNCTIONS, MOST_BYTES)
  readonly #wanted = new OwnMap<string, (answer: FunctionAnswer) => void>()
  readonly #loading = new OwnMap<string, Promise<Box>>()
  readonly #actors = new OwnMap<string, object>()
  readonly #scopes = new OwnMap<string, Scope>()
  /** What has to be over before a job begins: functions that run on all workers. */
  #setUp: Promise<void> | null = null
  /** One of them failed: nothing is to run on a worker that is not as it has to be. */
  #unfit: { readonly error: unknown } | null = null

  readonly #claims: Claims | null
  readonly #turns: Turns
  readonly #isUsable: () => boolean
  readonly #lend: Lend | undefined
  /** Jobs that came ahead: one after the other, when nothing else is under way. */
  readonly #line: Job[] = []
  #isAdvancing = false
  /** Those that begin, or not, when it is known what others have; null where nobody was asked. */
  #unsure: (() => void)[] | null = null

  /**
   * `isUsable` is asked when code of the user's has run. If it says no, the worker is about to end. `lend` is for buffers of
   * results, where whoever gets these gives back what is lent.
   */
  constructor(
    worker: string,
    post: Post,
    turns: Turns = NO_TURNS,
    claims: Claims | null = null,
    isUsable: () => boolean = () => true,
    lend?: Lend,
  ) {
    this.#worker = worker
    this.#isUsable = isUsable
    this.#lend = lend
    this.#post = post
    this.#turns = turns
    this.#claims = claims
  }

  receive(message: ToWorker): void {
    switch (message[0]) {
      case 'job':
        if (message[12] <= 0) return this.#start(message)
        this.#line.push(message)
        return this.#advance()
      case 'abort': {
        const scope = this.#scopes.get(message[1])
        if (scope?.setUp) return this.#leaveSetUp(scope)
        return scope?.cancel()
      }
      case 'begin':
        return this.#beginUnsure()
      case 'fit':
        this.#unfit = null
        return
      case 'drop':
        return this.#drop(message[1])
      case 'function':
        this.#wanted.get(message[1])?.(message)
        this.#wanted.delete(message[1])
    }
  }

  /** The names of the tasks that are under way: one, as a rule. */
  taskNames(): string[] {
    return [...this.#scopes.values()].map(({ name }) => name)
  }

  /** Ends: what still runs here is not reported any more. */
  abandon(): void {
    for (const scope of this.#scopes.values()) scope.cancel()
    this.#scopes.clear()
  }

  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    try {
      while (this.#line.length > 0 && this.#scopes.size === 0) {
        if (this.#claims!.mayBeLost) return void this.#ask()
        const job = this.#line.shift()!
        if (this.#claims!.begin(job[12])) this.#start(job)
      }
    } finally {
      this.#isAdvancing = false
    }
  }

  #end(call: string): void {
    this.#scopes.delete(call)
    if (this.#line.length > 0) this.#advance()
  }

  #start(job: Job): void {
    const [, kind, call, name, , , , , attempt] = job
    const actor = kind === Kind.CallActor ? job[4] : kind === Kind.StartActor ? call : null
    const scope = new Scope(call, name, attempt, this.#worker, actor)
    if (kind === Kind.SetUp) scope.setUp = new SetUpCode()
    this.#scopes.set(call, scope)
    if (kind === Kind.SetUp) this.#setUp = this.#setUpWith(job, scope)
    else if (this.#setUp === null) void this.#begin(job, scope)
    else void this.#beginAfter(this.#setUp, job, scope)
  }

  async #setUpWith(job: Job, scope: Scope): Promise<void> {
    await this.#setUp
    if (scope.isDropped) return
    await promiseOf<void>((resolve) => {
      scope.letGo = resolve
      void this.#beginAndTell(job, scope, resolve)
    })
  }

  async #beginAndTell(job: Job, scope: Scope, over: () => void): Promise<void> {
    await this.#begin(job, scope)
    scope.setUp!.over()
    over()
  }

  /** Nobody wants it any more: what it awaits may never come, and calls are not to wait for that. */
  #leaveSetUp(scope: Scope): void {
    scope.isDropped = true
    this.#end(scope.id)
    this.#post(['failed', scope.id, cancelled(scope.name, scope.id), false])
    scope.cancel()
    scope.letGo?.()
  }

  // Promises are awaited, and not returned or asked for `then`, which user code may have patched.
  async #beginAfter(setUp: Promise<void>, job: Job, scope: Scope): Promise<void> {
    await setUp
    if (this.#unfit !== null) return this.#fail(job, scope, this.#unfit.error)
    await this.#begin(job, scope)
  }

  #begin(job: Job, scope: Scope): Promise<void> | void {
    const [, kind, , , target] = job
    if (kind === Kind.CallActor) return this.#run(job, scope, this.#actors.get(target))
    const fn = this.#functions.get(target)
    if (fn !== undefined) return this.#run(job, scope, fn)
    return this.#loadAndRun(job, scope, target)
  }

  async #loadAndRun(job: Job, scope: Scope, target: string): Promise<void> {
    let loaded: Box
    try {
      loaded = await this.#load(target)
    } catch (error) {
      return this.#fail(job, scope, error)
    }
    await this.#run(job, scope, loaded.value)
  }

  async #load(hash: string): Promise<Box> {
    const value = this.#functions.get(hash)
    if (value !== undefined) return { __proto__: null, value }
    let loading = this.#loading.get(hash)
    if (loading === undefined) this.#loading.set(hash, (loading = this.#fetch(hash)))
    return await loading
  }

  async #fetch(hash: string): Promise<Box> {
    try {
      const [, , exported, why] = await promiseOf<FunctionAnswer>((resolve) => {
        this.#wanted.set(hash, resolve)
        this.#post(['need', hash])
      })
      if (exported === null)
        throw new Error(why ?? `the function ${hash} is not in the executor's store any more`)
      const { value } = exported
      if ('plain' in value) throw new Error(`${exported.name} is no function`)
      const { bundle, buffers } = value
      const loaded = await loadsAsync(bundle, buffers === undefined ? {} : { buffers })
      this.#functions.add(hash, loaded, sizeOf(value))
      return { __proto__: null, value: loaded }
    } finally {
      this.#loading.delete(hash)
    }
  }

  /** Its instance is nobody's any more. Its code can't be stopped where it awaits, but nothing is heard of it. */
  #drop(actor: string): void {
    this.#actors.delete(actor)
    for (const [call, scope] of this.#scopes) {
      if (scope.actor !== actor) continue
      scope.isDropped = true
      this.#end(call)
      scope.cancel()
    }
    this.#post(['dropped', actor])
  }

  /** Who runs, and which of the actors it is. */
  underWay(): { readonly task: string; readonly call: string; readonly actor: string | null } | null {
    const task = taskUnderWay()
    const scope = task instanceof Scope ? task : this.#scopes.values().next().value
    return scope === undefined ? null : { task: scope.name, call: scope.id, actor: scope.actor }
  }

  #run(job: Job, scope: Scope, target: unknown): Promise<void> | void {
    const turn = job[13]
    if (turn === 0) return this.#call(job, scope, target)
    return this.#inTurn(turn, () => this.#call(job, scope, target))
  }

  #inTurn<T>(turn: number, work: () => T): T {
    this.#turns.begin(turn)
    try {
      return work()
    } finally {
      this.#turns.end()
    }
  }

  #call(job: Job, scope: Scope, target: unknown): Promise<void> | void {
    if (scope.isCancelled) return this.#fail(job, scope, scope.signal.reason)
    const claim = -job[12]
    if (claim > 0 && this.#claims!.mayBeLost)
      return void this.#ask().push(() => void this.#call(job, scope, target))
    if (claim > 0 && !this.#claims!.begin(claim)) return this.#leaveToOthers(scope)
    let result: unknown
    let isLater: boolean
    scope.begun = now()
    try {
      const args = argumentsOf(job)
      const run = () => traceRun(job[11], scope, () => invoke(job, target, args))
      result = withTask(scope, scope.setUp === null ? run : () => scope.setUp!.run(run))
      isLater = isThenable(result)
    } catch (error) {
      return this.#fail(job, scope, error)
    }
    if (!isLater) return this.#succeed(job, scope, result)
    if (this.#isUsable()) return this.#await(job, scope, result)
  }

  #ask(): (() => void)[] {
    if (this.#unsure === null) this.#post(['lost?'])
    return (this.#unsure ??= [])
  }

  #beginUnsure(): void {
    const unsure = this.#unsure ?? []
    this.#unsure = null
    for (const begin of unsure) begin()
    this.#advance()
  }

  /** It was taken back, and may be here again. */
  #leaveToOthers(scope: Scope): void {
    if (this.#scopes.get(scope.id) === scope) this.#end(scope.id)
  }

  async #await(job: Job, scope: Scope, result: unknown): Promise<void> {
    let value: unknown
    try {
      value = await result
    } catch (error) {
      return this.#fail(job, scope, error)
    }
    this.#succeedLater(job, scope, value)
  }

  /** To pickle what it returned may take long. */
  #succeedLater(job: Job, scope: Scope, value: unknown): void {
    const turn = job[13]
    if (turn === 0) return this.#succeed(job, scope, value)
    this.#inTurn(turn, () => this.#succeed(job, scope, value))
  }

  #succeed(job: Job, scope: Scope, value: unknown): void {
    if (scope.isDropped || !this.#isUsable()) return
    const [, kind, call, , , , , , , numReturns] = job
    if (kind === Kind.StartActor) this.#actors.set(call, (value as Box).value as object)
    if (kind === Kind.StartActor || kind === Kind.SetUp || numReturns === 0) {
      this.#post(['done', call, null, now() - scope.begun])
      return this.#end(call)
    }
    const ran = now() - scope.begun
    let results: Packed | Packed[]
    try {
      results =
        numReturns === 1
          ? pack(value, this.#lend)
          : elementsOf(value, numReturns, scope.name).map((element) => pack(element, this.#lend))
    } catch (error) {
      return this.#fail(job, scope, ofResult(error, scope.name))
    }
    const transfer = Array.isArray(results) ? results.flatMap(transferListOf) : transferListOf(results)
    try {
      this.#post(['done', call, results, ran], transfer)
    } catch (error) {
      // Shared memory, in a process.
      return this.#fail(job, scope, error)
    }
    this.#end(call)
  }

  #fail(job: Job, scope: Scope, error: unknown): void {
    if (scope.isDropped || !this.#isUsable()) return
    const [, kind, call, name, , , , , , , retryOn] = job
    if (kind === Kind.SetUp) this.#unfit ??= { error }
    const place: TaskPlace = { id: call, name, worker: this.#worker }
    const failure =
      scope.isCancelled && error === scope.signal.reason
        ? cancelled(name, call)
        : failureFromThrown(error, place)
    const send = (isRetryable: boolean) => this.#post(['failed', call, failure, isRetryable])
    if (retryOn === null || retryOn === true) send(retryOn === true)
    else void this.#sendAsRetryable(retryOn, error, send)
    this.#end(call)
  }

  async #sendAsRetryable(
    classes: string,
    error: unknown,
    send: (isRetryable: boolean) => void,
  ): Promise<void> {
    let isOne = false
    try {
      const all = (await this.#load(classes)).value as (abstract new () => unknown)[]
      isOne = isOneOf(all, error)
    } catch {
      // They can't be had.
    }
    send(isOne)
  }
}

function argumentsOf([, , , , , , packed, deps]: Job): unknown[] {
  const args = unpack(packed) as unknown[]
  if (deps === null) return args
  const values = args.slice()
  for (const [index, value] of deps) values[index] = unpack(value)
  return values
}

function invoke([, kind, , name, , method]: Job, target: unknown, args: unknown[]): unknown {
  if (kind === Kind.StartActor) {
    const actor: unknown = Reflect.construct(target as new () => unknown, args)
    return { __proto__: null, value: actor } satisfies Box
  }
  if (kind !== Kind.CallActor) {
    if (isCallable(target)) return target(...args)
    // Of a bundle: `run` without a fleet does the same.
    if (args.length === 0) return target
    throw new TypeError(
      `${name} holds no function to call with arguments, but ${inspect(target, { depth: 0 })}`,
    )
  }
  const member: unknown = (target as Record<string, unknown>)[method!]
  if (typeof member !== 'function') throw new TypeError(`the actor has no method ${method}`)
  return Reflect.apply(member, target, args)
}

/** A PicklingError says whose result it is about; its path and the rest stay. */
function ofResult(error: unknown, name: string): unknown {
  if (error instanceof PicklingError) error.message = `the result of ${name}: ${error.message}`
  return error
}

function elementsOf(value: unknown, count: number, name: string): unknown[] {
  if (!Array.isArray(value) || value.length !== count)
    throw new TypeError(
      `${name} has the option numReturns: ${count}, and returned ${Array.isArray(value) ? `an array of ${value.length}` : `no array`}`,
    )
  // One for each ref: methods of arrays pass over holes, and a class of the user's may have its own.
  return Array.from({ length: count }, (_, i): unknown => value[i])
}
