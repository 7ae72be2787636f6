// Makes few files of many: a process that starts reads some dozens instead of four hundred, in two thirds of the time.
// What programs name (the package's exports, its command, what workers begin with) stays where it was, as a file that
// hands on what a chunk exports.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './lock.mjs'

/** Where the code is, in dist/. Chunks that nothing but an entry needs are named after it. */
export const CHUNKS = 'chunks'

/** What is started or imported by its path: the chunk's name for each. */
const entries = {
  'serializer/index.js': 'serializer',
  'executor/index.js': 'executor',
  'runtime-env/index.js': 'runtime-env',
  'executor/cli/index.js': 'command',
  'executor/threads/worker.js': 'thread',
  'executor/processes/worker.js': 'process',
}

/**
 * Packages that are taken in: of many small files, which took a sixth of the time that `import 'cornichon'` takes to be
 * found and read.
 */
const TAKEN_IN = ['superjson', 'copy-anything']

/** `from` is the folder that tsc emits into, `to` one for the chunks. Rejects with what is wrong, in words. */
export async function bundle(from, to) {
  await rm(to, { recursive: true, force: true })
  const modules = await rolldown(inputOf(from, entries))
  await modules.write({ dir: to, ...chunking })
  await modules.close()
  await writeFile(join(to, 'licenses.txt'), await licenses())
}

/** `names` are the chunks' by the modules' paths. */
function inputOf(from, names) {
  return {
    input: Object.fromEntries(Object.entries(names).map(([path, name]) => [name, join(from, path)])),
    platform: 'node',
    external: (specifier) => isPackages(specifier, from) && !TAKEN_IN.includes(specifier),
    plugins: [keepUrls(from), importLater(), oneByte()],
  }
}

const chunking = {
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // The sources and the declarations have them.
  comments: { legal: true, annotation: true, jsdoc: false },
  codeSplitting: { groups: [{ name: nameOfImport, debugName: 'import' }] },
}

/** Is it no module of ours? */
const isPackages = (specifier, from) => !/^[./\0]/.test(specifier) && !specifier.startsWith(from)

/**
 * The same for tests, which look at parts: a folder with what is in dist/, and a file for every other module, too, that
 * hands on what its chunk exports. So each module is there once, whichever file is imported. `paths` are those of all modules.
 */
export async function bundleModules(from, to, paths) {
  await rm(to, { recursive: true, force: true })
  const chunks = await chunksOf(from)
  const modules = await rolldown({
    ...inputOf(from, Object.fromEntries(paths.map((path) => [path, path.replace(/\.js$/, '')]))),
    preserveEntrySignatures: 'allow-extension',
  })
  await modules.write({
    ...chunking,
    dir: to,
    chunkFileNames: `${CHUNKS}/[name].js`,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: (id) => chunks.get(id) ?? 'others', debugName: 'chunk' }],
    },
  })
  await modules.close()
}

/** By module: its chunk in dist/; what is started has one for itself, or who looks at its neighbours would start it. */
async function chunksOf(from) {
  const modules = await rolldown(inputOf(from, entries))
  const { output } = await modules.generate(chunking)
  await modules.close()
  return new Map(
    output.flatMap(({ moduleIds = [], facadeModuleId, name }, at) =>
      moduleIds.map((id) => [id, id === facadeModuleId ? name : `${name}-${at}`]),
    ),
  )
}

/** What the packages that are taken in want to be said wherever they are. */
async function licenses() {
  const texts = TAKEN_IN.map(async (name) => {
    const folder = join(root, 'node_modules', name)
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${name} has no license file, but bundle.mjs takes it in`)
    return `${name}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}

/** The files that stand where the entries' own modules would: their text by their path in dist/. */
export function entryFiles() {
  return new Map(
    Object.entries(entries).map(([path, out]) => {
      const chunk = relative(dirname(path), `${CHUNKS}/${out}.js`).replaceAll(sep, '/')
      return [path, `${programs.has(path) ? '#!/usr/bin/env node\n' : ''}export * from '${chunk}'\n`]
    }),
  )
}

/** What package.json's `bin` names: it can be started as it is. */
export const programs = new Set(['executor/cli/index.js'])

/** Where a user's bundler has made CommonJS of it, a module has no URL: then a path that every platform can read. */
const NOWHERE = 'file:///C:/nowhere/'

/** A module finds what stands beside it by the URL that it would have alone. */
function keepUrls(from) {
  return {
    name: 'keep-urls',
    transform(text, file) {
      const url = JSON.stringify(`../${relative(from, file).replaceAll(sep, '/')}`)
      return text.replaceAll('import.meta.url', `new URL(${url}, import.meta.url ?? '${NOWHERE}').href`)
    },
  }
}

const LATER = '\0later:'
/** What imports a module that only who calls it knows. */
const BY_NAME = join('serializer', 'references', 'import.js')

function nameOfImport(id) {
  if (id.endsWith(BY_NAME)) return 'import'
  return id.startsWith(LATER) ? `import-${basename(dirname(id))}-${basename(id, '.js')}` : null
}

/**
 * Each `import()` of a module of ours goes into a chunk with nothing else: where tsx finds one, it changes the file, and
 * Node reads a source map of it, which for the serializer's chunk took half a second and 45 MB.
 */
function importLater() {
  return {
    name: 'import-later',
    transform(text, file) {
      if (file.startsWith(LATER)) return null
      const imports = []
      const code = text.replace(/\bimport\((["'])(\.[^"']+)\1\)/g, (_, __, specifier) => {
        imports.push(
          `import { load as later${imports.length} } from '${LATER}${join(dirname(file), specifier)}'`,
        )
        return `later${imports.length - 1}()`
      })
      return imports.length === 0 ? null : `${imports.join('\n')}\n${code}`
    },
    resolveId: (specifier) => (specifier.startsWith(LATER) ? specifier : null),
    load: (id) =>
      id.startsWith(LATER)
        ? `export const load = () => import(${JSON.stringify(id.slice(LATER.length))})\n`
        : null,
  }
}

/** V8 keeps a text at two bytes a character if one of them is beyond Latin-1. */
function oneByte() {
  return {
    name: 'one-byte',
    generateBundle(_, files) {
      for (const file of Object.values(files))
        file.code = file.code.replace(
          /[^\0-\xff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
    },
  }
}
