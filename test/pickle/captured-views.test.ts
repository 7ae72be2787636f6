// Views that functions captured may have more elements than V8 can list keys.
import { expect, it } from 'vitest'
import { dumps, loads, type OutOfBand } from '../../serializer/index.ts'

it('a function that captured a typed array of a hundred million elements is pickled, the array out of band', () => {
  const large = new Uint8Array(101e6)
  large[5] = 7
  const buffers: OutOfBand[] = []
  const bundle = dumps(() => large[5]! + large.length, {
    bufferCallback: (buffer) => void buffers.push(buffer),
  })
  expect(bundle.length).toBeLessThan(1000)
  expect(loads<() => number>(bundle, { buffers })()).toBe(101e6 + 7)
})
