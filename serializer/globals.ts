// Global variables as they were when cornichon was loaded, for code of ours that runs in one thread with code of the user's,
// which may put others in their places. Within `dumps` and `loads` that is dealt with by originals.ts; the rest of our code
// imports what it uses.

export const {
  AbortController,
  Array,
  ArrayBuffer,
  Atomics,
  Buffer,
  clearTimeout,
  Error,
  FinalizationRegistry,
  Function,
  Int32Array,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  Proxy,
  process,
  queueMicrotask,
  RangeError,
  Reflect,
  Set,
  SharedArrayBuffer,
  String,
  setImmediate,
  setTimeout,
  structuredClone,
  Symbol,
  TypeError,
  Uint8Array,
  WeakMap,
} = globalThis

// The types of the same names, where a file needs both.
export type AbortController = globalThis.AbortController
export type ArrayBuffer = globalThis.ArrayBuffer
export type Buffer = globalThis.Buffer
export type Error = globalThis.Error
export type FinalizationRegistry<T> = globalThis.FinalizationRegistry<T>
export type Int32Array = globalThis.Int32Array
export type Map<K, V> = globalThis.Map<K, V>
export type Promise<T> = globalThis.Promise<T>
export type Set<T> = globalThis.Set<T>
export type SharedArrayBuffer = globalThis.SharedArrayBuffer
export type TypeError = globalThis.TypeError
export type Uint8Array = globalThis.Uint8Array
export type WeakMap<K extends WeakKey, V> = globalThis.WeakMap<K, V>
