// Errors of every kind: the slot [[ErrorData]] and the stack; message, cause and the rest are own properties.
import { types } from 'node:util'
import type { BuiltinReducer } from './types.ts'

const { defineProperty, deleteProperty, getOwnPropertyDescriptor, apply } = Reflect
const ErrorConstructor = Error
const ErrorPrototype = Error.prototype

const error: BuiltinReducer<Error> = {
  name: 'Error',
  matches: types.isNativeError,
  prototype: () => ErrorPrototype,
  create() {
    const limit = getOwnPropertyDescriptor(ErrorConstructor, 'stackTraceLimit')
    const adjustable = limit !== undefined && 'value' in limit && limit.writable === true
    if (adjustable) ErrorConstructor.stackTraceLimit = 0
    try {
      const value = new ErrorConstructor()
      deleteProperty(value, 'stack')
      return value
    } finally {
      if (adjustable) ErrorConstructor.stackTraceLimit = limit.value as number
    }
  },
  ownKeys: (value) => (hasNativeStack(value) ? ['stack'] : []),
  writeContent(value, sink) {
    if (!hasNativeStack(value)) {
      sink.byte(0)
      return
    }
    const { get, value: stack, enumerable } = getOwnPropertyDescriptor(value, 'stack')!
    sink.byte(enumerable ? 2 : 1)
    sink.step('property', 'stack')
    sink.value(get ? apply(get, value, []) : stack)
  },
  readContent(value, source) {
    const kind = source.byte()
    if (kind === 0) return
    defineProperty(value, 'stack', {
      value: source.value(),
      writable: true,
      enumerable: kind === 2,
      configurable: true,
    })
  },
}

/** V8 keeps the stack as an own property: data up to Node 20, a native accessor pair since. */
function hasNativeStack(value: Error): boolean {
  const descriptor = getOwnPropertyDescriptor(value, 'stack')
  if (!descriptor?.configurable) return false
  if (!descriptor.get) return descriptor.writable === true
  return nativeStackGetters().has(descriptor.get)
}

let getters: Set<unknown> | null = null

function nativeStackGetters(): Set<unknown> {
  if (getters) return getters
  const target: { stack?: unknown } = {}
  ErrorConstructor.captureStackTrace(target)
  getters = new Set([
    getOwnPropertyDescriptor(new ErrorConstructor(), 'stack')?.get,
    getOwnPropertyDescriptor(target, 'stack')?.get,
  ])
  getters.delete(undefined)
  return getters
}

export const errors: readonly BuiltinReducer[] = [error]
