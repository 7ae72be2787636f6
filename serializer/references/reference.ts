// The shape of a reference: plain data that says where a value is to be found.
import { formatPath, type PathStep } from './path.ts'

export type Reference = IntrinsicReference | BuiltinReference | PackageReference

/** An intrinsic of the language or a global of Node's: `Array.isArray`, `%AsyncGeneratorPrototype%`. */
export interface IntrinsicReference {
  readonly kind: 'intrinsic'
  /** From globalThis, or from an intrinsic that no global names. */
  readonly path: string
}

/** Something reachable in a built-in module. */
export interface BuiltinReference {
  readonly kind: 'builtin'
  /** With its scheme: `node:fs`. */
  readonly module: string
  /** Empty for the module's exports object itself. */
  readonly path: string
  /** The path starts at the module namespace object (`import * as fs`) and not at the exports object. */
  readonly namespace?: true
}

/** An export of a package, or of a user's module that travels by reference (its specifier is a file URL then). */
export interface PackageReference {
  readonly kind: 'package'
  readonly specifier: string
  /** Empty for `module.exports`, or for the module namespace object if `esm`. */
  readonly path: readonly PathStep[]
  /** As package.json had it. */
  readonly version: string | null
  /** Whether to resolve and load as `import` does. */
  readonly esm: boolean
  /** For a package that only others can see: the packages to go through, outermost first. */
  readonly via?: readonly string[]
}

/** What the reference's module is called, for a user or a filter; undefined for intrinsics. */
export function specifierOf(reference: Reference): string | undefined {
  switch (reference.kind) {
    case 'intrinsic':
      return undefined
    case 'builtin':
      return reference.module
    case 'package':
      return reference.specifier
  }
}

/** One line for a message. */
export function describeReference(reference: Reference): string {
  switch (reference.kind) {
    case 'intrinsic':
      return reference.path
    case 'builtin':
      return reference.path === '' ? reference.module : `${reference.module}#${reference.path}`
    case 'package':
      return reference.path.length === 0 ? reference.specifier : `${reference.specifier}#${formatPath(reference.path)}`
  }
}
