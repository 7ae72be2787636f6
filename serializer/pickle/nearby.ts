// Which functions the graph is about to reach: those that a function uses, and what these use, as far as one look into
// its scopes tells. They are captured together, which takes V8 half the time. It is a guess that only speed hangs on:
// what was guessed wrongly was captured for nothing.
import { types } from 'node:util'
import type { FunctionFacts } from '../analyze/index.ts'
import { bindingIn, type CapturedFunction, captureFunctions, type ScopeRecord } from '../capture/index.ts'
import { findBuiltin, findIntrinsic } from '../references/index.ts'
import type { FunctionSite } from './function-site.ts'
import { keptSite } from './kept-sites.ts'
import { analyzed, isNativeText, sourceOf } from './source.ts'

const { getOwnPropertyDescriptor, ownKeys } = Reflect
const MOST = 64
/** Of a list's. More are no faster, and what is captured of them outlives V8's young generation. */
const MOST_OF_LIST = 24
/** The text of a longer function is not looked into: it may be of a package, and need no analysis. */
const LONG = 4000

const NOTHING: ReadonlyMap<object, CapturedFunction> = new Map()

/** Captures the functions that the function is going to need, unless they are known. */
export function captureNearby(
  site: FunctionSite,
  facts: FunctionFacts,
  isKnown: (fn: object) => boolean,
): ReadonlyMap<object, CapturedFunction> {
  if (facts.free.length === 0 || site.kept.variables !== undefined) return NOTHING
  const found = new Set<object>()
  gather(facts, site.scopes, isKnown, found)
  return captureAll(found)
}

function captureAll(found: ReadonlySet<object>): ReadonlyMap<object, CapturedFunction> {
  if (found.size === 0) return NOTHING
  const functions = [...found]
  const captured = captureFunctions(functions)
  return new Map(functions.map((fn, i) => [fn, captured[i]]))
}

/** Captures the functions of a list from a place on; `end` is up to where. */
export function captureList(
  list: readonly unknown[],
  from: number,
  isKnown: (fn: object) => boolean,
): { captured: ReadonlyMap<object, CapturedFunction>; end: number } {
  const found = new Set<object>()
  const end = Math.min(from + MOST_OF_LIST, list.length)
  for (let i = from; i < end; i++) if (isWanted(list[i], isKnown)) found.add(list[i] as object)
  const captured = captureAll(found)
  // All of them now: what is captured on the way makes these be forgotten.
  for (const { scopes } of captured.values()) if (scopes.length > 0) break
  return { captured, end }
}

function isWanted(value: unknown, isKnown: (fn: object) => boolean): value is object {
  if (typeof value !== 'function' || types.isProxy(value)) return false
  if (isKnown(value) || keptSite(value)?.variables !== undefined) return false
  return !isNativeText(sourceOf(value)) && !findIntrinsic(value) && !findBuiltin(value)
}

function gather(
  facts: FunctionFacts,
  scopes: readonly ScopeRecord[],
  isKnown: (fn: object) => boolean,
  found: Set<object>,
): void {
  const seen = new Set<string>()
  const open: FunctionFacts[] = [facts]
  const add = (value: unknown): void => {
    if (found.size >= MOST || found.has(value as object) || !isWanted(value, isKnown)) return
    found.add(value)
    const text = sourceOf(value)
    const own = text.length < LONG ? analyzed(text) : null
    if (own) open.push(own)
  }
  for (const { free } of open) {
    for (const { name } of free) {
      if (seen.has(name)) continue
      seen.add(name)
      const value = valueIn(scopes, name)
      if (typeof value === 'object' && value !== null) for (const part of partsOf(value)) add(part)
      else add(value)
    }
  }
}

function valueIn(scopes: readonly ScopeRecord[], name: string): unknown {
  for (const { type, object, isProxy } of scopes) {
    if (type === 'Global' || isProxy || types.isProxy(object)) return undefined
    const found = bindingIn(object, name)
    if (found) return found.value
  }
  return undefined
}

/** The elements of a small array, the properties of a small object. */
function partsOf(value: object): unknown[] {
  if (types.isProxy(value) || types.isModuleNamespaceObject(value)) return []
  if (types.isTypedArray(value)) return []
  if (Array.isArray(value) && (value.length > MOST || typeof value[0] !== 'function')) return []
  const keys = ownKeys(value)
  return keys.length > MOST ? [] : keys.map((key) => getOwnPropertyDescriptor(value, key)?.value as unknown)
}
