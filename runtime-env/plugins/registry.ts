// Users' plugins, by name: those that programs registered, and those of the variable CORNICHON_RUNTIME_ENV_PLUGINS.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nearest } from '../nearest.ts'
import { isRecord } from '../plain.ts'
import type { RuntimeEnvFields, RuntimeEnvPlugin } from '../types.ts'
import { checkSchema } from './schema.ts'

/** Specifiers, separated by commas, or a JSON list of them. Relative ones are relative to the working directory. */
export const PLUGINS_VARIABLE = 'CORNICHON_RUNTIME_ENV_PLUGINS'

type AnyPlugin = RuntimeEnvPlugin<any>

const registered = new Map<string, AnyPlugin>()
/** What of the variable has been loaded. */
let loadedFrom: string | undefined

/**
 * Registers a plugin of the field `plugins`, in the driver (where values are checked) and in workers (where environments
 * are made). A specifier is a package or file whose default export is a plugin, or a list of some.
 */
export function registerRuntimeEnvPlugin(plugin: AnyPlugin | string): void {
  if (typeof plugin === 'string') for (const each of loadPlugins(plugin)) register(each)
  else register(checkPlugin(plugin, 'registerRuntimeEnvPlugin'))
}

/** By its name, or by itself. Gives whether it was there. */
export function unregisterRuntimeEnvPlugin(plugin: AnyPlugin | string): boolean {
  return registered.delete(typeof plugin === 'string' ? plugin : plugin.name)
}

/** The plugin of a name under `plugins`; throws if there is none. `where` it is missing: 'this worker', say. */
export function requirePlugin(name: string, where: string): AnyPlugin {
  loadConfigured()
  const plugin = registered.get(name)
  if (plugin !== undefined) return plugin
  if (name in fieldNames) throw new Error(`${name} is a field of its own, beside plugins and not in it`)
  const known = [...registered.keys()]
  const hint = nearest(name, known)
  const names = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  throw new Error(
    `${where} has no plugin ${JSON.stringify(name)}: ${names}.${hint === undefined ? '' : ` Did you mean ${hint}?`} ` +
      `Register it (registerRuntimeEnvPlugin), or name its package or file in ${PLUGINS_VARIABLE}`,
  )
}

/** The plugin of a name, or null. */
export function findPlugin(name: string): AnyPlugin | null {
  loadConfigured()
  return registered.get(name) ?? null
}

function register(plugin: AnyPlugin): void {
  const { name } = plugin
  const other = registered.get(name)
  if (other === plugin) return
  if (other !== undefined)
    throw new Error(`there is a plugin ${JSON.stringify(name)} already: unregisterRuntimeEnvPlugin it first`)
  registered.set(name, plugin)
}

function loadConfigured(): void {
  const value = process.env[PLUGINS_VARIABLE] ?? ''
  if (value === loadedFrom) return
  const specifiers = specifiersIn(value)
  for (const specifier of specifiers) {
    // What the program registers itself comes first.
    for (const plugin of loadPlugins(specifier, ` (${PLUGINS_VARIABLE})`))
      if (!registered.has(plugin.name)) register(plugin)
  }
  loadedFrom = value
}

function specifiersIn(value: string): string[] {
  if (!value.trim().startsWith('['))
    return value
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
  try {
    const list: unknown = JSON.parse(value)
    if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list
  } catch {
    // As below.
  }
  throw new Error(`${PLUGINS_VARIABLE} is neither a list with commas nor a JSON list of strings: ${value}`)
}

function loadPlugins(specifier: string, from = ''): AnyPlugin[] {
  const require = createRequire(pathToFileURL(join(process.cwd(), 'noop.js')))
  let loaded: unknown
  try {
    loaded = require(specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ERR_REQUIRE_ASYNC_MODULE'
        ? 'it has an await at its top level. Import it yourself, and register what it exports'
        : message.split('\n')[0]
    throw new Error(`the plugin ${specifier}${from} can not be loaded from ${process.cwd()}: ${why}`, {
      cause: error,
    })
  }
  const given = isModule(loaded) && 'default' in loaded ? loaded.default : loaded
  return (Array.isArray(given) ? given : [given]).map((each) => checkPlugin(each, `${specifier}${from}`))
}

function isModule(value: unknown): value is { readonly default?: unknown } {
  return typeof value === 'object' && value !== null
}

/** Names that are taken. The plugins themselves are loaded where environments are made. */
const fieldNames: { readonly [Name in keyof RuntimeEnvFields]-?: true } = {
  workingDir: true,
  uris: true,
  excludes: true,
  npm: true,
  envVars: true,
  nodeVersion: true,
  container: true,
  setupHook: true,
  config: true,
  plugins: true,
}

const hooks = ['check', 'uris', 'create', 'modifyContext', 'delete'] as const
const names: readonly string[] = ['name', 'schema', 'priority', ...hooks]

function checkPlugin(given: unknown, where: string): AnyPlugin {
  const refuse = (why: string) => new TypeError(`${where}: ${why}`)
  if (typeof given !== 'object' || given === null)
    throw refuse(`a plugin is an object with a name, and not ${given === null ? 'null' : typeof given}`)
  const plugin = given as Record<string, unknown>
  const { name } = plugin
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_.-]*$/i.test(name))
    throw refuse(`a plugin has a name of letters, digits and _.-, and not ${JSON.stringify(name)}`)
  if (name in fieldNames)
    throw refuse(`a plugin can not have the name ${name}, which is a field of every environment`)
  for (const hook of hooks)
    if (plugin[hook] !== undefined && typeof plugin[hook] !== 'function')
      throw refuse(`the ${hook} of the plugin ${name} is no function`)
  if (plugin.priority !== undefined && !Number.isFinite(plugin.priority))
    throw refuse(`the priority of the plugin ${name} is no number`)
  if (plugin.uris !== undefined && plugin.create === undefined)
    throw refuse(`the plugin ${name} has uris, and no create that makes what they name`)
  if (isRecord(plugin)) {
    for (const key of Object.keys(plugin)) {
      const meant = names.includes(key) ? undefined : nearest(key, names)
      if (meant !== undefined && plugin[meant] === undefined)
        throw refuse(`the plugin ${name} has ${key}, which is unknown. Did you mean ${meant}?`)
    }
  }
  if (plugin.schema !== undefined) checkSchema(plugin.schema, refuse)
  return given as AnyPlugin
}
