// @ts-check
// Measures the parts, in a process of its own: microseconds of CPU time, as JSON.
//   node --expose-gc --import tsx measure.mjs SCALE ROUNDS

import { createCipheriv } from 'node:crypto'
import { xxHash32 } from '../../serializer/bundle/xxhash32.ts'
import { payloads, plainObjects } from '../data/payloads.mjs'
import { collect } from '../support/collect.mjs'
import { median } from '../support/measure.mjs'

/** @typedef {{ what: string, total: number, count: number }} Floor In all, for so many. */

/** What is in the processor's cache when it is asked for again. */
const PIECE = 1 << 16
const [scale, rounds] = process.argv.slice(2).map(Number)
/** @type {Floor[]} */
const floors = []
/** Keeps what is made from being left out. @type {unknown} */
let kept

/** @param {string} what @param {number} count @param {() => unknown} work */
function measure(what, count, work) {
  const samples = []
  for (let i = 0; i < rounds; i++) {
    kept = null
    collect()
    const before = process.cpuUsage()
    kept = work()
    const { user, system } = process.cpuUsage(before)
    samples.push(user + system)
  }
  floors.push({ what, total: median(samples), count })
}

/** Meets every reference of a graph, and gives each object a number. @param {unknown} root */
function number(root) {
  /** @type {Map<object, number>} */
  const numbers = new Map()
  const open = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null || numbers.get(value) !== undefined) continue
    numbers.set(value, numbers.size)
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) open.push(value[i])
    else for (const key in value) open.push(/** @type {any} */ (value)[key])
  }
  return numbers
}

for (const count of [1000, 10_000, 100_000, 1_000_000]) {
  const objects = plainObjects(Math.ceil(count / scale))
  const times = Math.max(1, Math.floor(100_000 / count))
  measure(`Set.add of ${count} objects`, count * times, () => {
    let set
    for (let i = 0; i < times; i++) {
      set = new Set()
      for (const each of /** @type {unknown[]} */ (objects)) set.add(each)
    }
    return set
  })
}
const cyclic = payloads['g'].make(scale)
measure('(g): a number for each object, by a Map, and nothing written', 1, () => number(cyclic))

const large = new Uint8Array(Math.ceil(2 ** 26 / scale)).fill(1)
const there = new Uint8Array(large.length).fill(2)
measure('64 MiB copied into memory that is there', 1, () => there.set(large))
measure('64 MiB copied into new memory', 1, () => large.slice())
measure('64 MiB: GMAC, the checksum of large bundles', 1, () => {
  const cipher = createCipheriv('aes-128-gcm', new Uint8Array(16), new Uint8Array(12))
  for (let at = 0; at < large.length; at += PIECE) cipher.setAAD(large.subarray(at, at + PIECE))
  cipher.final()
  return cipher.getAuthTag()
})

const numbers = Float64Array.from({ length: Math.ceil(1e6 / scale) }, (_, i) => i / 7)
measure('an array of 1,000,000 doubles, out of a Float64Array', 1, () => {
  const array = [0.5]
  array.length = numbers.length
  for (let i = 0; i < numbers.length; i++) array[i] = numbers[i]
  return array
})
measure('the same, by Array.from', 1, () => Array.from(numbers))
measure('the same, spread', 1, () => [...numbers])
measure('the same, one behind the other', 1, () => {
  const array = []
  for (let i = 0; i < numbers.length; i++) array[i] = numbers[i]
  return array
})
const ofDoubles = [0.5]
for (let i = 0; i < numbers.length; i++) ofDoubles[i] = numbers[i]
measure('1,000,000 doubles out of an array, into new memory', 1, () => Float64Array.from(ofDoubles))
measure('the same, by set', 1, () => {
  const target = new Float64Array(ofDoubles.length)
  target.set(ofDoubles)
  return target
})
measure('1,000,000 doubles copied into new memory', 1, () => new Uint8Array(numbers.buffer).slice())

const many = Math.ceil(100_000 / scale)
for (const size of [64, 300])
  measure(`a new Uint8Array of ${size} bytes`, many, () => {
    let array
    for (let i = 0; i < many; i++) array = new Uint8Array(size)
    return array
  })

const message = new Uint8Array(330).fill(7)
measure('the checksum of 330 bytes', many, () => {
  let sum = 0
  for (let i = 0; i < many; i++) sum ^= xxHash32(message, 12)
  return sum
})

console.log(JSON.stringify(floors))
void kept
