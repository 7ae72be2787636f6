// What is written small and together is copied out of it as it is now, also where an earlier message was as long.
import { expect, test } from 'vitest'
import { ByteWriter } from '../../serializer/pickle/codec/byte-writer.ts'

test('each message is copied as it was written, whatever was written before', () => {
  const out = new ByteWriter()
  for (const [round, sizes] of [
    [1, [0, 1, 100, 255, 256, 257, 4096]],
    [2, [4096, 257, 256, 255, 100, 1, 0]],
  ] as const)
    for (const size of sizes) {
      out.restart()
      for (let i = 0; i < size; i++) out.byte((i * 7 + round) & 0xff)
      expect(out.isTogether).toBe(true)
      const target = new Uint8Array(size + 4).fill(9)
      out.copyTo(target, 2)
      expect([...target]).toEqual([
        9,
        9,
        ...Array.from({ length: size }, (_, i) => (i * 7 + round) & 0xff),
        9,
        9,
      ])
    }
})

test('two writers that are in use at once do not see each other, nor one the messages of who had its memory before', () => {
  const first = new ByteWriter()
  const second = new ByteWriter()
  for (let i = 0; i < 50; i++) {
    first.byte(1)
    second.byte(2)
  }
  const target = new Uint8Array(50)
  first.copyTo(target, 0)
  expect([...target]).toEqual(Array(50).fill(1))
  second.copyTo(target, 0)
  expect([...target]).toEqual(Array(50).fill(2))
  first.release()
  const third = new ByteWriter()
  for (let i = 0; i < 50; i++) third.byte(3)
  third.copyTo(target, 0)
  expect([...target]).toEqual(Array(50).fill(3))
})
