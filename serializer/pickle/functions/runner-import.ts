// What vitest (Vite's module runner) puts in place of `import()`: a function that its module is called with, and that leads to all of
// the runner. A copy has the language's own, which resolves from where the module is.
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { mainLoader } from '../../codegen/main-loader.ts'
import { presentOrigin } from '../../codegen/origin.ts'
import { process } from '../../globals.ts'
import { originOf } from '../origins.ts'
import { rememberOrigin } from '../source.ts'
import type { LiveFunction } from './context.ts'

const NAME = '__vite_ssr_dynamic_import__'
/** What is the same from everywhere: no path goes into the bundle for that. */
const FROM_ANYWHERE = new RegExp(`^${NAME}\\s*\\(\\s*(['"])(?:node|data):[^'"]*\\1\\s*\\)`)
const ANYWHERE = 'cornichon:import'

type Import = (specifier: string, options?: ImportCallOptions) => Promise<unknown>
/** With '/' as `root`, every specifier goes as it is. */
type MakeImport = (root: string, toRoot: string) => Import
/** The runner writes what a relative specifier leads to as a path from its root, or behind `/@fs` where it is not below that. */
const MAKE_IMPORT = `(root, toRoot) => (specifier, options) => import(
  !specifier.startsWith('/') || specifier.startsWith(root) ? specifier
    : specifier.startsWith('/@fs/') ? specifier.slice(4) : toRoot + specifier, options)`
const imports = new Map<string, Import>()

/** In place of the value of a function's variable: `import()`, if it is that; else null. */
export function runnerImport(name: string, value: unknown, live: LiveFunction): Import | null {
  if (name !== NAME || typeof value !== 'function') return null
  const origin = (isFromAnywhere(live.text) ? null : originOf(live)) ?? ANYWHERE
  let known = imports.get(origin)
  if (known === undefined) imports.set(origin, (known = makeImport(origin)))
  return known
}

function makeImport(origin: string): Import {
  const script = new vm.Script(MAKE_IMPORT, {
    filename: presentOrigin(origin),
    importModuleDynamically: mainLoader(),
  })
  const make = script.runInThisContext() as MakeImport
  const made = origin.startsWith('file:') ? make(...rootFrom(fileURLToPath(origin))) : make('/', '')
  rememberOrigin(made, origin)
  return made
}

/** The root of vitest's project, and the way to it from the file. */
function rootFrom(file: string): [root: string, toRoot: string] {
  const worker = (globalThis as { __vitest_worker__?: { config?: { root?: unknown } } }).__vitest_worker__
  const root = worker?.config?.root
  const folder = typeof root === 'string' ? root : process.cwd()
  return [`${folder}/`, relative(dirname(file), folder) || '.']
}

function isFromAnywhere(text: string): boolean {
  for (let at = text.indexOf(NAME); at >= 0; at = text.indexOf(NAME, at + 1))
    if (!FROM_ANYWHERE.test(text.slice(at))) return false
  return true
}
