// Which functions the receiver has too, by where their script is: a package's export, or something of the user's that
// was asked to be a reference.
import { classifyUrl, findPackageExport, isOwnUrl, type Reference } from '../../references/index.ts'
import type { FunctionContext } from './context.ts'

export class FunctionReferences {
  readonly #context: FunctionContext

  constructor(context: FunctionContext) {
    this.#context = context
  }

  of(fn: object): Reference | null {
    const site = this.#context.siteOf(fn)
    if (site.reference === undefined) site.reference = this.#find(fn, site.script?.url)
    return site.reference
  }

  #find(fn: object, url: string | undefined): Reference | null {
    const { graph } = this.#context
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
