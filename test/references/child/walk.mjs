// @ts-check
// Walks everything that the built-in modules and the globals reach, the same way in every process: by properties,
// symbols, accessors and prototypes. No getter runs.
import { builtinModules, createRequire } from 'node:module'

const require = createRequire(import.meta.url)
/** Those that warn, need a flag, or are made anew for a debugger. */
const left =
  /^_|^(?:node:)?(?:sys|punycode|wasi|test|sqlite|sea|ffi|quic|trace_events|inspector|repl|domain)(?:\/|$)/

/** What belongs to the process and not to Node's code. */
const state =
  /^module\..*(?:_cache|_pathCache|_extensions|globalPaths)|^process\.(?:env|mainModule|_events|domain)|require\.cache/

/** @returns {Map<string, unknown>} from path to function, prototype or symbol */
export function walkBuiltins() {
  const found = new Map()
  const seen = new Set()
  /** @type {[unknown, string, number][]} */
  const queue = builtinModules.filter((name) => !left.test(name)).map((name) => [require(name), name, 0])
  for (let next = 0; next < queue.length; next++) {
    const [value, path, depth] = /** @type {[unknown, string, number]} */ (queue[next])
    const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null)
    if ((!isObject && typeof value !== 'symbol') || seen.has(value) || state.test(path)) continue
    seen.add(value)
    if (typeof value !== 'object' || isPrototype(/** @type {object} */ (value)) || depth === 0)
      found.set(path, value)
    if (!isObject || depth > 6) continue
    const object = /** @type {object} */ (value)
    if (depth > 0 && typeof value === 'object' && !isPrototype(object) && !isPlain(object)) continue
    for (const [i, key] of Reflect.ownKeys(object).entries()) {
      const name = typeof key === 'symbol' ? `[${i} ${String(key)}]` : key
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
      for (const part of /** @type {const} */ (['value', 'get', 'set']))
        queue.push([descriptor?.[part], `${path}.${name}${part === 'value' ? '' : ` ${part}`}`, depth + 1])
    }
    queue.push([Reflect.getPrototypeOf(object), `${path}.^`, depth + 1])
  }
  return found
}

/** @param {object} value */
function isPrototype(value) {
  return typeof Reflect.getOwnPropertyDescriptor(value, 'constructor')?.value === 'function'
}

/** @param {object} value */
function isPlain(value) {
  const prototype = Reflect.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
