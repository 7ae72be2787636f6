// What makes a class the same class in a process that has it already: its text, what it extends and the values it
// was made with. Fixed when the class is first pickled, so that state which changes later makes no new class of it; methods that
// are replaced later do.
import { types } from 'node:util'
import { type Defining, DefinitionDigest, type Definitions } from './definition-digest.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const FunctionPrototype = Function.prototype

interface Identity {
  readonly text: string
  /** The methods that it had then; null where that is not known. */
  methods: readonly unknown[] | null
}

const identities = new WeakMap<object, Identity>()

/** A class, as far as its identity depends on it. */
export interface ClassDefinition {
  readonly fn: object
  /** The variables that it was made with, and in the place of computed keys what they were. */
  readonly variables: readonly Defining[]
  readonly keys: readonly PropertyKey[]
  /** The class around it whose private names it uses. */
  readonly outerNames: object | null
  readonly definitions: Definitions
}

function classIdentity({ fn, variables, keys, outerNames, definitions }: ClassDefinition): string {
  const methods = methodsOf(fn)
  const known = identities.get(fn)
  if (known) {
    known.methods ??= methods
    if (isSame(known.methods, methods)) return known.text
  }
  const digest = new DefinitionDigest(definitions)
  digest.root(fn, { variables, outerThis: null, outerArguments: null })
  for (const key of keys) digest.value(key)
  digest.value(outerNames)
  const text = digest.end()
  identities.set(fn, { text, methods })
  return text
}

/** Those of the classes of one bundle, or of a session as long as its memo: equal classes are told apart by a number. */
export class ClassIdentities {
  #used: Set<string> | null = null
  #given = new WeakMap<object, { readonly own: string; readonly identity: string }>()

  forget(): void {
    if (this.#used === null) return
    this.#used = null
    this.#given = new WeakMap()
  }

  of(definition: ClassDefinition): string {
    const own = classIdentity(definition)
    const given = this.#given.get(definition.fn)
    if (given?.own === own) return given.identity
    const [base, number] = own.split('#')
    let identity = own
    this.#used ??= new Set()
    for (let next = Number(number ?? 0) + 1; this.#used.has(identity); next++) identity = `${base}#${next}`
    this.#used.add(identity)
    this.#given.set(definition.fn, { own, identity })
    return identity
  }
}

/** A class that was loaded keeps the identity it came with, and the number behind it: so that it comes home as the class it was. */
export function adoptIdentity(fn: object, identity: string): void {
  identities.set(fn, { text: identity, methods: null })
}

/** The methods and accessors of a class and of what it extends, with their keys. */
function methodsOf(fn: object): unknown[] {
  const methods: unknown[] = []
  for (let at: object | null = fn; at !== null && at !== FunctionPrototype; at = getPrototypeOf(at)) {
    if (types.isProxy(at)) break
    methods.push(at)
    addMethods(at, true, methods)
    const prototype: unknown = getOwnPropertyDescriptor(at, 'prototype')?.value
    if (typeof prototype === 'object' && prototype !== null && !types.isProxy(prototype))
      addMethods(prototype, false, methods)
  }
  return methods
}

/** Of statics only what is like a method: functions in other properties may be state. */
function addMethods(object: object, isStatic: boolean, methods: unknown[]): void {
  for (const key of ownKeys(object)) {
    const { value, get, set, enumerable } = getOwnPropertyDescriptor(object, key)!
    const isMethod = typeof value === 'function' || get !== undefined || set !== undefined
    if (isMethod && key !== 'constructor' && !(isStatic && enumerable)) methods.push(key, value, get, set)
  }
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i])
}
