// TEMPORARY by the lead, to try the core; to be replaced by the real references/.
import { createRequire, builtinModules } from 'node:module'
import { UnpicklingError } from '../errors.ts'
export type Reference = { kind: 'intrinsic'; path: string } | { kind: 'builtin'; module: string; path: string } | { kind: 'package'; specifier: string; path: string[]; version: string | null; esm: boolean }
const req = createRequire(import.meta.url)
const paths = new Map<unknown, string>(); const byPath = new Map<string, unknown>()
function walk(root: unknown, name: string, put: (v: unknown, p: string) => boolean) {
  const queue: [any, string][] = [[root, name]]
  for (let i = 0; i < queue.length; i++) {
    const [v, p] = queue[i]
    if (!put(v, p)) continue
    if (v === null || (typeof v !== 'object' && typeof v !== 'function')) continue
    for (const k of Reflect.ownKeys(v)) { const d = Reflect.getOwnPropertyDescriptor(v, k)!; const q = `${p}.${String(k)}`; for (const s of ['value', 'get', 'set'] as const) { const w = d[s]; if (typeof w === 'function' || (typeof w === 'object' && w !== null) || typeof w === 'symbol') queue.push([w, s === 'value' ? q : `${s} ${q}`]) } }
    const proto = Reflect.getPrototypeOf(v); if (proto) queue.push([proto, `${p}.[[Prototype]]`])
  }
}
const NAMES = 'Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN console SharedArrayBuffer process URL URLSearchParams TextEncoder TextDecoder Buffer setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask structuredClone AbortController AbortSignal Event EventTarget fetch performance globalThis'.split(' ')
const known = new Set([...NAMES, 'NaN', 'undefined', 'Infinity', 'global', 'crypto', 'navigator', 'Iterator', 'WebAssembly', 'btoa', 'atob', 'Blob', 'MessageChannel', 'BroadcastChannel', 'Headers', 'Request', 'Response', 'FormData', 'File', 'DOMException'])
paths.set(globalThis, 'globalThis'); byPath.set('globalThis', globalThis)
const put = (v: unknown, p: string) => { if (paths.has(v)) return false; paths.set(v, p); byPath.set(p, v); return true }
for (const n of NAMES) { const d = Reflect.getOwnPropertyDescriptor(globalThis, n); const v = d && 'value' in d ? d.value : undefined; if (v !== undefined && v !== globalThis && (typeof v === 'function' || typeof v === 'object')) walk(v, n, put) }
walk(process, 'process', put); walk(Buffer, 'Buffer', put)
walk(Object.getPrototypeOf(async () => {}), '%AsyncFunction%', put); walk(Object.getPrototypeOf(function* () {}), '%GeneratorFunction%', put); walk(Object.getPrototypeOf(async function* () {}), '%AsyncGeneratorFunction%', put)
const builtins = new Map<unknown, Reference>(); const builtinByPath = new Map<string, unknown>()
for (const m of ['fs', 'path', 'events', 'util', 'os', 'crypto', 'stream', 'timers', 'url', 'zlib', 'http', 'net', 'assert', 'buffer', 'child_process', 'worker_threads', 'vm', 'module']) if (builtinModules.includes(m)) walk(req(m), '', (v, p) => { if (paths.has(v) || builtins.has(v)) return false; builtins.set(v, { kind: 'builtin', module: `node:${m}`, path: p }); builtinByPath.set(`node:${m}|${p}`, v); return true })
export const findIntrinsic = (v: unknown): Reference | undefined => { if (typeof v === 'symbol') return undefined; const p = paths.get(v); return p === undefined ? undefined : { kind: 'intrinsic', path: p } }
export const findSymbol = (v: symbol): Reference | undefined => { const p = paths.get(v); return p === undefined ? undefined : { kind: 'intrinsic', path: p } }
export const findBuiltin = (v: unknown): Reference | undefined => builtins.get(v)
export const findPackageExport = (_v: unknown, _u?: string): Reference | undefined => undefined
export const classifyUrl = (u: string): { kind: 'user' | 'node' | 'package' } => ({ kind: u.startsWith('node:') ? 'node' : u.includes('/node_modules/') ? 'package' : 'user' })
export const isPromisified = (t: string): boolean => t.includes('ReflectApply(original')
export const isStandardGlobal = (n: string, _d: PropertyDescriptor): boolean => known.has(n)
export const referenceFromImport = (_a: string, _b: string, _c: string): Reference | undefined => undefined
export interface ReferencePolicy { isByValue(r: Reference): boolean; isByValueUrl(u: string): boolean; userReference(f: object, u: string): Reference | undefined }
export const makePolicy = (_o: object): ReferencePolicy => ({ isByValue: () => false, isByValueUrl: () => false, userReference: () => undefined })
export const resolveReference = (r: Reference, _o?: object): unknown => { const v = r.kind === 'intrinsic' ? byPath.get(r.path) : r.kind === 'builtin' ? builtinByPath.get(`${r.module}|${r.path}`) : undefined; if (v === undefined) throw new UnpicklingError('unknown reference ' + JSON.stringify(r)); return v }
export const prepareReferences = async (_r: readonly Reference[], _o: object): Promise<Map<string, object>> => new Map()
export const registerPickleByValue = (_s: string): void => {}; export const unregisterPickleByValue = (_s: string): void => {}; export const listRegistryPickleByValue = (): string[] => []
