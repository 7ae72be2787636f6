// The public API of runtime environments: cornichon/runtime-env.
import { registerOwnModule } from '../serializer/pickle/connect.ts'
import { RuntimeEnvSetupError } from './errors.ts'
import { PackageChangedError } from './package/index.ts'
import { registerRuntimeEnvPlugin, unregisterRuntimeEnvPlugin } from './plugins/registry.ts'
import { RuntimeEnv, runtimeEnvFrom } from './runtime-env.ts'

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

// A task finds the ones of its worker.
registerOwnModule(
  'cornichon/runtime-env',
  {
    PackageChangedError,
    RuntimeEnv,
    RuntimeEnvSetupError,
    registerRuntimeEnvPlugin,
    runtimeEnvFrom,
    unregisterRuntimeEnvPlugin,
  },
  import.meta.url,
)
