// By value or by reference: what is registered for the thread, and what a call says. As in cloudpickle, a parent
// covers its sub-paths and never the reverse.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { asUser } from '../originals.ts'
import { classifyUrl, fileOf } from './origin.ts'
import type { Reference } from './types.ts'

export type Selection = readonly string[] | ((specifier: string) => boolean)

const registered = new Set<string>()

/** From now on, functions and classes of that package or module travel by value, with everything they reach. */
export function registerPickleByValue(specifier: string): void {
  checkSpecifier(specifier)
  registered.add(specifier)
}

/** Takes a registration back. Throws if there was none. */
export function unregisterPickleByValue(specifier: string): void {
  checkSpecifier(specifier)
  if (!registered.delete(specifier)) throw new Error(`${specifier} is not registered for pickling by value`)
}

/** What is registered. */
export function listRegistryPickleByValue(): string[] {
  return [...registered]
}

function checkSpecifier(specifier: unknown): void {
  if (typeof specifier !== 'string' || specifier === '') {
    throw new TypeError(
      `a module is named by its specifier, a string such as 'lodash' or '@scope/name/sub', not ${String(specifier)}`,
    )
  }
}

export interface ReferencePolicy {
  isByValue(reference: Reference): boolean
  /** The same for a script of a package, by its url. */
  isByValueUrl(url: string): boolean
  /** The reference to one of the user's own functions, if the call asked for that. */
  userReference(fn: object, url: string): Reference | undefined
}

interface PolicyOptions {
  readonly byValue?: Selection
  readonly byReference?: Selection
}

export function makePolicy(options: PolicyOptions): ReferencePolicy {
  return options.byValue === undefined && options.byReference === undefined ? usualPolicy : policyOf(options)
}

const usualPolicy = policyOf({})

function policyOf(options: PolicyOptions): ReferencePolicy {
  const byValue = matcher(options.byValue, 'byValue')
  const byReference = matcher(options.byReference, 'byReference')
  const isValue = (specifier: string) =>
    !byReference(specifier) && (byValue(specifier) || covers(registered, specifier))
  return {
    isByValue: (reference) => reference.kind === 'package' && isValue(reference.specifier),
    isByValueUrl(url) {
      const place = classifyUrl(url)
      if (place.kind !== 'package') return true
      return (
        isValue(place.name) ||
        isValue(
          `${place.name}${place.file.slice(place.root.length).replaceAll('\\', '/')}`.replace(
            /\.[cm]?js$/,
            '',
          ),
        )
      )
    },
    userReference(fn, url) {
      if (options.byReference === undefined) return undefined
      const file = fileOf(url)
      if (file === null) return undefined
      const href = pathToFileURL(file).href
      if (!byReference(href) && !byReference(file)) return undefined
      const path = exportNameOf(fn, file)
      return path && { kind: 'package', specifier: href, path, version: null, esm: false }
    },
  }
}

function exportNameOf(fn: object, file: string): string[] | undefined {
  try {
    const exports = asUser(() => createRequire(file)(file)) as Record<string, unknown>
    if ((exports as unknown) === fn) return []
    for (const name of Object.keys(exports)) if (exports[name] === fn) return [name]
  } catch {
    // It can't be required: no reference, then.
  }
  return undefined
}

function matcher(selection: Selection | undefined, option: string): (specifier: string) => boolean {
  if (selection === undefined) return () => false
  if (typeof selection === 'function') return (specifier) => asUser(() => selection(specifier))
  if (!Array.isArray(selection))
    throw new TypeError(`the option ${option} is a list of specifiers or a function that is asked for each`)
  for (const specifier of selection) checkSpecifier(specifier)
  return (specifier) => covers(selection, specifier)
}

/** 'a' covers 'a' and 'a/b', not 'ab'. */
function covers(list: Iterable<string>, specifier: string): boolean {
  for (const parent of list) if (specifier === parent || specifier.startsWith(`${parent}/`)) return true
  return false
}
