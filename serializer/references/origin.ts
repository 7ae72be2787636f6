// Where functions and scripts come from: Node itself, a package, or the user.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { process } from '../globals.ts'

const functionToString = Function.prototype.toString
let scriptUrl: (fn: object) => string | undefined = () => undefined

/** This folder asks nobody for a function's script: whoever knows says how. */
export function configureReferences(how: { readonly scriptUrlOf: (fn: object) => string | undefined }): void {
  scriptUrl = how.scriptUrlOf
}

export function scriptUrlOf(fn: object): string | undefined {
  return scriptUrl(fn)
}

const scripted = new WeakMap<object, boolean>()

/** Is a function the platform's: native, or JavaScript of Node's own? */
export function isNodes(fn: object): boolean {
  if (types.isProxy(fn)) return false
  if (isNativeCode(fn)) return true
  let nodes = scripted.get(fn)
  if (nodes === undefined) scripted.set(fn, (nodes = scriptUrl(fn)?.startsWith('node:') ?? isBound(fn)))
  return nodes
}

/** Is a function native without doubt? (A proxy's text is a native function's.) */
export function isNativeCode(fn: object): boolean {
  return !types.isProxy(fn) && isNativeFunction(fn) && !isBound(fn)
}

/** A bound function is as native as any, but its target may be the user's. */
function isBound(fn: object): boolean {
  const name: unknown = Reflect.getOwnPropertyDescriptor(fn, 'name')?.value
  return typeof name === 'string' && name.startsWith('bound ')
}

export function isNativeFunction(fn: object): boolean {
  return (Reflect.apply(functionToString, fn, []) as string).endsWith('{ [native code] }')
}

/** The modules of Node's that this process has loaded, internal ones included. */
export function loadedInternals(): ReadonlySet<string> {
  const list = (process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []
  if (list.length !== listLength) {
    listLength = list.length
    internals = new Set(list.map((entry) => entry.replace(/^NativeModule /, '')))
  }
  return internals
}
let listLength = -1
let internals: ReadonlySet<string> = new Set()

export type ScriptPlace =
  | { readonly kind: 'node' | 'user' }
  | {
      readonly kind: 'package'
      readonly name: string
      readonly root: string
      readonly version: string | null
      readonly file: string
    }

const places = new Map<string, ScriptPlace>()
const USER: ScriptPlace = { kind: 'user' }

/** Whose a script is, by its url or path. */
export function classifyUrl(url: string): ScriptPlace {
  let place = places.get(url)
  if (place === undefined) places.set(url, (place = classify(url)))
  return place
}

function classify(url: string): ScriptPlace {
  if (url.startsWith('node:')) return { kind: 'node' }
  const file = fileOf(url)
  if (file === null) return USER
  const mark = `${sep}node_modules${sep}`
  const at = file.lastIndexOf(mark)
  if (at < 0) return USER
  const parts = file.slice(at + mark.length).split(sep)
  const name = parts[0].startsWith('@') ? `${parts[0]}/${parts[1]}` : parts[0]
  const root = join(file.slice(0, at), 'node_modules', name)
  return { kind: 'package', name, root, version: readPackage(root)?.version ?? null, file }
}

export function fileOf(url: string): string | null {
  if (url.startsWith('file:')) {
    try {
      return fileURLToPath(url)
    } catch {
      return null
    }
  }
  return url.startsWith('/') || /^[A-Za-z]:\\/.test(url) ? withoutQuery(url) : null
}

/** Loaders may put one behind a CommonJS module's path, so that a file can be loaded twice (tsx does). */
export function withoutQuery(path: string): string {
  return path.replace(/\?[\w=&]*$/, '')
}

export interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly main?: string
  readonly module?: string
  readonly type?: string
  readonly exports?: unknown
}

const packages = new Map<string, PackageJson | null>()

export function readPackage(root: string): PackageJson | null {
  let json = packages.get(root)
  if (json === undefined) {
    try {
      json = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson
    } catch {
      json = null
    }
    packages.set(root, json)
  }
  return json
}

/** The package's folder as seen from a folder: the nearest node_modules that has it. */
export function findPackageRoot(name: string, from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const root = join(folder, 'node_modules', name)
    if (existsSync(join(root, 'package.json'))) return root
    if (dirname(folder) === folder) return null
  }
}

/** `@scope/name/sub/path` -> `@scope/name`. */
export function packageNameOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}
