// biome-ignore-all lint/correctness: the rows are about such code
// V5: binary data.
import type { Table } from '../../support/rows.ts'

export function buffers({ row }: Table): void {
  row('V5', 'every typed array, DataView and ArrayBuffer', {
    build() {
      const kinds: any[] = [
        ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
        ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
      ]
      const arrays = kinds.map((Kind) =>
        Kind.from(Kind.name.startsWith('Big') ? [1n, 2n ** 63n - 1n] : [1, 2.5, 255]),
      )
      const buffer = new ArrayBuffer(8)
      const view = new DataView(buffer, 2, 4)
      view.setInt16(0, 0x1234)
      return {
        arrays,
        buffer,
        view,
        empty: new Uint8Array(0),
        own: Object.assign(new Uint8Array(1), { note: 'own' }),
      }
    },
    check({ arrays, buffer, view, empty, own }, assert) {
      assert.deepEqual(
        arrays.map((a) => `${a.constructor.name} ${[...a].join()}`),
        [
          ...['Int8Array 1,2,-1', 'Uint8Array 1,2,255', 'Uint8ClampedArray 1,2,255', 'Int16Array 1,2,255'],
          ...['Uint16Array 1,2,255', 'Int32Array 1,2,255', 'Uint32Array 1,2,255', 'Float32Array 1,2.5,255'],
          ...[
            'Float64Array 1,2.5,255',
            'BigInt64Array 1,9223372036854775807',
            'BigUint64Array 1,9223372036854775807',
          ],
        ],
      )
      assert.equal(view.buffer, buffer)
      assert.deepEqual([view.byteOffset, view.byteLength, view.getInt16(0)], [2, 4, 0x1234])
      assert.equal(new Uint8Array(buffer)[2], 0x12)
      assert.equal(empty.length, 0)
      assert.equal(own.note, 'own')
    },
  })

  row('V5', 'Buffers: their slice and not their pool; Float16Array where there is one', {
    build() {
      const secret = Buffer.from('a secret that is in the pool as well')
      const buffer = Buffer.from('héllo')
      const Float16: any = (globalThis as any).Float16Array
      return {
        buffer,
        slice: Buffer.from('0123456789').subarray(2, 5),
        half: Float16 && Float16.of(1.5),
        pooled: buffer.buffer.byteLength > 100,
        secretLength: secret.length,
      }
    },
    bundle(bytes, assert) {
      assert.ok(!bytes.includes('a secret'), 'The pool is in the bundle')
      assert.ok(bytes.length < 4_000, `The bundle has ${bytes.length} bytes`)
    },
    check({ buffer, slice, half }, assert) {
      assert.ok(Buffer.isBuffer(buffer))
      assert.equal(buffer.toString(), 'héllo')
      assert.equal(slice.toString(), '234')
      assert.equal(slice.length, 3)
      if (half) assert.equal(half[0], 1.5)
    },
  })

  row('V5', 'views that share one buffer still share it; one view captured twice is one', {
    build() {
      const buffer = new ArrayBuffer(16)
      const bytes = new Uint8Array(buffer)
      const words = new Uint32Array(buffer, 4, 2)
      const tail = bytes.subarray(12)
      return { write: (i: number, x: number) => (bytes[i] = x), words: () => words, tail, bytes, buffer }
    },
    check({ write, words, tail, bytes, buffer }, assert) {
      assert.ok(bytes.buffer === buffer && words().buffer === buffer && tail.buffer === buffer)
      write(4, 7)
      write(12, 9)
      assert.equal(words()[0], 7)
      assert.equal(tail[0], 9)
      assert.equal(tail.length, 4)
    },
  })

  row('V5', 'resizable and shared buffers, and views that follow their length', {
    build() {
      const Resizable = ArrayBuffer as any
      const resizable = new Resizable(4, { maxByteLength: 16 })
      const tracking = new Uint8Array(resizable)
      const fixed = new Uint8Array(resizable, 1, 2)
      tracking[0] = 5
      const shared = new SharedArrayBuffer(4)
      new Uint8Array(shared)[1] = 6
      const growable = new (SharedArrayBuffer as any)(2, { maxByteLength: 8 })
      return { resizable, tracking, fixed, shared, growable }
    },
    check({ resizable, tracking, fixed, shared, growable }, assert) {
      assert.equal(resizable.resizable, true)
      assert.equal(resizable.maxByteLength, 16)
      assert.equal(tracking[0], 5)
      resizable.resize(8)
      assert.deepEqual([tracking.length, fixed.length], [8, 2])
      assert.ok(shared instanceof SharedArrayBuffer)
      assert.equal(new Uint8Array(shared)[1], 6)
      assert.equal(growable.growable, true)
      growable.grow(8)
      assert.equal(growable.byteLength, 8)
    },
  })

  row('V5', 'a view that ends where its resizable buffer ends follows it only if the original did', {
    build() {
      const resizable = new (ArrayBuffer as any)(8, { maxByteLength: 16 })
      const growable = new (SharedArrayBuffer as any)(8, { maxByteLength: 16 })
      return {
        resizable,
        growable,
        following: [new Uint8Array(resizable), new Uint32Array(resizable, 4), new DataView(resizable, 1)],
        fixed: [
          new Uint8Array(resizable, 0, 8),
          new Uint32Array(resizable, 4, 1),
          new DataView(resizable, 1, 7),
        ],
        shared: [new Uint8Array(growable, 2), new Uint8Array(growable, 2, 6), new DataView(growable)],
      }
    },
    check({ resizable, growable, following, fixed, shared }, assert) {
      const sizes = (views: ArrayBufferView[]) => views.map((view) => view.byteLength)
      assert.deepEqual(sizes([...following, ...fixed]), [8, 4, 7, 8, 4, 7])
      resizable.resize(12)
      growable.grow(16)
      assert.deepEqual(sizes(following), [12, 8, 11])
      assert.deepEqual(sizes(fixed), [8, 4, 7])
      assert.deepEqual(sizes(shared), [14, 6, 16])
    },
  })

  row('V5', 'a view that follows a buffer of which it leaves a few bytes over', {
    build() {
      const buffer = new (ArrayBuffer as any)(8, { maxByteLength: 16 })
      const views = [new Int16Array(buffer, 2), new Float64Array(buffer)]
      const bytes = new Uint8Array(buffer)
      buffer.resize(11)
      bytes.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      const shared = new (SharedArrayBuffer as any)(8, { maxByteLength: 32 })
      const ofShared = [Int32Array, Uint8Array, Float64Array].map((Class) => new Class(shared, 8))
      shared.grow(15)
      new Uint8Array(shared)[14] = 15
      return { buffer, views, bytes, shared, ofShared }
    },
    check({ buffer, views, bytes, shared, ofShared }, assert) {
      const sizes = (of: any[]) => of.map((view) => view.length)
      assert.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      assert.deepEqual(sizes(views), [4, 1])
      buffer.resize(16)
      assert.deepEqual(sizes(views), [7, 2])
      assert.deepEqual(sizes(ofShared), [1, 7, 0])
      assert.equal(ofShared[1][6], 15)
      shared.grow(25)
      assert.deepEqual(sizes(ofShared), [4, 17, 2])
      ofShared[2][1] = 0.5
      assert.ok(ofShared.every((view: any) => view.buffer === shared))
      assert.equal(new Float64Array(shared, 16, 1)[0], 0.5)
    },
  })

  row('V5', 'a detached buffer, a view of one, and a view out of bounds are refused by name', {
    build() {
      const detached = new ArrayBuffer(8)
      const view = new Uint8Array(detached)
      structuredClone(detached, { transfer: [detached] })
      const shrunk = new (ArrayBuffer as any)(8, { maxByteLength: 8 })
      const outside = new Uint8Array(shrunk, 4, 4)
      shrunk.resize(2)
      return { detached, more: { view, outside, empty: [new ArrayBuffer(0), new Uint8Array(0)] } }
    },
    refused: { message: /detached.*not transferred/, path: /\.detached$/ },
    check(value: any, assert, { cornichon, stage }) {
      if (stage !== 'original') return
      const { problems } = cornichon.checkSerializable(value.more)
      assert.deepEqual(
        problems.map(({ path, reason }: any) => `${path}: ${reason}`),
        [
          'value -> .view -> [[ViewedArrayBuffer]]: the ArrayBuffer is detached',
          'value -> .outside: it is a view of bytes that its buffer no longer has',
        ],
      )
    },
  })

  row('V5', 'Buffers out of the pool that overlap share their bytes, and no others of the pool come along', {
    build() {
      const secret = Buffer.from('a secret that is in the pool as well')
      const message = Buffer.from(
        'head, body and tail of a message that is long enough to have a place of its own',
      )
      const [head, middle, tail] = [
        message.subarray(0, 10),
        message.subarray(6, 20),
        message.subarray(15, 70),
      ]
      return {
        parts: { head, middle, tail },
        view: new DataView(message.buffer, message.byteOffset + 72, 4),
        write: (at: number, text: string) => message.write(text, at),
        apart: Buffer.from('of its own'),
        secretLength: secret.length,
      }
    },
    bundle(bytes, assert) {
      assert.ok(!bytes.includes('a secret'), 'The pool is in the bundle')
    },
    check({ parts: { head, middle, tail }, view, write, apart }, assert) {
      assert.equal(head.toString(), 'head, body')
      write(6, 'Body')
      assert.deepEqual([head.toString(), middle.toString()], ['head, Body', 'Body and tail '])
      middle.write('T', 9)
      assert.equal(tail.toString('latin1', 0, 4), 'Tail')
      assert.equal(tail.byteOffset - head.byteOffset, 15)
      write(72, '!')
      assert.equal(view.getUint8(0), 33)
      assert.equal(apart.toString(), 'of its own')
      for (const [at, text] of [
        [6, 'body'],
        [15, 'tail'],
        [72, 'c'],
      ] as const)
        write(at, text)
    },
  })

  row('V5', "Buffers over a user's buffer of the pool's size share it", {
    build() {
      const buffer = new ArrayBuffer(Buffer.poolSize)
      const [a, b] = [Buffer.from(buffer, 0, 4), Buffer.from(buffer, 2, 4)]
      return { a, b, write: () => a.writeUInt8(7, 2) }
    },
    check({ a, b, write }, assert) {
      write()
      assert.equal(b[0], 7)
      assert.equal(a.buffer, b.buffer)
    },
  })

  row('V5', 'subclasses of typed arrays and of Buffer keep their class', {
    build() {
      class Vector extends Float64Array {
        get norm() {
          return Math.hypot(...this)
        }
      }
      class Bytes extends Uint8Array {
        label = 'label'
      }
      const vector = new Vector([3, 4])
      return { vector, bytes: new Bytes([1, 2]), get: () => vector.norm }
    },
    check({ vector, bytes, get }, assert) {
      assert.equal(get(), 5)
      assert.equal(vector.constructor.name, 'Vector')
      assert.ok(ArrayBuffer.isView(vector) && vector instanceof Float64Array)
      assert.deepEqual([bytes.label, bytes.length, bytes[1]], ['label', 2, 2])
    },
  })
}
