// What a name means in a function's scopes, as far as looking it up could run code: `with` statements, proxies, and
// accessors of the global object.
import { types } from 'node:util'
import { isConstantView } from '../constant-view.ts'
import {
  FunctionPrototypeToString,
  ObjectDefineProperty,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectGetPrototypeOf,
} from '../primordials.ts'
import { bindingIn, captureFunction, type ScopeRecord, WITH } from './functions.ts'
import type { Enterable } from './probe-entry.ts'
import { ProbeError } from './probe-error.ts'

type Lookup = 'absent' | 'value' | 'code'

/** A lookup in an object: its own properties and those it inherits. */
function lookUp(object: object, name: string): Lookup {
  for (let at: object | null = object; at !== null; at = ReflectGetPrototypeOf(at)) {
    if (types.isProxy(at)) return 'code'
    const descriptor = ReflectGetOwnPropertyDescriptor(at, name)
    if (descriptor) return descriptor.get || descriptor.set ? 'code' : 'value'
  }
  return 'absent'
}

/** The channel must be found through all the scopes, and nobody may see it looked for. */
export function checkScopes(scopes: readonly ScopeRecord[], name: string): void {
  for (let i = 0; i < scopes.length; i++) {
    const { type, object, isProxy } = scopes[i]
    if (type === WITH && (isProxy || lookUp(object, name) !== 'absent'))
      throw new ProbeError('a `with` statement around it has a proxy, which would be asked')
  }
}

/**
 * Throws if defining a class that extends what these names mean would run code that is asked for its `prototype`, or if naming
 * it would run anything but esbuild's helper.
 */
export function checkClasses(scopes: readonly ScopeRecord[], { facts, entry }: Enterable): void {
  const { heritages, namers } = entry
  for (let i = 0; i < heritages.length; i++) {
    // A name that the function declares has nothing yet, or what the probe gave it.
    if (!isFree(facts, heritages[i])) continue
    const value = valueOf(scopes, heritages[i])
    if (typeof value !== 'function' || types.isProxy(value) || !hasPlainPrototype(value))
      throw new ProbeError(`a class that it defines extends \`${heritages[i]}\`, which would be asked`)
  }
  for (let i = 0; i < namers.length; i++) {
    if (!isFree(facts, namers[i]) || !isNamingHelper(valueOf(scopes, namers[i])))
      throw new ProbeError('a class that it defines has a static block, which would run')
  }
}

function isFree({ free }: Enterable['facts'], name: string): boolean {
  for (let i = 0; i < free.length; i++) if (free[i].name === name) return true
  return false
}

const NAMING_HELPER =
  /^\((\w+),(\w+)\)=>([\w$]+)\(\1,"name",\{(?:value|value:\2),configurable:(?:true|!0)\}\)$/

/** esbuild's `__name`, which defines the name through Object.defineProperty. */
function isNamingHelper(value: unknown): boolean {
  if (typeof value !== 'function' || types.isProxy(value)) return false
  const text = ReflectApply(FunctionPrototypeToString, value, []) as string
  const define = NAMING_HELPER.exec(text.replace(/\s/g, ''))?.[3]
  return define !== undefined && valueOf(captureFunction(value).scopes, define) === ObjectDefineProperty
}

function hasPlainPrototype(fn: object): boolean {
  const descriptor = ReflectGetOwnPropertyDescriptor(fn, 'prototype')
  return descriptor !== undefined && !descriptor.get
}

/** The variable's value, if reading it runs no code. */
function valueOf(scopes: readonly ScopeRecord[], name: string): unknown {
  if (readingRunsCode(scopes, name)) return undefined
  for (let i = 0; i < scopes.length; i++) {
    const found = bindingIn(scopes[i].object, name)
    if (found) return found.value
  }
  return undefined
}

/** Would reading the variable run an accessor or a trap? */
export function readingRunsCode(scopes: readonly ScopeRecord[], name: string): boolean {
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i]
    // What stands behind it is a variable.
    if (scope.type === WITH && !scope.isProxy && isConstantView(scope.object)) continue
    if (scope.type === WITH || scope.type === 'Global') {
      const found = scope.isProxy ? 'code' : lookUp(scope.object, name)
      if (found !== 'absent') return found === 'code'
    } else if (scope.name === name || bindingIn(scope.object, name)) return false
  }
  return false
}
