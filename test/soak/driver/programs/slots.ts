// Slots, resources of which there is one, and what runs on all workers.
import { get, remote, runOnAllWorkers } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import type { Program } from '../scene.ts'
import { resultOf, sleep, waits } from '../tasks.ts'

const alone = remote(
  async (id: string, n: number, idle: number): Promise<number> => {
    note(id)
    await sleep(idle)
    note(id, 'ends')
    return resultOf(n)
  },
  { numCpus: 0, resources: { only: 1 } },
)

/** Of a resource of which each process has one, one call at a time. */
export const resources: Program = {
  name: 'resources',
  weight: 1,
  async run(scene) {
    const { random } = scene
    await scene.atOnce(6, () => {
      const n = random.whole(0, 1000)
      const isAlone = random.isTrue(0.6)
      const id = isAlone ? scene.id('e') : scene.id()
      const idle = random.skewed(0, 200)
      const ref = isAlone
        ? alone.remote(id, n, idle)
        : waits
            .options({
              numCpus: random.pick([0, 0.5, scene.slots]),
              resources: { only: random.pick([0, 0.5]) },
            })
            .remote(id, n, idle)
      return scene.expect(id, ref, resultOf(n))
    })
  },
}

type Counts = Record<string, number>

let madeByThisDriver = 0
const MOST = 3

/** A set-up ran once in each thread before any task that was called behind it. */
export const setUps: Program = {
  name: 'set-ups',
  weight: 0.5,
  async run(scene) {
    if (madeByThisDriver++ >= MOST) return
    const key = scene.name
    const ran = await scene.settle(
      `${key} set-up`,
      runOnAllWorkers((name: string) => {
        const globals = globalThis as { soakSetUps?: Counts }
        globals.soakSetUps ??= {}
        globals.soakSetUps[name] = (globals.soakSetUps[name] ?? 0) + 1
      }, key),
    )
    if (!ran.ok) return
    const look = remote((id: string, name: string) => {
      note(id)
      return (globalThis as { soakSetUps?: Counts }).soakSetUps?.[name]
    })
    for (let round = scene.random.whole(1, 5); round > 0; round--) {
      const ids = Array.from({ length: scene.random.whole(1, 8) }, () => scene.id())
      await Promise.all(ids.map((id) => scene.expect(id, look.remote(id, key), 1)))
      await scene.pause(scene.random.skewed(0, 3000))
    }
    const id = scene.id()
    await scene.expect(
      id,
      remote(async (own: string) => (note(own), get(look.remote(`${own}/${Date.now()}`, key)))).remote(id),
      1,
    )
  },
}
