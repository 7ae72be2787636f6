// Functions and classes are sent once: pickled at each call, so that changed captured values are seen, and known by the
// hash of their bytes. Where a glance at the captured variables tells that nothing changed, that is all it takes; else the
// same bytes as at the last call cost a comparison, and no hash.

import { createHash } from 'node:crypto'
import { formatSize } from '../runtime-env/size.ts'
import { Array, Buffer, process, RangeError, SharedArrayBuffer, TypeError } from '../serializer/globals.ts'
import { inspectBundle } from '../serializer/index.ts'
import { changeCheck } from '../serializer/pickle/change-check.ts'
import type { Executor, Exported } from './executor.ts'
import type { RemoteOptions } from './options.ts'
import { type Packed, pack, sizeOf } from './payload.ts'

const WARN_FROM = 10 ** 7
const REFUSE_FROM = 10 ** 8

interface Known {
  readonly executor: Executor
  readonly exported: Exported
  readonly bytes: Buffer
  /** How often it was the same. */
  repeats: number
  isSame: (() => boolean) | null
}

const lastExport = new WeakMap<object, Known>()

/** The function as it is now; the executor has it from then on. */
export function exportValue(value: object, name: string, executor: Executor): Exported {
  const last = lastExport.get(value)
  const isHere = last !== undefined && last.executor === executor
  if (isHere && last.isSame?.()) return given(last.exported, executor)
  const packed = pack(value)
  const bytes = bytesOf(packed)
  if (isHere && last.bytes.equals(bytes) && sameBuffers(last.exported.value, packed)) {
    // The serializer gets to know a function that is pickled again and again: so the question is worth asking again.
    const repeats = ++last.repeats
    if ((repeats & (repeats - 1)) === 0 && typeof value === 'function') last.isSame = changeCheck(value)
    return given(last.exported, executor)
  }
  checkSize(packed, name)
  const exported = { hash: hashOf(packed), name, value: packed }
  lastExport.set(value, { executor, exported, bytes, repeats: 0, isSame: null })
  return given(exported, executor)
}

/** One that was not needed for long may be forgotten. */
function given(exported: Exported, executor: Executor): Exported {
  if (!executor.hasFunction(exported.hash)) executor.exportFunction(exported)
  return exported
}

/** The export that holds the option `retryExceptions`, where that is a list of classes. */
export function exportRetryOn(
  { retryExceptions }: Pick<RemoteOptions, 'retryExceptions'>,
  name: string,
  executor: Executor,
): Exported | null {
  return Array.isArray(retryExceptions)
    ? exportValue(retryExceptions, `retryExceptions of ${name}`, executor)
    : null
}

function bytesOf(packed: Packed): Buffer {
  if ('plain' in packed) throw new TypeError('a function is no plain value')
  const { bundle } = packed
  return Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength)
}

/** Nothing of a function is lent. */
function buffersOf(packed: Packed): readonly ArrayBufferLike[] {
  return 'plain' in packed ? [] : ((packed.buffers as readonly ArrayBufferLike[] | undefined) ?? [])
}

function sameBuffers(a: Packed, b: Packed): boolean {
  const [left, right] = [buffersOf(a), buffersOf(b)]
  return (
    left.length === right.length &&
    left.every((buffer, i) => buffer === right[i] || Buffer.from(buffer).equals(Buffer.from(right[i]!)))
  )
}

let sharedCount = 0
const sharedIds = new WeakMap<object, number>()

function hashOf(packed: Packed): string {
  const hash = createHash('sha256').update(bytesOf(packed))
  for (const buffer of buffersOf(packed)) {
    // Shared memory is known by what it is, and not by what it holds just now.
    if (buffer instanceof SharedArrayBuffer) {
      if (!sharedIds.has(buffer)) sharedIds.set(buffer, ++sharedCount)
      hash.update(`shared ${process.pid} ${sharedIds.get(buffer)}`)
    } else hash.update(Buffer.from(buffer))
  }
  return hash.digest('hex')
}

/** Captured by accident, as a rule: so the largest are named. */
function checkSize(packed: Packed, name: string): void {
  const size = sizeOf(packed)
  if (size < WARN_FROM) return
  const message =
    `${name} is ${formatSize(size)} when it is pickled. ${largestCaptures(packed)}` +
    `Put large values into the object store and capture or pass the ref: const ref = put(value)`
  if (size >= REFUSE_FROM) throw new RangeError(`${message}. The limit is ${formatSize(REFUSE_FROM)}`)
  process.emitWarning(message, { type: 'LargeFunctionWarning' })
}

function largestCaptures(packed: Packed): string {
  const outside = buffersOf(packed).map(({ byteLength }) => ['a buffer', byteLength] as const)
  const captured = inspectBundle(bytesOf(packed)).units.flatMap((unit) =>
    unit.functions.flatMap((fn) =>
      fn.bindings.map(
        (binding) => [`${binding.name} of ${fn.name || 'an anonymous function'}`, binding.size] as const,
      ),
    ),
  )
  const largest = [...captured, ...outside].sort((a, b) => b[1] - a[1]).slice(0, 3)
  if (largest.length === 0) return ''
  return `The largest of what it captured: ${largest.map(([what, size]) => `${what} (${formatSize(size)})`).join(', ')}. `
}
