// xxHash32 (Yann Collet), which LZ4's frames have as their checksum, too. Each word of four bytes changes the state one-to-one:
// damage within one word is always found. In JavaScript it takes a third of what CRC-32 does, with tables or by a call into
// native code.
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
  let lane1 = (PRIME_1 + PRIME_2) | 0
  let lane2 = PRIME_2
  let lane3 = 0
  let lane4 = -PRIME_1 | 0
  let at = 0
  for (let start = 0; start < size; start += PIECE) {
    const count = Math.min(size - start, PIECE)
    piece.set(count === size ? bytes : bytes.subarray(start, start + count))
    if (isBigEndian) Buffer.from(piece.buffer).swap32()
    if (start === 0) words[blank >> 2] = 0
    const stop = (count & -STRIPE) >> 2
    for (at = 0; at < stop; at += 4) {
      lane1 = step(lane1, words[at])
      lane2 = step(lane2, words[at + 1])
      lane3 = step(lane3, words[at + 2])
      lane4 = step(lane4, words[at + 3])
    }
  }
  const merged =
    size < STRIPE ? PRIME_5 : rotated(lane1, 1) + rotated(lane2, 7) + rotated(lane3, 12) + rotated(lane4, 18)
  return finished(merged, bytes, at)
}

/** With the words that make no stripe, from that one of the last piece on, and the bytes that make no word. */
function finished(merged: number, bytes: Uint8Array, from: number): number {
  const size = bytes.length
  const stop = from + ((size % STRIPE) >> 2)
  let sum = (merged + size) | 0
  for (let at = from; at < stop; at++) sum = imul(rotated((sum + imul(words[at], PRIME_3)) | 0, 17), PRIME_4)
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
