// What tasks cost that run elsewhere: one after the other, and many under way at a time.
import { median, now } from './measure.mjs'

/** `index` counts the tasks. */
export type Call = (index: number) => Promise<unknown>

/** The median, in microseconds, of tasks of which each waits for the one before. */
export async function loneTask(call: Call, times: number): Promise<number> {
  const samples: number[] = []
  for (let i = 0; i < times; i++) {
    const start = now()
    await call(i)
    samples.push(now() - start)
  }
  return median(samples)
}

/** Tasks a second, with so many under way at any time. */
export async function tasksPerSecond(call: Call, count: number, underWay: number): Promise<number> {
  let next = 0
  const start = now()
  const lane = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: underWay }, lane))
  return count / ((now() - start) / 1e6)
}
