// Node's built-in modules and everything reachable in them. Only modules that this process has loaded can have
// given a value to anyone, so no other is ever loaded for looking; and as most values are the user's, the catalogue
// is made when something turns up that can only be Node's.

import { EventEmitter } from 'node:events'
import { builtinModules, createRequire, Module } from 'node:module'
import { inspect, types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { follow, unescaped, walkFrom, wellKnownSymbol } from './catalogue.ts'
import { findIntrinsic, findLazyIntrinsic, isObjectOfNode, standardDescriptor } from './intrinsics.ts'
import { mark } from './marks.ts'
import { builtinNamespace } from './namespaces.ts'
import { isNativeFunction, isNodes, loadedInternals } from './origin.ts'
import type { Reference } from './types.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const require = createRequire(import.meta.url)
const MAX_DEPTH = 7
/** First come the modules whose values others pass on. */
const FIRST = ['events', 'util', 'stream', 'fs', 'path', 'url', 'buffer']
/** What user code hangs something on sooner than on any other. */
const LAST = ['process', 'console']
const NAMES = [
  ...FIRST,
  ...builtinModules.filter((name) => !FIRST.includes(name) && !LAST.includes(name)).sort(),
  ...LAST,
].filter((name) => !name.startsWith('_') && name !== 'sys')
/** State, which is not Node's code: referred to as a whole. */
const OPAQUE =
  /_cache|_pathCache|_extensions|^_debug|globalAgent|^process\b|(?:^|\.)_events$|^_preload_modules$/
/** Accessors of exports that warn, or load much for nobody. */
const CLOSED =
  /^(?:_|[FRWX]_OK$|prng$|rng$|pseudoRandomBytes$|fips$|rootCertificates$|wrap|builtinModules$|maxHeaderSize$|FileReadStream$|FileWriteStream$)/
/** What an accessor gives that nobody can have before this internal module is loaded. */
const LOADED_WITH: Readonly<Record<string, string>> = {
  'fs:promises': 'internal/fs/promises',
  'dns:promises': 'internal/dns/promises',
  'stream:promises': 'stream/promises',
  'timers:promises': 'timers/promises',
  'crypto:webcrypto': 'internal/crypto/webcrypto',
  'crypto:subtle': 'internal/crypto/webcrypto',
  'http:WebSocket': 'internal/deps/undici/undici',
  'http:CloseEvent': 'internal/deps/undici/undici',
  'http:MessageEvent': 'internal/deps/undici/undici',
}
/** Accessors below the exports that give an object of the module's. */
const OPENED_BELOW = new Set(['util:inspect.defaultOptions'])
/** Accessors of exports that give something else than functions. */
const OBJECTS = /^(?:promises|webcrypto|subtle|globalAgent|inspect\.defaultOptions|report|mock|snapshot)$/

/** Instances whose keys are symbols that no export leads to, by module; paths to them begin with INSTANCE. */
const INSTANCES: Readonly<Record<string, object>> = { events: usedEmitter() }
const INSTANCE = '%instance'

function usedEmitter(): object {
  const emitter = new EventEmitter()
  // A list of listeners has keys, too.
  for (const listener of [() => {}, () => {}]) emitter.on('used', listener)
  return emitter
}

interface Entry {
  readonly module: string
  readonly path: string
  /** User code may have put it there: to be checked when it is asked for. */
  checked: boolean
}

let entries: ReadonlyMap<unknown, Entry> & Map<unknown, Entry> = new Map()
let entriesOf: ReadonlySet<string> | null = null
let objects: Set<unknown> = new Set()
let objectsOf: ReadonlySet<string> | null = null

/** The accessors that were there when this file was loaded: Node's own. */
const original = new Set<unknown>()
for (const [, exports] of loadedModules()) {
  for (const key of Reflect.ownKeys(exports)) original.add(getOwnPropertyDescriptor(exports, key)?.get)
}
original.add(getOwnPropertyDescriptor(inspect, 'defaultOptions')?.get)

function* loadedModules(): Generator<[name: string, exports: object]> {
  const loaded = loadedInternals()
  for (const name of NAMES) {
    if (!loaded.has(name.replace('node:', ''))) continue
    try {
      yield [name, require(specifierOf(name)) as object]
    } catch {
      // Only Node itself may load it.
    }
  }
}

/** Everything that is reached. Made again when more modules were loaded, so that it never depends on their order. */
function catalogue(): void {
  if (entriesOf === loadedInternals()) return
  entries = new Map()
  for (const [name, exports] of loadedModules()) addModule(name, exports)
  entriesOf = loadedInternals()
}

function addModule(name: string, exports: object): void {
  const module = specifierOf(name)
  walkFrom(exports, '', {
    opens: (path, depth, getter) => opens(name, path, depth, getter),
    visit(value, path, depth) {
      // A module object is the user's.
      if (value instanceof Module) return false
      const known = entries.get(value)
      if (known !== undefined) {
        if (typeof value === 'function' && isBetter(value, path, known.path))
          entries.set(value, { module, path, checked: false })
        return false
      }
      if (typeof value === 'symbol') {
        addSymbol(value, path)
        return false
      }
      // `process` and `console` are intrinsics, but what is behind them is searched from their modules.
      if (depth > 0 && findIntrinsic(value)) return false
      entries.set(value, { module, path, checked: typeof value !== 'function' && depth === 0 })
      return (
        depth < MAX_DEPTH &&
        !OPAQUE.test(path) &&
        (depth === 0 || typeof value === 'function' || isPlain(value as object))
      )
    },
  })
  for (const [symbol, path] of symbolsOfInstance(name)) addSymbol(symbol, path)

  function addSymbol(symbol: symbol, path: string): void {
    if (!entries.has(symbol) && Symbol.keyFor(symbol) === undefined && wellKnownSymbol(symbol) === undefined)
      entries.set(symbol, { module, path, checked: !path.includes('.') || path.startsWith(INSTANCE) })
  }
}

function specifierOf(name: string): string {
  return name.startsWith('node:') ? name : `node:${name}`
}

/**
 * Is the one path to a function more likely to be Node's own than the other? Whoever hangs a function of Node's on another object of
 * Node's is free in the name, and a way further down could be such, too.
 */
function isBetter(value: object, path: string, known: string): boolean {
  const name = nameOf(value)
  const isNamed = lastName(path) === name
  const isKnownNamed = lastName(known) === name
  if (isNamed !== isKnownNamed) return isNamed
  return !isNamed && path.split('.').length < known.split('.').length
}

function nameOf(fn: object): unknown {
  return getOwnPropertyDescriptor(fn, 'name')?.value
}

/** As it is in the name of a function there. */
function lastName(path: string): string {
  const step = unescaped(path.slice(path.lastIndexOf('.') + 1))
  return step[0] === '<' ? `get ${step.slice(1)}` : step[0] === '>' ? `set ${step.slice(1)}` : step
}

function symbolsOfInstance(name: string): [symbol: symbol, path: string][] {
  const found: [symbol, string][] = []
  if (!Object.hasOwn(INSTANCES, name)) return found
  walkFrom(INSTANCES[name], INSTANCE, {
    dataOnly: true,
    visit(value, path) {
      if (typeof value === 'symbol') found.push([value, path])
      return typeof value === 'object'
    },
  })
  return found
}

function opens(name: string, path: string, depth: number, getter: object): boolean {
  if (depth > 0 ? !OPENED_BELOW.has(`${name}:${path}`) : CLOSED.test(path)) return false
  const needed = LOADED_WITH[`${name}:${path}`]
  if (needed !== undefined && !loadedInternals().has(needed)) return false
  return original.has(getter) || isNodes(getter)
}

/** Tables, prototypes and namespaces of functions; not instances, which hold state. */
function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return true
  return typeof getOwnPropertyDescriptor(value, 'constructor')?.value === 'function'
}

/** The modules' objects that are neither functions nor prototypes: constants, namespaces, single instances. */
export function isObjectOfModule(value: unknown): boolean {
  refreshModuleObjects()
  return objects.has(value)
}

export function refreshModuleObjects(): void {
  if (objectsOf === loadedInternals()) return
  objects = new Set()
  for (const [name, exports] of loadedModules()) {
    walkFrom(exports, '', {
      dataOnly: true,
      opens: (path, depth, getter) => OBJECTS.test(path) && opens(name, path, depth, getter),
      visit(member, path, depth) {
        if (objects.has(member) || member instanceof Module) return false
        objects.add(member)
        mark(member)
        return depth < 4 && !OPAQUE.test(path) && (depth === 0 || isWalked(member))
      },
    })
    for (const [symbol] of symbolsOfInstance(name)) objects.add(symbol)
  }
  objectsOf = loadedInternals()
}

function isWalked(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && isPlain(value))
}

/**
 * Where in Node's modules (or behind its globals that are made when they are read) a value is. Of functions, those
 * that are native or were met before: whoever knows a function's script asks findNodes.
 */
export function findBuiltin(value: unknown): Reference | undefined {
  if (typeof value === 'function') {
    return entries.has(value) || isNativeFunction(value) ? findNodes(value) : undefined
  }
  if (isNamespace(value)) {
    const exports: unknown = namespaceDefault(value)
    const whole = isObjectOfModule(exports) || typeof exports === 'function' ? findNodes(exports) : undefined
    return whole?.kind === 'builtin' && whole.path === '' ? { ...whole, path: '*' } : undefined
  }
  return isCandidate(value) ? findNodes(value) : undefined
}

function isNamespace(value: unknown): value is object {
  return types.isModuleNamespaceObject(value)
}

function isCandidate(value: unknown): boolean {
  if (isObjectOfModule(value)) return true
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false
  const constructor: unknown = getOwnPropertyDescriptor(value, 'constructor')?.value
  if (typeof constructor === 'function' && !types.isProxy(constructor)) return isNodes(constructor)
  return standardDescriptor(value) >= 0
}

function namespaceDefault(namespace: object): unknown {
  try {
    return (namespace as { default?: unknown }).default
  } catch {
    return undefined
  }
}

/** The same for what is known to be Node's. */
export function findNodes(value: unknown): Reference | undefined {
  const intrinsic = findLazyIntrinsic(value)
  if (intrinsic) return intrinsic
  catalogue()
  let entry = entries.get(value)
  if (entry && !entry.checked) {
    if (typeof value === 'function' && isNodes(value) && isAlias(value, entry)) {
      const own = ownEntry(value)
      if (own) entries.set(value, own)
      entry = own
    }
    if (!entry || (typeof value === 'function' ? !isNodes(value) : isAdded(entry)) || isBehindUsers(entry)) {
      entries.delete(value)
      return undefined
    }
    entry.checked = true
  }
  return entry && { kind: 'builtin', module: entry.module, path: entry.path }
}

/**
 * Is it an object that user code has added to a module's exports? The names of a module's namespace are those that its exports
 * had when user code first got hold of them. (`process` and `console` it has from the beginning.)
 */
function isAdded({ module, path }: Entry): boolean {
  const dot = path.indexOf('.')
  const first = unescaped(dot < 0 ? path : path.slice(0, dot))
  if (/^[@^~=<>%]/.test(first)) return false
  if (module === 'node:process' || module === 'node:console')
    return dot < 0 && !isObjectOfNode(`${module.slice('node:'.length)}.${path}`)
  const exports = require(module) as object
  const descriptor = getOwnPropertyDescriptor(exports, first)
  // What Node does not enumerate is in no namespace.
  if (descriptor?.enumerable === false) return false
  // To make a namespace is to read all exports, also those that Node loads only then: not for a class under its own name.
  const value: unknown = descriptor?.value
  if (typeof value === 'function' && isNodes(value) && nameOf(value) === first) return false
  return !Object.hasOwn(builtinNamespace(module, exports), first)
}

/** Has user code hung the function there, under a name that is not the function's? */
function isAlias(value: object, entry: Entry): boolean {
  const { path } = entry
  return path !== '' && lastName(path) !== nameOf(value) && isAdded(entry)
}

/** Where Node has put a function that was found first where user code has put it. */
function ownEntry(value: object): Entry | undefined {
  let found: Entry | undefined
  for (const [name, exports] of loadedModules()) {
    const module = specifierOf(name)
    const seen = new Set<unknown>()
    walkFrom(exports, '', {
      dataOnly: true,
      opens: (path, depth, getter) => opens(name, path, depth, getter),
      visit(member, path, depth) {
        const entry = { module, path, checked: false }
        if (!found && member === value && !isAdded(entry)) found = entry
        if (found || seen.has(member) || typeof member === 'symbol' || member instanceof Module) return false
        seen.add(member)
        return depth < 2 && !OPAQUE.test(path) && (depth === 0 || isWalked(member))
      },
    })
    if (found) return found
  }
  return undefined
}

/** Does the path lead through a function of the user's? Who replaces one of Node's often hangs the original on it. */
function isBehindUsers({ module, path }: Entry): boolean {
  const exports: unknown = require(module)
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const above = follow(exports, path.slice(0, dot))
    if (typeof above === 'function' && !isNodes(above)) return true
  }
  return false
}

export function resolveBuiltin(
  reference: Extract<Reference, { kind: 'builtin' }>,
  namespaces: ReadonlyMap<string, object> | undefined,
): unknown {
  const { module, path } = reference
  if (path === '*') {
    const imported = namespaces?.get(module)
    if (imported) return imported
  }
  const specifier = specifierOf(module)
  let exports: object
  try {
    exports = require(specifier)
  } catch (error) {
    throw new UnpicklingError(
      `the bundle refers to the built-in module ${module}, which Node ${process.version} does not have`,
      { cause: error },
    )
  }
  if (path === '*') return builtinNamespace(specifier, exports)
  const found = path.startsWith(`${INSTANCE}.`) ? symbolOfInstance(module, path) : follow(exports, path)
  if (found === undefined)
    throw new UnpicklingError(
      `the bundle refers to ${path} of ${module}, which Node ${process.version} does not have`,
    )
  return found
}

/** A Node that keys nothing with the symbol ignores it. */
function symbolOfInstance(module: string, path: string): unknown {
  const name = module.replace('node:', '')
  if (!Object.hasOwn(INSTANCES, name)) return undefined
  const found = follow(INSTANCES[name], path.slice(INSTANCE.length + 1))
  return typeof found === 'symbol' ? found : Symbol(unescaped(path.slice(path.lastIndexOf('~') + 1)))
}

/** Is it what util.promisify made of a function, going by its text? */
export function isPromisified(text: string): boolean {
  return text === promisifiedText()
}

let promisified: string | undefined
function promisifiedText(): string {
  promisified ??= Function.prototype.toString.call(
    (require('node:util') as typeof import('node:util')).promisify(() => {}),
  )
  return promisified
}
