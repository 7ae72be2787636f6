// Who waits for an object that nobody makes any more, and that is nowhere, is told: else it would wait for ever.
import { get, getActor, kill, remote } from 'cornichon/executor'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Link } from '../../executor/redis/link.ts'
import { Makers } from '../../executor/redis/makers.ts'
import { RedisObjects } from '../../executor/redis/objects.ts'
import { startDriver } from '../support/driver.ts'
import { failureOf, testFleet } from '../support/fleet.ts'
import { openLink } from '../support/link.ts'

const fleet = testFleet('--num-cpus', '2')

class Keeper {
  got: unknown = null
  async take({ ref }: { ref: unknown }): Promise<void> {
    this.got = await get(ref as never).catch((error: Error) => `${error.name}: ${error.message}`)
  }
  what(): unknown {
    return this.got
  }
}

describe('what a detached actor waits for, of a driver', () => {
  /** That has given it a call which waits for another. */
  const giveHeld = `
    const never = remote(() => new Promise(() => {}), { numCpus: 0 })
    const keeper = await getActor('keeper')
    const ref = remote((x) => x).remote(never.remote())
    keeper.take.remote({ ref })
    await get(keeper.what.remote())
    console.log(ref.id)`
  beforeEach(async () => {
    await fleet.start()
    const options = { name: 'keeper', lifetime: 'detached', maxConcurrency: 2 } as const
    const keeper = remote(Keeper, options).remote()
    await get(keeper.what.remote())
  })
  afterEach(async () => kill(await getActor('keeper')))
  const got = async () => get((await getActor<Keeper>('keeper')).what.remote())

  it('that ends is lost, and the actor is told', async () => {
    const driver = startDriver(fleet.redis, `${giveHeld}\nawait shutdown()`)
    await driver.ended
    await expect
      .poll(got)
      .toMatch(/^ObjectLostError: task .* was given up: the driver that made it has ended/)
  })

  it('that is killed, too', async () => {
    const driver = startDriver(fleet.redis, giveHeld)
    const id = await driver.line()
    const { connection, key } = fleet
    const maker = await connection.get(key(`maker:${id}`))
    expect(maker).toMatch(/^driver-/)
    driver.child.kill('SIGKILL')
    await driver.ended
    // As if its time was over.
    await connection.del(key(`lease:${maker}`))
    await expect
      .poll(got, { timeout: 20_000 })
      .toMatch(/^ObjectLostError: .* will not be made: the driver has ended/)
  }, 30_000)
})

it('an object whose ref is in an error that a task threw has a maker, too', async () => {
  await fleet.start()
  const slow = remote(() => new Promise(() => {}), { numCpus: 0 })
  const throws = remote(() => {
    throw Object.assign(new Error('late'), { ref: slow.remote() })
  })
  const { ref } = (await failureOf(throws.remote())) as Error & { ref: { id: string } }
  expect(await fleet.connection.get(fleet.key(`maker:${ref.id}`))).toMatch(/^node-/)
})

describe('an object that is waited for', () => {
  let link: Link
  let makers: Makers
  beforeEach(async () => {
    link = await openLink('driver', { address: fleet.redis.address, namespace: 'makers' })
    makers = new Makers(link)
    vi.spyOn(link, 'isJustBack', 'get').mockReturnValue(false)
  })
  afterEach(() => link.close())
  /** At each beat. */
  const look = async (times: number) => {
    for (let i = 1; i < times; i++) expect(await makers.lost(['one.0'])).toEqual(new Map())
    return (await makers.lost(['one.0'])).get('one.0')
  }

  it('is lost if it is nowhere, and nobody makes it, each time that one looks', async () => {
    expect(await look(3)).toMatch(/one\.0 is not in Redis, and nobody makes it/)
  })

  it('is lost if its maker is dead', async () => {
    await link.redis.set(link.keys.maker('one.0'), 'driver-dead')
    expect(await look(2)).toMatch(/will not be made: the driver has ended/)
    await link.redis.del(link.keys.maker('one.0'))
  })

  it.each([
    ['somebody makes it', () => makers.say('one.0')],
    ['its call waits that was submitted', () => link.redis.set(link.keys.call('one'), 'frame')],
    ['it is there', () => link.redis.set(link.keys.object('one.0'), 'frame')],
  ])('is not if %s', async (_, make) => {
    await make()
    expect(await look(4)).toBeUndefined()
    await link.redis.del(link.keys.call('one'), link.keys.object('one.0'), ...makers.made('one.0'))
    await expect.poll(() => look(1)).toMatch(/nobody makes it/)
  })

  it('is not while Redis has just come back, and others have not', async () => {
    expect(await look(2)).toBeUndefined()
    vi.spyOn(link, 'isJustBack', 'get').mockReturnValue(true)
    expect(await look(3)).toBeUndefined()
  })

  it('lives on while somebody has a ref of it, who has not asked for it', async () => {
    const objects = new RedisObjects(link)
    objects.hold('one.0')
    const { redis, keys } = link
    await redis.set(
      keys.object('one.0'),
      '\x01\x29\0\0\0{"ok":true,"value":{"none":1},"sizes":[]}',
      'PX',
      60_000,
    )
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 1_800_000)
    await expect.poll(() => redis.pttl(keys.object('one.0')), { timeout: 10_000 }).toBeGreaterThan(60_000)
    clock.mockRestore()
  }, 20_000)
})
