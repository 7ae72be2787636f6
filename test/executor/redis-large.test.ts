// Large values over Redis: how they are read, and what becomes of those that are made twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from '../../executor/executor.ts'
import { LargeReader } from '../../executor/redis/get-large.ts'
import { Link } from '../../executor/redis/link.ts'
import { watchUploads } from '../../executor/redis/uploads.ts'
import { decodeOutcome, storeOutside } from '../../executor/redis/values.ts'
import { placeAlone } from '../../executor/redis/wire.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describe('a connection for large values', () => {
  const options = () => ({ ...redis.connect().options, lazyConnect: true })
  const bytes = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8)))

  it('reads values of all sizes, many at once, each to its place', async () => {
    const client = redis.connect()
    const reader = new LargeReader(options())
    const sizes = [0, 1, 2, 65_530, 65_536, 131_072, 3_000_000, 5_000_000, 17]
    const key = (i: number) => `${redis.namespace}:large:${i}`
    for (const [i, size] of sizes.entries()) await client.set(key(i), bytes(size))
    const all = await Promise.all(sizes.map((_, i) => reader.get(key(i))))
    for (const [i, size] of sizes.entries()) expect(all[i]!.equals(bytes(size))).toBe(true)
    const whole = Buffer.alloc(8_000_000)
    await Promise.all([reader.get(key(6), whole.subarray(0, 3e6)), reader.get(key(7), whole.subarray(3e6))])
    expect(whole.equals(Buffer.concat([bytes(3e6), bytes(5e6)]))).toBe(true)
    reader.close()
    expect(await reader.get(key(0))).toBe(null)
    await client.unlink(...sizes.map((_, i) => key(i)))
  })

  it('has nothing for keys that are missing, of another kind, of another length; the next value is right', async () => {
    const client = redis.connect()
    const reader = new LargeReader(options())
    const key = (name: string) => `${redis.namespace}:odd:${name}`
    await client.set(key('a'), bytes(200_000))
    await client.sadd(key('set'), 'x')
    const answers = await Promise.all([
      reader.get(key('missing')),
      reader.get(key('set')),
      reader.get(key('a'), Buffer.alloc(100)),
      reader.get(key('a'), Buffer.alloc(300_000)),
      reader.get(key('a')),
    ])
    expect(answers.map((each) => each?.length ?? null)).toEqual([null, null, null, null, 200_000])
    expect(answers[4]!.equals(bytes(200_000))).toBe(true)
    reader.close()
    await client.unlink(key('a'), key('set'))
  })

  it('that is cut has nothing for who waits, and is made anew', async () => {
    const client = redis.connect()
    const reader = new LargeReader({ ...options(), connectionName: 'large-reader' })
    const key = `${redis.namespace}:cut`
    await client.set(key, bytes(4_000_000))
    expect((await reader.get(key))?.length).toBe(4_000_000)
    const waiting = Array.from({ length: 20 }, () => reader.get(key))
    const line = String(await client.client('LIST'))
      .split('\n')
      .find((each) => each.includes(' name=large-reader '))
    await client.client('KILL', 'ID', /id=(\d+)/.exec(line!)![1]!)
    for (const value of await Promise.all(waiting)) expect([null, 4_000_000]).toContain(value?.length ?? null)
    expect((await reader.get(key))?.equals(bytes(4_000_000))).toBe(true)
    reader.close()
    await client.unlink(key)
  })
})

describe('a result that is made twice', () => {
  const big = (fill: number, size: number): Outcome => ({
    ok: true,
    value: { bundle: new Uint8Array(100).fill(fill), buffers: [new Uint8Array(size).fill(fill).buffer] },
  })
  const open = () =>
    Link.open(
      'driver',
      { address: redis.address, namespace: redis.namespace },
      () => '{}',
      async () => {},
      false,
    )

  it.each([
    ['in the frame', 1000],
    ['beside the inbox', 50_000],
    ['in keys of its own', 5_000_000],
  ])('%s: the first one stays whole, and nothing of the second is left', async (_, size) => {
    const [first, second] = [await open(), await open()]
    try {
      const call = `t-${size}`
      await first.settler.settled({
        call,
        place: placeAlone(call),
        owner: first.id,
        outcomes: [big(1, size)],
      })
      const keysOf = async () =>
        (await first.redis.keys(`${first.keys.prefix}:*`)).filter((key) => key.includes(call)).sort()
      const before = await keysOf()
      expect(before.length).toBe(size > 1e6 ? 4 : 1)
      await second.settler.settled({
        call,
        place: placeAlone(call),
        owner: first.id,
        outcomes: [big(2, size - 5)],
      })
      expect(await keysOf()).toEqual(before)
      const frame = await first.redis.getBuffer(first.keys.object(`${call}.0`))
      const outcome = await decodeOutcome(frame!, `${call}.0`, second)
      if (!outcome.ok || !('buffers' in outcome.value)) throw new Error('no value')
      const [buffer] = outcome.value.buffers!
      expect(buffer!.byteLength).toBe(size)
      expect(new Uint8Array(buffer!).every((byte) => byte === 1)).toBe(true)
    } finally {
      await first.close()
      await second.close()
    }
  })
})

describe('values on their way', () => {
  it('are one upload as long as some are under way, and say how far it is', async () => {
    const client = redis.connect()
    const told: [number, number][] = []
    watchUploads(client, ({ done, total }) => void told.push([done, total]))
    const outside = Array.from({ length: 4 }, (_, i) => ({
      key: `${redis.namespace}:up:${i}`,
      bytes: Buffer.alloc(100_000 * (i + 1), i),
    }))
    const encoded = { outside } as never
    await Promise.all([storeOutside(client, encoded, 60_000), storeOutside(client, encoded, 60_000)])
    expect(told[0]).toEqual([0, 100_000])
    expect(told.slice(1).map(([, total]) => total)).toEqual(Array(8).fill(2_000_000))
    const done = told.map(([each]) => each)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(2_000_000)
    told.length = 0
    await storeOutside(client, { outside: outside.slice(0, 1) } as never, 60_000)
    expect(told).toEqual([
      [0, 100_000],
      [100_000, 100_000],
    ])
    for (const { key, bytes } of outside) expect((await client.getBuffer(key))?.equals(bytes)).toBe(true)
    await client.unlink(...outside.map(({ key }) => key))
  })
})
