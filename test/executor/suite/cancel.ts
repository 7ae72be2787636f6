import {
  cancel,
  currentTask,
  describeExecutor,
  get,
  put,
  remote,
  TaskCancelledError,
} from 'cornichon/executor'
import { expect, it } from 'vitest'
import type { Engine } from './index.ts'

/** Runs until its signal is aborted, and tells an actor. */
class Flags {
  readonly #raised = new Map<string, () => void>()
  readonly #promises = new Map<string, Promise<void>>()
  #promise(name: string): Promise<void> {
    let promise = this.#promises.get(name)
    if (promise === undefined) {
      promise = new Promise((resolve) => this.#raised.set(name, resolve))
      this.#promises.set(name, promise)
    }
    return promise
  }
  raise(name: string): void {
    void this.#promise(name)
    this.#raised.get(name)!()
  }
  async raised(name: string): Promise<string> {
    await this.#promise(name)
    return name
  }
}

const RemoteFlags = remote(Flags, { maxConcurrency: 100 })

export function cancelTests(_: Engine): void {
  it('X8 a task that waits is dropped', async () => {
    const flags = RemoteFlags.remote()
    const never = remote(() => new Promise<number>(() => {}))
    const blocker = never.remote()
    const waits = remote(async (_: number) => get(flags.raise.remote('ran'))).remote(blocker)
    cancel(waits)
    await expect(get(waits)).rejects.toBeInstanceOf(TaskCancelledError)
    cancel(blocker, { force: true })
    await expect(get(blocker)).rejects.toThrow(/was cancelled/)
  })

  it('X8 the signal of a running task is aborted', async () => {
    const flags = RemoteFlags.remote()
    const task = remote(async () => {
      const { signal } = currentTask()
      const isAborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      await get(flags.raise.remote('started'))
      await isAborted
      await get(flags.raise.remote('aborted'))
    })
    const ref = task.remote()
    await get(flags.raised.remote('started'))
    cancel(ref)
    await expect(get(ref)).rejects.toBeInstanceOf(TaskCancelledError)
    expect(await get(flags.raised.remote('aborted'))).toBe('aborted')
  })

  it('X8 force ends what does not look at its signal, and its slot is free again', async () => {
    const flags = RemoteFlags.remote()
    const stuck = remote(async () => {
      await get(flags.raise.remote('stuck'))
      await new Promise(() => {})
    })
    const ref = stuck.remote()
    await get(flags.raised.remote('stuck'))
    cancel(ref, { force: true })
    await expect(get(ref)).rejects.toBeInstanceOf(TaskCancelledError)
    const next = remote((x: number) => x + 1)
    expect(await get([next.remote(1), next.remote(2), next.remote(3)])).toEqual([2, 3, 4])
  })

  it('X8 force ends what was cancelled without it, and runs on; what that has started, too', async () => {
    const flags = RemoteFlags.remote()
    const stuck = remote(async (name: string) => {
      await get(flags.raise.remote(name))
      await new Promise(() => {})
    })
    const outer = remote(async () => {
      await get(stuck.remote('inner'))
    })
    const refs = [outer.remote(), stuck.remote('other')]
    await get([flags.raised.remote('inner'), flags.raised.remote('other')])
    for (const ref of refs) cancel(ref, { recursive: false })
    for (const ref of refs) await expect(get(ref)).rejects.toBeInstanceOf(TaskCancelledError)
    await expect.poll(async () => (await describeExecutor()).resources.CPU!.free).toBeLessThan(2)
    for (const ref of refs) cancel(ref, { force: true })
    await expect.poll(async () => (await describeExecutor()).resources.CPU!.free, { timeout: 20_000 }).toBe(2)
    // One that is over for good.
    for (const ref of refs) cancel(ref, { force: true })
    const next = remote((x: number) => x + 1)
    expect(await get([next.remote(1), next.remote(2), next.remote(3)])).toEqual([2, 3, 4])
  })

  it('X8 a call that waits for its actor never runs, the ones after it do', async () => {
    class Steps {
      readonly #done: string[] = []
      async step(
        name: string,
        flag: ReturnType<typeof RemoteFlags.remote> | null,
      ): Promise<readonly string[]> {
        if (flag !== null) {
          await get(flag.raise.remote('slow'))
          await get(flag.raised.remote('go on'))
        }
        this.#done.push(name)
        return this.#done
      }
    }
    const flags = RemoteFlags.remote()
    const steps = remote(Steps).remote()
    const slow = steps.step.remote('slow', flags)
    await get(flags.raised.remote('slow'))
    const dropped = steps.step.remote('dropped', null)
    const last = steps.step.remote('last', null)
    await new Promise((resolve) => setTimeout(resolve, 50))
    cancel(dropped)
    await expect(get(dropped)).rejects.toBeInstanceOf(TaskCancelledError)
    await get(flags.raise.remote('go on'))
    expect(await get(last)).toEqual(['slow', 'last'])
    await get(slow)
  })

  it('X8 tasks that it started are cancelled, too', async () => {
    const flags = RemoteFlags.remote()
    const child = remote(async () => {
      const { signal } = currentTask()
      const isAborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      await get(flags.raise.remote('child'))
      await isAborted
      await get(flags.raise.remote('child aborted'))
    })
    const parent = remote(async () => get(child.remote()))
    const ref = parent.remote()
    await get(flags.raised.remote('child'))
    cancel(ref)
    await expect(get(ref)).rejects.toBeInstanceOf(TaskCancelledError)
    expect(await get(flags.raised.remote('child aborted'))).toBe('child aborted')
  })

  it('X8 a task that waits is dropped, whoever has made it, and whoever cancels it', async () => {
    const blocker = remote(() => new Promise<number>(() => {}), { numCpus: 0 }).remote()
    const same = remote((value: number) => value)
    const makes = remote((refs: { blocker: typeof blocker }) => ({ waits: same.remote(refs.blocker) }))
    const { waits } = await get(makes.remote({ blocker }))
    cancel(waits)
    await expect(get(waits)).rejects.toBeInstanceOf(TaskCancelledError)
    const own = same.remote(blocker)
    await get(remote((refs: { own: typeof own }) => cancel(refs.own)).remote({ own }))
    await expect(get(own)).rejects.toBeInstanceOf(TaskCancelledError)
    cancel(blocker, { force: true })
  })

  it('X8 what is finished stays; what was put can not be cancelled', async () => {
    const ref = remote(() => 5).remote()
    expect(await get(ref)).toBe(5)
    cancel(ref)
    expect(await get(ref)).toBe(5)
    expect(() => cancel(put(1))).toThrow(/put returned/)
    expect(() => cancel(5 as never)).toThrow(/cancel takes refs/)
  })

  it('X8 currentTask throws outside of a task, and tells a task of itself', async () => {
    expect(() => currentTask()).toThrow(/code that runs in a task/)
    const about = remote(async () => {
      await null
      const { name, attempt, signal } = currentTask()
      return { name, attempt, aborted: signal.aborted }
    })
    expect(await get(about.options({ name: 'who' }).remote())).toEqual({
      name: 'who',
      attempt: 1,
      aborted: false,
    })
  })
}
