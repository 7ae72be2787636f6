// Two copies of cornichon in one process, as two packages may bring them along: the built one, and its sources.
import { get, init, kill, put, remote, shutdown, wait } from 'cornichon/executor'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ActorHandleBase } from '../../executor/actors.ts'
import { ObjectRef } from '../../executor/refs.ts'

const ref = new ObjectRef('o-others-1') as never
const handle = new ActorHandleBase({ id: 'a-others-1', name: 'Others', methods: [] }) as never

beforeAll(() => init({ mode: 'inline' }))
afterAll(() => shutdown())

it('X3 refs and handles are for the copy that made them, and another says so', async () => {
  const message = /of another copy of cornichon/
  await expect(get(ref)).rejects.toThrow(message)
  await expect(wait([ref])).rejects.toThrow(message)
  expect(() => kill(handle)).toThrow(message)
  const takes = remote((value: unknown) => typeof value)
  for (const value of [ref, handle, { within: [ref] }]) {
    expect(() => takes.remote(value)).toThrow(message)
    expect(() => put([value])).toThrow(message)
  }
  // Its own may be mistaken for each other, and are no others'.
  class Idle {}
  const own = remote(Idle).remote()
  await expect(get(own as never)).rejects.toThrow(/not an object$/)
  expect(() => kill(put(1) as never)).toThrow(/Use cancel for a task$/)
  kill(own)
})
