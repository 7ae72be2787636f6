// Many actors in worker processes of a fleet: what they cost in connections, what is left of them, and what happens to them
// when their process is killed.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  ActorDiedError,
  type ActorHandle,
  currentTask,
  describeExecutor,
  get,
  getActor,
  kill,
  remote,
  shutdown,
} from 'cornichon/executor'
import { afterAll, describe, expect, it } from 'vitest'
import { cornichon } from '../support/command.ts'
import { startDriver } from '../support/driver.ts'
import { failureOf, look, testFleet } from '../support/fleet.ts'
import { openLink } from '../support/link.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
const fleet = testFleet('--num-cpus', '2', '--recover-after', '2')
const { start, killWorker, join, key, actorQueueKeys } = fleet

afterAll(() => workspace.remove())

class Counter {
  count = 0
  add(): number {
    this.count++
    return this.count
  }
  pid(): number {
    return process.pid
  }
  async slow(milliseconds: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    return this.add()
  }
}

class Log {
  readonly #all: number[] = []
  #goOn = () => {}
  readonly #mayGoOn = new Promise<void>((resolve) => {
    this.#goOn = resolve
  })
  add(step: number): void {
    this.#all.push(step)
  }
  async mayGoOn(): Promise<void> {
    await this.#mayGoOn
  }
  goOn(): void {
    this.#goOn()
  }
  all(): readonly number[] {
    return this.#all
  }
}

class Stepper {
  async step(i: number, log: ActorHandle<Log>): Promise<void> {
    await get(log.add.remote(i))
    await get(log.mayGoOn.remote())
  }
}

const Shared = remote(Counter, { isolate: false })
const many = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('1,000 actors in one worker process', () => {
  it('X7 share its connections and two threads, and leave nothing behind', async () => {
    await start('--name', 'one')
    // With its own connections, whatever they may be.
    const first = Shared.remote()
    await get(first.add.remote())
    const before = (await fleet.connection.client('LIST')) as string
    const actors = many(1000).map((i) => Shared.options(i === 500 ? { name: 'the 500th' } : {}).remote())
    const calls = many(3).flatMap(() => actors.map((actor) => actor.add.remote()))
    expect(await get(calls)).toEqual(many(3).flatMap((i) => many(1000).map(() => i + 1)))
    expect(await get((await getActor<Counter>('the 500th')).add.remote())).toBe(4)
    const after = (await fleet.connection.client('LIST')) as string
    expect(after.trim().split('\n').length).toBeLessThanOrEqual(before.trim().split('\n').length + 2)
    const args = ['--address', fleet.redis.address, '--namespace', fleet.redis.namespace, '--json']
    const listed = JSON.parse(cornichon(workspace.folder, 'list', 'actors', ...args).stdout) as {
      readonly worker: string
      readonly pendingCalls: number
    }[]
    expect(listed.length).toBe(1001)
    expect(new Set(listed.map(({ worker }) => worker))).toEqual(new Set(['one/thread-1', 'one/thread-2']))
    expect(listed.every(({ pendingCalls }) => pendingCalls === 0)).toBe(true)
    for (const actor of [first, ...actors]) kill(actor)
    // Made after its death, as others may who have not heard of it.
    expect(await failureOf(actors[0]!.add.remote())).toBeInstanceOf(ActorDiedError)
    await shutdown()
    await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
    expect(await fleet.connection.scard(key('actors'))).toBe(0)
    await join()
    await expect.poll(async () => (await describeExecutor()).workers, { timeout: 20_000 }).toMatchObject([])
  })

  it('X7 a call of which the process was not told is found all the same', async () => {
    await start()
    const actor = Shared.remote()
    expect(await get(actor.add.remote())).toBe(1)
    const [id] = await fleet.connection.smembers(key('actors'))
    const node = await fleet.connection.hget(key(`actor:${id}`), 'node')
    await fleet.connection.hdel(key(`actor:${id}`), 'node')
    expect(await get(actor.add.remote())).toBe(2)
    await fleet.connection.hset(key(`actor:${id}`), 'node', node!)
  })
})

describe('actors of a worker process that is killed', () => {
  it('X12 go on elsewhere: no call is lost, and each keeps its order', async () => {
    const first = await start()
    const options = { maxRestarts: 1, maxTaskRetries: -1 }
    const actors = many(200).map(() => Shared.options(options).remote())
    const [pid] = await get(actors.map((actor) => actor.pid.remote()))
    const calls = actors.map((actor) => many(12).map(() => actor.slow.remote(20)))
    await get(actors[0]!.slow.remote(0))
    await start()
    await killWorker(first)
    const counts = await Promise.all(calls.map((refs) => get(refs)))
    for (const of of counts) {
      // Its constructor ran again, once at most, and no call was left out.
      const again = of.slice(1).findIndex((count) => count === 1) + 1
      expect(of).toEqual(
        again === 0 ? of.map((_, i) => i + of[0]!) : [...many(again), ...many(12 - again)].map((i) => i + 1),
      )
    }
    const pids = new Set(await get(actors.map((actor) => actor.pid.remote())))
    expect(pids.size).toBe(1)
    expect(pids).not.toContain(pid)
    for (const actor of actors) kill(actor)
    await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
  }, 60_000)

  it('X12 die if they may not start again, and what was under way fails', async () => {
    const first = await start()
    const actors = many(20).map(() => Shared.remote())
    await get(actors.map((actor) => actor.add.remote()))
    const calls = actors.map((actor) => actor.slow.remote(60_000))
    await expect
      .poll(async () => (await fleet.connection.keys(key('actor-*:active').replace(/[{}]/g, '\\$&'))).length)
      .toBe(20)
    await killWorker(first)
    await start()
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toBeInstanceOf(ActorDiedError)
      expect(error.message).toMatch(/worker process .*ended/)
    }
    await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
  }, 60_000)

  it('X7 keep the order of their calls: what was under way comes before what was made later', async () => {
    const first = await start('--resources', 'here=1')
    await start('--resources', 'there=1')
    const log = remote(Log, { maxConcurrency: 9, resources: { there: 0.1 } }).remote()
    const options = { maxRestarts: 1, maxTaskRetries: -1, resources: { here: 0.1 } }
    const actor = remote(Stepper, options).remote()
    const calls = many(4).map((i) => actor.step.remote(i, log))
    await expect.poll(() => get(log.all.remote())).toEqual([0])
    await killWorker(first)
    calls.push(actor.step.remote(4, log))
    await start('--resources', 'here=1')
    await expect.poll(() => get(log.all.remote()), { timeout: 20_000 }).toEqual([0, 0])
    await get(log.goOn.remote())
    await get(calls)
    expect(await get(log.all.remote())).toEqual([0, 0, 1, 2, 3, 4])
    kill(actor)
    kill(log)
    await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
  }, 60_000)

  it('X12 may be killed before anybody has noticed: their calls fail, and nothing is left', async () => {
    const first = await start()
    const actors = many(20).map(() => Shared.options({ maxRestarts: -1 }).remote())
    await get(actors.map((actor) => actor.add.remote()))
    const calls = actors.map((actor) => actor.slow.remote(60_000))
    await expect
      .poll(async () => (await fleet.connection.keys(key('actor-*:active').replace(/[{}]/g, '\\$&'))).length)
      .toBe(20)
    await killWorker(first)
    for (const actor of actors) kill(actor)
    await start()
    for (const error of await Promise.all(calls.map(failureOf))) expect(error).toBeInstanceOf(ActorDiedError)
    await expect.poll(async () => (await actorQueueKeys()).length, { timeout: 20_000 }).toBe(0)
  }, 60_000)
})

describe('an actor of a worker process that was held up until another had it', () => {
  class Waiter {
    async wait(log: string, flag: string): Promise<number> {
      appendFileSync(log, `${process.pid}\n`)
      currentTask()!.signal.addEventListener('abort', () => appendFileSync(log, `${process.pid} left\n`))
      while (!existsSync(flag)) await new Promise((resolve) => setTimeout(resolve, 5))
      return process.pid
    }
  }

  it('X12 has its calls run there: that they ended where it was before is no result', async () => {
    const [log, flag] = [workspace.path('log'), workspace.path('flag')]
    const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
    const held = await start()
    const options = { maxRestarts: 1, maxTaskRetries: 1, isolate: false }
    const actor = remote(Waiter, options).remote()
    const result = get(actor.wait.remote(log, flag))
    const ended = result.catch((error: unknown) => error)
    const before = String(held.child.pid)
    await expect.poll(lines, { timeout: 20_000 }).toEqual([before])
    held.child.kill('SIGSTOP')
    const after = String((await start()).child.pid)
    await expect.poll(lines, { timeout: 20_000 }).toEqual([before, after])
    held.child.kill('SIGCONT')
    await expect.poll(lines, { timeout: 20_000 }).toEqual([before, after, `${before} left`])
    writeFileSync(flag, '')
    expect(String(await ended)).toBe(after)
    kill(actor)
  }, 60_000)
})

describe('a call of an actor', () => {
  it('X7 of which Redis has nothing, for the actor is dead, fails with that, also where connections break meanwhile', async () => {
    // No worker is there: it waits.
    const call = remote(
      class Never {
        get(): number {
          return 1
        }
      },
    )
      .remote()
      .get.remote()
    const failed = failureOf(call)
    const frames = () => fleet.connection.keys(key('call:t-*'))
    await expect.poll(frames).toHaveLength(1)
    const [id] = await fleet.connection.smembers(key('actors'))
    const dead = await fleet.connection
      .multi()
      .unlink(...(await frames()), ...(await actorQueueKeys()))
      .hset(key(`actor:${id}`), 'state', 'dead')
      .srem(key('actors'), id!)
      .exec()
    expect(dead?.map(([error]) => error)).toEqual([null, null, null])
    await fleet.connection.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await failed).toBeInstanceOf(ActorDiedError)
  })
})

describe("an actor that is another process's by now", () => {
  it('X12 is said to live where the job of its start is, and nowhere else', async () => {
    const link = await openLink('node', { address: fleet.redis.address, namespace: fleet.redis.namespace })
    const { redis, keys } = link
    const [actor, job] = [keys.actor('a-1'), `${keys.prefix}:none:a-1`]
    const lock = `${job}:lock`
    const host = (token: string, process: string) =>
      redis.cornichonHostActor(3, actor, job, lock, token, process)
    await redis.set(lock, 'first')
    expect(await host('first', 'node-1')).toBe(1)
    await redis.set(lock, 'second')
    expect(await host('second', 'node-2')).toBe(1)
    // It was held up before it could say so.
    expect(await host('first', 'node-1')).toBe(0)
    expect(await redis.hget(actor, 'node')).toBe('node-2')
    await redis.unlink(actor, lock)
    expect(await host('second', 'node-2')).toBe(0)
    expect(await redis.exists(actor)).toBe(0)
    // Its time is over, and nobody has had it since.
    await redis.hset(job, 'pb', 'node-2')
    expect([await host('second', 'node-2'), await host('first', 'node-1')]).toEqual([1, 0])
    await link.close()
  })

  it('X12 lives there, though it dies where it was', async () => {
    const worker = await start()
    class Exits {
      pid(): number {
        return process.pid
      }
      exit(): void {
        process.exit(3)
      }
    }
    const actor = remote(Exits).remote()
    await get(actor.pid.remote())
    const [id] = await fleet.connection.smembers(key('actors'))
    const record = key(`actor:${id}`)
    await fleet.connection.hset(record, 'node', 'node-another')
    const cutOff = failureOf(actor.exit.remote())
    await expect.poll(() => worker.output.join(''), { timeout: 20_000 }).toMatch(/ended: .*exit code 3/)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await fleet.connection.hget(record, 'state')).toBe('alive')
    expect(await fleet.connection.exists(key(`call:${id}`))).toBe(1)
    // There is no such process: so it is found as that of a dead one is.
    expect(await cutOff).toBeInstanceOf(ActorDiedError)
  })

  it('X12 is not taken back where that one is held up, too', async () => {
    const log = workspace.path('log-both')
    const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
    class Counts {
      count = 0
      constructor(file: string) {
        appendFileSync(file, `${process.pid}\n`)
      }
      add(): readonly [number, number] {
        return [process.pid, ++this.count]
      }
    }
    const first = await start()
    const actor = remote(Counts, { maxRestarts: -1, maxTaskRetries: -1, isolate: false }).remote(log)
    expect(await get(actor.add.remote())).toEqual([first.child.pid, 1])
    first.child.kill('SIGSTOP')
    const second = await start()
    await expect.poll(lines, { timeout: 20_000 }).toEqual([first, second].map(({ child }) => `${child.pid}`))
    expect(await get(actor.add.remote())).toEqual([second.child.pid, 1])
    second.child.kill('SIGSTOP')
    const [id] = await fleet.connection.smembers(key('actors'))
    const lock = key(`none:${id}:lock`)
    expect(await fleet.connection.exists(lock)).toBe(1)
    await expect.poll(() => fleet.connection.exists(lock), { timeout: 20_000 }).toBe(0)
    first.child.kill('SIGCONT')
    // Its state here is from before it was another's: it starts anew.
    expect(await get(actor.add.remote())).toEqual([first.child.pid, 1])
    expect(lines().length).toBe(3)
    second.child.kill('SIGCONT')
    kill(actor)
  }, 60_000)
})

describe('an actor of a worker process that stood still as it began', () => {
  it('X12 stays dead, if it was found to be that meanwhile', async () => {
    const held = await start('--resources', 'here=1')
    class Late {
      constructor(file: string) {
        process.kill(process.pid, 'SIGSTOP')
        writeFileSync(file, '')
      }
      get(): number {
        return 1
      }
    }
    const file = workspace.path('late')
    const actor = remote(Late, { isolate: false, resources: { here: 1 } }).remote(file)
    const first = failureOf(actor.get.remote())
    await start('--resources', 'here=1')
    expect(await first).toBeInstanceOf(ActorDiedError)
    held.child.kill('SIGCONT')
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const asks = remote((late: ActorHandle<Late>) => get(late.get.remote()))
    expect(await failureOf(asks.remote(actor))).toBeInstanceOf(ActorDiedError)
  })
})

describe('an actor that is about to start', () => {
  const driver = (body: string) =>
    startDriver(
      fleet.redis,
      `class Named { constructor(x) { this.x = x } what() { return this.x } }
       const Detached = remote(Named, { name: 'named', lifetime: 'detached' })
       const never = remote(() => new Promise(() => {}), { numCpus: 0 })
       ${body}`,
    )
  const what = async () => get((await getActor<{ what(): number }>('named')).what.remote())

  it('X7 ends with the process that holds it back: its calls fail, and its name is free', async () => {
    await start()
    const { child, ended } = driver('Detached.remote(never.remote())')
    const id = () => fleet.connection.get(key('name:named'))
    await expect.poll(id, { timeout: 20_000 }).not.toBeNull()
    const failure = what().catch((error: Error) => error)
    await expect.poll(async () => (await actorQueueKeys()).length).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await ended
    // As if its time was over.
    await fleet.connection.del(
      key(`lease:${await fleet.connection.hget(key(`actor:${await id()}`), 'owner')}`),
    )
    expect(await failure).toBeInstanceOf(ActorDiedError)
    expect(String(await failure)).toMatch(/never lived: the process that was about to start it has ended/)
    await expect(what()).rejects.toThrow('there is no actor named "named"')
    expect(await get(Shared.options({ name: 'named' }).remote().add.remote())).toBe(1)
  }, 30_000)

  it('X7 leaves nothing that stays, where that process is killed', async () => {
    await start()
    const { child, ended } = driver('Detached.remote(never.remote())')
    const { connection } = fleet
    const id = () => connection.get(key('name:named'))
    await expect.poll(id, { timeout: 20_000 }).not.toBeNull()
    const first = await id()
    const keysOf = (actor: string | null) => [key('name:named'), key(`actor:${actor}`)]
    const livesOf = (actor: string | null) => Promise.all(keysOf(actor).map((each) => connection.pttl(each)))
    child.kill('SIGKILL')
    await ended
    for (const life of await livesOf(first)) expect(life).toBeGreaterThan(0)
    // As if their time was over.
    await connection.del(keysOf(first))
    const next = Shared.options({ name: 'named' }).remote()
    expect(await get(next.add.remote())).toBe(1)
    const second = await id()
    expect(await livesOf(second)).toEqual([-1, -1])
    const listed = await look(fleet.redis, (view) => view.actors())
    expect(listed.map((actor) => actor.id)).toContain(second)
    expect(await connection.sismember(key('actors'), first!)).toBe(0)
    // Until here it has a handle.
    kill(next)
  })

  it('X7 and is detached starts if its driver is shut down at once; one that waits for an argument does not', async () => {
    await start()
    await driver('Detached.remote(5); await shutdown()').ended
    expect(await what()).toBe(5)
    kill(await getActor('named'))
    await driver('Detached.remote(never.remote()); await shutdown()').ended
    await expect(what()).rejects.toThrow('there is no actor named "named"')
  })

  it('X7 is refused by its first call, too, if its name is taken by what another driver has left', async () => {
    await start()
    await driver('Detached.remote(5); await shutdown()').ended
    const again = Shared.options({ name: 'named', lifetime: 'detached' }).remote()
    await expect(get(again.add.remote())).rejects.toThrow('there is an actor named "named" already')
    kill(await getActor('named'))
  })

  it('X7 ends with the worker whose task has started it, which its handles are told', async () => {
    const first = await start('--resources', 'here=1')
    await start('--resources', 'there=1')
    const starts = remote(() => Shared.options({ resources: { there: 0.1 } }).remote(), {
      resources: { here: 1 },
    })
    const actor = await get(starts.remote())
    expect(await get(actor.add.remote())).toBe(1)
    await first.stop()
    await expect(get(actor.add.remote())).rejects.toThrow(/ended with the worker process whose task started/)
  })

  it('X7 is dead if the time is over of what it needs', async () => {
    const actor = Shared.remote()
    const call = failureOf(actor.add.remote())
    const { connection } = fleet
    const start = () => connection.keys(key('call:a-*').replace(/[{}]/g, '\\$&'))
    await expect.poll(async () => (await start()).length).toBe(1)
    await connection.del(await start())
    await fleet.start()
    expect(await call).toBeInstanceOf(ActorDiedError)
    expect((await call).message).toMatch(/can't start: what it needs is not in Redis any more/)
  })
})
