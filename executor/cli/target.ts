// FILE#EXPORT: what it names, and the value behind it. TypeScript goes through tsx; JavaScript is imported as it is,
// so that the text of its functions is kept.
import { realpathSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { nearest } from '../../runtime-env/nearest.ts'
import { UsageError } from './failure.ts'
import { isExistingFile, isExistingFolder } from './files.ts'
import { importModule } from './import-module.ts'

export interface Target {
  readonly file: string
  /** 'default' where none was named. */
  readonly exportName: string
}

const needsTsx = new Set(['.ts', '.mts', '.cts', '.tsx', '.jsx'])
const importable = new Set([...needsTsx, '.js', '.mjs', '.cjs'])

export function parseTarget(text: string): Target {
  const at = text.lastIndexOf('#')
  // A file's own name may hold a '#'.
  if (at < 0 || isExistingFile(text)) return { file: checkFile(text), exportName: 'default' }
  return { file: checkFile(text.slice(0, at)), exportName: text.slice(at + 1) || 'default' }
}

function checkFile(file: string): string {
  if (isExistingFolder(file))
    throw new UsageError(`${file} is a folder: name the file that exports the value`)
  if (!isExistingFile(file)) throw new UsageError(`there is no file ${file}`)
  const extension = extname(file)
  if (!importable.has(extension)) {
    throw new UsageError(
      `${file} is not TypeScript or JavaScript: its name ends in none of ${[...importable].join(', ')}`,
    )
  }
  return file
}

/** Imports the file and returns the export. */
export async function importTarget({ file, exportName }: Target): Promise<unknown> {
  if (needsTsx.has(extname(file))) await registerTsx(file)
  const path = realpathSync(resolve(file))
  const exports = exportsOf(await importModule(file, path), path)
  if (exports.has(exportName)) return exports.get(exportName)
  throw new UsageError(describeMissing(file, exportName, [...exports.keys()]))
}

/** From here on, this process imports and requires TypeScript. */
async function registerTsx(file: string): Promise<void> {
  try {
    const [commonJs, esm] = await Promise.all([import('tsx/cjs/api'), import('tsx/esm/api')])
    commonJs.register()
    esm.register()
    await shareOwnModules()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError(
      `${file} is not plain JavaScript, which takes tsx: install it with 'npm install tsx'`,
    )
  }
}

/**
 * What tsx compiles as CommonJS requires its imports, and tsx compiles those, too, also where they are loaded already: a
 * module would get a cornichon of its own, whose remote functions and reducers this one does not know.
 */
async function shareOwnModules(): Promise<void> {
  const { cache } = createRequire(import.meta.url)
  const modules = {
    '../../serializer/index.js': await import('../../serializer/index.ts'),
    '../index.js': await import('../index.ts'),
    '../../runtime-env/index.js': await import('../../runtime-env/index.ts'),
  }
  for (const [path, exports] of Object.entries(modules)) {
    const file = fileURLToPath(new URL(path, import.meta.url))
    cache[file] ??= Object.assign(new Module(file), { exports, filename: file, loaded: true })
  }
}

/** The exports by name. */
function exportsOf(namespace: object, file: string): Map<string, unknown> {
  const exports = new Map(Object.entries(namespace))
  // What `import` shows of a CommonJS module: `module.exports` as the default, and those names that Node could guess.
  exports.delete('module.exports')
  const whole: unknown = exports.get('default')
  if (!isRecord(whole)) return exports
  const wasEsModule = Object.hasOwn(whole, '__esModule')
  if (!wasEsModule && createRequire(file).cache[file]?.exports !== whole) return exports
  if (wasEsModule) exports.delete('default')
  for (const [name, value] of Object.entries(whole)) exports.set(name, value)
  return exports
}

function isRecord(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && !types.isProxy(value)
}

function describeMissing(file: string, name: string, names: readonly string[]): string {
  if (names.length === 0) return `${file} exports nothing`
  const like = nearest(name, names)
  const example = like ?? names[0]
  const missing = name === 'default' ? 'no default export' : `no export ${name}`
  const list = names.map((each) => (each === 'default' ? 'a default' : each)).join(', ')
  const way = example === 'default' ? file : `${file}#${example}`
  return `${file} has ${missing}. It exports ${list}. ${like === undefined ? `Name one, such as ${way}` : `Did you mean ${way}?`}`
}
