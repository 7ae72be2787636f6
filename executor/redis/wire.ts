// Calls in Redis: the frame under `call:<id>` that a worker reads when it takes the job of that id.
import type { Redis } from 'ioredis'
import { withoutSignature } from '../../serializer/bundle/signature.ts'
import type { ActorCallSpec, ActorSpec, TaskSpec } from '../executor.ts'
import { decodeFrame } from './frame.ts'
import type { Keys } from './keys.ts'
import { type Encoded, PartsWriter, readPacked, readParts } from './values.ts'

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

/** In the list of what runs on all workers, a call has this for an id. */
export const SET_UP = 'set-up'

export function encodeCall(call: WireCall, keys: Keys, id = call.spec.id): Encoded {
  const { args, ...spec } = call.spec
  const writer = new PartsWriter()
  return writer.finish({ ...call, spec, args: writer.add(args) }, purposeOf(id), keys)
}

const purposeOf = (id: string) => `call-${id}`

/** Throws UnpicklingError, with nothing of it read, if keys are asked for and the frame is not signed as it has to be. */
export async function decodeCall(sealed: Buffer, id: string, redis: Redis, keys: Keys): Promise<WireCall> {
  const frame = keys.seal.open(sealed, purposeOf(id))
  const { header, parts } = await readParts<WireCall & { args: Parameters<typeof readPacked>[0] }>(
    frame,
    purposeOf(id),
    redis,
    keys,
  )
  const { args, ...call } = header
  return { ...call, spec: { ...call.spec, args: readPacked(args, parts) } } as WireCall
}

export interface Claims {
  readonly kind: WireCall['kind']
  readonly owner: string
  readonly numReturns: number
}

/** Of a call that is refused: whom to tell so. It is nothing but a claim. */
export function claimsOf(sealed: Buffer): Claims | null {
  try {
    const { header } = decodeFrame<WireCall>(Buffer.from(withoutSignature(sealed)))
    const numReturns = header.kind === 'actor' ? 0 : header.spec.options.numReturns
    return Number.isInteger(numReturns) && numReturns >= 0 && numReturns < 1000
      ? { kind: header.kind, owner: String(header.owner), numReturns }
      : null
  } catch {
    return null
  }
}

/** What a call needs while it runs, as the name of the queue of its like. Zeros are nothing. */
export function shapeOf(resources: Readonly<Record<string, number>>): string {
  const names = Object.keys(resources).filter((name) => resources[name]! > 0)
  return names.length === 0
    ? 'none'
    : names
        .sort()
        .map((name) => `${encodeURIComponent(name)}=${resources[name]}`)
        .join(',')
}

export function resourcesOfShape(shape: string): Record<string, number> {
  if (shape === 'none') return {}
  return Object.fromEntries(
    shape.split(',').map((part) => {
      const at = part.lastIndexOf('=')
      return [decodeURIComponent(part.slice(0, at)), Number(part.slice(at + 1))]
    }),
  )
}
