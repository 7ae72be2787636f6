// What a worker makes environments with. Apart from index.ts, which a driver loads: this one unpacks and installs.
export { RuntimeEnvSetupError } from './errors.ts'
export { defaultCacheDir, type EnvManagerOptions, openEnvManager } from './materialize/manager.ts'
