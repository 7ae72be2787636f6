// Actors from outside: the handle, whose methods have `.remote(...)`, and starting one.
import { Object, Set } from '../serializer/globals.ts'
import { symbols } from '../serializer/index.ts'
import { nameOf, parentId, resultRefs, splitArguments } from './calls.ts'
import { currentExecutor, newId } from './context.ts'
import { COPY, checkPacking } from './copies.ts'
import { type Environment, environmentFor } from './environments.ts'
import type { ActorInfo, Executor } from './executor.ts'
import { exportRetryOn, exportValue } from './exports.ts'
import {
  type ActorRemoteOptions,
  actorOptionsOf,
  checkOptions,
  type MethodOptions,
  methodOptionsOf,
} from './options.ts'
import { requireExecutor } from './start.ts'
import { traceCall } from './tracing.ts'
import { unknownMethodsOf } from './unknown-methods.ts'

export type ActorClass = new (...args: never[]) => object

/** A method of an actor, with options of its own. */
export class ActorMethod {
  readonly handle: ActorHandleBase
  readonly method: string
  readonly given: MethodOptions

  constructor(handle: ActorHandleBase, method: string, given: MethodOptions) {
    this.handle = handle
    this.method = method
    this.given = given
  }

  remote(...args: unknown[]): unknown {
    const { handle, method, given } = this
    const executor = requireExecutor()
    const options = methodOptionsOf(given)
    const info = infoOf(handle)
    const name = given.name ?? `${info.name}.${method}`
    const id = newId('t')
    executor.callActor({
      id,
      name,
      parent: parentId(),
      actor: info.id,
      method,
      options,
      retryOn: exportRetryOn(given, name, executor)?.hash ?? null,
      trace: traceCall(id, name),
      ...splitArguments(args),
    })
    return resultRefs(id, options.numReturns)
  }

  options(options: MethodOptions): ActorMethod {
    checkOptions('method', options)
    return new ActorMethod(this.handle, this.method, { ...this.given, ...options })
  }
}

/** Has a property for each method, and no other: a method may have any name. */
export class ActorHandleBase {
  readonly #info: ActorInfo

  constructor(info: ActorInfo) {
    this.#info = info
    for (const method of info.methods)
      Object.defineProperty(this, method, { value: new ActorMethod(this, method, {}), configurable: true })
    hold(this, info.id)
  }

  /** Of anything that is no handle: none. */
  static infoOf(handle: object): ActorInfo | undefined {
    return #info in handle ? handle.#info : undefined
  }

  [symbols.reduce](): [typeof handleFrom, [ActorInfo]] {
    checkPacking("an actor's handle")
    currentExecutor()?.shareActor(this.#info.id)
    return [handleFrom, [this.#info]]
  }
}

Object.defineProperty(ActorHandleBase.prototype, COPY, { value: true })
Object.setPrototypeOf(ActorHandleBase.prototype, unknownMethodsOf(ActorHandleBase.infoOf))

export function infoOf(handle: ActorHandleBase): ActorInfo {
  return ActorHandleBase.infoOf(handle)!
}

/** What a bundle makes a handle with. */
export function handleFrom(info: ActorInfo): ActorHandleBase {
  return new ActorHandleBase(info)
}

const holders = new FinalizationRegistry<{ id: string; executor: Executor }>(({ id, executor }) =>
  executor.releaseActor(id),
)

function hold(handle: ActorHandleBase, id: string): void {
  const executor = currentExecutor()
  if (executor === null) return
  executor.holdActor(id)
  holders.register(handle, { id, executor })
}

export function startActor(type: ActorClass, given: ActorRemoteOptions, args: unknown[]): ActorHandleBase {
  const executor = requireExecutor()
  const className = nameOf(type)
  const info = { id: newId('a'), name: className, methods: methodsOf(type) }
  const fn = exportValue(type, className, executor)
  const packed = splitArguments(args)
  executor.createActor({
    parent: parentId(),
    ...info,
    fn: fn.hash,
    options: actorOptionsOf(given),
    env: environmentFor(executor, given.runtimeEnv as Environment | undefined, fn, packed),
    trace: traceCall(info.id, `${className}.constructor`),
    ...packed,
  })
  return new ActorHandleBase(info)
}

/** The names of the methods that instances have by their class. */
function methodsOf(type: ActorClass): string[] {
  const names = new Set<string>()
  let at: object | null = type.prototype as object
  for (; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
  return [...names]
}
