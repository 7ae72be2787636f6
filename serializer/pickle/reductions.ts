// Reducers of the user's while a graph is written: which of them is asked about an object, what it may answer, and
// how that is written (PEP 307). Whoever uses none pays for none: there is no Reductions object then.
import { isBuiltin } from 'node:module'
import { types } from 'node:util'
import { asUser } from '../originals.ts'
import { MapPrototypeGetSize } from '../primordials.ts'
import {
  type DispatchTable,
  describe,
  exactClassOf,
  type Factory,
  findHook,
  nameOfClass,
  type Reducer,
  type Reduction,
  registeredReducers,
} from '../reducers/index.ts'
import { type PackageReference, type Reference, resolveReference } from '../references/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { Op, ReductionFlag } from './opcodes.ts'
import { isClassText, isNativeText, sourceOf } from './source.ts'
import { Refusal } from './trace.ts'

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect

export interface ReductionOptions {
  /** Asked about every object and function, plain ones too: a reduction, or undefined to pass. */
  readonly reducerOverride?: ((value: object) => Reduction | string | undefined) | undefined
  /** Reducers by class, for this call; they go before registered ones and a class's own hook. */
  readonly dispatchTable?: DispatchTable | undefined
  /** Asked first about every object and function: an id for `persistentLoad`, or null or undefined for none. */
  readonly persistentId?: ((value: object) => unknown) | undefined
}

type Decision =
  | { readonly kind: 'persistent'; readonly id: unknown }
  | { readonly kind: 'export'; readonly reference: Reference }
  | {
      readonly kind: 'reduction'
      readonly factory: Factory
      readonly args: readonly unknown[]
      readonly flags: number
      readonly state: unknown
      readonly items: readonly unknown[]
      readonly entries: readonly (readonly [unknown, unknown])[]
      readonly setState: unknown
    }

/** Thrown when the first object with a hook is met: the graph is written again then, with Reductions. */
export const HOOK_MET = Symbol('hook met')
/** Each argument of a factory has to be whole before it is called: so they nest on the call stack. */
const MAX_NESTED_ARGUMENTS = 200

export class Reductions {
  readonly #options: ReductionOptions
  /** Also keeps what reducers made alive, so that no two of their objects are taken for one. */
  readonly #decided = new Map<object, Decision>()
  /** Objects whose factory is being written: it comes before they do. */
  readonly #awaiting = new Set<object>()
  #nested = 0

  constructor(options: ReductionOptions) {
    this.#options = options
  }

  /** Writes the object if one of the user's reducers speaks for it; returns whether one did. */
  write(value: object, graph: GraphWriter): boolean {
    const decision = this.#decided.get(value) ?? this.#decide(value, graph)
    if (decision === null) return false
    this.#decided.set(value, decision)
    if (++this.#nested > MAX_NESTED_ARGUMENTS) {
      this.#nested = 0
      graph.refuse(
        `more than ${MAX_NESTED_ARGUMENTS} reductions are each an argument of the next`,
        "Put what an object refers to into its reduction's state, and see that no reducer returns new objects of its own class as arguments",
      )
    }
    const nested = this.#nested
    try {
      if (decision.kind === 'export') graph.reference(value, decision.reference)
      else if (decision.kind === 'persistent') writePersistent(value, decision.id, graph)
      else graph.whole(() => writeReduction(value, decision, graph, this.#awaiting))
    } finally {
      this.#nested = nested - 1
    }
    return true
  }

  #decide(value: object, graph: GraphWriter): Decision | null {
    const { persistentId, reducerOverride } = this.#options
    if (persistentId) {
      const id = attempt('the option persistentId', () => persistentId(value))
      if (id !== undefined && id !== null) return { kind: 'persistent', id }
    }
    if (reducerOverride) {
      const who = 'the option reducerOverride'
      const result = attempt(who, () => reducerOverride(value))
      if (result !== undefined) return decisionOf(value, result, who)
    }
    if (typeof value === 'function' || types.isProxy(value)) return null
    const found = this.#ofClass(value)
    if (found === null || graph.isElsewhere(value)) return null
    return decisionOf(
      value,
      attempt(found.who, () => found.reducer(value)),
      found.who,
    )
  }

  #ofClass(value: object): { who: string; reducer: Reducer } | null {
    const type = exactClassOf(value)
    const own = type && this.#options.dispatchTable?.get(type)
    if (own) return { who: `the dispatchTable's reducer of ${nameOfClass(type)}`, reducer: own }
    const hook = findHook(value)
    if (hook) return { who: `[symbols.reduce] of ${type ? nameOfClass(type) : 'the object'}`, reducer: hook }
    const registered = type && registeredReducers().get(type)
    return registered ? { who: `the reducer of ${nameOfClass(type)}`, reducer: registered } : null
  }
}

/** Null if no reducer of the user's can come up, other than a class's hook. */
export function reductionsOf(options: ReductionOptions): Reductions | null {
  const { reducerOverride, dispatchTable, persistentId } = options
  checkFunction(reducerOverride, 'reducerOverride')
  checkFunction(persistentId, 'persistentId')
  if (dispatchTable !== undefined && !types.isMap(dispatchTable))
    throw new TypeError('the option dispatchTable is a Map from classes to reducers')
  if (dispatchTable !== undefined)
    for (const reducer of dispatchTable.values()) checkFunction(reducer, 'dispatchTable, each entry')
  return reducerOverride || persistentId || dispatchTable || MapPrototypeGetSize(registeredReducers()) > 0
    ? new Reductions(options)
    : null
}

function checkFunction(value: unknown, option: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`the option ${option} is a function, not ${describe(value)}`)
}

// --- what a reducer may answer ---

function attempt<T>(who: string, work: () => T): T {
  try {
    return asUser(work)
  } catch (error) {
    const message = types.isNativeError(error) ? error.message : describe(error)
    throw new Refusal(`${who} threw: ${message}`, 'The error is the cause of this one', { cause: error })
  }
}

function nonsense(who: string, what: string, cause?: unknown): Refusal {
  return new Refusal(
    `${who} returned no reduction: ${what}`,
    "A reduction is [factory, args, state?, items?, entries?, setState?] or the name of an export, such as 'node:path#join'",
    cause === undefined ? undefined : { cause },
  )
}

function decisionOf(value: object, result: unknown, who: string): Decision {
  if (typeof result === 'string') return { kind: 'export', reference: exportOf(result, who) }
  if (!Array.isArray(result)) throw nonsense(who, `it is ${describe(result)}`)
  const parts = attempt(who, () => Array.from(result as unknown[]))
  const [factory, args, state = null, items = null, entries = null, setState = null] = parts
  if (parts.length < 2 || parts.length > 6)
    throw nonsense(who, `it has ${parts.length} part${parts.length === 1 ? '' : 's'}, where 2 to 6 are due`)
  if (typeof factory !== 'function') throw nonsense(who, `its factory is ${describe(factory)}, no function`)
  if (!Array.isArray(args)) throw nonsense(who, `its args are ${describe(args)}, no array`)
  if (setState !== null && typeof setState !== 'function')
    throw nonsense(who, `its setState is ${describe(setState)}, no function`)
  if (state !== null && setState === null && (typeof state !== 'object' || Array.isArray(state)))
    throw nonsense(
      who,
      `its state is ${describe(state)}, which has no properties to define; setState could take it`,
    )
  const itemList = listOf(items, 'items', who)
  const entryList = listOf(entries, 'entries', who).map((entry) => {
    const pair = Array.isArray(entry) ? attempt(who, () => Array.from(entry as unknown[])) : []
    if (pair.length !== 2)
      throw nonsense(who, `one of its entries is ${describe(entry)}, no pair of key and value`)
    return [pair[0], pair[1]] as const
  })
  return {
    kind: 'reduction',
    factory: factory as Factory,
    args: attempt(who, () => Array.from(args)),
    flags:
      (isConstructed(factory, value) ? ReductionFlag.New : 0) |
      (setState !== null ? ReductionFlag.SetState : state !== null ? ReductionFlag.State : 0) |
      (items !== null ? ReductionFlag.Items : 0) |
      (entries !== null ? ReductionFlag.Entries : 0),
    state: setState === null && state !== null ? attempt(who, () => propertiesOf(state as object)) : state,
    items: itemList,
    entries: entryList,
    setState,
  }
}

function listOf(items: unknown, part: string, who: string): unknown[] {
  if (items === null) return []
  if (typeof items !== 'object' || typeof (items as Iterable<unknown>)[Symbol.iterator] !== 'function')
    throw nonsense(who, `its ${part} are ${describe(items)}, nothing that can be iterated`)
  return attempt(who, () => [...(items as Iterable<unknown>)])
}

/** As they are now; the state may be a proxy, or the reduced object itself. */
function propertiesOf(state: object): object {
  const copy = {}
  for (const key of ownKeys(state)) {
    const descriptor = getOwnPropertyDescriptor(state, key)
    if (descriptor) defineProperty(copy, key, descriptor)
  }
  return copy
}

/** Is the factory a class? Those that are written as functions show by the object, those of V8 by their `prototype`. */
function isConstructed(factory: object, value: object): boolean {
  if (types.isProxy(factory) || factory === Symbol || factory === BigInt) return false
  const prototype: unknown = getOwnPropertyDescriptor(factory, 'prototype')?.value
  if (typeof prototype !== 'object' || prototype === null) return false
  const text = sourceOf(factory)
  if (isClassText(text) || isNativeText(text)) return true
  for (let at: object | null = value; at !== null && !types.isProxy(at); at = getPrototypeOf(at))
    if (at === prototype) return true
  return false
}

function exportOf(name: string, who: string): Reference {
  const [, specifier, path] = /^([^#]+)#([^#]+)$/.exec(name) ?? []
  if (specifier === undefined) throw nonsense(who, `${describe(name)} is no name of an export`)
  if (isBuiltin(specifier)) {
    const module = specifier.startsWith('node:') ? specifier : `node:${specifier}`
    return existing({ kind: 'builtin', module, path }, name, who)
  }
  if (/^[./\\]|^\w+:/.test(specifier))
    throw nonsense(
      who,
      `${describe(name)} names a file; packages and built-in modules have names elsewhere, too`,
    )
  const reference: PackageReference = {
    kind: 'package',
    specifier,
    path: path.split('.'),
    version: null,
    esm: false,
  }
  return existing(reference, name, who)
}

/** A module that the sender does not have may be there where the bundle is loaded; one that it has must have the export. */
function existing(reference: Reference, name: string, who: string): Reference {
  if (reference.kind === 'package') {
    try {
      resolveReference({ ...reference, path: [] })
    } catch {
      return reference
    }
  }
  let value: unknown
  try {
    value = resolveReference(reference)
  } catch (error) {
    throw nonsense(who, `${describe(name)} is not found`, error)
  }
  if (value === undefined) throw nonsense(who, `${describe(name)} is not found`)
  return reference
}

// --- writing ---

function writePersistent(value: object, id: unknown, graph: GraphWriter): void {
  graph.opening(value)
  graph.byte(Op.Persistent)
  graph.step('slot', 'PersistentId')
  graph.settled(() => graph.value(id))
  graph.remember(value)
}

function nameOfFunction(fn: object): string {
  const name: unknown = types.isProxy(fn) ? '' : getOwnPropertyDescriptor(fn, 'name')?.value
  return typeof name === 'string' && name !== '' ? name : 'a function without a name'
}

function writeReduction(
  value: object,
  reduction: Extract<Decision, { kind: 'reduction' }>,
  graph: GraphWriter,
  awaiting: Set<object>,
): void {
  const { factory, args, flags } = reduction
  if (!graph.isKnown(factory)) {
    if (awaiting.has(value))
      graph.refuse(
        `the factory of its reduction, ${nameOfFunction(factory)}, is itself reduced to what needs that factory first`,
        'Let the reducer pass on the factories that it returns: they have to travel as they are',
      )
    awaiting.add(value)
    // The factory may hold the object, as a static of its class, say: whole as it has to be, it comes first.
    graph.byte(Op.MemberOf)
    graph.byte(Op.Settled)
    graph.step('slot', 'Factory')
    try {
      graph.settled(() => graph.value(factory))
    } finally {
      awaiting.delete(value)
    }
    if (graph.isKnown(value)) return graph.value(value)
  }
  if ((flags & ReductionFlag.New) === 0 && graph.lacksVariables(factory))
    graph.refuse(
      `the factory of its reduction, ${nameOfFunction(factory)}, would be called before it has its variables, because one of them holds the object`,
      'Give the factory what it needs in its arguments, or take one that does not reach the object by its variables',
    )
  graph.opening(value)
  graph.byte(Op.Reduction)
  graph.byte(flags)
  graph.value(factory)
  graph.settled(() => {
    graph.varint(args.length)
    for (let i = 0; i < args.length; i++) {
      graph.step('slot', `Argument ${i}`)
      graph.value(args[i])
    }
  })
  graph.remember(value)
  if ((flags & ~ReductionFlag.New) === 0) return
  graph.later(value, () => {
    if (flags & ReductionFlag.SetState) {
      graph.step('slot', 'SetState')
      graph.value(reduction.setState)
      graph.step('slot', 'State')
      graph.value(reduction.state)
    } else if (flags & ReductionFlag.State) graph.properties(reduction.state as object, [], false)
    if (flags & ReductionFlag.Items) {
      graph.varint(reduction.items.length)
      for (let i = 0; i < reduction.items.length; i++) {
        graph.step('index', i)
        graph.value(reduction.items[i])
      }
    }
    if (flags & ReductionFlag.Entries) {
      graph.varint(reduction.entries.length)
      for (const [i, [key, item]] of reduction.entries.entries()) {
        graph.step('key', i)
        graph.value(key)
        graph.step('key', typeof key === 'string' ? key : i)
        graph.value(item)
      }
    }
  })
}
