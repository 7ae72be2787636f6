// The fields that we bring, as plugins: one line each.
import type { Json, PluginTools, RuntimeEnvPlugin } from '../types.ts'
import type { UnpackLimits } from '../unpack/index.ts'
import { container } from './container.ts'
import { envVars } from './env-vars.ts'
import { nodeVersion } from './node-version.ts'
import { npm } from './npm.ts'
import { setupHook } from './setup-hook.ts'
import { uris } from './uris.ts'
import { workingDir } from './working-dir.ts'

/** Of tools: with the environment's own folder, which has `work/` (where its processes run) and `node_modules/`. */
export interface AssemblyTools extends PluginTools {
  /** Where `folder` will be moved to. */
  readonly finalFolder: string
  readonly limits: UnpackLimits
  /** Unpacks over what others have put there. `strip`: how many names at the front of paths are left out. */
  unpackOver(archive: string, into: string, name: string, strip?: number): Promise<void>
}

/** A plugin that also puts something into the folder that each environment has of its own. */
export interface BuiltInPlugin<Value extends Json = Json> extends RuntimeEnvPlugin<Value> {
  /** `folders` are those of its URIs. */
  assemble?(value: Value, folders: readonly string[], tools: AssemblyTools): Promise<void>
}

const all = [nodeVersion, workingDir, uris, npm, envVars, setupHook, container]

export const builtIn: ReadonlyMap<string, BuiltInPlugin> = new Map(
  all.map((plugin) => [plugin.name, plugin as unknown as BuiltInPlugin]),
)
