import { runtimeEnvTests } from './suite.ts'

const before = process.env.XDG_CACHE_HOME

runtimeEnvTests({
  name: 'threads',
  async start(cacheDir) {
    process.env.XDG_CACHE_HOME = cacheDir.replace(/\/cornichon$/, '')
    return { numCpus: 2 }
  },
  async stop() {
    if (before === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = before
  },
})
