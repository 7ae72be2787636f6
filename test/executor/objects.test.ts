// The store of a process: what holds an object keeps it, and no hold ends another's.
import { expect, it } from 'vitest'
import { ObjectStore } from '../../executor/local/objects.ts'

const value = { ok: true, value: { plain: 1 } } as const
const put = (store: ObjectStore, id: string) => {
  store.expect(id)
  store.settle(id, value)
}

it('an object that comes for one call stays for it, when another ends that named it before it was there', () => {
  const store = new ObjectStore()
  store.hold('x')
  put(store, 'x')
  store.hold('x')
  store.release('x')
  expect(store.peek('x')).toEqual(value)
  store.release('x')
  expect(store.peek('x')).toMatchObject({ ok: false, failure: { kind: 'lost' } })
  expect(store.describe().count).toBe(0)
})

it('of one that was freed, the holds end before those on the next of its name', () => {
  const store = new ObjectStore()
  put(store, 'x')
  store.hold('x')
  store.free('x')
  expect(store.describe().count).toBe(0)
  put(store, 'x')
  store.hold('x')
  store.release('x')
  expect(store.peek('x')).toEqual(value)
  store.release('x')
  expect(store.describe().count).toBe(0)
})
