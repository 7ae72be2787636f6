import { get, init, isInitialized, remote, ShutdownError, shutdown } from 'cornichon/executor'
import { afterEach, expect, it } from 'vitest'
import type { Engine } from './index.ts'

const square = remote((x: number) => x * x)

export function startTests({ init: options }: Engine): void {
  afterEach(() => shutdown())

  it('X1 a second init throws, unless told to ignore it; after shutdown it may be called again', async () => {
    expect(isInitialized()).toBe(false)
    await init(options)
    expect(isInitialized()).toBe(true)
    await expect(init(options)).rejects.toThrow(/init was called twice.*ignoreReinitError/)
    await init({ ...options, ignoreReinitError: true })
    expect(await get(square.remote(3))).toBe(9)
    await shutdown()
    expect(isInitialized()).toBe(false)
    await init(options)
    expect(await get(square.remote(4))).toBe(16)
    await shutdown()
    const both = await Promise.allSettled([init(options), init(options)])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await shutdown()
    const ignoring = { ...options, ignoreReinitError: true }
    await Promise.all([init(ignoring), init(ignoring)])
    expect(await get(square.remote(5))).toBe(25)
    void init(ignoring)
    await shutdown()
    expect(isInitialized()).toBe(false)
  })

  it('X1 init names an unknown option and what was meant', async () => {
    await expect(init({ ...options, numCpu: 2 } as object)).rejects.toThrow(
      'there is no option of init numCpu. Did you mean numCpus?',
    )
    await expect(init({ ...options, numCpus: -1 })).rejects.toThrow('numCpus is a number from 0, not -1')
    expect(isInitialized()).toBe(false)
  })

  it('shutdown rejects what is pending, and what comes after', async () => {
    await init(options)
    const never = remote(() => new Promise<number>(() => {}))
    const ref = never.remote()
    const dependent = square.remote(ref)
    const failures = Promise.allSettled([get(ref), get(dependent)])
    await shutdown()
    for (const outcome of await failures) {
      expect(outcome.status).toBe('rejected')
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(ShutdownError)
    }
    await shutdown()
  })
}
