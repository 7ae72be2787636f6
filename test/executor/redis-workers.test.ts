// What a fleet survives: worker processes that are killed, drained or too new; each task's result is there all the same.
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  ActorDiedError,
  cancel,
  get,
  getActor,
  kill,
  put,
  remote,
  shutdown,
  TaskCancelledError,
  WorkerCrashedError,
} from 'cornichon/executor'
import { afterAll, describe, expect, it } from 'vitest'
import { failureOf, look, testFleet } from '../support/fleet.ts'
import { createWorkspace } from '../support/workspace.ts'

/** Many more, for a machine that has the time: each result is checked. */
const taskCount = Number(process.env.CORNICHON_FAULT_TASKS ?? 400)

const workspace = createWorkspace()
const fleet = testFleet('--num-cpus', '2', '--recover-after', '2')
const { workers, start, killWorker, join, key } = fleet

afterAll(() => workspace.remove())

/** Where tasks note that they begin, and the file that lets them end. */
const files = (name: string) => {
  const [log, flag] = [workspace.path(`log of ${name}`), workspace.path(`flag of ${name}`)]
  writeFileSync(log, '')
  const logged = () => readFileSync(log, 'utf8')
  return { log, flag, logged, begun: () => logged().split('\n').filter(Boolean) }
}
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const square = remote(async (n: number) => {
  await new Promise((resolve) => setTimeout(resolve, 5))
  return n * n
})

describe('worker processes', () => {
  it('X12 are killed at random moments under load: every result is right, none is lost', async () => {
    await Promise.all([start(), start()])
    const patient = square.options({ maxRetries: -1 })
    const refs = Array.from({ length: taskCount }, (_, i) => patient.remote(i))
    let isDone = false
    const results = get(refs).finally(() => {
      isDone = true
    })
    const chaos = (async () => {
      while (!isDone) {
        await pause(100 + Math.random() * 300)
        const all = [...workers]
        const victim = all[Math.floor(Math.random() * all.length)]
        if (isDone || victim === undefined) continue
        await killWorker(victim)
        await start()
      }
    })()
    expect(await results).toEqual(refs.map((_, i) => i * i))
    await chaos
  })

  it('X12 a task that ends its worker process each time fails, after maxRetries', async () => {
    await start()
    const deadly = remote(() => process.kill(process.pid, 'SIGKILL'), { maxRetries: 1, name: 'deadly' })
    const ref = deadly.remote()
    const failure = get(ref).catch((error: unknown) => error)
    for (let i = 0; i < 2; i++) {
      const [worker] = workers
      await new Promise((resolve) => worker!.child.once('exit', resolve))
      workers.delete(worker!)
      await start()
    }
    const error = await failure
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(String(error)).toMatch(/worker process ended while it ran task deadly/)
  })

  it('X12 a thread that ends hurts its task alone, with the exit code', async () => {
    await start()
    const others = Array.from({ length: 20 }, (_, i) => square.remote(i))
    const error = await get(remote(() => process.exit(3), { maxRetries: 1 }).remote()).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error).toMatchObject({ exitCode: 3 })
    expect(await get(others)).toEqual(others.map((_, i) => i * i))
  })

  it('a call that is made before there is a worker waits for the first', async () => {
    const ref = square.remote(12)
    await start()
    expect(await get(ref)).toBe(144)
  })

  it('work for a driver whose event loop stands still for longer than its lease lasts', async () => {
    const ref = square.remote(13)
    const { connection } = fleet
    await expect.poll(() => connection.llen(key('CPU=1:wait'))).toBe(1)
    const [lease] = await connection.keys(key('lease:driver-*'))
    await connection.del(lease!)
    await start()
    // Where it looks when it goes on.
    const result = key(`obj:${ref.id}`)
    await expect.poll(() => connection.exists(result), { timeout: 20_000 }).toBe(1)
    expect(await connection.get(result)).toContain('"ok":true')
  })

  it('end what its driver has cancelled, and that heeds no signal, when the driver leaves: others have its slots', async () => {
    await start()
    const { log, begun } = files('cancelled')
    const stuck = remote(
      (name: string) => {
        appendFileSync(log, `${name}\n`)
        return new Promise<never>(() => {})
      },
      { numCpus: 1 },
    )
    // The second is a call of the worker process, and not of the driver.
    const refs = [stuck.remote('a'), remote(() => get(stuck.remote('b')), { numCpus: 1 }).remote()]
    await expect.poll(begun).toHaveLength(2)
    for (const ref of refs) cancel(ref)
    for (const ref of refs) await expect(get(ref)).rejects.toThrow(TaskCancelledError)
    // The worker has heard of it, and nothing is under way for it any more.
    await expect.poll(() => fleet.connection.llen(key('CPU=1:active'))).toBe(0)
    await shutdown()
    await join()
    expect(await get(remote(() => 'all', { numCpus: 2 }).remote())).toBe('all')
  })

  it('SIGTERM: what runs ends, what waits goes to others, and the exit code is 0', async () => {
    const first = await start()
    const { log, flag, begun } = files('what runs')
    const slow = remote(async (file: string, end: string, n: number) => {
      appendFileSync(file, `${process.pid}\n`)
      while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5))
      return [n, process.pid]
    })
    const refs = [1, 2, 3, 4].map((n) => slow.remote(log, flag, n))
    await expect.poll(begun, { timeout: 20_000 }).toHaveLength(2)
    const stopped = first.stop()
    workers.delete(first)
    await start()
    await expect.poll(begun, { timeout: 20_000 }).toHaveLength(4)
    writeFileSync(flag, '')
    const results = await get(refs)
    expect(results.map(([n]) => n)).toEqual([1, 2, 3, 4])
    expect(new Set(results.map(([, pid]) => pid)).size).toBe(2)
    expect(await stopped).toBe(0)
  })

  it('SIGTERM: what has begun and does not end in time fails if it has no retries; what has not begun runs', async () => {
    const first = await start('--grace', '1')
    const { log, flag, begun } = files('tries')
    const once = remote(
      async (file: string, end: string, n: number) => {
        appendFileSync(file, `${n}\n`)
        while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5))
        return n
      },
      { maxRetries: 0 },
    )
    const outcomes = [0, 1, 2, 3].map((n) => get(once.remote(log, flag, n)).catch((error: Error) => error))
    await expect.poll(begun, { timeout: 20_000 }).toHaveLength(2)
    const cutOff = begun()
    workers.delete(first)
    expect(await first.stop()).toBe(0)
    await start()
    await expect.poll(begun, { timeout: 20_000 }).toHaveLength(4)
    writeFileSync(flag, '')
    for (const [n, outcome] of (await Promise.all(outcomes)).entries())
      if (!cutOff.includes(`${n}`)) expect(outcome).toBe(n)
      else {
        expect(outcome).toBeInstanceOf(WorkerCrashedError)
        expect((outcome as Error).message).toMatch(/was stopped \(by SIGTERM or SIGINT\), and it did not end/)
      }
    expect(new Set(begun()).size).toBe(4)
  })

  it('SIGTERM: a call that returns nothing, and does not end in time, runs again in another', async () => {
    const first = await start('--grace', '1')
    const { log, flag, logged } = files('nothing')
    const slow = remote(
      async (file: string, end: string) => {
        appendFileSync(file, 'begins ')
        while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5))
        appendFileSync(file, 'ends ')
      },
      { numReturns: 0 },
    )
    slow.remote(log, flag)
    await expect.poll(logged, { timeout: 20_000 }).toBe('begins ')
    workers.delete(first)
    expect(await first.stop()).toBe(0)
    await start()
    await expect.poll(logged, { timeout: 20_000 }).toBe('begins begins ')
    writeFileSync(flag, '')
    await expect.poll(logged, { timeout: 20_000 }).toBe('begins begins ends ')
  })
})

describe('a worker process with a task in a call that nothing interrupts', () => {
  it.each([
    ['SIGTERM', 1],
    ['SIGTERM twice', 2],
  ])('%s: it ends all the same, and the task runs in another', async (name, signals) => {
    const first = await start('--grace', signals === 1 ? '0' : '600')
    const { log, flag, logged } = files(name)
    const waits = 'setInterval(() => fs.existsSync(process.argv[1]) && process.exit(), 20)'
    const blocked = remote((file: string, end: string) => {
      appendFileSync(file, 'begins ')
      execFileSync(process.execPath, ['-e', waits, end])
      return process.pid
    })
    const ref = blocked.remote(log, flag)
    await expect.poll(logged, { timeout: 20_000 }).toBe('begins ')
    workers.delete(first)
    const ended = first.stop()
    if (signals === 2) {
      await expect.poll(() => first.output.join(''), { timeout: 20_000 }).toContain('stopping')
      first.child.kill('SIGTERM')
    }
    await ended
    expect(first.child.signalCode).toBe('SIGKILL')
    expect(first.output.join('')).toMatch(/ends by SIGKILL: a task is in a call that nothing interrupts/)
    const other = await start()
    await expect.poll(logged, { timeout: 20_000 }).toBe('begins begins ')
    writeFileSync(flag, '')
    expect(await get(ref)).toBe(other.child.pid)
  })
})

class Counter {
  count = 0
  add(by: number): number {
    this.count += by
    return this.count
  }
  pid(): number {
    return process.pid
  }
  die(): void {
    process.kill(process.pid, 'SIGKILL')
  }
  async addWhen(flag: string, by: number, log?: string): Promise<number> {
    if (log !== undefined) appendFileSync(log, `${by} `)
    while (!existsSync(flag)) await new Promise((resolve) => setTimeout(resolve, 5))
    return this.add(by)
  }
}

class Slow {
  constructor(log: string, flag: string) {
    appendFileSync(log, 'begins ')
    const word = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(flag)) Atomics.wait(word, 0, 0, 5)
  }
  isUp(): boolean {
    return true
  }
}

describe('a worker process that is drained', () => {
  it('gives up what its tasks have started and left, and whoever waits for that is told', async () => {
    const first = await start('--num-cpus', '0', '--resources', 'first=1')
    const never = remote((_: number) => new Promise<number>(() => {}), { numCpus: 0.5 })
    const starts = remote(
      () => {
        const running = never.remote(1)
        return { running, waiting: never.options({ numCpus: 2 }).remote(1), held: never.remote(running) }
      },
      { numCpus: 0, resources: { first: 1 } },
    )
    await start()
    const { running, waiting, held } = await get(starts.remote())
    workers.delete(first)
    expect(await first.stop()).toBe(0)
    for (const ref of [running, waiting, held])
      await expect(get(ref)).rejects.toThrow(/was given up: the worker process .* has ended/)
  })
})

describe('a worker process that is killed', () => {
  it('leaves nobody waiting for a call that it held back, and whose ref it had given away', async () => {
    const first = await start('--num-cpus', '0', '--resources', 'first=1')
    const never = remote((_: number) => new Promise<number>(() => {}), { numCpus: 0 })
    const starts = remote(() => ({ held: never.remote(never.remote(1)) }), {
      ...{ numCpus: 0, resources: { first: 1 } },
    })
    const { held } = await get(starts.remote())
    const { connection } = fleet
    const maker = () => connection.get(key(`maker:${held.id}`))
    await expect.poll(maker).toMatch(/^node-/)
    const lease = key(`lease:${await maker()}`)
    const failure = failureOf(held)
    await killWorker(first)
    // As if its time was over.
    await connection.del(lease)
    expect((await failure).message).toMatch(/will not be made: the worker process has ended/)
  })
})

describe('actors', () => {
  it('X7 start again in another worker process, from their constructor, as often as maxRestarts says', async () => {
    const first = await start()
    const counter = remote(Counter, { maxRestarts: 1, maxTaskRetries: -1 }).remote()
    expect(await get(counter.add.remote(5))).toBe(5)
    const before = await get(counter.pid.remote())
    await killWorker(first)
    await start()
    expect(await get(counter.add.remote(1))).toBe(1)
    expect(await get(counter.pid.remote())).not.toBe(before)
    const [second] = workers
    await killWorker(second!)
    await start()
    await expect(get(counter.add.remote(1))).rejects.toBeInstanceOf(ActorDiedError)
  })

  it('X7 a call that was under way fails, unless maxTaskRetries lets it run again', async () => {
    await start()
    const counter = remote(Counter, { maxRestarts: -1 }).remote()
    const dying = get(counter.die.remote()).catch((error: unknown) => error)
    // Made with it: they come back as one job.
    const behind = [1, 2, 3].map((by) => counter.add.remote(by))
    const [worker] = workers
    await new Promise((resolve) => worker!.child.once('exit', resolve))
    workers.delete(worker!)
    await start()
    expect(await dying).toBeInstanceOf(ActorDiedError)
    expect(await get(behind)).toEqual([1, 3, 6])
    expect(await get(counter.add.remote(2))).toBe(8)
  })

  it('X7 a detached actor outlives its driver; any driver finds it by its name', async () => {
    await start()
    const counter = remote(Counter, { name: 'detached', lifetime: 'detached' }).remote()
    expect(await get(counter.add.remote(3))).toBe(3)
    await shutdown()
    await join()
    const found = await getActor<Counter>('detached')
    expect(await get(found.add.remote(4))).toBe(7)
    expect(() => remote(Counter, { name: 'other' }).remote()).not.toThrow()
    kill(found)
    await expect(getActor('detached')).rejects.toThrow(/no actor named/)
  })
})

describe('actors of a worker process that is drained', () => {
  /** The worker process with that number. */
  const workerOf = (pid: number) => {
    const worker = [...workers].find(({ child }) => child.pid === pid)!
    workers.delete(worker)
    return worker
  }
  const restartsOf = async () => {
    const actors = await look(fleet.redis, (view) => view.actors())
    return actors.map(({ restarts }) => restarts)
  }

  it('X7 die if they may not start again: their state is gone, which nobody is to find out by himself', async () => {
    await Promise.all([start(), start()])
    const counter = remote(Counter).remote()
    expect(await get(counter.add.remote(5))).toBe(5)
    const host = workerOf(await get(counter.pid.remote()))
    expect(await host.stop()).toBe(0)
    const error = await failureOf(counter.add.remote(1))
    expect(error).toBeInstanceOf(ActorDiedError)
    expect(error.message).toMatch(
      /worker process .* was stopped \(by SIGTERM .* has ended; .* maxRestarts .*again/,
    )
    const { id } = (counter as unknown as { readonly info: { readonly id: string } }).info
    const left = async () => (await fleet.actorQueueKeys()).filter((name) => name.includes(`:actor-${id}:`))
    await expect.poll(left, { timeout: 20_000 }).toEqual([])
  })

  it('X7 start again elsewhere, as often as maxRestarts says; what runs ends, what waits goes with them', async () => {
    await Promise.all([start(), start()])
    const flag = workspace.path('flag of an actor')
    const counter = remote(Counter, { maxRestarts: 1 }).remote()
    const before = await get(counter.pid.remote())
    const log = workspace.path('log of an actor')
    const logged = () => readFileSync(log, 'utf8')
    writeFileSync(log, '')
    const slow = counter.addWhen.remote(flag, 5, log)
    const waiting = [1, 2, 3].map((by) => counter.add.remote(by))
    await expect.poll(logged, { timeout: 20_000 }).toBe('5 ')
    const host = workerOf(before)
    const stopped = host.stop()
    await expect.poll(() => host.output.join('\n'), { timeout: 20_000 }).toContain('"state":"stopping"')
    writeFileSync(flag, '')
    expect(await get(slow)).toBe(5)
    expect(await stopped).toBe(0)
    expect(await get(waiting)).toEqual([1, 3, 6])
    expect(await restartsOf()).toEqual([1])
    const after = await get(counter.pid.remote())
    expect(after).not.toBe(before)
    // One that waits in its mailbox when it dies.
    const other = workspace.path('other flag of an actor')
    const last = counter.addWhen.remote(other, 4, log)
    const late = failureOf(counter.add.remote(1))
    await expect.poll(logged).toBe('5 4 ')
    const second = workerOf(after)
    const ended = second.stop()
    await expect.poll(() => second.output.join('\n'), { timeout: 20_000 }).toContain('"state":"stopping"')
    writeFileSync(other, '')
    expect(await get(last)).toBe(10)
    expect((await late).message).toMatch(/was stopped .* as often as its maxRestarts says \(1\)/)
    expect(await ended).toBe(0)
  })

  it('X7 that have not lived yet are not charged for it', async () => {
    const first = await start()
    const log = workspace.path('log of a constructor')
    const flag = workspace.path('flag of a constructor')
    writeFileSync(log, '')
    const slow = remote(Slow).remote(log, flag)
    await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 20_000 }).toBe('begins ')
    workers.delete(first)
    expect(await first.stop()).toBe(0)
    writeFileSync(flag, '')
    await start()
    expect(await get(slow.isUp.remote())).toBe(true)
    expect(readFileSync(log, 'utf8')).toBe('begins begins ')
    expect(await restartsOf()).toEqual([0])
  })

  it('X7 are not charged again for a kill that they have had before', async () => {
    await Promise.all([start(), start()])
    const counter = remote(Counter, { maxRestarts: 2 }).remote()
    expect(await get(counter.add.remote(5))).toBe(5)
    kill(counter, { noRestart: false })
    expect(await get(counter.add.remote(3))).toBe(3)
    await workerOf(await get(counter.pid.remote())).stop()
    expect(await get(counter.add.remote(1))).toBe(1)
    expect(await restartsOf()).toEqual([2])
  })

  it('X7 a call that does not end in time fails, unless maxTaskRetries lets it run again', async () => {
    const first = await start('--grace', '1')
    const log = workspace.path('log of calls')
    const flag = workspace.path('flag of calls')
    writeFileSync(log, '')
    const Twice = remote(Counter, { maxRestarts: 1, numCpus: 0 })
    const [once, twice] = [Twice.remote(), Twice.options({ maxTaskRetries: 1 }).remote()]
    const calls = [once.addWhen.remote(flag, 1, log), twice.addWhen.remote(flag, 2, log)] as const
    const failure = failureOf(calls[0])
    await expect
      .poll(() => readFileSync(log, 'utf8').split(' ').sort().join(''), { timeout: 20_000 })
      .toBe('12')
    workers.delete(first)
    expect(await first.stop()).toBe(0)
    expect(await failure).toBeInstanceOf(ActorDiedError)
    expect(String(await failure)).toMatch(/died while it ran Counter.addWhen: its worker process ended/)
    writeFileSync(flag, '')
    await start()
    expect(await get(calls[1])).toBe(2)
    expect(await get(once.add.remote(1))).toBe(1)
    expect(readFileSync(log, 'utf8').split(' ').sort().join('')).toBe('122')
  })
})

describe('many actors', () => {
  /** 1,000, for a machine that has the memory: each is a thread. */
  const actorCount = Number(process.env.CORNICHON_FAULT_ACTORS ?? 16)

  it(
    'X7 have each its own state, and keep the order of their calls',
    async () => {
      // Threads that start keep a machine busy: nobody is to take that for a death.
      await Promise.all([start('--recover-after', '20'), start('--recover-after', '20')])
      const Light = remote(Counter, { numCpus: 0 })
      const actors = Array.from({ length: actorCount }, () => Light.remote())
      const counts = await get(
        actors.flatMap((actor, i) => Array.from({ length: 5 }, () => actor.add.remote(i))),
      )
      expect(counts).toEqual(actors.flatMap((_, i) => [1, 2, 3, 4, 5].map((n) => n * i)))
      // A thread for each has to start.
    },
    Math.max(120_000, actorCount * 1000),
  )
})

describe('large values', () => {
  it('X11 go as bytes, in chunks, both ways', async () => {
    await start()
    const bytes = new Uint8Array(Number(process.env.CORNICHON_FAULT_BYTES ?? 20 << 20)).fill(7)
    bytes[bytes.length - 1] = 8
    const change = remote((values: Uint8Array) => {
      values[0] = 1
      return values
    })
    const result = await get(change.remote(put(bytes)))
    expect(result.length).toBe(bytes.length)
    expect([result[0], result[1], result.at(-1)]).toEqual([1, 7, 8])
  })
})
