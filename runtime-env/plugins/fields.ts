// The plugins of an environment's fields, in the order of their turns, each with its value.
import { fromPlain } from '../plain.ts'
import type { ResolvedEnv } from '../types.ts'
import { type BuiltInPlugin, builtIn } from './built-in.ts'
import { requirePlugin } from './registry.ts'
import { whyNotValid } from './schema.ts'

export interface PluginTurn {
  readonly plugin: BuiltInPlugin<any>
  readonly value: unknown
  /** What errors call it. */
  readonly path: string
}

/** Of plugins that do not say. */
const PRIORITY = 10

/** Throws if a plugin is not there, or a value is not as its plugin wants it. */
export function pluginTurns(env: ResolvedEnv): PluginTurn[] {
  const turns: PluginTurn[] = []
  for (const [name, value] of Object.entries(env.fields)) {
    if (value === undefined || name === 'plugins') continue
    const plugin = builtIn.get(name)
    if (plugin === undefined)
      throw new Error(`this worker does not know the field ${name}: its cornichon is older than the driver's`)
    turns.push({ plugin, value, path: name })
  }
  for (const [name, value] of Object.entries(env.fields.plugins ?? {}))
    turns.push({
      plugin: requirePlugin(name, 'this worker'),
      value: fromPlain(value),
      path: `plugins.${name}`,
    })
  for (const { plugin, value, path } of turns) {
    const why = plugin.schema === undefined ? null : whyNotValid(plugin.schema, value, path)
    if (why !== null) throw new Error(why)
  }
  return turns.sort((a, b) => (a.plugin.priority ?? PRIORITY) - (b.plugin.priority ?? PRIORITY))
}
