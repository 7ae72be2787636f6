// Is a variable that looks undefined in its temporal dead zone? V8's scopes tell since Node 22; on Node 20 a function that
// sees the variable is asked. A class can't be asked itself, for that would run its field initializers: its methods are, or
// other functions that see the same variable.

import type { Declaration, FunctionFacts } from '../analyze/index.ts'
import {
  bindingIn,
  captureFunction,
  functionsOf,
  offsetOf,
  ProbeError,
  probeVariables,
  type ScriptRecord,
} from '../capture/index.ts'
import { process } from '../globals.ts'
import { analyzed, sourceOf } from './source.ts'
import { Refusal } from './trace.ts'

export interface Answer {
  readonly value: unknown
  readonly dead: boolean
}

/** The variable as the function sees it; undefined if nothing declares it or the function can't be asked. */
export function probeOne(fn: object, facts: FunctionFacts, name: string): Answer | undefined {
  try {
    const variable = probeVariables(fn, facts, [name]).get(name)
    if (!variable) return undefined
    return variable.kind === 'dead'
      ? { value: undefined, dead: true }
      : { value: variable.get(), dead: false }
  } catch (error) {
    if (error instanceof ProbeError) return undefined
    throw error
  }
}

export interface Around {
  readonly script: ScriptRecord | undefined
  /** Where the class is in the script. */
  readonly offset: number
  readonly declarationAt: (offset: number) => Declaration | null
  /** The script runs once. */
  readonly isOnlyRun: boolean
}

/** For a class, of which `methods` are those that it still has. */
export function isDeadForClass(
  fn: object,
  name: string,
  methods: readonly object[],
  around: Around,
): boolean {
  if (scopesTell()) return false
  const answer = askMethods(name, methods)
  if (answer) return answer.dead
  const declaration = around.declarationAt(around.offset)
  if (!around.script || !declaration?.lexical) return false
  const other = declaration.once && around.isOnlyRun ? askOthers(name, declaration, around) : undefined
  if (other) return other.dead
  // What stands in front of the class was initialized before it was made.
  if (declaration.start < around.offset || !declaration.isGiven) return false
  throw new Refusal(
    `a class with nothing but fields uses \`${name}\`, which is undefined or not initialized yet: Node ${process.version} does not tell`,
    `Declare \`${name}\` in front of the class, give the class a method that uses it, or use Node 22 or newer`,
    { at: fn },
  )
}

/** Those that use the variable, then those that certainly have no other variable of that name. */
function askMethods(name: string, methods: readonly object[]): Answer | undefined {
  const known = methods.map((method) => {
    const text = sourceOf(method)
    return { method, facts: analyzed(text), mentions: text.includes(name) }
  })
  for (const uses of [true, false]) {
    for (const { method, facts, mentions } of known) {
      if (!facts || (uses ? !facts.free.some((free) => free.name === name) : mentions)) continue
      const answer = probeOne(method, facts, name)
      if (answer) return answer
    }
  }
  return undefined
}

/** Functions of the script that mean the same declaration by the name. It looks at every function of the heap. */
function askOthers(
  name: string,
  declaration: Declaration,
  { script, declarationAt }: Around,
): Answer | undefined {
  for (const fn of functionsOf(script!.scriptId, (each) => !isClass(each) && sourceOf(each).includes(name))) {
    const facts = analyzed(sourceOf(fn))
    if (!facts?.free.some((free) => free.name === name)) continue
    const { line, column } = captureFunction(fn)
    if (declarationAt(offsetOf(script!, line, column)) !== declaration) continue
    const answer = probeOne(fn, facts, name)
    if (answer) return answer
  }
  return undefined
}

function isClass(fn: object): boolean {
  return Reflect.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false
}

let tell: boolean | undefined

function scopesTell(): boolean {
  if (tell !== undefined) return tell
  const reader = () => unborn
  tell = captureFunction(reader).scopes.some(({ type, object }) => {
    return type !== 'Global' && bindingIn(object, 'unborn')?.dead === true
  })
  const unborn = tell
  return reader()
}
