// Unsigned integers below 2^53 outside of the graph: seven bits a byte, lowest first (LEB128).

/** How many bytes the integer takes. */
export function varintSize(value: number): number {
  let size = 1
  for (; value >= 0x80; value = Math.floor(value / 0x80)) size++
  return size
}

/** Writes it; returns the offset behind it. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes[offset++] = (value % 0x80) | 0x80
  bytes[offset++] = value
  return offset
}
