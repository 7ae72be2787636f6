// A connection that is lost with answers on their way: what Redis has done by then is not done twice, and nothing that it gave
// away is lost.
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { open, redisOptions } from '../../executor/redis/connection.ts'
import { enqueue, HANDED } from '../../executor/redis/enqueue.ts'
import { RedisExecutor } from '../../executor/redis/index.ts'
import type { Link } from '../../executor/redis/link.ts'
import { Doorbell } from '../../executor/redis/node/doorbell.ts'
import { Intake, type IntakeSettings } from '../../executor/redis/node/intake.ts'
import { moveStalled } from '../../executor/redis/node/stalled.ts'
import type { Taken } from '../../executor/redis/node/taken.ts'
import { Taker } from '../../executor/redis/node/taker.ts'
import { takesOf } from '../../executor/redis/node/takes.ts'
import { Watch } from '../../executor/redis/watch.ts'
import type { WireCall } from '../../executor/redis/wire.ts'
import { startBetween } from '../support/between.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const queue = 'CPU=1'
let redis: TestRedis
let look: Redis
let link: Link
let count = 0

beforeAll(async () => {
  redis = await startRedis()
  look = redis.connect()
})
beforeEach(async () => {
  const settings = { address: redis.address, namespace: `${redis.namespace}-${++count}` }
  link = await openLink('node', settings)
  return () => link.close()
})
afterAll(() => redis.stop())

const of = (name: string) => `${link.keys.prefix}:${queue}:${name}`
const add = (id: string, size = 1) =>
  enqueue(link.redis, link.keys, {
    ...{ queue, id, size, title: 'square', priority: 0, frame: Buffer.from('frame') },
    ...{ mayBeHandedOver: false, actor: null },
  })
const socket = () => (link.redis as unknown as { stream: { pause(): void; destroy(): void } }).stream

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** From now on it hears nothing; what it says arrives. */
const deafen = () => socket().pause()
const cut = () => socket().destroy()

describe('a call whose answer is lost on its way into the queue', () => {
  it.each([
    ['its result', () => look.set(link.keys.object('one.0'), 'result')],
    ['what happened in the queue', async () => {}],
  ])('is not put there again when it is over, as %s shows', async (_, end) => {
    await link.redis.ping()
    deafen()
    const adding = add('one')
    await expect.poll(() => look.llen(of('wait'))).toBe(1)
    await end()
    await look.del(of('wait'), of('one'), link.keys.call('one'))
    cut()
    await adding
    expect(await look.exists(of('wait'), of('one'), link.keys.call('one'))).toBe(0)
  })

  it('is put there if Redis has not heard of it', async () => {
    await link.redis.ping()
    deafen()
    const adding = add('one')
    await expect.poll(() => look.llen(of('wait'))).toBe(1)
    await look.flushdb()
    cut()
    await adding
    expect(await look.lrange(of('wait'), 0, -1)).toEqual(['one'])
    expect(await look.get(link.keys.call('one'))).toBe('frame')
  })
})

/** It takes jobs when it is asked. */
function openTaker({ isOwn = false, known = [] as readonly string[] } = {}): Taker {
  const options = {
    connection: link.redis,
    prefix: link.keys.prefix,
    autorun: false,
    drainDelay: 1,
    name: link.id,
  }
  const taker = new Taker(queue, options, null)
  taker.on('error', () => {})
  taker.beginTake = (token) => takesOf(link).begin({ queue, isOwn, known: () => known }, token)
  return taker
}

/** It is this process's, which has not heard of it. */
async function hand(id: string): Promise<void> {
  await add(id)
  await look.lmove(of('wait'), of('active'), 'RIGHT', 'LEFT')
  await look.set(of(`${id}:lock`), `${link.id}${HANDED}`, 'PX', 5000)
}

const taskWire = (id: string) => ({ kind: 'task', spec: { id, name: id } }) as WireCall

/** It has room for all that comes. */
function openIntake(settings: Partial<IntakeSettings>): Intake {
  return new Intake(link, {
    ...{ queue, doorbell: null, recoverAfter: 60_000, patience: null, roomChanged: null, tenure: null },
    ...{ room: (most) => most, place: ({ length }) => length, keep: ({ length }) => length },
    ...{
      isBrief: () => false,
      isLastTry: () => false,
      start() {},
      gone() {},
      lost() {},
      refuse: async () => {},
    },
    read: async (_, id) => [taskWire(id)],
    ...settings,
  })
}

describe('a job that is lost on its way out of the queue', () => {
  it('of an actor is the next that is taken, also if its lock was over before Redis was back', async () => {
    for (const id of ['one', 'two', 'three']) await add(id)
    const taker = openTaker({ isOwn: true, known: ['one'] })
    expect((await taker.getNextJob('a'))?.id).toBe('one')
    deafen()
    const taking = taker.getNextJob('b')
    await expect.poll(() => look.llen(of('active'))).toBe(2)
    await look.del(of('one:lock'), of('two:lock'))
    cut()
    expect((await taking)?.id).toBe('two')
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['two', 'one'])
    expect(await look.lrange(of('wait'), 0, -1)).toEqual(['three'])
    await taker.close(true)
  })

  it("of tasks is no dead process's where its lock was over before Redis was back; what another has stays", async () => {
    for (const id of ['one', 'two', 'three']) await add(id)
    const taker = openTaker({ known: ['one'] })
    await taker.getNextJob('a')
    deafen()
    const taking = taker.getNextJob('b')
    await expect.poll(() => look.llen(of('active'))).toBe(2)
    await look.lmove(of('wait'), of('active'), 'RIGHT', 'LEFT')
    await look.hset(of('three'), 'pb', 'another')
    await look.del(of('one:lock'), of('two:lock'))
    cut()
    expect((await taking)?.id).toBe('two')
    expect((await look.lrange(of('active'), 0, -1)).sort()).toEqual(['one', 'three', 'two'])
    expect(await look.lrange(of('wait'), 0, -1)).toEqual([])
    await taker.close(true)
  })

  it.each([
    ['an actor', new Doorbell()],
    ['tasks', null],
  ])(
    'of %s is taken again, where its lock was over before it was known what it is for',
    async (_, doorbell) => {
      const opens = link.redis.cornichonOpenBuffer.bind(link.redis)
      let times = 0
      link.redis.cornichonOpenBuffer = async (...words) => {
        if (++times <= 2) {
          await expect.poll(() => look.llen(of('active'))).toBe(1)
          await look.del(of('one:lock'))
        }
        return opens(...words)
      }
      const started: Taken[] = []
      const intake = openIntake({ doorbell, start: (call) => void started.push(call) })
      try {
        await add('one')
        doorbell?.ring(queue)
        await expect.poll(() => started.map(({ id, crashes }) => [id, crashes])).toEqual([['one', 0]])
        await started[0]!.complete()
      } finally {
        await intake.close()
      }
    },
  )

  it('where it was handed over waits again before the next one is handed over', async () => {
    for (const id of ['here', 'lost']) await hand(id)
    await takesOf(link).putBackHanded({ queue, isOwn: false, known: () => ['here'] })
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['here'])
    expect(await look.lrange(of('wait'), 0, -1)).toEqual(['lost'])
    expect(await look.exists(of('lost:lock'))).toBe(0)
    expect(await look.hexists(of('lost'), 'stc')).toBe(0)
  })

  it('is the next that is taken, before those behind it', async () => {
    for (const id of ['one', 'two', 'three']) await add(id)
    const taker = openTaker()
    expect((await taker.getNextJob('a'))?.id).toBe('one')
    deafen()
    const taking = taker.getNextJob('b')
    await expect.poll(() => look.llen(of('active'))).toBe(2)
    cut()
    expect((await taking)?.id).toBe('two')
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['two', 'one'])
    expect(await look.lrange(of('wait'), 0, -1)).toEqual(['three'])
    // With the end of a job that stays what it is.
    const ending = takesOf(link).begin({ queue, isOwn: false, known: () => [] }, 'b', 'two')
    cut()
    await link.redis.ping()
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['two', 'one'])
    ending()
    await taker.close(true)
  })
})

describe('what an intake has that is told to take no more', () => {
  let isHeld = false
  let goOn: () => void
  let hold: () => Promise<void>
  beforeEach(() => {
    isHeld = false
    const going = new Promise<void>((resolve) => {
      goOn = resolve
    })
    hold = () => {
      isHeld = true
      return going
    }
  })

  async function expectBack(intake: Intake): Promise<void> {
    await expect.poll(() => isHeld).toBe(true)
    intake.stop()
    const idle = intake.idle()
    // What waited here goes back meanwhile.
    await pause(50)
    goOn()
    await idle
    await intake.close()
    expect(await look.lrange(of('active'), 0, -1)).toEqual([])
    expect(await look.lrange(of('wait'), 0, -1)).toHaveLength(1)
  }

  it('goes back if it was handed over, and is being read', async () => {
    await hand('one')
    const intake = openIntake({
      read: async (_, id) => {
        await hold()
        return [taskWire(id)]
      },
      start: () => expect.fail('it began'),
    })
    const handed = { id: 'one', queue, size: 1, priority: 0, time: Date.now(), frame: Buffer.from('frame') }
    void intake.handed(handed, false)
    await expectBack(intake)
  })

  it('goes back if Redis is being told that it begins', async () => {
    const notes = link.redis.cornichonNote.bind(link.redis)
    link.redis.cornichonNote = async (...words) => {
      await hold()
      return notes(...words)
    }
    await add('one', 2)
    // A worker process died that had it.
    await look.hset(of('one'), 'stc', '1')
    const intake = openIntake({
      read: async () => ['one.0', 'one.1'].map(taskWire),
      start: () => expect.fail('it began'),
    })
    await expectBack(intake)
  })
})

describe('a taker that waits for jobs over a connection which is lost', () => {
  interface Backend {
    readonly blockingClient: Promise<unknown>
    reconnectBlocking(): Promise<void>
  }
  /** What has to be so before it is closed. */
  type Wait = (backend: Backend, crash: () => Promise<void>) => Promise<void>
  it.each<[string, Wait]>([
    ['before it was there', (_, crash) => crash()],
    [
      'and is being opened again',
      async (backend, crash) => {
        const { mock } = vi.spyOn(backend, 'reconnectBlocking')
        await backend.blockingClient
        await crash()
        await expect.poll(() => mock.calls.length, { timeout: 60_000 }).toBeGreaterThan(0)
      },
    ],
  ])('%s waits no more when it is closed, though Redis stays away', async (_, wait) => {
    const own = await startRedis({ isDurable: true })
    const { address, namespace } = own
    const cutOff = await openLink('node', { address, namespace })
    const { redis: connection, keys } = cutOff
    const options = { connection, prefix: keys.prefix, autorun: false, drainDelay: 2 }
    const taker = new Taker(queue, options, null)
    taker.on('error', () => {})
    taker.mayTake = () => false
    try {
      await taker.nothingLeft()
      const taking = taker.getNextJob('a')
      await wait((taker as unknown as { readonly backend: Backend }).backend, own.crash!)
      await taker.close(true)
      expect(await taking).toBeUndefined()
    } finally {
      await own.restart!()
      await cutOff.close()
      await own.stop()
    }
  })
})

describe('a look for what a dead process had', () => {
  const between = 50
  const lookFor = (most = 0) => moveStalled(link.redis, of(''), between, most)
  const untilNext = () => expect.poll(() => look.exists(of('stalled-check'))).toBe(0)
  const waits = () => look.lrange(of('wait'), 0, -1)
  let taker: Taker
  beforeEach(async () => {
    await add('one')
    taker = openTaker()
    await taker.getNextJob('a')
    await look.del(of('one:lock'))
    return () => taker.close(true)
  })

  it('finds what had no lock at the look before', async () => {
    // The second one at once: soon enough for it to be none.
    await Promise.all([lookFor(), lookFor()])
    expect(await waits()).toEqual([])
    await untilNext()
    await lookFor()
    expect(await waits()).toEqual(['one'])
    expect(await look.hget(of('one'), 'stc')).toBe('1')
    expect(await look.exists(of('marker'))).toBe(1)
    expect(await look.llen(of('active'))).toBe(0)
  })

  it('finds nothing where there was none for longer than that: whoever has it could not say so', async () => {
    await lookFor()
    await look.hset(of('meta'), 'looked', Date.now() - 10_000)
    await untilNext()
    await lookFor(9_000)
    expect(await waits()).toEqual([])
    await untilNext()
    await lookFor(9_000)
    expect(await waits()).toEqual(['one'])
  })

  it('finds nothing the second time where its answer was lost', async () => {
    deafen()
    const looking = lookFor()
    await expect.poll(() => look.scard(of('stalled'))).toBe(1)
    await untilNext()
    cut()
    await looking
    expect(await waits()).toEqual([])
  })

  it('is none while Redis is away', async () => {
    await lookFor()
    await untilNext()
    cut()
    await once(link.redis, 'close')
    await lookFor()
    await link.redis.ping()
    expect(await waits()).toEqual([])
  })
})

describe('a connection that is held up for good', () => {
  it.each([
    ['', 5],
    [', with much to say and more to come', 20_000_000],
  ])('is made anew, and what was asked over it is answered%s', async (_, size) => {
    const between = await startBetween(redis)
    const client = new Redis(between.port, '127.0.0.1')
    client.on('error', () => {})
    const watch = new Watch(250)
    watch.add(client)
    let talk: NodeJS.Timeout | undefined
    try {
      await client.set('kept', '1')
      await pause(1500)
      expect(between.count).toBe(1)
      between.hold('present')
      talk = setInterval(() => void client.set('more', '1').catch(() => {}), 10)
      void client.set('large', Buffer.alloc(size)).catch(() => {})
      expect(await client.get('kept')).toBe('1')
      expect(between.count).toBeGreaterThan(1)
    } finally {
      clearInterval(talk)
      watch.close()
      client.disconnect()
    }
  })
})

describe('a process that was cut off from Redis', () => {
  it('takes no driver for dead that was cut off, too, and is not back yet', async () => {
    const fleet = new RedisExecutor(link, false)
    expect(await fleet.drivers.isAlive('driver-gone')).toBe(false)
    const isBack = once(link.redis, 'ready')
    cut()
    await isBack
    expect(await fleet.drivers.isAlive('driver-late')).toBe(true)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 15_001 })
    try {
      expect(await fleet.drivers.isAlive('driver-late')).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a process that has just joined', () => {
  it('gives drivers the time to come back: Redis may have been away for longer than leases last', async () => {
    const fleet = new RedisExecutor(link, false)
    const asked = fleet.drivers.isAlive('driver-late')
    await pause(100)
    await look.set(link.keys.lease('driver-late'), '{}', 'PX', 60_000)
    expect(await asked).toBe(true)
  })
})

describe('a server that loads what it has on disk', () => {
  it('is used as soon as that is there, however long it said that it would take', async () => {
    let asked = 0
    const { address } = await startBetween(redis, {
      answer(bytes) {
        const [before, info] = bytes.toString('latin1').split(/[$=]\d+\r\n(?:txt:)?(?=# Server)/)
        if (info === undefined || ++asked > 1) return bytes
        const loads = '# Persistence\r\nloading:1\r\nloading_eta_seconds:86400\r\n'
        return `${before}$${loads.length}\r\n${loads}\r\n`
      },
    })
    const client = open(redisOptions(address, undefined), address)
    try {
      // ioredis would wait for ten seconds.
      const connecting = client.connect().then(() => 'connected')
      expect(await Promise.race([connecting, pause(8000)])).toBe('connected')
      expect(asked).toBe(2)
    } finally {
      client.disconnect()
    }
  })
})
