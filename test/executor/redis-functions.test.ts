// Functions in Redis: each is there as long as some process uses it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Exported } from '../../executor/executor.ts'
import { FleetFunctions } from '../../executor/redis/functions.ts'
import type { Link } from '../../executor/redis/link.ts'
import { RedisObjects } from '../../executor/redis/objects.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describe('a function in Redis', () => {
  let one: { link: Link; functions: FleetFunctions }
  let other: typeof one
  const join = async (kind: 'driver' | 'node', namespace: string) => {
    const link = await openLink(kind, { address: redis.address, namespace })
    return { link, functions: new FleetFunctions(link, new RedisObjects(link)) }
  }
  let count = 0
  beforeEach(async () => {
    const namespace = `${redis.namespace}-${++count}`
    one = await join('driver', namespace)
    other = await join('node', namespace)
  })
  afterEach(async () => {
    await one.link.close()
    await other.link.close()
  })
  const fn = (size: number): Exported => ({
    hash: `hash${size}`,
    name: 'greet',
    value: { bundle: new Uint8Array(size) },
  })
  const stored = async ({ redis, keys }: Link) => {
    const found = await Promise.all(['fn', 'part'].map((kind) => redis.keys(`${keys.prefix}:${kind}:*`)))
    return found.flat().map((key) => key.slice(keys.prefix.length + 1).split(':')[0])
  }

  it.each([
    ['small', 100, ['fn']],
    ['large', 5_000_000, ['fn', 'part', 'part', 'part']],
  ])('%s: goes with the last that uses it', async (_, size, keys) => {
    one.functions.add(fn(size))
    await one.link.redis.ping()
    other.functions.add(fn(size))
    await other.link.redis.ping()
    expect(await stored(one.link)).toEqual(keys)
    await one.functions.clear()
    expect(await stored(one.link)).toEqual(keys)
    await other.functions.clear()
    expect(await stored(one.link)).toEqual([])
  })

  it('of a task goes when its driver goes, and is there again for the next driver', async () => {
    const { link, functions } = other
    functions.add(fn(10))
    functions.use(['hash10'], 'driver-a')
    functions.use(['hash10'], 'driver-b')
    expect(functions.drivers()).toEqual(new Set(['driver-a', 'driver-b']))
    functions.forgetDriver('driver-a')
    await link.redis.ping()
    expect(await stored(link)).toEqual(['fn'])
    functions.forgetDriver('driver-b')
    await link.redis.ping()
    expect(await stored(link)).toEqual([])
    functions.use(['hash10'], 'driver-c')
    await link.redis.ping()
    expect(await stored(link)).toEqual(['fn'])
    await functions.clear()
    expect(await stored(link)).toEqual([])
  })

  it('of an actor that outlives its driver stays, with a time, until that is over', async () => {
    const { redis, keys } = one.link
    one.functions.add(fn(10))
    one.functions.give('hash10', 'an actor')
    await redis.ping()
    other.functions.keep('hash10', 'a-1')
    other.functions.keep('hash10', 'a-2')
    await other.link.redis.ping()
    await one.functions.clear()
    expect(await redis.hkeys(keys.function('hash10'))).toEqual(['name', 'frame', `by:${other.link.id}`])
    other.functions.keepNoMore('hash10', 'a-1')
    await other.link.redis.ping()
    expect(await stored(one.link)).toEqual(['fn'])
    other.functions.keepNoMore('hash10', 'a-2')
    await other.link.redis.ping()
    expect(await stored(one.link)).toEqual([])
  })

  it('of an actor that moves to another process stays for that', async () => {
    one.functions.add(fn(10))
    await one.link.redis.ping()
    other.functions.keep('hash10', 'a-1')
    await other.link.redis.ping()
    one.functions.give('hash10', 'an actor')
    await one.functions.clear()
    await other.functions.clear()
    await other.link.redis.ping()
    expect(await stored(one.link)).toEqual(['fn'])
    expect(await one.link.redis.pttl(one.link.keys.function('hash10'))).toBeGreaterThan(0)
  })

  it('that is used by nobody is not made up by who wants to keep it', async () => {
    other.functions.keep('missing', 'a-1')
    await other.link.redis.ping()
    expect(await stored(other.link)).toEqual([])
  })
})
