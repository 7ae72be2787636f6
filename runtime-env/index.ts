// The public API of runtime environments: cornichon/runtime-env.
export { RuntimeEnvSetupError } from './errors.ts'
export { PackageChangedError } from './package/index.ts'
export { registerRuntimeEnvPlugin, unregisterRuntimeEnvPlugin } from './plugins/registry.ts'
export { type FromOptions, type ResolveOptions, RuntimeEnv } from './runtime-env.ts'
export type {
  ConfigField,
  ContainerField,
  Json,
  LocalPackage,
  NpmField,
  PackageFile,
  PackageMention,
  PluginTools,
  ProcessContext,
  Resolution,
  ResolvedContainer,
  ResolvedEnv,
  ResolvedFields,
  ResolvedNpm,
  RuntimeEnvFields,
  RuntimeEnvPlugin,
  SetupLogger,
} from './types.ts'
