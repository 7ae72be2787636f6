// Calls that a process took and has not begun, on their way back to the queue.
import { expect, it, vi } from 'vitest'
import type { Link } from '../../executor/redis/link.ts'
import { Range, type Source } from '../../executor/redis/node/range.ts'
import type { Held } from '../../executor/redis/node/taken.ts'
import { Waiting } from '../../executor/redis/node/waiting.ts'
import type { Queues } from '../../executor/redis/queues.ts'

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

it('go back once, also where others of their job are on their way back', async () => {
  const added: { id: string; at: number; to: number }[] = []
  let isThere: () => void = () => {}
  const there = new Promise<void>((resolve) => (isThere = resolve))
  const queues = {
    add(
      _queue: string,
      id: string,
      _title: string,
      _priority: number,
      { at, to }: { at: number; to: number },
    ) {
      added.push({ id, at, to })
      return there
    },
  }
  const link = { redis: { cornichonNote: async () => 1 }, keys: { call: String, batch: String } }
  const range = new Range(
    { title: 'square', priority: 0, stalls: 0, isSuspect: false } as Source,
    'token',
    { isLast: false, job: 'b', batch: 'b', at: 0, to: 64, size: 64, state: new Map() },
    link as unknown as Link,
    queues as unknown as Queues,
    'CPU=1',
  )
  const first = range.giveBackFrom(10)
  const second = range.giveBackFrom(5)
  isThere()
  await Promise.all([first, second])
  expect(added).toEqual([
    { id: 'b~10~64', at: 10, to: 64 },
    { id: 'b~5~10', at: 5, to: 10 },
  ])
  expect(range.isGivenBack).toBe(false)
})
