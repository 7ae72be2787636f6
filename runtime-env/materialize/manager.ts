// The environments of a worker: made when they are asked for first, shared by all that ask, given up when nobody has used
// them for a while.
import { setMaxListeners } from 'node:events'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { OutputTail, RuntimeEnvSetupError } from '../errors.ts'
import { messageOf } from '../message.ts'
import { builtIn } from '../plugins/built-in.ts'
import { findPlugin } from '../plugins/registry.ts'
import type {
  EnvDescription,
  EnvLease,
  EnvManager,
  PackageSource,
  ProcessContext,
  ResolvedEnv,
} from '../types.ts'
import { defaultLimits, type UnpackLimits } from '../unpack/index.ts'
import { Cache } from './cache.ts'
import type { EntryNote } from './notes.ts'
import { type Prepared, prepare, releaseAll } from './setup.ts'

export interface EnvManagerOptions {
  readonly packages: PackageSource
  /** Shared by the workers of a machine. Unless said otherwise, `defaultCacheDir()`. */
  readonly cacheDir?: string
  /** How much of the disk it may take: 10 GiB unless said otherwise. What is in use stays, even if it is more. */
  readonly maxBytes?: number
  /** Of archives. */
  readonly limits?: Partial<UnpackLimits>
  /** How long an environment that nobody uses is kept at hand (ms): others may remove it only then. */
  readonly linger?: number
}

const GIB = 2 ** 30
const LINGER = 10_000
/** How many of those that are not in use any more are remembered for `describe`. */
const REMEMBERED = 200

/** `$XDG_CACHE_HOME/cornichon`, or as the system has it. */
export function defaultCacheDir(): string {
  const home = homedir()
  const parent =
    process.env['XDG_CACHE_HOME'] ||
    (process.platform === 'win32'
      ? process.env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
      : process.platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : join(home, '.cache'))
  return join(parent, 'cornichon')
}

export function openEnvManager(options: EnvManagerOptions): EnvManager {
  return new Manager(options)
}

/** One that this manager knows of. */
class Environment {
  readonly env: ResolvedEnv
  state: EnvDescription['state'] = 'creating'
  failure: string | null = null
  size = 0
  uses = 0
  /** Pending while it is made. Null: it has to be asked for anew. */
  prepared: Promise<Prepared> | null = null
  ready: Prepared | null = null
  timer: NodeJS.Timeout | null = null

  constructor(env: ResolvedEnv) {
    this.env = env
  }
}

class Manager implements EnvManager {
  readonly #packages: PackageSource
  readonly #folder: string
  readonly #maxBytes: number
  readonly #limits: UnpackLimits
  readonly #linger: number
  readonly #closing = new AbortController()
  readonly #environments = new Map<string, Environment>()
  #opened: Promise<Cache> | null = null
  /** Entries that are being given back. */
  readonly #givingUp = new Set<Promise<void>>()
  #isClosed = false

  constructor({ packages, cacheDir, maxBytes, limits, linger }: EnvManagerOptions) {
    this.#packages = packages
    this.#folder = resolve(cacheDir ?? defaultCacheDir())
    this.#maxBytes = maxBytes ?? 10 * GIB
    this.#limits = { ...defaultLimits, ...limits }
    this.#limits = { ...this.#limits, maxBytes: Math.min(this.#limits.maxBytes, this.#maxBytes) }
    this.#linger = linger ?? LINGER
  }

  async acquire(env: ResolvedEnv): Promise<EnvLease> {
    const known = this.#environmentOf(env)
    // A ready one costs nothing: no disk, no other process is asked.
    if (known.ready === null) {
      if (this.#closing.signal.aborted) throw closed()
      known.prepared ??= this.#prepare(known)
      known.uses++
      try {
        await known.prepared
      } catch (error) {
        known.uses--
        throw error
      }
    } else known.uses++
    if (known.timer !== null) clearTimeout(known.timer)
    known.timer = null
    known.state = 'ready'
    known.failure = null
    return new Lease(
      env.key,
      known.ready!.context,
      () => this.#released(known),
      (why) => {
        known.state = 'failed'
        known.failure = why
      },
    )
  }

  #environmentOf(env: ResolvedEnv): Environment {
    let known = this.#environments.get(env.key)
    if (known === undefined) {
      known = new Environment(env)
      this.#environments.set(env.key, known)
    }
    return known
  }

  async #prepare(known: Environment): Promise<Prepared> {
    const { env } = known
    const logger = new OutputTail()
    known.state = 'creating'
    const timeout = new AbortController()
    const seconds = env.setupTimeout / 1000
    const timer = setTimeout(
      () => timeout.abort(new Error(`it took longer than ${seconds} s (config.setupTimeout)`)),
      env.setupTimeout,
    )
    const signal = AbortSignal.any([timeout.signal, this.#closing.signal])
    setMaxListeners(0, signal)
    try {
      const prepared = await prepare(env, {
        cache: await this.#open(),
        packages: this.#packages,
        limits: this.#limits,
        logger,
        signal,
      })
      known.ready = prepared
      known.size = prepared.size
      return prepared
    } catch (error) {
      const reason = `the runtime environment ${env.key.slice(0, 12)} could not be made: ${messageOf(error)}`
      const failure = new RuntimeEnvSetupError(reason, logger.toString(), { cause: error })
      known.prepared = null
      known.state = 'failed'
      known.failure = failure.message
      this.#forgetOld()
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  #open(): Promise<Cache> {
    this.#opened ??= Cache.open(this.#folder, this.#maxBytes, onRemove).catch((error: unknown) => {
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  #released(known: Environment): void {
    if (--known.uses > 0 || this.#isClosed) return
    if (this.#linger === 0 || this.#closing.signal.aborted) return this.#startGivingUp(known)
    known.timer = setTimeout(() => this.#startGivingUp(known), this.#linger)
    known.timer.unref()
  }

  #startGivingUp(known: Environment): void {
    const givingUp = this.#giveUp(known).finally(() => this.#givingUp.delete(givingUp))
    this.#givingUp.add(givingUp)
  }

  /** Others may remove it from here on. What is in the cache then is found again by the next that asks. */
  async #giveUp(known: Environment): Promise<void> {
    const { ready } = known
    known.timer = null
    if (ready === null || known.uses > 0) return
    known.ready = null
    known.prepared = null
    // Last in the list: the one that is forgotten last.
    this.#environments.delete(known.env.key)
    this.#environments.set(known.env.key, known)
    this.#forgetOld()
    try {
      await ready.own?.measure()
      await releaseAll(ready.entries)
      await (await this.#open()).shrink()
    } catch (error) {
      // Nobody waits for it. What is left to remove, the next does.
      process.emitWarning(`the cache ${this.#folder} could not be tidied up: ${messageOf(error)}`)
    }
  }

  #forgetOld(): void {
    const idle = [...this.#environments.values()].filter(
      ({ prepared, uses }) => prepared === null && uses === 0,
    )
    for (const { env } of idle.slice(0, Math.max(0, idle.length - REMEMBERED)))
      this.#environments.delete(env.key)
  }

  describe(): readonly EnvDescription[] {
    return [...this.#environments.values()].map(({ env, state, size, uses, failure }) => ({
      key: env.key,
      state,
      size,
      uses,
      failure,
    }))
  }

  async close(): Promise<void> {
    this.#closing.abort(closed())
    const all = [...this.#environments.values()]
    await Promise.allSettled(all.map(({ prepared }) => prepared))
    for (const { timer } of all) if (timer !== null) clearTimeout(timer)
    // What is released from here on, closing the cache gives back.
    this.#isClosed = true
    await Promise.all(this.#givingUp)
    if (this.#opened !== null) await (await this.#opened).close()
    this.#environments.clear()
  }
}

class Lease implements EnvLease {
  readonly key: string
  readonly context: Readonly<ProcessContext>
  readonly fail: (why: string) => void
  #onRelease: (() => void) | null

  constructor(
    key: string,
    context: Readonly<ProcessContext>,
    onRelease: () => void,
    onFailure: (why: string) => void,
  ) {
    this.key = key
    this.context = context
    this.#onRelease = onRelease
    this.fail = onFailure
  }

  release(): void {
    const onRelease = this.#onRelease
    this.#onRelease = null
    onRelease?.()
  }
}

/** A plugin is told that what it made is about to go. What it throws keeps nothing on the disk. */
async function onRemove({ plugin, uri }: EntryNote, folder: string): Promise<void> {
  if (plugin === '') return
  const found = builtIn.get(plugin) ?? findPlugin(plugin)
  try {
    await found?.delete?.(uri, folder)
  } catch (error) {
    process.emitWarning(`the plugin ${plugin} could not delete ${uri}: ${messageOf(error)}`)
  }
}

function closed(): Error {
  return new Error('the worker is shutting down')
}
