// A live function's location and scopes (V8's internal properties [[FunctionLocation]] and [[Scopes]]).
import { liveValue, objectIdOf, release } from './handover.ts'
import { noteCapture } from './scripts.ts'
import { post } from './session.ts'

export interface ScopeRecord {
  /** V8's word: Local, Closure, Block, Catch, Class, Module, Script, With Block, Eval, Global. */
  readonly type: string
  /** The function whose scope it is, if V8 says. */
  readonly name: string | null
  /** A snapshot with the live values; of a With Block the object itself, of Global the global object. */
  readonly object: object
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
  const { internalProperties } = post('Runtime.getProperties', {
    objectId: objectIdOf(fn),
    ownProperties: true,
  })
  let scopesId: string | undefined
  let location: { scriptId: string; lineNumber: number; columnNumber?: number } | undefined
  for (const { name, value } of internalProperties ?? []) {
    if (name === '[[Scopes]]') scopesId = value.objectId
    else if (name === '[[FunctionLocation]]') location = value.value
  }
  const scopes = scopesId === undefined ? [] : readScopes(liveValue(scopesId) as ScopeList)
  release(false)
  noteCapture()
  return {
    scopes,
    scriptId: location?.scriptId,
    line: location?.lineNumber ?? 0,
    column: location?.columnNumber ?? 0,
  }
}

type ScopeList = ArrayLike<{ readonly description: string; readonly object: object }>

function readScopes(list: ScopeList): ScopeRecord[] {
  const scopes: ScopeRecord[] = []
  for (let i = 0; i < list.length; i++) {
    const { description, object } = list[i]
    const open = description.indexOf(' (')
    scopes.push({
      type: open < 0 ? description : description.slice(0, open),
      name: open < 0 ? null : description.slice(open + 2, -1),
      object,
    })
  }
  return scopes
}
