// References as they stand in a bundle that nobody vouches for.
import { isBuiltin } from 'node:module'
import { UnpicklingError } from '../errors.ts'
import type { Reference } from './types.ts'

/** Throws UnpicklingError unless every entry is a well-formed reference. */
export function checkReferences(list: readonly unknown[]): readonly Reference[] {
  for (const entry of list) {
    if (!isReference(entry)) {
      throw new UnpicklingError('the bundle is damaged: its manifest has a reference that makes no sense')
    }
  }
  return list as readonly Reference[]
}

function isReference(entry: unknown): entry is Reference {
  if (typeof entry !== 'object' || entry === null) return false
  const { kind, path, module, specifier, version, esm, via, members } = entry as Record<string, unknown>
  switch (kind) {
    case 'intrinsic':
      return typeof path === 'string'
    case 'builtin':
      // Never anything else that `import` could fetch: a file, a data: URL.
      return typeof path === 'string' && typeof module === 'string' && isBuiltinName(module)
    case 'package':
      return (
        typeof specifier === 'string' &&
        specifier !== '' &&
        isStrings(path) &&
        (version === null || typeof version === 'string') &&
        typeof esm === 'boolean' &&
        (via === undefined || isStrings(via)) &&
        (members === undefined || (Number.isSafeInteger(members) && (members as number) >= 0))
      )
    default:
      return false
  }
}

/** Also of a module that only another Node has: that is told when the reference is resolved. */
function isBuiltinName(module: string): boolean {
  return /^node:[\w/]+$/.test(module) || isBuiltin(module)
}

function isStrings(path: unknown): path is readonly string[] {
  return Array.isArray(path) && path.every((step) => typeof step === 'string')
}
