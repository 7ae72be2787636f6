// What is known of how long tasks take.
import { expect, test } from 'vitest'
import { Ahead } from '../../executor/local/ahead.ts'

const known = () =>
  new Ahead(
    () => [],
    () => {},
  )

test('of a function it is what it took of late, whatever others of its name do', () => {
  const ahead = known()
  expect(ahead.duration({ fn: 'a', name: 'task' })).toBe(Number.POSITIVE_INFINITY)
  ahead.ran({ fn: 'a', name: 'task' }, 8)
  expect(ahead.duration({ fn: 'a', name: 'task' })).toBe(8)
  ahead.ran({ fn: 'a', name: 'task' }, 2)
  expect(ahead.duration({ fn: 'a', name: 'task' })).toBe(5)
  ahead.ran({ fn: 'b', name: 'task' }, 100)
  expect(ahead.duration({ fn: 'a', name: 'task' })).toBe(5)
})

test('of a new one it is what new ones of its name took: a slow one counts at once, brief ones by and by', () => {
  const ahead = known()
  const next = () => ahead.duration({ fn: 'new', name: 'task' })
  ahead.ran({ fn: 'a', name: 'task' }, 0.5)
  expect(next()).toBe(0.5)
  expect(ahead.duration({ fn: 'new', name: 'another' })).toBe(Number.POSITIVE_INFINITY)
  ahead.ran({ fn: 'b', name: 'task' }, 40)
  expect(next()).toBe(40)
  for (const [i, expected] of [30, 22.5].entries()) {
    ahead.ran({ fn: `c${i}`, name: 'task' }, 0)
    expect(next()).toBe(expected)
  }
  // One that has run before is no new one.
  ahead.ran({ fn: 'a', name: 'task' }, 5)
  expect(next()).toBe(22.5)
})
