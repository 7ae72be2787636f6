// Node's built-in modules and everything reachable in them. Only modules that this process has loaded can have
// given a value to anyone, so no other is ever loaded for looking.
import { builtinModules, createRequire, Module } from 'node:module'
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { follow, walkFrom } from './catalogue.ts'
import { findIntrinsic } from './intrinsics.ts'
import { isNodes } from './origin.ts'
import type { Reference } from './types.ts'

const require = createRequire(import.meta.url)
const MAX_DEPTH = 5
/** First come the modules whose values others pass on. */
const FIRST = ['events', 'util', 'stream', 'fs', 'path', 'url', 'buffer']
const NAMES = [...FIRST, ...builtinModules.filter((name) => !FIRST.includes(name)).sort()]
const OPAQUE = /_cache|_pathCache|_extensions|globalAgent|^_debug|syncBuiltinESMExports/
/** Accessors that only give another part of the module. */
const OPENED = ['promises', 'webcrypto', 'subtle']

interface Entry {
  readonly module: string
  readonly path: string
  checked: boolean
}

const entries = new Map<unknown, Entry>()
const done = new Set<string>()
let listLength = 0

function loadedList(): readonly string[] {
  return (process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []
}

/** Takes in the modules that were loaded since the last time. */
function update(): void {
  const list = loadedList()
  if (list.length === listLength) return
  listLength = list.length
  const loaded = new Set(list)
  for (const name of NAMES) {
    if (done.has(name) || name.startsWith('_') || !loaded.has(`NativeModule ${name}`)) continue
    done.add(name)
    addModule(name, loaded)
  }
}

function addModule(name: string, loaded: ReadonlySet<string>): void {
  let exports: object
  try {
    exports = require(`node:${name}`)
  } catch {
    return
  }
  const add = (value: unknown, path: string, depth: number): boolean => {
    if (entries.has(value) || value instanceof Module || (typeof value !== 'symbol' && findIntrinsic(value)))
      return false
    if (typeof value === 'symbol') {
      if (!Symbol.keyFor(value) && !/^Symbol\(Symbol\./.test(String(value)))
        entries.set(value, { module: `node:${name}`, path, checked: true })
      return false
    }
    entries.set(value, { module: `node:${name}`, path, checked: typeof value !== 'function' })
    return (
      depth < MAX_DEPTH &&
      !OPAQUE.test(path) &&
      (depth === 0 || typeof value === 'function' || isPlain(value))
    )
  }
  walkFrom(exports, '', { visit: add })
  for (const key of OPENED) {
    const getter = Reflect.getOwnPropertyDescriptor(exports, key)?.get
    if (!getter || (key !== 'promises' && !loaded.has('NativeModule internal/crypto/webcrypto'))) continue
    try {
      walkFrom(Reflect.apply(getter, exports, []), `<${key}()`, { visit: add })
    } catch {
      // A getter that refuses gives nobody a value.
    }
  }
}

/** Tables, prototypes and namespaces of functions; not instances, which hold state. */
function isPlain(value: unknown): boolean {
  const prototype = Reflect.getPrototypeOf(value as object)
  if (prototype === Object.prototype || prototype === null) return true
  return typeof Reflect.getOwnPropertyDescriptor(value as object, 'constructor')?.value === 'function'
}

export function findBuiltin(value: unknown): Reference | undefined {
  update()
  const entry = entries.get(value)
  if (entry !== undefined) {
    if (!entry.checked) {
      if (!isNodes(value as object)) {
        // User code has put a function of its own into the module.
        entries.delete(value)
        return undefined
      }
      entry.checked = true
    }
    return { kind: 'builtin', module: entry.module, path: entry.path }
  }
  if (types.isModuleNamespaceObject(value)) {
    const whole = entries.get((value as { default?: unknown }).default)
    if (whole?.path === '') return { kind: 'builtin', module: whole.module, path: '*' }
  }
  return undefined
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
  let exports: object
  try {
    exports = require(module.startsWith('node:') ? module : `node:${module}`)
  } catch (error) {
    throw new UnpicklingError(
      `the bundle refers to the built-in module ${module}, which Node ${process.version} does not have`,
      { cause: error },
    )
  }
  if (path === '*') return namespaceLike(exports)
  const opened = /^<(\w+)\(\)\.?(.*)$/.exec(path)
  const found = opened
    ? follow((exports as Record<string, unknown>)[opened[1]], opened[2])
    : follow(exports, path)
  if (found === undefined)
    throw new UnpicklingError(
      `the bundle refers to ${path} of ${module}, which Node ${process.version} does not have`,
    )
  return found
}

/** What `import * as` gives, as far as it can be had without an import. */
function namespaceLike(exports: object): object {
  const namespace = Object.create(null) as Record<PropertyKey, unknown>
  for (const key of Object.keys(exports).sort()) namespace[key] = (exports as Record<string, unknown>)[key]
  namespace.default = exports
  Object.defineProperty(namespace, Symbol.toStringTag, { value: 'Module' })
  return Object.freeze(namespace)
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
