// RuntimeEnv: what a user asks for, checked; and, resolved on this machine, what travels.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { symbols } from '../serializer/index.ts'
import { parseJson } from './dependencies/local.ts'
import { DEFAULT_SETUP_TIMEOUT } from './fields/config.ts'
import type { FieldName } from './fields/field.ts'
import { allFields, checkFields } from './fields/index.ts'
import { isAutomatic } from './fields/npm.ts'
import { pluginsFromJson } from './fields/plugins.ts'
import { mergeFields, mergeResolved, resolvedEnv } from './merge.ts'
import { fromPlain, isJson, isRecord, toPlain } from './plain.ts'
import { travelOf } from './travel.ts'
import type {
  Json,
  LocalPackage,
  PackageMention,
  Resolution,
  ResolvedEnv,
  ResolvedFields,
  RuntimeEnvFields,
} from './types.ts'

export interface FromOptions {
  /** The folder that relative paths start from: the working directory unless said otherwise. */
  readonly base?: string
}

export interface ResolveOptions {
  /** What the bundle refers to, for `npm: 'auto'`: see `wantsReferences`. */
  readonly references?: readonly PackageMention[]
  /** Gives the hook to the executor: the hash that it is exported under. */
  readonly exportHook?: (hook: () => unknown) => string
  /** Of the task that asks: its environment, which this one is within. */
  readonly outer?: ResolvedEnv | null
}

/** Packages that have been made for an environment, by what they were made of. */
type Packages = Map<string, LocalPackage>

const noReferences: readonly PackageMention[] = []

/** What a worker prepares before it runs a bundle: files, packages, variables. */
export class RuntimeEnv {
  /** As they are kept: complete, with absolute paths, frozen. */
  readonly fields: RuntimeEnvFields
  /** By field: packages are made once for the environment that first said it, and for all that have it from that. */
  readonly #packages: ReadonlyMap<FieldName, Packages>
  #last: {
    readonly hook: string | undefined
    readonly outer: ResolvedEnv | null
    readonly mentions: string
    readonly resolution: Resolution
  } | null = null

  private constructor(fields: RuntimeEnvFields, packages: ReadonlyMap<FieldName, Packages>) {
    this.fields = fields
    this.#packages = packages
  }

  /** Throws a TypeError that names the field, what it got and what is meant. */
  static from(given: RuntimeEnvFields | RuntimeEnv, { base = process.cwd() }: FromOptions = {}): RuntimeEnv {
    if (given instanceof RuntimeEnv) return given
    return new RuntimeEnv(
      checkFields(given, resolve(base)),
      new Map(allFields.map(({ name }) => [name, new Map()])),
    )
  }

  /** From what `toJSON` gives, or what a user wrote by hand; as text, too. A hook is code: it is loaded. */
  static fromJSON(json: unknown, options?: FromOptions): RuntimeEnv {
    const given = typeof json === 'string' ? parseJson('the JSON of a runtime environment', json) : json
    if (!isRecord(given)) return RuntimeEnv.from(given as RuntimeEnvFields, options)
    const fields = { ...given }
    if (isJson(fields.setupHook)) fields.setupHook = fromPlain(fields.setupHook)
    if ('plugins' in fields) fields.plugins = pluginsFromJson(fields.plugins)
    return RuntimeEnv.from(fields as RuntimeEnvFields, options)
  }

  /** Of a JSON file, whose relative paths start from its folder. */
  static fromFile(path: string): RuntimeEnv {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      throw new TypeError(`the runtime environment ${path} can't be read: ${(error as Error).message}`, {
        cause: error,
      })
    }
    try {
      return RuntimeEnv.fromJSON(parseJson(path, text), { base: dirname(resolve(path)) })
    } catch (error) {
      if (error instanceof TypeError && !error.message.startsWith(path))
        error.message = `${path}: ${error.message}`
      throw error
    }
  }

  toJSON(): { [field: string]: Json } {
    const { setupHook, plugins, ...plain } = this.fields
    const json = structuredClone(plain) as { [field: string]: Json }
    if (setupHook !== undefined) json.setupHook = toPlain(setupHook)
    if (plugins !== undefined)
      json.plugins = Object.fromEntries(
        Object.entries(plugins).map(([name, value]) => [name, toPlain(value)]),
      )
    return json
  }

  [symbols.reduce](): unknown[] {
    return travelOf(this) ?? [runtimeEnvFrom, [this.toJSON()]]
  }

  /** This one with another within it: the other's fields count, but variables and plugins are merged name by name. */
  merge(inner: RuntimeEnvFields | RuntimeEnv): RuntimeEnv {
    const other = RuntimeEnv.from(inner)
    const packages = allFields.map(
      ({ name }) => [name, (name in other.fields ? other : this).#packages.get(name)!] as const,
    )
    return new RuntimeEnv(mergeFields(this.fields, other.fields), new Map(packages))
  }

  /** Whether `resolve` has to be told what the bundle refers to. */
  get wantsReferences(): boolean {
    return isAutomatic(this.fields.npm)
  }

  /**
   * What travels, and the packages of this machine that it names. Files are read once for each RuntimeEnv: what changes
   * afterwards is for a new one.
   */
  resolve({ references = noReferences, exportHook, outer = null }: ResolveOptions = {}): Resolution {
    const { setupHook } = this.fields
    const hook = setupHook === undefined ? undefined : exportHook?.(setupHook)
    const mentions = this.wantsReferences
      ? JSON.stringify(references.map((each) => [each.specifier, each.version, each.via]))
      : ''
    const last = this.#last
    if (last !== null && last.hook === hook && last.outer === outer && last.mentions === mentions)
      return last.resolution
    const resolution = this.#resolve(references, hook, outer)
    this.#last = { hook, outer, mentions, resolution }
    return resolution
  }

  #resolve(
    references: readonly PackageMention[],
    hook: string | undefined,
    outer: ResolvedEnv | null,
  ): Resolution {
    const used = new Map<string, LocalPackage>()
    const resolved: Record<string, Json> = {}
    for (const field of allFields) {
      const value = this.fields[field.name]
      if (value === undefined || field.resolve === undefined) continue
      const travels = field.resolve(value, {
        fields: this.fields,
        references,
        exportHook: hook === undefined ? undefined : () => hook,
        pack: (key, make) => {
          const made = this.#packages.get(field.name)!
          let pkg = made.get(key)
          if (pkg === undefined) made.set(key, (pkg = make()))
          used.set(pkg.uri, pkg)
          return pkg
        },
      })
      if (travels !== undefined) resolved[field.name] = travels
    }
    const fields =
      outer === null ? (resolved as ResolvedFields) : mergeResolved(outer.fields, resolved as ResolvedFields)
    const setupTimeout = this.fields.config?.setupTimeout ?? outer?.setupTimeout ?? DEFAULT_SETUP_TIMEOUT
    return { env: resolvedEnv(fields, setupTimeout), packages: [...used.values()] }
  }
}

/** What a bundle makes one with. */
export function runtimeEnvFrom(json: Json): RuntimeEnv {
  return RuntimeEnv.fromJSON(json)
}
