// Hands live values between JavaScript and the inspector, which knows them by objectId. One object, known to both
// sides, carries them; it is made known through a global that exists only while this file first runs.

import { createRequire } from 'node:module'
import { process } from '../globals.ts'
import { ReflectApply, ReflectDefineProperty, ReflectDeleteProperty } from '../primordials.ts'
import { CaptureUnavailableError, post, postForLater } from './session.ts'

/** Everything handed over is in this group, and released together. */
const GROUP = 'cornichon'
/** Ids that are kept. What outlives a few collections of V8's young generation stays until it collects everything. */
const RELEASE_AFTER = 128

const carrier: { in: unknown; out: unknown; readonly never: Promise<never> } = {
  in: undefined,
  out: undefined,
  never: new Promise<never>(() => {}),
}
let carrierId: string | undefined
let handed = 0
let releases = 0

/** The global object of the thread's main context, where Runtime.evaluate runs, also if this code runs in another. */
export function mainGlobal(): object {
  return (knownGlobal ??= findGlobal())
}

let knownGlobal: object | undefined

function findGlobal(): object {
  try {
    const { Session } = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector')
    return ReflectApply(
      (Session as unknown as { constructor: FunctionConstructor }).constructor('return this'),
      undefined,
      [],
    ) as object
  } catch {
    return globalThis
  }
}

function carrierObject(): string {
  // A global object that takes no more properties is rare; `process` is another one then.
  if (carrierId !== undefined) return carrierId
  carrierId = meet(mainGlobal(), 'this') ?? meet(process, 'process')
  if (carrierId === undefined)
    throw new CaptureUnavailableError('the global object takes no more properties, nor does `process`')
  ask(carrierId)
  return carrierId
}

/**
 * A question that is never answered. Node's session keeps a Map of what waits for an answer; one that becomes empty gives its
 * table up for a new one, and a dead table in V8's old generation keeps all that came after it alive until everything is collected.
 */
function ask(objectId: string): void {
  postForLater('Runtime.callFunctionOn', {
    objectId,
    functionDeclaration: 'function () { return this.never }',
    awaitPromise: true,
  })
}

/** Puts the carrier onto an object that an expression names, for as long as it takes V8 to see it there. */
function meet(place: object, expression: string): string | undefined {
  const name = `cornichon ${Math.random()}`
  if (!ReflectDefineProperty(place, name, { value: carrier, configurable: true })) return undefined
  try {
    return post('Runtime.evaluate', { expression: `${expression}[${JSON.stringify(name)}]` }).result.objectId
  } finally {
    ReflectDeleteProperty(place, name)
  }
}

/** The inspector's id of a value, which must be an object, a function or a symbol. */
export function objectIdOf(value: unknown): string {
  const objectId = carrierObject()
  carrier.in = value
  try {
    handed++
    return post('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: 'function () { return this.in }',
      objectGroup: GROUP,
    }).result.objectId
  } finally {
    carrier.in = undefined
  }
}

/** The ids of several values, which must be objects or functions: an id for each costs a tenth of a call. */
export function objectIdsOf(values: readonly object[]): string[] {
  if (values.length === 1) return [objectIdOf(values[0])]
  const { result } = post('Runtime.getProperties', { objectId: objectIdOf(values), ownProperties: true })
  const ids: string[] = []
  // The elements come first, in their order.
  for (let i = 0; i < values.length; i++) ids[i] = result[i].value.objectId
  handed += values.length
  return ids
}

/** The live value of an id. */
export function liveValue(objectId: string): unknown {
  carrier.out = undefined
  post('Runtime.callFunctionOn', {
    objectId: carrierObject(),
    functionDeclaration: 'function (value) { this.out = value }',
    arguments: [{ objectId }],
    objectGroup: GROUP,
  })
  const value = carrier.out
  carrier.out = undefined
  return value
}

/** The live values of several ids. */
export function liveValues(objectIds: readonly string[]): readonly unknown[] {
  if (objectIds.length === 1) return [liveValue(objectIds[0])]
  carrier.out = undefined
  const list: object[] = []
  for (let i = 0; i < objectIds.length; i++) list[i] = { objectId: objectIds[i] }
  post('Runtime.callFunctionOn', {
    objectId: carrierObject(),
    functionDeclaration: 'function (...values) { this.out = values }',
    arguments: list,
    objectGroup: GROUP,
  })
  const values = carrier.out as unknown[]
  carrier.out = undefined
  return values
}

interface RemoteValue {
  readonly type: string
  readonly objectId?: string
  readonly value?: unknown
  readonly unserializableValue?: string
}

/** The live value of a RemoteObject of the protocol. */
export function valueOf(remote: RemoteValue | undefined): unknown {
  if (remote === undefined) return undefined
  if (remote.objectId !== undefined) return liveValue(remote.objectId)
  const special = remote.unserializableValue
  if (special !== undefined)
    return special.endsWith('n') ? BigInt(special.slice(0, -1)) : special === '-0' ? -0 : Number(special)
  return remote.value
}

/** Lets go of what was handed over, now and then or at once: else the inspector keeps it alive. */
export function release(atOnce: boolean): void {
  if (handed === 0 || (!atOnce && handed < RELEASE_AFTER)) return
  handed = 0
  releases++
  post('Runtime.releaseObjectGroup', { objectGroup: GROUP })
}

/** How often ids were let go of: one that was had before the last time is good no more. */
export function releaseCount(): number {
  return releases
}
