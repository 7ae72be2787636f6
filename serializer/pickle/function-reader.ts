// Makes the functions and classes of a bundle from its code units.

import { type ClassHook, compileUnit, type Factory } from '../codegen/instantiate.ts'
import type { Place } from '../codegen/nesting.ts'
import { importMeta } from '../codegen/origin.ts'
import { UnpicklingError } from '../errors.ts'
import { adoptIdentity } from './class-identity.ts'
import { findClass, type KnownClass, knownClass, noteClass, registerClass } from './class-registry.ts'
import { constructBase, hookOf, setPrivateField, stamp } from './class-state.ts'
import type { EnvironmentEntry, FunctionEntry, UnitEntry } from './code-sections.ts'
import { rememberOrigin, rememberSource } from './source.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const { hasOwn } = Object
const MapConstructor = Map
const SetConstructor = Set

/** A function that was made, and how its bindings are filled. */
export interface MadeFunction {
  readonly entry: FunctionEntry
  readonly setter: ((values: unknown[]) => void) | null
  /** Runs on to initialize constants, where there are any. */
  readonly generator: Iterator<unknown> | null
  /** The class was there already: what the bundle says of its content is passed over. */
  readonly existing: boolean
}

export interface MadeClass extends MadeFunction {
  readonly value: object
  readonly prototype: object
  readonly members: readonly object[]
}

/** The `this` and `arguments` of a call that arrow functions look back at. */
export interface OuterCall {
  readonly outerThis: unknown
  readonly outerArguments: readonly unknown[]
}

const NO_CALL: OuterCall = { outerThis: undefined, outerArguments: [] }

/** What makes the functions and classes of a graph: FunctionReader, or for `inspect` something that makes inert ones. */
export interface CodeSource {
  function(index: number, outerThis: unknown, call: number | null): { value: object; made: MadeFunction }
  literal(index: number): { value: object; parts: readonly object[]; made: MadeFunction }
  class(index: number, identity: string, heritage: unknown, keys: readonly PropertyKey[]): MadeClass
  setShared(environment: number, slot: number, value: unknown): void
  /** The `this` and `arguments` of a call that an environment stands for. */
  setCall(number: number, call: OuterCall): void
  /** An object made by a base class that has private elements. */
  construct(owner: unknown, prototype: object | null): object
  /** Gives an object the private elements of a class that extends another. */
  stamp(owner: unknown, object: object): void
  privateFields(owner: unknown): number
  setPrivateField(owner: unknown, index: number, object: object, value: unknown): void
  setStaticField(owner: object, index: number, value: unknown): void
  staticField(owner: object, index: number): unknown
  proxy(target: object, handler: object): object
}

export class FunctionReader implements CodeSource {
  readonly functions: readonly FunctionEntry[]
  readonly #units: readonly UnitEntry[]
  readonly #environments: readonly EnvironmentEntry[]
  readonly #made: (readonly [((value: unknown) => void)[], ...Factory[]] | undefined)[] = []
  /** Most bundles need few of these: each is made when it is. */
  #classes: Map<number, KnownClass> | null = null
  /** By identity: made here, and not known to the thread before the whole bundle was rebuilt. */
  #fresh: Map<string, KnownClass> | null = null
  #opening: Set<number> | null = null
  #metas: Map<string, object> | null = null
  #calls: Map<number, OuterCall> | null = null

  constructor(
    units: readonly UnitEntry[],
    environments: readonly EnvironmentEntry[],
    functions: readonly FunctionEntry[],
  ) {
    this.#units = units
    this.#environments = environments
    this.functions = functions
  }

  entry(index: number, shape: FunctionEntry['shape']): FunctionEntry {
    const entry = this.functions[index]
    if (entry?.shape !== shape)
      throw new UnpicklingError('the bundle is damaged: the graph names a function that is not there')
    return entry
  }

  function(index: number, outerThis: unknown, call: number | null): { value: object; made: MadeFunction } {
    const entry = this.entry(index, 'function')
    // A template with constants is a generator, and has `this` and `arguments` of its own.
    const own = call !== null && entry.constants > 0 ? this.#call(call) : { outerThis, outerArguments: [] }
    const { holder, made } = this.#instantiate(entry, own, [])
    const value = functionIn(holder, entry)
    if (typeof value !== 'function')
      throw new UnpicklingError('the bundle is damaged: a code unit gives no function')
    rememberText(value, entry)
    return { value, made }
  }

  literal(index: number): { value: object; parts: object[]; made: MadeFunction } {
    const entry = this.entry(index, 'literal')
    const { holder, made } = this.#instantiate(entry, NO_CALL, [])
    const parts = entry.members.map(
      ({ key, slot }) => getOwnPropertyDescriptor(holder, key)?.[slot] as object,
    )
    return { value: holder, parts, made }
  }

  class(index: number, identity: string, heritage: unknown, keys: readonly PropertyKey[]): MadeClass {
    const entry = this.entry(index, 'class')
    this.#classes ??= new MapConstructor()
    const existing = this.#fresh?.get(identity) ?? findClass(identity)
    if (existing && !extendsOther(existing.value, heritage)) {
      this.#classes.set(index, existing)
      const { value, prototype } = existing
      return {
        entry,
        setter: null,
        generator: null,
        existing: true,
        value,
        prototype,
        members: membersOf(entry, existing, keys),
      }
    }
    const hook: ClassHook = { r: false, p: [], q: [], c: [] }
    const { holder, made } = this.#instantiate(entry, NO_CALL, [heritage, keys, hook])
    const value = getOwnPropertyDescriptor(holder, ownKeys(holder)[0])?.value as object
    const prototype = getOwnPropertyDescriptor(value, 'prototype')!.value as object
    const members = entry.members.map((member) => memberOf(value, prototype, member, keys))
    const known: KnownClass = { value, prototype, members, hook }
    this.#classes.set(index, known)
    this.#fresh ??= new MapConstructor()
    this.#fresh.set(identity, known)
    noteClass(known)
    adoptIdentity(value, identity)
    rememberText(value, entry)
    return { ...made, value, prototype, members }
  }

  /** A bundle that could not be rebuilt to its end leaves no half-made class for the next one to find. */
  publishClasses(): void {
    if (this.#fresh !== null) for (const [identity, known] of this.#fresh) registerClass(identity, known)
  }

  construct(owner: unknown, prototype: object | null): object {
    return constructBase(this.#known(owner), prototype)
  }

  stamp(owner: unknown, object: object): void {
    stamp(this.#known(owner), object)
  }

  privateFields(owner: unknown): number {
    return hookOf(this.#known(owner)).p.length
  }

  setPrivateField(owner: unknown, index: number, object: object, value: unknown): void {
    setPrivateField(this.#known(owner), index, object, value)
  }

  setStaticField(owner: object, index: number, value: unknown): void {
    hookOf(this.#known(owner)).q[index][1](owner, value)
  }

  staticField(owner: object, index: number): unknown {
    return hookOf(this.#known(owner)).q[index][0](owner)
  }

  proxy(target: object, handler: object): object {
    return new Proxy(target, handler)
  }

  #known(owner: unknown): KnownClass {
    const known = typeof owner === 'function' ? knownClass(owner) : undefined
    if (!known)
      throw new UnpicklingError('the bundle is damaged: private fields belong to something that is no class')
    return known
  }

  setCall(number: number, call: OuterCall): void {
    this.#calls ??= new MapConstructor()
    this.#calls.set(number, call)
  }

  #call(number: number): OuterCall {
    const call = this.#calls?.get(number)
    if (!call) throw new UnpicklingError('the bundle is damaged: the arguments of a call are missing')
    return call
  }

  setShared(environment: number, slot: number, value: unknown): void {
    this.#environment(environment)[0][slot](value)
  }

  #instantiate(entry: FunctionEntry, { outerThis, outerArguments }: OuterCall, extra: readonly unknown[]) {
    const factory = this.#factory(entry.place)
    const meta = entry.origin === null ? undefined : this.#metaOf(entry.origin)
    const given =
      outerArguments.length > 0
        ? outerArguments
        : meta === undefined
          ? extra
          : [extra[0], extra[1], extra[2], meta]
    let result = apply(factory, outerThis, given)
    let generator: Iterator<unknown> | null = null
    if (entry.constants > 0) {
      generator = result as Iterator<unknown>
      result = generator.next().value as object
    }
    const [holder, setter] = result as [object, (values: unknown[]) => void]
    const made: MadeFunction = { entry, setter, generator, existing: false }
    return { holder, made }
  }

  /** One for all functions from one module. */
  #metaOf(origin: string): object {
    this.#metas ??= new MapConstructor()
    let meta = this.#metas.get(origin)
    if (!meta) this.#metas.set(origin, (meta = importMeta(origin)))
    return meta
  }

  #factory(place: Place): Factory {
    switch (place.kind) {
      case 'unit': {
        const unit = this.#units[place.unit]
        if (!unit)
          throw new UnpicklingError('the bundle is damaged: a function names a code unit that is not there')
        return compileUnit(unit.hash, unit.origin, unit.text)
      }
      case 'environment': {
        const factory = this.#environment(place.environment)[place.child + 1]
        if (!factory) throw new UnpicklingError('the bundle is damaged: an environment lacks a template')
        return factory as Factory
      }
      case 'class': {
        const known = this.#classes?.get(place.record)
        if (!known)
          throw new UnpicklingError(
            'a function that uses private names is needed before the class that has them',
          )
        return known.hook?.c[place.child] ?? refuseWithin(known)
      }
    }
  }

  #environment(index: number): readonly [((value: unknown) => void)[], ...Factory[]] {
    let made = this.#made[index]
    if (made) return made
    const entry = this.#environments[index]
    this.#opening ??= new SetConstructor()
    if (!entry || this.#opening.has(index))
      throw new UnpicklingError('the bundle is damaged: environments contain each other')
    this.#opening.add(index)
    const call = entry.call === null ? NO_CALL : this.#call(entry.call)
    made = apply(this.#factory(entry.place), call.outerThis, call.outerArguments)
    this.#opening.delete(index)
    this.#made[index] = made
    return made!
  }
}

/** Nothing can be written into a class that is there already. */
function refuseWithin({ value }: KnownClass): never {
  const name = String(getOwnPropertyDescriptor(value, 'name')?.value || 'a class without a name')
  throw new UnpicklingError(
    `a function outside of the methods of ${name} uses its private names, and this process has ${name} without it: as its own ` +
      'class, or from another bundle. Load it in another process, or put what it does into a method of the class, and call that',
  )
}

/** The function that a template puts into its holder, mostly under its name. */
function functionIn(holder: object, { name, slot }: FunctionEntry): unknown {
  if (slot === 'value' && hasOwn(holder, name)) return (holder as Record<string, unknown>)[name]
  return getOwnPropertyDescriptor(holder, ownKeys(holder)[0])?.[slot]
}

function memberOf(
  value: object,
  prototype: object,
  member: FunctionEntry['members'][number],
  keys: readonly PropertyKey[],
): object {
  const key = typeof member.key === 'number' ? keys[member.key] : member.key
  const fn = getOwnPropertyDescriptor(member.isStatic ? value : prototype, key)?.[member.slot]
  if (typeof fn !== 'function') throw new UnpicklingError('the bundle is damaged: a class lacks a method')
  return fn
}

/** A class that is known may have had more of its methods numbered then, or fewer: they are found by key. */
function membersOf(entry: FunctionEntry, known: KnownClass, keys: readonly PropertyKey[]): object[] {
  if (known.members.length === entry.members.length) return [...known.members]
  return entry.members.map((member) => memberOf(known.value, known.prototype, member, keys))
}

/** So that what is pickled again is what was written first. */
function rememberText(value: object, entry: FunctionEntry): void {
  if (entry.original !== null) rememberSource(value, entry.original)
  if (entry.origin !== null) rememberOrigin(value, entry.origin)
}

/**
 * Does the known class extend a class that is equal to the heritage, and another one? Equal classes of several bundles may be
 * numbered in several ways: its instances would have the private fields of the other.
 */
function extendsOther(known: object, heritage: unknown): boolean {
  if (typeof heritage !== 'function' || !knownClass(heritage)) return false
  const parent = getPrototypeOf(known)
  return parent !== heritage && parent !== null && knownClass(parent) !== undefined
}
