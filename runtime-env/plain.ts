// Values as JSON: as they are where JSON holds them, else as superjson writes them; functions as bundles.
import { SuperJSON } from 'superjson'
import { dumps, loads } from '../serializer/index.ts'
import type { Json } from './types.ts'

// Its types are lost under Node's rules of resolution; these are what is used of it.
const superjson = new SuperJSON() as {
  registerCustom<T, J>(
    rule: { isApplicable(value: unknown): value is T; serialize(value: T): J; deserialize(json: J): T },
    name: string,
  ): void
  serialize(value: unknown): { readonly json: Json; readonly meta?: Json }
  deserialize(parts: { readonly json: Json; readonly meta?: Json }): unknown
}
superjson.registerCustom<Function, string>(
  {
    isApplicable: (value) => typeof value === 'function',
    serialize: (fn) => Buffer.from(dumps(fn)).toString('base64'),
    deserialize: (text) => loads<Function>(Buffer.from(text, 'base64')),
  },
  'cornichon',
)

/** JSON that `fromPlain` makes the value of again. What it is for has been checked: `whyNotPlain`. */
export function toPlain(value: unknown): Json {
  if (isJson(value) && !isSuperjson(value)) return value
  return superjson.serialize(value)
}

export function fromPlain(json: Json): unknown {
  if (!isSuperjson(json)) return json
  return superjson.deserialize(
    structuredClone(json) as unknown as Parameters<typeof superjson.deserialize>[0],
  )
}

/** `{ json, meta }`, or `{ json }` where there is nothing to say about it. */
function isSuperjson(value: unknown): value is { readonly json: Json; readonly meta?: Json } {
  return isRecord(value) && 'json' in value && Object.keys(value).every((k) => k === 'json' || k === 'meta')
}

/** An object that is a plain bag of properties. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  // Of another realm, too.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && 'hasOwnProperty' in prototype)
}

export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (Array.isArray(value)) return Array.from(value).every(isJson)
  return (
    isRecord(value) &&
    Object.getOwnPropertySymbols(value).length === 0 &&
    Object.keys(value).every((key) => key !== '__proto__' && isJson(value[key]))
  )
}

/** Classes that superjson keeps. */
const keptClasses: readonly (abstract new (...args: never[]) => unknown)[] = [Date, RegExp, URL, Map, Set]
/** Names that superjson does not let pass. */
const refusedKeys = ['__proto__', 'constructor', 'prototype']

/** The first thing in a value that neither JSON nor superjson holds, as `.path is what`; null if there is none. */
export function whyNotPlain(value: unknown, path = '', above: readonly unknown[] = []): string | null {
  const is = (what: string) => `${path} is ${what}`
  if (typeof value === 'symbol') return is('a symbol')
  if (typeof value === 'function') return is('a function')
  if (typeof value !== 'object' || value === null) return null
  if (above.includes(value)) return is('part of a circle')
  const inside = [...above, value]
  const first = (entries: Iterable<[string, unknown]>) => {
    for (const [at, each] of entries) {
      const why = whyNotPlain(each, `${path}${at}`, inside)
      if (why !== null) return why
    }
    return null
  }
  if (Array.isArray(value)) return first(value.map((each, i) => [`[${i}]`, each]))
  if (value instanceof Map)
    return first(
      [...value].flatMap(([k, v], i) => [
        [`<key ${i}>`, k],
        [`<value ${i}>`, v],
      ]),
    )
  if (value instanceof Set) return first([...value].map((each, i) => [`<item ${i}>`, each]))
  if (keptClasses.some((each) => value instanceof each)) return null
  if (!isRecord(value)) return is(`an instance of ${value.constructor?.name || 'a class'}`)
  if (Object.getOwnPropertySymbols(value).length > 0) return is('an object with symbols as keys')
  const within = first(Object.entries(value).map(([key, each]) => [`.${key}`, each]))
  if (within !== null) return within
  const refused = isJson(value) ? undefined : Object.keys(value).find((key) => refusedKeys.includes(key))
  return refused === undefined ? null : is(`an object with the key ${refused}`)
}
