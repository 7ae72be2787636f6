// Pi by throwing darts: tasks throw them, and an actor keeps the count, which everybody can ask for meanwhile.
//   node --import tsx examples/pi.ts [threads | inline | redis://...] [darts]
import { type ActorHandle, get, init, remote, shutdown, wait } from 'cornichon/executor'

await init({ address: process.argv[2], namespace: process.env.CORNICHON_NAMESPACE })
const darts = Number(process.argv[3] ?? 2_000_000)

class Progress {
  readonly #done = new Map<number, number>()

  report(task: number, thrown: number): void {
    this.#done.set(task, thrown)
  }

  total(): number {
    return [...this.#done.values()].reduce((a, b) => a + b, 0)
  }
}

/** How many of the darts hit the quarter circle. The generator is seeded, so every run gives the same. */
const throwDarts = remote(async (task: number, count: number, progress: ActorHandle<Progress>) => {
  let seed = task * 2654435761 + 1
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  let hits = 0
  for (let i = 1; i <= count; i++) {
    if (random() ** 2 + random() ** 2 < 1) hits++
    if (i % 100_000 === 0 || i === count) await get(progress.report.remote(task, i))
  }
  return hits
})

const tasks = 8
const progress = remote(Progress).remote()
const hits = Array.from({ length: tasks }, (_, task) => throwDarts.remote(task, darts / tasks, progress))

for (let left = hits; left.length > 0; ) {
  const [, pending] = await wait(left, { numReturns: Math.min(2, left.length) })
  left = pending
  console.error(
    `${Math.round((100 * (await get(progress.total.remote()))) / darts)} % of the darts are thrown`,
  )
}

const total = (await get(hits)).reduce((a, b) => a + b, 0)
console.log('pi is about', ((4 * total) / darts).toFixed(3))

await shutdown()
