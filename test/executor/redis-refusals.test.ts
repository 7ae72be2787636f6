// A Redis that refuses what is said to it, for a while, or has lost what it had: nothing that was accepted suffers from the
// first, and the fleet goes on after the second.
import { ActorDiedError, get, init, put, remote, shutdown } from 'cornichon/executor'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { look, startWorker, type TestWorker } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const recoverAfter = 1
let redis: TestRedis
let worker: TestWorker
const start = () => startWorker(redis, '--num-cpus', '2', '--recover-after', String(recoverAfter))

beforeAll(async () => {
  redis = await startRedis({ isDurable: true })
})
beforeEach(async () => {
  worker = await start()
  await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
})
afterEach(async () => {
  await shutdown()
  await worker.kill()
})
afterAll(() => redis.stop())

class Counter {
  count = 0
  add(by: number): number {
    this.count += by
    return this.count
  }
  async addLater(by: number, milliseconds: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return this.add(by)
  }
}

describe('a Redis that is full', () => {
  it('takes no calls, and says why; what it has accepted runs once, and actors live on', async () => {
    const connection = redis.connect()
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
    const counter = remote(Counter, { numCpus: 0 }).remote()
    expect(await get(counter.add.remote(1))).toBe(1)
    const later = remote(
      async (size: number) => {
        await new Promise((resolve) => setTimeout(resolve, 500))
        return new Uint8Array(size)
      },
      { maxRetries: 0 },
    )
    const accepted = [later.remote(10), later.remote(1_000_000), counter.addLater.remote(2, 500)]
    const tasks = `{cornichon-${redis.namespace}}:CPU=1:active`
    await expect.poll(() => connection.llen(tasks)).toBeGreaterThan(0)
    await connection.config('SET', 'maxmemory', '1mb')
    try {
      await expect(get(later.remote(1))).rejects.toThrow(/could not be queued: OOM/)
      await expect(get(counter.add.remote(100))).rejects.toThrow(/could not be queued: OOM/)
      await expect(get(put(new Uint8Array(300_000)))).rejects.toThrow(/could not be stored: OOM/)
      // So long that whoever can't renew his locks is taken for dead.
      await pause(4 * recoverAfter * 1000)
    } finally {
      await connection.config('SET', 'maxmemory', '0')
    }
    const results = await get(accepted)
    expect(results.map((result) => (typeof result === 'number' ? result : result.length))).toEqual([
      10, 1_000_000, 3,
    ])
    expect(await get(counter.add.remote(1))).toBe(4)
  })
})

describe('a worker process that ends while Redis is full', () => {
  it('does so in order; what it could not give back goes to another as that of a dead one does', async () => {
    const connection = redis.connect()
    const counters = [0, 1].map((maxRestarts) => remote(Counter, { maxRestarts, numCpus: 0 }).remote())
    const addAll = () => counters.map((counter) => counter.add.remote(1))
    expect(await get(addAll())).toEqual([1, 1])
    await connection.config('SET', 'maxmemory', '1')
    try {
      expect(await worker.stop()).toBe(0)
      expect(worker.output.filter((line) => !line.startsWith('{"state"'))).toEqual([])
    } finally {
      await connection.config('SET', 'maxmemory', '0')
    }
    worker = await start()
    const [dead, alive] = addAll()
    await expect(get(dead!)).rejects.toThrow(ActorDiedError)
    expect(await get(alive!)).toBe(1)
  })
})

describe('a Redis that has lost all', () => {
  it('is told again who is there, and which queues: workers that start later take from them', async () => {
    const square = remote((n: number) => n * n)
    expect(await get(square.remote(2))).toBe(4)
    await redis.connect().flushall()
    const names = () => look(redis, (view) => view.overview().then(({ workers }) => workers.length))
    await expect.poll(names, { timeout: 15_000 }).toBe(1)
    await worker.kill()
    worker = await start()
    expect(await get(square.remote(3))).toBe(9)
  })
})
