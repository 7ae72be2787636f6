// A package may give a class its methods only when it makes the first instance (zod does), or when a plugin asks for it
// (dayjs). What refers to the prototype finds another one then, where the bundle is loaded: which is told, for a method
// that is missing shows up late and far away.
import { process } from '../globals.ts'
import { findPackageRoot, packageNameOf, readPackage } from './origin.ts'
import type { PackageReference, Reference } from './types.ts'

const { getOwnPropertyDescriptor, ownKeys } = Reflect

/** Once for each class is enough. */
const told = new Set<string>()

/** The reference to a class, or to its prototype, says how many properties the prototype has. */
export function noteMembers(value: unknown, reference: Reference): Reference {
  if (reference.kind !== 'package') return reference
  const members = membersOf(value, reference)
  // Any function's prototype has its `constructor`.
  return members > 1 ? { ...reference, members } : reference
}

/** Warns if the prototype lacks some of them here, in the same version of the package. `startOf`: from where that is looked for. */
export function checkMembers(
  value: unknown,
  reference: PackageReference,
  startOf: (reference: PackageReference) => string,
): void {
  const { members, specifier, path, version } = reference
  if (members === undefined) return
  const here = membersOf(value, reference)
  if (here >= members) return
  const name = packageNameOf(specifier)
  const key = `${specifier}\n${path.join('\n')}`
  if (told.has(key)) return
  const root = findPackageRoot(name, startOf(reference))
  if (root === null || (readPackage(root)?.version ?? null) !== version) return
  told.add(key)
  const what = path.at(-1) === 'prototype' ? path : [...path, 'prototype']
  process.emitWarning(
    `${what.join('.')} of ${specifier} has ${here} properties here, and had ${members} where the bundle was made: the ` +
      'package adds some only after it was imported. Code of the bundle that needs them fails. Have them added here before ' +
      `the bundle is used (make a first instance, install the plugin), or pickle the package by value (byValue: ['${name}'])`,
    { type: 'UnpicklingWarning' },
  )
}

function membersOf(value: unknown, { path }: PackageReference): number {
  const prototype = path.at(-1) === 'prototype' ? value : prototypeOf(value)
  return typeof prototype === 'object' && prototype !== null ? ownKeys(prototype).length : 0
}

function prototypeOf(value: unknown): unknown {
  return typeof value === 'function' ? getOwnPropertyDescriptor(value, 'prototype')?.value : undefined
}
