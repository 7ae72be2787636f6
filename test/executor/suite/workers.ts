import { describeExecutor, get, kill, remote, runOnAllWorkers } from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

interface WithMark {
  executorMark?: string
}

export function workerTests(_: Engine): void {
  it('X9 runOnAllWorkers runs before the next task of every worker, and before the first of those to come', async () => {
    const read = remote(() => (globalThis as WithMark).executorMark)
    await get(read.remote())
    await runOnAllWorkers((text: string) => {
      ;(globalThis as WithMark).executorMark = text
    }, 'ready')
    expect((globalThis as WithMark).executorMark).toBe('ready')
    const wait = remote(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return (globalThis as WithMark).executorMark
    })
    const marks = await get(Array.from({ length: 8 }, () => wait.options({ numCpus: 0 }).remote()))
    expect(new Set(marks)).toEqual(new Set(['ready']))
    class Actor {
      mark() {
        return (globalThis as WithMark).executorMark
      }
    }
    expect(await get(remote(Actor).remote().mark.remote())).toBe('ready')
    delete (globalThis as WithMark).executorMark
  })

  it('X9 it is tried on the driver first: if that throws, no worker gets it', async () => {
    await expect(
      runOnAllWorkers(() => {
        throw new Error('not here')
      }),
    ).rejects.toThrow('not here')
    expect(await get(remote(() => 1).remote())).toBe(1)
  })

  it('X9 one that waits for a call that it makes is told that it can not; others are waited for', async () => {
    const one = remote(() => 1)
    for (const wait of [
      async () => void (await get(remote(() => 1).remote())),
      async () => void (await get([one.remote(), one.remote()], { timeout: 5000 })),
    ])
      await expect(runOnAllWorkers(wait)).rejects.toThrow('can not wait for a call that it makes')
    const made = one.remote()
    await runOnAllWorkers(async () => void (await get(made)))
    expect(await get(one.remote())).toBe(1)
  })

  it('X9 it ends also where a worker runs it whose actors have all gone', async () => {
    class Actor {
      here() {}
    }
    const actor = remote(Actor, { isolate: false }).remote()
    await get(actor.here.remote())
    kill(actor)
    // In workers for longer than one is kept that has no actor any more.
    const done = runOnAllWorkers(async () => {
      const { isMainThread } = process.getBuiltinModule('node:worker_threads')
      if (!isMainThread) await new Promise((resolve) => setTimeout(resolve, 2500))
    }).then(() => 'done')
    expect(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 60_000))])).toBe('done')
  })

  it('describe tells of tasks, actors, functions, objects and slots', async () => {
    const stuck = remote(() => new Promise(() => {}), { name: 'stuck', numCpus: 0 })
    const ref = stuck.remote()
    await get(remote(() => 1).remote())
    const { tasks, functions, objects, resources } = await describeExecutor()
    expect(tasks).toMatchObject([{ name: 'stuck', state: 'running' }])
    expect(functions.map(({ name }) => name)).toContain('stuck')
    expect(objects.pending).toBe(1)
    expect(resources.CPU).toMatchObject({ free: resources.CPU!.total })
    expect(ref.id).toMatch(/^t-/)
  })
}
