// Large values over Redis: how they are read, and what becomes of those that are made twice.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { markAsUntransferable } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome } from '../../executor/executor.ts'
import { LargeReader } from '../../executor/redis/get-large.ts'
import type { Link } from '../../executor/redis/link.ts'
import { freeAll } from '../../executor/redis/node/spent.ts'
import { watchUploads } from '../../executor/redis/uploads.ts'
import { decodeOutcome, encodeOutcome, storeOutside } from '../../executor/redis/values.ts'
import { placeAlone } from '../../executor/redis/wire.ts'
import { startBetween } from '../support/between.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const open = () => openLink('driver', { address: redis.address, namespace: redis.namespace })

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

it('a connection for large values that says what nobody asked for is given up, with all that it still says', async () => {
  const key = `${redis.namespace}:given-up`
  await redis.connect().set(key, Buffer.alloc(200_000, 7))
  let isOdd = false
  let sent = 0
  // Also when the client has said its last word.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(redis.address.replace(/^unix:/, '')).on('error', () => {})
    near.on('error', () => {}).pipe(far, { end: false })
    far.on('data', (bytes: Buffer) => {
      near.write(isOdd ? ':1\r\n' : bytes)
      if (!isOdd) return
      isOdd = false
      setTimeout(() => {
        near.end(Buffer.concat([Buffer.from('$3\r\nabc\r\n'), bytes]), () => sent++)
        far.destroy()
      }, 50)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reader = new LargeReader({ host: '127.0.0.1', port, lazyConnect: true })
  expect((await reader.get(key))?.length).toBe(200_000)
  isOdd = true
  expect(await Promise.all([reader.get(key), reader.get(key)])).toEqual([null, null])
  await expect.poll(() => sent).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  // Nor is it asked again at once.
  expect(await reader.get(key)).toBe(null)
  reader.close()
  server.close()
})

describe('a connection for large values that is held up for good', () => {
  it('has nothing for who waits, also if it was idle before', async () => {
    const between = await startBetween(redis)
    const reader = new LargeReader({ host: '127.0.0.1', port: between.port, lazyConnect: true }, 200)
    expect(await reader.get('none')).toBe(null)
    await new Promise((resolve) => setTimeout(resolve, 600))
    between.hold('all')
    expect(await reader.get('none')).toBe(null)
    reader.close()
  })

  it('has nothing if it is so from the beginning', async () => {
    const between = await startBetween(redis)
    between.hold('all')
    const reader = new LargeReader({ host: '127.0.0.1', port: between.port, lazyConnect: true }, 200)
    expect(await reader.get('none')).toBe(null)
    reader.close()
  })
})

describe('a result that is made twice', () => {
  const big = (fill: number, size: number): Outcome => ({
    ok: true,
    value: { bundle: new Uint8Array(100).fill(fill), buffers: [new Uint8Array(size).fill(fill).buffer] },
  })
  it.each([
    ['in the frame', 1000, 1],
    ['in a key of its own', 50_000, 2],
    ['in several', 5_000_000, 4],
  ])('%s: the first one stays whole, and nothing of the second is left', async (_, size, keys) => {
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
      expect(before.length).toBe(keys)
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
      expect(new Uint8Array(buffer as ArrayBuffer).every((byte) => byte === 1)).toBe(true)
    } finally {
      await first.close()
      await second.close()
    }
  })
})

describe('a result', () => {
  it('above 16 KiB has its bytes in keys beside its frame, which are read to where they are to be; so has no other value up to 100 KiB', async () => {
    const link = await open()
    try {
      const bytes = new Uint8Array(50_000).fill(7)
      const outcome: Outcome = { ok: true, value: { bundle: new Uint8Array(10), buffers: [bytes.buffer] } }
      const call = 't-beside'
      await link.settler.settled({ call, place: placeAlone(call), owner: link.id, outcomes: [outcome] })
      const id = `${call}.0`
      const frame = await link.redis.getBuffer(link.keys.object(id))
      expect(frame!.length).toBeLessThan(1000)
      // Each reader has memory of its own.
      const read = [await decodeOutcome(frame!, id, link), await decodeOutcome(frame!, id, link)].map(
        (each) => (each.ok && 'buffers' in each.value ? (each.value.buffers![0] as ArrayBuffer) : null),
      )
      for (const buffer of read) expect(Buffer.from(buffer!).equals(bytes)).toBe(true)
      expect(read[0]).not.toBe(read[1])
      expect(encodeOutcome(outcome, id, link.keys).outside).toEqual([])
    } finally {
      await link.close()
    }
  })

  it('whose frame alone is above 16 KiB goes by a key that gets its name; of a second one nothing is left', async () => {
    const [first, second] = [await open(), await open()]
    try {
      const call = 't-wordy'
      const failed = (letter: string): Outcome => ({
        ok: false,
        failure: { kind: 'error', message: letter.repeat(50_000) },
      })
      const settle = (link: Link, outcome: Outcome) =>
        link.settler.settled({ call, place: placeAlone(call), owner: first.id, outcomes: [outcome] })
      await settle(first, failed('a'))
      await settle(second, failed('b'))
      const names = (await first.redis.keys(`${first.keys.prefix}:*`)).filter((key) => key.includes(call))
      expect(names).toEqual([first.keys.object(`${call}.0`)])
      const frame = await first.redis.getBuffer(names[0]!)
      expect(await decodeOutcome(frame!, `${call}.0`, first)).toEqual(failed('a'))
    } finally {
      await first.close()
      await second.close()
    }
  })

  it('that is stored has its memory in a worker process freed at once, if it may leave', () => {
    const buffers = [new ArrayBuffer(100_000), new ArrayBuffer(100), new SharedArrayBuffer(100_000)]
    const kept = new ArrayBuffer(100_000)
    markAsUntransferable(kept)
    freeAll([
      { ok: true, value: { bundle: new Uint8Array(1), buffers } },
      { ok: true, value: { bundle: new Uint8Array(1), buffers: [kept] } },
      { ok: true, value: { plain: 1 } },
      { ok: false, failure: { kind: 'error', message: 'no' } },
    ])
    expect([...buffers, kept].map(({ byteLength }) => byteLength)).toEqual([0, 100, 100_000, 100_000])
  })
})

describe('shared memory', () => {
  it('goes as a copy, which is told once a process', async () => {
    const link = await open()
    const told: string[] = []
    const listen = (warning: Error) => warning.name === 'SharedMemoryWarning' && told.push(warning.message)
    process.on('warning', listen)
    try {
      const shared = new SharedArrayBuffer(10)
      const outcome: Outcome = { ok: true, value: { bundle: new Uint8Array(1), buffers: [shared] } }
      const frames = [
        encodeOutcome(outcome, 'a', link.keys).open,
        encodeOutcome(outcome, 'b', link.keys).open,
      ]
      const read = await decodeOutcome(frames[0]!, 'a', link)
      if (!read.ok || !('buffers' in read.value)) throw new Error('no value')
      const [copy] = read.value.buffers!
      expect(copy).toBeInstanceOf(SharedArrayBuffer)
      new Uint8Array(copy as SharedArrayBuffer)[0] = 1
      expect(new Uint8Array(shared)[0]).toBe(0)
      await new Promise((resolve) => setImmediate(resolve))
      expect(told).toEqual([expect.stringMatching(/a SharedArrayBuffer went over Redis as a copy/)])
    } finally {
      process.off('warning', listen)
      await link.close()
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
