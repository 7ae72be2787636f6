// Functions that several programs run on workers. Each says in the ledger that it began.
import { currentTask, remote } from 'cornichon/executor'
import { note } from '../ledger.ts'

export const resultOf = (n: number): number => (n * 7919 + 13) % 1_000_003

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

export function spin(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

/** Computes for `busy` milliseconds, and is over at once. */
export const computes = remote((id: string, n: number, busy: number): number => {
  note(id)
  if (busy > 0) spin(busy)
  return resultOf(n)
})

/** Waits for `idle` milliseconds. */
export const waits = remote(async (id: string, n: number, idle: number): Promise<number> => {
  note(id)
  await sleep(idle)
  return resultOf(n)
})

/** Throws in its first `times` tries. */
export const throwsAtFirst = remote((id: string, n: number, times: number): number => {
  note(id)
  if (currentTask().attempt <= times) throw new RangeError(`try ${currentTask().attempt} of ${id}`)
  return resultOf(n)
})

/** Ends its thread in its first `times` tries. */
export const exitsAtFirst = remote((id: string, n: number, times: number): number => {
  note(id)
  if (currentTask().attempt <= times) process.exit(7)
  return resultOf(n)
})
