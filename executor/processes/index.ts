// Worker processes, each in an environment: the host of calls that have one. What a worker needs to make environments
// with is loaded when the first such call comes.
import type { EnvDescription, EnvManager, LocalPackage, ResolvedEnv } from '../../runtime-env/types.ts'
import { lackingMemory } from '../local/headroom.ts'
import type { EnvironmentHost, HostWorker, WorkerEnd } from '../local/host.ts'
import { type InitOptions, totalResources } from '../options.ts'
import type { FromWorker } from '../worker/protocol.ts'
import { canContain, enginesHere } from './engines.ts'
import { WorkerProcess } from './process.ts'

/** One that had nothing to do for so long is ended. */
const IDLE_TIMEOUT = 60_000
/** Bytes that one takes in which cornichon is loaded. */
const PROCESS = 60 * 2 ** 20

export interface ProcessSettings {
  /** Asked once, by the first call that has an environment. */
  readonly manager: () => Promise<EnvManager>
  readonly addPackage: (pkg: LocalPackage) => void
  readonly workerName: string
  readonly options: InitOptions
  readonly idleTimeout?: number
}

export class ProcessHost implements EnvironmentHost {
  readonly workerName: string
  readonly maxWorkers: number
  readonly maxShared: number
  readonly lackingForActor = (_: number, starting: number) => lackingMemory(PROCESS, starting)
  readonly idleTimeout: number
  readonly #settings: ProcessSettings
  #loading: Promise<EnvManager> | null = null
  #manager: EnvManager | null = null

  constructor(settings: ProcessSettings) {
    this.#settings = settings
    this.workerName = settings.workerName
    // As many as threads: see threads/index.ts.
    const cpus = Math.ceil(totalResources(settings.options).CPU!)
    this.maxWorkers = 2 * cpus + 2
    this.maxShared = Math.max(cpus, 1)
    this.idleTimeout = settings.idleTimeout ?? IDLE_TIMEOUT
  }

  async #load(): Promise<EnvManager> {
    this.#loading ??= this.#settings.manager()
    try {
      return (this.#manager = await this.#loading)
    } catch (error) {
      this.#loading = null
      throw error
    }
  }

  start(
    env: ResolvedEnv,
    name: string,
    onMessage: (message: FromWorker) => void,
    onEnd: (end: WorkerEnd) => void,
  ): HostWorker {
    const lease = this.#load().then((manager) => manager.acquire(env))
    return new WorkerProcess(name, env, lease, onMessage, onEnd, this.#settings.options.resourceLimits)
  }

  addPackage(pkg: LocalPackage): void {
    this.#settings.addPackage(pkg)
  }

  lackingFor({ fields: { container } }: ResolvedEnv): string | null {
    if (container === undefined || canContain(container, enginesHere())) return null
    return `its container ${container.image} needs ${container.engine ?? 'docker or podman'}, which is not on the path of this machine. Install it, or leave out container`
  }

  describe(): readonly EnvDescription[] {
    return this.#manager?.describe() ?? []
  }

  async close(): Promise<void> {
    try {
      await this.#loading
    } catch {
      // There is none.
    }
    await this.#manager?.close()
  }
}
