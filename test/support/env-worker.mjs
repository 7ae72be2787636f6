// A process with a maker of environments, told by messages what to do. Packages are files of a folder.
//   node env-worker.mjs OPTIONS
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

const { modules, packages, plugins, ...options } = JSON.parse(process.argv[2])
const { registerRuntimeEnvPlugin } = await import(modules.index)
const { openEnvManager } = await import(modules.manager)
for (const plugin of plugins ?? []) registerRuntimeEnvPlugin(plugin)

const manager = openEnvManager({
  ...options,
  packages: {
    fetch: async (uri, toFile) => copyFileSync(join(packages, uri.slice('cornichon://'.length)), toFile),
  },
})
const leases = []

const jobs = {
  async acquire({ env }) {
    const lease = await manager.acquire(env)
    return { lease: leases.push(lease) - 1, context: lease.context }
  },
  release: ({ lease }) => leases[lease].release(),
  describe: () => manager.describe(),
  close: () => manager.close(),
}

process.on('message', async ({ id, job, ...given }) => {
  try {
    process.send({ id, value: await jobs[job](given) })
  } catch (error) {
    const { name, message, output, reason } = error
    process.send({ id, error: { name, message, output, reason } })
  }
})
process.on('disconnect', () => process.exit())
process.send({ id: 'ready' })
