// The writer that is kept from call to call.
import { expect, test } from 'vitest'
import { checkSerializable, dumps, PicklingError } from '../../serializer/index.ts'
import { letGo, takeWriter } from '../../serializer/pickle/spare-writer.ts'
import { makePolicy } from '../../serializer/references/index.ts'

const optionsWith = (policy: ReturnType<typeof makePolicy>) => ({ policy, reductions: null, offers: null })

test('one for calls with options of their own is never in the place of the usual one', () => {
  const usual = optionsWith(makePolicy({}))
  letGo(takeWriter(optionsWith(makePolicy({ byValue: [] }))))
  const writer = takeWriter(usual)
  expect(takeWriter(usual)).not.toBe(writer)
  letGo(writer)
  expect(takeWriter(optionsWith(makePolicy({ byValue: [] })))).not.toBe(writer)
  expect(takeWriter(usual)).toBe(writer)
})

test('that of checkSerializable is not kept: the next dumps left out what can not be pickled', () => {
  expect(checkSerializable({ a: 1 }).ok).toBe(true)
  const timer = setTimeout(() => {}, 0)
  expect(() => dumps([timer])).toThrow(PicklingError)
  expect(() => dumps({ a: [timer] })).toThrow(/^value -> \.a -> \[0\]: a Timeout/)
  clearTimeout(timer)
})
