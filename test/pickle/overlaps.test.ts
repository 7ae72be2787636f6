// Views that travel with their own bytes alone still share those that they have in common.
import { expect, test } from 'vitest'
import { dumps, inspectBundle, loads, OutOfBand, Pickler, Unpickler } from '../../serializer/index.ts'

const bufferOf = (value: ArrayBuffer | ArrayBufferView) =>
  ArrayBuffer.isView(value) ? value.buffer : (value as ArrayBufferLike)
const textOf = (value: ArrayBuffer | ArrayBufferView) => {
  const { byteOffset, byteLength } = ArrayBuffer.isView(value)
    ? value
    : { byteOffset: 0, byteLength: value.byteLength }
  return Buffer.from(bufferOf(value) as ArrayBuffer, byteOffset, byteLength).toString('latin1')
}
const placeOf = (value: ArrayBuffer | ArrayBufferView) => (ArrayBuffer.isView(value) ? value.byteOffset : 0)

type Views = readonly (ArrayBuffer | ArrayBufferView)[]

/** The same bytes, in one buffer and as far from each other as they were. */
function expectShared(copy: Views, views: Views): void {
  expect(copy.map(textOf)).toEqual(views.map(textOf))
  expect(new Set(copy.map(bufferOf)).size).toBe(1)
  expect(copy.map((view) => placeOf(view) - placeOf(copy[0]))).toEqual(
    views.map((view) => placeOf(view) - placeOf(views[0])),
  )
}

const pooled = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz'.repeat(4))
const overlapping: [string, Views][] = [
  ['a part of one before', [pooled, pooled.subarray(0, 4), pooled.subarray(100)]],
  ['a part of one behind', [pooled.subarray(2, 8), pooled.subarray(5, 12), pooled]],
  ['each with the next', [pooled.subarray(0, 10), pooled.subarray(5, 15), pooled.subarray(12, 90)]],
  ['the same bytes', [pooled.subarray(3, 9), pooled.subarray(3, 9)]],
  [
    'views of several kinds',
    [
      new Uint8Array(pooled.buffer, pooled.byteOffset + 3, 20),
      new Float64Array(pooled.buffer, pooled.byteOffset + 8, 2),
      new DataView(pooled.buffer, pooled.byteOffset, 9),
    ],
  ],
  ['the pool behind', [pooled.subarray(1, 4), pooled.buffer as ArrayBuffer]],
  ['the pool before', [pooled.buffer as ArrayBuffer, pooled.subarray(1, 4)]],
]

test.each(overlapping)('Buffers out of the pool that overlap share their bytes: %s', (_, views) => {
  expectShared(loads(dumps(views)), views)
  expectShared(loads(dumps(views), { copy: false }), views)
  expectShared(loads(dumps(views, { compress: true })), views)
  expect(dumps(views)).toEqual(dumps(views))
  const [pickler, unpickler] = [new Pickler(), new Unpickler()]
  for (const message of [views, [...views], [...views].reverse()])
    expectShared(unpickler.load(pickler.dump(message)), message)
})

test.each(overlapping)('and beside the bundle, wherever they are received: %s', (_, views) => {
  // One bit for each buffer that is offered: whether it stays inside.
  for (let inside = 0; inside < 8; inside++) {
    const buffers: OutOfBand[] = []
    let offered = 0
    const bundle = dumps(views, {
      bufferCallback: (buffer) => ((inside >> offered++) & 1) === 1 || void buffers.push(buffer),
    })
    const copy = loads<Views>(bundle, { buffers })
    expectShared(copy, views)
    if (inside === 0) for (const view of copy) expect(bufferOf(view)).toBe(pooled.buffer)
    expectShared(loads(bundle, { buffers: buffers.map(({ bytes }) => bytes.slice()) }), views)
    expect(inspectBundle(bundle).buffers).toHaveLength(buffers.length)
  }
})

test('views that are wrapped share with each other, and with their buffer', () => {
  const fixed = new ArrayBuffer(4096)
  const numbers = new Float64Array(fixed, 16, 8)
  const bytes = new Uint8Array(fixed, 20, 40)
  const [wrapped, also] = [new OutOfBand(numbers), new OutOfBand(bytes)]
  for (const value of [
    [wrapped, also],
    [wrapped, fixed],
    [fixed, also, wrapped],
    [new Uint8Array(fixed), also],
  ])
    for (let inside = 0; inside < 8; inside++) {
      const buffers: OutOfBand[] = []
      let offered = 0
      const bundle = dumps(value, {
        bufferCallback: (buffer) => ((inside >> offered++) & 1) === 1 || void buffers.push(buffer),
      })
      // At an odd place, so that numbers can't be views of it.
      const odd = buffers.map((buffer) => {
        const place = new Uint8Array(buffer.byteLength + 3).subarray(3)
        place.set(buffer.bytes)
        return place
      })
      for (const received of [buffers, odd])
        expect(new Set(loads<Views>(bundle, { buffers: received }).map(bufferOf)).size).toBe(1)
    }
})

test('Buffers that only touch stay apart, as where the pool has them is chance: same input, same bytes', () => {
  const bytes = () => dumps([Buffer.from('12345678'), Buffer.from('abcdefgh')])
  const first = bytes()
  for (let i = 0; i < 2 * Buffer.poolSize; i += 16) expect(bytes()).toEqual(first)
})

test('a session sends what is in a pool now, though it has sent all of the pool before', () => {
  const [pickler, unpickler] = [new Pickler(), new Unpickler()]
  unpickler.load(pickler.dump([Buffer.from('first').buffer]))
  for (let i = 0; i < 20; i++) {
    const text = `message ${i}`
    expect(String(unpickler.load(pickler.dump(Buffer.from(text))))).toBe(text)
  }
})
