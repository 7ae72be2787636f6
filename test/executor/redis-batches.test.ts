// Calls that are made at once travel together; what is promised of each call holds all the same.
import { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import {
  cancel,
  describeExecutor,
  get,
  init,
  remote,
  shutdown,
  TaskCancelledError,
  WorkerCrashedError,
} from 'cornichon/executor'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorker, type TestWorker } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { createWorkspace } from '../support/workspace.ts'

const workspace = createWorkspace()
let redis: TestRedis
const workers = new Set<TestWorker>()
const start = async (cpus = 1, recoverAfter = 2) => {
  const worker = await startWorker(
    redis,
    ...['--num-cpus', String(cpus), '--recover-after', String(recoverAfter)],
  )
  workers.add(worker)
  return worker
}
const died = async (worker: TestWorker) => {
  await new Promise((resolve) => worker.child.once('exit', resolve))
  workers.delete(worker)
}

beforeAll(async () => {
  redis = await startRedis()
})
let count = 0
let log: string
let flag: string
beforeEach(async () => {
  log = workspace.path(`log-${++count}`)
  flag = workspace.path(`flag-${count}`)
  writeFileSync(log, '')
  await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
})
afterEach(async () => {
  await shutdown()
  await Promise.all([...workers].map((worker) => worker.kill()))
  workers.clear()
})
afterAll(async () => {
  await redis.stop()
  workspace.remove()
})

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const runs = () => readFileSync(log, 'utf8').split('\n').filter(Boolean).map(Number)
const numbers = (length: number) => Array.from({ length }, (_, i) => i)
/** Notes that it runs; gives back what it was given. */
const note = remote((file: string, n: number) => {
  appendFileSync(file, `${n}\n`)
  return n
})
/** Until there is a file. */
const blocker = remote(async (file: string) => {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
})

describe('calls that are made at once', () => {
  it('run again after a crash of their worker process only if they had no result; results are those of their calls', async () => {
    const first = await start()
    const deadly = remote(
      async (file: string, mark: string, n: number) => {
        appendFileSync(file, `${n}\n`)
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (n === 20 && !existsSync(mark)) {
          writeFileSync(mark, '')
          process.kill(process.pid, 'SIGKILL')
        }
        return n * n
      },
      { maxRetries: 1 },
    )
    const settled = new Set<number>()
    const refs = numbers(60).map((n) => deadly.remote(log, flag, n))
    const results = refs.map((ref, n) =>
      get(ref).then((value) => {
        if (!existsSync(flag)) settled.add(n)
        return value
      }),
    )
    await died(first)
    await start()
    expect(await Promise.all(results)).toEqual(numbers(60).map((n) => n * n))
    expect(settled.size).toBeGreaterThan(10)
    for (const n of settled) expect(runs().filter((each) => each === n)).toHaveLength(1)
    expect(runs().filter((each) => each === 20)).toHaveLength(2)
  })

  it('are not charged for a crash before they begin: with maxRetries 0, only what ran fails', async () => {
    const first = await start()
    const deadly = remote(
      async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (n === 3) process.kill(process.pid, 'SIGKILL')
        return n
      },
      { maxRetries: 0 },
    )
    const outcomes = Promise.allSettled(numbers(30).map((n) => get(deadly.remote(n))))
    await died(first)
    await start()
    const failed = (await outcomes).flatMap((outcome, n) => (outcome.status === 'rejected' ? [n] : []))
    expect(failed).toEqual([3])
    expect((await outcomes)[3]).toMatchObject({ reason: expect.any(WorkerCrashedError) })
  })

  it('that end their worker process each time fail after maxRetries, and the others do not', async () => {
    let worker = await start()
    const deadly = remote(
      (n: number) => {
        if (n === 7) process.kill(process.pid, 'SIGKILL')
        return n
      },
      { maxRetries: 1 },
    )
    const outcomes = Promise.allSettled(numbers(10).map((n) => get(deadly.remote(n))))
    let deaths = 0
    while ((await Promise.race([outcomes, died(worker)])) === undefined) {
      deaths++
      worker = await start()
    }
    // The first may come before it was said what had begun.
    expect([2, 3]).toContain(deaths)
    const failed = (await outcomes).flatMap((outcome, n) => (outcome.status === 'rejected' ? [n] : []))
    expect(failed).toContain(7)
    expect(failed.every((n) => n >= 7)).toBe(true)
  })

  const once = remote(async (file: string, end: string, n: number) => {
    appendFileSync(file, `${n}\n`)
    while (!existsSync(end)) await new Promise((resolve) => setTimeout(resolve, 5))
    return n
  })
  const jobOf = (ref: { readonly id: string }) =>
    `{cornichon-${redis.namespace}}:CPU=1:${ref.id.replace(/\.0$/, '')}`

  it('run once, though their process was held up for so long that others could have them', async () => {
    const connection = redis.connect()
    // It looks for what is stalled, and has no room for it.
    await start(1, 0.5)
    const busy = once.remote(log, flag, 0)
    await expect.poll(runs, { timeout: 20_000 }).toEqual([0])
    const held = await start(2, 0.5)
    const ref = once.remote(log, flag, 1)
    await expect.poll(runs, { timeout: 20_000 }).toEqual([0, 1])
    held.child.kill('SIGSTOP')
    // It went back to the queue, and comes again.
    await expect.poll(() => connection.hget(jobOf(ref), 'stc'), { timeout: 20_000 }).toBe('1')
    held.child.kill('SIGCONT')
    await expect.poll(() => connection.exists(`${jobOf(ref)}:lock`), { timeout: 20_000 }).toBe(1)
    writeFileSync(flag, '')
    expect(await get([busy, ref])).toEqual([0, 1])
    expect(await get(numbers(8).map((n) => once.remote(log, flag, 2 + n)))).toHaveLength(8)
    expect(runs()).toHaveLength(10)
    await expect.poll(async () => (await describeExecutor()).resources.CPU!.free, { timeout: 20_000 }).toBe(3)
  })

  it('do not begin in a process that stood still for so long that others have run them', async () => {
    // So brief that many of them are sent to a thread at once.
    const brief = remote((file: string, standsStill: string | null, n: number) => {
      const global = globalThis as { log?: number }
      global.log ??= openSync(file, 'a')
      writeSync(global.log, `${n}\n`)
      if (standsStill === null || n !== 3 || existsSync(standsStill)) return
      writeFileSync(standsStill, '')
      const stopped = Date.now()
      process.kill(process.pid, 'SIGSTOP')
      while (Date.now() < stopped + 100);
    })
    const held = await start()
    for (const n of numbers(50)) await get(brief.remote(log, null, n))
    writeFileSync(log, '')
    const refs = numbers(30).map((n) => brief.remote(log, flag, n))
    await expect.poll(() => existsSync(flag), { timeout: 20_000 }).toBe(true)
    const other = await start(1)
    await get(refs)
    const before = runs()
    expect(new Set(before).size).toBe(30)
    held.child.kill('SIGCONT')
    // It takes tasks again, and has begun by then what it begins.
    await other.stop()
    workers.delete(other)
    await get(numbers(8).map(() => brief.remote(log, null, 100)))
    expect(runs().filter((n) => n < 100)).toEqual(before)
  })

  it('stay with their process whose time is over, if nobody else has taken them', async () => {
    const connection = redis.connect()
    await start(1, 1)
    const ref = once.remote(log, flag, 1)
    await expect.poll(runs, { timeout: 20_000 }).toEqual([1])
    const job = jobOf(ref)
    const [, id] = /CPU=1:(.*)$/.exec(job)!
    await connection.multi().del(`${job}:lock`).srem(job.replace(id!, 'stalled'), id!).exec()
    await expect.poll(() => connection.exists(`${job}:lock`), { timeout: 20_000 }).toBe(1)
    expect(await connection.hget(job, 'stc')).toBe(null)
    writeFileSync(flag, '')
    expect(await get(ref)).toBe(1)
  })

  it('are cancelled one by one: what waits never runs, the others do', async () => {
    await start()
    await get(note.remote(log, -1))
    const busy = blocker.remote(flag)
    const refs = numbers(10).map((n) => note.remote(log, n))
    await pause(100)
    cancel(refs[5]!)
    await expect(get(refs[5]!)).rejects.toBeInstanceOf(TaskCancelledError)
    // Whose thread has it already is told after that.
    await pause(1000)
    writeFileSync(flag, '')
    expect(await get(refs.filter((_, n) => n !== 5))).toEqual(numbers(10).filter((n) => n !== 5))
    expect(runs()).not.toContain(5)
    await get(busy)
  })

  it('do not run if the cancellation comes to the worker between the job and its start', async () => {
    await start()
    const [, first, number] = /^(.*-)(\d+)\.0$/.exec(note.remote(log, 0).id)!
    await get(note.remote(log, 1))
    // As if the job had been on its way already: nothing in Redis says that it is over.
    const early = { kind: 'cancel', call: `${first}${Number(number) + 2}`, options: {} }
    await redis.connect().xadd(`{cornichon-${redis.namespace}}:control`, '*', 'm', JSON.stringify(early))
    await pause(500)
    const ref = note.remote(log, 2)
    expect(ref.id).toBe(`${early.call}.0`)
    await expect(get(ref)).rejects.toBeInstanceOf(TaskCancelledError)
    expect(runs()).toEqual([0, 1])
  })

  it('run by their priority: the most urgent of those that wait first', async () => {
    await start()
    await get(note.remote(log, -1))
    rmSync(log)
    const busy = blocker.remote(flag)
    const isRunning = async () => (await describeExecutor()).tasks.some(({ state }) => state === 'running')
    await expect.poll(isRunning, { timeout: 20_000 }).toBe(true)
    const low = note.options({ priority: 9 })
    const high = note.options({ priority: 1 })
    const refs = numbers(20).map((n) => (n < 10 ? low : high).remote(log, n))
    await pause(500)
    writeFileSync(flag, '')
    await get([busy, ...refs] as typeof refs)
    expect(
      runs()
        .slice(0, 10)
        .every((n) => n >= 10),
    ).toBe(true)
  })

  it('are shared out between workers that have room', async () => {
    await Promise.all([start(), start()])
    const pid = remote(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return process.pid
    })
    // Both have their thread by then.
    await get(numbers(20).map(() => pid.remote()))
    const pids = await get(numbers(20).map(() => pid.remote()))
    for (const each of new Set(pids)) expect(pids.filter((one) => one === each).length).toBeGreaterThan(2)
    expect(new Set(pids).size).toBe(2)
  })

  it.each(['that waits for something', 'whose code holds its thread'])(
    'do not wait for a slow one among them %s: another worker takes what the first can not start',
    async (how) => {
      await Promise.all([start(), start()])
      const waits = how === 'that waits for something'
      const some = remote((file: string, n: number) => {
        if (n !== 0) return n
        if (!waits) while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
        return (async () => {
          while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
          return n
        })()
      })
      // It is known to be fast, so that a worker keeps many of them.
      await get(numbers(40).map((n) => some.remote(flag, n + 1)))
      const [slow, ...others] = numbers(30).map((n) => some.remote(flag, n))
      expect(await get(others)).toEqual(numbers(30).slice(1))
      writeFileSync(flag, '')
      expect(await get(slow!)).toBe(0)
      await expect
        .poll(async () => (await describeExecutor()).resources.CPU!.free, { timeout: 20_000 })
        .toBe(2)
    },
  )

  it('wait no less for a slow closure, where all before it that were made there were fast', async () => {
    await Promise.all([start(), start()])
    const closure = (n: number) => {
      const [file, isSlow] = [flag, n === 0]
      return remote(async () => {
        while (isSlow && !existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5))
        return n
      })
    }
    await get(numbers(40).map((n) => closure(n + 100).remote()))
    const [slow, ...others] = numbers(30).map((n) => closure(n).remote())
    expect(await get(others)).toEqual(numbers(30).slice(1))
    writeFileSync(flag, '')
    expect(await get(slow!)).toBe(0)
  })

  it('of closures, each made for one, stay together when others of their name have been fast', async () => {
    await start()
    const closure = (n: number) => remote(() => n)
    await get(numbers(40).map((n) => closure(n + 1000).remote()))
    const client = redis.connect()
    const jobs = async () => {
      const names = await client.keys(`{cornichon-${redis.namespace}}:*:events`)
      const events = await Promise.all(names.map((name) => client.xrange(name, '-', '+')))
      return events.flat().filter(([, fields]) => fields.includes('added')).length
    }
    const before = await jobs()
    expect(before).toBeGreaterThan(0)
    const refs = numbers(200).map((n) => closure(n).remote())
    expect(await get(refs)).toEqual(numbers(200))
    // One for each that waits for its function, otherwise.
    expect((await jobs()) - before).toBeLessThan(80)
  })

  it('are tried again one by one where their errors are worth it', async () => {
    await start(2)
    const flaky = remote(
      (file: string, n: number) => {
        appendFileSync(file, `${n}\n`)
        if (n % 2 === 1 && existsSync(`${file}-${n}`) === false) {
          writeFileSync(`${file}-${n}`, '')
          throw new RangeError(`not yet, ${n}`)
        }
        return n
      },
      { retryExceptions: true },
    )
    expect(await get(numbers(20).map((n) => flaky.remote(log, n)))).toEqual(numbers(20))
    for (const n of numbers(20)) expect(runs().filter((each) => each === n)).toHaveLength(1 + (n % 2))
  })

  it('and fail have each its own error; those that succeed with them have their results', async () => {
    await start(2)
    const half = remote((n: number) => {
      if (n % 2 === 1) throw new RangeError(`odd: ${n}`)
      return n
    })
    const outcomes = await Promise.allSettled(numbers(20).map((n) => get(half.remote(n))))
    for (const [n, outcome] of outcomes.entries())
      if (n % 2 === 0) expect(outcome).toMatchObject({ value: n })
      else
        expect(outcome).toMatchObject({
          reason: expect.objectContaining({ message: expect.stringContaining(`odd: ${n}`) }),
        })
  })

  it('and have many results each are settled all the same', async () => {
    await start(2)
    const spread = remote((n: number) => Array.from({ length: 200 }, (_, i) => n * 1000 + i)).options({
      numReturns: 200,
    })
    await get(numbers(20).flatMap((n) => spread.remote(n)))
    const refs = numbers(60).map((n) => spread.remote(n))
    expect(await get(refs.map((each) => each[199]!))).toEqual(numbers(60).map((n) => n * 1000 + 199))
  })

  it('to one actor run in their order, each once, whoever else calls it', async () => {
    await start(2)
    class Log {
      readonly seen: number[] = []
      add(n: number): number {
        return this.seen.push(n)
      }
      all(): number[] {
        return this.seen
      }
    }
    const actor = remote(Log).remote()
    const refs = numbers(500).map((n) => actor.add.remote(n))
    expect(await get(refs)).toEqual(numbers(500).map((n) => n + 1))
    expect(await get(actor.all.remote())).toEqual(numbers(500))
  })
})
