// Where a function came from, for the code that asks: `import.meta`, `import()`, `require`. The names are the
// origin's; what they find is found from the origin's folder if that is there, else from the working directory.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { process } from '../globals.ts'

const origins = new WeakMap<object, string>()

/** The url to resolve from. */
export function presentOrigin(origin: string): string {
  try {
    if (existsSync(new URL('.', origin))) return origin
  } catch {
    // Not a file URL: nothing to resolve from.
  }
  return pathToFileURL(`${process.cwd()}/[cornichon]`).href
}

/** An `import.meta` for code from there. */
export function importMeta(origin: string): object {
  const meta: object = Object.create(null)
  origins.set(meta, origin)
  if (!origin.startsWith('file:')) return Object.assign(meta, { url: origin })
  const filename = fileURLToPath(origin)
  return Object.assign(meta, {
    dirname: dirname(filename),
    filename,
    resolve: (specifier: string) => resolveFrom(origin, specifier),
    url: origin,
  })
}

/** The origin of an object that importMeta made. */
export function originOfMeta(meta: object): string | undefined {
  return origins.get(meta)
}

function resolveFrom(origin: string, specifier: string): string {
  if (/^(?:node|data|file|https?):/.test(specifier)) return specifier
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, origin).href
  const path = createRequire(presentOrigin(origin)).resolve(specifier)
  return path.startsWith('/') ? pathToFileURL(path).href : `node:${path}`
}
