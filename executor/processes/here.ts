// Worker processes for an executor that serves this machine alone: packages come from where they are.
import type { EnvironmentHost } from '../local/host.ts'
import type { InitOptions } from '../options.ts'
import { ProcessHost } from './index.ts'
import { LocalPackages } from './packages.ts'

export function processesHere(options: InitOptions): EnvironmentHost {
  const packages = new LocalPackages()
  return new ProcessHost({
    workerName: 'process',
    options,
    addPackage: (pkg) => packages.add(pkg),
    manager: async () => {
      const { makeEnvManager } = await import('./manager.ts')
      return makeEnvManager(packages)
    },
  })
}
