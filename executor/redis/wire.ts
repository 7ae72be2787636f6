// Calls in Redis: the frame under `call:<batch>` that holds calls that were made at once, and which part of it a job is
// for. What the calls have in common is in the frame once.
import { fromJson, toJson } from '../../runtime-env/json.ts'
import { withoutSignature } from '../../serializer/bundle/signature.ts'
import type { ActorCallSpec, ActorSpec, Dependency, TaskSpec } from '../executor.ts'
import { MOST_RETURNS } from '../options.ts'
import type { Packed } from '../payload.ts'
import { isOwn, isShared } from './call-fields.ts'
import { decodeFrame } from './frame.ts'
import type { Keys } from './keys.ts'
import { isCount } from './messages.ts'
import { type Encoded, type PackedHeader, PartsWriter, readPacked, readParts, type Store } from './values.ts'

export type WireCall =
  | { readonly kind: 'task'; readonly spec: TaskSpec; readonly owner: string }
  | {
      readonly kind: 'call'
      readonly spec: ActorCallSpec
      readonly owner: string
      /** How often the caller has restarted the actor by then. */
      readonly epoch: number
    }
  | { readonly kind: 'actor'; readonly spec: ActorSpec; readonly owner: string }

/** Where a call is: calls of one batch have one frame. A batch has the id of its first call. */
export interface Place {
  readonly batch: string
  readonly index: number
  /** How many calls the batch has. */
  readonly size: number
}

export function placeAlone(call: string): Place {
  return { batch: call, index: 0, size: 1 }
}

/** What a job of the queue is for: those of a batch from `at`, up to `to`. A job of one call says nothing. */
export interface JobData {
  readonly of?: string
  readonly at?: number
  readonly to?: number
  readonly size?: number
  /** A worker process died that had them. */
  readonly isSuspect?: boolean
  /** Of those, the ones that failed, for people. */
  readonly failed?: readonly (readonly [id: string, name: string, message: string])[]
}

/** In the list of what runs on all workers, a call has this for an id. */
export const SET_UP = 'set-up'

type WireSpec = WireCall['spec']

interface Common {
  readonly spec: object
  readonly epoch?: number
}

interface GroupHeader {
  readonly kind: WireCall['kind']
  readonly owner: string
  /** As JSON: what comes again and again is read once. */
  readonly shared: readonly string[]
  readonly calls: readonly (readonly [
    shared: number,
    id: string,
    args: PackedHeader,
    deps: readonly Dependency[] | 0,
  ])[]
}

/** Of one kind, and of one caller. */
export function encodeCalls(calls: readonly WireCall[], keys: Keys, id = calls[0]!.spec.id): Encoded {
  const writer = new PartsWriter()
  const { kind, owner } = calls[0]!
  const models: WireCall[] = []
  const shared: string[] = []
  const header: GroupHeader = {
    ...{ kind, owner, shared },
    calls: calls.map((call) => {
      let model = models.findLastIndex((each) => haveTheSame(each as Common, call as Common))
      if (model < 0) {
        model = models.push(call) - 1
        shared.push(sharedBy(call))
      }
      const { id: own, args, deps } = call.spec
      return [model, own, writer.add(args), deps.length === 0 ? 0 : deps]
    }),
  }
  return writer.finish(header, purposeOf(id), keys)
}

const isItsOwn = (name: string) => name === 'id' || name === 'args' || name === 'deps'

/** All but what each call has for itself. */
function haveTheSame(a: Common, b: Common): boolean {
  if (a.epoch !== b.epoch) return false
  const [left, right] = [a.spec, b.spec] as [WireSpec, WireSpec]
  for (const name in left)
    if (!isItsOwn(name) && left[name as keyof WireSpec] !== right[name as keyof WireSpec]) return false
  for (const name in right) if (!isItsOwn(name) && !(name in left)) return false
  return true
}

/** By options, which are one object for all calls of a remote function: what the last one had, and that as JSON. */
const lastShared = new WeakMap<object, { readonly common: Common; readonly text: string }>()

function sharedBy(call: WireCall): string {
  const { options } = call.spec
  const last = lastShared.get(options)
  if (last !== undefined && haveTheSame(last.common, call as Common)) return last.text
  const { id: _id, args: _args, deps: _deps, ...spec } = call.spec
  const common: Common = { spec, ...(call.kind === 'call' && { epoch: call.epoch }) }
  const text = toJson(common)
  lastShared.set(options, { common, text })
  return text
}

/** So long a text is not kept, and not so many. */
const LONGEST_KEPT = 4096
const MOST_KEPT = 1000
const kept = new Map<string, Model>()

/** What calls have in common, with room for what each has for itself. */
interface Model {
  readonly spec: Writable<WireSpec>
  readonly epoch: number | undefined
  /** Of which kind it was found to be. */
  checked: WireCall['kind'] | null
}

type Writable<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never

const NONE: readonly Dependency[] = []
const NOTHING: Packed = { plain: undefined }

function readShared(text: string): Model {
  let model = kept.get(text)
  if (model !== undefined) return model
  const { spec, epoch } = fromJson(text) as Common
  // With all fields: to add some to a copy takes V8 longer than all the rest of a call's way here.
  model = {
    spec: { id: '', args: NOTHING, deps: NONE, ...(spec as object) } as Model['spec'],
    epoch,
    checked: null,
  }
  if (kept.size >= MOST_KEPT) kept.clear()
  if (text.length <= LONGEST_KEPT) kept.set(text, model)
  return model
}

function isModel(model: Model, kind: WireCall['kind']): boolean {
  if (model.checked === kind) return true
  const isOfKind = isShared(kind, model)
  if (isOfKind) model.checked = kind
  return isOfKind
}

export const purposeOf = (id: string): string => `call-${id}`

/**
 * Those of a batch, of the kinds that are expected there. Throws UnpicklingError, with nothing of it read, if keys are asked
 * for and the frame is not signed as it has to be.
 */
export async function decodeCalls(
  sealed: Buffer,
  id: string,
  store: Store,
  kinds: readonly WireCall['kind'][],
): Promise<readonly WireCall[]> {
  const frame = store.keys.seal.open(sealed, purposeOf(id))
  const { header, parts } = await readParts<GroupHeader>(frame, purposeOf(id), store)
  if (!isGroup(header) || !kinds.includes(header.kind)) throw notCalls()
  if (id !== SET_UP && header.calls[0]![1] !== id) throw new Error(`a value in Redis is not what ${id} was`)
  const { kind, owner, shared } = header
  const models = shared.map(readShared)
  if (!models.every((model) => isModel(model, kind))) throw notCalls()
  return header.calls.map(([model, own, args, deps]) => {
    const { spec, epoch } = models[model]!
    const whole = { ...spec }
    whole.id = own
    whole.args = readPacked(args, parts)
    whole.deps = deps === 0 ? NONE : deps
    if (!isOwn(whole)) throw notCalls()
    return (
      epoch === undefined ? { kind, owner, spec: whole } : { kind, owner, epoch, spec: whole }
    ) as WireCall
  })
}

function notCalls(): Error {
  return new Error('a value in Redis is damaged: it holds no calls')
}

function isGroup({ kind, owner, shared, calls }: GroupHeader): boolean {
  return (
    typeof owner === 'string' &&
    (kind === 'task' || kind === 'call' || kind === 'actor') &&
    Array.isArray(shared) &&
    Array.isArray(calls) &&
    calls.length > 0 &&
    calls.every((call) => Array.isArray(call) && isCount(call[0]) && call[0] < shared.length)
  )
}

export interface Claims {
  readonly kind: WireCall['kind']
  readonly owner: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly numReturns: number }[]
}

/** Of calls that are refused, or only looked at: who made them, and what for. It is nothing but a claim. */
export function claimsOf(sealed: Buffer): Claims | null {
  try {
    const { header } = decodeFrame<GroupHeader>(Buffer.from(withoutSignature(sealed)))
    if (!isGroup(header)) return null
    const calls = header.calls.map(([model, id]) => {
      const spec = readShared(header.shared[model]!).spec as WireSpec
      const numReturns = header.kind === 'actor' ? 0 : (spec as TaskSpec).options.numReturns
      if (!(Number.isInteger(numReturns) && numReturns >= 0 && numReturns <= MOST_RETURNS)) throw new Error()
      return { id: String(id), name: String(spec.name), numReturns }
    })
    return { kind: header.kind, owner: String(header.owner), calls }
  } catch {
    return null
  }
}
