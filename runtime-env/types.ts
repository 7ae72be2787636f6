// What goes between the parts: what a user writes (fields), what travels (a resolved environment), what a worker makes
// of it (a process context), and who does each step. Modelled on Ray's runtime_env; `npm` is in pip's place.

/** An environment as a user writes it. Each field is a plugin's; a built-in field is one of ours. */
export interface RuntimeEnvFields {
  /** A folder, a .zip or .tgz, or an address of one: the directory that tasks run in. */
  readonly workingDir?: string | undefined
  /** Archives whose files are added: npm packages under their names, others over the working directory. */
  readonly uris?: readonly string[] | undefined
  /** Patterns in gitignore's syntax: what of `workingDir` stays at home. `!node_modules` takes in what is left out else. */
  readonly excludes?: readonly string[] | undefined
  /** `name@range` each, or a local .tgz or folder; a package.json or lock file by path; 'auto': what bundles refer to. */
  readonly npm?: 'auto' | string | readonly string[] | NpmField | undefined
  readonly envVars?: Readonly<Record<string, string>> | undefined
  /** A semver range that the worker's Node.js is in. */
  readonly nodeVersion?: string | undefined
  readonly container?: ContainerField | undefined
  /** Pickled; runs once in each worker process, before its first task. */
  readonly setupHook?: (() => unknown) | undefined
  readonly config?: ConfigField | undefined
  /** By the name of a plugin that both the driver and the workers have registered. */
  readonly plugins?: Readonly<Record<string, unknown>> | undefined
}

export interface NpmField {
  /** As in `npm: [...]`. */
  readonly packages?: 'auto' | readonly string[] | undefined
  readonly packageJson?: string | undefined
  readonly lockFile?: string | undefined
  /** Whether packages may run their install scripts; false unless said otherwise. */
  readonly allowScripts?: boolean | undefined
}

export interface ContainerField {
  readonly image: string
  /** Further arguments of `docker run`. */
  readonly runOptions?: readonly string[] | undefined
  /** Which command line; the first that is installed unless said otherwise. */
  readonly engine?: 'docker' | 'podman' | undefined
}

export interface ConfigField {
  /** Milliseconds that making the environment may take: 600,000 unless said otherwise. */
  readonly setupTimeout?: number | undefined
}

/** Any plain data that JSON holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * An environment as it travels: plain data, in which folders and files have become package URIs
 * (`cornichon://pkg_<sha256>.zip`), a hook the hash of its export, and 'auto' a list of exact versions.
 */
export interface ResolvedEnv {
  /** SHA-256 (hex) of `fields` in canonical JSON: environments that are the same have the same. */
  readonly key: string
  /** By the name of a field. Nothing of it depends on the machine that made it. */
  readonly fields: ResolvedFields
  /** Milliseconds. */
  readonly setupTimeout: number
}

/** What travels of each field. Only those that are there change something. */
export type ResolvedFields = {
  /** `cornichon://`, `file:`, `http:` or `https:`. */
  readonly workingDir?: string
  readonly uris?: readonly string[]
  readonly npm?: ResolvedNpm
  readonly envVars?: Readonly<Record<string, string>>
  readonly nodeVersion?: string
  readonly container?: ResolvedContainer
  /** The hash that the hook is exported under. */
  readonly setupHook?: string
  /** Each as `toPlain` (plain.ts) writes it; `fromPlain` gives it back. */
  readonly plugins?: Readonly<Record<string, Json>>
}

/** What npm is run on: a folder that has just this in it. */
export type ResolvedNpm = {
  /** `dependencies` and the like. Those that are `file:` name what is in `local`. */
  readonly packageJson: { readonly [field: string]: Json }
  /** For `npm ci`. */
  readonly lockFile: { readonly [field: string]: Json } | null
  /** It says nothing of what folders need that were outside of its own: `npm install` adds that. */
  readonly isLockPartial?: true
  /** By path in that folder: the URI of the archive that becomes this file (.tgz) or is unpacked into this folder (.zip). */
  readonly local: Readonly<Record<string, string>>
  readonly allowScripts: boolean
}

export type ResolvedContainer = {
  readonly image: string
  readonly runOptions: readonly string[]
  readonly engine: 'docker' | 'podman' | null
}

/** What `RuntimeEnv.resolve` gives. */
export interface Resolution {
  /** Null: nothing of the process changes. */
  readonly env: ResolvedEnv | null
  /** Of what is on this machine and `env` names by a `cornichon://` URI. */
  readonly packages: readonly LocalPackage[]
}

/** A reference of a bundle's manifest, as far as `npm: 'auto'` needs it. */
export interface PackageMention {
  readonly specifier: string
  readonly version: string | null
  /** The packages, one within the other, that have it in a node_modules of their own. */
  readonly via?: readonly string[]
}

/** A file or folder of this machine that has become a package. */
export interface LocalPackage {
  /**
   * Of a folder, `cornichon://pkg_<sha256 of the manifest>.zip`. Of a file that is an archive already,
   * `cornichon://pkg_<sha256 of its bytes>.zip` or `.tgz`.
   */
  readonly uri: string
  readonly kind: 'folder' | 'archive'
  readonly path: string
  /** Of a folder, sorted. None of an archive. */
  readonly files: readonly PackageFile[]
  /** Bytes: of all files together, or of the archive. */
  readonly size: number
}

/** A line of a package's manifest. */
export interface PackageFile {
  /** With `/`, relative to the package. */
  readonly path: string
  /** 0o100755 or 0o100644; of a link, 0o120777; of a folder, which is there if it is empty, 0o40755. */
  readonly mode: number
  readonly size: number
  /** SHA-256 of the bytes, hex; of a link, of where it points. Empty for a folder. */
  readonly hash: string
  /** Of a link: where it points, relative to it. */
  readonly target?: string
}

/** Where a worker gets packages from: the fleet's Redis, or the folder that they were made of. */
export interface PackageSource {
  /** Writes the archive of a package URI to a file. Rejects if nobody has it (any more). */
  fetch(uri: string, toFile: string, signal: AbortSignal): Promise<void>
}

/** How a worker process is started in an environment. Plugins change it, one after the other, by priority. */
export interface ProcessContext {
  cwd: string
  /** What is added to the variables of the worker. */
  env: Record<string, string>
  /** Node.js, as it is to be called. */
  execPath: string
  execArgv: string[]
  /** What the command is put behind: `['docker', 'run', ...]`. Empty: it is started as it is. */
  prefix: string[]
  /** Folders that what is in front of it has to let it see, at the same paths: the cache's. */
  mounts?: string[]
}

/** Lines that a set-up prints; the tail of it is in RuntimeEnvSetupError. */
export interface SetupLogger {
  write(text: string): void
}

/** An environment in use: it stays on disk until it is given back. */
export interface EnvLease {
  readonly key: string
  readonly context: Readonly<ProcessContext>
  /** No process could begin in it, and why: what `describe` says until another has it. */
  fail(why: string): void
  release(): void
}

export interface EnvDescription {
  readonly key: string
  readonly state: 'creating' | 'ready' | 'failed'
  /** Bytes on disk. */
  readonly size: number
  /** How many worker processes use it now. */
  readonly uses: number
  /** Of one that failed: why, and the end of what its tools printed. */
  readonly failure: string | null
}

/** What a worker makes environments with. */
export interface EnvManager {
  /** Makes it if it is not there. Rejects with RuntimeEnvSetupError; nothing half-made stays; the next call tries again. */
  acquire(env: ResolvedEnv): Promise<EnvLease>
  describe(): readonly EnvDescription[]
  close(): Promise<void>
}

/** What a plugin's `create` is given. */
export interface PluginTools {
  /** A folder of its own that is empty: what it makes there is moved into place when it is whole. */
  readonly folder: string
  readonly packages: PackageSource
  readonly logger: SetupLogger
  /** Aborted when the time is over. */
  readonly signal: AbortSignal
  /**
   * The file of an archive (`cornichon:`, `file:`, `http:` or `https:`), fetched once on a worker. It stays until the
   * set-up is done.
   */
  archive(uri: string): Promise<string>
  /** Unpacks a .zip or .tgz into a folder that is empty. `name` is what errors call it. Refuses what would leave the folder. */
  unpack(archive: string, folder: string, name?: string): Promise<void>
}

/**
 * A field of environments: what it may be, what a worker makes for it, and how processes are changed by that. After
 * Ray's RuntimeEnvPlugin.
 */
export interface RuntimeEnvPlugin<Value extends Json = Json> {
  /** The field's name; of users' plugins, the name under `plugins`. */
  readonly name: string
  /** JSON Schema of the resolved value. */
  readonly schema?: object
  /**
   * The lower, the sooner `create` and `modifyContext` come. Users' have 10 unless they say otherwise; ours are below 10,
   * but for `container` (1000), which puts a command in front of what all others have done.
   */
  readonly priority?: number
  /** Throws if this worker can not have it. Comes first, before anything is made. */
  check?(value: Value, env: ResolvedEnv): Promise<void> | void
  /**
   * What of the value has to be made and is kept by name: the same URI is made once on a worker, and shared. None: there
   * is nothing to make.
   */
  uris?(value: Value): readonly string[]
  /** Makes what a URI names, in `tools.folder`. */
  create?(uri: string, value: Value, env: ResolvedEnv, tools: PluginTools): Promise<void> | void
  /** Changes how worker processes are started. `folders` are those of its URIs, in order. */
  modifyContext?(
    context: ProcessContext,
    value: Value,
    folders: readonly string[],
    env: ResolvedEnv,
  ): Promise<void> | void
  /** The folder of a URI is about to be removed. */
  delete?(uri: string, folder: string): Promise<void> | void
}
