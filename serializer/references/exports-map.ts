// The `exports` map of a package.json (Node: Packages, package entry points): sub-paths to files and back.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { resolve as resolveExports } from 'resolve.exports'
import { fileOf, type PackageJson } from './origin.ts'

/** The sub-paths that a package lets others name, as far as they lead to the files given by url or path. */
export function namedPaths(root: string, json: PackageJson, urls: Iterable<PropertyKey>): string[] {
  return [...subPaths(json), ...patternPaths(root, json, urls)]
}

function subPaths(json: PackageJson): string[] {
  const map = json.exports
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return ['.']
  const keys = Object.keys(map).filter((key) => key.startsWith('.') && !key.includes('*'))
  return keys.length > 0 ? keys : ['.']
}

/** The sub-paths that patterns of the exports map give to files that are loaded: `./features/*`. */
function patternPaths(root: string, json: PackageJson, urls: Iterable<PropertyKey>): string[] {
  const map = json.exports
  if (typeof map !== 'object' || map === null) return []
  const patterns = Object.entries(map).filter(([key]) => key.startsWith('./') && key.includes('*'))
  if (patterns.length === 0) return []
  const inside = `${root}/`
  const files = [...urls]
    .map((url) => fileOf(String(url)))
    .filter((file): file is string => file?.startsWith(inside) ?? false)
    .map((file) => `./${file.slice(inside.length)}`)
  const paths = new Set<string>()
  for (const [key, value] of patterns) {
    for (const target of targetsOf(value)) {
      const [before, after] = target.split('*')
      for (const file of files) {
        if (file.length > before.length + after.length && file.startsWith(before) && file.endsWith(after))
          paths.add(key.replace('*', file.slice(before.length, file.length - after.length)))
      }
    }
  }
  return [...paths]
}

/** All that a pattern may stand for, whatever the conditions: which one holds is asked for each sub-path. */
function targetsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split('*').length === 2 ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsOf) : []
}

/** The file that the sub-path of a package means, for `import` or for `require`. */
export function fileFor(root: string, json: PackageJson, subPath: string, esm: boolean): string | null {
  try {
    if (json.exports !== undefined) {
      const entry = subPath === '' ? '.' : `./${subPath}`
      const found = resolveExports(json as never, entry, {
        require: !esm,
        conditions: ['node', 'module-sync'],
      })
      return found ? join(root, found[0]) : null
    }
    return createRequire(join(root, 'package.json')).resolve(subPath === '' ? root : join(root, subPath))
  } catch {
    return null
  }
}
