// Tasks that start tasks: trees of them, and refs that they give away.
import { randomUUID } from 'node:crypto'
import { currentTask, get, type ObjectRef, put, type RemoteFunction, remote } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import type { Program } from '../scene.ts'
import { resultOf, waits } from '../tasks.ts'

/** Another run of the same call makes calls of its own. */
const inner = (id: string): string => `${id}/${randomUUID().slice(0, 8)}`

const tree: RemoteFunction<(id: string, depth: number, width: number) => Promise<number>> = remote(
  async (id: string, depth: number, width: number): Promise<number> => {
    note(id)
    if (depth === 0) return 1
    const parts = await get(Array.from({ length: width }, () => tree.remote(inner(id), depth - 1, width)))
    return parts.reduce((a, b) => a + b, 1)
  },
)

const sizeOf = (depth: number, width: number): number =>
  depth === 0 ? 1 : 1 + width * sizeOf(depth - 1, width)

export const trees: Program = {
  name: 'trees',
  weight: 2,
  async run(scene) {
    const depth = scene.random.whole(1, 4)
    const width = depth > 2 ? scene.random.whole(1, 2) : scene.random.whole(1, 5)
    const id = scene.id()
    await scene.expect(id, tree.options({ maxRetries: -1 }).remote(id, depth, width), sizeOf(depth, width))
  },
}

const gives = remote((id: string, n: number, count: number) => {
  note(id)
  return {
    task: currentTask().id,
    refs: Array.from({ length: count }, (_, i) =>
      i % 3 === 2 ? put(resultOf(n + i)) : waits.remote(inner(id), n + i, (i * 37) % 150),
    ),
  }
})

/** Refs that a task gives away are good when it is over. */
export const givers: Program = {
  name: 'givers',
  weight: 1,
  async run(scene) {
    const { random } = scene
    const n = random.whole(0, 1000)
    const count = random.whole(1, 8)
    const id = scene.id()
    const made = Date.now()
    const given = await scene.settle(id, gives.remote(id, n, count), { made })
    if (!given.ok) return
    const { refs } = given.value as { refs: ObjectRef<number>[] }
    if (random.isTrue(0.3)) await scene.pause(random.whole(1, 2000))
    await Promise.all(refs.map((ref, i) => scene.expect(id, ref, resultOf(n + i), { made })))
  },
}
