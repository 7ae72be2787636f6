// Where a live function was written: the class whose private names it uses (spec: its [[PrivateEnvironment]]), and
// the home object of its `super` ([[HomeObject]]). Nothing of JavaScript shows either. The script's text says which
// class or object literal it is; which live one of that text, the function's `this`, its scopes or, last, a heap
// snapshot tell.
import { types } from 'node:util'
import type { FunctionFacts, Range } from '../analyze/index.ts'
import { functionsOf, homesOf, offsetOf, probe, probeThis, type ScriptRecord } from '../capture/index.ts'
import { alikeScopes } from './alike-scopes.ts'
import { type FunctionSite, resolveName, scriptFacts } from './function-site.ts'
import { prototypeOwner } from './instances.ts'
import { knownHome, liveText } from './source.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect

export type SiteOf = (fn: object) => FunctionSite

export interface Home {
  /** The home object: an object, a class for its static elements, a class's prototype for the others. */
  readonly object: object
  /** The class or object literal that was written around the function. */
  readonly holder: object
}

/** The live class that declares the private names that the function uses; null if it can't be told. */
export function privateHomeOf(fn: object, facts: FunctionFacts, siteOf: SiteOf): object | null {
  const known = knownHome(fn)
  if (known) return known
  const { script, line, column } = siteOf(fn)
  if (!script) return null
  const range = scriptFacts(script).classDeclaring(offsetOf(script, line, column), facts.privateNames[0])
  return range && classAround(fn, facts, siteOf, script, range)
}

/** The home object of a function that uses `super`; null if it can't be told. */
export function homeOf(fn: object, facts: FunctionFacts, siteOf: SiteOf): Home | null {
  const { script, line, column } = siteOf(fn)
  const range = script && scriptFacts(script).homeAround(offsetOf(script, line, column))
  if (!range) return null
  if (range.kind === 'class') {
    const holder = classAround(fn, facts, siteOf, script, range)
    return holder && { holder, object: range.isStatic ? holder : prototypeOf(holder) }
  }
  // The innermost home is the first: contexts have a slot for it where code uses `super`.
  const [object] = homesOf(fn)
  return object === undefined ? null : { holder: object, object }
}

/** By function and the place of the class's text: what was told once stays so, and to be told costs a tenth of a second and more. */
const told = new WeakMap<object, Map<number, object>>()

function classAround(
  fn: object,
  facts: FunctionFacts,
  siteOf: SiteOf,
  script: ScriptRecord,
  range: Range,
): object | null {
  const known = told.get(fn)?.get(range.start)
  if (known !== undefined) return known
  const found = findClassAround(fn, facts, siteOf, script, range)
  if (found !== null) told.set(fn, (told.get(fn) ?? new Map<number, object>()).set(range.start, found))
  return found
}

function findClassAround(
  fn: object,
  facts: FunctionFacts,
  siteOf: SiteOf,
  script: ScriptRecord,
  range: Range,
): object | null {
  const text = script.source().slice(range.start, range.end)
  if (facts.form === 'arrow' && facts.lexicalThis) {
    const near = classesOfThis(fn, facts, text)
    if (near.length === 1) return near[0]
  }
  let candidates = classesWithText(script, text, fn)
  if (candidates.length <= 1) return candidates[0] ?? null
  const owners = candidates.filter((candidate) => holds(candidate, fn))
  if (owners.length > 0) candidates = owners
  if (candidates.length === 1) return candidates[0]
  const named = classByName(fn, facts, siteOf(fn), candidates)
  if (named) return named
  const enclosed = candidates.filter((candidate) => isEnclosedBy(siteOf(fn), siteOf(candidate)))
  if (enclosed.length === 1) return enclosed[0]
  const homes = homesOf(fn)
  const found = candidates.filter((each) => homes.includes(each) || homes.includes(prototypeOf(each)))
  return found.length === 1 ? found[0] : null
}

/** The class's own name is a variable that its methods see. */
function classByName(
  fn: object,
  facts: FunctionFacts,
  site: FunctionSite,
  candidates: readonly object[],
): object | undefined {
  const name = getOwnPropertyDescriptor(candidates[0], 'name')?.value as unknown
  if (typeof name !== 'string' || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return undefined
  let value: unknown
  try {
    value = resolveName(fn, facts, site, name)?.value ?? probe(fn, facts, name)
  } catch {
    return undefined
  }
  return candidates.find((candidate) => candidate === value)
}

/** The classes of that text among those that made the function's `this`. */
function classesOfThis(fn: object, facts: FunctionFacts, text: string): object[] {
  let value: unknown
  try {
    value = probeThis(fn, facts)
  } catch {
    return []
  }
  const found: object[] = []
  for (
    let at = value;
    (typeof at === 'object' || typeof at === 'function') && at !== null && !types.isProxy(at);
    at = getPrototypeOf(at)
  ) {
    const owner = typeof at === 'function' ? at : prototypeOwner(at)
    if (owner && liveText(owner) === text) found.push(owner)
  }
  return found
}

/** Are the scopes around the class among those around the function? Snapshots are compared by what they hold. */
function isEnclosedBy(inner: FunctionSite, outer: FunctionSite): boolean {
  const shift = inner.scopes.length - outer.scopes.length
  return (
    shift >= 0 && outer.scopes.every((scope, i) => alikeScopes(scope.object, inner.scopes[i + shift].object))
  )
}

/** Has the class the function as a method or accessor now, or the object as a property? */
export function holds(holder: object, fn: object): boolean {
  const places = typeof holder === 'function' ? [holder, prototypeOf(holder)] : [holder]
  return places.some((place) =>
    ownKeys(place).some((key) => {
      const descriptor = getOwnPropertyDescriptor(place, key)!
      return descriptor.value === fn || descriptor.get === fn || descriptor.set === fn
    }),
  )
}

function prototypeOf(owner: object): object {
  return getOwnPropertyDescriptor(owner, 'prototype')!.value as object
}

/** The live classes of a script with that text, of which one made the function. It looks at every function of the heap. */
function classesWithText(script: ScriptRecord, text: string, fn: object): object[] {
  return functionsOf(
    script.scriptId,
    // The functions in which V8 keeps a class's initializers have the class's text, too.
    (candidate) =>
      getOwnPropertyDescriptor(candidate, 'prototype')?.writable === false && liveText(candidate) === text,
    fn,
  )
}
