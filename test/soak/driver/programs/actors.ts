// Actors of all kinds, called in order, by their driver, by its tasks and by other drivers.
import { randomUUID } from 'node:crypto'
import { type ActorRemoteOptions, get, getActor, kill, remote } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import { type Answer, Caller, type CounterHandle, Counters } from '../counter.ts'
import type { Program, Scene } from '../scene.ts'

const asksFromTask = remote(async (id: string, actor: CounterHandle, count: number): Promise<Answer[]> => {
  note(id)
  const caller = `${id}/${randomUUID().slice(0, 8)}`
  return get(Array.from({ length: count }, (_, i) => actor.add.remote(`${caller}#${i}`, caller, i, null)))
})

function optionsFor(scene: Scene): ActorRemoteOptions {
  const { random } = scene
  return {
    maxRestarts: random.pick([0, 0, 1, 3, -1]),
    maxTaskRetries: random.pick([0, 0, 2, -1]),
    maxConcurrency: random.pick([1, 1, 4]),
    isolate: random.isTrue(0.3),
    ...(random.isTrue(0.3) && { name: scene.name }),
    ...(random.isTrue(0.2) && { name: scene.name, lifetime: 'detached' as const }),
    // Not of what tasks need: those that need all of it would wait for as long as it lives.
    ...(random.isTrue(0.2) && { resources: { seat: 0.01 } }),
  }
}

async function callInRounds(
  scene: Scene,
  actor: CounterHandle,
  caller: Caller,
  errors: () => readonly string[],
): Promise<void> {
  const { random } = scene
  const calls: Promise<void>[] = []
  for (let round = random.whole(1, 5); round > 0; round--) {
    for (let count = random.skewed(1, 25); count > 0; count--) calls.push(caller.call(actor, errors))
    if (random.isTrue(0.5)) await Promise.all(calls)
    await scene.pause(random.skewed(0, 2500))
  }
  await Promise.all(calls)
}

async function callFromTask(scene: Scene, actor: CounterHandle, caller: Caller): Promise<void> {
  const id = scene.id()
  const count = scene.random.whole(1, 6)
  const settled = await scene.settle(
    id,
    asksFromTask.options({ maxRetries: -1 }).remote(id, actor, count),
    () => caller.allowed([]),
  )
  if (!settled.ok) return
  for (const [i, { before, life }] of settled.value.entries())
    if (before >= i || (i > 0 && settled.value[i - 1]!.life === life && before !== i - 1))
      scene.violation(`${id}: calls of one task ran out of order`, settled.value)
}

export const actors: Program = {
  name: 'actors',
  weight: 4,
  async run(scene) {
    const { random } = scene
    const options = optionsFor(scene)
    let actor: CounterHandle = Counters.options(options).remote(scene.id())
    let isKilled = false
    const errors = () => (isKilled ? ['ActorDiedError'] : [])
    const hasOthers = random.isTrue(0.4)
    const caller = new Caller(scene, `${scene.name}@driver`, options, !hasOthers)
    const others = hasOthers
      ? Array.from({ length: random.whole(1, 3) }, () => callFromTask(scene, actor, caller))
      : []
    await callInRounds(scene, actor, caller, errors)
    if (options.name !== undefined && random.isTrue(0.6)) {
      const found = await scene.settle(`${scene.name} getActor`, getActor(options.name), () =>
        caller.allowed(errors()),
      )
      if (found.ok) actor = found.value as CounterHandle
      await callInRounds(scene, actor, caller, errors)
    }
    await Promise.all(others)
    if (options.lifetime === 'detached' || random.isTrue(0.4)) {
      const last = random.isTrue(0.5)
        ? Array.from({ length: random.whole(1, 5) }, () => caller.call(actor, errors))
        : []
      if (random.isTrue(0.5)) await scene.pause(random.skewed(0, 100))
      isKilled = true
      kill(actor)
      await Promise.all(last)
      const id = scene.id()
      const after = await scene.settle(id, actor.calls.remote(), { errors: ['ActorDiedError'] })
      if (after.ok) scene.violation(`${id}: an actor answered that had been killed`)
    }
    caller.check()
  },
}

const SHARED = 2

/** Detached ones that all drivers call, and that survive everything. */
export const sharedActors: Program = {
  name: 'shared-actors',
  weight: 1,
  async run(scene) {
    const { random } = scene
    const name = `shared-${random.whole(1, SHARED)}`
    const options = {
      name,
      lifetime: 'detached',
      maxRestarts: -1,
      maxTaskRetries: -1,
      isolate: false,
    } as const
    let actor: CounterHandle | null = null
    for (let tries = 0; actor === null; tries++) {
      actor = await getActor<CounterHandle>(name).then(
        (found) => found as unknown as CounterHandle,
        () => null,
      )
      if (actor !== null) break
      let made: CounterHandle
      try {
        made = Counters.options(options).remote(scene.id())
      } catch (error) {
        // Another program of this driver makes it just now.
        if (tries > 300) return scene.violation(`${name} is neither found nor can be made`, error)
        await scene.pause(200)
        continue
      }
      // Another driver may have been faster.
      const began = await scene.settle(scene.id(), made.calls.remote(), {
        errors: ['ActorDiedError'],
        budget: -1,
      })
      if (began.ok) actor = made
      else if (tries > 50)
        return scene.violation(`${name} is neither found nor can be made`, String(began.error))
      else await scene.pause(200)
    }
    const caller = new Caller(scene, `${scene.name}@driver`, options, false)
    await callInRounds(scene, actor, caller, () => [])
    if (random.isTrue(0.3)) await callFromTask(scene, actor, caller)
    caller.check()
  },
}
