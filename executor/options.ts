// Options of tasks, actors and init: their defaults, and the checks that name what is wrong. A new option is a line here.

import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { RuntimeEnv, RuntimeEnvFields } from '../runtime-env/index.ts'
import { textOf } from '../runtime-env/message.ts'
import { nearest, suggestion } from '../runtime-env/nearest.ts'
import type { SignOption, VerifyOption } from '../serializer/bundle/signature.ts'
import { Array, JSON, Number, Object, String, TypeError } from '../serializer/globals.ts'

type ErrorClass = abstract new (...args: never[]) => unknown

/** What both tasks and actors may be given. */
interface ResourceOptions {
  /** Slots that it takes while it runs. An actor takes them for its life. */
  readonly numCpus?: number | undefined
  /** Custom resources by name, as `init({ resources })` has them. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** For people, and of an actor: what `getActor` finds it by. */
  readonly name?: string | undefined
  /**
   * Files, packages and variables that it has; within those of the job (`init({ runtimeEnv })`), or of the task that makes
   * the call. It then runs in a process of its own kind.
   */
  readonly runtimeEnv?: RuntimeEnvFields | RuntimeEnv | undefined
}

interface CallOptions {
  /** How many objects the result is taken apart into, 4000 at most. Of a function that returns an array. */
  readonly numReturns?: number | undefined
  /** Errors that are worth another try: true for all, or a list of classes. They spend `maxRetries`, too. */
  readonly retryExceptions?: boolean | readonly ErrorClass[] | undefined
  /**
   * Milliseconds that one run may take: then it fails, and its worker is ended. An actor's worker is not: the method's signal
   * is aborted (`currentTask().signal`), and one that does not heed it still holds up the calls behind it, until `kill`.
   */
  readonly timeout?: number | undefined
}

export interface RemoteOptions extends ResourceOptions, CallOptions {
  /** How often a task is tried again whose worker ended under it: 3 unless said otherwise, -1 for ever. */
  readonly maxRetries?: number | undefined
  /** A worker that ran the function so often is replaced by a new one. 0: never. Inline, there is none to replace. */
  readonly maxCalls?: number | undefined
  /** The lower, the sooner; 0 unless said otherwise. */
  readonly priority?: number | undefined
}

export interface ActorRemoteOptions extends ResourceOptions {
  /** How often it is started again, by its constructor, when its worker ended under it. -1 for ever. */
  readonly maxRestarts?: number | undefined
  /** How often a call is tried again that was under way then. -1 for ever. */
  readonly maxTaskRetries?: number | undefined
  /** How many calls of async methods may be under way at once; 1 unless said otherwise. */
  readonly maxConcurrency?: number | undefined
  /** 'detached': lives until it is killed, also when nobody has a handle. */
  readonly lifetime?: 'detached' | undefined
  /**
   * Whether it has a worker thread of its own: true unless said otherwise. With false it shares one with others that say
   * so and run in the same environment: it costs kilobytes instead of a thread's 26 MB, but a method that computes holds
   * up its neighbours, and a crash of the thread is one of all its actors. See docs/executor.md.
   */
  readonly isolate?: boolean | undefined
}

export interface MethodOptions extends CallOptions {
  readonly maxTaskRetries?: number | undefined
  readonly name?: string | undefined
}

export interface InitOptions {
  /** A fleet: `redis://[user:password@]host[:port]`, `rediss://...` for TLS, `unix:/path`. Its slots are its workers'. Or 'threads', 'inline'. */
  readonly address?: string | undefined
  /** Drivers and workers of one namespace see each other; 'default' unless said otherwise. */
  readonly namespace?: string | undefined
  /** Files in PEM for a `rediss:` address: whom to trust, and who this is. */
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly cert?: string | undefined
        readonly key?: string | undefined
      }
    | undefined
  /**
   * Signs all that goes into Redis: a secret of the whole fleet, or a private Ed25519 key. Workers that have a key
   * (`cornichon worker --key-file`) refuse what is not signed, before any code of it is compiled.
   */
  readonly sign?: SignOption | undefined
  /** Whose values are let in: with a secret, that of `sign` unless said otherwise. */
  readonly verify?: VerifyOption | undefined
  /** Joins a fleet although its bundle format or its major version of Node differ. */
  readonly allowVersionMismatch?: boolean | undefined
  /** 'inline': in the caller's thread, for debugging. */
  readonly mode?: 'threads' | 'inline' | undefined
  /** Slots; as many as there are cores unless said otherwise. */
  readonly numCpus?: number | undefined
  /** Custom resources, by name: `{ gpu: 1 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined
  /** A second init does nothing, and does not throw. */
  readonly ignoreReinitError?: boolean | undefined
  /** Of all tasks and actors that say nothing else. */
  readonly runtimeEnv?: RuntimeEnvFields | RuntimeEnv | undefined
  /**
   * What workers print goes to this process's output, with a prefix; or to a function, line by line. With false, that of
   * threads comes as it is, and that of a fleet does not come: `cornichon logs` shows it.
   */
  readonly logToDriver?: boolean | ((line: LogLine) => void) | undefined
  /** Of each worker thread, as node:worker_threads has them. */
  readonly resourceLimits?:
    | {
        readonly maxOldGenerationSizeMb?: number | undefined
        readonly maxYoungGenerationSizeMb?: number | undefined
        readonly codeRangeSizeMb?: number | undefined
        readonly stackSizeMb?: number | undefined
      }
    | undefined
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  readonly worker: string
  /** The task or actor method that printed it. */
  readonly task: string | null
  readonly text: string
  /** How often it came again, meanwhile. */
  readonly repeats: number
}

/** As `maxRetries` of an actor's call: as many as the actor's option `maxTaskRetries` says. */
export const ACTORS_OWN = -2

/** As they cross the interface: complete, plain. */
export interface TaskOptions {
  readonly numReturns: number
  readonly maxRetries: number
  readonly retryExceptions: boolean
  readonly timeout: number | null
  readonly maxCalls: number
  readonly priority: number
  readonly resources: Readonly<Record<string, number>>
}

export interface ActorOptions {
  readonly registeredName: string | null
  readonly maxRestarts: number
  readonly maxTaskRetries: number
  readonly maxConcurrency: number
  readonly detached: boolean
  readonly isolate: boolean
  readonly resources: Readonly<Record<string, number>>
}

/** What a value has to be, in words, or null if it is that. */
type Check = (value: unknown) => string | null

/** It has no place in the names of queues and keys. */
const HALF = 'half of a surrogate pair'
const isWellFormed = (name: string) => !/\p{Cs}/u.test(name)

/** One script of Redis stores all results of a call, and Lua hands no more than 8,000 values to a command. */
export const MOST_RETURNS = 4000

const whole = (least: number, words: string, most = Number.POSITIVE_INFINITY): Check => {
  return (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most ? null : words
}
const amount: Check = (value) =>
  typeof value === 'number' && value >= 0 && Number.isFinite(value) ? null : 'a number from 0'
const retries = whole(-1, 'a whole number from 0, or -1 for ever')
const text: Check = (value) =>
  typeof value === 'string' && value !== '' ? null : 'a string that is not empty'
const nameText: Check = (value) =>
  text(value) ?? (isWellFormed(value as string) ? null : `a string that has no ${HALF}`)
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'true or false')
const record: Check = (value) => {
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.values(value).some((each) => amount(each) !== null)
  )
    return 'an object with an amount for each name'
  return Object.keys(value).every(isWellFormed) ? null : `an object whose names have no ${HALF}`
}
const duration: Check = (value) =>
  typeof value === 'number' && value > 0 ? null : 'a number of milliseconds above 0'
const patience: Check = (value) => (typeof value === 'number' && value >= 0 ? null : 'a number from 0')
const TLS_FILES = ['ca', 'cert', 'key']
const tlsFiles: Check = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, file]) => TLS_FILES.includes(name) && (file === undefined || text(file) === null),
  )
    ? null
    : 'the names of files in PEM, as { ca, cert, key }'
const anything: Check = () => null
/** Of a fleet: what its name has to be, in words, or null if it is that. */
export const checkNamespace: Check = (value) =>
  typeof value === 'string' && /^[\w.-]+$/.test(value) ? null : 'letters, digits, _, . and -'

// A runtime environment is checked by itself, and tells more.
const resourceChecks = { numCpus: amount, resources: record, name: nameText, runtimeEnv: anything }
const callChecks = {
  numReturns: whole(0, `a whole number from 0 to ${MOST_RETURNS}`, MOST_RETURNS),
  retryExceptions: (value: unknown) =>
    typeof value === 'boolean' ||
    (Array.isArray(value) && value.every((each) => typeof each === 'function' && each.prototype))
      ? null
      : 'true, false or a list of error classes',
  timeout: duration,
}

const tables = {
  task: {
    ...resourceChecks,
    ...callChecks,
    maxRetries: retries,
    maxCalls: whole(0, 'a whole number from 0'),
    priority: whole(0, 'a whole number from 0'),
  },
  actor: {
    ...resourceChecks,
    maxRestarts: retries,
    maxTaskRetries: retries,
    maxConcurrency: whole(1, 'a whole number from 1'),
    lifetime: (value: unknown) => (value === 'detached' ? null : "'detached', or nothing"),
    isolate: flag,
  },
  method: { ...callChecks, maxTaskRetries: retries, name: nameText },
  init: {
    mode: (value: unknown) => (value === 'threads' || value === 'inline' ? null : "'threads' or 'inline'"),
    address: text,
    namespace: checkNamespace,
    tls: tlsFiles,
    sign: anything,
    verify: anything,
    allowVersionMismatch: flag,
    numCpus: amount,
    resources: record,
    ignoreReinitError: flag,
    logToDriver: (value: unknown) =>
      typeof value === 'boolean' || typeof value === 'function' ? null : 'true, false or a function',
    resourceLimits: anything,
    runtimeEnv: anything,
  },
  get: { timeout: patience },
  wait: { numReturns: whole(1, 'a whole number from 1'), timeout: patience },
  cancel: { force: flag, recursive: flag },
  kill: { noRestart: flag },
} satisfies Record<string, Record<string, Check>>

/** Throws a TypeError for options that there are not, or that are not what they have to be. */
export function checkOptions(kind: keyof typeof tables, given: object | undefined): void {
  if (given === undefined) return
  const what =
    kind === 'task' || kind === 'actor' || kind === 'method' ? `${kind} option` : `option of ${kind}`
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`options are an object, not ${String(given)}`)
  const table: Record<string, Check> = tables[kind]
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(table, name)) throw new TypeError(unknownOption(what, name, Object.keys(table)))
    if (value === undefined) continue
    const wanted = table[name]!(value)
    if (wanted !== null) throw new TypeError(`the ${what} ${name} is ${wanted}, not ${show(value)}`)
  }
}

function unknownOption(what: string, name: string, known: readonly string[]): string {
  // No name is near enough to it.
  if (name === 'detached' && known.includes('lifetime'))
    return `there is no ${what} ${name}. Did you mean lifetime: 'detached'?`
  return `there is no ${what} ${name}. ${suggestion(nearest(name, known), known)}`
}

function show(value: unknown): string {
  return typeof value === 'object'
    ? inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
    : typeof value === 'string'
      ? JSON.stringify(value)
      : textOf(value)
}

/** The longest that Node's timers wait, 24.8 days: what is longer fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** How long a timer has to be, or null for none: of what says nothing, says Infinity, or is beyond timers. */
export function timerOf(timeout: number | undefined): number | null {
  return timeout === undefined || timeout > LONGEST_TIMER ? null : timeout
}

export function taskOptionsOf(given: RemoteOptions): TaskOptions {
  return {
    numReturns: given.numReturns ?? 1,
    maxRetries: given.maxRetries ?? 3,
    retryExceptions: given.retryExceptions === true,
    timeout: timerOf(given.timeout),
    maxCalls: given.maxCalls ?? 0,
    priority: given.priority ?? 0,
    resources: resourcesOf(given, 1),
  }
}

export function methodOptionsOf(given: MethodOptions): TaskOptions {
  return {
    numReturns: given.numReturns ?? 1,
    maxRetries: given.maxTaskRetries ?? ACTORS_OWN,
    retryExceptions: given.retryExceptions === true,
    timeout: timerOf(given.timeout),
    maxCalls: 0,
    priority: 0,
    resources: {},
  }
}

export function actorOptionsOf(given: ActorRemoteOptions): ActorOptions {
  return {
    registeredName: given.name ?? null,
    maxRestarts: given.maxRestarts ?? 0,
    maxTaskRetries: given.maxTaskRetries ?? 0,
    maxConcurrency: given.maxConcurrency ?? 1,
    detached: given.lifetime === 'detached',
    isolate: given.isolate ?? true,
    resources: resourcesOf(given, 0),
  }
}

function resourcesOf(given: ResourceOptions, cpus: number): Readonly<Record<string, number>> {
  return { CPU: given.numCpus ?? cpus, ...given.resources }
}

export function totalResources(given: InitOptions): Readonly<Record<string, number>> {
  const cpus = given.numCpus ?? (given.mode === 'inline' ? 1 : availableParallelism())
  return { CPU: cpus, ...given.resources }
}
