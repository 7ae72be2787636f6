// Libraries that are loaded when they are first used: most programs that import the executor need none of them.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Of a CommonJS library: what gives its exports. */
export function lazy<Exports>(specifier: string): () => Exports {
  let exports: Exports | undefined
  return () => (exports ??= require(specifier) as Exports)
}
