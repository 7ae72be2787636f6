// What runOnAllWorkers does on a fleet when drivers and workers come, go and ask at once.
import { get, remote, runOnAllWorkers, shutdown } from 'cornichon/executor'
import { describe, expect, it } from 'vitest'
import { testFleet } from '../support/fleet.ts'

const fleet = testFleet('--num-cpus', '1', '--recover-after', '2')
const { workers, start } = fleet

const told = (promise: Promise<void>) =>
  promise.then(
    () => 'done',
    (error: Error) => error.message,
  )

describe('runOnAllWorkers', () => {
  it('X9 of several at once, each runs once, and each is told how its own went', async () => {
    await start()
    const there = remote(() => (globalThis as { setUpRuns?: number }).setUpRuns)
    await get(there.remote())
    const here = process.pid
    const count = () => {
      const global = globalThis as { setUpRuns?: number }
      global.setUpRuns = (global.setUpRuns ?? 0) + 1
    }
    const fail = (driver: number) => {
      if (process.pid !== driver) throw new Error('only on workers')
    }
    const counts = Array.from({ length: 3 }, () => told(runOnAllWorkers(count)))
    expect(await Promise.all(counts)).toEqual(['done', 'done', 'done'])
    expect(await get(there.remote())).toBe(3)
    const both = [told(runOnAllWorkers(fail, here)), told(runOnAllWorkers(count))]
    expect(await Promise.all(both)).toEqual([expect.stringContaining('only on workers'), 'done'])
  })

  it('X9 does not wait for a worker that was killed', { timeout: 30_000 }, async () => {
    const victim = await start()
    await start()
    await fleet.killWorker(victim)
    await runOnAllWorkers(() => {})
    expect(workers.size).toBe(1)
  })

  it('X9 rejects where the executor is shut down meanwhile', async () => {
    await start()
    await get(remote(() => 1).remote())
    const waits = told(
      runOnAllWorkers(async (driver: number) => {
        if (process.pid !== driver) await new Promise(() => {})
      }, process.pid),
    )
    await expect.poll(() => fleet.connection.llen(fleet.key('setups'))).toBe(1)
    await shutdown()
    expect(await waits).toContain('was shut down')
  })
})
