// The environment that a call runs in: the option runtimeEnv within that of the job, or of the task that makes the call.
// It is worked out once for each option and executor; with npm: 'auto', for each function and what its arguments refer to.

import { RuntimeEnvSetupError } from '../runtime-env/errors.ts'
import { DEFAULT_SETUP_TIMEOUT } from '../runtime-env/fields/config.ts'
import { RuntimeEnv } from '../runtime-env/index.ts'
import { mergeResolved, resolvedEnv } from '../runtime-env/merge.ts'
import { setTravel } from '../runtime-env/travel.ts'
import type {
  PackageMention,
  Resolution,
  ResolvedEnv,
  ResolvedFields,
  RuntimeEnvFields,
} from '../runtime-env/types.ts'
import { Map, Set } from '../serializer/globals.ts'
import { symbols } from '../serializer/index.ts'
import { requireNoInheritedThen } from '../serializer/promises.ts'
import { nameOf } from './calls.ts'
import { currentExecutor, environmentHere } from './context.ts'
import type { Dependency, Executor, Exported, PackedArguments } from './executor.ts'
import { exportValue } from './exports.ts'
import { joined, type Mentions, mentionsOf, NO_MENTIONS } from './mentions.ts'
import type { Packed } from './payload.ts'

/** The option runtimeEnv, as users give it. */
export type EnvironmentOption = RuntimeEnvFields | RuntimeEnv

/** The same, checked. */
export type Environment = RuntimeEnv | CarriedEnv

/** A RuntimeEnv that came in a bundle: its files are packages by now. */
export class CarriedEnv {
  readonly fields: ResolvedFields
  readonly setupTimeout: number
  /** With npm: 'auto', what its hook refers to; else null. */
  readonly automatic: readonly PackageMention[] | null

  constructor(fields: ResolvedFields, setupTimeout: number, automatic: readonly PackageMention[] | null) {
    this.fields = fields
    this.setupTimeout = setupTimeout
    this.automatic = automatic
  }

  [symbols.reduce](): unknown[] {
    return [environmentFrom, [this.fields, this.setupTimeout, this.automatic]]
  }
}

/** Throws a TypeError for what is none. */
export function checkEnvironment(given: unknown): Environment {
  return given instanceof CarriedEnv ? given : RuntimeEnv.from(given as EnvironmentOption)
}

/** The options with a checked environment. */
export function withEnvironment<O extends { readonly runtimeEnv?: unknown }>(options: O): O {
  if (options.runtimeEnv === undefined) return options
  return { ...options, runtimeEnv: checkEnvironment(options.runtimeEnv) }
}

let job: RuntimeEnv | null = null

/** What `init` was given: of all calls of this process that are in no task. */
export function setJobEnvironment(env: RuntimeEnv | null): void {
  job = env
}

/** Throws now what its first call would; its packages are on their way, unless they depend on the calls. */
export function prepareJob(executor: Executor, env: RuntimeEnv): void {
  if (env.wantsReferences) return
  const resolved = resolve(executor, env, NONE, null)
  if (resolved !== null) checkLacking(executor, resolved, 'the job')
}

function checkLacking(executor: Executor, env: ResolvedEnv, whose: string): void {
  requireNoInheritedThen('What makes runtime environments')
  const lacking = executor.lackingFor(env)
  if (lacking !== null)
    throw new RuntimeEnvSetupError(`the runtime environment of ${whose} can not be had: ${lacking}`)
}

// --- working it out ---

interface Known {
  readonly executor: Executor
  readonly job: RuntimeEnv | null
  readonly outer: ResolvedEnv | null
  readonly env: RuntimeEnv | CarriedEnv
  /** By what the code refers to; the same for all unless the packages depend on it. */
  readonly byMentions: Map<string, ResolvedEnv | null>
}

const known = new WeakMap<object, Known>()
const NONE: readonly PackageMention[] = []

export function environmentFor(
  executor: Executor,
  given: Environment | undefined,
  fn: Exported,
  { args, deps }: PackedArguments,
  retryOn: Exported | null = null,
): ResolvedEnv | null {
  const outer = environmentHere()
  if (given === undefined && job === null) return outer
  const source = given ?? job!
  let entry = known.get(source)
  if (entry === undefined || entry.executor !== executor || entry.job !== job || entry.outer !== outer) {
    const env = given === undefined || job === null || given instanceof CarriedEnv ? source : job.merge(given)
    known.set(source, (entry = { executor, job, outer, env, byMentions: new Map() }))
  }
  const { env, byMentions } = entry
  const mentions = isAutomatic(env) ? mentionsFor(executor, env, fn, args, deps, retryOn) : NO_MENTIONS
  const { key } = mentions
  let resolved = byMentions.get(key)
  if (resolved === undefined) {
    resolved = resolve(executor, env, mentions.list, outer)
    if (resolved !== null) checkLacking(executor, resolved, fn.name)
    byMentions.set(key, resolved)
  }
  return resolved
}

function isAutomatic(env: Environment): boolean {
  return env instanceof CarriedEnv ? env.automatic !== null : env.wantsReferences
}

/** Of a call, and of the hook that runs before it. */
function mentionsFor(
  executor: Executor,
  env: Environment,
  fn: Exported,
  args: Packed,
  deps: readonly Dependency[],
  retryOn: Exported | null,
): Mentions {
  const hook = env instanceof CarriedEnv ? undefined : env.fields.setupHook
  const exported = [fn, retryOn, hook && exportHook(executor, hook)]
  const values = exported.flatMap((each) => (each ? [each.value] : []))
  const refs = deps.map(([, id]) => id)
  const all = mentionsOf([...values, args], refs)
  return env instanceof CarriedEnv ? joined([...all.list, ...env.automatic!]) : all
}

function resolve(
  executor: Executor,
  env: Environment,
  references: readonly PackageMention[],
  outer: ResolvedEnv | null,
): ResolvedEnv | null {
  if (env instanceof CarriedEnv) {
    const fields = outer === null ? env.fields : mergeResolved(outer.fields, env.fields)
    const within = resolvedEnv(fields, env.setupTimeout)
    return isAutomatic(env) ? resolve(executor, automatic(), references, within) : within
  }
  return handOver(executor, env.resolve({ references, outer, exportHook: hookOf(executor) }))
}

let auto: RuntimeEnv | null = null
const automatic = () => (auto ??= RuntimeEnv.from({ npm: 'auto' }))

function hookOf(executor: Executor): (hook: () => unknown) => string {
  return (hook) => exportHook(executor, hook).hash
}

function exportHook(executor: Executor, hook: () => unknown): Exported {
  return exportValue(hook, nameOf(hook) === 'anonymous' ? 'setupHook' : nameOf(hook), executor)
}

/** By executor: the packages that it has been given. */
const packages = new WeakMap<Executor, Set<string>>()

function handOver(executor: Executor, { env, packages: own }: Resolution): ResolvedEnv | null {
  let uris = packages.get(executor)
  if (uris === undefined) packages.set(executor, (uris = new Set()))
  for (const pkg of own) {
    if (uris.has(pkg.uri)) continue
    uris.add(pkg.uri)
    executor.addPackage(pkg)
  }
  return env
}

// --- in bundles ---

/** What a bundle makes an environment with. */
export function environmentFrom(
  fields: ResolvedFields,
  setupTimeout: number,
  automatic: readonly PackageMention[] | null,
): CarriedEnv {
  return new CarriedEnv(fields, setupTimeout, automatic)
}

/** A folder is somewhere else for the receiver: so it goes as a package, which the executor has from then on. */
setTravel((env) => {
  const executor = currentExecutor()
  if (executor === null) return null
  const resolved = handOver(executor, env.resolve({ exportHook: hookOf(executor) }))
  const { fields, setupTimeout } = resolved ?? { fields: {}, setupTimeout: DEFAULT_SETUP_TIMEOUT }
  const { setupHook } = env.fields
  const hooks = setupHook === undefined ? [] : [exportHook(executor, setupHook).value]
  return [environmentFrom, [fields, setupTimeout, env.wantsReferences ? mentionsOf(hooks, []).list : null]]
})
