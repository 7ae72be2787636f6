// @ts-check
// xxHash32 with the seed 0, as its specification says it, step by step.

const { imul } = Math
const P = [0, 2654435761, 2246822519, 3266489917, 668265263, 374761393]

/** @param {number} value @param {number} bits */
const rotated = (value, bits) => (value << bits) | (value >>> (32 - bits))

/** @param {Uint8Array} bytes @returns {number} */
export function xxHash32(bytes) {
  const input = Buffer.from(bytes)
  let at = 0
  let sum = P[5]
  if (input.length >= 16) {
    const lanes = [P[1] + P[2], P[2], 0, -P[1]]
    for (; at + 16 <= input.length; at += 16)
      for (let i = 0; i < 4; i++) {
        const lane = lanes[i] + imul(input.readUInt32LE(at + 4 * i), P[2])
        lanes[i] = imul(rotated(lane, 13), P[1])
      }
    sum = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18)
  }
  sum += input.length
  for (; at + 4 <= input.length; at += 4)
    sum = imul(rotated(sum + imul(input.readUInt32LE(at), P[3]), 17), P[4])
  for (; at < input.length; at++) sum = imul(rotated(sum + imul(input[at], P[5]), 11), P[1])
  sum = imul(sum ^ (sum >>> 15), P[2])
  sum = imul(sum ^ (sum >>> 13), P[3])
  return (sum ^ (sum >>> 16)) >>> 0
}
