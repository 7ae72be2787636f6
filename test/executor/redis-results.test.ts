// Results that a process gets more than once: what it has read is not asked of Redis again, and nobody shares it.
import { free, get, init, ObjectLostError, type ObjectRef, remote, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorker, type TestWorker } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let worker: TestWorker
let connection: Redis
beforeAll(async () => {
  redis = await startRedis()
  connection = redis.connect()
  worker = await startWorker(redis, '--num-cpus', '2')
  await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
})
afterAll(async () => {
  await shutdown()
  await worker.stop()
  await redis.stop()
})

const bytes = remote((size: number) => new Uint8Array(size).fill(7))
const text = remote((size: number) => ({ text: 'x'.repeat(size) }))

/** What large values are read with; others are now and then. */
async function reads(): Promise<number> {
  const stats = await connection.info('commandstats')
  return Number(/cmdstat_get:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

async function readsOf(work: () => Promise<unknown>): Promise<number> {
  const before = await reads()
  await work()
  return (await reads()) - before
}

it.each([17_000, 50_000, 100_000])('of %i bytes are not read each time', async (size) => {
  for (const ref of [bytes.remote(size), text.remote(size)] as ObjectRef<any>[]) {
    const first = await get(ref)
    await expect.poll(() => readsOf(() => get(ref))).toBe(0)
    expect(await get(ref)).toEqual(first)
  }
  const ref = bytes.remote(size)
  const [one, other] = await Promise.all([get(ref), get(ref)])
  one.fill(1)
  other.fill(2)
  expect((await get(ref)).every((byte) => byte === 7)).toBe(true)
  expect(one.every((byte) => byte === 1)).toBe(true)
})

it('are not copied for who asks for them once: those with buffers are read twice, then kept', async () => {
  const ref = bytes.remote(50_000)
  await get(ref)
  expect(await readsOf(() => get(ref))).toBeGreaterThan(0)
  await expect.poll(() => readsOf(() => get(ref))).toBe(0)
})

it('of more are read each time, and so are those that shared memory', async () => {
  const large = bytes.remote(300_000)
  await get(large)
  expect(await readsOf(() => get(large))).toBeGreaterThan(0)
  const shared = remote(() => new Uint8Array(new SharedArrayBuffer(50_000))).remote()
  const [one, other] = await Promise.all([get(shared), get(shared)])
  one[0] = 1
  expect(other[0]).toBe(0)
  expect((await get(shared))[0]).toBe(0)
})

it('are kept in no more than 64 MiB', async () => {
  const refs = Array.from({ length: 1200 }, () => bytes.remote(90_000))
  for (const ref of refs) await get(ref)
  const again = await readsOf(async () => {
    for (const ref of refs) await get(ref)
  })
  expect(again).toBeGreaterThan(100)
  await expect.poll(() => readsOf(() => get(refs.at(-1)!))).toBe(0)
}, 60_000)

it('that come at once are each their own, more than the memory of threads has room for', async () => {
  const make = remote((size: number, seed: number) => [
    new Uint8Array(size).fill(seed),
    new Uint16Array(size).fill(seed),
  ])
  const sizes = [5_000, 20_000, 100_000, 400_000, 1_000_000]
  const lane = async (first: number) => {
    for (let seed = first; seed < 200; seed += 40) {
      const size = sizes[seed % sizes.length]!
      const [bytes, words] = await get(make.remote(size, seed))
      expect([bytes!.length, words!.length]).toEqual([size, size])
      expect(bytes!.every((byte) => byte === seed) && words!.every((word) => word === seed)).toBe(true)
    }
  }
  await Promise.all(Array.from({ length: 40 }, (_, first) => lane(first)))
}, 60_000)

it('are gone when they are freed', async () => {
  const ref = bytes.remote(50_000)
  await get(ref)
  free(ref)
  await expect(get(ref)).rejects.toBeInstanceOf(ObjectLostError)
})
