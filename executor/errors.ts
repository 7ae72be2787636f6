// The errors of the executor. Each says what happened to which task and what can be done.

import { messageOf, textOf } from '../runtime-env/message.ts'
import { Error, JSON, Object, Symbol } from '../serializer/globals.ts'
import { dumps, loads } from '../serializer/index.ts'
import { isOwnFrame } from './own-frames.ts'

/** What all errors of the executor's own are. An error that a task threw is a TaskError. */
export class ExecutorError extends Error {
  override readonly name: string = 'ExecutorError'
}

/** `get` or a task's option `timeout`: it took too long. */
export class GetTimeoutError extends ExecutorError {
  override readonly name = 'GetTimeoutError'
}

export class TaskTimeoutError extends ExecutorError {
  override readonly name = 'TaskTimeoutError'
}

export class TaskCancelledError extends ExecutorError {
  override readonly name = 'TaskCancelledError'
}

/** The worker ended while it ran the task, more often than `maxRetries` allows. */
export class WorkerCrashedError extends ExecutorError {
  override readonly name = 'WorkerCrashedError'
  /** Null if it was ended from outside, by running out of memory, say. */
  readonly exitCode: number | null

  constructor(message: string, exitCode: number | null, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The actor is gone: killed, crashed for good, or its constructor threw (then that is the `cause`). */
export class ActorDiedError extends ExecutorError {
  override readonly name = 'ActorDiedError'
}

/** The object was freed, or never was. */
export class ObjectLostError extends ExecutorError {
  override readonly name = 'ObjectLostError'
}

export class ShutdownError extends ExecutorError {
  override readonly name = 'ShutdownError'
}

// --- errors that tasks throw ---

/** Where an error came from. */
export interface TaskPlace {
  readonly id: string
  readonly name: string
  readonly worker: string
}

const brand = Symbol.for('cornichon.TaskError')

/**
 * A task threw. The error is an instance of the thrown error's class, too, with its message and properties; what was
 * thrown is the `cause`, with the stack that it had in the task.
 */
export abstract class TaskError extends Error {
  /** The task that threw. */
  declare readonly task: TaskPlace

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
  }
}

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf } = Reflect
const reduceHook = Symbol.for('cornichon.reduce')

/** By the prototype of what was thrown: that, with the marks of a TaskError. */
const mixed = new WeakMap<object, object>()

function mixedPrototype(prototype: object): object {
  let found = mixed.get(prototype)
  if (found === undefined) {
    found = Object.create(prototype, {
      [brand]: { value: true },
      // So that it travels as what it is made from: to the task that waited, say, and on from there.
      [reduceHook]: {
        value(this: TaskError) {
          return [taskErrorFrom, [this.cause, this.task]]
        },
      },
    })
    mixed.set(prototype, found!)
  }
  return found!
}

const plainPrototypes: ReadonlySet<object | null> = new Set(
  [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (type) => type.prototype,
  ),
)

/** The getters and methods of other classes may need what only an instance has: private fields, or a DOMException's name. */
function copyWithStateOf(error: Error): Error | null {
  const prototype = getPrototypeOf(error)
  if (plainPrototypes.has(prototype)) return null
  try {
    const copy = loads<Error>(dumps(error))
    return getPrototypeOf(copy) === prototype && Object.isExtensible(copy) ? copy : null
  } catch {
    return null
  }
}

export function taskErrorFrom(cause: unknown, task: TaskPlace): TaskError {
  const isError = cause instanceof Error
  const where = `task ${task.name} (${task.id}, ${task.worker})`
  const message = isError ? messageOf(cause) : `${where} threw ${describeThrown(cause)}`
  const error = (isError ? copyWithStateOf(cause) : null) ?? new Error(message)
  const own = linesOfUser(new Error().stack ?? '').slice(1)
  const thrown = (isError ? stackOf(cause) : null) ?? message
  // Before the properties of the user's, whose getters V8 might ask for the first line.
  defineProperty(error, 'stack', {
    value: [...linesOfUser(thrown), `    in ${where}`, ...own].join('\n'),
    writable: true,
    enumerable: false,
    configurable: true,
  })
  defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  setPrototypeOf(error, mixedPrototype(isError ? getPrototypeOf(cause)! : Error.prototype))
  if (isError) {
    for (const key of ownKeys(cause)) {
      if (key === 'stack' || key === 'message' || key === 'cause' || key === 'task') continue
      defineProperty(error, key, getOwnPropertyDescriptor(cause, key)!)
    }
  }
  defineProperty(error, 'task', { value: task, enumerable: false, configurable: true, writable: true })
  return error as TaskError
}

/** Without the frames of how the task was called in here, or who waited for it was answered. The `cause` has them. */
function linesOfUser(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => !/^\s+at /.test(line) || !(isOwnFrame(line) || isOfAsyncHooks(line)))
}

/** Each task is called by way of one. */
const isOfAsyncHooks = (line: string) => /\(node:(internal\/)?async_/.test(line)

function describeThrown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : textOf(value)
}

/** It may be a getter of the user's. */
export function stackOf(error: Error): string | null {
  try {
    return typeof error.stack === 'string' ? error.stack : null
  } catch {
    return null
  }
}
