// Calls that wait for a slot, in their order.
import { expect, it } from 'vitest'
import type { Call } from '../../executor/local/calls.ts'
import { CallQueue } from '../../executor/local/queue.ts'

const call = (order: number, priority = 0, laneKey = `${priority}`) =>
  ({ order, priority, laneKey, state: 'queued' }) as unknown as Call
const all = (queue: CallQueue) => {
  const orders: number[] = []
  for (let next = queue.take(() => true); next !== null; next = queue.take(() => true))
    orders.push(next.order)
  return orders
}

it('calls run by priority, and by their order within one', () => {
  const queue = new CallQueue()
  for (const each of [call(1), call(2, 0, 'gpu'), call(3, -1), call(4), call(5, 1)]) queue.push(each)
  expect(all(queue)).toEqual([3, 1, 2, 4, 5])
})

it('a call that was taken and did not begin is the next again', () => {
  const queue = new CallQueue()
  const calls = [1, 2, 3, 4, 5].map((order) => call(order))
  for (const each of calls) queue.push(each)
  for (let i = 0; i < 3; i++) expect(queue.take(() => true)).toBe(calls[i])
  queue.putBack(calls[1]!)
  queue.putBack(calls[2]!)
  expect(all(queue)).toEqual([2, 3, 4, 5])
  queue.putBack(calls[4]!)
  queue.putBack(calls[0]!)
  expect(all(queue)).toEqual([1, 5])
})
