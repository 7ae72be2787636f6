// Tests take our own modules as the build has bundled them, and Node loads those by itself: vitest would fetch each from its
// main process and evaluate it, two hundred of them again in each test file's process.
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Plugin } from 'vitest/config'
import { root } from './lock.mjs'

/** Where build.mjs puts them. */
const compiled = join(root, '.cache', 'tests')

const OURS = /^(serializer|executor|runtime-env)\/.*\.ts$/

export function compiledSources(): Plugin {
  return {
    name: 'compiled-sources',
    enforce: 'pre',
    resolveId(specifier, importer) {
      if (importer === undefined || !/^\.\.?\//.test(specifier)) return null
      const path = relative(root, resolve(dirname(importer), specifier))
        .split(sep)
        .join('/')
      return OURS.test(path) ? { id: join(compiled, path.replace(/ts$/, 'js')), external: true } : null
    },
  }
}
