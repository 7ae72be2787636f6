import { get, type ObjectRef, put, type RemoteFunction, remote, wait } from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

const square = remote((x: number) => x * x)

const fib: RemoteFunction<(n: number) => Promise<number>> = remote(async (n: number): Promise<number> => {
  if (n < 2) return n
  const [a, b] = await get([fib.remote(n - 1), fib.remote(n - 2)])
  return a + b
})

export function nestedTests(_: Engine): void {
  it('X3 tasks start tasks, deeper than there are slots: who waits gives its slot away', async () => {
    expect(await get(fib.remote(9))).toBe(34)
  })

  it('X3 a task that needs all slots and waits for one that needs all, too', async () => {
    const inner = square.options({ numCpus: 1 })
    const outer = remote(async (x: number) => (await get(inner.remote(x))) + 1)
    expect(await get(Array.from({ length: 6 }, (_, i) => outer.remote(i)))).toEqual([1, 2, 5, 10, 17, 26])
  })

  it('X3 nested refs stay refs, and work inside the task', async () => {
    const sum = remote(async (parts: { refs: ObjectRef<number>[] }) => {
      const values = await get(parts.refs)
      return values.reduce((a, b) => a + b, 0)
    })
    expect(await get(sum.remote({ refs: [square.remote(2), put(3), square.remote(4)] }))).toBe(23)
  })

  it('X3 a task may return refs, of its own tasks too; they are good after it has ended', async () => {
    const start = remote((n: number) => Array.from({ length: n }, (_, i) => square.remote(i)))
    const refs = await get(start.remote(4))
    expect(await get(refs)).toEqual([0, 1, 4, 9])
  })

  it('X3 refs and remote functions can be captured', async () => {
    const table = put({ a: 1, b: 2 })
    const look = remote(async (key: 'a' | 'b') => (await get(table))[key] + (await get(square.remote(10))))
    expect(await get([look.remote('a'), look.remote('b')])).toEqual([101, 102])
  })

  it('X3 put, wait and options work in tasks', async () => {
    const work = remote(async () => {
      const refs = [put(1), square.options({ name: 'in a task' }).remote(3)]
      const [ready] = await wait(refs, { numReturns: 2 })
      return (await get(ready)).reduce((a, b) => a + b, 0)
    })
    expect(await get(work.remote())).toBe(10)
  })

  it('X1 init within a task throws, since there is an executor already', async () => {
    const { init, isInitialized } = await import('cornichon/executor')
    const tries = remote(async () => {
      const message = await init().catch((error: Error) => error.message)
      return [isInitialized(), message] as const
    })
    const [initialized, message] = await get(tries.remote())
    expect(initialized).toBe(true)
    expect(message).toMatch(/init was called/)
  })
}
