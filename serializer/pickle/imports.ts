// What the modules around the graph's functions import from packages: the exact words with which the user's code
// names a value. It finds exports that nothing else shows, on a Node or under a loader that can't require ES modules.
import type { ImportBinding } from '../analyze/index.ts'
import { bindingIn } from '../capture/index.ts'
import {
  exportsBelow,
  type PackageReference,
  packageNameOf,
  referenceFromImport,
} from '../references/index.ts'

const symbolKeyFor = Symbol.keyFor

export class Imports {
  readonly #values = new Map<object | symbol, PackageReference>()
  readonly #scripts = new Set<string>()
  /** What is below the imported values, by package. */
  readonly #parts = new Map<string, Map<unknown, PackageReference>>()

  /** Were the module's imports taken in? */
  has(url: string): boolean {
    return this.#scripts.has(url)
  }

  /** Takes in the imports of a module, once; `scope` has the live values. */
  note(url: string, imports: Iterable<ImportBinding>, scope: object): void {
    this.#scripts.add(url)
    for (const { local, specifier, imported } of imports) {
      const value: unknown = bindingIn(scope, local)?.value
      if (value === null || (typeof value !== 'object' && typeof value !== 'function' && !isUnique(value)))
        continue
      const reference = referenceFromImport(url, specifier, imported)
      if (!reference || this.#values.has(value)) continue
      this.#values.set(value, reference)
      this.#parts.delete(packageNameOf(specifier))
    }
  }

  get(value: object | symbol): PackageReference | undefined {
    return this.#values.get(value)
  }

  /** A function of that package, if it is an imported value or below one. */
  part(fn: object, packageName: string): PackageReference | undefined {
    const whole = this.#values.get(fn)
    if (whole) return whole
    let parts = this.#parts.get(packageName)
    if (!parts) {
      parts = new Map()
      for (const [value, reference] of this.#values) {
        if (typeof value === 'symbol' || packageNameOf(reference.specifier) !== packageName) continue
        for (const [part, below] of exportsBelow(value, reference))
          if (!parts.has(part)) parts.set(part, below)
      }
      this.#parts.set(packageName, parts)
    }
    return parts.get(fn)
  }

  [Symbol.iterator](): IterableIterator<[object | symbol, PackageReference]> {
    return this.#values.entries()
  }
}

/** A symbol that nothing but its export tells where to find. */
function isUnique(value: unknown): value is symbol {
  return typeof value === 'symbol' && symbolKeyFor(value) === undefined
}
