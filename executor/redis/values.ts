// Values and outcomes in Redis. Up to 100 KiB they are one frame, results up to 16 KiB; what is larger leaves its bytes in
// keys of their own, cut into chunks that keep Redis from standing still.
import type { Redis } from 'ioredis'
import { toJson } from '../../runtime-env/json.ts'
import { sha256 } from '../../runtime-env/sha256.ts'
import { withoutSignature } from '../../serializer/bundle/signature.ts'
import { dumps, loads } from '../../serializer/index.ts'
import type { Outcome } from '../executor.ts'
import { type Failure, isFailure } from '../failures.ts'
import { isPrimitive, isShortInJson, type Packed } from '../payload.ts'
import { decodeFrame, encodeFrame, encodeHeader } from './frame.ts'
import type { LargeReader } from './get-large.ts'
import type { Keys } from './keys.ts'
import { isCount } from './messages.ts'
import { setLarge } from './set-large.ts'
import { tellOfCopy } from './shared-memory.ts'
import { uploading } from './uploads.ts'

export const INLINE_LIMIT = 100 * 1024
/** The same of results: larger frames do not go through the script that settles them, where they would be copied. */
export const MOST_IN_SCRIPT = 16 * 1024
const CHUNK = 2 * 1024 * 1024
/** Parts of up to that size stay in the frame of a large value, and so many bytes of them: each key is a command more. */
const SMALL_PART = 4096
const MOST_SMALL = 16 * 1024
/** Plain values of up to that size are JSON in the header; the codec is for all others. */
const LONGEST_JSON_STRING = 1000
const MOST_JSON_VALUES = 16

/** Where values are. */
export interface Store {
  readonly redis: Redis
  readonly keys: Keys
  readonly large: LargeReader
}

/** What a packed value is without its bytes; small plain ones are all there. */
export type PackedHeader = { readonly json: unknown } | { readonly none: 1 } | PackedBytes

interface PackedBytes {
  /** It was plain. */
  readonly plain?: 1
  readonly refs?: readonly string[]
  /** How many buffers are beside the bundle, and which of them were shared memory. */
  readonly buffers?: number
  readonly shared?: readonly number[]
  /** The first of its parts in the frame. */
  readonly at: number
}

interface ValueHeader {
  /** Of an outcome. */
  readonly ok: boolean
  readonly value?: PackedHeader
  readonly failure?: FailureHeader
  readonly outside?: Outside
}

type FailureHeader = Omit<Failure, 'thrown' | 'cause'> & {
  readonly thrown?: PackedHeader
  readonly cause?: FailureHeader
}

/** What of a large value is in keys of its own. */
interface Outside {
  /** Which parts, and their sizes. */
  readonly parts: readonly (readonly [index: number, size: number])[]
  /** In their keys' names, where a value may be made twice: of several tries, none writes over what another has stored. */
  readonly by?: string
  /** Where frames are signed, what the parts have to be. */
  readonly digests?: readonly string[]
}

/** Bytes that are to be stored: a frame, and keys beside it. */
export interface Encoded {
  /** As it is stored: sealed, if there are keys. */
  readonly frame: Buffer
  /** The same as this process has it. */
  readonly open: Buffer
  readonly outside: readonly { readonly key: string; readonly bytes: Uint8Array }[]
}

/** Collects the parts of packed values. */
export class PartsWriter {
  readonly parts: Uint8Array[] = []
  size = 0

  add(packed: Packed): PackedHeader {
    const at = this.parts.length
    if ('plain' in packed) {
      const { plain } = packed
      if (plain === undefined) return { none: 1 }
      if (Array.isArray(plain) ? plain.length <= MOST_JSON_VALUES && plain.every(isJson) : isJson(plain))
        return { json: plain }
      this.#part(dumps(plain))
      return { plain: 1, at }
    }
    const { bundle, buffers, refs } = packed
    this.#part(bundle)
    for (const buffer of buffers ?? [])
      this.#part(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer))
    const shared = (buffers ?? []).flatMap((buffer, i) => (buffer instanceof SharedArrayBuffer ? [i] : []))
    if (shared.length > 0) tellOfCopy()
    return {
      at,
      ...(refs !== undefined && { refs }),
      ...(buffers !== undefined && { buffers: buffers.length }),
      ...(shared.length > 0 && { shared }),
    }
  }

  #part(bytes: Uint8Array): void {
    this.parts.push(bytes)
    this.size += bytes.byteLength
  }

  /** As a frame; large parts go outside, under keys made from the id. */
  finish(header: object, id: string, keys: Keys, by?: string): Encoded {
    const { seal } = keys
    const sealed = (open: Buffer, outside: Encoded['outside']) => ({
      ...{ open, outside },
      frame: seal.close(open, id),
    })
    if (this.size <= (by === undefined ? INLINE_LIMIT : MOST_IN_SCRIPT))
      return sealed(encodeFrame(header, this.parts), [])
    const inside: Uint8Array[] = []
    const moved: (readonly [index: number, size: number])[] = []
    let small = 0
    for (const [i, part] of this.parts.entries()) {
      if (part.byteLength <= SMALL_PART && (small += part.byteLength) <= MOST_SMALL) inside.push(part)
      else moved.push([i, part.byteLength])
    }
    const outside: Outside = {
      parts: moved,
      ...(by !== undefined && { by }),
      ...(seal.isSigning && { digests: moved.map(([i]) => sha256(this.parts[i]!)) }),
    }
    const chunks = moved.flatMap(([i, size]) =>
      chunkKeys(size, id, by, i, keys).map((key, chunk) => ({
        key,
        bytes: this.parts[i]!.subarray(chunk * CHUNK, (chunk + 1) * CHUNK),
      })),
    )
    return sealed(encodeFrame({ ...header, outside }, inside), chunks)
  }
}

const isJson = (value: unknown): boolean => isShortInJson(value, LONGEST_JSON_STRING)

export function readPacked(header: PackedHeader, parts: readonly Buffer[]): Packed {
  if ('json' in header) return { plain: header.json }
  if ('none' in header) return { plain: undefined }
  const { plain, at, refs, buffers, shared } = header
  const bundle = parts[at]
  if (bundle === undefined || parts.length <= at + (buffers ?? 0))
    throw new Error('a value in Redis is damaged: it lacks a part')
  // None of ours is compressed. One that is would inflate here, on the thread that renews the locks of a worker.
  if (plain) return { plain: loads(bundle, { code: 'refuse', limits: { maxBytes: bundle.length } }) }
  // Of a result, whose sender's warnings are not seen here.
  if (shared !== undefined) tellOfCopy()
  return {
    bundle,
    ...(refs !== undefined && { refs }),
    ...(buffers !== undefined && {
      buffers: Array.from({ length: buffers }, (_, i) =>
        ownBuffer(parts[at + 1 + i]!, shared?.includes(i) ?? false),
      ),
    }),
  }
}

/** Alone in its memory: it may be handed over. What came in several reads is that already. */
function ownBuffer(bytes: Buffer, isShared: boolean): ArrayBufferLike {
  if (!isShared && bytes.length > 0 && bytes.length === bytes.buffer.byteLength) return bytes.buffer
  const buffer = isShared ? new SharedArrayBuffer(bytes.length) : new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}

/** `by` is needed where others may make the same. */
export function encodeOutcome(outcome: Outcome, id: string, keys: Keys, by?: string): Encoded {
  if (outcome.ok && 'plain' in outcome.value && isJson(outcome.value.plain))
    return encodePlain(outcome.value.plain, id, keys)
  const writer = new PartsWriter()
  if (outcome.ok) return writer.finish({ ok: true, value: writer.add(outcome.value) }, id, keys, by)
  return writer.finish({ ok: false, failure: headerOf(outcome.failure, writer) }, id, keys, by)
}

/** An open frame that has all of it, however large: for what stores no keys beside it. */
export function encodeFailure(failure: Failure): Buffer {
  const writer = new PartsWriter()
  const header = { ok: false, failure: headerOf(failure, writer) }
  return encodeFrame(header, writer.parts)
}

function headerOf({ thrown, cause, ...failure }: Failure, writer: PartsWriter): FailureHeader {
  return {
    ...failure,
    ...(thrown && { thrown: writer.add(thrown) }),
    ...(cause && { cause: headerOf(cause, writer) }),
  }
}

const NOTHING_OUTSIDE: Encoded['outside'] = []

/** What the writer makes of what most calls return, in one piece. */
function encodePlain(plain: unknown, id: string, { seal }: Keys): Encoded {
  const open = encodeHeader(`{"ok":true,"value":{"json":${toJson(plain)}},"sizes":[]}`)
  return { open, frame: seal.close(open, id), outside: NOTHING_OUTSIDE }
}

/** What can be told of an outcome without its value. */
export interface Glance {
  readonly ok: boolean
  readonly refs: readonly string[]
  readonly size: number
  readonly outside: Outside | null
  /** All of it, where it is a primitive: nothing else would have to be read. */
  readonly plain: Outcome | null
}

const NONE: readonly never[] = []

export function glance(frame: Buffer): Glance {
  const { header } = decodeFrame<ValueHeader>(frame)
  const { ok, value, outside } = header
  if (ok ? typeof value !== 'object' || value === null : !isFailure(header.failure))
    throw new Error('a value in Redis is damaged: it is no result')
  if (outside !== undefined) checkOutside(outside)
  return {
    ok,
    refs: value !== undefined && 'at' in value ? refsIn(value) : NONE,
    size: outside?.parts.reduce((sum, [, size]) => sum + size, 0) ?? frame.length,
    outside: outside ?? null,
    plain:
      ok && value !== undefined && 'json' in value && isPrimitive(value.json)
        ? { ok, value: { plain: value.json } }
        : null,
  }
}

function refsIn({ refs = NONE }: PackedBytes): readonly string[] {
  if (!Array.isArray(refs) || !refs.every((ref) => typeof ref === 'string'))
    throw new Error('a value in Redis is damaged: its refs are none')
  return refs
}

/** Of one value. It has names for that many chunks, and a bound, since the frame may be anyone's. */
const MOST_OUTSIDE = 2 ** 37

function checkOutside({ parts }: Outside): void {
  let left = MOST_OUTSIDE
  for (const [index, size] of parts) {
    if (!isCount(index) || !isCount(size) || (left -= Math.max(size, CHUNK)) < 0)
      throw new Error('a value in Redis says that it has parts that none can have')
  }
}

/** The same of a sealed frame, whoever sealed it: what it claims. Null of what is no frame of ours. */
export function claimedGlance(sealed: Buffer): Glance | null {
  try {
    return glance(Buffer.from(withoutSignature(sealed)))
  } catch {
    return null
  }
}

/** What of it is outside: of calls, too. */
export function claimedOutside(sealed: Buffer): Pick<Glance, 'outside'> | null {
  try {
    const { header } = decodeFrame<{ outside?: Outside }>(Buffer.from(withoutSignature(sealed)))
    const { outside = null } = header
    if (outside !== null) checkOutside(outside)
    return { outside }
  } catch {
    return null
  }
}

/** Of an open frame. */
export async function decodeOutcome(frame: Buffer, id: string, store: Store): Promise<Outcome> {
  const { header, parts } = await readParts<ValueHeader>(frame, id, store)
  return outcomeFrom(header, parts)
}

/** Of one that has all within. */
export function decodeWhole(frame: Buffer): Outcome {
  const { header, parts } = decodeFrame<ValueHeader>(frame)
  return outcomeFrom(header, parts)
}

function outcomeFrom(header: ValueHeader, parts: readonly Buffer[]): Outcome {
  if (header.ok) return { ok: true, value: readPacked(header.value!, parts) }
  return { ok: false, failure: failureFrom(header.failure!, parts) }
}

function failureFrom({ thrown, cause, ...failure }: FailureHeader, parts: readonly Buffer[]): Failure {
  return {
    ...failure,
    ...(thrown && { thrown: readPacked(thrown, parts) }),
    ...(cause && { cause: failureFrom(cause, parts) }),
  }
}

/** A frame with all of its parts, from wherever they are. The frame itself is open: see seal.ts. */
export async function readParts<H>(
  frame: Buffer,
  id: string,
  store: Store,
): Promise<{ header: H; parts: readonly Buffer[] }> {
  const { header, parts } = decodeFrame<H & Pick<ValueHeader, 'outside'>>(frame)
  const { outside } = header
  if (outside === undefined) return { header, parts }
  checkOutside(outside)
  const read = await Promise.all(
    outside.parts.map(([index, size]) => readPart(size, id, outside.by, index, store)),
  )
  if (store.keys.seal.isStrict && !read.every((part, i) => sha256(part) === outside.digests?.[i]))
    throw new Error(`a part of ${id} is not what was signed`)
  const all = [...parts]
  for (const [i, [index]] of outside.parts.entries()) all.splice(index, 0, read[i]!)
  return { header, parts: all }
}

/** In memory of its own. */
async function readPart(
  size: number,
  id: string,
  by: string | undefined,
  index: number,
  { redis, keys, large }: Store,
): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(size)
  await Promise.all(
    chunkKeys(size, id, by, index, keys).map(async (key, i) => {
      const target = whole.subarray(i * CHUNK, (i + 1) * CHUNK)
      if ((await large.get(key, target)) !== null) return
      // What this process has only just sent is behind that on the usual connection.
      const chunk = await redis.getBuffer(key)
      if (chunk?.length !== target.length) throw new Error(`a part of ${id} is not in Redis any more`)
      chunk.copy(target)
    }),
  )
  return whole
}

function chunkKeys(size: number, id: string, by: string | undefined, part: number, keys: Keys): string[] {
  const name = by === undefined ? id : `${id}:${by}`
  return Array.from({ length: Math.ceil(size / CHUNK) }, (_, i) => keys.part(name, part, i))
}

/** All keys that a frame's parts have outside of it. */
export function outsideKeys({ outside }: Pick<Glance, 'outside'>, id: string, keys: Keys): string[] {
  return outside?.parts.flatMap(([part, size]) => chunkKeys(size, id, outside.by, part, keys)) ?? []
}

/** Sends the parts outside; the frame is to follow. */
export function storeOutside(redis: Redis, { outside }: Encoded, life: number): Promise<unknown> {
  return Promise.all(
    outside.map(({ key, bytes }) => uploading(redis, bytes.byteLength, setLarge(redis, key, bytes, life))),
  )
}
