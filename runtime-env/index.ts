// The public API of runtime environments: cornichon/runtime-env.
export { PackageChangedError } from './package/index.ts'
export { type FromOptions, type ResolveOptions, RuntimeEnv } from './runtime-env.ts'
export type {
  ConfigField,
  ContainerField,
  Json,
  LocalPackage,
  NpmField,
  PackageFile,
  PackageMention,
  Resolution,
  ResolvedContainer,
  ResolvedEnv,
  ResolvedFields,
  ResolvedNpm,
  RuntimeEnvFields,
} from './types.ts'
