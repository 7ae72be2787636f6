// What a call has in Redis: its frame, and large arguments beside it, which live and go together.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dropCall, renewCall } from '../../executor/redis/call-keys.ts'
import type { Link } from '../../executor/redis/link.ts'
import { storeOutside } from '../../executor/redis/values.ts'
import { encodeCalls } from '../../executor/redis/wire.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

describe("a call's keys", () => {
  let server: TestRedis
  let link: Link
  beforeAll(async () => {
    server = await startRedis()
    const settings = {
      address: server.address,
      namespace: server.namespace,
      seal: { sign: Buffer.alloc(32, 7) },
    }
    link = await openLink('node', settings)
  })
  afterAll(async () => {
    await link.close()
    await server.stop()
  })
  const store = async (id: string, size: number, life: number) => {
    const { redis, keys } = link
    const bundle = new Uint8Array(size)
    const spec = { id, args: { bundle }, deps: [], options: { numReturns: 1 }, name: 'call' }
    const encoded = encodeCalls([{ kind: 'actor', spec: spec as never, owner: 'driver' }], keys)
    await storeOutside(redis, encoded, life)
    await redis.set(keys.call(id), encoded.frame, 'PX', life)
    return [keys.call(id), ...encoded.outside.map(({ key }) => key)]
  }

  it.each([
    ['small', 100, 1],
    ['large', 5_000_000, 4],
  ])('of %s arguments live on together, and go together', async (name, size, count) => {
    const names = await store(`t-${name}`, size, 60_000)
    expect(names.length).toBe(count)
    await renewCall(link, `t-${name}`)
    for (const key of names) expect(await link.redis.pttl(key)).toBeGreaterThan(3_600_000)
    await dropCall(link, `t-${name}`)
    expect(await link.redis.exists(...names)).toBe(0)
  })

  it('are looked for in vain where there is none, or something else', async () => {
    await renewCall(link, 't-none')
    await link.redis.set(link.keys.call('t-odd'), 'no frame')
    await dropCall(link, 't-odd')
    expect(await link.redis.exists(link.keys.call('t-odd'))).toBe(0)
  })
})
