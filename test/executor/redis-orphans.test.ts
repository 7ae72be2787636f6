// Calls whose jobs a Redis has lost, and not their frames: they are found when it is back.
import { get, init, remote, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Keys } from '../../executor/redis/keys.ts'
import type { Link } from '../../executor/redis/link.ts'
import { requeueOrphans } from '../../executor/redis/orphans.ts'
import { cutOff, startWorker } from '../support/fleet.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let look: Redis
beforeAll(async () => {
  redis = await startRedis()
  look = redis.connect()
})
afterAll(() => redis.stop())

describe('calls of a batch', () => {
  const queue = 'CPU=1'
  const open = async (name: string) => {
    const link = await openLink('driver', { address: redis.address, namespace: `${redis.namespace}-${name}` })
    onTestFinished(() => link.close())
    return link
  }
  const prefixOf = (link: Link) => `${link.keys.prefix}:${queue}:`
  const frame = (link: Link, batch: string) => look.set(link.keys.call(batch), 'frame')
  const job = async (link: Link, list: string, id: string, data: object) => {
    await look.hset(prefixOf(link) + id, 'data', JSON.stringify(data))
    await look.lpush(prefixOf(link) + list, id)
  }
  const waiting = async (link: Link) => {
    const ids = (await look.lrange(`${prefixOf(link)}wait`, 0, -1)).reverse()
    return Promise.all(
      ids.map(async (id) => {
        const [name, data] = await look.hmget(prefixOf(link) + id, 'name', 'data')
        return [id.split('~')[0], name, JSON.parse(data!)]
      }),
    )
  }

  it('that no job is for wait again, before all others, in their order', async () => {
    const link = await open('batches')
    for (const id of ['a', 'b', 'c', 'lone', 'over']) await frame(link, id)
    await look.del(link.keys.call('over'))
    await job(link, 'wait', 'other', {})
    // Of `a`, one that is under way covers 2 of 2 to 5, and 0 is over; of `b`, nothing is lost; of `c`, there is no job.
    await job(link, 'active', 'a~2~5', { of: 'a', at: 2, to: 5, size: 6 })
    await look.hset(link.keys.batch('a'), { 'ea~2~5': 3, x0: 1, d: 1 })
    await job(link, 'wait', 'b', { to: 2, size: 2 })
    const batches = ['a', 'b', 'c', 'lone', 'over'].map((id, i) => ({
      ...{ id, name: `task ${id}`, size: [6, 2, 2, 1, 1][i]! },
    }))
    expect(await requeueOrphans(link, queue, null, batches)).toBe(4)
    expect((await waiting(link)).slice(0, 4)).toEqual([
      ['a', 'task a', { of: 'a', at: 1, to: 2, size: 6 }],
      ['a', 'task a', { of: 'a', at: 3, to: 6, size: 6 }],
      ['c', 'task c', { of: 'c', at: 0, to: 2, size: 2 }],
      ['lone', 'task lone', {}],
    ])
    expect((await waiting(link)).slice(4).map(([id]) => id)).toEqual(['other', 'b'])
    expect(await look.exists(`${prefixOf(link)}marker`)).toBe(1)
    expect(await requeueOrphans(link, queue, null, batches)).toBe(0)
  })

  it('of an actor wait again while it lives', async () => {
    const link = await open('mailbox')
    await frame(link, 'one')
    const batches = [{ id: 'one', size: 1, name: 'add' }]
    expect(await requeueOrphans(link, queue, 'actor', batches)).toBe(0)
    await look.hset(link.keys.actor('actor'), 'state', 'dead')
    expect(await requeueOrphans(link, queue, 'actor', batches)).toBe(0)
    await look.hset(link.keys.actor('actor'), 'state', 'alive')
    expect(await requeueOrphans(link, queue, 'actor', batches)).toBe(1)
  })
})

describe('a driver that was cut off from Redis', () => {
  it('has calls run that Redis has lost the jobs of', async () => {
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
    onTestFinished(() => shutdown())
    const square = remote((n: number) => n * n)
    const refs = [2, 3, 4, 5].map((n) => square.remote(n))
    const results = get(refs)
    const keys = new Keys(redis.namespace)
    const prefix = `${keys.prefix}:CPU=1:`
    await expect.poll(() => look.llen(`${prefix}wait`)).toBeGreaterThan(0)
    await expect
      .poll(async () => (await look.keys(`${keys.call('')}*`)).length)
      .toBe(await look.llen(`${prefix}wait`))
    const ids = await look.lrange(`${prefix}wait`, 0, -1)
    await look.del(`${prefix}wait`, ...ids.map((id) => prefix + id))
    const [driver] = await look.smembers(keys.drivers)
    await cutOff(look, driver!)
    const worker = await startWorker(redis, '--num-cpus', '1')
    onTestFinished(() => worker.kill())
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 15_001 })
    onTestFinished(() => void vi.useRealTimers())
    expect(await results).toEqual([4, 9, 16, 25])
  })
})
