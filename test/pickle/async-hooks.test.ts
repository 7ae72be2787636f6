// Promises that are made while async hooks are on: Node writes on them, and that is no part of them.
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { dumps, loads } from 'cornichon'
import { expect, it } from 'vitest'

it('V8 a promise travels without what async hooks have written on it', async () => {
  const hook = createHook({ init() {} }).enable()
  const store = new AsyncLocalStorage<unknown>()
  // What can't be pickled.
  const promise = store.run({ timer: setTimeout(() => {}, 0) }, () => Promise.resolve(5))
  hook.disable()
  store.disable()
  const own = Symbol('own')
  Object.assign(promise, { [own]: 1, name: 'mine' })
  await null
  const copy = loads<typeof promise & { name: string }>(dumps(promise))
  expect(await copy).toBe(5)
  expect(Object.getOwnPropertySymbols(copy).map(String)).toEqual(['Symbol(own)'])
  expect(copy.name).toBe('mine')
})
