// How a call failed, as plain data that goes over any wire; and the error that a user gets for it.

import { RuntimeEnvSetupError } from '../runtime-env/errors.ts'
import { messageOf } from '../runtime-env/message.ts'
import { Error, Object, Reflect } from '../serializer/globals.ts'
import {
  ActorDiedError,
  ExecutorError,
  ObjectLostError,
  ShutdownError,
  stackOf,
  TaskCancelledError,
  type TaskPlace,
  TaskTimeoutError,
  taskErrorFrom,
  WorkerCrashedError,
} from './errors.ts'
import { type Packed, pack, unpack } from './payload.ts'

const KINDS = [
  ...(['thrown', 'crashed', 'cancelled', 'timeout', 'actor-died'] as const),
  ...(['environment', 'lost', 'shutdown', 'error'] as const),
] as const

export type FailureKind = (typeof KINDS)[number]

export interface Failure {
  readonly kind: FailureKind
  readonly message: string
  /** What the task threw; also the reason why an actor died. */
  readonly thrown?: Packed
  readonly place?: TaskPlace
  readonly exitCode?: number | null
  /** Of an environment that could not be made: what its tools printed last. */
  readonly output?: string
  /** What led to it. */
  readonly cause?: Failure
}

/** Of what came over a wire. */
export function isFailure(value: unknown): boolean {
  const { kind, message } = (value ?? {}) as Partial<Failure>
  return KINDS.includes(kind as FailureKind) && typeof message === 'string'
}

export function failureOf(kind: Exclude<FailureKind, 'thrown'>, message: string): Failure {
  return { kind, message }
}

/** `by` is told where it was not the program itself. */
export function cancelled(name: string, id: string, by: string | null = null): Failure {
  return failureOf('cancelled', `task ${name} (${id}) was cancelled${by === null ? '' : `, by ${by}`}`)
}

/** An environment could not be made; `output` is what its tools or its process printed last, if the error does not say. */
export function environmentFailure(error: Error, output = ''): Failure {
  if (!(error instanceof RuntimeEnvSetupError)) return { kind: 'environment', message: error.message, output }
  return { kind: 'environment', message: error.reason, output: error.output }
}

/** What an actor dies of whose constructor's call fails before it runs. */
export function deathBy(label: string, failure: Failure): Failure {
  const { kind, message } = failure
  // It says so itself.
  if (message.startsWith(label)) return { ...failure, kind: 'actor-died' }
  const why = kind === 'thrown' ? `what its constructor was to be given failed: ${message}` : message
  const death = failureOf('actor-died', `${label} never lived: ${why}`)
  return kind === 'error' ? death : { ...death, cause: failure }
}

/** What a task threw, whether or not it can be pickled. */
export function failureFromThrown(thrown: unknown, place: TaskPlace): Failure {
  const message = messageOf(thrown)
  try {
    return { kind: 'thrown', message, thrown: pack(thrown), place }
  } catch (error) {
    return { kind: 'thrown', message, thrown: standIn(thrown, message, error), place }
  }
}

/** An error that can't be pickled arrives without the properties that are in the way; its class too may be one of them. */
function standIn(thrown: unknown, message: string, why: unknown): Packed {
  try {
    if (thrown instanceof Error) return packWithout(thrown, message, messageOf(why))
  } catch {
    // Getters of the user's that throw.
  }
  return pack(new Error(message))
}

function packWithout(thrown: Error, message: string, reason: string): Packed {
  const error = new Error(message)
  for (const key of Reflect.ownKeys(thrown)) {
    const descriptor = Object.getOwnPropertyDescriptor(thrown, key)!
    if (key !== 'stack' && canBePacked(descriptor)) Object.defineProperty(error, key, descriptor)
  }
  define(error, 'stack', `${stackOf(thrown) ?? message}\n    (not all of the error could be sent: ${reason})`)
  Object.setPrototypeOf(error, Object.getPrototypeOf(thrown))
  try {
    return pack(error)
  } catch {
    Object.setPrototypeOf(error, Error.prototype)
    define(error, 'name', thrown.name)
    return pack(error)
  }
}

function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true })
}

function canBePacked(value: unknown): boolean {
  try {
    pack(value)
    return true
  } catch {
    return false
  }
}

export function errorOf(failure: Failure): Error {
  const { kind, message } = failure
  switch (kind) {
    case 'thrown':
      return taskErrorFrom(causeOf(failure), failure.place!)
    case 'crashed':
      return new WorkerCrashedError(message, failure.exitCode ?? null, options(failure))
    case 'cancelled':
      return new TaskCancelledError(message)
    case 'timeout':
      return new TaskTimeoutError(message)
    case 'actor-died':
      return new ActorDiedError(message, options(failure))
    case 'environment':
      return new RuntimeEnvSetupError(message, failure.output ?? '', options(failure))
    case 'lost':
      return new ObjectLostError(message)
    case 'shutdown':
      return new ShutdownError(message)
    case 'error':
      return new ExecutorError(message, options(failure))
  }
}

function options(failure: Failure): ErrorOptions | undefined {
  if (failure.cause !== undefined) return { cause: errorOf(failure.cause) }
  if (failure.thrown === undefined) return undefined
  return { cause: failure.place ? taskErrorFrom(causeOf(failure), failure.place) : causeOf(failure) }
}

function causeOf(failure: Failure): unknown {
  try {
    return unpack(failure.thrown!)
  } catch (error) {
    // Its class can't be loaded here: the message is better than nothing, and the reason is told.
    return new Error(failure.message, { cause: error })
  }
}
