// Makes one environment: checks it, makes what its fields name, puts its own folder together, and asks how its processes
// are to be started.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../message.ts'
import type { AssemblyTools } from '../plugins/built-in.ts'
import { type PluginTurn, pluginTurns } from '../plugins/fields.ts'
import { sha256 } from '../sha256.ts'
import type { PackageSource, PluginTools, ProcessContext, ResolvedEnv, SetupLogger } from '../types.ts'
import { ArchiveError, type UnpackLimits, UnpackTree, unpack, unpackInto } from '../unpack/index.ts'
import { unlessAborted } from './abort.ts'
import type { Cache, HeldEntry } from './cache.ts'
import { fetchArchive } from './fetch.ts'

export interface SetupTools {
  readonly cache: Cache
  readonly packages: PackageSource
  readonly limits: UnpackLimits
  readonly logger: SetupLogger
  readonly signal: AbortSignal
}

/** An environment that is ready. Its entries stay until they are given back. */
export interface Prepared {
  readonly context: ProcessContext
  readonly entries: readonly HeldEntry[]
  /** The one that its processes may write into. */
  readonly own: HeldEntry | null
  /** Bytes on disk. */
  readonly size: number
}

/** A step that failed, with the field that it was for. */
export class StepError extends Error {}

export async function prepare(env: ResolvedEnv, tools: SetupTools): Promise<Prepared> {
  const { cache } = tools
  const setup = new Setup(env, tools)
  try {
    const turns = pluginTurns(env)
    for (const turn of turns) await setup.step(turn, () => turn.plugin.check?.(turn.value, env))
    const folders = new Map<PluginTurn, readonly string[]>()
    for (const turn of turns) folders.set(turn, await setup.step(turn, () => setup.make(turn)))
    const own = await setup.assemble(turns, folders)
    const size = setup.entries.reduce((sum, entry) => sum + entry.size, 0)
    if (size > cache.maxBytes) throw cache.tooBig('the environment', size)
    const context: ProcessContext = {
      cwd: own === null ? process.cwd() : join(own.folder, 'work'),
      env: {},
      execPath: process.execPath,
      execArgv: [],
      prefix: [],
      mounts: [cache.folder],
    }
    for (const turn of turns)
      await setup.step(turn, () => turn.plugin.modifyContext?.(context, turn.value, folders.get(turn)!, env))
    return { context, entries: setup.entries, own, size }
  } catch (error) {
    await releaseAll(setup.entries)
    // Archives that can't be unpacked may have come damaged: the next try fetches them anew.
    if (isOfArchive(error)) await Promise.all(setup.archives.splice(0).map((archive) => archive.discard()))
    throw error
  } finally {
    await releaseAll(setup.archives)
  }
}

export async function releaseAll(entries: readonly HeldEntry[]): Promise<void> {
  await Promise.all(entries.map((entry) => entry.release()))
}

function isOfArchive(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ArchiveError) return true
  return false
}

class Setup {
  /** What the environment keeps. */
  readonly entries: HeldEntry[] = []
  /** What is needed while it is made. */
  readonly archives: HeldEntry[] = []
  readonly #env: ResolvedEnv
  readonly #tools: SetupTools

  constructor(env: ResolvedEnv, tools: SetupTools) {
    this.#env = env
    this.#tools = tools
  }

  /** A plugin's turn; it ends when the time is over, whether or not the plugin notices. */
  async step<T>({ path }: PluginTurn, work: () => Promise<T> | T): Promise<T> {
    try {
      return await unlessAborted(Promise.resolve(work()), this.#tools.signal)
    } catch (error) {
      if (this.#tools.signal.aborted) throw error
      throw new StepError(named(path, error), { cause: error })
    }
  }

  /** What a plugin's URIs name. Gives the folders. */
  async make({ plugin, value }: PluginTurn): Promise<string[]> {
    const folders: string[] = []
    for (const uri of plugin.uris?.(value as never) ?? []) {
      const entry = await this.#tools.cache.use(
        {
          kind: kindOf(plugin.name),
          hash: sha256(uri),
          plugin: plugin.name,
          uri,
          make: async (folder) => plugin.create!(uri, value as never, this.#env, this.#pluginTools(folder)),
        },
        this.#tools.signal,
      )
      this.entries.push(entry)
      folders.push(entry.folder)
    }
    return folders
  }

  /** The folder of the environment's own; null where no field has anything to put there. */
  async assemble(
    turns: readonly PluginTurn[],
    folders: ReadonlyMap<PluginTurn, readonly string[]>,
  ): Promise<HeldEntry | null> {
    const assembling = turns.filter(({ plugin }) => plugin.assemble !== undefined)
    if (assembling.length === 0) return null
    const { cache, limits, signal } = this.#tools
    const { key } = this.#env
    if (!/^[0-9a-f]{16,128}$/.test(key)) throw new Error(`${JSON.stringify(key)} is no key of an environment`)
    const make = async (folder: string) => {
      await mkdir(join(folder, 'work'))
      const tree = new UnpackTree(folder)
      const tools: AssemblyTools = {
        ...this.#pluginTools(folder),
        finalFolder: cache.pathOf('envs', key),
        limits,
        unpackOver: (file, into, name, strip) =>
          unpackInto({ file, name, limits, signal }, tree, into, strip),
      }
      for (const turn of assembling)
        await this.step(turn, () => turn.plugin.assemble!(turn.value, folders.get(turn)!, tools))
      await tree.finish()
    }
    const entry = await cache.use(
      { kind: 'envs', hash: key, plugin: '', uri: `the environment ${key}`, make },
      signal,
    )
    this.entries.push(entry)
    return entry
  }

  #pluginTools(folder: string): PluginTools {
    const { packages, logger, signal, limits } = this.#tools
    return {
      folder,
      packages,
      logger,
      signal,
      archive: (uri) => this.#archive(uri),
      unpack: (file, into, name) => unpack({ file, name: name ?? file, limits, signal }, into),
    }
  }

  async #archive(uri: string): Promise<string> {
    const { cache, packages, logger, signal } = this.#tools
    const make = (folder: string) =>
      fetchArchive(uri, join(folder, 'archive'), { packages, maxBytes: cache.maxBytes, logger, signal })
    const entry = await cache.use({ kind: 'pkg', hash: sha256(uri), plugin: '', uri, make }, signal)
    this.archives.push(entry)
    return join(entry.folder, 'archive')
  }
}

/** The cache's folder for what a plugin makes. */
function kindOf(plugin: string): string {
  return plugin === 'npm' ? plugin : `plugin-${plugin}`
}

/** What went wrong, under the name of the field, once. */
function named(path: string, error: unknown): string {
  const message = messageOf(error)
  return message.startsWith(path) ? message : `${path}: ${message}`
}
