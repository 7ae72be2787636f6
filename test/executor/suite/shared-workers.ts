import { threadId } from 'node:worker_threads'
import {
  ActorDiedError,
  cancel,
  currentTask,
  get,
  getActor,
  kill,
  type ObjectRef,
  remote,
  TaskCancelledError,
} from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

class Counter {
  #count: number
  #met = 0
  readonly log: string[] = []
  constructor(start = 0) {
    this.#count = start
  }
  add(by = 1): number {
    this.#count += by
    return this.#count
  }
  thread(): string {
    return `${process.pid} ${threadId}`
  }
  async slow(name: string, milliseconds = 20): Promise<string> {
    this.log.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    this.log.push(`${name} ends`)
    return name
  }
  /** Until another call of it is under way, too. */
  async meet(): Promise<number> {
    this.#met++
    while (this.#met < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    return this.#met
  }
  async untilCancelled(): Promise<void> {
    const { signal } = currentTask()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    this.log.push('cancelled')
  }
  history(): string[] {
    return this.log
  }
}

const SharedCounter = remote(Counter, { isolate: false })
const many = (count: number) => Array.from({ length: count }, (_, i) => i)
const failureOf = (ref: ObjectRef<any>): Promise<Error> =>
  get(ref).then(
    () => expect.fail('it did not reject'),
    (error: Error) => error,
  )

export function sharedWorkerTests({ name, isParallel }: Engine): void {
  it('X7 actors that are not isolated share a few threads, and keep their own state', async () => {
    const counters = many(8).map((i) => SharedCounter.remote(10 * i))
    for (const counter of counters) counter.add.remote(1)
    expect(await get(counters.map((counter) => counter.add.remote(1)))).toEqual(
      many(8).map((i) => 10 * i + 2),
    )
    const threads = new Set(await get(counters.map((counter) => counter.thread.remote())))
    // As many as the engine has slots.
    expect(threads.size).toBe(isParallel ? 2 : 1)
    const own = remote(Counter).remote()
    if (isParallel) expect(threads).not.toContain(await get(own.thread.remote()))
    for (const counter of [...counters, own]) kill(counter)
  })

  it('X7 each has its own order and its own maxConcurrency', async () => {
    const one = SharedCounter.remote()
    const two = SharedCounter.options({ maxConcurrency: 2 }).remote()
    const slow = [one.slow.remote('a'), one.slow.remote('b')]
    expect(await get([two.meet.remote(), two.meet.remote()])).toEqual([2, 2])
    await get(slow)
    expect(await get(one.history.remote())).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('X7 one that awaits holds up nobody', async () => {
    const counters = many(6).map(() => SharedCounter.remote())
    const waiting = counters.map((counter) => counter.slow.remote('x', 60_000))
    const others = many(6).map(() => SharedCounter.remote())
    expect(await get(others.map((counter) => counter.add.remote()))).toEqual(many(6).map(() => 1))
    for (const counter of counters) kill(counter)
    for (const ref of waiting) expect(await failureOf(ref)).toBeInstanceOf(ActorDiedError)
  })

  it('X7 kill ends the one alone: its calls fail, its neighbours go on with the state that they have', async () => {
    const counters = many(6).map((i) => SharedCounter.remote(i))
    expect(await get(counters.map((counter) => counter.add.remote(10)))).toEqual(many(6).map((i) => i + 10))
    const busy = counters[0]!.slow.remote('x', 60_000)
    const waiting = counters[0]!.add.remote()
    const neighbours = counters.slice(1).map((counter) => counter.slow.remote('y', 100))
    // It is under way.
    await get(counters[1]!.thread.remote())
    kill(counters[0]!)
    for (const ref of [busy, waiting, counters[0]!.add.remote()]) {
      const error = await failureOf(ref)
      expect(error).toBeInstanceOf(ActorDiedError)
      expect(error.message).toMatch(/was killed/)
    }
    expect(await get(neighbours)).toEqual(many(5).map(() => 'y'))
    expect(await get(counters.slice(1).map((counter) => counter.add.remote(100)))).toEqual(
      many(5).map((i) => i + 111),
    )
  })

  it('X7 kill with noRestart: false starts the one again, and tries again what was under way', async () => {
    const neighbours = many(3).map(() => SharedCounter.remote(1))
    const counter = SharedCounter.options({ maxRestarts: 2, maxTaskRetries: 1 }).remote(5)
    expect(await get(counter.add.remote())).toBe(6)
    const slow = counter.slow.remote('again', 300)
    await new Promise((resolve) => setTimeout(resolve, 100))
    kill(counter, { noRestart: false })
    expect(await get(slow)).toBe('again')
    expect(await get(counter.history.remote())).toEqual(['again begins', 'again ends'])
    expect(await get(counter.add.remote())).toBe(6)
    kill(counter, { noRestart: false })
    expect(await get(counter.add.remote())).toBe(6)
    kill(counter, { noRestart: false })
    expect(await failureOf(counter.add.remote())).toBeInstanceOf(ActorDiedError)
    expect(await get(neighbours.map((each) => each.add.remote()))).toEqual([2, 2, 2])
  })

  it('X8 a cancelled call of one has its signal aborted, and its neighbours do not notice', async () => {
    const [one, other] = [SharedCounter.remote(), SharedCounter.remote()]
    // They live: what is cancelled runs.
    await get([one.add.remote(), other.add.remote()])
    const ref = one.untilCancelled.remote()
    const kept = other.slow.remote('kept', 150)
    await new Promise((resolve) => setTimeout(resolve, 50))
    cancel(ref, { force: true })
    expect(await failureOf(ref)).toBeInstanceOf(TaskCancelledError)
    expect(await get(kept)).toBe('kept')
    expect(await get(one.history.remote())).toEqual(['cancelled'])
  })

  it('X7 a constructor that throws ends the one alone', async () => {
    class Picky {
      constructor(isFine: boolean) {
        if (!isFine) throw new TypeError('not like that')
      }
      hello(): string {
        return 'hello'
      }
    }
    const Shared = remote(Picky, { isolate: false })
    const [good, bad] = [Shared.remote(true), Shared.remote(false)]
    const error = await failureOf(bad.hello.remote())
    expect(error).toBeInstanceOf(ActorDiedError)
    expect(error.cause).toBeInstanceOf(TypeError)
    expect(await get(good.hello.remote())).toBe('hello')
  })

  it('X7 they wait for each other, also on one thread', async () => {
    class Link {
      async ask(next: readonly any[]): Promise<number> {
        return next.length === 0 ? 1 : 1 + (await get<number>(next[0]!.ask.remote(next.slice(1))))
      }
    }
    const links = many(8).map(() => remote(Link, { isolate: false }).remote())
    expect(await get(links[0]!.ask.remote(links.slice(1)))).toBe(8)
  })

  it('X7 1,000 actors: each has its own state and order, the named ones are found, and all end', async () => {
    const count = 1000
    const counters = many(count).map((i) =>
      SharedCounter.options(i % 100 === 0 ? { name: `${name} counter ${i}` } : {}).remote(i),
    )
    const refs = many(5).flatMap((by) => counters.map((counter) => counter.add.remote(by)))
    const sums = [0, 1, 3, 6, 10]
    expect(await get(refs)).toEqual(sums.flatMap((sum) => many(count).map((i) => i + sum)))
    const found = await Promise.all(many(10).map((i) => getActor<Counter>(`${name} counter ${100 * i}`)))
    expect(await get(found.map((counter) => counter.add.remote()))).toEqual(many(10).map((i) => 100 * i + 11))
    for (const counter of counters) kill(counter)
    const late = await Promise.all(counters.slice(0, 10).map((counter) => failureOf(counter.add.remote())))
    for (const error of late) expect(error).toBeInstanceOf(ActorDiedError)
    await expect(getActor(`${name} counter 100`)).rejects.toThrow(/no actor named/)
  })
}
