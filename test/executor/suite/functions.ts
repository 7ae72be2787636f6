import { describeExecutor, get, remote } from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

/** More than an executor keeps of those that nobody needs. */
const MANY = 2200

export function functionTests(_: Engine): void {
  it('X4 a closure for each call: what no call needs is forgotten, and comes again when one does', async () => {
    const make = (n: number) => remote(() => n)
    const first = make(-1)
    class Counter {
      count = 0
      next(): number {
        return ++this.count
      }
    }
    const counter = remote(Counter, { numCpus: 0 }).remote()
    const early = remote((last: number) => last * 2)
    expect(await get(first.remote())).toBe(-1)
    let last = make(0).remote()
    // Waits for all of them.
    const waits: (typeof last)[] = []
    for (let i = 0; i < MANY; i += 200) {
      const refs = Array.from({ length: 200 }, (_, k) => make(i + k).remote())
      expect(await get(refs)).toEqual(refs.map((_, k) => i + k))
      last = refs.at(-1)!
      waits.push(early.remote(last))
    }
    expect(await get(waits.at(-1)!)).toBe(2 * (MANY - 1))
    const { functions } = await describeExecutor()
    expect(functions.length).toBeLessThan(MANY)
    expect(await get([first.remote(), first.remote()])).toEqual([-1, -1])
    expect(await get(counter.next.remote())).toBe(1)
  })

  it('X4 a task may make a closure for each of its calls, too', async () => {
    const total = remote(
      async (count: number) => {
        const first = remote(() => 1)
        let sum = await get(first.remote())
        for (let i = 0; i < count; i += 200) {
          const refs = Array.from({ length: 200 }, (_, k) =>
            remote(() => k - k + 1, { name: `${i + k}` }).remote(),
          )
          for (const one of await get(refs)) sum += one
        }
        return sum + (await get(first.remote()))
      },
      { numCpus: 0 },
    )
    expect(await get(total.remote(MANY))).toBe(MANY + 2)
  })
}
