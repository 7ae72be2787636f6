// The maker of environments of this process, by the settings that a worker was started with.
import { openEnvManager } from '../../runtime-env/manager.ts'
import type { EnvManager, PackageSource } from '../../runtime-env/types.ts'

export interface EnvironmentSettings {
  /** Where environments are kept; shared by the workers of a machine. */
  readonly cacheDir?: string
  /** Bytes that they may take. */
  readonly cacheSize?: number
}

export function makeEnvManager(
  packages: PackageSource,
  { cacheDir, cacheSize }: EnvironmentSettings = {},
): EnvManager {
  return openEnvManager({
    packages,
    ...(cacheDir !== undefined && { cacheDir }),
    ...(cacheSize !== undefined && { maxBytes: cacheSize }),
  })
}
