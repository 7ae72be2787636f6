// What ends before its time: calls that are cancelled, that take too long, that end their thread.
import { cancel, currentTask, GetTimeoutError, get, remote } from 'cornichon/executor'
import { note } from '../../ledger.ts'
import type { Program } from '../scene.ts'
import { exitsAtFirst, resultOf, sleep, spin, waits } from '../tasks.ts'

const heeds = remote(async (id: string, n: number, idle: number): Promise<number> => {
  note(id)
  const { signal } = currentTask()
  for (const end = Date.now() + idle; Date.now() < end; ) {
    if (signal.aborted) throw signal.reason
    await sleep(20)
  }
  return resultOf(n)
})

const loops = remote((id: string, n: number, busy: number): number => {
  note(id)
  spin(busy)
  return resultOf(n)
})

const parent = remote(async (id: string, n: number, idle: number): Promise<number> => {
  note(id)
  const child = waits.remote(`${id}/child${currentTask().attempt}-${Date.now()}`, n, idle)
  return get(child)
})

export const cancels: Program = {
  name: 'cancels',
  weight: 2,
  async run(scene) {
    const { random } = scene
    await scene.atOnce(6, async () => {
      const n = random.whole(0, 1000)
      const force = random.isTrue(0.4)
      const task = random.pick([heeds, loops, parent, waits])
      const id = force ? scene.id('x') : scene.id()
      const ref = task.remote(id, n, random.skewed(10, 3000))
      await scene.pause(random.skewed(0, 800))
      cancel(ref, { force, recursive: random.isTrue(0.8) })
      await scene.expect(id, ref, resultOf(n), { errors: ['TaskCancelledError'] })
    })
  },
}

export const timeouts: Program = {
  name: 'timeouts',
  weight: 1,
  async run(scene) {
    const { random } = scene
    const n = random.whole(0, 1000)
    if (random.isTrue(0.5)) {
      const id = scene.id()
      const ref = waits.remote(id, n, random.skewed(0, 500))
      try {
        scene.same(id, await get(ref, { timeout: random.skewed(0, 300) }), resultOf(n))
      } catch (error) {
        if (error instanceof GetTimeoutError) await scene.expect(id, ref, resultOf(n))
        else await scene.settle(id, Promise.reject(error))
      }
      return
    }
    const id = scene.id('x')
    const task = random.pick([loops, waits])
    const options = { timeout: random.whole(100, 700), maxRetries: random.pick([0, 3]) }
    const settled = await scene.settle(id, task.options(options).remote(id, n, 60_000), {
      ...{ errors: ['TaskTimeoutError'], budget: options.maxRetries },
    })
    if (settled.ok) scene.violation(`${id} took a minute, and was to end after ${options.timeout} ms`)
  },
}

export const crashes: Program = {
  name: 'crashes',
  weight: 1,
  async run(scene) {
    const { random } = scene
    await scene.atOnce(3, async () => {
      const n = random.whole(0, 1000)
      const times = random.whole(1, 3)
      const maxRetries = random.whole(0, 4)
      const id = scene.id('x', `t${times + 1}`)
      const ref = exitsAtFirst.options({ maxRetries }).remote(id, n, times)
      const errors = maxRetries < times ? ['WorkerCrashedError'] : []
      const came = await scene.expect(id, ref, resultOf(n), { errors, budget: maxRetries - times })
      if (came && maxRetries < times)
        scene.violation(`${id} ends its thread ${times} times, and has ${maxRetries} retries`)
    })
  },
}
