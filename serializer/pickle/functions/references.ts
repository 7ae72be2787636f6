// Which functions the receiver has too, by where their script is: a package's export, or something of the user's that
// was asked to be a reference.
import { classifyUrl, findPackageExport, isOwnUrl, type Reference } from '../../references/index.ts'
import type { FunctionContext } from './context.ts'

export class FunctionReferences {
  readonly #context: FunctionContext
  readonly #known = new Map<object, Reference | null>()

  constructor(context: FunctionContext) {
    this.#context = context
  }

  of(fn: object): Reference | null {
    let reference = this.#known.get(fn)
    if (reference !== undefined) return reference
    reference = this.#find(fn)
    this.#known.set(fn, reference)
    return reference
  }

  #find(fn: object): Reference | null {
    const { graph } = this.#context
    const url = this.#context.siteOf(fn).script?.url
    const policy = graph.options.policy
    if (url === undefined) return null
    const place = classifyUrl(url)
    if (isOwnUrl(url)) return findPackageExport(fn) ?? null
    if (place.kind === 'package') {
      if (policy.isByValueUrl(url)) return null
      return findPackageExport(fn, url) ?? graph.imports.part(fn, place.name) ?? null
    }
    if (place.kind === 'user') return policy.userReference(fn, url) ?? null
    return null
  }
}
