// The intrinsics of ECMAScript and Node's globals, by identity, those without a global name included.
// (ECMAScript: Well-Known Intrinsic Objects.)

import { isMainThread } from 'node:worker_threads'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { isBufferPrototype } from './buffer-prototype.ts'
import { follow, walkFrom, wellKnownSymbol } from './catalogue.ts'
import { ECMASCRIPT, LAZY, NODE, STORAGE, UNDICI } from './global-names.ts'
import { mark } from './marks.ts'
import { isNativeCode, isNodes, loadedInternals } from './origin.ts'
import { isPristine } from './pristine.ts'
import { pathInOtherRealm } from './realms.ts'
import { mayBeOfSegments, SEGMENT_ITERATOR, SEGMENTS, segmentPrototypes } from './segments.ts'
import type { Reference } from './types.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect

const STANDARD: ReadonlySet<string> = new Set<string>([
  ...ECMASCRIPT,
  ...NODE,
  ...LAZY,
  ...UNDICI,
  ...STORAGE,
  'globalThis',
  'global',
])
/** Objects that hold the process's state: referred to as a whole, never searched. */
const OPAQUE =
  /^process\.(?:env|argv|execArgv|argv0|config|features|versions|release|report|mainModule|_events|allowedNodeEnvironmentFlags|permission)\b|_cache|_pathCache|_extensions/
const MAX_DEPTH = 6

interface Entry {
  readonly path: string
  /** Found under a name that user code may have put there: to be checked when it is asked for. */
  checked: boolean
}

const entries = new Map<unknown, Entry>()
const values = new Map<string, unknown>()
const HIDDEN: readonly (readonly [string, unknown])[] = [
  ['%AsyncFunction%', getPrototypeOf(async () => {})!.constructor],
  ['%GeneratorFunction%', getPrototypeOf(function* () {})!.constructor],
  ['%AsyncGeneratorFunction%', getPrototypeOf(async function* () {})!.constructor],
  ['%ArrayIteratorPrototype%', getPrototypeOf([][Symbol.iterator]())],
  ['%MapIteratorPrototype%', getPrototypeOf(new Map()[Symbol.iterator]())],
  ['%SetIteratorPrototype%', getPrototypeOf(new Set()[Symbol.iterator]())],
  ['%StringIteratorPrototype%', getPrototypeOf(''[Symbol.iterator]())],
  ['%RegExpStringIteratorPrototype%', getPrototypeOf(''.matchAll(/x/g))],
  ['%ThrowTypeError%', getOwnPropertyDescriptor(throwTypeErrorHolder(), 'callee')?.get],
]

function throwTypeErrorHolder(): object {
  return (function () {
    // biome-ignore lint/complexity/noArguments: a strict arguments object has the poisoned `callee`
    return arguments
  })()
}

function add(value: unknown, path: string, depth: number): boolean {
  if (entries.has(value)) return false
  // Symbols have entries of their own: see findSymbol.
  if (typeof value === 'symbol') return false
  entries.set(value, { path, checked: depth === 0 && typeof value !== 'function' })
  mark(value)
  values.set(path, value)
  return depth < MAX_DEPTH && !OPAQUE.test(path)
}

function addShallow(value: unknown, path: string, depth: number): boolean {
  // The user's own module, not Node's; and a class that its module knows with all its methods.
  if (path === 'process.mainModule' || path === 'console.Console') return false
  if (depth > 0 && (path.includes('^') || path.includes('_'))) return false
  return add(value, path, depth) && (depth === 0 || (depth === 1 && typeof value === 'function'))
}

function catalogue(): void {
  entries.set(globalThis, { path: 'globalThis', checked: true })
  mark(globalThis)
  values.set('globalThis', globalThis)
  for (const name of [...ECMASCRIPT, ...NODE]) addGlobal(name)
  for (const [name, value] of HIDDEN) if (value) walkFrom(value, name, { visit: add })
  // What only instances lead to.
  const iterator = (
    globalThis as { Iterator?: { from(value: object): object; prototype: { map?(fn: () => void): object } } }
  ).Iterator
  if (iterator) {
    walkFrom(getPrototypeOf(iterator.from({ next() {} } as object)), '%WrapForValidIteratorPrototype%', {
      visit: add,
    })
    const helper = [].values() as unknown as { map?(fn: () => void): object }
    if (helper.map)
      walkFrom(getPrototypeOf(helper.map(() => {})), '%IteratorHelperPrototype%', { visit: add })
  }
}

catalogue()

function addGlobal(name: string): void {
  const descriptor = getOwnPropertyDescriptor(globalThis, name)
  if (!descriptor) return
  if (descriptor.get) add(descriptor.get, `globalThis.<${name}`, MAX_DEPTH)
  if (descriptor.set) add(descriptor.set, `globalThis.>${name}`, MAX_DEPTH)
  let value: unknown
  try {
    value = descriptor.get ? apply(descriptor.get, globalThis, []) : descriptor.value
  } catch {
    return // Not available in this process.
  }
  if ((typeof value !== 'function' && typeof value !== 'object') || value === null) return
  // Their prototypes and streams belong to modules.
  const visit = name === 'process' || name === 'console' ? addShallow : add
  walkFrom(value, name, { visit })
}

/** Globals whose making has to wait until something unknown may be from there. */
let lazyDone = false
let undiciDone = false
function catalogueLazyGlobals(): void {
  if (!lazyDone) {
    lazyDone = true
    for (const name of LAZY) if (isUntouched(name)) addGlobal(name)
  }
  // Nobody can have a value of undici's before it is loaded.
  if (!undiciDone && loadedInternals().has('internal/deps/undici/undici')) {
    undiciDone = true
    for (const name of UNDICI) if (isUntouched(name)) addGlobal(name)
  }
}

/** User code may have put a getter of its own there. */
function isUntouched(name: string): boolean {
  const descriptor = getOwnPropertyDescriptor(globalThis, name)
  return descriptor !== undefined && (!descriptor.get || isNodes(descriptor.get))
}

export function findIntrinsic(value: unknown): Reference | undefined {
  let entry = entries.get(value)
  if (entry === undefined) {
    if (segmentsDone || !mayBeOfSegments(value)) return undefined
    catalogueSegments()
    if ((entry = entries.get(value)) === undefined) return undefined
  }
  if (!entry.checked) {
    if (!isPlatforms(value, entry.path)) {
      entries.delete(value)
      const path = pristinePathOf(value)
      if (path === undefined) return undefined
      entries.set(value, (entry = { path, checked: true }))
    }
    entry.checked = true
  }
  return { kind: 'intrinsic', path: entry.path }
}

let segmentsDone = false
function catalogueSegments(): void {
  if (segmentsDone) return
  segmentsDone = true
  // What is no native function was put there.
  const visit = (value: unknown, path: string, depth: number) =>
    (depth === 0 || (typeof value === 'function' && isNativeCode(value))) && add(value, path, depth)
  for (const [name, prototype] of segmentPrototypes()) walkFrom(prototype, name, { visit })
}

const ofEcmaScript: ReadonlySet<string> = new Set(ECMASCRIPT)
/** Objects of Node's that are neither prototypes nor functions. */
const OF_NODE =
  /^(?:process\.(?:versions|release|moduleLoadList|config|features|env|argv|execArgv|report|allowedNodeEnvironmentFlags|permission|finalization|stdin|stdout|stderr)|(?:process|console)\._\w+|performance\.\^\..+|.*=~.*)$/

/** Was the value there before the user's code put anything there? */
function isPlatforms(value: unknown, path: string): boolean {
  if (path === 'Buffer.prototype' && isBufferPrototype(value)) return true
  if (typeof value === 'function' && !isNodes(value)) return false
  const dot = path.lastIndexOf('.')
  if (dot < 0 || path[0] === '%' || path.startsWith('globalThis.')) return true
  const step = path.slice(dot + 1)
  if (step === '^' || step === 'prototype') {
    const above = path.slice(0, dot)
    const owner = resolvePath(above)
    if (step === '^' || typeof owner === 'function') return isPlatforms(owner, above)
  }
  if (ofEcmaScript.has(path.slice(0, path.indexOf('.')))) return isPristine(path, ECMASCRIPT)
  return typeof value === 'function' || isObjectOfNode(path)
}

/** Is the object, below a global of Node's, one that Node has put there? */
export function isObjectOfNode(path: string): boolean {
  return OF_NODE.test(path)
}

/** User code may have put an intrinsic elsewhere, too, where it was found first. */
function pristinePathOf(value: unknown): string | undefined {
  if (typeof value === 'function' && !isNodes(value)) return undefined
  const seen = new Set<unknown>()
  let found: string | undefined
  const visit = (member: unknown, path: string) => {
    if (found !== undefined || typeof member === 'symbol') return false
    if (path.includes('.') && !isPristine(path, ECMASCRIPT)) return false
    if (member === value) found = path
    const isNew = !seen.has(member)
    seen.add(member)
    return isNew
  }
  for (const name of ECMASCRIPT) walkFrom(getOwnPropertyDescriptor(globalThis, name)?.value, name, { visit })
  return found
}

/** For what would be refused or copied otherwise: an intrinsic of another realm is taken for ours. */
export function findForeignIntrinsic(value: object): Reference | undefined {
  const path = pathInOtherRealm(value, ECMASCRIPT)
  if (path === undefined || (!values.has(path) && resolvePath(path) === undefined)) return undefined
  return { kind: 'intrinsic', path }
}

/** For what comes from inside Node and that the catalogue does not have: looks behind lazy globals. */
export function findLazyIntrinsic(value: unknown): Reference | undefined {
  catalogueLazyGlobals()
  return findIntrinsic(value) ?? findStandardStream(value)
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const

/** The process's streams are made when they are first read; `fd` tells which one may be meant. */
function findStandardStream(value: unknown): Reference | undefined {
  const fd = standardDescriptor(value)
  for (const name of isMainThread ? STREAMS.slice(fd, fd + 1) : STREAMS) {
    const descriptor = getOwnPropertyDescriptor(process, name)
    if (!descriptor) continue
    const stream: unknown =
      descriptor.get && isNodes(descriptor.get) ? apply(descriptor.get, process, []) : descriptor.value
    if (stream === value) return { kind: 'intrinsic', path: `process.${name}` }
  }
  return undefined
}

/** The own `fd` of an object that may be one of the process's streams; -1 if it is none. */
export function standardDescriptor(value: unknown): number {
  if (typeof value !== 'object' || value === null) return -1
  const prototype = getPrototypeOf(value)
  if (prototype === null || entries.has(prototype)) return -1
  // In a worker thread they are made with it, and have no descriptor.
  if (!isMainThread) return '_writableState' in value || '_readableState' in value ? 0 : -1
  const fd: unknown = getOwnPropertyDescriptor(value, 'fd')?.value
  return fd === 0 || fd === 1 || fd === 2 ? fd : -1
}

export function findSymbol(symbol: symbol): Reference | undefined {
  const name = wellKnownSymbol(symbol)
  return name === undefined ? undefined : { kind: 'intrinsic', path: `Symbol.${name}` }
}

/** Is the global of that name the platform's own, so that code may go on using the receiver's? */
export function isStandardGlobal(name: string, descriptor: PropertyDescriptor): boolean {
  if (!STANDARD.has(name)) return false
  const value: unknown = descriptor.value
  if (descriptor.get) return isNodes(descriptor.get)
  if (typeof value === 'function') return isNodes(value)
  if (typeof value === 'object' && value !== null) return entries.has(value)
  return true
}

export function resolveIntrinsic(path: string): unknown {
  if (path.startsWith(SEGMENTS) || path.startsWith(SEGMENT_ITERATOR)) catalogueSegments()
  const known = values.get(path)
  if (known !== undefined) return known
  const found = resolvePath(path)
  if (found === undefined)
    throw new UnpicklingError(
      `the bundle refers to the intrinsic ${path}, which Node ${process.version} does not have`,
    )
  return found
}

function resolvePath(path: string): unknown {
  const dot = path.indexOf('.')
  const rest = dot < 0 ? '' : path.slice(dot + 1)
  const first = dot < 0 ? path : path.slice(0, dot)
  if (first === 'globalThis') {
    const isAccessor = /^[<>]/.test(rest) && STANDARD.has(rest.slice(1))
    return rest === '' || isAccessor ? follow(globalThis, rest) : undefined
  }
  const hidden = HIDDEN.find(([name]) => name === first)
  if (hidden) return follow(hidden[1], rest)
  if (!STANDARD.has(first)) return undefined
  return follow((globalThis as Record<string, unknown>)[first], rest)
}
