// The container: whatever is wrong with the bytes is told before any of their code is compiled.
import { deflateRawSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Kind, writeContainer, writeSmallData } from '../../serializer/bundle/container.ts'
import { dumps, inspectBundle, loads, loadsAsync, UnpicklingError } from '../../serializer/index.ts'
import { repaired } from '../support/forge.mjs'
import { runScript } from '../support/script.ts'

/** A few bundles, as text for a child process: data, code with shared variables, a class. */
const samples = `
let count = 0
class Point { static made = 0; constructor(x) { this.x = x } get twice() { return this.x * 2 } }
const cyclic = { list: [1, 2.5, 'three', null], when: new Date(0), map: new Map([['a', /x/g]]) }
cyclic.self = cyclic
const samples = [
  cyclic,
  { up: () => ++count, read: () => count },
  [new Point(3), Point],
].map((value) => cornichon.dumps(value))
`

/** Counts what is compiled: loading sound bundles shows that the count works. */
const counting = `
import vm from 'node:vm'
let compiled = 0
vm.Script = class extends vm.Script { constructor(...args) { super(...args); compiled++ } }
const outcome = (bytes) => {
  try { cornichon.loads(bytes); return 'loaded' }
  catch (error) { return error instanceof cornichon.UnpicklingError ? 'UnpicklingError' : String(error) }
}
`

test('every truncation of a bundle throws UnpicklingError before any code is compiled', async () => {
  const result = await runScript(`${samples}${counting}
    const outcomes = {}
    for (const bytes of samples) for (let size = 0; size < bytes.length; size++) {
      const what = outcome(bytes.slice(0, size))
      outcomes[what] = (outcomes[what] ?? 0) + 1
    }
    const before = compiled
    const whole = samples.map(outcome)
    await report({ outcomes: Object.keys(outcomes), before, whole, after: compiled })`)
  expect(result.outcomes).toEqual(['UnpicklingError'])
  expect(result.before).toBe(0)
  expect(result.whole).toEqual(['loaded', 'loaded', 'loaded'])
  expect(result.after).toBeGreaterThan(0)
})

test('every flipped bit of a bundle throws UnpicklingError before any code is compiled', async () => {
  const result = await runScript(`${samples}${counting}
    const outcomes = new Set()
    for (const bytes of samples) for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] ^= 1 << (bit & 7)
      outcomes.add(outcome(flipped))
    }
    await report({ outcomes: [...outcomes], compiled })`)
  expect(result.outcomes).toEqual(['UnpicklingError'])
  expect(result.compiled).toBe(0)
})

const foreign: Record<string, Uint8Array> = {
  'no bytes': new Uint8Array(0),
  'one byte': Uint8Array.of(0x8f),
  text: Buffer.from('export const answer = 42\n'),
  JSON: Buffer.from('{"answer":42}'),
  'a PNG': Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex'),
  'a zip': Buffer.from('504b03040a00000000000000210000000000000000000000', 'hex'),
  gzip: gzipSync('something'),
  'raw deflate': deflateRawSync('something'),
  'a pickle of Python': Buffer.from('80049506000000000000008c026869942e', 'hex'),
  'four KiB of zeros': new Uint8Array(4096),
  'a bundle after text-mode transfer': Buffer.from(
    Buffer.from(dumps([1]))
      .toString('latin1')
      .replaceAll('\r\n', '\n'),
    'latin1',
  ),
}

test.each(Object.entries(foreign))('foreign input is an UnpicklingError: %s', async (_, bytes) => {
  expect(() => loads(bytes)).toThrow(UnpicklingError)
  expect(() => inspectBundle(bytes)).toThrow(UnpicklingError)
  await expect(loadsAsync(bytes)).rejects.toThrow(UnpicklingError)
})

test('bytes behind the end of a bundle are an error that counts them', () => {
  const bytes = dumps({ a: 1 })
  expect(loads(bytes)).toEqual({ a: 1 })
  expect(() => loads(Buffer.concat([bytes, Buffer.from('abc')]))).toThrow(/3 bytes/)
  expect(() => loads(Buffer.concat([bytes, bytes]))).toThrow(UnpicklingError)
})

test('a flipped bit of a large buffer is found, wherever it is, and so are parts that changed places', () => {
  const numbers = new Float64Array(20_000).map((_, i) => i / 3)
  const sound = dumps({ numbers, name: 'some text' })
  expect(loads<{ numbers: Float64Array }>(sound).numbers).toEqual(numbers)
  for (let at = 0; at < sound.length; at += 997) {
    const flipped = sound.slice()
    flipped[at] ^= 1 << (at & 7)
    expect(() => loads(flipped)).toThrow(UnpicklingError)
    expect(() => inspectBundle(flipped)).toThrow(UnpicklingError)
  }
  const swapped = sound.slice()
  swapped.set(sound.subarray(8192, 12_288), 16_384)
  swapped.set(sound.subarray(16_384, 20_480), 8192)
  expect(() => loads(swapped)).toThrow(UnpicklingError)
})

test('a bundle that names a node, though it says that it names none, is refused', () => {
  const shared = {}
  const bundle = Buffer.from(dumps({ a: shared, b: shared }))
  expect(loads(bundle)).toEqual({ a: {}, b: {} })
  expect(bundle[11]).toBe(0)
  expect(dumps({ a: {}, b: {} })[11]).toBe(2)
  bundle[11] = 2
  expect(() => loads(repaired(bundle))).toThrow(UnpicklingError)
  bundle[11] = 3
  expect(() => loads(repaired(bundle))).toThrow(UnpicklingError)
})

test('another format version is told with both versions', () => {
  const bytes = dumps({ a: 1 }).slice()
  bytes[8] = 99
  expect(() => loads(bytes)).toThrow(UnpicklingError)
  expect(() => loads(bytes)).toThrow(/version 99.*version 8/)
})

test('a bundle is found at any offset of a larger buffer', () => {
  const bytes = dumps(['a', { b: 2n }])
  const padded = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(5)])
  expect(loads(padded.subarray(3, 3 + bytes.length))).toEqual(['a', { b: 2n }])
})

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'x'],
  ['an array', [0x8f]],
  ['a DataView', new DataView(new ArrayBuffer(8))],
  ['another typed array', new Uint16Array(8)],
  [
    'a hostile object',
    {
      get length() {
        throw new Error('looked at')
      },
    },
  ],
])('what is not bytes is a TypeError; loadsAsync rejects with it: %s', async (_, value) => {
  expect(() => loads(value as unknown as Uint8Array)).toThrow(TypeError)
  expect(() => inspectBundle(value as unknown as Uint8Array)).toThrow(TypeError)
  let promise: Promise<unknown> | undefined
  expect(() => {
    promise = loadsAsync(value as unknown as Uint8Array)
  }).not.toThrow()
  await expect(promise).rejects.toThrow(TypeError)
})

test('loadsAsync rejects, and never throws, for bad bytes and bad options', async () => {
  const attempts = [
    () => loadsAsync(new Uint8Array(100)),
    () => loadsAsync(dumps(1), { code: 'maybe' as never }),
    () => loadsAsync(dumps(1), { modules: 'all' as never }),
    () =>
      loadsAsync(
        dumps(() => 1),
        { code: 'refuse' },
      ),
  ]
  for (const attempt of attempts) {
    let promise: Promise<unknown> | undefined
    expect(() => {
      promise = attempt()
    }).not.toThrow()
    await expect(promise).rejects.toThrow()
  }
})

test('small data is put together as all else is, byte for byte', () => {
  for (const [text, graph] of [
    ['some text', 'a graph'],
    ['', 'a graph alone'],
    ['t'.repeat(500), 'g'.repeat(3000)],
  ].map((each) => each.map((part) => Buffer.from(part)))) {
    const nothing = { manifest: [], code: [], functions: [], buffers: [], bytes: [] }
    for (const kind of [Kind.Bundle, Kind.Message, Kind.Tree])
      expect(writeSmallData(late(text!), late(graph!), kind)).toEqual(
        writeContainer({ ...nothing, text: [text!], graph: [graph!] }, kind),
      )
  }
})

test.each([
  ['ASCII', 'plain text'],
  ['latin1', 'déjà vu'],
  ['beyond latin1, by UTF-8', 'Ωmega and much that is not'],
  ['lone surrogates', '\ud800 alone'],
  ['much text', 'much '.repeat(5000)],
  ['no text', ''],
])('small data of %s is read as it was written', (_, text) => {
  const value = { text, list: [text, 1, text] }
  expect(loads(dumps(value))).toEqual(value)
})

const late = (bytes: Uint8Array) => ({
  length: bytes.length,
  copyTo: (target: Uint8Array, offset: number) => target.set(bytes, offset),
})
