// A job of a batch, as the process has it that took it: what is known of its calls, and what goes back.
import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Link } from '../../executor/redis/link.ts'
import { type Opened, openTaken, Range } from '../../executor/redis/node/range.ts'
import { splitOff } from '../../executor/redis/node/split.ts'
import { requeueOrphans } from '../../executor/redis/orphans.ts'
import { jobOptions } from '../../executor/redis/queues.ts'
import { openLink } from '../support/link.ts'
import { contentsOf } from '../support/queue-contents.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

const QUEUE = 'CPU=1'
const numbers = (length: number) => Array.from({ length }, (_, i) => i)

/** As it was taken with a token, but for `job`. */
function rangeOf(link: Link, token: string, job: Omit<Opened, 'frame'>): Range {
  const source = { title: 'note', priority: 0, stalls: 0, isSuspect: false, bull: null as never }
  return new Range(source, token, job, link, QUEUE)
}

/** Of a fleet of its own. */
async function openRange(namespace: string, size: number) {
  const link = await openLink('node', { address: server.address, namespace })
  onTestFinished(() => link.close())
  const { redis, keys } = link
  const [frame, state] = [keys.call('t-1'), keys.batch('t-1')]
  await redis.set(frame, 'a frame')
  const job = { isLast: true, job: 't-1', batch: 't-1', at: 0, to: size, size, state: new Map() }
  const range = rangeOf(link, 'token', job)
  range.left = size
  const prefix = `${keys.prefix}:${QUEUE}:`
  return { link, redis, range, frame, state, prefix, lock: `${prefix}t-1:lock` }
}

describe('what begins', () => {
  it('is known to Redis before, where it may not run again; nothing begins that may be begun by another', async () => {
    const { redis, range, state, lock } = await openRange('once', 40)
    await redis.set(lock, 'token')
    expect(await range.begin(0, true)).toBe(true)
    expect(await redis.hgetall(state)).toEqual({ 'st-1': '1' })
    // Where they are fast, several are told at once.
    for (let index = 1, told = 1; index < 40; index++) {
      const begins = range.begin(index, true)
      if (index < told) expect(begins).toBe(null)
      else {
        expect(await begins).toBe(true)
        const known = Number(await redis.hget(state, 'st-1'))
        expect(known).toBeGreaterThan(index)
        expect(known).toBeLessThanOrEqual(Math.min(index + 8, 40))
        told = known
      }
    }
    for (const other of ['another', null]) {
      const { redis, range, state, lock } = await openRange(`once-${other}`, 2)
      if (other !== null) await redis.set(lock, other)
      expect(await range.begin(0, true)).toBe(false)
      expect(await redis.exists(state)).toBe(0)
    }
  })

  it('leaves nothing of its batch, when it is noted too late', async () => {
    const { redis, range, frame, state } = await openRange('late', 2)
    range.begin(0, false)
    await expect.poll(() => redis.hgetall(state)).toEqual({ 'st-1': '1' })
    expect(await redis.pttl(state)).toBeGreaterThan(0)
    // The results of both are stored; the second one begins, as far as this process knows.
    await redis.unlink(frame, state)
    range.begin(1, false)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await redis.exists(state)).toBe(0)
  })
})

describe('what goes back', () => {
  /** What the next process finds that takes a job. */
  async function indicesOf(link: Link, job: string): Promise<readonly number[]> {
    const { redis, keys } = link
    const prefix = `${keys.prefix}:${QUEUE}:`
    await redis.lrem(`${prefix}wait`, 1, job)
    await redis.lpush(`${prefix}active`, job)
    await redis.set(`${prefix}${job}:lock`, 'next')
    const opened = (await openTaken(link, QUEUE, 'next'))!
    await redis.lrem(`${prefix}active`, 1, job)
    const wires = numbers(opened.size).map(() => null as never)
    return rangeOf(link, 'next', opened).calls(wires, (_, { index }) => index)
  }

  it('is in one job, also after a crash', async () => {
    const { link, redis, range, prefix, lock } = await openRange('split', 64)
    await redis.set(lock, 'token')
    await redis.hset(`${prefix}t-1`, 'data', '{"to":64,"size":64}', 'opts', '{}')
    // Those behind the fifth go back while those behind the tenth are on their way.
    await Promise.all([range.giveBackFrom(10), range.giveBackFrom(5), range.giveBack(2, 4)])
    expect(range.isGivenBack).toBe(false)
    // The last one before all that wait: so they are in their order again.
    const [tail, middle, among = ''] = await redis.lrange(`${prefix}wait`, 0, -1)
    expect([tail, middle]).toEqual(['t-1~10~64', 't-1~5~10'])
    expect(among).toMatch(/^t-1~2~[0-9a-f]{12}$/)
    expect(await indicesOf(link, 't-1')).toEqual([0, 1, 4])
    expect(await indicesOf(link, among)).toEqual([2, 3])
    expect(await indicesOf(link, middle!)).toEqual([5, 6, 7, 8, 9])
    expect(await indicesOf(link, tail!)).toEqual(numbers(64).slice(10))
  })

  it('and what stays are all that there is: none is an orphan, and all are without either', async () => {
    const { link, redis, range, prefix, lock } = await openRange('orphans', 8)
    const requeue = () => requeueOrphans(link, QUEUE, null, [{ id: 't-1', size: 8, name: 'note' }])
    await redis.set(lock, 'token')
    await redis.hset(`${prefix}t-1`, 'data', '{"to":8,"size":8}', 'opts', '{}')
    await redis.lpush(`${prefix}active`, 't-1')
    await range.giveBackFrom(6)
    await range.giveBack(2, 4)
    expect(await requeue()).toBe(0)
    await redis.del(`${prefix}active`)
    expect(await requeue()).toBe(2)
    await redis.del(`${prefix}wait`)
    expect(await requeue()).toBe(1)
  })

  it('has no job of its own where another process has theirs', async () => {
    for (const other of ['another', null]) {
      const { redis, range, state, prefix, lock } = await openRange(`lost-${other}`, 8)
      if (other !== null) await redis.set(lock, other)
      await range.giveBackFrom(4)
      expect(range.isGivenBack).toBe(true)
      expect(await redis.keys(`${prefix}*`)).toEqual(other === null ? [] : [lock])
      expect(await redis.exists(state)).toBe(0)
    }
  })

  it.each([0, 7])('leaves what BullMQ leaves (priority %i)', async (priority) => {
    const { link, redis, prefix, lock } = await openRange(`like-${priority}`, 8)
    await redis.set(lock, 'token')
    const rest = { of: 't-1', at: 4, to: 8, size: 8 }
    const split = { job: 't-1', token: 'token', id: 'rest', title: 'note', priority, rest, isTail: true }
    // Also if it is sent again, for the answer was lost.
    for (let i = 0; i < 2; i++) expect(await splitOff(link, QUEUE, split)).toBe(true)
    await redis.unlink(lock)
    const settings = { connection: redis, prefix: link.keys.prefix, skipMetasUpdate: true }
    const queue = new Queue('like', settings)
    const isFirst = priority === 0 && { lifo: true }
    await queue.add('note', rest, { ...jobOptions('rest', priority), ...isFirst })
    await queue.close()
    const expected = await contentsOf(redis, `${link.keys.prefix}:like:`)
    // Only how it came to be the first is not noted.
    delete (expected['rest'] as { opts: { lifo?: boolean } }).opts.lifo
    expect(await contentsOf(redis, prefix)).toEqual(expected)
  })
})
