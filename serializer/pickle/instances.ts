// Instances of classes: which classes of the prototype chain gave the object private elements, and their values.
// (ECMAScript: PrivateElements; they live on the object and no property shows them.)
import { EventEmitter } from 'node:events'
import { types } from 'node:util'
import { hasPrivateNames, type PrivateElement, privateElements } from '../capture/index.ts'
import { privateFields, stampsInstances } from '../codegen/records.ts'
import { adviceFor, findHook, symbols, unexportedClass } from '../reducers/index.ts'
import { findBuiltin, findForeignIntrinsic, findIntrinsic } from '../references/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { hasWeakEntry } from './known-weak-collections.ts'
import { bare, knownReader, type Stamp, type StampReader, stampReader } from './private-readers.ts'
import { analyzed, isClassText, isNativeText, sourceOf } from './source.ts'
import { weakCollectionsOf } from './weak-state.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const { create: objectCreate, getOwnPropertySymbols, hasOwn } = Object
const ObjectPrototype = Object.prototype
const MapConstructor = Map
const { isPrototypeOf } = ObjectPrototype
const FunctionPrototype = Function.prototype
const EventEmitterPrototype = EventEmitter.prototype

/** Node's own classes whose instances are ordinary objects: all their state is in properties. */
const ORDINARY_BUILTINS = /^(?:node:)?events:?(?:EventEmitter\.)?prototype$/

/** Intrinsics whose slots a reducer has checked for: what is left is an ordinary object that inherits from them. */
const ORDINARY_INTRINSICS =
  /^(?:Object|Function|Array|Map|Set|Date|RegExp|Promise|Number|String|Boolean|Symbol|BigInt|\w*Error|ArrayBuffer|SharedArrayBuffer|DataView|\w+Array|Iterator|Intl\.\w+|URL|URLSearchParams|Buffer|%GeneratorFunction%|%AsyncGeneratorFunction%|%AsyncFunction%)(?:\.|$)/

interface Chain {
  /** Classes by value with private instance elements, base first. */
  readonly stamping: readonly object[]
  /** The base class of the chain, if it extends nothing and is among them. */
  readonly base: object | null
  /** A class by reference whose text has private names. */
  readonly foreign: object | null
  /** Classes by reference whose constructors put their objects into weak collections. */
  readonly weak: readonly object[]
  /** The name of a class of Node's whose instances hold state outside JavaScript. */
  readonly native: string | null
  /** That class is an EventEmitter. */
  readonly isEmitter: boolean
  /** It ends in a class of Node's, whose instances may have private fields that a reducer knows. */
  readonly builtinBase: boolean
  /** Instances that the inspector was asked about. */
  asked: number
  reader: StampReader | null
}

const PLAIN: Chain = {
  stamping: [],
  base: null,
  foreign: null,
  weak: [],
  native: null,
  isEmitter: false,
  builtinBase: false,
  asked: 0,
  reader: null,
}

/** The same, of classes that extend one of Node's. */
const PLAIN_OF_NODES: Chain = { ...PLAIN, builtinBase: true }

export class InstanceFacts {
  #chains: Map<object, Chain> | null = null
  #ordinary: Map<object, boolean> | null = null
  #hooks: Map<object, boolean> | null = null

  /** Is nothing known that could change? */
  get isUnused(): boolean {
    return this.#chains === null && this.#ordinary === null && this.#hooks === null
  }

  /** Are objects with this prototype ordinary ones, whose properties are all there is? */
  isOrdinary(prototype: object, graph: GraphWriter): boolean {
    this.#ordinary ??= new MapConstructor()
    let ordinary = this.#ordinary.get(prototype)
    if (ordinary === undefined) {
      ordinary =
        this.#chain(prototype, graph) === PLAIN &&
        inheritsOwnCodeAlone(prototype) &&
        !this.#inheritsHook(prototype)
      this.#ordinary.set(prototype, ordinary)
    }
    return ordinary
  }

  /** Has the object a reducer of its own or of its class's? */
  hasHook(value: object): boolean {
    if (hasOwn(value, symbols.reduce)) return findHook(value) !== undefined
    const prototype = getPrototypeOf(value)
    return prototype !== null && this.#inheritsHook(prototype)
  }

  #inheritsHook(prototype: object): boolean {
    this.#hooks ??= new MapConstructor()
    let has = this.#hooks.get(prototype)
    if (has === undefined) this.#hooks.set(prototype, (has = findHook(objectCreate(prototype)) !== undefined))
    return has
  }

  /** Refuses what can't travel; returns the base class that has to construct the object, if one must. */
  check(value: object, graph: GraphWriter): object | null {
    const prototype = getPrototypeOf(value)
    const isPlain = prototype === ObjectPrototype || prototype === null
    const chain = isPlain ? PLAIN : this.#chain(prototype, graph)
    if (chain === PLAIN) this.refuseUnknown(value, graph)
    if (chain === PLAIN || chain === PLAIN_OF_NODES) return null
    if (chain.native !== null && !(chain.isEmitter && isMadeByNone(value))) {
      const { reason, remedy } = adviceFor(chain.native)
      graph.refuse(reason, remedy)
    }
    refuseForeign(value, chain, graph)
    if (chain.base === null) return null
    return stampsOf(value, chain, graph).some(({ owner }) => owner === chain.base) ? chain.base : null
  }

  /** Refuses private fields of no class that the object inherits from. */
  refuseUnknown(value: object, graph: GraphWriter): void {
    if (!hasPrivateNames(value)) return
    const [field] = privateElements(value)
    graph.refuse(
      `it carries ${field ? `the private field #${bare(field.name)}` : 'private methods'} of a class of which it is no instance (its prototype was changed, or a constructor returned it)`,
      'Pickle it while it inherits from its class, or copy its properties into an object of its own',
    )
  }

  /** Writes, for each class that stamped the object, the class and the values of its private fields. One of Node's has others, too. */
  writePrivate(value: object, graph: GraphWriter, isOfNodes = false): void {
    const chain = this.#chain(getPrototypeOf(value)!, graph)
    refuseForeign(value, chain, graph)
    if (chain.stamping.length === 0) {
      if (!chain.builtinBase && !isOfNodes) this.refuseUnknown(value, graph)
      return graph.varint(0)
    }
    const stamps = stampsOf(value, chain, graph)
    graph.varint(stamps.length)
    for (const { owner, fields } of stamps) {
      graph.value(owner)
      for (const field of fields) {
        if (graph.trace !== null) graph.step('property', `#${field.name}`)
        graph.value(field.value)
      }
    }
  }

  #chain(prototype: object, graph: GraphWriter): Chain {
    this.#chains ??= new MapConstructor()
    let chain = this.#chains.get(prototype)
    if (chain === undefined) this.#chains.set(prototype, (chain = chainOf(prototype, graph)))
    return chain
  }
}

/**
 * Has no constructor of the EventEmitter that it inherits from been at work? Each gives its object `_events`, or (Hash and
 * its like, which wait with that) symbols of Node's. `Object.create(IncomingMessage.prototype)`, as Express has it, has neither.
 */
function isMadeByNone(value: object): boolean {
  return !hasOwn(value, '_events') && getOwnPropertySymbols(value).length === 0
}

/** Up to Object.prototype, are there none but the user's objects? */
function inheritsOwnCodeAlone(prototype: object): boolean {
  for (let at: object | null = prototype; at !== null && at !== ObjectPrototype; at = getPrototypeOf(at))
    if (types.isProxy(at) || findIntrinsic(at) || findForeignIntrinsic(at) || findBuiltin(at)) return false
  return true
}

/** Each is written within the one before, and looked at for each of those: more took minutes, and then the call stack. */
const MAX_PROTOTYPES = 800

function refuseLong(prototype: object, graph: GraphWriter): void {
  let levels = 0
  for (let at: object | null = prototype; at !== null && !types.isProxy(at); at = getPrototypeOf(at))
    if (++levels > MAX_PROTOTYPES)
      graph.refuse(
        `it inherits from more than ${MAX_PROTOTYPES} objects, each of which inherits from the next`,
        'Shorten the chain of prototypes',
      )
}

function chainOf(prototype: object, graph: GraphWriter): Chain {
  refuseLong(prototype, graph)
  const stamping: object[] = []
  let base: object | null = null
  let foreign: object | null = null
  const weak: object[] = []
  let native: string | null = null
  let isEmitter = false
  let builtinBase = false
  let extendsNodes = false
  for (let at: object | null = prototype; at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
    // What inherits from a class itself, not from its prototype, is no instance of anything.
    builtinBase = typeof at === 'function'
    if (builtinBase) break
    const intrinsic = findIntrinsic(at) ?? findForeignIntrinsic(at)
    if (intrinsic) {
      const path = intrinsic.kind === 'intrinsic' ? intrinsic.path : null
      builtinBase = extendsNodes = isOfNodes(at)
      if (path !== null && !ORDINARY_INTRINSICS.test(path)) native = nameOfPrototype(at, path)
      break
    }
    const builtin = findBuiltin(at)
    if (builtin) {
      const name = builtin.kind === 'builtin' ? `${builtin.module}:${String(builtin.path)}` : ''
      builtinBase = extendsNodes = true
      if (!ORDINARY_BUILTINS.test(name))
        native = nameOf(getOwnPropertyDescriptor(at, 'constructor')?.value ?? at)
    } else native = unexportedClass(at)
    if (builtin || native !== null) {
      isEmitter = Reflect.apply(isPrototypeOf, EventEmitterPrototype, [at])
      break
    }
    const owner = prototypeOwner(at)
    if (owner === null) continue
    if (weakCollectionsOf(owner).length > 0 && graph.functions.isByReference(owner)) weak.push(owner)
    const text = sourceOf(owner)
    if (!isClassText(text) || !text.includes('#')) continue
    const facts = analyzed(text)
    if (!facts || !stampsInstances(facts)) continue
    if (graph.functions.isByReference(owner)) foreign = owner
    else {
      stamping.unshift(owner)
      if (!facts.classFacts!.heritage) base = owner
    }
  }
  if (stamping.length === 0 && foreign === null && weak.length === 0 && native === null)
    return extendsNodes ? PLAIN_OF_NODES : PLAIN
  builtinBase ||= native !== null
  return { stamping, base, foreign, weak, native, isEmitter, builtinBase, asked: 0, reader: null }
}

/** Instances of one class that the inspector is asked about, before a probe pays off. */
const ASKED_INSTANCES = 16

function refuseForeign(value: object, chain: Chain, graph: GraphWriter): void {
  for (const owner of chain.weak) refuseWeakState(value, owner, graph)
  if (!chain.foreign || privateElements(value).length === 0) return
  const name = nameOf(chain.foreign)
  graph.refuse(
    `an instance of ${name} has private fields, and ${name} travels by reference`,
    graph.functions.adviceOn(chain.foreign, name),
  )
}

function refuseWeakState(value: object, owner: object, graph: GraphWriter): void {
  const collection = weakCollectionsOf(owner).find((collection) => hasWeakEntry(collection, value))
  if (collection === undefined) return
  const name = nameOf(owner)
  graph.refuse(
    `an instance of ${name} has state in a ${types.isWeakMap(collection) ? 'WeakMap' : 'WeakSet'} of its package, and ${name} travels by reference: there it would not be found`,
    graph.functions.adviceOn(owner, name),
  )
}

/**
 * V8 lists private fields in the order they were added: those of a built-in base class first, which its reducer
 * knows, then those of the chain's classes, base first.
 */
function stampsOf(value: object, chain: Chain, graph: GraphWriter): Stamp[] {
  if (chain.reader) return chain.reader(value)
  const stamps = inspectedStamps(value, chain, graph)
  chain.reader =
    ++chain.asked === ASKED_INSTANCES
      ? stampReader(chain.stamping, value, stamps)
      : knownReader(chain.stamping, value, stamps)
  return stamps
}

function inspectedStamps(value: object, chain: Chain, graph: GraphWriter): Stamp[] {
  const fields = privateElements(value).filter((element) => element.kind === 'field')
  const stamps: Stamp[] = []
  let next = -1
  for (const owner of chain.stamping) {
    const names = privateFields({ facts: analyzed(sourceOf(owner))! }, false)
    const start = positionOf(fields, names, next)
    if (start < 0) continue
    // Without fields, only the brand of private methods shows that the class constructed the object; an object
    // with any class's private state has gone through all constructors of its chain.
    if (names.length > 0) next = start + names.length
    const found = fields.slice(start, start + names.length)
    stamps.push({ owner, fields: found.map((field) => ({ name: bare(field.name), value: field.value })) })
  }
  const left = next < 0 ? (chain.builtinBase ? undefined : fields[0]) : fields[next]
  if (left) {
    graph.refuse(
      `its private field #${bare(left.name)} was not given to it by a whole construction of its class`,
      'Pickle an object whose constructor ran to its end',
    )
  }
  return stamps
}

/** Where the fields with those names begin; before the first class's may come a built-in base's. */
function positionOf(fields: readonly PrivateElement[], names: readonly string[], next: number): number {
  const last = next < 0 ? fields.length - names.length : next
  for (let start = Math.max(next, 0); start <= last; start++)
    if (names.every((name, i) => fields[start + i] && bare(fields[start + i].name) === bare(name)))
      return start
  return -1
}

/** `Intl.Collator` of `Intl.Collator.prototype`. */
function nameOfPrototype(prototype: object, path: string): string {
  const owner = getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof owner === 'function'
    ? path.replace(/\.prototype$/, '')
    : path.replaceAll('%', '').replace(/Prototype$/, '')
}

const ofNodes = new MapConstructor<object, boolean>()

/** Is it the prototype of a class that Node has written in JavaScript? Such have private fields that their reducers know. */
export function isOfNodes(prototype: object): boolean {
  let is = ofNodes.get(prototype)
  if (is === undefined) {
    const owner: unknown = getOwnPropertyDescriptor(prototype, 'constructor')?.value
    ofNodes.set(prototype, (is = typeof owner === 'function' && !isNativeText(sourceOf(owner))))
  }
  return is
}

function nameOf(value: unknown): string {
  const name = typeof value === 'function' ? getOwnPropertyDescriptor(value, 'name')?.value : undefined
  return typeof name === 'string' && name !== '' ? name : 'a class'
}

/** The function whose `prototype` the object is, going by the object's own `constructor`; null if there is none. */
export function prototypeOwner(value: object): object | null {
  const descriptor = getOwnPropertyDescriptor(value, 'constructor')
  const owner = descriptor?.value
  if (typeof owner !== 'function' || types.isProxy(owner)) return null
  return getOwnPropertyDescriptor(owner, 'prototype')?.value === value && owner !== FunctionPrototype
    ? owner
    : null
}
