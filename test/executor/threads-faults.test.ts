// What goes wrong in a worker thread hurts the task that did it, and nothing else.
import {
  ActorDiedError,
  cancel,
  currentTask,
  describeExecutor,
  get,
  init,
  remote,
  shutdown,
  TaskCancelledError,
  TaskTimeoutError,
  WorkerCrashedError,
} from 'cornichon/executor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

beforeAll(() => init({ numCpus: 2, logToDriver: false, resourceLimits: { maxOldGenerationSizeMb: 64 } }))
afterAll(() => shutdown())

const add = remote((a: number, b: number) => a + b)
const failureOf = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail('it did not reject'),
    (error: unknown) => error,
  )

describe('a worker thread that ends', () => {
  it('X12 a task that ends its worker is tried again, and then fails with the exit code', async () => {
    const quits = remote(function quits() {
      process.exit(7)
    })
    const error = await failureOf(get(quits.options({ maxRetries: 1 }).remote()))
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error.exitCode).toBe(7)
    expect(error.message).toMatch(/thread-\d+ ended while it ran task quits .* exit code 7; after 2 tries/)
    const once = await failureOf(get(quits.options({ maxRetries: 0 }).remote()))
    expect(once.message).toMatch(/after the first try/)
  })

  it('X12 one that ends its worker only at first succeeds', async () => {
    const shaky = remote(() => {
      const { attempt } = currentTask()
      if (attempt < 3) process.exit(1)
      return attempt
    })
    expect(await get(shaky.remote())).toBe(3)
  })

  it('X12 the tasks beside it are all right', async () => {
    const refs = Array.from({ length: 200 }, (_, i) => add.remote(i, i))
    const quits = remote(() => process.exit(2), { maxRetries: 2 })
    const bad = quits.remote()
    refs.push(...Array.from({ length: 200 }, (_, i) => add.remote(i, 200)))
    expect(await failureOf(get(bad))).toBeInstanceOf(WorkerCrashedError)
    const results = await get(refs)
    expect(results.slice(0, 3)).toEqual([0, 2, 4])
    expect(results.length).toBe(400)
    expect(results.at(-1)).toBe(399)
  })

  it('X12 a task that waits in a thread is not to blame when another one ends it', async () => {
    // More tasks wait than there may be threads: so they share some.
    const leaf = remote(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (currentTask().attempt === 1) process.exit(5)
      return 1
    })
    const waits = remote(async () => get(leaf.remote()), { maxRetries: 0 })
    const refs = Array.from({ length: 12 }, () => waits.remote())
    expect(await get(refs)).toEqual(Array.from({ length: 12 }, () => 1))
  })

  it('X12 out of memory hurts one task', async () => {
    const hungry = remote(
      function hungry() {
        const held: number[][] = []
        for (;;) held.push(Array.from({ length: 10_000 }, Math.random))
      },
      { maxRetries: 0 },
    )
    const ref = hungry.remote()
    expect(await get(add.remote(1, 2))).toBe(3)
    const error = await failureOf(get(ref))
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error.message).toMatch(/ran out of memory/)
    expect(await get(add.remote(3, 4))).toBe(7)
  })

  it('an error that nothing catches ends the worker, and is the cause', async () => {
    const late = remote(
      async function late() {
        setTimeout(() => {
          throw new RangeError('nobody catches this')
        })
        await new Promise(() => {})
      },
      { maxRetries: 0 },
    )
    const error = await failureOf(get(late.remote()))
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error.message).toMatch(/nothing caught: nobody catches this/)
    expect(error.cause).toBeInstanceOf(RangeError)
  })

  it('so does a rejection that nothing handles', async () => {
    const rejects = remote(
      async () => {
        void Promise.reject(new TypeError('unhandled'))
        await new Promise(() => {})
      },
      { maxRetries: 0 },
    )
    const error = await failureOf(get(rejects.remote()))
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(await get(add.remote(1, 1))).toBe(2)
  })

  it('X8 force cancels a loop that never yields', async () => {
    const spins = remote(() => {
      for (;;);
    })
    const ref = spins.remote()
    await untilRunning(ref.id)
    cancel(ref, { force: true })
    expect(await failureOf(get(ref))).toBeInstanceOf(TaskCancelledError)
    expect(await get(add.remote(2, 2))).toBe(4)
  })

  it('X5 so does a timeout', async () => {
    const spins = remote(
      () => {
        for (;;);
      },
      { timeout: 100 },
    )
    expect(await failureOf(get(spins.remote()))).toBeInstanceOf(TaskTimeoutError)
    expect(await get(add.remote(2, 3))).toBe(5)
  })

  it('X5 maxCalls gives a function new workers', async () => {
    const where = remote(() => currentTask().worker, { maxCalls: 2, numCpus: 2 })
    const workers: string[] = []
    for (let i = 0; i < 6; i++) workers.push(await get(where.remote()))
    expect(new Set(workers).size).toBe(3)
  })
})

/** No event says so from outside. */
async function untilRunning(id: string): Promise<void> {
  const call = id.slice(0, id.lastIndexOf('.'))
  for (;;) {
    const { tasks } = await describeExecutor()
    if (tasks.some((task) => task.id === call && task.state === 'running')) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

class Fragile {
  #count = 0
  add(): number {
    return ++this.#count
  }
  quit(): never {
    process.exit(9)
  }
  quitOnce(): string {
    if (currentTask().attempt === 1) process.exit(9)
    return 'survived'
  }
}

describe('calls of which it is known that they are brief', () => {
  /** Runs until it is told, where it is told to. */
  const some = remote((gate: Int32Array | null, n: number) => {
    if (gate !== null) Atomics.wait(gate, 0, 0, 20_000)
    return [n, currentTask().attempt]
  })
  const numbers = Array.from({ length: 40 }, (_, n) => n)
  const once = numbers.map((n) => [n, 1])
  const gate = () => new Int32Array(new SharedArrayBuffer(4))
  const open = (closed: Int32Array) => {
    Atomics.store(closed, 0, 1)
    Atomics.notify(closed, 0)
  }

  it('X12 do not wait for one that is slow all the same, and each runs once', async () => {
    await get(numbers.map((n) => some.remote(null, n)))
    const closed = gate()
    const slow = some.remote(closed, -1)
    expect(await get(numbers.map((n) => some.remote(null, n)))).toEqual(once)
    open(closed)
    expect(await get(slow)).toEqual([-1, 1])
  })

  it('X12 run where one is under way already, rather than wake another thread', async () => {
    const where = remote(() => currentTask().worker)
    const three = async () => new Set(await get([where.remote(), where.remote(), where.remote()])).size
    await get(numbers.map(() => where.remote()))
    await expect.poll(three).toBe(1)
  })

  it('X12 are tried once, if another one before them ends their thread', async () => {
    const quits = remote(
      (n: number) => {
        if (n === 7) process.exit(4)
        return [n, currentTask().attempt]
      },
      { maxRetries: 1 },
    )
    await get(numbers.map((n) => quits.remote(-1 - n)))
    const refs = numbers.map((n) => quits.remote(n))
    expect(await failureOf(get(refs[7]!))).toBeInstanceOf(WorkerCrashedError)
    expect(await get(refs.filter((_, n) => n !== 7))).toEqual(once.filter((_, n) => n !== 7))
  })

  it('X12 do not wait for one that is under way and waits for another of them', async () => {
    const calls = remote((n: number): Promise<number> | number =>
      n === 0 ? get(calls.remote(n + 1)).then((one) => one - 1) : n,
    )
    await get(numbers.map((n) => calls.remote(n + 1)))
    expect(await get(numbers.map((n) => calls.remote(n % 20)))).toEqual(numbers.map((n) => n % 20))
    await expect.poll(async () => (await describeExecutor()).resources.CPU!.free).toBe(2)
  })

  it('X12 start elsewhere if their thread is ended for another one before them', async () => {
    await get(numbers.map((n) => some.remote(null, n)))
    const closed = gate()
    const slow = [some.remote(closed, -1), some.remote(closed, -2)]
    const refs = numbers.map((n) => some.remote(null, n))
    await Promise.resolve()
    for (const ref of slow) cancel(ref, { force: true })
    expect(await get(refs)).toEqual(once)
    for (const ref of slow) expect(await failureOf(get(ref))).toBeInstanceOf(TaskCancelledError)
    await expect.poll(async () => (await describeExecutor()).resources.CPU!.free).toBe(2)
  })

  it('X12 never run if they are cancelled before they begin', async () => {
    const ran = gate()
    const count = remote((closed: Int32Array | null, counter: Int32Array) => {
      if (closed !== null) Atomics.wait(closed, 0, 0, 20_000)
      return Atomics.add(counter, 0, 1)
    })
    await get(numbers.map(() => count.remote(null, ran)))
    Atomics.store(ran, 0, 0)
    const closed = gate()
    // Each has a thread to itself: one that must not be tried again is not sent after another that is under way.
    const keeps = count.options({ maxRetries: 0 })
    const first = [keeps.remote(closed, ran), keeps.remote(closed, ran)]
    const refs = numbers.map(() => count.remote(null, ran))
    // Until they are on their way.
    await Promise.resolve()
    for (const ref of refs) cancel(ref)
    for (const ref of refs) expect(await failureOf(get(ref))).toBeInstanceOf(TaskCancelledError)
    open(closed)
    await get(first)
    expect(Atomics.load(ran, 0)).toBe(2)
  })
})

describe('an actor whose thread ends', () => {
  it('X7 is dead, and says why', async () => {
    const actor = remote(Fragile).remote()
    await get(actor.add.remote())
    const calls = [actor.quit.remote(), actor.add.remote()]
    for (const call of calls) {
      const error = await failureOf(get(call))
      expect(error).toBeInstanceOf(ActorDiedError)
      expect(error.message).toMatch(/actor Fragile .* exit code 9/)
    }
    expect(await failureOf(get(actor.add.remote()))).toBeInstanceOf(ActorDiedError)
  })

  it('X7 maxRestarts: it starts again by its constructor; the call that was under way fails', async () => {
    const actor = remote(Fragile, { maxRestarts: 1 }).remote()
    expect(await get(actor.add.remote())).toBe(1)
    const [quit, after] = [actor.quit.remote(), actor.add.remote()]
    expect(await failureOf(get(quit))).toBeInstanceOf(ActorDiedError)
    expect(await get(after)).toBe(1)
    await failureOf(get(actor.quit.remote()))
    expect(await failureOf(get(actor.add.remote()))).toBeInstanceOf(ActorDiedError)
  })

  it('X7 maxTaskRetries: the call is tried again, before those behind it', async () => {
    const actor = remote(Fragile, { maxRestarts: -1, maxTaskRetries: 2 }).remote()
    const [once, after] = [actor.quitOnce.remote(), actor.add.remote()]
    expect(await get(once)).toBe('survived')
    expect(await get(after)).toBe(1)
  })
})
