// Values and outcomes in Redis. Up to 100 KiB they are one frame; what is larger leaves its bytes in keys of their own,
// cut into chunks that keep Redis from standing still.
import type { Redis } from 'ioredis'
import { sha256 } from '../../runtime-env/sha256.ts'
import { dumps, loads } from '../../serializer/index.ts'
import type { Outcome } from '../executor.ts'
import type { Failure } from '../failures.ts'
import type { Packed } from '../payload.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import type { Keys } from './keys.ts'
import { setLarge } from './set-large.ts'

export const INLINE_LIMIT = 100 * 1024
const CHUNK = 8 * 1024 * 1024
/** Plain values of up to that size are JSON in the header; the codec is for all others. */
const LONGEST_JSON_STRING = 1000
const MOST_JSON_VALUES = 16

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
  readonly failure?: Omit<Failure, 'thrown'> & { readonly thrown?: PackedHeader }
  /** Where the parts are keys of their own: their sizes. */
  readonly outside?: readonly number[]
  /** And, where frames are signed, what they have to be. */
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
    for (const buffer of buffers ?? []) this.#part(new Uint8Array(buffer))
    const shared = (buffers ?? []).flatMap((buffer, i) => (buffer instanceof SharedArrayBuffer ? [i] : []))
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
  finish(header: object, id: string, keys: Keys): Encoded {
    const { seal } = keys
    const sealed = (open: Buffer, outside: Encoded['outside']) => ({
      ...{ open, outside },
      frame: seal.close(open, id),
    })
    if (this.size <= INLINE_LIMIT) return sealed(encodeFrame(header, this.parts), [])
    const outside = this.parts.flatMap((part, i) => {
      const chunks: { key: string; bytes: Uint8Array }[] = []
      for (let at = 0; at < part.byteLength; at += CHUNK)
        chunks.push({ key: keys.part(id, i, at / CHUNK), bytes: part.subarray(at, at + CHUNK) })
      return chunks
    })
    const about = {
      ...header,
      outside: this.parts.map(({ byteLength }) => byteLength),
      ...(seal.isSigning && { digests: this.parts.map(sha256) }),
    }
    return sealed(encodeFrame(about), outside)
  }
}

/** Whether JSON gives back just this, in few bytes. */
function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= LONGEST_JSON_STRING
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'boolean':
      return true
    default:
      return value === null
  }
}

export function readPacked(header: PackedHeader, parts: readonly Buffer[]): Packed {
  if ('json' in header) return { plain: header.json }
  if ('none' in header) return { plain: undefined }
  const { plain, at, refs, buffers, shared } = header
  const bundle = parts[at]!
  if (plain) return { plain: loads(bundle, { code: 'refuse' }) }
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

export function encodeOutcome(outcome: Outcome, id: string, keys: Keys): Encoded {
  const writer = new PartsWriter()
  if (outcome.ok) return writer.finish({ ok: true, value: writer.add(outcome.value) }, id, keys)
  const { thrown, ...failure } = outcome.failure
  const header = { ok: false, failure: { ...failure, ...(thrown && { thrown: writer.add(thrown) }) } }
  return writer.finish(header, id, keys)
}

/** What can be told of an outcome without its value. */
export interface Glance {
  readonly ok: boolean
  readonly refs: readonly string[]
  readonly size: number
  /** The sizes of the parts that are keys of their own. */
  readonly outside: readonly number[]
}

const NONE: readonly never[] = []

export function glance(frame: Buffer): Glance {
  const { header } = decodeFrame<ValueHeader>(frame)
  const { ok, value, outside } = header
  return {
    ok,
    refs: value !== undefined && 'at' in value ? (value.refs ?? NONE) : NONE,
    size: outside?.reduce((sum, size) => sum + size, 0) ?? frame.length,
    outside: outside ?? NONE,
  }
}

/** Of an open frame. */
export async function decodeOutcome(frame: Buffer, id: string, redis: Redis, keys: Keys): Promise<Outcome> {
  const { header, parts } = await readParts<ValueHeader>(frame, id, redis, keys)
  if (header.ok) return { ok: true, value: readPacked(header.value!, parts) }
  const { thrown, ...failure } = header.failure!
  return {
    ok: false,
    failure: { ...failure, ...(thrown && { thrown: readPacked(thrown, parts) }) } as Failure,
  }
}

/** A frame with all of its parts, from wherever they are. The frame itself is open: see seal.ts. */
export async function readParts<H>(
  frame: Buffer,
  id: string,
  redis: Redis,
  keys: Keys,
): Promise<{ header: H; parts: readonly Buffer[] }> {
  const { header, parts } = decodeFrame<H & Pick<ValueHeader, 'outside' | 'digests'>>(frame)
  const { outside, digests } = header
  if (outside === undefined) return { header, parts }
  const read = await Promise.all(outside.map((size, i) => readChunks(size, id, i, redis, keys)))
  if (keys.seal.isStrict && !read.every((part, i) => sha256(part) === digests?.[i]))
    throw new Error(`a part of ${id} is not what was signed`)
  return { header, parts: read }
}

async function readChunks(size: number, id: string, part: number, redis: Redis, keys: Keys): Promise<Buffer> {
  const names = chunkKeys(size, id, part, keys)
  if (names.length === 0) return Buffer.alloc(0)
  const chunks = await Promise.all(names.map((name) => redis.getBuffer(name)))
  if (chunks.some((chunk) => chunk === null)) throw new Error(`a part of ${id} is not in Redis any more`)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks as Buffer[])
}

function chunkKeys(size: number, id: string, part: number, keys: Keys): string[] {
  return Array.from({ length: Math.ceil(size / CHUNK) }, (_, i) => keys.part(id, part, i))
}

/** All keys that a frame's parts have outside of it. */
export function outsideKeys({ outside }: Glance, id: string, keys: Keys): string[] {
  return outside.flatMap((size, part) => chunkKeys(size, id, part, keys))
}

/** Sends the parts outside; the frame is to follow. */
export function storeOutside(redis: Redis, { outside }: Encoded, life: number): Promise<unknown> {
  return Promise.all(outside.map(({ key, bytes }) => setLarge(redis, key, bytes, life)))
}
