// Packages under node_modules: from a value to specifier and export, and back.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { resolve as resolveExports } from 'resolve.exports'
import { UnpicklingError } from '../errors.ts'
import {
  classifyUrl,
  fileOf,
  findPackageRoot,
  type PackageJson,
  packageNameOf,
  readPackage,
  scriptUrlOf,
} from './origin.ts'
import type { Reference } from './types.ts'

type PackageReference = Extract<Reference, { kind: 'package' }>

const { getOwnPropertyDescriptor, ownKeys } = Reflect
const ownRequire = createRequire(import.meta.url)
const MAX_DEPTH = 3

/** What a package's public modules export, by value. */
interface Catalogue {
  readonly values: Map<unknown, PackageReference>
  /** How much was loaded when it was made: with more, there may be more to find. */
  readonly state: number
}

const catalogues = new Map<string, Catalogue>()
/** Values that were referred to in this thread: loading them here gives the very same. */
const known = new Map<string, WeakRef<object>>()
let selfExports: ReadonlyMap<unknown, string> = new Map()
let selfNamespace: Record<string, unknown> = {}
let selfFolder = ''
let loadedScripts: () => ReadonlySet<string> = () => new Set()

/** Told by the public entry: its own exports, which are always found. */
export function configurePackages(how: {
  readonly self: Record<string, unknown>
  readonly selfUrl: string
  readonly loadedUrls: () => ReadonlySet<string>
}): void {
  selfNamespace = how.self
  selfExports = new Map(Object.entries(how.self).map(([name, value]) => [value, name]))
  selfFolder = dirname(fileURLToPath(how.selfUrl))
  ownUrls.clear()
  loadedScripts = how.loadedUrls
}

const ownUrls = new Map<string, boolean>()

/** Whether a script is part of cornichon itself. */
export function isOwnUrl(url: string): boolean {
  let own = ownUrls.get(url)
  if (own === undefined)
    ownUrls.set(url, (own = selfFolder !== '' && (fileOf(url)?.startsWith(selfFolder) ?? false)))
  return own
}

/** The export of a package that the value is; `url` is the script of a function, where there is one. */
export function findPackageExport(value: object, url?: string): PackageReference | undefined {
  const own = selfExports.get(value)
  if (own !== undefined)
    return { kind: 'package', specifier: 'cornichon', path: [own], version: null, esm: true }
  const root =
    url === undefined
      ? types.isModuleNamespaceObject(value)
        ? namespacePackage(value)
        : exportingPackage(value)
      : rootOf(url)
  if (root === undefined) return undefined
  const found = search(root, value)
  if (found) known.set(keyOf(found), new WeakRef(value))
  return found
}

/** The package of an ES module, going by the functions that it exports. */
function namespacePackage(namespace: object): string | undefined {
  for (const key of ownKeys(namespace)) {
    if (typeof key !== 'string') continue
    let member: unknown
    try {
      member = (namespace as Record<string, unknown>)[key]
    } catch {
      continue
    }
    const url = typeof member === 'function' && !types.isProxy(member) ? scriptUrlOf(member) : undefined
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
  return ownKeys(ownRequire.cache).length
}

function search(root: string, value: object): PackageReference | undefined {
  let catalogue = catalogues.get(root)
  const found = catalogue?.values.get(value)
  if (found) return found
  const state = cacheSize() + loadedScripts().size
  if (catalogue?.state === state) return undefined
  catalogue = { values: new Map(), state }
  catalogues.set(root, catalogue)
  for (const [specifier, exports, esm] of publicModules(root))
    addExports(catalogue.values, specifier, exports, esm, readPackage(root)?.version ?? null)
  return catalogue.values.get(value)
}

/** The modules of a package that its users can name and that are loaded, the shortest specifier first. */
function* publicModules(root: string): Generator<[specifier: string, exports: object, esm: boolean]> {
  const json = readPackage(root)
  const name = root.slice(root.lastIndexOf('node_modules') + 13).replaceAll('\\', '/')
  if (!json) return
  const require = createRequire(join(root, 'package.json'))
  const loaded = loadedScripts()
  const specifiers = subPaths(json).map((path) => (path === '.' ? name : `${name}/${path.slice(2)}`))
  for (const specifier of specifiers.sort((a, b) => a.length - b.length)) {
    for (const esm of [false, true]) {
      const file = fileFor(root, json, specifier.slice(name.length + 1), esm)
      if (file === null) continue
      const cached = ownRequire.cache[file]
      if (cached) {
        if (!esm) yield [specifier, cached.exports as object, false]
      } else if (loaded.has(pathToFileURL(file).href)) {
        const namespace = requireLoaded(require, file)
        if (namespace) yield [specifier, namespace, true]
      }
    }
  }
  if (json.exports === undefined) yield* deepModules(root, name)
}

/** Without an `exports` map every file can be named. */
function* deepModules(root: string, name: string): Generator<[string, object, boolean]> {
  for (const file of ownKeys(ownRequire.cache) as string[]) {
    const inside = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : null
    if (inside === null || inside.includes('node_modules/')) continue
    yield [`${name}/${inside.replace(/\.js$/, '')}`, ownRequire.cache[file]!.exports as object, false]
  }
}

function subPaths(json: PackageJson): string[] {
  const map = json.exports
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return ['.']
  const keys = Object.keys(map).filter((key) => key.startsWith('.') && !key.includes('*'))
  return keys.length > 0 ? keys : ['.']
}

/** The file that the sub-path of a package means, for `import` or for `require`. */
function fileFor(root: string, json: PackageJson, subPath: string, esm: boolean): string | null {
  try {
    if (json.exports !== undefined) {
      const entry = subPath === '' ? '.' : `./${subPath}`
      const found = resolveExports(json as never, entry, {
        require: !esm,
        conditions: ['node', 'module-sync'],
      })
      return found ? join(root, found[0]) : null
    }
    return createRequire(join(root, 'package.json')).resolve(subPath === '' ? root : join(root, subPath))
  } catch {
    return null
  }
}

/** A module that is loaded already: requiring it runs nothing. Null where this Node can't. */
function requireLoaded(require: NodeJS.Require, file: string): object | null {
  try {
    return require(file) as object
  } catch {
    return null
  }
}

function addExports(
  values: Map<unknown, PackageReference>,
  specifier: string,
  exports: object,
  esm: boolean,
  version: string | null,
): void {
  const queue: [unknown, string[]][] = [[exports, []]]
  for (let next = 0; next < queue.length; next++) {
    const [value, path] = queue[next]
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || types.isProxy(value))
      continue
    if (!values.has(value)) values.set(value, { kind: 'package', specifier, path, version, esm })
    else if (path.length > 0) continue
    if (path.length >= MAX_DEPTH) continue
    for (const key of ownKeys(value)) {
      if (
        typeof key !== 'string' ||
        (typeof value === 'function' && (key === 'caller' || key === 'arguments' || key === 'constructor'))
      )
        continue
      const descriptor = getOwnPropertyDescriptor(value, key)!
      // A module's re-exports are often getters; reading them is what every importer does.
      const isReExport = path.length === 0 && descriptor.get !== undefined && descriptor.enumerable === true
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
const seenModules = new Set<string>()

/** Looking at the module cache for every object would cost more than all the rest: once a walk is enough. */
let isTakenIn = false

/** Before a value graph is walked: modules may have been loaded since the last time. */
export function beginWalk(): void {
  isTakenIn = false
}

function exportingPackage(value: object): string | undefined {
  if (!isTakenIn) {
    isTakenIn = true
    if (cacheSize() !== seenModules.size) takeInModules()
  }
  return exporters.get(value)
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
    for (const key of ownKeys(exports)) note(getOwnPropertyDescriptor(exports, key)?.value, place.root)
  }
}

function note(value: unknown, root: string): void {
  if (typeof value !== 'object' || value === null || exporters.has(value)) return
  if (value === Object.prototype || value === globalThis) return
  exporters.set(value, root)
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
  const root = findPackageRoot(packageNameOf(specifier), dirname(file))
  if (root === null) return undefined
  return {
    kind: 'package',
    specifier,
    path: imported === '*' ? [] : [imported],
    version: readPackage(root)?.version ?? null,
    esm: true,
  }
}

function keyOf(reference: PackageReference): string {
  return `${reference.specifier}\n${reference.version}\n${reference.esm}\n${reference.path.join('\n')}`
}

/** Notes that a reference means a value in this thread. */
export function rememberReference(reference: Reference, value: object): void {
  if (reference.kind === 'package') known.set(keyOf(reference), new WeakRef(value))
}

export function resolvePackage(
  reference: PackageReference,
  namespaces: ReadonlyMap<string, object> | undefined,
): unknown {
  const here = known.get(keyOf(reference))?.deref()
  if (here) return here
  if (reference.specifier === 'cornichon') return followExport(selfNamespace, reference)
  const imported = namespaces?.get(reference.specifier)
  return followExport(imported ?? requireModule(reference), reference)
}

function followExport(module: unknown, reference: PackageReference): unknown {
  let value = module
  let path = reference.path
  // `import` of a CommonJS module gives its exports as the default.
  if (
    reference.esm &&
    path[0] === 'default' &&
    !types.isModuleNamespaceObject(module) &&
    !hasOwn(module, 'default')
  )
    path = path.slice(1)
  for (const [i, key] of path.entries()) {
    const member = value === null || value === undefined ? undefined : (value as Record<string, unknown>)[key]
    if (member === undefined) {
      throw new UnpicklingError(
        `the bundle refers to ${path.slice(0, i + 1).join('.')} of ${reference.specifier}${noted(reference)}, which the one installed here does not export`,
      )
    }
    value = member
  }
  return value
}

function hasOwn(value: unknown, key: string): boolean {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    getOwnPropertyDescriptor(value, key) !== undefined
  )
}

function noted(reference: PackageReference): string {
  return reference.version === null ? '' : ` (version ${reference.version} at the sender's)`
}

function requireModule(reference: PackageReference): unknown {
  const { specifier } = reference
  const folder = process.cwd()
  const require = createRequire(join(folder, 'noop.js'))
  try {
    if (specifier.startsWith('file:')) return require(fileURLToPath(specifier))
    const file = reference.esm ? importedFile(specifier, folder) : null
    return require(file ?? specifier)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'ERR_REQUIRE_ASYNC_MODULE' || code === 'ERR_REQUIRE_ESM') {
      throw new UnpicklingError(
        `the bundle refers to ${specifier}, an ES module that can't be loaded synchronously here: use loadsAsync`,
        { cause: error },
      )
    }
    if (
      code === 'MODULE_NOT_FOUND' ||
      code === 'ERR_MODULE_NOT_FOUND' ||
      code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    )
      throw notFound(reference, folder, error)
    throw error
  }
}

function importedFile(specifier: string, folder: string): string | null {
  const name = packageNameOf(specifier)
  const root = findPackageRoot(name, folder)
  const json = root === null ? null : readPackage(root)
  return root !== null && json ? fileFor(root, json, specifier.slice(name.length + 1), true) : null
}

function notFound(reference: PackageReference, folder: string, cause: unknown): UnpicklingError {
  const { specifier, version } = reference
  const install = `${packageNameOf(specifier)}${version === null ? '' : `@${version}`}`
  return new UnpicklingError(
    `the bundle refers to ${specifier}${noted(reference)}, which was not found from ${folder}. ` +
      `Either pickle it by value (byValue: ['${packageNameOf(specifier)}'] or registerPickleByValue), ` +
      `or provide it where the bundle is loaded (npm install ${install}, or a runtime environment)`,
    { cause },
  )
}

/** Imports what a bundle refers to, for loadsAsync. What can't be imported fails when it is resolved. */
export async function importModules(references: readonly Reference[]): Promise<Map<string, object>> {
  const modules = new Map<string, object>()
  for (const reference of references) {
    if (reference.kind === 'builtin' && reference.path === '*')
      modules.set(reference.module, (await import(reference.module)) as object)
    if (
      reference.kind !== 'package' ||
      !reference.esm ||
      reference.specifier === 'cornichon' ||
      known.get(keyOf(reference))?.deref()
    )
      continue
    const { specifier } = reference
    if (modules.has(specifier)) continue
    const file = specifier.startsWith('file:') ? null : importedFile(specifier, process.cwd())
    if (file === null && !specifier.startsWith('file:')) continue
    modules.set(specifier, (await import(file === null ? specifier : pathToFileURL(file).href)) as object)
  }
  return modules
}
