// Values on their way. Primitives go as they are; everything else as a bundle, with its buffers beside it.
import { Array, ArrayBuffer, Set, SharedArrayBuffer, structuredClone } from '../serializer/globals.ts'
import { dumps, loads } from '../serializer/index.ts'
import { beginPacking, endPacking } from './copies.ts'
import type { Description, Exported } from './executor.ts'
import { transferMarks } from './transfer.ts'
import { giveBack } from './worker/lending.ts'

/** Plain data that structured clone keeps: what goes over a port, or through a file. */
export type Packed = PackedPlain | PackedBundle

export interface PackedPlain {
  /** A primitive, or an array of primitives. */
  readonly plain: unknown
}

export interface PackedBundle {
  readonly bundle: Uint8Array
  /** Out of band, in the bundle's order. A view is of memory that is lent for a moment: see worker/lending.ts. */
  readonly buffers?: readonly (ArrayBufferLike | Uint8Array)[]
  /** Whether the sender gave the buffers away (`transfer`): then they are moved, else each receiver gets a copy. */
  readonly isGiven?: boolean
  /** Ids of the ObjectRefs inside: while the value is kept, they are. */
  readonly refs?: readonly string[]
}

const { isFinite } = Number
const { is } = Object

/** Smaller buffers are copied faster than they are handed over. */
const OUT_OF_BAND_FROM = 4096

/** Refs that are met while something is packed; null when nothing is. */
let met: Set<string> | null = null

/** Told by an ObjectRef that is being pickled. */
export function noteRef(id: string): void {
  met?.add(id)
}

/** Lends a copy of bytes, or has no room for them. */
export type Lend = (buffer: ArrayBuffer, byteOffset: number, byteLength: number) => Uint8Array | null

export function pack(value: unknown, lend?: Lend): Packed {
  if (isPrimitive(value)) return { plain: value }
  return packBundle(value, lend)
}

/** The arguments of a call. */
export function packArray(values: readonly unknown[]): Packed {
  for (let i = 0; i < values.length; i++) if (!isPrimitive(values[i])) return packBundle(values)
  return { plain: values }
}

function packBundle(value: unknown, lend?: Lend): PackedBundle {
  const outer = met
  met = null
  const refs = (met = new Set<string>())
  let buffers: (ArrayBufferLike | Uint8Array)[] | null = null
  let given: ArrayBuffer[] | null = null
  const before = beginPacking()
  try {
    const bundle = dumps(value, {
      bufferCallback: ({ buffer, byteOffset, byteLength }) => {
        // Called as a hook of the user's, with the patches of the user's: `push` may be one.
        const own = (buffers ??= [])
        if (buffer instanceof SharedArrayBuffer) own[own.length] = buffer
        else if (transferMarks.has(buffer) && byteLength === buffer.byteLength) {
          given ??= []
          given[given.length] = buffer
          own[own.length] = buffer
        } else if (byteLength < OUT_OF_BAND_FROM) return true
        else
          own[own.length] =
            lend?.(buffer, byteOffset, byteLength) ?? buffer.slice(byteOffset, byteOffset + byteLength)
        return false
      },
    })
    const packed: { -readonly [K in keyof PackedBundle]: PackedBundle[K] } = { bundle }
    if (given !== null) {
      // From here on the sender has them no more, whenever they leave.
      const moved = structuredClone(given, { transfer: given }) as ArrayBuffer[]
      const list: readonly ArrayBuffer[] = given
      buffers = buffers!.map((buffer) => moved[list.indexOf(buffer as ArrayBuffer)] ?? buffer)
      packed.isGiven = true
    }
    if (buffers !== null && (buffers as unknown[]).length > 0) packed.buffers = buffers
    if (refs.size > 0) packed.refs = [...refs]
    return packed
  } catch (error) {
    if (buffers !== null) giveBack(buffers)
    throw error
  } finally {
    endPacking(before)
    met = outer
  }
}

export function unpack(packed: Packed): unknown {
  if ('plain' in packed) return packed.plain
  const { bundle, buffers } = packed
  return buffers === undefined ? loads(bundle) : loads(bundle, { buffers })
}

const NO_REFS: readonly string[] = []

/** The ids of the ObjectRefs inside. */
export function refsOf(packed: Packed): readonly string[] {
  return 'plain' in packed ? NO_REFS : (packed.refs ?? NO_REFS)
}

/** Whether JSON gives back just this, in few bytes: strings up to so many characters. */
export function isShortInJson(value: unknown, longest: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.length <= longest
    case 'number':
      return isFinite(value) && !is(value, -0)
    case 'boolean':
      return true
    default:
      return value === null
  }
}

export function isPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}

/** Bytes, about. */
export function sizeOf(packed: Packed): number {
  if ('plain' in packed) return plainSize(packed.plain)
  let size = packed.bundle.byteLength
  for (const buffer of packed.buffers ?? []) size += buffer.byteLength
  return size
}

/** For lists of an executor's functions. */
export function describeFunction({ hash, name, value }: Exported): Description['functions'][number] {
  return { hash, name, size: sizeOf(value) }
}

function plainSize(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + plainSize(each), 8)
  return 8
}

/** The buffers that a message has to give away so that they are not copied once more. */
export function transferListOf(packed: Packed): ArrayBuffer[] {
  if ('plain' in packed || packed.buffers === undefined) return []
  const list: ArrayBuffer[] = []
  for (let i = 0; i < packed.buffers.length; i++) {
    const buffer = packed.buffers[i]
    if (buffer instanceof ArrayBuffer) list[list.length] = buffer
  }
  return list
}

/** Whether it has memory that others see, too. */
export function sharesMemory(packed: Packed): boolean {
  return (
    !('plain' in packed) && (packed.buffers?.some((buffer) => buffer instanceof SharedArrayBuffer) ?? false)
  )
}

/** Another of the same, in memory of its own: for a receiver beside the one who keeps the value. Shared memory stays shared. */
export function copyOf(packed: Packed): Packed {
  if ('plain' in packed || packed.buffers === undefined) return packed
  return {
    ...packed,
    buffers: packed.buffers.map((buffer) =>
      buffer instanceof SharedArrayBuffer
        ? buffer
        : ArrayBuffer.isView(buffer)
          ? buffer.slice().buffer
          : buffer.slice(0),
    ),
  }
}
