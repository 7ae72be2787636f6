// Arrays of nothing but numbers, packed: integers of 1, 2 or 4 bytes if that is what all of them are, else doubles. Few stand in the
// graph; many stand apart, aligned, so that they are copied once by each side, by the engine's own means.

import { isBigEndian, littleEndian } from '../bundle/endianness.ts'
import { haveSameHiddenClass, seesHiddenClasses } from '../capture/index.ts'
import { needAllOriginals } from '../originals.ts'
import type { BlobWriter } from './codec/blob-writer.ts'
import type { ByteReader } from './codec/byte-reader.ts'
import type { ByteWriter } from './codec/byte-writer.ts'
import { LEAST_PACKED_APART, Op } from './opcodes.ts'
import { Refusal } from './trace.ts'

const { apply } = Reflect
const { is } = Object
const setElements = Float64Array.prototype.set

/** V8 keeps nothing but doubles in it, and no holes. */
export const DOUBLES: unknown[] = [1.5]

/** Where packed numbers go. */
export interface NumberSink {
  readonly out: ByteWriter
  /** May code of the user's run between the walk and the end? */
  readonly isInterruptible: boolean
  apart(): BlobWriter
}

/** Writes the array, which has no holes, if it is numbers alone; returns whether it is. */
export function writeNumbers(array: unknown[], sink: NumberSink): boolean {
  const { length } = array
  if (typeof array[0] !== 'number' || typeof array[length - 1] !== 'number') return false
  let least = 0
  let most = 0
  let i = 0
  for (; i < length; i++) {
    const element = array[i]
    if (typeof element !== 'number' || (element | 0) !== element || (element === 0 && is(element, -0))) break
    if (element < least) least = element
    else if (element > most) most = element
  }
  if (i === length) {
    writeIntegers(array as number[], sizeOf(least, most), sink)
    return true
  }
  const areDoubles = seesHiddenClasses && haveSameHiddenClass(array, DOUBLES)
  if (!areDoubles) for (let j = i; j < length; j++) if (typeof array[j] !== 'number') return false
  writeDoubles(array as number[], areDoubles, sink)
  return true
}

function sizeOf(least: number, most: number): 1 | 2 | 4 {
  if (least >= -0x80 && most < 0x80) return 1
  return least >= -0x8000 && most < 0x8000 ? 2 : 4
}

function writeIntegers(array: readonly number[], size: 1 | 2 | 4, sink: NumberSink): void {
  const { out } = sink
  const { length } = array
  out.byte(Op.Integers)
  out.byte(size)
  out.varint(length)
  if (length * size < LEAST_PACKED_APART) {
    for (let i = 0; i < length; i++) out.integer(array[i], size)
    return
  }
  needAllOriginals()
  const packed = new (size === 1 ? Int8Array : size === 2 ? Int16Array : Int32Array)(length)
  for (let i = 0; i < length; i++) packed[i] = array[i]
  sink.apart().late(littleEndian(new Uint8Array(packed.buffer as ArrayBuffer), size))
}

function writeDoubles(array: readonly number[], areDoubles: boolean, sink: NumberSink): void {
  const { out } = sink
  const { length } = array
  out.byte(Op.Doubles)
  out.varint(length)
  if (length * 8 < LEAST_PACKED_APART) {
    for (let i = 0; i < length; i++) out.double(array[i])
    return
  }
  needAllOriginals()
  if (areDoubles && !sink.isInterruptible && !isBigEndian) sink.apart().late(new LateDoubles(array))
  else {
    const packed = new Float64Array(length)
    apply(setElements, packed, [array])
    sink.apart().late(littleEndian(new Uint8Array(packed.buffer as ArrayBuffer), 8))
  }
}

/** V8 copies an array of doubles as it is. */
class LateDoubles {
  readonly #array: readonly number[]
  readonly length: number

  constructor(array: readonly number[]) {
    this.#array = array
    this.length = array.length * 8
  }

  copyTo(target: Uint8Array, offset: number): void {
    const array = this.#array
    // Nobody should have been able to.
    if (array.length * 8 !== this.length || !haveSameHiddenClass(array, DOUBLES))
      throw new Refusal('an array of numbers changed while it was pickled', 'Change it after dumps')
    const place = new Float64Array(target.buffer, target.byteOffset + offset, array.length)
    apply(setElements, place, [array])
  }
}

/** The numbers that come next. `apart` gives so many bytes of those that stand apart. */
export function readNumbers(
  input: ByteReader,
  size: 1 | 2 | 4 | 8,
  apart: (length: number) => Uint8Array,
): number[] {
  const length = input.varint()
  if (length * size >= LEAST_PACKED_APART) {
    needAllOriginals()
    const bytes = apart(length * size)
    if (size === 8) return manyDoubles(numbersAt(bytes, 8) as Float64Array)
    return manyIntegers(numbersAt(bytes, size))
  }
  input.ensure(length * size)
  const array: number[] = []
  for (let i = 0; i < length; i++) array[i] = size === 8 ? input.double() : input.integer(size)
  return array
}

/** Copied only where they are not aligned, or in another order than the machine's. */
function numbersAt(bytes: Uint8Array, size: 1 | 2 | 4 | 8): ArrayLike<number> {
  const Numbers = size === 1 ? Int8Array : size === 2 ? Int16Array : size === 4 ? Int32Array : Float64Array
  const length = bytes.length / size
  if (bytes.byteOffset % size === 0 && !isBigEndian)
    return new Numbers(bytes.buffer as ArrayBuffer, bytes.byteOffset, length)
  return new Numbers(littleEndian(new Uint8Array(bytes), size).buffer)
}

/** Made with its length, for growing would cost more than all the rest; and of doubles from its first element on. */
function manyDoubles(numbers: Float64Array): number[] {
  const { length } = numbers
  const array = [0.5]
  array.length = length
  for (let i = 0; i < length; i++) array[i] = numbers[i]
  return array
}

/** The twin, so that V8 sees one kind of numbers in each loop. */
function manyIntegers(numbers: ArrayLike<number>): number[] {
  const { length } = numbers
  const array = [0]
  array.length = length
  for (let i = 0; i < length; i++) array[i] = numbers[i]
  return array
}
