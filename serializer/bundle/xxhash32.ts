// xxHash32 (Yann Collet), which LZ4's frames have as their checksum, too. Each word of four bytes changes the state one-to-one:
// damage within one word is always found. In JavaScript it takes a third of what CRC-32 does, with tables or by a call into
// native code.
import { Buffer } from '../globals.ts'
import { isBigEndian } from './endianness.ts'

const { imul } = Math

const PRIME_1 = 0x9e3779b1 | 0
const PRIME_2 = 0x85ebca77 | 0
const PRIME_3 = 0xc2b2ae3d | 0
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/** Of four words, one for each lane. */
const STRIPE = 16
/** Words can be read at once where the bytes are aligned: so they are copied, which takes less than to put words together. */
const PIECE = 4096
const piece = new Uint8Array(PIECE)
const words = new Int32Array(piece.buffer)

/** The sum of the bytes, with the seed 0. Of the first 4096, the word that begins at `blank`, a multiple of four, counts as zeros. */
export function xxHash32(bytes: Uint8Array, blank: number): number {
  const size = bytes.length
  let at = 0
  begin()
  for (let start = 0; start < size; start += PIECE) {
    const count = Math.min(size - start, PIECE)
    piece.set(count === size ? bytes : bytes.subarray(start, start + count))
    if (isBigEndian) Buffer.from(piece.buffer).swap32()
    if (start === 0) words[blank >> 2] = 0
    at = addStripes(words, count)
  }
  return finished(words, at, bytes, size)
}

/** The same of the first bytes of an aligned memory, which are words in the machine's order. None of them is blank. */
export function xxHash32InPlace(bytes: Uint8Array, asWords: Int32Array, size: number): number {
  begin()
  return finished(asWords, addStripes(asWords, size), bytes, size)
}

const lanes = new Int32Array(4)

function begin(): void {
  lanes[0] = (PRIME_1 + PRIME_2) | 0
  lanes[1] = PRIME_2
  lanes[2] = 0
  lanes[3] = -PRIME_1
}

/** Adds the stripes of so many bytes; returns the number of the word behind them. */
function addStripes(from: Int32Array, size: number): number {
  const stop = (size & -STRIPE) >> 2
  let lane1 = lanes[0]
  let lane2 = lanes[1]
  let lane3 = lanes[2]
  let lane4 = lanes[3]
  for (let at = 0; at < stop; at += 4) {
    lane1 = step(lane1, from[at])
    lane2 = step(lane2, from[at + 1])
    lane3 = step(lane3, from[at + 2])
    lane4 = step(lane4, from[at + 3])
  }
  lanes[0] = lane1
  lanes[1] = lane2
  lanes[2] = lane3
  lanes[3] = lane4
  return stop
}

/** With the words that make no stripe, from that one of the last piece on, and the bytes that make no word. */
function finished(last: Int32Array, from: number, bytes: Uint8Array, size: number): number {
  const stop = from + ((size % STRIPE) >> 2)
  const merged =
    size < STRIPE
      ? PRIME_5
      : rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18)
  let sum = (merged + size) | 0
  for (let at = from; at < stop; at++) sum = imul(rotated((sum + imul(last[at], PRIME_3)) | 0, 17), PRIME_4)
  for (let i = size & -4; i < size; i++) sum = imul(rotated((sum + imul(bytes[i], PRIME_5)) | 0, 11), PRIME_1)
  sum = imul(sum ^ (sum >>> 15), PRIME_2)
  sum = imul(sum ^ (sum >>> 13), PRIME_3)
  return (sum ^ (sum >>> 16)) >>> 0
}

function step(lane: number, word: number): number {
  return imul(rotated((lane + imul(word, PRIME_2)) | 0, 13), PRIME_1)
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
