// Packages under node_modules, from a reference to the value: by require, or by import where loadsAsync has awaited it.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { asUser } from '../originals.ts'
import { fileFor } from './exports-map.ts'
import { importModule } from './import.ts'
import { checkMembers } from './members.ts'
import { findPackageRoot, packageNameOf, readPackage } from './origin.ts'
import type { PackageReference, Reference } from './types.ts'

const { getOwnPropertyDescriptor } = Reflect
/** Values that were referred to in this thread: loading them here gives the very same. */
const known = new Map<string, WeakRef<WeakKey>>()
/** Modules of cornichon itself that this thread has loaded, by specifier. */
const ownModules = new Map<string, Record<string, unknown>>()

/** What references to a module of cornichon itself mean. */
export function configureResolution(specifier: string, exports: Record<string, unknown>): void {
  ownModules.set(specifier, exports)
}

function keyOf(reference: PackageReference): string {
  return `${reference.specifier}\n${reference.version}\n${reference.esm}\n${reference.via ?? ''}\n${reference.path.join('\n')}`
}

/** Notes that a reference means a value in this thread. */
export function rememberReference(reference: Reference, value: WeakKey): void {
  if (reference.kind === 'package') known.set(keyOf(reference), new WeakRef(value))
}

/** The folders of packages that this thread has referred to: the bundles have no paths. */
const roots = new Map<string, string>()

function rootKeyOf({ specifier, version, via }: PackageReference): string {
  return [...(via ?? []), packageNameOf(specifier), version].join('\n')
}

/** Notes where the reference's package was found, so that this thread finds it there again. */
export function rememberRoot(reference: PackageReference, root: string): void {
  roots.set(rootKeyOf(reference), root)
}

export function resolvePackage(
  reference: PackageReference,
  namespaces: ReadonlyMap<string, object> | undefined,
): unknown {
  const here = known.get(keyOf(reference))?.deref()
  if (here) return here
  const own = ownModules.get(reference.specifier)
  if (own) return followExport(own, reference)
  const imported = reference.esm ? namespaces?.get(moduleKey(reference)) : undefined
  const value = followExport(imported ?? requireModule(reference), reference)
  checkMembers(value, reference, startOf)
  return value
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
  const folder = startOf(reference)
  const require = createRequire(join(folder, 'noop.js'))
  let file: string
  try {
    file = specifier.startsWith('file:')
      ? fileURLToPath(specifier)
      : ((reference.esm ? importedFile(specifier, folder) : null) ?? require.resolve(specifier))
  } catch (error) {
    throw notFound(reference, folder, error)
  }
  try {
    return asUser(() => require(file))
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    if (code === 'ERR_REQUIRE_ASYNC_MODULE' || code === 'ERR_REQUIRE_ESM') {
      throw new UnpicklingError(
        `the bundle refers to ${specifier}, an ES module that can't be loaded synchronously here: use loadsAsync`,
        { cause: error },
      )
    }
    throw failed(reference, error)
  }
}

/** Where the search begins: where this thread has the package from, if it has referred to it; else the working directory. */
function startOf(reference: PackageReference): string {
  const root = roots.get(rootKeyOf(reference))
  if (root !== undefined && existsSync(root))
    return root.slice(0, root.lastIndexOf(`${sep}node_modules${sep}`)) || sep
  return folderFrom(process.cwd(), reference)
}

/** The packages that have the package among their own are around it. */
function folderFrom(start: string, { via = [] }: PackageReference): string {
  let folder = start
  for (const name of via) folder = findPackageRoot(name, folder) ?? folder
  return folder
}

function importedFile(specifier: string, folder: string): string | null {
  const name = packageNameOf(specifier)
  const root = findPackageRoot(name, folder)
  const json = root === null ? null : readPackage(root)
  return root !== null && json ? fileFor(root, json, specifier.slice(name.length + 1), true) : null
}

function notFound(reference: PackageReference, folder: string, cause: unknown): UnpicklingError {
  const { specifier, version } = reference
  const name = packageNameOf(specifier)
  return new UnpicklingError(
    `the bundle refers to ${specifier}${noted(reference)}, which was not found from ${folder}. ` +
      `Either pickle it by value (byValue: ['${name}'] or registerPickleByValue), or provide it where the bundle ` +
      `is loaded (npm install ${name}${version === null ? '' : `@${version}`}, or a runtime environment)`,
    { cause },
  )
}

function failed(reference: PackageReference, cause: unknown): UnpicklingError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new UnpicklingError(
    `the bundle refers to ${reference.specifier}${noted(reference)}, which failed to load: ${reason}`,
    { cause },
  )
}

function moduleKey(reference: PackageReference): string {
  return [...(reference.via ?? []), reference.specifier].join('\n')
}

/** Imports what a bundle refers to, for loadsAsync. What is not found fails when it is resolved. */
export async function importModules(
  references: readonly Reference[],
  modules: Map<string, object>,
): Promise<void> {
  for (const reference of references) {
    if (reference.kind === 'builtin' && reference.path === '*')
      modules.set(reference.module, await importModule(reference.module))
    if (
      reference.kind !== 'package' ||
      !reference.esm ||
      ownModules.has(reference.specifier) ||
      known.get(keyOf(reference))?.deref() ||
      modules.has(moduleKey(reference))
    )
      continue
    const { specifier } = reference
    const file = specifier.startsWith('file:')
      ? fileURLToPath(specifier)
      : importedFile(specifier, startOf(reference))
    if (file === null) continue
    try {
      modules.set(moduleKey(reference), await importModule(pathToFileURL(file).href))
    } catch (error) {
      throw failed(reference, error)
    }
  }
}
