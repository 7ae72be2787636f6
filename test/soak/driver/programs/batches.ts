// Calls that are made at once, and those that come alone: all kinds of durations, priorities and retries.
import { remote, wait } from 'cornichon/executor'
import { type Flag, note } from '../../ledger.ts'
import type { Program, Scene } from '../scene.ts'
import { computes, resultOf, throwsAtFirst, waits } from '../tasks.ts'

function call(scene: Scene) {
  const { random } = scene
  const n = random.whole(0, 1_000_000)
  const maxRetries = random.pick([0, 1, 3, 3, -1])
  const made = Date.now()
  const options = {
    maxRetries,
    ...(random.isTrue(0.3) && { priority: random.whole(0, 5) }),
    ...(random.isTrue(0.1) && { numCpus: random.pick([0, 0.5, scene.slots]) }),
  }
  const flags: Flag[] = maxRetries === 0 ? ['0'] : []
  if (random.isTrue(0.1) && maxRetries > 0) {
    const times = random.whole(1, maxRetries)
    const id = scene.id(`t${times + 1}`)
    const ref = throwsAtFirst.options({ ...options, retryExceptions: true }).remote(id, n, times)
    return { id, n, ref, allowed: { budget: maxRetries - times, made } }
  }
  const id = scene.id(...flags)
  const ref = random.isTrue(0.6)
    ? computes.options(options).remote(id, n, random.skewed(0, 40))
    : waits.options(options).remote(id, n, random.skewed(0, 400))
  return { id, n, ref, allowed: { budget: maxRetries, made } }
}

export const batches: Program = {
  name: 'batches',
  weight: 4,
  async run(scene) {
    const { random } = scene
    const calls = Array.from({ length: random.skewed(1, 150) }, () => call(scene))
    if (random.isTrue(0.3)) {
      let left = calls.map(({ ref }) => ref)
      while (left.length > 0) {
        const [ready, pending] = await wait(left, { numReturns: random.whole(1, left.length), timeout: 5000 })
        if (ready.length + pending.length !== left.length)
          scene.violation('wait lost a ref', {
            ready: ready.length,
            pending: pending.length,
            of: left.length,
          })
        if (ready.length === 0) break
        left = pending
      }
    }
    await Promise.all(
      random.shuffled(calls).map(({ id, n, ref, allowed }) => scene.expect(id, ref, resultOf(n), allowed)),
    )
  },
}

export const lone: Program = {
  name: 'lone',
  weight: 2,
  async run(scene) {
    for (let left = scene.random.whole(1, 20); left > 0; left--) {
      const { id, n, ref, allowed } = call(scene)
      await scene.expect(id, ref, resultOf(n), allowed)
    }
  },
}

/** Each with a function of its own. */
export const closures: Program = {
  name: 'closures',
  weight: 1,
  async run(scene) {
    const made = Date.now()
    const calls = Array.from({ length: scene.random.skewed(1, 30) }, () => {
      const by = scene.random.whole(1, 1000)
      const text = 'x'.repeat(scene.random.skewed(0, 20_000))
      const id = scene.id()
      const closure = remote((n: number) => {
        note(id)
        return n * by + text.length
      })
      return { id, ref: closure.remote(7), expected: 7 * by + text.length }
    })
    await Promise.all(calls.map(({ id, ref, expected }) => scene.expect(id, ref, expected, { made })))
  },
}
