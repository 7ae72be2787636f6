// Calls and actors in runtime environments: in processes of their own, which come and go with their worker's.
import { get, remote } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import { Caller, Counters } from '../counter.ts'
import type { Program, Scene } from '../scene.ts'
import { exitsAtFirst, resultOf, sleep, waits } from '../tasks.ts'

const NAME = 'CORNICHON_SOAK_PLACE'

const reads = remote(async (id: string, n: number, idle: number): Promise<readonly [string, number]> => {
  note(id)
  await sleep(idle)
  return [process.env.CORNICHON_SOAK_PLACE ?? 'none', resultOf(n)]
})

/** What it calls has its environment. */
const asks = remote(async (id: string, n: number, idle: number): Promise<readonly [string, number]> => {
  note(id)
  return get(reads.options({ maxRetries: -1 }).remote(`${id}/${Date.now()}`, n, idle))
})

async function call(scene: Scene): Promise<void> {
  const { random } = scene
  const n = random.whole(0, 1_000_000)
  const place = random.pick(['here', 'there'])
  const runtimeEnv = { envVars: { [NAME]: place } }
  if (random.isTrue(0.2)) {
    const id = scene.id('x', 't2')
    const ref = exitsAtFirst.options({ runtimeEnv, maxRetries: -1 }).remote(id, n, 1)
    await scene.expect(id, ref, resultOf(n), { budget: -1 })
    return
  }
  const maxRetries = random.pick([0, 3, -1])
  const task = random.pick([reads, reads, asks])
  // Others that end their process may share it.
  const id = maxRetries === 0 ? scene.id('0', 'x') : scene.id('x')
  const ref = task.options({ runtimeEnv, maxRetries }).remote(id, n, random.skewed(0, 600))
  await scene.expect(id, ref, [place, resultOf(n)], { budget: maxRetries, errors: ['WorkerCrashedError'] })
}

async function callActor(scene: Scene): Promise<void> {
  const { random } = scene
  const options = {
    maxRestarts: random.pick([0, 2, -1]),
    maxTaskRetries: random.pick([0, -1]),
    runtimeEnv: { envVars: { [NAME]: random.pick(['here', 'there']) } },
  }
  const actor = Counters.options(options).remote(scene.id('x'))
  const caller = new Caller(scene, `${scene.name}@driver`, options, true)
  const calls: Promise<void>[] = []
  for (let count = random.skewed(1, 20); count > 0; count--) {
    // What shares its process may end it.
    calls.push(caller.call(actor, () => ['ActorDiedError']))
    if (random.isTrue(0.2)) await scene.pause(random.skewed(0, 500))
  }
  await Promise.all(calls)
  caller.check()
}

export const environments: Program = {
  name: 'environments',
  weight: 1,
  async run(scene) {
    const between = waits.remote(scene.id(), 1, scene.random.skewed(0, 200))
    if (scene.random.isTrue(0.3)) await callActor(scene)
    else await scene.atOnce(5, () => call(scene))
    await scene.settle(scene.name, between)
  },
}
