// Compiles code units, each distinct one once in a thread, in the global scope: no variable of the loader is
// visible to the code.

import vm from 'node:vm'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { hashUnit } from './link.ts'
import { mainLoader } from './main-loader.ts'
import { presentOrigin } from './origin.ts'

/** What a class's template hands over when it is evaluated; see class-body.ts. */
export interface ClassHook {
  r: boolean
  p: readonly (readonly [get: (o: object) => unknown, set: (o: object, v: unknown) => void])[]
  q: readonly (readonly [get: (o: object) => unknown, set: (o: object, v: unknown) => void])[]
  c: readonly Factory[]
}

/** A template: of a function it gives `[holder, setter]`, of an environment `[setters, ...children]`. */
export type Factory = (
  this: unknown,
  heritage?: unknown,
  keys?: unknown,
  hook?: ClassHook,
  meta?: unknown,
) => any

const cache = new Map<string, Factory>()
const MAX_CACHED_UNITS = 10_000

/** Compiles a unit, or gives the one that was compiled before. `text` is asked for only when needed. */
export function compileUnit(hash: string, origin: string | null, text: () => string): Factory {
  const known = cache.get(hash)
  if (known) {
    // Most recently used last, so that the eldest is dropped first.
    return known
  }
  const source = text()
  if (hashUnit(origin === null ? source : `${origin}\n${source}`) !== hash) {
    throw new UnpicklingError('the bundle is damaged: a code unit does not match its hash')
  }
  const factory = compile(source, hash, origin)
  if (cache.size >= MAX_CACHED_UNITS) cache.delete(cache.keys().next().value!)
  cache.set(hash, factory)
  return factory
}

function compile(source: string, hash: string, origin: string | null): Factory {
  try {
    const filename = origin === null ? `cornichon:${hash}` : presentOrigin(origin)
    // With a loader for import() V8 keeps more of a script: only where the text may say it.
    const importModuleDynamically = source.includes('import') ? mainLoader() : undefined
    const script = new vm.Script(source, { filename, importModuleDynamically })
    return script.runInThisContext() as Factory
  } catch (error) {
    throw new UnpicklingError(
      `a code unit does not compile on Node ${process.version}: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
