import { inspect } from 'node:util'
import { ActorDiedError, get, getActor, kill, put, remote } from 'cornichon/executor'
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
  get(): number {
    return this.#count
  }
  async slow(name: string): Promise<string> {
    this.log.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    this.log.push(`${name} ends`)
    return name
  }
  /** Until another call of it is under way, too. */
  async meet(): Promise<number> {
    this.#met++
    while (this.#met < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    return this.#met
  }
  history(): string[] {
    return this.log
  }
  fail(): never {
    throw new RangeError('not that')
  }
}

const RemoteCounter = remote(Counter)

/** As builders of queries are. */
class Query {
  readonly asked: string[] = []
  then(resolve?: (value: unknown) => void): string {
    this.asked.push('then')
    resolve?.(1)
    return 't'
  }
  rows(): number {
    return 3
  }
  history(): string[] {
    return this.asked
  }
}

export function actorTests(_: Engine): void {
  it('X7 an actor keeps its state between calls', async () => {
    const counter = RemoteCounter.remote(10)
    counter.add.remote()
    counter.add.remote(5)
    expect(await get(counter.get.remote())).toBe(16)
  })

  it('X7 calls of one caller run in their order, also those that wait for arguments', async () => {
    const counter = RemoteCounter.remote()
    const slow = remote(() => new Promise<number>((resolve) => setTimeout(resolve, 30, 100)))
    const results = [counter.add.remote(1), counter.add.remote(slow.remote()), counter.add.remote(1)]
    for (let i = 0; i < 50; i++) results.push(counter.add.remote(1))
    expect(await get(results)).toEqual([1, 101, 102, ...Array.from({ length: 50 }, (_, i) => 103 + i)])
  })

  it('X7 an actor may have a method named then: neither its instance nor its handle is a promise', async () => {
    const query = await remote(Query).remote()
    expect(await get(query.rows.remote())).toBe(3)
    expect(await get(query.history.remote())).toEqual([])
    expect(await get(query.then.remote())).toBe('t')
    expect(await get(query.history.remote())).toEqual(['then'])
  })

  it('X7 a method that the class does not have: the error names those that it has', async () => {
    const handles = [
      RemoteCounter.remote(),
      await get(remote((c: unknown) => c).remote(RemoteCounter.remote())),
    ]
    for (const handle of handles as any[]) {
      const message = /class Counter has no method ad .* it has add, get, slow, meet, history, fail /
      expect(() => handle.ad.remote(1)).toThrow(TypeError)
      expect(() => handle.ad.remote(1)).toThrow(message)
      expect(() => handle.ad.options({ name: 'a' })).toThrow(message)
      expect(await get(handle.add.remote(2))).toBe(2)
      // It is an object as others are.
      expect(['ad' in handle, 'add' in handle, 'toString' in handle]).toEqual([false, true, true])
      expect([handle.then, handle.toJSON, handle[Symbol.iterator], handle._id]).toEqual(
        Array(4).fill(undefined),
      )
      expect(await handle).toBe(handle)
      expect(handle).toBeInstanceOf(Object)
      expect([JSON.stringify(handle), String(handle)]).toEqual(['{}', '[object Object]'])
      expect(inspect(handle)).toBe('ActorHandleBase {}')
      expect({ ...handle }).toEqual({})
    }
  })

  it('X7 a method may have the name of anything that handles or objects have', async () => {
    class Logger {
      info() {
        return 'i'
      }
      remote() {
        return 'r'
      }
      options() {
        return 'o'
      }
      handle() {
        return 'h'
      }
      hasOwnProperty() {
        return true
      }
    }
    const logger = remote(Logger).remote()
    const methods = ['info', 'remote', 'options', 'handle', 'hasOwnProperty'] as const
    expect(await get(methods.map((method) => logger[method].remote()))).toEqual(['i', 'r', 'o', 'h', true])
    expect(await get(remote((l: typeof logger) => get(l.info.remote())).remote(logger))).toBe('i')
    kill(logger)
  })

  it('X7 constructor arguments may be refs', async () => {
    expect(await get(RemoteCounter.remote(put(5)).get.remote())).toBe(5)
  })

  it('X7 an error in a method leaves the actor alive', async () => {
    const counter = RemoteCounter.remote(1)
    await expect(get(counter.fail.remote())).rejects.toThrow(RangeError)
    expect(await get(counter.add.remote())).toBe(2)
  })

  it('X7 a constructor that throws: the calls fail, with its error as the cause', async () => {
    class Broken {
      constructor(size: number) {
        throw Object.assign(new TypeError('can not be made'), { bytes: new Uint8Array(size) })
      }
      hello(): string {
        return 'never'
      }
    }
    // Those that come later, too, however large the error is.
    for (const size of [1, 300_000]) {
      const actor = remote(Broken).remote(size)
      for (let i = 0; i < 2; i++) {
        const error = await get(actor.hello.remote()).catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(ActorDiedError)
        expect((error as Error).message).toMatch(/Broken.*constructor threw can not be made/)
        expect((error as Error).cause).toBeInstanceOf(TypeError)
        expect((error as Error).cause).toMatchObject({ bytes: { length: size } })
      }
    }
  })

  it('X7 an argument of its constructor that fails: the calls say which actor that was, and why', async () => {
    class Broken {
      hello(): string {
        return 'never'
      }
    }
    const fails = remote((size: number): number => {
      throw Object.assign(new RangeError('not to be had'), { bytes: new Uint8Array(size) })
    })
    for (const size of [1, 300_000]) {
      const argument = fails.remote(size)
      const actor = remote(Broken as new (n: number) => Broken).remote(argument)
      const error = await get(actor.hello.remote()).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ActorDiedError)
      expect((error as Error).message).toMatch(/^actor Broken \(\S+\) never lived: .* not to be had$/)
      const task = remote((n: number) => n).remote(argument)
      const thrown = [(error as Error).cause, await get(task).catch((reason: unknown) => reason)]
      for (const each of thrown) {
        expect(each).toBeInstanceOf(RangeError)
        expect(each).toMatchObject({ bytes: { length: size } })
      }
    }
  })

  it('X7 one that needs more than there is says so', async () => {
    const error = await get(RemoteCounter.options({ numCpus: 1000 }).remote().get.remote()).catch((e) => e)
    expect(error).toBeInstanceOf(ActorDiedError)
    expect((error as Error).message).toMatch(/can never run: .*CPU/)
  })

  it('X7 one call at a time, unless maxConcurrency lets more in', async () => {
    const one = RemoteCounter.remote()
    await get([one.slow.remote('a'), one.slow.remote('b')])
    expect(await get(one.history.remote())).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    const two = RemoteCounter.options({ maxConcurrency: 2 }).remote()
    expect(await get([two.meet.remote(), two.meet.remote()])).toEqual([2, 2])
  })

  it('X7 a named actor is found, by tasks too; the name is taken while it lives', async () => {
    const named = RemoteCounter.options({ name: 'the counter' })
    const counter = named.remote(1)
    const found = await getActor<Counter>('the counter')
    await get(found.add.remote())
    const task = remote(async () => {
      const inside = await getActor<Counter>('the counter')
      return get(inside.add.remote())
    })
    expect(await get(task.remote())).toBe(3)
    expect(() => named.remote()).toThrow(/there is an actor named "the counter" already/)
    kill(counter)
    await expect(getActor('the counter')).rejects.toThrow(/no actor named "the counter"/)
    expect(await get(named.remote(7).get.remote())).toBe(7)
  })

  it('X7 a handle goes into tasks and values', async () => {
    const counter = RemoteCounter.remote()
    const work = remote(async (holder: { counter: typeof counter }) => {
      await get(holder.counter.add.remote(2))
    })
    await get([work.remote({ counter }), work.remote({ counter })])
    const captured = remote(async () => get(counter.add.remote(1)))
    expect(await get(captured.remote())).toBe(5)
  })

  it('X7 kill ends an actor: calls that wait and later ones fail', async () => {
    const counter = RemoteCounter.remote()
    expect(await get(counter.add.remote())).toBe(1)
    const pending = counter.slow.remote('x')
    kill(counter)
    await expect(get(pending)).rejects.toBeInstanceOf(ActorDiedError)
    await expect(get(counter.add.remote())).rejects.toThrow(/was killed/)
  })

  it('X7 kill with noRestart: false starts it again, with fresh state', async () => {
    const counter = RemoteCounter.options({ maxRestarts: 1 }).remote(5)
    expect(await get(counter.add.remote())).toBe(6)
    kill(counter, { noRestart: false })
    expect(await get(counter.add.remote())).toBe(6)
    kill(counter, { noRestart: false })
    await expect(get(counter.add.remote())).rejects.toBeInstanceOf(ActorDiedError)
  })

  it('X7 options of a method: name, numReturns', async () => {
    class Pair {
      both(): [number, string] {
        return [1, 'a']
      }
    }
    const [a, b] = remote(Pair).remote().both.options({ numReturns: 2 }).remote()
    expect([await get(a), await get(b)]).toEqual([1, 'a'])
  })

  it('X7 an actor may wait for other actors and tasks', async () => {
    class Outer {
      async ask(counter: { add: { remote(by: number): any } }): Promise<number> {
        return get<number>(counter.add.remote(3))
      }
    }
    const counter = RemoteCounter.remote(1)
    expect(await get(remote(Outer).remote().ask.remote(counter))).toBe(4)
  })
}
