// Global variables as they were when cornichon was loaded, for code of ours that runs in one thread with code of the user's,
// which may put others in their places. Within `dumps` and `loads` that is dealt with by originals.ts; the rest of our code
// imports what it uses. Types of the same names are the global ones: aliases of them, exported here, would be what the types of
// our users' own exports are said to be made of, which tsc refuses to name in their declarations (TS2742).

// These are Node's own even where cornichon is loaded while a test has faked the timers.
export { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers'
export const {
  AbortController,
  Array,
  ArrayBuffer,
  Atomics,
  Buffer,
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
  structuredClone,
  Symbol,
  TypeError,
  Uint8Array,
  WeakMap,
} = globalThis
