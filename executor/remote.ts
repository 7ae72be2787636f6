// remote: a function or class becomes one that runs elsewhere. What it returns can be captured by tasks, and travels as
// the function and its options.
import { Function, Object, TypeError } from '../serializer/globals.ts'
import { type ActorClass, type ActorHandleBase, startActor } from './actors.ts'
import { nameOf, parentId, resultRefs, splitArguments } from './calls.ts'
import { newId } from './context.ts'
import { type Environment, environmentFor, withEnvironment } from './environments.ts'
import { exportRetryOn, exportValue } from './exports.ts'
import { isClass } from './is-class.ts'
import {
  type ActorRemoteOptions,
  checkOptions,
  type RemoteOptions,
  type TaskOptions,
  taskOptionsOf,
} from './options.ts'
import { requireExecutor } from './start.ts'
import { traceCall } from './tracing.ts'
import type { AnyClass, AnyFunction, RemoteClass, RemoteFunction, Returning } from './types.ts'

/** What a remote function is; the callable around it only says that it is not to be called. */
export class RemoteFunctionCore {
  readonly fn: AnyFunction
  readonly options: RemoteOptions
  constructor(fn: AnyFunction, options: RemoteOptions) {
    this.fn = fn
    this.options = options
  }
}

export class RemoteClassCore {
  readonly type: ActorClass
  readonly options: ActorRemoteOptions
  constructor(type: ActorClass, options: ActorRemoteOptions) {
    this.type = type
    this.options = options
  }
}

/** Complete options, which do not travel: they are made where they are needed. */
const taskOptions = new WeakMap<RemoteFunctionCore, TaskOptions>()

/** The prototype of what `remote(fn)` makes. */
export class RemoteFunctionBase {
  declare readonly core: RemoteFunctionCore

  remote(...args: unknown[]): unknown {
    return submit(this.core, args)
  }

  options(options: RemoteOptions): unknown {
    checkOptions('task', options)
    const merged = { ...this.core.options, ...withEnvironment(options) }
    return remoteFunction(new RemoteFunctionCore(this.core.fn, merged))
  }
}

export class RemoteClassBase {
  declare readonly core: RemoteClassCore

  remote(...args: unknown[]): ActorHandleBase {
    return startActor(this.core.type, this.core.options, args)
  }

  options(options: ActorRemoteOptions): unknown {
    checkOptions('actor', options)
    const merged = { ...this.core.options, ...withEnvironment(options) }
    return remoteClass(new RemoteClassCore(this.core.type, merged))
  }
}

Object.setPrototypeOf(RemoteFunctionBase.prototype, Function.prototype)
Object.setPrototypeOf(RemoteClassBase.prototype, Function.prototype)

/** A remote function is this, bound to its core: that it can be called at all is only to say what to do instead. */
export function directCall(core: RemoteFunctionCore): never {
  const name = nameOf(core.fn)
  throw new TypeError(
    `${name} is a remote function: call ${name}.remote(...), and get the result with await get(ref)`,
  )
}

export function directClassCall(core: RemoteClassCore): never {
  const name = nameOf(core.type)
  throw new TypeError(`${name} is a remote class: start an actor with ${name}.remote(...)`)
}

function remoteFunction(core: RemoteFunctionCore): object {
  return dressed(directCall.bind(null, core), RemoteFunctionBase.prototype, core, core.fn)
}

function remoteClass(core: RemoteClassCore): object {
  return dressed(directClassCall.bind(null, core), RemoteClassBase.prototype, core, core.type)
}

function dressed(callable: object, prototype: object, core: object, named: object): object {
  Object.setPrototypeOf(callable, prototype)
  return Object.defineProperties(callable, { core: { value: core }, name: { value: nameOf(named) } })
}

/**
 * Makes a function or class remote: `remote(fn).remote(...)` runs it in a worker and returns a ref at once;
 * `remote(Class).remote(...)` starts an actor.
 */
export function remote<C extends AnyClass>(type: C, options?: ActorRemoteOptions): RemoteClass<C>
export function remote<F extends AnyFunction, N extends number>(
  fn: F,
  options: Returning<RemoteOptions, N>,
): RemoteFunction<F, N>
export function remote<F extends AnyFunction>(fn: F, options?: RemoteOptions): RemoteFunction<F>
export function remote(target: unknown, options: object = {}): unknown {
  if (typeof target !== 'function')
    throw new TypeError(`remote takes a function or a class, not ${typeof target}`)
  if (target instanceof RemoteFunctionBase || target instanceof RemoteClassBase)
    throw new TypeError('this is remote already; its .options(...) changes its options')
  if (isClass(target)) {
    checkOptions('actor', options)
    return remoteClass(new RemoteClassCore(target as ActorClass, withEnvironment(options)))
  }
  checkOptions('task', options)
  return remoteFunction(new RemoteFunctionCore(target as AnyFunction, withEnvironment(options)))
}

function submit(core: RemoteFunctionCore, args: unknown[]): unknown {
  const executor = requireExecutor()
  let options = taskOptions.get(core)
  if (options === undefined) taskOptions.set(core, (options = taskOptionsOf(core.options)))
  const name = core.options.name ?? nameOf(core.fn)
  const id = newId('t')
  const fn = exportValue(core.fn, name, executor)
  const retryOn = exportRetryOn(core.options, name, executor)
  const packed = splitArguments(args)
  executor.submit({
    id,
    name,
    parent: parentId(),
    fn: fn.hash,
    options,
    env: environmentFor(executor, core.options.runtimeEnv as Environment | undefined, fn, packed, retryOn),
    retryOn: retryOn?.hash ?? null,
    trace: traceCall(id, name),
    ...packed,
  })
  return resultRefs(id, options.numReturns)
}
