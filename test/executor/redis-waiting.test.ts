// Calls that a process took and has not begun, on their way back to the queue.
import { expect, it, vi } from 'vitest'
import type { Range } from '../../executor/redis/node/range.ts'
import type { Held } from '../../executor/redis/node/taken.ts'
import { Waiting } from '../../executor/redis/node/waiting.ts'

it('one that begins while those behind it go back, stays', async () => {
  let isThere: () => void = () => {}
  const giveBackFrom = vi.fn(() => new Promise<void>((resolve) => (isThere = resolve)))
  const giveBack = vi.fn(async () => {})
  const range = { ...{ at: 0, begun: 2, left: 4, isOver: false }, giveBackFrom, giveBack }
  const calls = [1, 2, 3].map((index) => ({ place: { index }, range }) as unknown as Held)
  const waiting = new Waiting(
    async () => {},
    () => {},
  )
  // The first two were taken back from a worker; the last one was never sent to any.
  waiting.add(calls)
  waiting.giveBackAll()
  await expect.poll(() => giveBackFrom.mock.calls).toEqual([[3]])
  // There is room for it now, while Redis is away.
  expect(waiting.take(1)).toEqual([calls[0]])
  isThere()
  await waiting.left()
  expect(giveBack.mock.calls).toEqual([[2, 3]])
  expect(waiting.length).toBe(0)
  expect((range as unknown as Range).left).toBe(2)
})
