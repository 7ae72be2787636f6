// A live function's location and scopes (V8's internal properties [[FunctionLocation]] and [[Scopes]]).

import { keepHiddenClass } from '../hidden-classes.ts'
import {
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from '../primordials.ts'
import { ownOfSloppy, strictnessByClass } from './function-classes.ts'
import { liveValue, liveValues, objectIdsOf, release, releaseCount } from './handover.ts'
import { behindProxy, type InspectedObject, inspected, inspectedById } from './inspected.ts'
import { noteCapture } from './scripts.ts'

/** V8's word for the scope of a `with` statement. */
export const WITH = 'With Block'

export interface ScopeRecord {
  /** V8's word: Local, Closure, Block, Catch, Class, Module, Script, With Block, Eval, Global. */
  readonly type: string
  /** The function whose scope it is, if V8 says. */
  readonly name: string | null
  /** A snapshot with the live values; of a With Block the object itself, of Global the global object. */
  readonly object: object
  /** The object of a With Block is a proxy, for which V8 shows a snapshot without anything. */
  readonly isProxy: boolean
}

export interface CapturedFunction {
  /** Innermost first. Asked for when they are first read: the values are those of that moment. */
  readonly scopes: readonly ScopeRecord[]
  readonly scriptId: string | undefined
  /** Zero-based. V8 points at the parameters' parenthesis; of a class at its constructor's. */
  readonly line: number
  readonly column: number
}

/** Reads a function without calling it. */
export function captureFunction(fn: object): CapturedFunction {
  return captureFunctions([fn])[0]
}

/** Reads several functions: half the price of one by one. */
export function captureFunctions(functions: readonly object[]): CapturedFunction[] {
  release(false)
  const together: object[] = []
  for (let i = 0; i < functions.length; i++)
    if (!behindProxy(functions[i])) together[together.length] = functions[i]
  const ids = together.length > 0 ? objectIdsOf(together) : []
  const round: Round = { releases: releaseCount(), unread: [] }
  const captured: Captured[] = []
  for (let i = 0, next = 0; i < functions.length; i++) {
    const isTogether = together[next] === functions[i]
    captured[i] = new Captured(
      functions[i],
      isTogether ? inspectedById(ids[next]) : inspected(functions[i]),
      round,
    )
    if (isTogether) next++
  }
  noteCapture()
  return captured
}

/** Functions that were captured together: when the scopes of one are asked for, those of the others come along. */
interface Round {
  readonly releases: number
  unread: Captured[]
}

interface Location {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber?: number
}

type ScopeList = ArrayLike<{ readonly description: string; readonly object: object }>

class Captured implements CapturedFunction {
  readonly scriptId: string | undefined
  readonly line: number
  readonly column: number
  readonly #fn: object
  readonly #round: Round
  #scopesId: string | undefined
  #scopes: readonly ScopeRecord[] | undefined

  constructor(fn: object, { internalProperties = [] }: InspectedObject, round: Round) {
    this.#fn = fn
    this.#round = round
    let location: Location | undefined
    for (let i = 0; i < internalProperties.length; i++) {
      const { name, value } = internalProperties[i]
      if (name === '[[Scopes]]') this.#scopesId = value.objectId
      else if (name === '[[FunctionLocation]]') location = value.value
    }
    this.scriptId = location?.scriptId
    this.line = location?.lineNumber ?? 0
    this.column = location?.columnNumber ?? 0
    if (this.#scopesId === undefined) this.#scopes = []
    else round.unread[round.unread.length] = this
  }

  get scopes(): readonly ScopeRecord[] {
    if (this.#scopes === undefined) {
      if (this.#round.releases === releaseCount()) Captured.#read(this.#round)
      else this.#scopes = captureFunction(this.#fn).scopes
    }
    return this.#scopes!
  }

  static #read(round: Round): void {
    const { unread } = round
    round.unread = []
    const ids: string[] = []
    for (let i = 0; i < unread.length; i++) ids[i] = unread[i].#scopesId!
    const lists = liveValues(ids) as readonly ScopeList[]
    for (let i = 0; i < unread.length; i++) unread[i].#scopes = scopesOf(unread[i].#fn, lists[i])
  }
}

const nothing = function () {}
keepHiddenClass(new Captured(nothing, {}, { releases: 0, unread: [] }))

function scopesOf(fn: object, list: ScopeList): ScopeRecord[] {
  const scopes: ScopeRecord[] = []
  let again: ScopeList | undefined
  for (let i = 0; i < list.length; i++) {
    const { description, object } = list[i]
    const open = ReflectApply(StringPrototypeIndexOf, description, [' (']) as number
    const type =
      open < 0 ? description : (ReflectApply(StringPrototypeSlice, description, [0, open]) as string)
    // A snapshot is made for every reading, an object stays itself.
    if (type === WITH) again ??= scopeListOf(fn)
    scopes[i] = {
      type,
      name: open < 0 ? null : (ReflectApply(StringPrototypeSlice, description, [open + 2, -1]) as string),
      object,
      isProxy: type === WITH && again![i].object !== object,
    }
  }
  return scopes
}

function scopeListOf(fn: object): ScopeList {
  const { internalProperties = [] } = inspected(fn)
  for (let i = 0; i < internalProperties.length; i++) {
    const { name, value } = internalProperties[i]
    if (name === '[[Scopes]]') return liveValue(value.objectId) as ScopeList
  }
  return []
}

export interface CapturedBinding {
  readonly value: unknown
  /** Not initialized. Node 20 shows such a variable as undefined, so that false means nothing where that is the value. */
  readonly dead: boolean
}

/** A variable of a scope, or undefined if it has none of that name. */
export function bindingIn(scope: object, name: PropertyKey): CapturedBinding | undefined {
  let descriptor: PropertyDescriptor | undefined
  try {
    descriptor = ReflectGetOwnPropertyDescriptor(scope, name)
  } catch {
    // Since Node 22, V8 lets nobody look at a variable in its dead zone.
    return { value: undefined, dead: true }
  }
  return descriptor && { value: descriptor.value, dead: false }
}

const strictOf = ReflectGetOwnPropertyDescriptor(Function.prototype, 'caller')!.get!

/** Is the code of a function strict that was written with the word `function` and nothing before it? */
export function isStrictFunction(fn: object): boolean {
  const told = strictnessByClass(fn)
  if (told !== null) return told
  if (ownOfSloppy(fn).includes('caller')) return false
  // Since Node 26, sloppy functions alone may ask an accessor for it.
  try {
    ReflectApply(strictOf, fn, [])
    return false
  } catch {
    return true
  }
}
