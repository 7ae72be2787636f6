// Refs as arguments and within them, several results of one call, large values, put and free.
import { free, get, type ObjectRef, put, remote } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import type { Program, Scene } from '../scene.ts'
import { resultOf, sleep, waits } from '../tasks.ts'

const combine = remote((id: string, ...parts: number[]): number => {
  note(id)
  return resultOf(parts.reduce((a, b) => a + b, 0))
})

const combineInside = remote(async (id: string, { refs }: { refs: ObjectRef<number>[] }): Promise<number> => {
  note(id)
  return resultOf((await get(refs)).reduce((a, b) => a + b, 0))
})

interface Known<T> {
  readonly id: string
  readonly ref: ObjectRef<T>
  readonly value: T
}

/** Layers of calls, each with refs of the layers before among its arguments. */
export const graphs: Program = {
  name: 'graphs',
  weight: 2,
  async run(scene) {
    const { random } = scene
    const all: Known<number>[] = []
    for (let layer = random.whole(1, 5); layer > 0; layer--) {
      const before = [...all]
      for (let width = random.whole(1, 6); width > 0; width--) {
        const parts =
          before.length === 0 ? [] : Array.from({ length: random.whole(0, 3) }, () => random.pick(before))
        const n = random.whole(0, 1000)
        if (random.isTrue(0.15)) {
          all.push({ id: scene.id(), ref: put(n), value: n })
          continue
        }
        const id = scene.id()
        const value = resultOf(parts.reduce((sum, part) => sum + part.value, parts.length === 0 ? n : 0))
        const refs = parts.map(({ ref }) => ref)
        const ref =
          parts.length === 0
            ? waits.options({ maxRetries: -1 }).remote(id, n, random.skewed(0, 200))
            : random.isTrue(0.5)
              ? combine.options({ maxRetries: -1 }).remote(id, ...refs)
              : combineInside.options({ maxRetries: -1 }).remote(id, { refs })
        all.push({ id, ref, value })
      }
    }
    await Promise.all(
      random.shuffled(all).map(({ id, ref, value }) => scene.expect(id, ref, value, { budget: -1 })),
    )
  },
}

const several = remote(async (id: string, n: number, count: number, idle: number): Promise<number[]> => {
  note(id)
  await sleep(idle)
  return Array.from({ length: count }, (_, i) => resultOf(n + i))
})

const nothing = remote((id: string): void => note(id), { numReturns: 0 })

export const returns: Program = {
  name: 'returns',
  weight: 1,
  async run(scene) {
    const { random } = scene
    if (random.isTrue(0.3)) nothing.remote(scene.id())
    const made = Date.now()
    const count = random.whole(2, 12)
    const n = random.whole(0, 1000)
    const id = scene.id()
    const refs = several
      .options({ numReturns: count })
      .remote(id, n, count, random.skewed(0, 100)) as ObjectRef<number>[]
    await Promise.all(refs.map((ref, i) => scene.expect(id, ref, resultOf(n + i), { made })))
  },
}

/** Bytes that are known by a number. */
export function bytesOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0, value = seed; i < size; i++, value = (value * 5 + 3) & 0xffff) bytes[i] = value >> 8
  return bytes
}

const makes = remote((id: string, size: number, seed: number): Uint8Array => {
  note(id)
  return bytesOf(size, seed)
})

const measures = remote((id: string, bytes: Uint8Array): { size: number; sum: number } => {
  note(id)
  return { size: bytes.length, sum: bytes.reduce((a, b) => (a * 31 + b) | 0, 0) }
})

const measureOf = (bytes: Uint8Array) => ({
  size: bytes.length,
  sum: bytes.reduce((a, b) => (a * 31 + b) | 0, 0),
})

const sameBytes = (scene: Scene, id: string, value: Uint8Array, expected: Uint8Array) => {
  if (Buffer.compare(value, expected) !== 0)
    scene.violation(`${id} has other bytes`, { size: value.length, expected: expected.length })
}

/** Results and arguments of 10 kB to 2 MB. */
export const large: Program = {
  name: 'large',
  weight: 2,
  async run(scene) {
    const { random } = scene
    await scene.atOnce(4, async () => {
      const size = random.skewed(10_000, 2_000_000)
      const seed = random.whole(0, 65_535)
      const bytes = bytesOf(size, seed)
      const id = scene.id()
      const isPut = random.isTrue(0.4)
      const ref = isPut ? put(bytes) : makes.remote(id, size, seed)
      const looks = Array.from({ length: random.whole(0, 3) }, () => {
        const own = scene.id()
        return scene.expect(own, measures.remote(own, random.isTrue(0.8) ? ref : bytes), measureOf(bytes))
      })
      const settled = await scene.settle(id, ref)
      if (settled.ok) sameBytes(scene, id, settled.value, bytes)
      await Promise.all(looks)
    })
  },
}

/** What is freed is there no more, or still that value. */
export const objects: Program = {
  name: 'objects',
  weight: 1,
  async run(scene) {
    const { random } = scene
    const value = { n: random.whole(0, 1000), bytes: bytesOf(random.skewed(1, 200_000), 5) }
    const id = scene.id()
    const ref = random.isTrue(0.5) ? put(value) : remote((text: string) => (note(text), value)).remote(id)
    if (random.isTrue(0.7)) await scene.expect(id, ref, value)
    const own = scene.id()
    const takes = remote((text: string, { n }: typeof value) => (note(text), n))
    await scene.expect(own, takes.remote(own, ref), value.n)
    free([ref])
    const later = scene.id()
    const errors = ['ObjectLostError']
    if (random.isTrue(0.5)) await scene.expect(later, ref, value, { errors })
    if (random.isTrue(0.3)) await scene.expect(later, takes.remote(later, ref), value.n, { errors })
  },
}
