// @ts-check
// Forged bundles: a sample with random edits in its sections and the checksum made right again, so that the readers
// behind it are met. The same seed and run give the same bytes.
import { compressed, generator, HEADER, join, repaired, SECTIONS, split } from '../support/forge.mjs'

/** Integers that readers may believe: lengths, counts, indexes. */
const HUGE = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x04],
  [0xff, 0x7f],
  [0xff, 0xff, 0xff, 0x7f],
]

/** @param {readonly Buffer[]} samples @param {number} seed @param {number} run */
export function mutant(samples, seed, run) {
  const random = generator(Math.imul(seed, 0x9e3779b1) ^ Math.imul(run + 1, 0x85ebca6b))
  const below = (/** @type {number} */ n) => Math.floor(random() * n)
  const sample = samples[below(samples.length)]
  const sections = split(sample)
  for (let edits = 1 + below(4); edits > 0; edits--) {
    // The graph is what most bundles are made of.
    const i = random() < 0.6 ? SECTIONS.indexOf('graph') : below(SECTIONS.length)
    sections[i] = edited(sections[i], () => split(samples[below(samples.length)])[i], below)
  }
  const bytes = join(sample, sections)
  // Some are compressed, and some of those lie about it.
  if (random() < 0.05) {
    const smaller = compressed(bytes, 1 + below(2), random() < 0.5 ? 0 : below(3) * 1000 - 1000)
    if (random() < 0.3) smaller[HEADER + below(smaller.length - HEADER)] ^= 1 << below(8)
    return random() < 0.9 ? repaired(smaller) : smaller
  }
  // Now and then the container's own fields.
  if (random() < 0.05) {
    bytes[below(HEADER)] = below(256)
    if (random() < 0.5) repaired(bytes)
  }
  return bytes
}

/**
 * @param {Buffer} section @param {() => Buffer} another section of the same kind @param {(n: number) => number} below
 */
function edited(section, another, below) {
  const at = below(section.length + 1)
  const rest = (/** @type {number} */ n) => section.subarray(at + n)
  const before = section.subarray(0, at)
  switch (below(9)) {
    case 0: {
      const copy = Buffer.from(section)
      if (at < copy.length) copy[at] ^= 1 << below(8)
      return copy
    }
    case 1:
      return Buffer.concat([before, Buffer.from([below(256)]), rest(1)])
    case 2:
      return Buffer.concat([before, Buffer.from([below(64)]), rest(1)])
    case 3:
      return before
    case 4:
      return Buffer.concat([before, rest(1 + below(8))])
    case 5:
      return Buffer.concat([before, Buffer.from([below(64), below(256)]), rest(0)])
    case 6:
      return Buffer.concat([before, Buffer.from(HUGE[below(HUGE.length)]), rest(1)])
    case 7: {
      const other = another()
      const from = below(other.length + 1)
      return Buffer.concat([before, other.subarray(from, from + below(40)), rest(below(20))])
    }
    default: {
      const size = below(30)
      return Buffer.concat([before, section.subarray(at, at + size), rest(0)])
    }
  }
}
