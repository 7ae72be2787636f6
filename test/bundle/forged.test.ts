// Bundles that an attacker has changed and given a right checksum: they load as something else or throw
// UnpicklingError; the process neither crashes nor hangs, runs out of memory, or is changed by them.
import { expect, test } from 'vitest'
import { SECTIONS } from '../support/forge.mjs'
import { runScript } from '../support/script.ts'

const forging = `
import { generator, join as joined, split } from ${JSON.stringify(new URL('../support/forge.mjs', import.meta.url).href)}
import path from 'node:path'
let count = 0
class Point { #x; static made = 0; static #all = new Map(); constructor(x) { this.#x = x } get x() { return this.#x } add(o) { return new Point(this.#x + o.#x) } }
class Pixel extends Point { #colour = 'red'; static { this.kind = 'pixel' } colour() { return super.x + this.#colour } }
const tdz = () => later
const shared = { up: () => ++count, read: () => count, get now() { return count }, [Symbol('own')]: 1 }
const bytes = Buffer.from('some bytes that are their own')
const values = [
  { list: [1, 2.5, 'three', null, -7, 10n ** 30n, , undefined, true], when: new Date(0), map: new Map([['a', /x/gi]]), set: new Set([NaN]), f: Object.freeze([1]), sym: Symbol('s'), it: Symbol.iterator, reg: Symbol.for('k'), box: Object('text'), err: new RangeError('no', { cause: 1 }) },
  [bytes, new Float64Array(4), new DataView(new ArrayBuffer(16), 4), new Uint8Array(new SharedArrayBuffer(8)), new URL('https://example.org/?q=1'), new URLSearchParams('a=b'), Promise.resolve(7)],
  Object.assign(Object.create({ inherited: 1 }), { deep: [[[[{ a: Object.create(null) }]]]] }),
  shared, tdz, [new Pixel(3), Pixel, new Point(1)],
  [Math.max.bind(null, 1), path.join, Array.prototype.map, new Proxy({ a: 1 }, { get: (t, k) => k }), function named(n) { return n ? named(n - 1) : arguments.length }],
  [async () => 1, function* () { yield count }, async function* () {}, class extends Array {}, class { static x = this }],
]
const later = 1
const samples = values.map((value) => Buffer.from(cornichon.dumps(value)))
const join = (sections) => joined(samples[0], sections)
for (const sample of samples) assert.ok(join(split(sample)).equals(sample))
const fingerprint = () => [Object, Function, Array, Promise, Map, Symbol, Error, Reflect, JSON, Math, RegExp, Buffer, path]
  .flatMap((value) => [value, value.prototype, Object.getPrototypeOf(value.prototype ?? value)])
  .filter(Boolean)
  .map((value) => [Object.isExtensible(value), ...Reflect.ownKeys(value).map((key) => { const d = Object.getOwnPropertyDescriptor(value, key); return [String(key), d.writable, typeof d.value, d.value?.name] })])
const before = JSON.stringify(fingerprint())
const globals = Reflect.ownKeys(globalThis).length
const odd = []
let slowest = 0
const attempt = (bytes, how) => {
  for (const work of [() => cornichon.loads(bytes), () => cornichon.loads(bytes, { code: 'refuse' }), () => cornichon.inspectBundle(bytes)]) {
    const start = performance.now()
    try { work() } catch (error) {
      if (!(error instanceof cornichon.UnpicklingError)) odd.push(how + ': ' + error?.stack)
    }
    slowest = Math.max(slowest, performance.now() - start)
  }
}
process.on('unhandledRejection', () => {})
`
const verdict = `
await report({ odd: odd.slice(0, 5), same: JSON.stringify(fingerprint()) === before, globals: Reflect.ownKeys(globalThis).length - globals })`
const sound = { odd: [], same: true, globals: 0 }
const nodeArguments = ['--max-old-space-size=256', '--unhandled-rejections=none']
/** These take long on a slow machine. */
const milliseconds = 300_000

test.each(SECTIONS)(
  'every byte of the %s section, replaced, with the checksum made right again',
  async (section) => {
    const index = SECTIONS.indexOf(section)
    const result = await runScript(
      `${forging}
      for (const [n, sample] of samples.entries()) {
        const sections = split(sample)
        const step = Math.max(1, Math.ceil(sections[${index}].length / 100))
        for (let at = 0; at < sections[${index}].length; at += step)
          for (const value of [0, 0x80, 0xff, sections[${index}][at] + 1, sections[${index}][at] ^ 0x10]) {
            const forged = Buffer.from(sections[${index}])
            forged[at] = value
            attempt(join(sections.with(${index}, forged)), 'sample ' + n + ', byte ' + at + ' = ' + value)
          }
      }
      ${verdict}`,
      { nodeArguments, milliseconds },
    )
    expect(result).toEqual(sound)
  },
  milliseconds,
)

test('sections cut short, doubled, exchanged between bundles, and random edits of several bytes', {
  timeout: milliseconds,
}, async () => {
  const result = await runScript(
    `${forging}
    const all = samples.map(split)
    for (const [n, sections] of all.entries()) for (let i = 0; i < 5; i++) {
      for (const other of all) attempt(join(sections.with(i, other[i])), 'sample ' + n + ', section ' + i + ' of another')
      for (let size = 0; size < sections[i].length; size += 1 + (sections[i].length >> 5))
        attempt(join(sections.with(i, sections[i].subarray(0, size))), 'sample ' + n + ', section ' + i + ' cut to ' + size)
      attempt(join(sections.with(i, Buffer.concat([sections[i], sections[i]]))), 'sample ' + n + ', section ' + i + ' doubled')
    }
    const seed = 20240607
    const random = generator(seed)
    const below = (n) => Math.floor(random() * n)
    for (let run = 0; run < 6000; run++) {
      const n = below(samples.length)
      const sections = all[n].map((section) => Buffer.from(section))
      for (let edits = 1 + below(4); edits > 0; edits--) {
        const i = 2 + below(3)
        const section = sections[i]
        if (section.length === 0) continue
        const at = below(section.length)
        switch (below(4)) {
          case 0: section[at] = below(256); break
          case 1: section[at] = below(36); break
          case 2: sections[i] = Buffer.concat([section.subarray(0, at), Buffer.from([below(36), below(256)]), section.subarray(at)]); break
          case 3: sections[i] = Buffer.concat([section.subarray(0, at), section.subarray(at + 1 + below(3))]); break
        }
      }
      attempt(join(sections), 'seed ' + seed + ', run ' + run)
    }
    ${verdict}`,
    { nodeArguments, milliseconds },
  )
  expect(result).toEqual(sound)
})

test('lengths that promise more than there is take neither time nor memory', async () => {
  const result = await runScript(
    `${forging}
    const [manifest] = split(samples[0])
    const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
    const empty = Buffer.alloc(0)
    const rss = process.memoryUsage().rss
    for (let op = 0; op < 50; op++) for (const mode of [[], [0], [1], [2], [3]]) for (const tail of [[], [0], [1], [0xff]]) {
      attempt(join([manifest, empty, empty, empty, Buffer.from([op, ...mode, ...huge, ...tail])]), 'op ' + op)
      attempt(join([manifest, empty, Buffer.from(huge), empty, Buffer.from([op, ...mode, ...huge, ...tail])]), 'op ' + op)
      attempt(join([manifest, Buffer.from(huge), empty, empty, Buffer.from([op, ...mode, ...huge, ...tail])]), 'op ' + op)
      attempt(join([empty, empty, empty, Buffer.from(huge), Buffer.from([op, ...mode, ...huge, ...tail])]), 'op ' + op)
    }
    // Nested a million deep in what must exist first, and in content.
    for (const op of [22, 24, 27, 32, 33, 16, 17, 37, 38, 39, 40, 43, 44, 46, 47, 0xc0, 0xe0])
      attempt(join([manifest, empty, empty, empty, Buffer.alloc(1_000_000, op)]), 'nested ' + op)
    assert.ok(process.memoryUsage().rss - rss < 200e6, 'memory')
    ${verdict}`,
    { nodeArguments, milliseconds: 60_000 },
  )
  expect(result).toEqual(sound)
})
