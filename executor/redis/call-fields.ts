// What calls have to be that are read from Redis. Of a field that is something else, what runs them would find out when
// they have a slot, or later still: they would hold that up for ever.
import { isRecord } from '../../runtime-env/plain.ts'
import type { CallSpec } from '../executor.ts'
import { ACTORS_OWN, MOST_RETURNS } from '../options.ts'
import { refsOf } from '../payload.ts'
import { isCount } from './messages.ts'
import type { WireCall } from './wire.ts'

type Is = (value: unknown) => boolean
type Fields = Readonly<Record<string, Is>>

const text: Is = (value) => typeof value === 'string'
const flag: Is = (value) => typeof value === 'boolean'
const isNull: Is = (value) => value === null
const either =
  (...all: readonly Is[]): Is =>
  (value) =>
    all.some((is) => is(value))
const optional = (is: Is): Is => either((value) => value === undefined, is)
const orNull = (is: Is): Is => either(isNull, is)
const list =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is)
const record =
  (is: Is): Is =>
  (value) =>
    isRecord(value) && Object.values(value).every(is)
const within =
  (least: number, most = Number.POSITIVE_INFINITY): Is =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
const amount: Is = (value) => typeof value === 'number' && value >= 0
const having =
  (fields: Fields): Is =>
  (value) =>
    isRecord(value) && Object.keys(fields).every((name) => fields[name]!(value[name]))

const FOR_EVER = -1
const env = having({
  key: (value) => /^[0-9a-f]{64}$/.test(String(value)),
  fields: isRecord,
  setupTimeout: amount,
})
const made = { name: text, parent: orNull(text), trace: orNull(isRecord) }
const kept = { driver: optional(text), keptBy: optional(text) }
const call = {
  ...{ ...made, ...kept },
  options: having({
    numReturns: within(0, MOST_RETURNS),
    maxRetries: within(ACTORS_OWN),
    retryExceptions: flag,
    timeout: orNull(amount),
    maxCalls: within(0),
    priority: within(0),
    resources: record(amount),
  }),
  retryOn: orNull(text),
  job: optional(text),
  tries: optional(isCount),
}

/** Of each kind: what its calls have in common. */
const SHARED: { readonly [K in WireCall['kind']]: Is } = {
  task: having({ ...call, fn: text, env: orNull(env) }),
  call: having({ ...call, actor: text, method: text }),
  actor: having({
    ...{ ...made, ...kept },
    fn: text,
    methods: list(text),
    options: having({
      registeredName: orNull(text),
      maxRestarts: within(FOR_EVER),
      maxTaskRetries: within(FOR_EVER),
      maxConcurrency: within(1),
      detached: flag,
      isolate: flag,
      resources: record(amount),
    }),
    env: orNull(env),
  }),
}

export function isShared(
  kind: WireCall['kind'],
  { spec, epoch }: { readonly spec: unknown; readonly epoch: unknown },
): boolean {
  return SHARED[kind](spec) && (kind === 'call' ? isCount(epoch) : epoch === undefined)
}

const dependency: Is = (value) => Array.isArray(value) && isCount(value[0]) && text(value[1])

/** What each call has for itself. */
export const isOwn = ({ id, args, deps }: Pick<CallSpec, 'id' | 'args' | 'deps'>): boolean =>
  typeof id === 'string' &&
  (!('plain' in args) || Array.isArray(args.plain)) &&
  refsOf(args).every(text) &&
  (deps.length === 0 ? Array.isArray(deps) : list(dependency)(deps))
