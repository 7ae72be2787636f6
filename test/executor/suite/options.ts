import { currentTask, get, remote, TaskTimeoutError } from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

export function optionTests(_: Engine): void {
  it('X2 unknown options throw and name what was meant; ill-typed ones say what they have to be', () => {
    const fn = () => 1
    expect(() => remote(fn, { numCpu: 1 } as object)).toThrow(
      'there is no task option numCpu. Did you mean numCpus?',
    )
    expect(() => remote(fn).options({ maxRetrys: 1 } as object)).toThrow(/Did you mean maxRetries/)
    expect(() => remote(fn, { numReturns: 1.5 })).toThrow(
      'numReturns is a whole number from 0 to 4000, not 1.5',
    )
    expect(() => remote(class {}, { maxCalls: 1 } as object)).toThrow(/no actor option maxCalls/)
    expect(() => remote(class {}, { detached: true } as object)).toThrow(
      "there is no actor option detached. Did you mean lifetime: 'detached'?",
    )
    expect(() => remote(fn, { detached: true } as object)).toThrow(/no task option detached. There are/)
    expect(() => remote(class {}, { isolate: 'no' } as object)).toThrow(
      /the actor option isolate is true or false, not "no"/,
    )
    expect(() => remote(fn, { timeout: '5' } as never)).toThrow(/milliseconds above 0, not "5"/)
    expect(() => remote(fn, { retryExceptions: [5] } as never)).toThrow(/list of error classes/)
    expect(() => remote(fn, { resources: { '\ud800': 1 } })).toThrow(/names have no half of a surrogate pair/)
    expect(() => remote(class {}, { name: '\ud800' })).toThrow(/half of a surrogate pair, not "\\ud800"/)
  })

  it('X5 numReturns takes the result apart', async () => {
    const divide = remote((a: number, b: number) => [Math.floor(a / b), a % b] as const, { numReturns: 2 })
    const [quotient, rest] = divide.remote(17, 5)
    expect(await get([quotient, rest])).toEqual([3, 2])
    expect(remote(() => 1, { numReturns: 0 }).remote()).toBe(undefined)
  })

  it('X5 numReturns takes holes as undefined, and arrays of a class of their own', async () => {
    class Pair extends Array<number> {
      override map(): never {
        throw new Error('a method of the user')
      }
    }
    const results = [() => [, 2], () => Pair.of(1, 2)]
    const [holes, own] = results.map((f) => remote(f as () => number[], { numReturns: 2 }).remote())
    expect(await get(holes as never)).toEqual([undefined, 2])
    expect(await get(own as never)).toEqual([1, 2])
  })

  it('X5 numReturns may be some thousands', async () => {
    const many = (numReturns: number) =>
      remote((n: number) => Array.from({ length: n }, (_, i) => i), { numReturns })
    const refs = many(4000).remote(4000)
    expect(await get(refs as never)).toEqual(Array.from({ length: 4000 }, (_, i) => i))
    expect(() => many(4001)).toThrow('numReturns is a whole number from 0 to 4000, not 4001')
  })

  it('X5 numReturns and a result of another length fail every ref', async () => {
    const [a, b] = remote(() => [1])
      .options({ numReturns: 2 })
      .remote()
    await expect(get(a!)).rejects.toThrow(/numReturns: 2, and returned an array of 1/)
    await expect(get(b!)).rejects.toThrow(TypeError)
  })

  it('X5 retryExceptions tries again what threw: all, some classes, or none', async () => {
    class Flaky extends Error {}
    const unstable = remote((type: new (message: string) => Error, failures: number) => {
      const { attempt } = currentTask()
      if (attempt <= failures) throw new type(`attempt ${attempt}`)
      return attempt
    })
    expect(await get(unstable.options({ retryExceptions: true }).remote(Error, 2))).toBe(3)
    expect(await get(unstable.options({ retryExceptions: [Flaky] }).remote(Flaky, 2))).toBe(3)
    await expect(get(unstable.options({ retryExceptions: [Flaky] }).remote(RangeError, 2))).rejects.toThrow(
      'attempt 1',
    )
    await expect(get(unstable.remote(Flaky, 1))).rejects.toThrow('attempt 1')
    // Each realm has classes of its own, and who asks for TypeError means all of them.
    const foreign = remote(() => {
      const { attempt } = currentTask()
      if (attempt < 3) process.getBuiltinModule('node:vm').runInNewContext('null.property')
      return attempt
    })
    expect(await get(foreign.options({ retryExceptions: [RangeError, TypeError] }).remote())).toBe(3)
    await expect(get(foreign.options({ retryExceptions: [RangeError] }).remote())).rejects.toThrow(/null/)
    await expect(
      get(unstable.options({ retryExceptions: true, maxRetries: 1 }).remote(Error, 2)),
    ).rejects.toThrow('attempt 2')
  })

  it('X5 what needs more than there is fails, and says what there is', async () => {
    const needy = remote(() => 1, { numCpus: 64 })
    await expect(get(needy.remote())).rejects.toThrow(/needs 64 of CPU, and there .* numCpus/)
    await expect(get(remote(() => 1, { resources: { tpu: 1 } }).remote())).rejects.toThrow(
      /1 of tpu, and there are 0/,
    )
  })

  it('X5 a custom resource is a slot: two tasks that need it never run together', async () => {
    const start = remote(async () => {
      const from = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 30))
      return [from, Date.now()] as const
    })
    const exclusive = start.options({ resources: { gpu: 1 }, numCpus: 0 })
    const [a, b] = await get([exclusive.remote(), exclusive.remote()])
    expect(a[1] <= b[0] || b[1] <= a[0]).toBe(true)
  })

  it('X5 the lower the priority, the sooner', async () => {
    const order: string[] = []
    const log = remote((name: string) => name)
    const hold = remote(() => new Promise<void>((resolve) => setTimeout(resolve, 300)))
    const busy = [hold.options({ numCpus: 2 }).remote()]
    const refs = [
      ['last', log.options({ priority: 9, numCpus: 2 }).remote('last')],
      ['middle', log.options({ priority: 5, numCpus: 2 }).remote('middle')],
      ['first', log.options({ priority: 1, numCpus: 2 }).remote('first')],
    ] as const
    await Promise.all(refs.map(async ([, ref]) => order.push(await get(ref))))
    await get(busy)
    expect(order).toEqual(['first', 'middle', 'last'])
  })

  it('X5 a task that takes longer than its timeout fails', async () => {
    const slow = remote(() => new Promise(() => {}), { timeout: 30, maxRetries: 0 })
    const error = await get(slow.remote()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TaskTimeoutError)
    expect(String(error)).toMatch(/timeout of 30 ms/)
    expect(await get(remote(() => 'next').remote())).toBe('next')
  })

  it('X5 name is what errors call the task', async () => {
    const fails = remote(
      () => {
        throw new Error('no')
      },
      { name: 'my task' },
    )
    await expect(get(fails.remote())).rejects.toMatchObject({ task: { name: 'my task' } })
  })
}
