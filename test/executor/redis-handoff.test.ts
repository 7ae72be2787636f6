// Calls that are handed to an idle worker process directly: what that leaves in Redis is what BullMQ would have left, and a
// process that is gone, full or about to end loses none.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Queue, Worker } from 'bullmq'
import { get, init, remote, shutdown } from 'cornichon/executor'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enqueue, HANDED, type Handed, readHanded } from '../../executor/redis/enqueue.ts'
import { Keys } from '../../executor/redis/keys.ts'
import { Script } from '../../executor/redis/script.ts'
import { startWorker, type TestWorker } from '../support/fleet.ts'
import { contentsOf } from '../support/queue-contents.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
let redis: TestRedis
let look: Redis
beforeAll(async () => {
  redis = await startRedis()
  look = redis.connect()
})
afterAll(async () => {
  await redis.stop()
  workspace.remove()
})

describe('a job that is put into a queue', () => {
  const process = 'node-test'
  const queue = 'CPU=1'
  let keys: Keys
  let client: Redis
  let listener: Redis
  let heard: Handed[]
  let count = 0
  const add = (id: string, more: object = {}) =>
    enqueue(client, keys, {
      ...{ queue, id, size: 1, title: 'square', priority: 0, frame: Buffer.from([1, 10, 0, 255]) },
      ...{ mayBeHandedOver: true, actor: null, ...more },
    })
  const of = (name: string) => `${keys.prefix}:${queue}:${name}`
  const isIdle = (slots = 1) => look.zadd(keys.idle(queue), String(slots), `${process} 5000`)

  beforeEach(async () => {
    keys = new Keys(`${redis.namespace}-${++count}`)
    client = redis.connect()
    listener = redis.connect()
    heard = []
    listener.on('messageBuffer', (_channel: Buffer, message: Buffer) => heard.push(readHanded(message)!))
    await listener.subscribe(keys.line(process))
    await look.set(keys.lease(process), '{}')
  })
  afterEach(() => {
    client.disconnect()
    listener.disconnect()
  })

  it.each([
    ['', 0],
    ['with a priority ', 7],
  ])('%sleaves what BullMQ leaves, whether it is handed over or waits', async (_how, priority) => {
    const contents = (prefix: string) => contentsOf(look, `${prefix}:${queue}:`)
    const prefix = `{bull-${redis.namespace}-${count}}`
    const theirs = new Queue(queue, { connection: redis.connect(), prefix, skipMetasUpdate: true })
    await theirs.add(
      'square',
      {},
      {
        ...{ jobId: 't-1', removeOnComplete: true, removeOnFail: { count: 1000 } },
        ...(priority > 0 && { priority }),
      },
    )
    expect(await add('t-1', { priority })).toBe(0)
    expect(await contents(keys.prefix)).toEqual(await contents(prefix))

    const taken = redis.connect()
    taken.options.maxRetriesPerRequest = null
    const taker = new Worker(queue, null, { connection: taken, prefix, autorun: false, name: process })
    expect(await taker.getNextJob('token')).toMatchObject({ id: 't-1' })
    // What is handed over has never waited: it leaves neither the mark that a job waits nor the count of those with a priority.
    const { marker, pc, ...expected } = await contents(prefix)
    await look.unlink(...(await look.keys(`${keys.prefix}:${queue}:*`)))
    await isIdle()
    expect(await add('t-1', { priority })).toBe(1)
    expect(await contents(keys.prefix)).toEqual(expected)
    await Promise.all([taker.close(true), theirs.close()])
  })

  it('goes to who is idle, with its frame, and is locked for it', async () => {
    await isIdle(3)
    expect(await add('t-1', { size: 2, priority: 4 })).toBe(1)
    await expect.poll(() => heard.length).toBe(1)
    expect(heard[0]).toMatchObject({ queue, id: 't-1', size: 2, priority: 4 })
    expect([...heard[0]!.frame]).toEqual([1, 10, 0, 255])
    expect(Math.abs(heard[0]!.time - Date.now())).toBeLessThan(10_000)
    expect(await look.get(of('t-1:lock'))).toBe(process + HANDED)
    expect(await look.pttl(of('t-1:lock'))).toBeGreaterThan(4000)
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['t-1'])
    expect([...(await look.getBuffer(keys.call('t-1')))!]).toEqual([1, 10, 0, 255])
    expect(await look.zscore(keys.idle(queue), `${process} 5000`)).toBe('1')
  })

  it('goes to the next one where the lease of the first is gone, or its connection', async () => {
    await look.set(keys.lease('node-deaf'), '{}')
    await look.zadd(keys.idle(queue), '9', 'node-dead 5000', '8', 'node-deaf 5000', '1', `${process} 5000`)
    expect(await add('t-1')).toBe(1)
    expect(await look.get(of('t-1:lock'))).toBe(process + HANDED)
    expect(await look.zrange(keys.idle(queue), '0', '-1')).toEqual([`${process} 5000`])
  })

  it.each<[why: string, prepare: () => Promise<unknown>, more?: object]>([
    ['who is idle has room for fewer calls', () => isIdle(1), { size: 2 }],
    ['another waits: that goes first', () => Promise.all([isIdle(), look.lpush(of('wait'), 't-0')])],
    ['one with a priority waits', () => Promise.all([isIdle(), look.zadd(of('prioritized'), '1', 't-0')])],
    ['the queue is paused', () => Promise.all([isIdle(), look.hset(of('meta'), { paused: 1 })])],
    ['the queue has a limit', () => Promise.all([isIdle(), look.hset(of('meta'), { concurrency: 9 })])],
    ['its order matters', () => isIdle(), { mayBeHandedOver: false }],
  ])('waits where %s', async (_why, prepare, more) => {
    await prepare()
    expect(await add('t-1', more)).toBe(0)
    expect(await look.lpos(of('wait'), 't-1')).toBe(0)
    expect(await look.exists(of('t-1:lock'), of('active'))).toBe(0)
  })

  it('is there once, however often it is sent', async () => {
    await isIdle(3)
    expect([await add('t-1'), await add('t-1'), await add('t-1')]).toEqual([1, 0, 0])
    expect(await look.lrange(of('active'), 0, -1)).toEqual(['t-1'])
    expect(await look.exists(of('wait'))).toBe(0)
  })

  it('goes to no actor that is dead or unknown, and leaves nothing there', async () => {
    const mailbox = 'actor-a-1'
    const call = (id: string) => add(id, { queue: mailbox, actor: 'a-1', mayBeHandedOver: false })
    const left = () => look.keys(`${keys.prefix}:${mailbox}:*`)
    await call('unknown')
    expect(await left()).toEqual([])
    await look.hset(keys.actor('a-1'), 'state', 'alive')
    await call('alive')
    expect(await look.lrange(`${keys.prefix}:${mailbox}:wait`, 0, -1)).toEqual(['alive'])
    await look.del(await left())
    await look.hset(keys.actor('a-1'), 'state', 'dead')
    await call('dead')
    expect([await left(), await look.exists(keys.call('dead'))]).toEqual([[], 0])
  })

  it('waits where the user of Redis may use no channels', async () => {
    await isIdle()
    await look.acl('SETUSER', 'narrow', 'on', '>pass', '~*', '+@all', 'resetchannels')
    const { path } = look.options
    const narrow = look.duplicate({ path: path!, username: 'narrow', password: 'pass' })
    client.disconnect()
    client = narrow
    expect(await add('t-1')).toBe(0)
    expect(await look.lrange(of('wait'), 0, -1)).toEqual(['t-1'])
    expect(await look.zcard(keys.idle(queue))).toBe(1)
  })
})

describe('a script', () => {
  it.each([
    ['is sent with its words as they are', ['plain', 7, Buffer.from([0, 13, 10, 255]), '', Buffer.alloc(0)]],
    ['also where they are longer than they look', ['größer €😀', Buffer.from([200]), 'ÿ', 'x']],
  ])('%s', async (_how, words) => {
    const bytes = words.map((word) => Buffer.from(String(word)).toString('hex'))
    const expected = words.map((word, i) => (word instanceof Buffer ? word.toString('hex') : bytes[i]))
    const echo = new Script(`
      local digits = {}
      for i, word in ipairs(ARGV) do
        digits[i] = string.gsub(word, '.', function(c) return string.format('%02x', string.byte(c)) end)
      end
      redis.call('RPUSH', KEYS[1], unpack(digits))
      return #ARGV`)
    const client = redis.connect()
    for (const loses of [false, false, true]) {
      if (loses) await look.script('FLUSH')
      expect(await echo.run(client, ['wörds'], words)).toBe(words.length)
      expect(await look.lrange('wörds', 0, -1)).toEqual(expected)
      await look.unlink('wörds')
    }
  })
})

describe('a call that is handed over', () => {
  const workers = new Set<TestWorker>()
  const keys = () => new Keys(redis.namespace)
  const idle = () => look.zrange(keys().idle('CPU=1'), '0', '-1')
  /** Says that it is idle by then. */
  const start = async (recoverAfter: number) => {
    const before = await idle()
    const worker = await startWorker(redis, '--num-cpus', '1', '--recover-after', String(recoverAfter))
    workers.add(worker)
    let name: string | undefined
    await expect
      .poll(async () => (name = (await idle()).find((each) => !before.includes(each))), { timeout: 20_000 })
      .toBeDefined()
    return { worker, name: name! }
  }
  const isHandedOver = async (to: string) =>
    expect
      .poll(async () => {
        const locks = await look.keys(`${keys().prefix}:CPU=1:*:lock`)
        return locks.length === 0 ? [] : look.mget(locks)
      })
      .toContain(to.split(' ')[0] + HANDED)
  const end = async ({ worker }: { worker: TestWorker }) => {
    workers.delete(worker)
    await worker.kill()
  }
  /** As if it had more room than it has, and more than others. */
  const offers = (name: string) => look.zadd(keys().idle('CPU=1'), '7', name)

  let log: string
  let flag: string
  let count = 0
  const runs = () => readFileSync(log, 'utf8').split('\n').filter(Boolean)
  const note = remote((file: string, text: string) => {
    appendFileSync(file, `${text}\n`)
    return process.pid
  })
  const blocker = remote(async (file: string, end: string) => {
    appendFileSync(file, 'blocker\n')
    while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5))
    return process.pid
  })

  beforeEach(async () => {
    log = workspace.path(`log-${++count}`)
    flag = workspace.path(`flag-${count}`)
    writeFileSync(log, '')
    const prefix = `${keys().prefix}:CPU=1:`
    await look.unlink(keys().idle('CPU=1'), `${prefix}stalled-check`)
    await look.sadd(keys().shapes, 'CPU=1')
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
  })
  afterEach(async () => {
    await shutdown()
    await Promise.all([...workers].map((worker) => end({ worker })))
  })

  it('does not go to an idle process that was killed: its lease lasts, its connection does not', async () => {
    const [first, second] = [await start(60), await start(60)]
    await offers(first.name)
    first.worker.child.kill('SIGKILL')
    await new Promise((resolve) => first.worker.child.once('exit', resolve))
    expect(await get(note.remote(log, 'a'))).toBe(second.worker.child.pid)
    expect(await idle()).not.toContain(first.name)
  })

  it('runs elsewhere if its process dies before it reads it, and is charged as if it had run', async () => {
    const first = await start(1)
    await get(note.remote(log, 'warm'))
    first.worker.child.kill('SIGSTOP')
    const once = note.options({ maxRetries: 1 }).remote(log, 'a')
    const never = note.options({ maxRetries: 0 })
    await isHandedOver(first.name)
    await end(first)
    const second = await start(1)
    expect(await get(once)).toBe(second.worker.child.pid)
    await expect.poll(() => look.zscore(keys().idle('CPU=1'), second.name)).toBe('1')
    second.worker.child.kill('SIGSTOP')
    const failed = get(never.remote(log, 'b')).catch((error: unknown) => error)
    await isHandedOver(second.name)
    await end(second)
    await start(1)
    expect(String(await failed)).toMatch(/worker process ended while it ran task/)
    expect(runs()).toEqual(['warm', 'a'])
  })

  it('runs once, though its process was held up until others could have it', async () => {
    const [first, second] = [await start(0.5), await start(0.5)]
    await offers(first.name)
    first.worker.child.kill('SIGSTOP')
    const ref = note.remote(log, 'a')
    await isHandedOver(first.name)
    // The one that is held up may be woken for it when it waits.
    const wake = setInterval(() => void look.zadd(`${keys().prefix}:CPU=1:marker`, 0, '0'), 200)
    expect(await get(ref).finally(() => clearInterval(wake))).toBe(second.worker.child.pid)
    first.worker.child.kill('SIGCONT')
    expect(await get([note.remote(log, 'b'), note.remote(log, 'c')])).toHaveLength(2)
    expect(runs().filter((text) => text === 'a')).toHaveLength(1)
  })

  it('goes back to the queue where there is no room for it', async () => {
    const [first, second] = [await start(60), await start(60)]
    await offers(first.name)
    const busy = blocker.remote(log, flag)
    await expect.poll(runs).toEqual(['blocker'])
    await offers(first.name)
    expect(await get(note.remote(log, 'a'))).toBe(second.worker.child.pid)
    writeFileSync(flag, '')
    expect(await get(busy)).toBe(first.worker.child.pid)
  })

  it('and its result find their way while the connections that they come over are cut', async () => {
    await start(1)
    const echo = remote((n: number) => n, { maxRetries: -1 })
    let isDone = false
    const cutting = (async () => {
      for (let i = 0; i < 20 && !isDone; i++) {
        await look.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
        // The scripts are gone, too.
        if (i % 5 === 0) await look.script('FLUSH')
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    })()
    for (let i = 0; i < 60; i++) expect(await get(echo.remote(i))).toBe(i)
    isDone = true
    await cutting
  })

  it('is run or given back by a process that is told to end', async () => {
    const [first, second] = [await start(60), await start(60)]
    await offers(first.name)
    first.worker.child.kill('SIGSTOP')
    const ref = note.remote(log, 'a')
    await isHandedOver(first.name)
    const stopped = first.worker.stop()
    workers.delete(first.worker)
    first.worker.child.kill('SIGCONT')
    expect([first.worker.child.pid, second.worker.child.pid]).toContain(await get(ref, { timeout: 45_000 }))
    expect(await stopped).toBe(0)
    expect(await idle()).toEqual([second.name])
    expect(runs()).toEqual(['a'])
  })
})
