// Which worker of which environment runs a call, which gives way to another's, and which is ended for having nothing to do.
import { expect, it, vi } from 'vitest'
import { Call } from '../../../executor/local/calls.ts'
import { EnvironmentPools } from '../../../executor/local/environments.ts'
import { LocalWorker } from '../../../executor/local/workers.ts'
import { taskOptionsOf } from '../../../executor/options.ts'
import { Kind } from '../../../executor/worker/protocol.ts'
import { resolvedEnv } from '../../../runtime-env/merge.ts'
import type { ResolvedEnv } from '../../../runtime-env/types.ts'

const IDLE = 60_000
const envs = ['a', 'b', 'c'].map((name) => resolvedEnv({ envVars: { name } }, 1000)!) as [
  ResolvedEnv,
  ResolvedEnv,
  ResolvedEnv,
]
const [a, b, c] = envs

await vi.hoisted(() => import('../../support/fake-timers.ts'))

/** Pools of two workers at most, that start nothing. */
function setting() {
  const ended: string[] = []
  let count = 0
  const pools: EnvironmentPools = new EnvironmentPools(
    2,
    IDLE,
    (env) => {
      const name = `${env.fields.envVars!.name}${++count}`
      const host = { name, send() {}, setBusy() {}, end: async () => {} }
      return new LocalWorker(name, env, 'tasks', false, () => host)
    },
    (worker) => {
      ended.push(worker.name)
      worker.isEnded = true
      pools.remove(worker)
    },
  )
  /** Takes a worker, or the one given, and gives what ends the call. */
  const run = (env: ResolvedEnv, given?: LocalWorker) => {
    const options = taskOptionsOf({})
    const call = new Call({
      kind: Kind.Task,
      spec: {
        ...{ id: 't', name: 't', parent: null, fn: 'f', env, options, retryOn: null, trace: null },
        ...{ args: { plain: [] }, deps: [] },
      },
    })
    const worker = given ?? pools.acquire(env)!
    worker.add(call)
    return {
      name: worker.name,
      end() {
        worker.remove(call)
        pools.settle(worker, call)
      },
    }
  }
  return { pools, ended, run, alive: () => [...pools.all()].map(({ name }) => name) }
}

it('a worker that is idle runs the next call of its environment, and no other’s', () => {
  const { run, alive, ended } = setting()
  run(a).end()
  expect(run(a).name).toBe('a1')
  expect(run(b).name).toBe('b2')
  expect([alive(), ended]).toEqual([['a1', 'b2'], []])
})

it('where there are as many as may be, the one that was idle longest gives way', () => {
  const { run, alive, ended, pools } = setting()
  const [first, second] = [run(a), run(b)]
  expect([pools.hasRoom(c), pools.mayGrow]).toEqual([false, false])
  second.end()
  vi.advanceTimersByTime(10)
  first.end()
  expect([pools.hasRoom(c), pools.mayGrow]).toEqual([true, true])
  expect(run(c).name).toBe('c3')
  expect([alive(), ended]).toEqual([['a1', 'c3'], ['b2']])
})

it('one that runs what all workers run does not, nor is it ended for being idle; it is one worker afterwards, too', () => {
  const { run, alive, pools, ended } = setting()
  run(a).end()
  run(b)
  const [worker] = pools.all()
  const setUp = run(a, worker)
  expect(pools.mayGrow).toBe(false)
  vi.advanceTimersByTime(3 * IDLE)
  expect(ended).toEqual([])
  setUp.end()
  expect(run(a).name).toBe('a1')
  expect([pools.hasRoom(a), pools.mayGrow, alive()]).toEqual([false, false, ['a1', 'b2']])
})

it('one that is busy does not', () => {
  const { run, alive, pools } = setting()
  run(a)
  run(b).end()
  run(c)
  expect(alive()).toEqual(['a1', 'c3'])
  expect([pools.hasRoom(b), pools.hasRoom(a)]).toEqual([false, false])
})

it('one that had nothing to do for the idle timeout is ended, and one that had is not', () => {
  const { run, alive, ended } = setting()
  run(a).end()
  const busy = run(b)
  vi.advanceTimersByTime(IDLE - 1)
  expect(ended).toEqual([])
  vi.advanceTimersByTime(IDLE / 2 + 1)
  expect([alive(), ended]).toEqual([['b2'], ['a1']])
  busy.end()
  vi.advanceTimersByTime(2 * IDLE)
  expect([alive(), ended]).toEqual([[], ['a1', 'b2']])
  // And nothing keeps looking.
  expect(vi.getTimerCount()).toBe(0)
})

it('one that is used again is kept for as long once more', () => {
  const { run, ended } = setting()
  run(a).end()
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(IDLE - 1)
    run(a).end()
  }
  expect(ended).toEqual([])
})
