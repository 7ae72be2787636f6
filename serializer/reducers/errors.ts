// Errors of every kind: the slot [[ErrorData]] and the stack; message, cause and the rest are own properties.

import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { hasBrand } from './brand.ts'
import { isNodeError, nodeErrorReducer } from './node-errors.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const FunctionPrototype = Function.prototype
const functionToString = FunctionPrototype.toString
const ErrorConstructor = Error
const ErrorPrototype = Error.prototype
const { captureStackTrace } = Error
const DomException = DOMException
const domName = getOwnPropertyDescriptor(DomException.prototype, 'name')!.get!
const domMessage = getOwnPropertyDescriptor(DomException.prototype, 'message')!.get!
const { QuotaExceededError: QuotaExceeded } = globalThis as {
  QuotaExceededError?: new (message: string, options: object) => DOMException
}
const quotaOf = getOwnPropertyDescriptor(QuotaExceeded?.prototype ?? {}, 'quota')?.get
const requestedOf = getOwnPropertyDescriptor(QuotaExceeded?.prototype ?? {}, 'requested')?.get

/** What V8 gives an error: a value up to Node 20, accessors since. */
const nativeStack = getOwnPropertyDescriptor(new ErrorConstructor(), 'stack')

const error: BuiltinReducer<Error> = {
  name: 'Error',
  matches: (value) => types.isNativeError(value) && !isDOMException(value) && !isNodeError(value),
  prototypes: () => [ErrorPrototype],
  prototype: () => ErrorPrototype,
  create() {
    const value = withFrames(0, () => new ErrorConstructor())
    deleteProperty(value, 'stack')
    return value
  },
  ownKeys: (value) => (hasNativeStack(value) ? ['stack'] : []),
  writeContent(value, sink) {
    if (!hasReadableStack(value))
      sink.refuse(
        'V8 can not form its stack: its name or message does not turn into text',
        'Give it a name and a message that are strings, or delete its stack',
      )
    if (!hasNativeStack(value)) {
      sink.byte(0)
      return
    }
    const { get, value: stack, enumerable, configurable } = getOwnPropertyDescriptor(value, 'stack')!
    sink.byte((enumerable ? 2 : 1) + (configurable ? 0 : 2))
    sink.step('property', 'stack')
    sink.value(get ? apply(get, value, []) : stack)
  },
  readContent(value, source) {
    const kind = source.byte()
    if (kind === 0) return
    const stack = source.value()
    const attributes = { enumerable: kind % 2 === 0, configurable: kind <= 2 }
    if (nativeStack?.set === undefined)
      defineProperty(value, 'stack', { value: stack, writable: true, ...attributes })
    else {
      defineProperty(value, 'stack', { ...nativeStack, ...attributes })
      apply(nativeStack.set, value, [stack])
    }
  },
}

/** Web IDL: DOMException. Its name and message are slots, from Node 22 on beside those of an error. */
const domException: BuiltinReducer<InstanceType<typeof DomException>> = {
  name: 'DOMException',
  matches: (value) => isDOMException(value) && !isQuotaExceeded(value),
  prototypes: () => [DomException.prototype],
  byBrand: true,
  prototype: () => DomException.prototype,
  write(value, sink) {
    sink.string(String(apply(domMessage, value, [])))
    sink.string(String(apply(domName, value, [])))
  },
  create(source) {
    const message = source.string()
    const value = new DomException(message, source.string())
    deleteProperty(value, 'stack')
    return value
  },
  ownKeys: error.ownKeys,
  writeContent: error.writeContent,
  readContent: error.readContent,
}

/** Web IDL: QuotaExceededError, which Node has since 25. */
const quotaExceeded: BuiltinReducer<InstanceType<typeof DomException>> = {
  name: 'QuotaExceededError',
  matches: isQuotaExceeded,
  prototypes: () => [QuotaExceeded?.prototype],
  byBrand: true,
  prototype: () => QuotaExceeded!.prototype,
  write(value, sink) {
    sink.string(String(apply(domMessage, value, [])))
    for (const getter of [quotaOf!, requestedOf!]) {
      const amount = apply(getter, value, []) as number | null
      sink.byte(amount === null ? 0 : 1)
      if (amount !== null) sink.double(amount)
    }
  },
  create(source) {
    const message = source.string()
    const options: { quota?: number; requested?: number } = {}
    if (source.byte()) options.quota = source.double()
    if (source.byte()) options.requested = source.double()
    if (!QuotaExceeded) throw new UnpicklingError(`Node ${process.version} has no QuotaExceededError`)
    let value: DOMException
    try {
      value = new QuotaExceeded(message, options)
    } catch (error) {
      throw new UnpicklingError('the bundle holds a QuotaExceededError that can not be', { cause: error })
    }
    deleteProperty(value, 'stack')
    return value
  },
  ownKeys: error.ownKeys,
  writeContent: error.writeContent,
  readContent: error.readContent,
}

function isQuotaExceeded(value: object): boolean {
  return QuotaExceeded !== undefined && hasBrand(value, QuotaExceeded.prototype, quotaOf!)
}

function isDOMException(value: object): boolean {
  return hasBrand(value, DomException.prototype, domName)
}

/** V8 notes no more frames of stacks that nobody looks at. */
function withFrames<T>(most: number, work: () => T): T {
  const limit = getOwnPropertyDescriptor(ErrorConstructor, 'stackTraceLimit')
  const adjustable = limit !== undefined && 'value' in limit && limit.writable === true
  if (adjustable) ErrorConstructor.stackTraceLimit = most
  try {
    return work()
  } finally {
    if (adjustable) ErrorConstructor.stackTraceLimit = limit.value as number
  }
}

/** V8 forms the stack when somebody first looks at it, of the name and message that the error has by then. */
function hasReadableStack(value: Error): boolean {
  try {
    const get = getOwnPropertyDescriptor(value, 'stack')?.get
    if (nativeStackGetters().has(get)) apply(get!, value, [])
    return true
  } catch {
    return false
  }
}

/**
 * V8 keeps the stack as an own property: data up to Node 20, a native accessor pair since. It is there before all others:
 * one that came later, or is data where V8's is none, is a property like any other.
 */
function hasNativeStack(value: Error): boolean {
  const descriptor = getOwnPropertyDescriptor(value, 'stack')
  if (!descriptor || ownKeys(value)[0] !== 'stack') return false
  if (descriptor.get) return isCapturedStack(descriptor)
  return nativeStack?.get === undefined && descriptor.writable === true && descriptor.configurable === true
}

/**
 * Is it the accessor that Error.captureStackTrace gives any object? (`captureStackTrace(this)` in a function that makes errors of its
 * own kind, say.) Up to Node 20 it gives a value.
 */
export function isCapturedStack({ get }: PropertyDescriptor): boolean {
  return get !== undefined && (nativeStackGetters().has(get) || isForeignStackGetter(get))
}

/** The same for an object that has none. The stack stands in a slot, which only capturing one makes. */
export function captureStack(
  object: object,
  stack: unknown,
  { enumerable, configurable }: { readonly enumerable: boolean; readonly configurable: boolean },
): void {
  // Of no frames, V8 would make no slot.
  withFrames(1, () => captureStackTrace(object))
  const { set } = getOwnPropertyDescriptor(object, 'stack') ?? {}
  if (set === undefined)
    defineProperty(object, 'stack', { value: stack, writable: true, enumerable, configurable })
  else {
    defineProperty(object, 'stack', { enumerable, configurable })
    apply(set, object, [stack])
  }
}

/** Another realm's getter, by what nobody can write: native, and without a name (a bound function has one). */
function isForeignStackGetter(get: object): boolean {
  return (
    getPrototypeOf(get) !== FunctionPrototype &&
    getOwnPropertyDescriptor(get, 'name')?.value === '' &&
    (apply(functionToString, get, []) as string).endsWith('{ [native code] }')
  )
}

let getters: Set<unknown> | null = null

function nativeStackGetters(): Set<unknown> {
  if (getters) return getters
  const target: { stack?: unknown } = {}
  captureStackTrace(target)
  getters = new Set([
    getOwnPropertyDescriptor(new ErrorConstructor(), 'stack')?.get,
    getOwnPropertyDescriptor(target, 'stack')?.get,
  ])
  getters.delete(undefined)
  return getters
}

export const errors: readonly BuiltinReducer[] = [error]
export const domExceptions: readonly BuiltinReducer[] = [domException]
export const laterErrors: readonly BuiltinReducer[] = [quotaExceeded, nodeErrorReducer(error)]
