// What a function or class has by the way it is written, before anyone changes it: its name, its prototype, its own
// properties (spec 10.2, OrdinaryFunctionCreate, MakeConstructor, SetFunctionName). What is as usual need not travel.
import { types } from 'node:util'
import type { FunctionFacts } from '../analyze/index.ts'
import { isConstructor, isUntouchedFunction, ownOfSloppy } from '../capture/index.ts'
import { staticKey } from '../codegen/records.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys } = Reflect
const FunctionPrototype = Function.prototype
const ObjectPrototype = Object.prototype

/** The value of its own property `name`; undefined if that is none, or an accessor. */
export function ownName(fn: object): unknown {
  return isUntouchedFunction(fn) ? (fn as () => void).name : getOwnPropertyDescriptor(fn, 'name')?.value
}

/** The name that the code gives by itself, if the function still has it; null if it was changed. */
export function naturalName(fn: object): string | null {
  if (isUntouchedFunction(fn)) return (fn as () => void).name
  const descriptor = getOwnPropertyDescriptor(fn, 'name')
  if (
    !descriptor ||
    typeof descriptor.value !== 'string' ||
    descriptor.writable ||
    descriptor.enumerable ||
    !descriptor.configurable
  )
    return null
  return descriptor.value
}

/** The name that the text itself gives, wherever it stands; null if the place gives it. */
function nameInText(facts: FunctionFacts): string | null {
  const { form, key, ownName } = facts
  if (form === 'function') return ownName
  if (form !== 'method' && form !== 'getter' && form !== 'setter') return null
  const name = key?.kind === 'private' ? `#${key.name}` : staticKey(key)
  if (name === null || form === 'method') return name
  return `${form === 'getter' ? 'get' : 'set'} ${name}`
}

export function usualPrototype(facts: FunctionFacts): object {
  if (facts.isAsync) return facts.isGenerator ? AsyncGeneratorFunctionPrototype : AsyncFunctionPrototype
  return facts.isGenerator ? GeneratorFunctionPrototype : FunctionPrototype
}

const AsyncFunctionPrototype = getPrototypeOf(async () => {})!
const GeneratorFunctionPrototype = getPrototypeOf(function* () {})!
const AsyncGeneratorFunctionPrototype = getPrototypeOf(async function* () {})!
const generatorPrototypes = new Set([
  (GeneratorFunctionPrototype as { prototype: object }).prototype,
  (AsyncGeneratorFunctionPrototype as { prototype: object }).prototype,
])

/** Only `length`, `name` and an untouched `prototype`. */
export function hasUsualProperties(fn: object, facts: FunctionFacts): boolean {
  if (isUntouchedFunction(fn))
    return !isConstructorLike(facts) || isUntouchedPrototype(fn, facts, (fn as () => void).prototype)
  if (!isExtensible(fn)) return false
  const ofSloppy = ownOfSloppy(fn)
  let next = 0
  for (const key of ownKeys(fn)) {
    if (ofSloppy.includes(key)) continue
    const descriptor = getOwnPropertyDescriptor(fn, key)!
    if (key === 'length') {
      if (next++ !== 0 || descriptor.value !== facts.length || !isUsual(descriptor)) return false
    } else if (key === 'name') {
      if (next++ !== 1 || naturalName(fn) !== (nameInText(facts) ?? descriptor.value)) return false
    } else if (key === 'prototype') {
      if (next++ !== 2 || !descriptor.writable || !isUntouchedPrototype(fn, facts, descriptor.value))
        return false
    } else return false
  }
  return next === (isConstructorLike(facts) ? 3 : 2)
}

function isUsual(descriptor: PropertyDescriptor): boolean {
  return !descriptor.writable && !descriptor.enumerable && descriptor.configurable === true
}

function isConstructorLike(facts: FunctionFacts): boolean {
  return facts.isGenerator || (facts.form === 'function' && !facts.isAsync)
}

function isUntouchedPrototype(fn: object, facts: FunctionFacts, prototype: unknown): boolean {
  if (
    typeof prototype !== 'object' ||
    prototype === null ||
    types.isProxy(prototype) ||
    !isExtensible(prototype)
  )
    return false
  const keys = ownKeys(prototype)
  if (facts.isGenerator) return keys.length === 0 && generatorPrototypes.has(getPrototypeOf(prototype)!)
  if (keys.length !== 1 || getPrototypeOf(prototype) !== ObjectPrototype) return false
  const descriptor = getOwnPropertyDescriptor(prototype, 'constructor')
  return (
    descriptor?.value === fn &&
    descriptor.writable === true &&
    !descriptor.enumerable &&
    descriptor.configurable === true
  )
}

/**
 * What the class extends: its [[Prototype]], null for `extends null`, undefined for a base class. Null, too, where that is nothing
 * that a class could extend when it is made again: the [[Prototype]] was changed, or it is a bound function, which has its
 * `prototype` only later. Both prototypes are put right afterwards.
 */
export function heritageOf(fn: object, prototype: object, extended: boolean): unknown {
  if (!extended) return undefined
  const parent = getPrototypeOf(fn)
  if (parent === null || (parent === FunctionPrototype && getPrototypeOf(prototype) === null)) return null
  return types.isProxy(parent) || (isConstructor(parent) && hasPrototypeFromStart(parent)) ? parent : null
}

/** A class's or an ordinary function's own `prototype` can't be deleted, as one that was added can. */
function hasPrototypeFromStart(constructor: object): boolean {
  return getOwnPropertyDescriptor(constructor, 'prototype')?.configurable === false
}

export function classPrototypeDefault(heritage: unknown): object | null {
  if (heritage === undefined) return ObjectPrototype
  if (heritage === null) return null
  return getOwnPropertyDescriptor(heritage as object, 'prototype')?.value ?? null
}
