// Value <-> where to find it.
import { refreshModuleObjects, resolveBuiltin } from './builtins.ts'
import { resolveIntrinsic } from './intrinsics.ts'
import { isMarked } from './marks.ts'
import { resolvePackage } from './package-resolution.ts'
import { beginWalk as beginWalkOfPackages, takeInExports } from './packages.ts'
import type { Reference } from './types.ts'

export { findBuiltin, findNodes, isPromisified } from './builtins.ts'
export { checkReferences } from './check.ts'
export { isOfEcmaScript } from './global-names.ts'
export { findForeignIntrinsic, findIntrinsic, findSymbol, isStandardGlobal } from './intrinsics.ts'
export { noteMembers } from './members.ts'
export {
  classifyUrl,
  configureReferences,
  isNativeFunction,
  isNodes,
  loadedInternals,
  packageNameOf,
} from './origin.ts'
export { importModules, rememberReference } from './package-resolution.ts'
export {
  configurePackages,
  exportsBelow,
  findPackageExport,
  findPackageSymbol,
  isOwnUrl,
  noteInherited,
  noteSymbolOf,
  referenceFromImport,
  registerOwnModule,
} from './packages.ts'
export {
  listRegistryPickleByValue,
  makePolicy,
  type ReferencePolicy,
  registerPickleByValue,
  type Selection,
  unregisterPickleByValue,
} from './policy.ts'
export { isOfClosedRealm } from './realms.ts'
export type { PackageReference, Reference } from './types.ts'

/** Before a value graph is walked: modules may have been loaded since the last time. */
export function beginWalk(): void {
  beginWalkOfPackages()
  refreshModuleObjects()
}

/**
 * May an object without any mark of its own (no function, no prototype, no stream) be one that a reference finds?
 * A quick no for nearly all objects.
 */
export function isReferable(value: object): boolean {
  takeInExports()
  return isMarked(value)
}

/** Finds what a reference means here. Throws UnpicklingError that says what is missing and what to do. */
export function resolveReference(reference: Reference, namespaces?: ReadonlyMap<string, object>): unknown {
  switch (reference.kind) {
    case 'intrinsic':
      return resolveIntrinsic(reference.path)
    case 'builtin':
      return resolveBuiltin(reference, namespaces)
    case 'package':
      return resolvePackage(reference, namespaces)
  }
}
