// Packed numbers are little-endian in a bundle; typed arrays have the machine's order.

import { endianness } from 'node:os'
import { Buffer } from '../globals.ts'

export const isBigEndian = endianness() === 'BE'

/** Turns numbers of that many bytes from the machine's order into the bundle's, or back, in place. */
export function littleEndian(bytes: Uint8Array<ArrayBuffer>, size: 1 | 2 | 4 | 8): Uint8Array<ArrayBuffer> {
  if (!isBigEndian || size === 1) return bytes
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (size === 2) buffer.swap16()
  else if (size === 4) buffer.swap32()
  else buffer.swap64()
  return bytes
}
