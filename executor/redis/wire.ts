// Calls in Redis: the frame under `call:<id>` that a worker reads when it takes the job of that id.
import type { Redis } from 'ioredis'
import type { ActorCallSpec, ActorSpec, TaskSpec } from '../executor.ts'
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

export function encodeCall(call: WireCall, keys: Keys): Encoded {
  const { args, ...spec } = call.spec
  const writer = new PartsWriter()
  return writer.finish({ ...call, spec, args: writer.add(args) }, `call-${call.spec.id}`, keys)
}

export async function decodeCall(frame: Buffer, id: string, redis: Redis, keys: Keys): Promise<WireCall> {
  const { header, parts } = await readParts<WireCall & { args: Parameters<typeof readPacked>[0] }>(
    frame,
    `call-${id}`,
    redis,
    keys,
  )
  const { args, ...call } = header
  return { ...call, spec: { ...call.spec, args: readPacked(args, parts) } } as WireCall
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
