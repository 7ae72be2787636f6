// The server and the drivers of a fleet: what a crash of either leaves, and whom they let in.
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import {
  type ActorHandle,
  cancel,
  currentTask,
  describeExecutor,
  get,
  getActor,
  init,
  isInitialized,
  kill,
  type ObjectRef,
  put,
  remote,
  runOnAllWorkers,
  shutdown,
} from 'cornichon/executor'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, redisOptions } from '../../executor/redis/connection.ts'
import { enqueue } from '../../executor/redis/enqueue.ts'
import { Taker } from '../../executor/redis/node/taker.ts'
import { startBetween } from '../support/between.ts'
import { startDriver } from '../support/driver.ts'
import { look, startWorker, type TestWorker } from '../support/fleet.ts'
import { openLink } from '../support/link.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'

const taskCount = Number(process.env.CORNICHON_FAULT_TASKS ?? 400)
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

let redis: TestRedis
let worker: TestWorker
const join = (more: object = {}) =>
  init({ address: redis.address, namespace: redis.namespace, logToDriver: false, ...more })

async function serverPid(): Promise<number> {
  const info = await redis.connect().info('server')
  return Number(/process_id:(\d+)/.exec(info)![1])
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

beforeAll(async () => {
  redis = await startRedis({ isDurable: true })
  worker = await startWorker(redis, '--num-cpus', '2', '--recover-after', '2')
})
afterEach(() => shutdown())
afterAll(async () => {
  await worker.kill()
  await redis.stop()
})

describe('a Redis that keeps what it was given', () => {
  it('X12 is killed and started again under load: every result is right, none is lost', async () => {
    await join()
    const square = remote(
      async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return n * n
      },
      { maxRetries: -1 },
    )
    const refs = Array.from({ length: taskCount }, (_, i) => square.remote(i))
    const results = get(refs)
    for (let i = 0; i < 3; i++) {
      await pause(150)
      await redis.crash!()
      await pause(100)
      await redis.restart!()
    }
    expect(await results).toEqual(refs.map((_, i) => i * i))
    expect(await get(square.remote(5))).toBe(25)
  })

  it('X12 stands still, or is away, for longer than locks last: no actor loses its state', async () => {
    await join()
    const second = await startWorker(redis, '--num-cpus', '2', '--recover-after', '2')
    onTestFinished(() => second.kill())
    class Counter {
      count = 0
      add(): number {
        return ++this.count
      }
    }
    const actors = Array.from({ length: 6 }, () => remote(Counter).remote())
    const add = () => get(actors.map((actor) => actor.add.remote()))
    await add()
    const server = await serverPid()
    for (let i = 0; i < 3; i++) {
      await pause(700 + 300 * i)
      process.kill(server, 'SIGSTOP')
      await pause(4000)
      process.kill(server, 'SIGCONT')
    }
    await pause(3000)
    expect(await add()).toEqual(actors.map(() => 2))
    await redis.crash!()
    await pause(4000)
    await redis.restart!()
    await pause(5000)
    expect(await add()).toEqual(actors.map(() => 3))
  }, 60_000)

  it('is killed, and a worker behind it: methods without retries run once', async () => {
    await join()
    const workspace = createWorkspace()
    onTestFinished(() => workspace.remove())
    const log = workspace.path('log')
    const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(Number) : [])
    const server = await serverPid()
    /** The first one ends Redis, and then itself; the next is there to begin. */
    class Stepper {
      async step(n: number): Promise<number> {
        appendFileSync(log, `${n}\n`)
        if (n > 0) return n
        await new Promise((resolve) => setTimeout(resolve, 100))
        process.kill(server, 'SIGKILL')
        await new Promise((resolve) => setTimeout(resolve, 100))
        return n
      }
    }
    const startHere = () => startWorker(redis, '--resources', 'here=1', '--recover-after', '2')
    const victim = await startHere()
    const actor = remote(Stepper, { numCpus: 0, resources: { here: 1 }, maxRestarts: -1 }).remote()
    const results = Promise.allSettled([0, 1, 2].map((n) => get(actor.step.remote(n))))
    await expect.poll(lines, { timeout: 20_000 }).toContain(0)
    await expect.poll(() => isThere(server), { timeout: 20_000 }).toBe(false)
    await pause(500)
    await victim.kill()
    await redis.restart!()
    const heir = await startHere()
    onTestFinished(() => heir.kill())
    expect(await results).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ message: expect.stringMatching(/ended/) }) },
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 2 },
    ])
    expect(lines()).toEqual([0, 1, 2])
    kill(actor)
    const active = `{cornichon-${redis.namespace}}:here=1;thread:active`
    const connection = redis.connect()
    await expect.poll(() => connection.llen(active), { timeout: 20_000 }).toBe(0)
  }, 60_000)

  it('X9 is back before a worker is: runOnAllWorkers waits for that', async () => {
    await join()
    const late = await startWorker(redis, '--num-cpus', '1')
    onTestFinished(() => late.kill())
    const workspace = createWorkspace()
    onTestFinished(() => workspace.remove())
    const log = workspace.path('log')
    const have = () => readFileSync(log, 'utf8').trim().split('\n').map(Number)
    // Both have a thread that it is to run in.
    const where = remote(async () => (await new Promise((resolve) => setTimeout(resolve, 50)), process.pid))
    const pids = async () => new Set(await get(Array.from({ length: 6 }, () => where.remote())))
    await expect.poll(async () => (await pids()).size, { timeout: 20_000 }).toBe(2)
    late.child.kill('SIGSTOP')
    const all = runOnAllWorkers((file: string) => {
      const global = globalThis as { isSetUp?: boolean }
      global.isSetUp = true
      appendFileSync(file, `${process.pid}\n`)
    }, log).then(() => 'done')
    await expect.poll(() => existsSync(log) && have(), { timeout: 20_000 }).toContain(worker.child.pid)
    await redis.crash!()
    await redis.restart!()
    // For longer than one is waited for that has no connection.
    expect(await Promise.race([all, pause(8000).then(() => 'waits')])).toBe('waits')
    late.child.kill('SIGCONT')
    await all
    expect(have()).toContain(late.child.pid)
    const isSetUp = remote(() => (globalThis as { isSetUp?: boolean }).isSetUp === true)
    expect(await get(Array.from({ length: 20 }, () => isSetUp.remote()))).not.toContain(false)
  })

  it('X12 may be away when a worker begins to take from a queue', async () => {
    const link = await openLink('node', { address: redis.address, namespace: 'away' })
    await redis.crash!()
    const settings = { connection: link.redis, prefix: link.keys.prefix, autorun: false, drainDelay: 1 }
    const taker = new Taker('CPU=9', settings, null)
    await new Promise((resolve) => taker.on('error', resolve))
    await redis.restart!()
    // From now on it waits for a job, over a connection of its own.
    expect(await taker.getNextJob('token')).toBe(undefined)
    const job = { queue: 'CPU=9', id: 'one', size: 1, title: 'a call', priority: 0 }
    await enqueue(link.redis, link.keys, { ...job, frame: null, mayBeHandedOver: false, actor: null })
    await expect.poll(() => taker.getNextJob('token').then((job) => job?.id), { timeout: 20_000 }).toBe('one')
    await taker.close(true)
    await link.close()
  })
})

describe('a driver', () => {
  /** Its code holds its event loop for longer than its lease lasts, on a fleet of its own, while the tests below run. */
  let held: ReturnType<typeof startDriver>
  let itsWorker: TestWorker
  beforeAll(async () => {
    const fleet = { ...redis, namespace: `${redis.namespace}-held` }
    itsWorker = await startWorker(fleet, '--num-cpus', '1')
    held = startDriver(
      fleet,
      `const sleep = remote((ms, n) => new Promise((resolve) => setTimeout(resolve, ms, n)), { numCpus: 0 })
       class Counter { count = 0; add(by) { return (this.count += by) } }
       const counter = remote(Counter, { numCpus: 0 }).remote()
       const refs = [sleep.remote(17_500, 1), ...Array.from({ length: 50 }, (_, i) => sleep.remote(20 * i, i))]
       await get([refs[1], counter.add.remote(5)])
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 18_000)
       console.log((await get(refs)).reduce((a, b) => a + b, 0), await get(counter.add.remote(1)))`,
    )
  })
  afterAll(async () => {
    held.child.kill('SIGKILL')
    await itsWorker.kill()
  })

  // It takes as long to load as all of ours.
  it('makes calls without BullMQ', async () => {
    const driver = startDriver(
      redis,
      `const answer = await get(remote((n) => n + 1).remote(41))
       const { createRequire } = await import('node:module')
       const files = Object.keys(createRequire(process.cwd() + '/x.js').cache)
       const has = (name) => files.some((file) => file.includes('node_modules/' + name + '/'))
       console.log([answer, has('ioredis'), has('bullmq')].join())
       await shutdown()`,
    )
    expect(await driver.line()).toBe('42,true,false')
    expect(await driver.ended).toBe(0)
  })

  it('X12 that is killed leaves no garbage: its tasks are ended, its actors too, its keys have a time', async () => {
    const driver = startDriver(
      redis,
      `const never = remote(() => new Promise(() => {}), { numCpus: 0 })
       never.remote()
       remote((bytes) => new Promise(() => {}), { numCpus: 0 }).remote(new Uint8Array(3_000_000))
       const waiting = Array.from({ length: 50 }, () => remote(() => new Promise(() => {}), { numCpus: 2 }).remote())
       class Idle { ready() { return 'ready' } }
       const actor = remote(Idle).remote()
       const kept = put(new Uint8Array(300_000))
       // What is left of these is what they have started.
       await get(remote(() => [never.remote(), remote(Idle).remote()].length).remote())
       console.log(await get(actor.ready.remote()))
       setInterval(() => [waiting, actor, kept], 1000)`,
    )
    expect(await driver.line()).toBe('ready')
    driver.child.kill('SIGKILL')
    await driver.ended
    await join()
    for (const end = Date.now() + 60_000; ; ) {
      const { workers, actors, resources } = await describeExecutor()
      const isIdle = workers.every(({ state }) => state === 'idle') && actors.length === 0
      if (isIdle && resources.CPU!.free === 2) break
      expect(Date.now()).toBeLessThan(end)
      await pause(500)
    }
    expect(await get(remote(() => 1, { numCpus: 2 }).remote())).toBe(1)
    const connection = redis.connect()
    // A result is here a moment before the job that made it is over.
    const active = `{cornichon-${redis.namespace}}:CPU=2:active`
    await expect.poll(() => connection.llen(active), { timeout: 10_000 }).toBe(0)
    const keys = await connection.keys(`{cornichon-${redis.namespace}}*`)
    expect(keys.filter((key) => key.includes(':part:call-'))).toEqual([])
    const lasting: string[] = []
    for (const key of keys) if ((await connection.ttl(key)) === -1) lasting.push(key)
    // What is left for ever is what the fleet is, and not what a driver had: which queues there are, who is there.
    const own = lasting.filter(
      (key) => !/:(shapes|nodes|drivers|control|actors)$|:(meta|events|id|marker)$/.test(key),
    )
    expect(own.filter((key) => !/:(failed|stalled-check|pc)$/.test(key) && !/:t-|:a-/.test(key))).toEqual([])
  })

  it('X12 that was killed is struck off by who joins next', async () => {
    const driver = startDriver(
      redis,
      `console.log('ready')
       setInterval(() => {}, 1000)`,
    )
    expect(await driver.line()).toBe('ready')
    driver.child.kill('SIGKILL')
    await driver.ended
    const connection = redis.connect()
    await connection.del(await connection.keys(`{cornichon-${redis.namespace}}:lease:driver-*`))
    await join()
    expect(await connection.scard(`{cornichon-${redis.namespace}}:drivers`)).toBe(1)
  })

  it('that is done ends what its tasks and actors have started and left, but not what an actor has that stays', async () => {
    await join()
    const there = () =>
      look(redis, async (view) => {
        const { running, actors } = await view.overview()
        return { running, actors }
      })
    const never = remote(() => new Promise<number>(() => {}), { numCpus: 0 })
    class Starts {
      constructor() {
        never.remote()
      }
      start(): number {
        return [never.remote(), never.remote()].length
      }
    }
    const nested = remote(async () => {
      never.remote()
      const inner = remote(Starts, { numCpus: 0 }).remote()
      return get(inner.start.remote())
    })
    const starts = remote(Starts, { numCpus: 0 }).remote()
    class Idle {
      rest(): void {}
    }
    class Keeper {
      #kept: ObjectRef<number> | null = null
      #other: ActorHandle<Idle> | null = null
      start(file: string): void {
        this.#other = remote(Idle, { numCpus: 0 }).remote()
        const later = async () => {
          while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20))
          return 7
        }
        this.#kept = remote(later, { numCpus: 0 }).remote()
      }
      result(): Promise<number> {
        kill(this.#other!)
        return get(this.#kept!)
      }
      /** It stays as long as this one. */
      async startAnother(): Promise<void> {
        const byTask = remote(() => get(remote(Idle, { numCpus: 0 }).remote().rest.remote()), { numCpus: 0 })
        await get([byTask.remote(), remote(Idle, { numCpus: 0 }).remote().rest.remote()])
      }
    }
    const keeper = remote(Keeper, { numCpus: 0, lifetime: 'detached', name: 'starter' }).remote()
    const workspace = createWorkspace()
    const flag = workspace.path('flag')
    // Before those that never end have all threads.
    await get(keeper.startAnother.remote())
    await get([nested.remote(), starts.start.remote(), keeper.start.remote(flag)])
    await shutdown()
    await join()
    await expect.poll(there, { timeout: 20_000 }).toEqual({ running: 1, actors: 4 })
    const found = await getActor<Keeper>('starter')
    workspace.write({ flag: '' })
    expect(await get(found.result.remote())).toBe(7)
    kill(found)
    workspace.remove()
    await expect.poll(there, { timeout: 20_000 }).toEqual({ running: 0, actors: 0 })
  })

  /** Lists the fleet's keys of some kinds that are not there yet. */
  async function newKeys(...kinds: string[]): Promise<() => Promise<string[]>> {
    const connection = redis.connect()
    const prefix = `{cornichon-${redis.namespace}}:`
    const all = async () => {
      const found = await Promise.all(kinds.map((kind) => connection.keys(`${prefix}${kind}:*`)))
      return found.flat().map((key) => key.slice(prefix.length))
    }
    const before = new Set(await all())
    return async () => (await all()).filter((key) => !before.has(key)).sort()
  }

  it('that is done leaves no object, but what it gave to an actor that stays', async () => {
    const left = await newKeys('obj', 'part')
    await join()
    // Large arguments go with their call, however that ends.
    class Owner {
      bytes: Uint8Array
      constructor(bytes: Uint8Array) {
        this.bytes = bytes
      }
      size(more: Uint8Array): number {
        return this.bytes.length + more.length
      }
    }
    const large = () => new Uint8Array(5_000_000)
    const owner = remote(Owner).remote(large())
    expect(await get(owner.size.remote(large()))).toBe(10_000_000)
    const fails = remote((_: Uint8Array) => {
      throw new Error('as it should')
    })
    await expect(get(fails.remote(large()))).rejects.toThrow()
    const never = remote((_: Uint8Array) => new Promise(() => {})).remote(large())
    cancel(never)
    await expect(get(never)).rejects.toThrow(/cancelled/)
    kill(owner)
    await expect.poll(async () => (await left()).filter((key) => key.startsWith('part:'))).toEqual([])
    class Keeper {
      refs: ObjectRef<number>[] = []
      keep(refs: ObjectRef<number>[]): void {
        this.refs = refs
      }
      async sum(): Promise<number> {
        return (await get(this.refs)).reduce((a, b) => a + b, 0)
      }
    }
    const one = put(1)
    const twice = remote(async (refs: ObjectRef<Uint8Array>[]) =>
      (await get(refs)).map((each) => each.length),
    )
    expect(await get(twice.remote([put(new Uint8Array(300_000)), put(new Uint8Array(5))]))).toEqual([
      300_000, 5,
    ])
    expect(await get(await get(remote(() => put(7)).remote()))).toBe(7)
    const keeper = remote(Keeper).options({ lifetime: 'detached', name: 'keeper' }).remote()
    const two = remote(() => 2).remote()
    await get(keeper.keep.remote([one, two]))
    const again = remote((n: number) => n).remote(4)
    expect(await get(again)).toBe(4)
    await shutdown()
    await join()
    const found = await getActor<Keeper>('keeper')
    expect(await get(found.sum.remote())).toBe(3)
    kill(found)
    await shutdown()
    const kept = [one, two].map(({ id }) => `obj:${id}`).sort()
    await expect.poll(left).toEqual(kept)
  })

  it('that is done leaves no function, and nothing that its tasks made; what they gave to an actor stays', async () => {
    const left = await newKeys('fn', 'obj', 'part', 'shared')
    await join()
    const large = new Uint8Array(300_000)
    const leaf = remote((n: number) => [n, large.length])
    const branch = remote(async (n: number) => ({ ref: leaf.remote(n), bytes: put(new Uint8Array(200_000)) }))
    const tree = remote(async () => {
      const children = [branch.remote(1), branch.remote(2)]
      const unused = leaf.remote(5)
      await get([...children, unused])
      return { children, list: put(children), unused: [unused] }
    })
    const { children } = await get(tree.remote())
    const branches = await get(children)
    expect(await get(branches.map(({ ref }) => ref))).toEqual([
      [1, 300_000],
      [2, 300_000],
    ])
    class Shelf {
      kept: unknown[] = []
      keep(...values: unknown[]): void {
        this.kept.push(...values)
      }
      async read(): Promise<unknown> {
        const [[own], { made }] = this.kept as [
          ObjectRef<unknown>[],
          { made: ObjectRef<ObjectRef<number>[]>[] },
        ]
        const [inner] = await get(made[0]!)
        return [await get(own!), await get(inner!)]
      }
    }
    remote(Shelf).options({ lifetime: 'detached', name: 'shelf' }).remote()
    const own = put('own')
    // Neither is seen by the driver to be with an actor that stays.
    const gives = remote(async (refs: ObjectRef<string>[]) => {
      const found = await getActor<Shelf>('shelf')
      const one = remote(() => 1).remote()
      await get(found.keep.remote(refs, { made: [put([one])] }))
    })
    await get(gives.remote([own]))
    await shutdown()
    // The worker hears of it a moment later.
    const kinds = async () => (await left()).map((key) => key.split(':')[0])
    await expect.poll(kinds).toEqual(['fn', 'obj', 'obj', 'obj'])
    const ofShelf = await left()
    await join()
    const found = await getActor<Shelf>('shelf')
    expect(await get(found.read.remote())).toEqual(['own', 1])
    kill(found)
    await shutdown()
    await expect.poll(left, { timeout: 5000 }).toEqual(ofShelf.filter((key) => !key.startsWith('fn:')))
  })

  it('that is done leaves no class of a detached actor that it has killed', async () => {
    const left = await newKeys('fn')
    await join()
    class Lamp {
      on(): boolean {
        return true
      }
    }
    const lamp = remote(Lamp).options({ lifetime: 'detached' }).remote()
    expect(await get(lamp.on.remote())).toBe(true)
    const [fn] = await left()
    kill(lamp)
    await expect(get(lamp.on.remote())).rejects.toThrow(/was killed/)
    // Its worker has let go of it.
    const prefix = `{cornichon-${redis.namespace}}`
    const users = async () =>
      (await redis.connect().hkeys(`${prefix}:${fn}`)).filter((field) => /^by:/.test(field))
    await expect.poll(users).toEqual([expect.stringContaining('by:driver')])
    await shutdown()
    await expect.poll(left, { timeout: 5000 }).toEqual([])
  })

  it('that is done leaves nothing that its tasks made when they had been cancelled', async () => {
    const left = await newKeys('fn', 'obj', 'part', 'shared')
    const workspace = createWorkspace()
    const [begun, over] = [workspace.path('begun'), workspace.path('over')]
    await join()
    const inner = remote((n: number) => n + 1)
    const goesOn = remote(async () => {
      const { writeFileSync } = await import('node:fs')
      writeFileSync(begun, '')
      const { signal } = currentTask()
      while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 10))
      await new Promise((resolve) => setTimeout(resolve, 200))
      await get(inner.remote(await get(put(1))))
      writeFileSync(over, '')
    })
    const ref = goesOn.remote()
    await expect.poll(() => existsSync(begun)).toBe(true)
    cancel(ref)
    await expect(get(ref)).rejects.toThrow(/was cancelled/)
    await expect.poll(() => existsSync(over)).toBe(true)
    await shutdown()
    workspace.remove()
    await expect.poll(left, { timeout: 5000 }).toEqual([])
  })

  it('that is done leaves nothing that methods of its actors made', async () => {
    const left = await newKeys('fn', 'obj', 'part', 'shared', 'given')
    await join()
    class Maker {
      kept: unknown
      async make(): Promise<{ refs: ObjectRef<number>[]; bytes: ObjectRef<Uint8Array> }> {
        const leaf = remote((n: number) => n)
        const bytes = put(new Uint8Array(200_000))
        this.kept = [bytes, put([leaf.remote(3)])]
        return { refs: [leaf.remote(1), leaf.remote(2)], bytes }
      }
    }
    for (const options of [{}, { isolate: false }]) {
      const maker = remote(Maker).options(options).remote()
      const { refs, bytes } = await get(maker.make.remote())
      expect(await get(refs)).toEqual([1, 2])
      expect((await get(bytes)).length).toBe(200_000)
      // By a task, too, whose driver is the actor's.
      const asks = remote(async (actor: typeof maker) => (await get(actor.make.remote())).refs)
      expect(await get(await get(asks.remote(maker)))).toEqual([1, 2])
    }
    await shutdown()
    await expect.poll(left, { timeout: 5000 }).toEqual([])
  })

  it('that is done leaves nothing of what is under way, nor of what waits', async () => {
    const left = await newKeys('obj', 'call', 'batch')
    await join()
    const busy = async () => {
      const { workers } = await describeExecutor()
      return workers.flatMap(({ state }) => (state === 'idle' ? [] : [state])).sort()
    }
    class Stuck {
      never() {
        return new Promise(() => {})
      }
    }
    const never = remote(() => new Promise(() => {}), { numCpus: 0 })
    const waits = remote(() => get(never.remote()), { numCpus: 0 })
    const actor = remote(Stuck).remote()
    const refs = [actor.never.remote(), actor.never.remote(), waits.remote()]
    const begun = () => describeExecutor().then(({ tasks }) => tasks.map(({ attempt }) => attempt))
    await expect.poll(busy).toEqual(['actor', 'blocked', 'busy'])
    await expect.poll(begun).toEqual([1, 0, 1])
    expect(refs.length).toBe(3)
    await shutdown()
    await join()
    await expect.poll(busy).toEqual([])
    await expect.poll(left).toEqual([])
  })

  it('ends by itself when it has nothing to do, though it did not call shutdown', async () => {
    const driver = startDriver(redis, 'console.log(await get(remote((x) => x + 1).remote(1)))')
    expect(await driver.line()).toBe('2')
    expect(await driver.ended).toBe(0)
  })

  it('X9 is kept alive by what it has run on all workers', async () => {
    const driver = startDriver(
      redis,
      `await api.runOnAllWorkers(() => {})
       console.log('done')`,
    )
    expect(await driver.ended).toBe(0)
    expect(await driver.line()).toBe('done')
  })

  it('X9 that is done leaves nothing that has to run on workers: where it failed, they take calls again', async () => {
    const process = startDriver(
      redis,
      `const fails = (here) => { if (here !== process.pid) throw new Error('only here') }
       await api.runOnAllWorkers(fails, process.pid).catch(() => {})
       console.log(await get(remote(() => 'ran').remote()).catch((error) => error.message))
       await shutdown()`,
    )
    expect(await process.line()).toBe('only here')
    expect(await process.ended).toBe(0)
    await join()
    const twice = remote((n: number) => 2 * n)
    const calls = () => get([1, 2, 3, 4].map((n) => twice.remote(n))).catch((error: Error) => error.message)
    await expect.poll(calls, { timeout: 10_000 }).toEqual([2, 4, 6, 8])
  })

  it('X13 joins only those of its versions: both sides are shown, and an option lets it in', async () => {
    const connection = redis.connect()
    const prefix = `{cornichon-${redis.namespace}}`
    const stranger = { format: 1, node: '18.0.0', cornichon: '0.0.1', name: 'old', resources: {} }
    await connection.sadd(`${prefix}:drivers`, 'driver-old')
    await connection.set(`${prefix}:lease:driver-old`, JSON.stringify(stranger), 'PX', 60_000)
    await expect(join()).rejects.toThrow(
      /versions differ: here cornichon .* driver-old has cornichon 0\.0\.1, bundle format 1, Node 18\.0\.0.*allowVersionMismatch/,
    )
    expect(isInitialized()).toBe(false)
    await join({ allowVersionMismatch: true })
    await connection.del(`${prefix}:lease:driver-old`)
  })

  it('finds a worker that has joined a moment ago: what it can do is not said to be impossible', async () => {
    await join()
    const square = remote((n: number) => n * n, { numCpus: 7 })
    await expect(get(square.remote(1))).rejects.toThrow(/can never run: it needs 7 of CPU/)
    const connection = redis.connect()
    const prefix = `{cornichon-${redis.namespace}}`
    await connection.set(
      `${prefix}:lease:node-new`,
      JSON.stringify({ name: 'new', resources: { CPU: 7 } }),
      'PX',
      20_000,
    )
    await connection.sadd(`${prefix}:nodes`, 'node-new')
    const ref = square.remote(2)
    await expect.poll(() => connection.llen(`${prefix}:CPU=7:wait`)).toBe(1)
    await connection.del(`${prefix}:lease:node-new`)
    cancel(ref)
    await expect(get(ref)).rejects.toThrow(/cancelled/)
  })

  it('is told when there is no server, or one that would throw calls away', async () => {
    await expect(init({ address: 'redis://127.0.0.1:1' })).rejects.toThrow(
      /can't use Redis at redis:\/\/127.0.0.1:1/,
    )
    await expect(init({ address: 'http://x' })).rejects.toThrow(/the address is redis:/)
    const passwords = [
      'secret',
      'at@secret',
      'slash/secret',
      'hash#secret',
      'per%secret',
      'q?secret',
      'p@x/secret',
    ]
    for (const password of passwords) {
      const refused = init({ address: `redis://user:${password}@127.0.0.1:1` })
      await expect(refused, password).rejects.toThrow(/redis:\/\/\*\*\*@127\.0\.0\.1:1/)
      await expect(refused, password).rejects.not.toThrow(/secret/)
    }
    await expect(init({ address: 'redis://user:a/b@127.0.0.1:1' })).rejects.toThrow(/encodeURIComponent/)
    await expect(init({ namespace: 'x' })).rejects.toThrow(
      "the option namespace of init goes with address, the Redis of a fleet: init({ address: 'redis://host', namespace })",
    )
    await expect(init({ address: 'rediss://127.0.0.1:1', tls: { caa: 'x' } as object })).rejects.toThrow(
      "the option of init tls is the names of files in PEM, as { ca, cert, key }, not { caa: 'x' }",
    )
    for (const name of ['main', '-1', '1.5', '0/1'])
      await expect(init({ address: `redis://127.0.0.1:1/${name}` }), name).rejects.toThrow(
        `the address names the database ${name}; it is a number`,
      )
    const connection = redis.connect()
    await connection.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await expect(join()).rejects.toThrow(/maxmemory-policy allkeys-lru.*noeviction/)
    await connection.config('SET', 'maxmemory-policy', 'noeviction')
    await join()
    await expect(join({ numCpus: 2, ignoreReinitError: true })).resolves.toBe(undefined)
    await shutdown()
    await expect(join({ numCpus: 2 })).rejects.toThrow(/numCpus of init does not go with address/)
  })

  it('is told when it makes a call before init is done: that would not run on the fleet', async () => {
    const joining = join()
    const call = remote(() => 1)
    expect(() => call.remote()).toThrow(/init is under way.*await init/)
    await joining
    expect(await get(call.remote())).toBe(1)
  })

  it('is told when what listens there does not answer', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`
    await expect(connect(redisOptions(address, undefined), address, 50)).rejects.toThrow(
      /it has not answered for 0.2 s\. Is it rediss:\/\/ for a server with TLS/,
    )
    silent.close()
  })

  it('is told when the server goes just after it was looked at, and does not try for ever', async () => {
    const between = await startBetween(redis, { accepts: (count) => count === 1 })
    const { address } = between
    await expect(connect(redisOptions(address, undefined), address)).rejects.toThrow(
      /can't use Redis at redis:.*: it has closed the connection\. /,
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(between.count).toBe(2)
  })

  it('is told when the server is a replica, and where that is', async () => {
    const replica = await startRedis({ isDurable: true })
    try {
      await replica.connect().replicaof('127.0.0.1', 1)
      await expect(init({ address: replica.address })).rejects.toThrow(
        /can't use Redis at unix:.*READONLY.*\. It is a replica.*the address of its primary/,
      )
    } finally {
      await replica.stop()
    }
  })

  it('that holds its event loop for longer than its lease lasts loses no result and no actor', async () => {
    expect(await held.line()).toBe('1226 6')
    expect(await held.ended).toBe(0)
  })

  it('X10 hears what its tasks print, line by line', async () => {
    const lines: { text: string; task: string | null; stream: string }[] = []
    await join({ logToDriver: (line: (typeof lines)[number]) => lines.push(line) })
    await get(
      remote(
        () => {
          console.log('hello\nthere')
          console.error('a problem')
        },
        { name: 'talker' },
      ).remote(),
    )
    for (const end = Date.now() + 10_000; lines.length < 3 && Date.now() < end; ) await pause(20)
    expect(lines.map(({ stream, task, text }) => [stream, task, text])).toEqual([
      ['stdout', 'talker', 'hello'],
      ['stdout', 'talker', 'there'],
      ['stderr', 'talker', 'a problem'],
    ])
    // What its tasks start is its own, too.
    class Speaker {
      constructor() {
        console.log('made')
      }
      say(): void {
        console.log('said')
      }
    }
    const deepest = remote(() => console.log('deepest'), { name: 'deepest', numCpus: 0 })
    const deep = remote(
      async () => {
        await get(deepest.remote())
        await get(remote(Speaker, { numCpus: 0 }).remote().say.remote())
      },
      { name: 'deep', numCpus: 0 },
    )
    lines.length = 0
    await get(remote(() => get(deep.remote())).remote())
    await expect
      .poll(() => lines.map(({ text }) => text).sort(), { timeout: 10_000 })
      .toEqual([...['deepest', 'made', 'said']])
  })
})
