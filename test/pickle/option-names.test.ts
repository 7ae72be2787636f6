// Options that do not exist are refused: a misspelled one would be none.
import { expect, test } from 'vitest'
import { dumps, loads, loadsAsync, Pickler, Unpickler } from '../../serializer/index.ts'

const bytes = dumps(1)
const wrong = (options: object) => options as never

test.each<[string, () => unknown]>([
  ['dumps has no option compres', () => dumps(1, wrong({ compres: true }))],
  ['dumps has no option memo', () => dumps(1, wrong({ memo: 'session' }))],
  ['loads has no option lmits', () => loads(bytes, wrong({ lmits: { maxBytes: 1 } }))],
  ['loads has no option lmits', () => loads(bytes, wrong(Object.create({ lmits: 1 })))],
  ['a Pickler has no option limits', () => new Pickler(wrong({ limits: {} }))],
  ['an Unpickler has no option buffers', () => new Unpickler(wrong({ buffers: [] }))],
  ['dump of a Pickler has no option compress', () => new Pickler().dump(1, wrong({ compress: true }))],
  ['load of an Unpickler has no option code', () => new Unpickler().load(bytes, wrong({ code: 'refuse' }))],
  ['the options of dumps are an object, not null', () => dumps(1, wrong(null as never))],
  ['the options of loads are an object, not string', () => loads(bytes, wrong('code' as never))],
])('%s', (message, call) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(message)
})

test('also where a promise is returned', async () => {
  await expect(loadsAsync(bytes, wrong({ verfy: 'x' }))).rejects.toThrow(
    /loadsAsync has no option verfy: there are code,/,
  )
})

test('what is there by the name of an option may be undefined', () => {
  expect(loads(dumps(1, { compress: undefined }), { limits: undefined, verify: undefined })).toBe(1)
})
