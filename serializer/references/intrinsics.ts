// The intrinsics of ECMAScript and Node's globals, by identity, those without a global name included.
// (ECMAScript: Well-Known Intrinsic Objects.)
import { UnpicklingError } from '../errors.ts'
import { follow, type Walk, walkFrom, wellKnownSymbol } from './catalogue.ts'
import { isNodes } from './origin.ts'
import type { Reference } from './types.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect

const ECMASCRIPT = [
  'Object',
  'Function',
  'Array',
  'Number',
  'parseFloat',
  'parseInt',
  'Infinity',
  'NaN',
  'undefined',
  'Boolean',
  'String',
  'Symbol',
  'Date',
  'Promise',
  'RegExp',
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'SuppressedError',
  'JSON',
  'Math',
  'Intl',
  'Temporal',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Atomics',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'Uint8ClampedArray',
  'BigUint64Array',
  'BigInt64Array',
  'DataView',
  'Map',
  'BigInt',
  'Set',
  'Iterator',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'FinalizationRegistry',
  'Proxy',
  'Reflect',
  'DisposableStack',
  'AsyncDisposableStack',
  'decodeURI',
  'decodeURIComponent',
  'encodeURI',
  'encodeURIComponent',
  'escape',
  'unescape',
  'eval',
  'isFinite',
  'isNaN',
  'WebAssembly',
] as const

const NODE = [
  'console',
  'process',
  'Buffer',
  'URL',
  'URLSearchParams',
  'TextEncoder',
  'TextDecoder',
  'AbortController',
  'AbortSignal',
  'Event',
  'EventTarget',
  'DOMException',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
  'atob',
  'btoa',
  'performance',
  'fetch',
  'Headers',
  'Request',
  'Response',
  'FormData',
  'MessageEvent',
  'WebSocket',
  'EventSource',
  'CloseEvent',
  'crypto',
  'Crypto',
  'CryptoKey',
  'SubtleCrypto',
  'navigator',
  'Navigator',
  'Blob',
  'File',
  'BroadcastChannel',
  'MessageChannel',
  'MessagePort',
  'CustomEvent',
  'ErrorEvent',
  'Storage',
  'localStorage',
  'sessionStorage',
  'StorageEvent',
  'URLPattern',
  'ByteLengthQueuingStrategy',
  'CompressionStream',
  'CountQueuingStrategy',
  'DecompressionStream',
  'ReadableByteStreamController',
  'ReadableStream',
  'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest',
  'ReadableStreamDefaultController',
  'ReadableStreamDefaultReader',
  'TextDecoderStream',
  'TextEncoderStream',
  'TransformStream',
  'TransformStreamDefaultController',
  'WritableStream',
  'WritableStreamDefaultController',
  'WritableStreamDefaultWriter',
  'Performance',
  'PerformanceEntry',
  'PerformanceMark',
  'PerformanceMeasure',
  'PerformanceObserver',
  'PerformanceObserverEntryList',
  'PerformanceResourceTiming',
  'QuotaExceededError',
] as const

const STANDARD: ReadonlySet<string> = new Set<string>([...ECMASCRIPT, ...NODE, 'globalThis', 'global'])
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
  ['%SegmentsPrototype%', getPrototypeOf(new Intl.Segmenter().segment(''))],
  ['%SegmentIteratorPrototype%', getPrototypeOf(new Intl.Segmenter().segment('')[Symbol.iterator]())],
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
  entries.set(value, { path, checked: typeof value !== 'function' })
  values.set(path, value)
  return depth < MAX_DEPTH && !OPAQUE.test(path)
}

function addShallow(value: unknown, path: string, depth: number): boolean {
  // The user's own module, not Node's.
  if (path === 'process.mainModule') return false
  if (depth > 0 && (path.includes('^') || path.includes('_'))) return false
  return add(value, path, depth) && depth === 0
}

/** The prototypes and streams of `process` and `console` belong to modules. */
function visitorOf(name: string): Walk['visit'] {
  return name === 'process' || name === 'console' ? addShallow : add
}

function catalogue(): void {
  entries.set(globalThis, { path: 'globalThis', checked: true })
  values.set('globalThis', globalThis)
  for (const name of [...ECMASCRIPT, ...NODE]) {
    const descriptor = getOwnPropertyDescriptor(globalThis, name)
    if (!descriptor) continue
    if (descriptor.get) add(descriptor.get, `globalThis.<${name}`, MAX_DEPTH)
    const value: unknown = descriptor.value
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) continue
    walkFrom(value, name, { visit: visitorOf(name) })
  }
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

/** Globals that Node makes of undici when they are first read, which puts a dispatcher on globalThis. */
const OF_UNDICI: ReadonlySet<string> = new Set<(typeof NODE)[number]>([
  'fetch',
  'FormData',
  'Headers',
  'Request',
  'Response',
  'MessageEvent',
  'WebSocket',
  'CloseEvent',
  'EventSource',
])
const lazyDone = { undici: false, others: false }

/** Globals of Node's whose value is made when it is first read: only when something unknown may be from there. */
function catalogueLazyGlobals(ofUndici: boolean): void {
  const done = ofUndici ? 'undici' : 'others'
  if (lazyDone[done]) return
  lazyDone[done] = true
  for (const name of NODE) {
    if (OF_UNDICI.has(name) !== ofUndici) continue
    const descriptor = getOwnPropertyDescriptor(globalThis, name)
    if (!descriptor?.get || name === 'localStorage' || name === 'sessionStorage') continue
    try {
      const value: unknown = Reflect.apply(descriptor.get, globalThis, [])
      if (value) walkFrom(value, `${name}`, { visit: visitorOf(name) })
    } catch {
      // Not available in this process.
    }
  }
}

export function findIntrinsic(value: unknown): Reference | undefined {
  const entry = entries.get(value)
  if (entry === undefined) return undefined
  if (!entry.checked) {
    if (!isNodes(value as object)) {
      entries.delete(value)
      return undefined
    }
    entry.checked = true
  }
  return { kind: 'intrinsic', path: entry.path }
}

/** For a function from inside Node, of the script with that url, that the catalogue does not have: looks behind lazy globals. */
export function findLazyIntrinsic(value: unknown, url: string): Reference | undefined {
  catalogueLazyGlobals(url.includes('/undici'))
  return findIntrinsic(value)
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
  if (first === 'globalThis') return follow(globalThis, rest)
  const hidden = HIDDEN.find(([name]) => name === first)
  if (hidden) return follow(hidden[1], rest)
  if (!STANDARD.has(first)) return undefined
  return follow((globalThis as Record<string, unknown>)[first], rest)
}
