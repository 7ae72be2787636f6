// What runOnAllWorkers does on a fleet when drivers and workers come, go and ask at once.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { get, remote, runOnAllWorkers, shutdown } from 'cornichon/executor'
import { beforeEach, describe, expect, it } from 'vitest'
import { startDriver, type TestDriver } from '../support/driver.ts'
import { cutOff, failureOf, testFleet } from '../support/fleet.ts'
import { createWorkspace, type Workspace } from '../support/workspace.ts'

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

  it('X9 runs on workers that start after Redis has lost all', { timeout: 30_000 }, async () => {
    const { connection, key } = fleet
    await start()
    const mark = (text: string) => {
      const global = globalThis as { setUpMarks?: string }
      global.setUpMarks = (global.setUpMarks ?? '') + text
    }
    for (const text of ['first ', 'second']) await runOnAllWorkers(mark, text)
    await connection.del(key('setups'))
    const [driver] = await connection.smembers(key('drivers'))
    await cutOff(connection, driver!)
    await expect.poll(() => connection.llen(key('setups')), { timeout: 10_000 }).toBe(2)
    const second = await start()
    const where = remote(() => [process.pid, (globalThis as { setUpMarks?: string }).setUpMarks])
    const there = async () => {
      const found = await get(Array.from({ length: 8 }, () => where.remote()))
      return found.find(([pid]) => pid === second.child.pid)?.[1]
    }
    await expect.poll(there, { timeout: 10_000 }).toBe('first second')
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

  /** From another driver, which is killed when workers have been asked to run it. */
  const leavesBehind = async (code: string): Promise<TestDriver> => {
    const other = startDriver(
      fleet.redis,
      `const all = api.runOnAllWorkers(${code}, process.pid)
       await Promise.race([all.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 300))])
       console.log('begun')
       setInterval(() => {}, 1000)`,
    )
    expect(await other.line()).toBe('begun')
    return other
  }
  const bad = {
    'awaits what never comes': 'async (here) => { if (here !== process.pid) await new Promise(() => {}) }',
    loops: '(here) => { while (here !== process.pid); }',
    throws: "(here) => { if (here !== process.pid) throw new Error('not here') }",
  }
  for (const [how, code] of Object.entries(bad))
    it(`X9 one that ${how} keeps no worker from the calls of others when its driver was killed`, async () => {
      const worker = await start()
      const where = remote(() => process.pid)
      await get(where.remote())
      const other = await leavesBehind(code)
      const isAsItHasToBe = () => get(where.remote(), { timeout: 500 }).catch((error: Error) => error.message)
      await expect.poll(isAsItHasToBe).not.toBe(worker.child.pid)
      other.child.kill('SIGKILL')
      // That of this process is there again soon.
      await fleet.connection.del(await fleet.connection.keys(fleet.key('lease:driver-*')))
      await expect.poll(isAsItHasToBe).toBe(worker.child.pid)
      await expect.poll(() => fleet.connection.exists(fleet.key('setups'))).toBe(0)
    })

  const killed = async (driver: TestDriver) => {
    driver.child.kill('SIGKILL')
    await fleet.connection.del(await fleet.connection.keys(fleet.key('lease:driver-*')))
    await expect.poll(() => fleet.connection.exists(fleet.key('setups')), { timeout: 20_000 }).toBe(0)
  }
  let workspace: Workspace
  beforeEach(() => {
    workspace = createWorkspace()
    return () => workspace.remove()
  })
  /** Tasks note that they begin, and end when they are told to. */
  const runs = () => {
    const ledger = workspace.path('runs')
    return existsSync(ledger) ? readFileSync(ledger, 'utf8').trim().split('\n') : []
  }
  const files = () => [workspace.path('runs'), workspace.path('end')] as const
  const computes = remote((ledger: string, end: string) => {
    appendFileSync(ledger, 'begins\n')
    while (!existsSync(end));
  })
  const waits = remote(async (ledger: string, end: string) => {
    appendFileSync(ledger, 'begins\n')
    while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  it('X9 one that was dropped ends no thread that is in the code of a task', async () => {
    await start()
    const ref = computes.options({ maxRetries: 0 }).remote(...files())
    await expect.poll(runs, { timeout: 20_000 }).toEqual(['begins'])
    await killed(await leavesBehind('() => {}'))
    // For longer than a thread has to leave a set-up.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    workspace.write({ end: '' })
    await get(ref)
    expect(runs()).toEqual(['begins'])
  })

  it('X9 one that was dropped and loops ends the thread: what waits there is charged', async () => {
    const worker = await start()
    const ref = waits.options({ maxRetries: 0 }).remote(...files())
    await expect.poll(runs, { timeout: 20_000 }).toEqual(['begins'])
    await killed(await leavesBehind(bad.loops))
    const error = await failureOf(ref)
    expect(error).toMatchObject({ name: 'WorkerCrashedError' })
    expect(error.message).toContain('which a driver that left had run on all workers, did not end')
    expect(runs()).toEqual(['begins'])
    await expect
      .poll(() => worker.output.join(''))
      .toMatch(/WorkerEndWarning: .*thread.* did not end; under way there: .*\(t-/)
  })

  it('X9 the same with retries runs again', async () => {
    await start()
    const ref = waits.options({ maxRetries: 1 }).remote(...files())
    await expect.poll(runs, { timeout: 20_000 }).toEqual(['begins'])
    await killed(await leavesBehind(bad.loops))
    await expect.poll(runs, { timeout: 20_000 }).toEqual(['begins', 'begins'])
    workspace.write({ end: '' })
    await get(ref)
  })

  it('X9 one that was dropped leaves what came behind it for the next thread', async () => {
    await start()
    await get(remote(() => 1).remote())
    const other = await leavesBehind(bad.loops)
    const ref = computes.options({ maxRetries: 0 }).remote(...files())
    workspace.write({ end: '' })
    await killed(other)
    await get(ref)
    expect(runs()).toEqual(['begins'])
  })
})
