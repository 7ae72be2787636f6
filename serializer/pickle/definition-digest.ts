// A hash of all that a class was made with: two classes of one text, of which anything that their code can see differs,
// have two. It goes through the graph as the writer does, and runs no code of the user's; what a module has once
// counts by its code, for what it holds by now may be other than at another sender's.
import { createHash } from 'node:crypto'
import { Module } from 'node:module'
import { types } from 'node:util'
import { internalSlots, ownOfSloppy, privateElements } from '../capture/index.ts'
import { privateFields } from '../codegen/records.ts'
import { homeOfSuper } from '../codegen/super.ts'
import { builtinReducers, findBuiltinReducer, type ValueSink, weakEntriesOf } from '../reducers/index.ts'
import { findSymbol, isReferable, type Reference } from '../references/index.ts'
import { hasUsualProperties, usualPrototype } from './function-shape.ts'
import { importMetaUrl } from './functions/special.ts'
import { prototypeOwner } from './instances.ts'
import { wrappedView } from './out-of-band.ts'
import { analyzed, isClassText, isNativeText, sourceOf } from './source.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys } = Reflect
const isArray = Array.isArray
const isSame = Object.is
const symbolDescription = getOwnPropertyDescriptor(Symbol.prototype, 'description')!.get!
const mapForEach = Map.prototype.forEach
const symbolKeyFor = Symbol.keyFor
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype
/** So much text is hashed at once. */
const CHUNK = 1 << 14
/** Built-in types whose objects do not change: a module's own ones count, too. */
const CONSTANT =
  /^(?:RegExp|boxed primitive|URL|DateTimeFormat|NumberFormat|Collator|PluralRules|Intl\.Locale|KeyObject)$/
/** What a function has by being one. */
const OF_FUNCTIONS: ReadonlySet<PropertyKey> = new Set(['length', 'name', 'prototype'])

/** A variable that a class or a function was made with. */
export interface Defining {
  readonly name: string
  readonly value: unknown
  /** It is a module's, of which there is one: what is in it may be other than when it was made. */
  readonly isOnce: boolean
  /** What its script gives it, as far as the value itself does not count. */
  readonly initializer: string | null
  /** Those of a namespace that are used; null for the value itself. */
  readonly members: readonly string[] | null
}

/** What a class or another function was made with. The `this` and `arguments` around an arrow function stand in lists. */
export interface Definition {
  readonly variables: readonly Defining[]
  readonly outerThis: readonly unknown[] | null
  readonly outerArguments: ArrayLike<unknown> | null
}

/** What a function leads to: a value, or an object that is part of the function. */
type Edge = { readonly value: unknown; readonly isOwn: boolean } | { readonly part: object }

/** A function's content: a hash of all that is text, and what it leads to, in order. */
interface Content {
  readonly hash: string
  readonly edges: readonly Edge[]
}

/** What is known of a function: many classes may lead to it. */
export interface KnownContent {
  own?: Content
  ofModule?: Content
}

/** What the writer knows of the functions in the graph. */
export interface Definitions {
  readonly contents: Map<object, KnownContent>
  /** Null for what is where the bundle is loaded, and for what is Node's. */
  of(fn: object): Definition | null
  /** Was the class made by a call, so that there may be several? */
  isMadeByCall(fn: object): boolean
  referenceOf(value: object): Reference | undefined
}

export class DefinitionDigest implements ValueSink {
  readonly isInterruptible = false
  readonly #hash = createHash('sha256')
  readonly #definitions: Definitions
  readonly #seen = new Map<unknown, number>()
  /** Objects that were met, and whether they are a call's own. */
  readonly #left: object[] = []
  readonly #areOwn: boolean[] = []
  /** What a function leads to, while its content is put together. */
  #edges: Edge[] | null = null
  #ownText = ''
  readonly #weak: object[] = []
  #text = ''
  /** Are the values at hand a call's own? */
  #isOwn = true

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  /** The class itself. */
  root(fn: object, definition: Definition): void {
    this.#seen.set(fn, 0)
    this.#function(fn, definition)
  }

  end(): string {
    let next = 0
    do {
      for (; next < this.#left.length; next++) {
        this.#isOwn = this.#areOwn[next]
        this.#content(this.#left[next])
      }
      this.#weakContent()
    } while (next < this.#left.length)
    this.#flush()
    return this.#hash.digest('hex').slice(0, 32)
  }

  #add(text: string): void {
    if (this.#edges !== null) this.#ownText += `${text.length}:${text}`
    else {
      this.#text += `${text.length}:${text}`
      if (this.#text.length > CHUNK) this.#flush()
    }
  }

  #flush(): void {
    this.#hash.update(this.#text, 'utf16le')
    this.#text = ''
  }

  /** An object's content follows when all in hand is done: neither depth nor cycles need the call stack. */
  value(value: unknown): void {
    if (isScalar(value)) this.#scalar(value)
    else if (this.#edges !== null) this.#edge({ value, isOwn: this.#isOwn })
    else if (typeof value === 'symbol') this.#symbol(value)
    else if (this.#isNew(value)) {
      this.#left.push(value)
      this.#areOwn.push(this.#isOwn)
    }
  }

  #edge(edge: Edge): void {
    this.#ownText += EDGE
    this.#edges!.push(edge)
  }

  #isNew(value: object | symbol): boolean {
    const known = this.#seen.get(value)
    if (known === undefined) this.#seen.set(value, this.#seen.size)
    this.#add(known === undefined ? 'new' : `known ${known}`)
    return known === undefined
  }

  #scalar(value: Scalar): void {
    this.#add(`${typeof value} ${isSame(value, -0) ? '-0' : String(value)}`)
  }

  #symbol(symbol: symbol): void {
    if (!this.#isNew(symbol)) return
    const wellKnown = findSymbol(symbol)
    if (wellKnown) return this.#add(JSON.stringify(wellKnown))
    const key = symbolKeyFor(symbol)
    this.#add(key === undefined ? `symbol ${String(apply(symbolDescription, symbol, []))}` : `key ${key}`)
  }

  #content(object: object): void {
    if (isPlain(object)) return this.#properties(object)
    if (types.isProxy(object)) {
      const slots = internalSlots(object)
      this.#add('proxy')
      this.value(slots.get('[[Target]]'))
      return this.value(slots.get('[[Handler]]'))
    }
    const reference = this.#definitions.referenceOf(object)
    if (reference) return this.#reference(reference)
    if (typeof object === 'function') return this.#function(object, this.#definitions.of(object))
    if (types.isModuleNamespaceObject(object)) {
      this.#add('namespace')
      return this.#members(object, ownKeys(object).filter((key) => typeof key === 'string') as string[])
    }
    const owner = prototypeOwner(object)
    if (owner !== null) {
      this.#add('prototype')
      return this.value(owner)
    }
    const view = wrappedView(object)
    if (view !== null) return this.value(view)
    const prototype = getPrototypeOf(object)
    // What else these say of a module is where it is.
    if (prototype === Module.prototype) return this.value(getOwnPropertyDescriptor(object, 'exports')?.value)
    if (importMetaUrl(object) !== null) return this.#add('import.meta')
    if (types.isNativeError(object)) return this.#error(object)
    const reducer = findBuiltinReducer(object)
    if (reducer >= 0) return this.#builtin(object, reducer)
    this.#add(isArray(object) ? 'array' : types.isArgumentsObject(object) ? 'arguments' : 'instance')
    this.value(prototype)
    if (this.#isOwn) this.#privateElements(object)
    if (this.#isOwn || prototype === null || prototype === ObjectPrototype) this.#properties(object)
  }

  #reference(reference: Reference): void {
    this.#add(reference.kind)
    if (reference.kind === 'intrinsic') return this.#add(reference.path)
    this.#add(reference.kind === 'builtin' ? reference.module : reference.specifier)
    this.#add(String(reference.path))
  }

  /** The members that are used of a module's namespace. */
  #members(namespace: object, names: readonly string[]): void {
    for (const name of names) {
      this.#add(name)
      try {
        this.value(getOwnPropertyDescriptor(namespace, name)?.value)
      } catch {
        this.#add('dead')
      }
    }
  }

  #builtin(object: object, type: number): void {
    const reducer = builtinReducers[type]
    this.#add(reducer.name)
    const prototype = getPrototypeOf(object)
    if (prototype !== reducer.prototype(object)) this.value(prototype)
    if (!this.#isOwn && types.isMap(object)) return this.#functionsIn(object)
    if (!this.#isOwn && !CONSTANT.test(reducer.name)) return
    try {
      reducer.write?.(object, this)
      if (this.#isOwn) reducer.writeContent?.(object, this)
    } catch (error) {
      // What can't travel is refused by the writer.
      if (error !== REFUSED) throw error
      this.#add('refused')
    }
    if (!this.#isOwn) return
    if (!reducer.indexed) this.#properties(object, reducer.ownKeys?.(object))
  }

  /** What a module's Map leads to by names: a table of functions is code. */
  #functionsIn(map: object): void {
    apply(mapForEach, map, [
      (value: unknown, key: unknown) => {
        if (typeof value !== 'function' || typeof key !== 'string') return
        this.#add(key)
        this.value(value)
      },
    ])
  }

  /** But for its stack, which has paths. */
  #error(error: Error): void {
    this.#add('error')
    this.value(getPrototypeOf(error))
    if (this.#isOwn) this.#properties(error, ['stack'])
  }

  /** Own properties with their attributes. */
  #properties(object: object, skipped: readonly PropertyKey[] = NONE): void {
    this.#add(isArray(object) ? 'elements' : 'properties')
    if (!isExtensible(object)) this.#add('closed')
    for (const key of ownKeys(object))
      if (!skipped.includes(key)) this.#property(key, getOwnPropertyDescriptor(object, key)!)
  }

  #property(
    key: PropertyKey,
    { enumerable, configurable, writable, value, get, set }: PropertyDescriptor,
  ): void {
    this.#key(key)
    if (get || set) {
      this.#add('accessor')
      this.value(get)
      this.value(set)
    } else this.value(value)
    if (!enumerable || !configurable || !writable)
      this.#add(`${Number(enumerable)}${Number(configurable)}${Number(writable)}`)
  }

  #key(key: PropertyKey): void {
    if (typeof key === 'string') this.#add(key)
    else this.value(key)
  }

  #privateElements(object: object): void {
    for (const { name, kind, value } of privateElements(object)) {
      this.#add(name)
      if (kind === 'field') this.value(value)
    }
  }

  #function(fn: object, definition: Definition | null): void {
    const { contents } = this.#definitions
    let known = contents.get(fn)
    if (!known) contents.set(fn, (known = {}))
    const slot = this.#isOwn ? 'own' : 'ofModule'
    const { hash, edges } = (known[slot] ??= this.#contentOf(fn, definition))
    this.#add(hash)
    for (const edge of edges) {
      if ('part' in edge) this.#isNew(edge.part)
      else {
        this.#isOwn = edge.isOwn
        this.value(edge.value)
      }
    }
  }

  /** Its text, what it was made with, and what was put on it. */
  #contentOf(fn: object, definition: Definition | null): Content {
    const isOwn = this.#isOwn
    const edges: Edge[] = []
    this.#edges = edges
    this.#ownText = ''
    const text = sourceOf(fn)
    this.#add(text)
    const name: unknown = getOwnPropertyDescriptor(fn, 'name')?.value
    if (typeof name === 'string') this.#add(name)
    const home = homeOfSuper(fn)
    if (home) this.value(home)
    if (isNativeText(text)) this.#bound(fn)
    if (definition !== null) this.#definition(definition)
    this.#isOwn = isOwn
    if (definition !== null || isNativeText(text)) this.#ofFunction(fn, text)
    this.#isOwn = isOwn
    this.#edges = null
    return { hash: createHash('sha256').update(this.#ownText, 'utf16le').digest('base64'), edges }
  }

  #definition({ variables, outerThis, outerArguments }: Definition): void {
    for (const value of outerThis ?? []) this.value(value)
    for (let i = 0; i < (outerArguments?.length ?? 0); i++) this.value(outerArguments![i])
    for (const { name, value, isOnce, initializer, members } of variables) {
      this.#isOwn = !isOnce
      this.#add(name)
      if (initializer !== null) this.#add(initializer)
      if (members) this.#members(value as object, members)
      else this.value(value)
    }
  }

  #bound(fn: object): void {
    const slots = internalSlots(fn)
    this.value(slots.get('[[TargetFunction]]'))
    this.value(slots.get('[[BoundThis]]'))
    const args = slots.get('[[BoundArgs]]') as ArrayLike<unknown> | undefined
    for (let i = 0; i < (args?.length ?? 0); i++) this.value(args![i])
  }

  /** Properties of a function and of its `prototype`. Of a class that its module makes once, data is state. */
  #ofFunction(fn: object, text: string): void {
    const facts = isNativeText(text) ? null : analyzed(text)
    if (isClassText(text)) this.#isOwn = this.#definitions.isMadeByCall(fn)
    const parent = getPrototypeOf(fn)
    if (facts === null || parent !== usualPrototype(facts)) this.value(parent)
    const prototype: unknown = getOwnPropertyDescriptor(fn, 'prototype')?.value
    const ofSloppy = ownOfSloppy(fn)
    this.#put(fn, text, (key) => OF_FUNCTIONS.has(key) || ofSloppy.includes(key))
    if (typeof prototype === 'object' && prototype !== null && prototypeOwner(prototype) === fn) {
      this.value(getPrototypeOf(prototype))
      this.#edge({ part: prototype })
      this.#put(prototype, text, (key) => key === 'constructor')
    } else if (prototype !== undefined) this.value(prototype)
    if (this.#isOwn && facts?.classFacts && privateFields({ facts }, true).length > 0)
      this.#privateElements(fn)
  }

  /** What was put on a function or its `prototype`; what its own text has there needs no more than its key. */
  #put(object: object, text: string, isUsual: (key: PropertyKey) => boolean): void {
    this.#add(isExtensible(object) ? 'put' : 'closed')
    for (const key of ownKeys(object)) {
      if (isUsual(key)) continue
      const descriptor = getOwnPropertyDescriptor(object, key)!
      const { value, get, set } = descriptor
      const isCode = typeof value === 'function' || get !== undefined || set !== undefined
      if (!isCode && !this.#isOwn) continue
      const isOfText =
        isCode && [value, get, set].every((fn) => typeof fn !== 'function' || isWithin(fn, text))
      if (!isOfText) this.#property(key, descriptor)
      else this.#key(key)
    }
  }

  /** The entries of weak collections whose keys were met. V8 lists them in no order. */
  #weakContent(): void {
    this.#isOwn = true
    const numberOf = (key: WeakKey) => this.#seen.get(key) ?? -1
    for (const collection of this.#weak.splice(0)) {
      this.#add('weak')
      const entries = weakEntriesOf(collection).filter(({ key }) => numberOf(key) >= 0)
      entries.sort((a, b) => numberOf(a.key) - numberOf(b.key))
      for (const { key, value } of entries) {
        this.value(key)
        this.value(value)
      }
    }
  }

  // --- what entries of the dispatch table use ---

  byte(value: number): void {
    this.#add(String(value))
  }
  varint(value: number): void {
    this.#add(String(value))
  }
  double(value: number): void {
    this.#scalar(value)
  }
  string(text: string): void {
    this.#add(text)
  }
  data(bytes: Uint8Array): void {
    this.#flush()
    this.#hash.update(bytes)
  }
  bulk(bytes: Uint8Array): void {
    this.data(bytes)
  }
  viewed(buffer: ArrayBufferLike): void {
    this.value(buffer)
  }
  isWrapped(): boolean {
    return false
  }
  offer(): number {
    return -1
  }
  needsWhole(): boolean {
    return false
  }
  wroteApart(): void {}
  step(): void {}
  weakEntries(collection: object): void {
    this.#weak.push(collection)
  }
  refuse(): never {
    throw REFUSED
  }
}

type Scalar = string | number | bigint | boolean | null | undefined

function isScalar(value: unknown): value is Scalar {
  const type = typeof value
  return type === 'object' ? value === null : type !== 'function' && type !== 'symbol'
}

/** Stands in a function's text for what it leads to: no length is written so. */
const EDGE = '*'
const REFUSED = Symbol('refused')
const NONE: readonly PropertyKey[] = []

/** An object or array like most, without asking more of it. */
function isPlain(object: object): boolean {
  if (types.isProxy(object) || isReferable(object)) return false
  const prototype = getPrototypeOf(object)
  if (isArray(object)) return prototype === ArrayPrototype
  if (prototype !== ObjectPrototype || types.isArgumentsObject(object)) return false
  return getOwnPropertyDescriptor(object, 'constructor') === undefined && findBuiltinReducer(object) < 0
}

/** Is it a method that the class's text has, as it was made? */
function isWithin(fn: object, text: string): boolean {
  if (types.isProxy(fn)) return false
  const own = sourceOf(fn)
  const facts = isNativeText(own) || !text.includes(own) ? null : analyzed(own)
  return facts !== null && METHOD.test(facts.form) && hasUsualProperties(fn, facts)
}

const METHOD = /^(?:method|getter|setter)$/
