import { currentTask, get, put, remote } from 'cornichon/executor'
import { expect, it, vi } from 'vitest'
import type { Engine } from './index.ts'

const square = remote((x: number) => x * x)

export function callTests({ isParallel }: Engine): void {
  it('X5 what currentTask gives can be returned, and handed to others', async () => {
    const itself = await get(remote(() => currentTask(), { name: 'me' }).remote())
    const { id, worker, signal } = itself
    expect(itself).toEqual({ ...{ id, worker, signal }, name: 'me', attempt: 1 })
    expect(signal.aborted).toBe(false)
    const nameOf = remote((task: { name: string }) => task.name)
    const given = remote(() => get(nameOf.remote(currentTask())), { name: 'outer' })
    expect(await get(given.remote())).toBe('outer')
  })

  it('X2 a result may have a settled promise in it', async () => {
    const { later } = await get(remote(() => ({ later: Promise.resolve(3) })).remote())
    expect(await later).toBe(3)
  })

  it('X1 runs while a test has faked the timers', async () => {
    vi.useFakeTimers()
    try {
      const square = remote((x: number) => x * x)
      expect(await get([1, 2, 3].map((x) => square.remote(x)))).toEqual([1, 4, 9])
      expect(await get(square.remote(square.remote(2)))).toBe(16)
      const endless = remote(() => new Promise(() => {}), { timeout: 30, maxRetries: 0 })
      await expect(get(endless.remote())).rejects.toThrow(/its timeout of 30 ms/)
    } finally {
      vi.useRealTimers()
    }
  })

  it('X2 a function runs, and its ref gives the result', async () => {
    expect(await get(square.remote(7))).toBe(49)
    expect(await get([square.remote(1), square.remote(2), square.remote(3)])).toEqual([1, 4, 9])
    expect(await get([])).toEqual([])
  })

  it('X2 async functions are waited for', async () => {
    const later = remote(async (text: string) => {
      await new Promise((resolve) => setImmediate(resolve))
      return text.toUpperCase()
    })
    expect(await get(later.remote('a'))).toBe('A')
  })

  it('X2 a direct call throws and says what to call', () => {
    expect(() => (square as unknown as (x: number) => number)(2)).toThrow(
      /is a remote function: call .*\.remote\(/,
    )
    class Counter {}
    const Remote = remote(Counter)
    expect(() => new (Remote as unknown as typeof Counter)()).toThrow(
      /Counter is a remote class.*Counter\.remote\(/,
    )
  })

  it('X2 what is no function, or is remote already, is refused', () => {
    expect(() => remote(5 as never)).toThrow(/a function or a class/)
    expect(() => remote(square as never)).toThrow(/remote already/)
  })

  it('X3 arguments are copies: neither side sees what the other changes', async () => {
    const touch = remote((list: number[]) => {
      list.push(4)
      return list
    })
    const list = [1, 2, 3]
    const ref = touch.remote(list)
    const result = await get(ref)
    expect([list, result]).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
    ])
    result.push(5)
    expect(await get(ref)).toEqual([1, 2, 3, 4])
  })

  it('X3 what arguments share stays shared, and cycles stay cycles', async () => {
    const same = remote((a: object, b: { a?: object; self?: object }) => a === b.a && b.self === b)
    const a = {}
    const b: { a?: object; self?: object } = { a }
    b.self = b
    expect(await get(same.remote(a, b))).toBe(true)
  })

  it('X3 values of every kind arrive: classes, maps, functions, bigints, undefined, NaN, -0', async () => {
    const echo = remote((...values: unknown[]) => values)
    class Point {
      #x = 1
      get x() {
        return this.#x
      }
    }
    const result = (await get(
      echo.remote(
        undefined,
        null,
        Number.NaN,
        -0,
        2n,
        'text',
        new Map([[1, 2]]),
        (x: number) => x + 1,
        new Point(),
      ),
    )) as unknown[]
    expect(result.slice(0, 7)).toEqual([undefined, null, Number.NaN, -0, 2n, 'text', new Map([[1, 2]])])
    expect((result[7] as (x: number) => number)(1)).toBe(2)
    expect(result[8]).toBeInstanceOf(Point)
    expect((result[8] as Point).x).toBe(1)
    expect(await get(echo.remote())).toEqual([])
    expect(await get(remote(() => {}).remote())).toBe(undefined)
  })

  it('X3 refs among the arguments are resolved before the task starts', async () => {
    const add = remote((a: number, b: number) => a + b)
    expect(await get(add.remote(square.remote(3), put(1)))).toBe(10)
    const big = put(new Float64Array(100_000).fill(2))
    const sum = remote((values: Float64Array) => values.reduce((total, each) => total + each, 0))
    expect(await get([sum.remote(big), sum.remote(big)])).toEqual([200_000, 200_000])
  })

  it('X4 a changed captured value is seen by the next call', async () => {
    let factor = 2
    const times = remote((x: number) => x * factor)
    const first = times.remote(10)
    factor = 3
    const second = times.remote(10)
    expect(await get([first, second])).toEqual([20, 30])
  })

  it('X4 the state that a function captured is its own in each worker, and is loaded once', async () => {
    let calls = 0
    const count = remote(() => ++calls)
    const counts = await get(Array.from({ length: 20 }, () => count.remote()))
    expect(calls).toBe(0)
    // Each worker counts for itself: every count from 1 to its most, once for each worker that got there.
    const most = Math.max(...counts)
    expect(most).toBeGreaterThan(isParallel ? 1 : 0)
    expect(new Set(counts).size).toBe(most)
  })
}
