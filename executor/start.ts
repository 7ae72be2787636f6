// init and shutdown: which executor this process has.

import { RuntimeEnv } from '../runtime-env/index.ts'
import { Error, TypeError } from '../serializer/globals.ts'
import { requireNoInheritedThen } from '../serializer/promises.ts'
import { currentExecutor, isWorker, setExecutor } from './context.ts'
import { prepareJob, setJobEnvironment } from './environments.ts'
import type { Executor } from './executor.ts'
import { errorOf } from './failures.ts'
import { startInline } from './inline/index.ts'
import { checkOptions, type InitOptions } from './options.ts'
import { startThreads } from './threads/index.ts'

/** The executor; if there is none yet, one with worker threads is started. */
export function requireExecutor(): Executor {
  const executor = currentExecutor() ?? startUnlessJoining()
  requirePromises(executor)
  if (executor.failure) throw errorOf(executor.failure)
  return executor
}

/** What is called now would run in this process, and not on the fleet. */
function startUnlessJoining(): Executor {
  if (joining === null) return start({})
  throw new Error('init is under way, and not done yet: say await init(...) before the first call')
}

/** The clients of Redis resolve promises with objects. */
function requirePromises({ engine }: Pick<Executor, 'engine'>): void {
  if (engine === 'redis') requireNoInheritedThen('A driver of a fleet')
}

/**
 * Starts the executor of this process: worker threads, `{ mode: 'inline' }`, or a fleet's, by `address`. Throws if there is one already, unless
 * `ignoreReinitError` is set. Without it, the first call of a remote function starts one with threads.
 */
export async function init(options: InitOptions = {}): Promise<void> {
  checkOptions('init', options)
  if (currentExecutor() !== null || joining !== null) {
    if (options.ignoreReinitError) return joining ?? undefined
    throw new Error(
      isWorker()
        ? 'init was called in a worker, where tasks use the executor that runs them'
        : 'init was called twice. Call shutdown() first, or say init({ ignoreReinitError: true })',
    )
  }
  const { address, runtimeEnv, ...rest } = options
  const env = runtimeEnv === undefined ? null : RuntimeEnv.from(runtimeEnv)
  if (address === 'threads' || address === 'inline') start({ ...rest, mode: address })
  else if (address === undefined) startHere(options)
  else await (joining = join(options).finally(() => (joining = null)))
  setJobEnvironment(env)
  if (env !== null) await prepare(env)
}

/** In this process; who has a fleet in mind has forgotten its address, or has it in a variable that is not set. */
function startHere(options: InitOptions): void {
  if (options.mode === undefined)
    for (const name of ['namespace', 'tls', 'sign', 'verify', 'allowVersionMismatch'] as const)
      if (options[name] !== undefined)
        throw new TypeError(
          `the option ${name} of init goes with address, the Redis of a fleet: init({ address: 'redis://host', ${name} }). Without one, tasks run in threads of this process`,
        )
  start(options)
}

/** What is wrong with it shows now, and its packages are on their way. */
async function prepare(env: RuntimeEnv): Promise<void> {
  try {
    prepareJob(requireExecutor(), env)
  } catch (error) {
    await shutdown()
    throw error
  }
}

/** On its way, and not there yet. */
let joining: Promise<void> | null = null

/** A fleet, over Redis. */
async function join(options: InitOptions): Promise<void> {
  for (const name of ['mode', 'numCpus', 'resources', 'resourceLimits'] as const)
    if (options[name] !== undefined)
      throw new TypeError(
        `the option ${name} of init does not go with address: a fleet has what its workers have`,
      )
  requirePromises({ engine: 'redis' })
  // Loaded where it is used: other engines do without.
  const { startRedis } = await import('./redis/join.ts')
  const executor = await startRedis(options)
  if (currentExecutor() === null) return setExecutor(executor)
  await executor.shutdown()
  throw new Error('init was called twice. Call shutdown() first, or say init({ ignoreReinitError: true })')
}

export function isInitialized(): boolean {
  return currentExecutor() !== null
}

function start(options: InitOptions): Executor {
  const executor = options.mode === 'inline' ? startInline(options) : startThreads(options)
  setExecutor(executor)
  return executor
}

/** Ends the executor, its workers and actors. Refs that are pending reject. Afterwards `init` may be called again. */
export async function shutdown(): Promise<void> {
  await joining?.catch(() => {})
  const executor = currentExecutor()
  if (executor === null) return
  if (isWorker()) throw new Error('shutdown was called in a worker: only the process that called init can')
  requirePromises(executor)
  setExecutor(null)
  setJobEnvironment(null)
  await executor.shutdown()
}
