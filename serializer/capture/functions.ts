// A live function's location and scopes (V8's internal properties [[FunctionLocation]] and [[Scopes]]).
import {
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
} from '../primordials.ts'
import { liveValue, release } from './handover.ts'
import { inspected } from './inspected.ts'
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
  /** Innermost first. */
  readonly scopes: readonly ScopeRecord[]
  readonly scriptId: string | undefined
  /** Zero-based. V8 points at the parameters' parenthesis; of a class at its constructor's. */
  readonly line: number
  readonly column: number
}

/** Reads a function without calling it. */
export function captureFunction(fn: object): CapturedFunction {
  const { list, location } = readFunction(fn)
  const scopes: ScopeRecord[] = []
  let again: ScopeList | undefined
  for (let i = 0; i < list.length; i++) {
    const { description, object } = list[i]
    const open = ReflectApply(StringPrototypeIndexOf, description, [' (']) as number
    const type =
      open < 0 ? description : (ReflectApply(StringPrototypeSlice, description, [0, open]) as string)
    // A snapshot is made for every reading, an object stays itself.
    if (type === WITH) again ??= readFunction(fn).list
    scopes[i] = {
      type,
      name: open < 0 ? null : (ReflectApply(StringPrototypeSlice, description, [open + 2, -1]) as string),
      object,
      isProxy: type === WITH && again![i].object !== object,
    }
  }
  release(false)
  noteCapture()
  return {
    scopes,
    scriptId: location?.scriptId,
    line: location?.lineNumber ?? 0,
    column: location?.columnNumber ?? 0,
  }
}

interface Location {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber?: number
}

type ScopeList = ArrayLike<{ readonly description: string; readonly object: object }>

function readFunction(fn: object): { list: ScopeList; location: Location | undefined } {
  const { internalProperties = [] } = inspected(fn)
  let scopesId: string | undefined
  let location: Location | undefined
  for (let i = 0; i < internalProperties.length; i++) {
    const { name, value } = internalProperties[i]
    if (name === '[[Scopes]]') scopesId = value.objectId
    else if (name === '[[FunctionLocation]]') location = value.value
  }
  return { list: scopesId === undefined ? [] : (liveValue(scopesId) as ScopeList), location }
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
  // Sloppy functions alone have an own `caller`, in V8 up to Node 24; since then they alone may ask an accessor for it.
  if (ReflectGetOwnPropertyDescriptor(fn, 'caller')) return false
  try {
    ReflectApply(strictOf, fn, [])
    return false
  } catch {
    return true
  }
}
