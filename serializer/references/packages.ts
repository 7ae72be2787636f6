// Packages under node_modules, from a value to specifier and export.
import { createRequire, Module } from 'node:module'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { SetPrototypeGetSize } from '../primordials.ts'
import { findBuiltin } from './builtins.ts'
import { fileFor, namedPaths } from './exports-map.ts'
import { findIntrinsic } from './intrinsics.ts'
import { mark } from './marks.ts'
import { expectModules, modulesMayHaveLoaded } from './module-loads.ts'
import {
  classifyUrl,
  fileOf,
  findPackageRoot,
  isNodes,
  packageNameOf,
  readPackage,
  scriptUrlOf,
  withoutQuery,
} from './origin.ts'
import { configureResolution, rememberReference, rememberRoot } from './package-resolution.ts'
import type { PackageReference } from './types.ts'

const { getOwnPropertyDescriptor, ownKeys } = Reflect
const { keys: objectKeys } = Object
const ownRequire = createRequire(import.meta.url)
const MAX_DEPTH = 3

/** What a package's public modules export, by value. */
interface Catalogue {
  readonly values: Map<unknown, PackageReference>
  /** Namespaces of its ES modules: `import` and `require` give different objects for one module. */
  readonly namespaces: [namespace: object, reference: PackageReference][]
  /** How much was loaded when it was made: with more, there may be more to find. */
  readonly state: number
}

const catalogues = new Map<string, Catalogue>()
/** What cornichon itself exports, by value, to where: the module's specifier and the name. */
const selfExports = new Map<unknown, { readonly specifier: string; readonly name: string }>()
const selfFolders: string[] = []
let loadedScripts: () => ReadonlySet<string> = () => new Set()

export function configurePackages(how: { readonly loadedUrls: () => ReadonlySet<string> }): void {
  loadedScripts = how.loadedUrls
}

/** Told by a public entry of cornichon's own: what it exports, which is always found, and where its code lies. */
export function registerOwnModule(specifier: string, exports: Record<string, unknown>, url: string): void {
  configureResolution(specifier, exports)
  for (const [name, value] of Object.entries(exports)) {
    selfExports.set(value, { specifier, name })
    mark(value)
  }
  const folder = dirname(fileURLToPath(url))
  // As published, nearly all of the code is in chunks that the modules share (scripts/bundle.mjs).
  selfFolders.push(folder, join(folder, '..', 'chunks'))
  ownUrls.clear()
}

const ownUrls = new Map<string, boolean>()

/** Whether a script is part of cornichon itself. */
export function isOwnUrl(url: string): boolean {
  let own = ownUrls.get(url)
  if (own === undefined) ownUrls.set(url, (own = isInOwnFolder(fileOf(url))))
  return own
}

function isInOwnFolder(file: string | null): boolean {
  return file !== null && selfFolders.some((folder) => file.startsWith(folder + sep))
}

/** The export of a package that the value is; `url` is the script of a function, where there is one. */
export function findPackageExport(value: object, url?: string): PackageReference | undefined {
  const own = selfExports.get(value)
  if (own !== undefined)
    return { kind: 'package', specifier: own.specifier, path: [own.name], version: null, esm: true }
  const root =
    url === undefined
      ? types.isModuleNamespaceObject(value)
        ? namespacePackage(value)
        : exportingPackage(value)
      : rootOf(url)
  if (root === undefined) return undefined
  const found = search(root, value)
  if (found) {
    rememberReference(found, value)
    rememberRoot(found, root)
  }
  return found
}

/** The symbol that a package exports. It has no script: it is found where a module's exports have it. */
export function findPackageSymbol(symbol: symbol): PackageReference | undefined {
  takeInExports()
  const root = symbolExporters.get(symbol)
  const found = root === undefined ? undefined : search(root, symbol)
  if (found) {
    rememberReference(found, symbol)
    rememberRoot(found, root!)
  }
  return found
}

/** Where a symbol is found that code of the function's package uses: nowhere, if the package does not export it. */
export function noteSymbolOf(symbol: symbol, fn: object): 'exported' | 'hidden' | 'not a package' {
  const url = scriptUrlOf(fn)
  const root = url === undefined ? undefined : rootOf(url)
  if (root === undefined) return 'not a package'
  if (!search(root, symbol)) return 'hidden'
  note(symbol, root)
  return 'exported'
}

/**
 * What others inherit from may be the `prototype` of a package's function without saying so: where it was assigned as a whole it
 * has no `constructor`. Its methods tell in which package to look for it; `urlOf` gives a function's script.
 */
export function noteInherited(prototype: object, urlOf: (fn: object) => string | undefined): void {
  if (types.isProxy(prototype) || exporters.has(prototype) || isOfNode(prototype)) return
  const root = packageByFunctions(prototype, (key) => getOwnPropertyDescriptor(prototype, key)?.value, urlOf)
  if (root !== undefined) note(prototype, root)
}

/** The package of an ES module, going by the functions that it exports. */
function namespacePackage(namespace: object): string | undefined {
  return packageByFunctions(namespace, (key) => (namespace as Record<string, unknown>)[key], scriptUrlOf)
}

function packageByFunctions(
  object: object,
  memberOf: (key: string) => unknown,
  urlOf: (fn: object) => string | undefined,
): string | undefined {
  for (const key of ownKeys(object)) {
    if (typeof key !== 'string') continue
    let member: unknown
    try {
      member = memberOf(key)
    } catch {
      continue
    }
    const url = typeof member === 'function' && !types.isProxy(member) ? urlOf(member) : undefined
    const root = url === undefined ? undefined : rootOf(url)
    if (root !== undefined) return root
  }
  return undefined
}

function rootOf(url: string): string | undefined {
  const place = classifyUrl(url)
  return place.kind === 'package' ? place.root : undefined
}

function cacheSize(): number {
  // Twice as fast as Reflect.ownKeys where there are many.
  return objectKeys(ownRequire.cache).length
}

function search(root: string, value: object | symbol): PackageReference | undefined {
  let catalogue = catalogues.get(root)
  const found = catalogue && lookUp(catalogue, value)
  if (found) return found
  const state = cacheSize() + loadedScripts().size
  if (catalogue?.state === state) return undefined
  const version = readPackage(root)?.version ?? null
  const via = ownersOf(root)
  const values = new Map<unknown, PackageReference>()
  const namespaces: Catalogue['namespaces'] = []
  for (const [specifier, exports, esm] of publicModules(root)) {
    const module: PackageReference = { kind: 'package', specifier, path: [], version, esm, ...via }
    addExports(values, exports, module)
    if (esm) namespaces.push([exports, module])
  }
  // Looking may have grown the cache.
  catalogue = { values, namespaces, state: cacheSize() + loadedScripts().size }
  catalogues.set(root, catalogue)
  // Modules may have been loaded for it.
  isTakenIn = false
  return lookUp(catalogue, value)
}

/** The packages that have the package in a node_modules of their own: another version may be outside. */
function ownersOf(root: string): { via?: readonly string[] } {
  const via: string[] = []
  for (let at = root; ; ) {
    const owner = classifyUrl(at.slice(0, at.lastIndexOf(`${sep}node_modules${sep}`)))
    if (owner.kind !== 'package' || owner.file !== owner.root) break
    via.unshift(owner.name)
    at = owner.root
  }
  return via.length > 0 ? { via } : {}
}

function lookUp(catalogue: Catalogue, value: object | symbol): PackageReference | undefined {
  const found = catalogue.values.get(value)
  if (found || typeof value === 'symbol' || !types.isModuleNamespaceObject(value)) return found
  return catalogue.namespaces.find(([namespace]) => exportsTheSame(value, namespace))?.[1]
}

/** `require` of an ES module with a default export gives a namespace of its own, that says `__esModule`. */
function exportsTheSame(a: object, b: object): boolean {
  const names = (object: object) => ownKeys(object).filter((key) => key !== '__esModule')
  const keys = names(a)
  try {
    return keys.length === names(b).length && keys.every((key) => Reflect.get(a, key) === Reflect.get(b, key))
  } catch {
    return false // Not initialized yet.
  }
}

/** The modules of a package that its users can name and that are loaded, the shortest specifier first. */
function* publicModules(root: string): Generator<[specifier: string, exports: object, esm: boolean]> {
  const json = readPackage(root)
  const name = root.slice(root.lastIndexOf('node_modules') + 13).replaceAll('\\', '/')
  if (!json) return
  const require = createRequire(join(root, 'package.json'))
  const loaded = loadedScripts()
  const specifiers = namedPaths(root, json, [...ownKeys(ownRequire.cache), ...loaded]).map((path) =>
    path === '.' ? name : `${name}/${path.slice(2)}`,
  )
  for (const specifier of specifiers.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
    for (const esm of [false, true]) {
      const file = fileFor(root, json, specifier.slice(name.length + 1), esm)
      if (file === null) continue
      const cached: unknown = cachedModule(file)?.exports
      if (cached && !types.isModuleNamespaceObject(cached)) {
        if (!esm) yield [specifier, cached as object, false]
      } else if (esm && (cached || loaded.has(pathToFileURL(file).href))) {
        const namespace = cached ?? requireLoaded(require, file)
        if (namespace) yield [specifier, namespace, true]
      }
    }
  }
  if (json.exports === undefined) yield* deepModules(root, name)
}

function cachedModule(file: string): NodeModule | undefined {
  const { cache } = ownRequire
  return cache[file] ?? cache[(ownKeys(cache) as string[]).find((key) => withoutQuery(key) === file) ?? '']
}

/** Without an `exports` map every file can be named. */
function* deepModules(root: string, name: string): Generator<[string, object, boolean]> {
  for (const file of ownKeys(ownRequire.cache) as string[]) {
    const inside = file.startsWith(`${root}/`) ? withoutQuery(file.slice(root.length + 1)) : null
    if (inside === null || inside.includes('node_modules/')) continue
    const exports: unknown = ownRequire.cache[file]!.exports
    if (!types.isModuleNamespaceObject(exports))
      yield [`${name}/${inside.replace(/\.js$/, '')}`, exports as object, false]
  }
}

/**
 * A module that is loaded already: requiring it runs nothing, unless a loader that hooks into require would compile
 * it again. Null where that or this Node forbids it.
 */
function requireLoaded(require: NodeJS.Require, file: string): object | null {
  try {
    const compile = (Module as unknown as { _extensions: Record<string, object | undefined> })._extensions
    if (compile[extname(file)] && !isNodes(compile[extname(file)]!)) return null
    return require(file) as object
  } catch {
    return null
  }
}

/** What can be reached from a value that a reference means, by reference; what is there already stays. */
function addExports(values: Map<unknown, PackageReference>, exports: object, module: PackageReference): void {
  const queue: [unknown, readonly string[]][] = [[exports, module.path]]
  const deepest = module.path.length + MAX_DEPTH
  for (let next = 0; next < queue.length; next++) {
    const [value, path] = queue[next]
    if (typeof value === 'symbol' && !values.has(value)) values.set(value, { ...module, path })
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || types.isProxy(value))
      continue
    if (isOfNode(value)) continue
    if (!values.has(value)) values.set(value, { ...module, path })
    else if (value !== exports) continue
    if (path.length >= deepest) continue
    for (const key of ownKeys(value)) {
      if (
        typeof key !== 'string' ||
        (typeof value === 'function' && (key === 'caller' || key === 'arguments' || key === 'constructor'))
      )
        continue
      const descriptor = getOwnPropertyDescriptor(value, key)!
      // A module's re-exports are often getters; reading them is what every importer does.
      const isReExport = value === exports && descriptor.get !== undefined && descriptor.enumerable === true
      try {
        const member: unknown =
          isReExport || types.isModuleNamespaceObject(value)
            ? (value as Record<string, unknown>)[key]
            : descriptor.value
        if (member !== undefined) queue.push([member, [...path, key]])
      } catch {
        // Not initialized yet.
      }
    }
  }
}

/** Objects that loaded packages export, to their package's folder: kept up as the module cache grows. */
const exporters = new WeakMap<object, string>()
/** Likewise symbols, which live as long as their modules. */
const symbolExporters = new Map<symbol, string>()
const seenModules = new Set<string>()

/** Looking at the module cache for every object would cost more than all the rest: once a walk is enough. */
let isTakenIn = false

/** Before a value graph is walked: modules may have been loaded since the last time. */
export function beginWalk(): void {
  isTakenIn = false
}

/** Takes in what packages export that were loaded since this was last asked for. */
export function takeInExports(): void {
  if (isTakenIn) return
  isTakenIn = true
  if (!modulesMayHaveLoaded() || cacheSize() === SetPrototypeGetSize(seenModules)) return
  takeInModules()
  // One is being loaded still.
  if (cacheSize() !== SetPrototypeGetSize(seenModules)) expectModules()
}

function exportingPackage(value: object): string | undefined {
  takeInExports()
  return exporters.get(value)
}

/** No package's own (lodash/_root exports the global object), and reading its properties would load more of Node. */
function isOfNode(value: object): boolean {
  return (findIntrinsic(value) ?? (typeof value === 'object' ? findBuiltin(value) : undefined)) !== undefined
}

function noteExports(exports: object, root: string): void {
  if (isOfNode(exports)) return
  // Compiled ES modules export by getters; reading them is what every importer does.
  const isRead = types.isModuleNamespaceObject(exports) || getOwnPropertyDescriptor(exports, '__esModule')
  for (const key of ownKeys(exports)) {
    try {
      note(isRead ? Reflect.get(exports, key) : getOwnPropertyDescriptor(exports, key)?.value, root)
    } catch {
      // Not initialized yet.
    }
  }
}

function takeInModules(): void {
  for (const file of ownKeys(ownRequire.cache) as string[]) {
    if (seenModules.has(file)) continue
    const place = classifyUrl(file)
    const module = ownRequire.cache[file]
    if (!module?.loaded) continue
    seenModules.add(file)
    if (place.kind !== 'package') continue
    note(module.exports, place.root)
    const exports: unknown = module.exports
    if (
      (typeof exports !== 'object' && typeof exports !== 'function') ||
      exports === null ||
      types.isProxy(exports)
    )
      continue
    noteExports(exports, place.root)
  }
}

function note(value: unknown, root: string): void {
  if (typeof value === 'symbol' && !symbolExporters.has(value)) symbolExporters.set(value, root)
  if (typeof value !== 'object' || value === null || exporters.has(value)) return
  if (value === Object.prototype || value === globalThis) return
  exporters.set(value, root)
  mark(value)
}

/** What can be reached from an export, by reference. */
export function exportsBelow(value: object, reference: PackageReference): Map<unknown, PackageReference> {
  const values = new Map<unknown, PackageReference>()
  addExports(values, value, reference)
  return values
}

/** The reference that an import statement of a module means, if it names a package. */
export function referenceFromImport(
  importer: string,
  specifier: string,
  imported: string,
): PackageReference | undefined {
  if (/^[./]|^[a-z]+:/i.test(specifier)) return undefined
  const file = fileOf(importer)
  if (file === null) return undefined
  const root = rootFrom(packageNameOf(specifier), dirname(file))
  if (root === null) return undefined
  const reference: PackageReference = {
    kind: 'package',
    specifier,
    path: imported === '*' ? [] : [imported],
    version: readPackage(root)?.version ?? null,
    esm: true,
  }
  rememberRoot(reference, root)
  return reference
}

const roots = new Map<string, string>()
function rootFrom(name: string, folder: string): string | null {
  const key = `${folder}\n${name}`
  const known = roots.get(key)
  if (known !== undefined) return known
  const root = findPackageRoot(name, folder)
  if (root !== null) roots.set(key, root)
  return root
}
