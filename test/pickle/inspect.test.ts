// inspectBundle: what a bundle would run and what it captured, with sizes; it runs nothing.
import { EventEmitter } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dumps, inspectBundle, loads } from '../../serializer/index.ts'

test('code units, bindings and sizes are shown', () => {
  const table = 'x'.repeat(10_000)
  const limit = 3
  let count = 0
  const bytes = dumps({
    look: (i: number) => table.slice(i, i + limit),
    up: () => ++count,
    read: () => count,
  })
  const shown = inspectBundle(bytes)
  expect(shown.size).toBe(bytes.length)
  expect(shown.node).toBe(process.version)
  const functions = shown.units.flatMap((unit) => unit.functions)
  const bindings = functions.flatMap(({ bindings }) => bindings)
  expect(functions.map(({ name }) => name).sort()).toEqual(['look', 'read', 'up'])
  expect(bindings.find(({ name }) => name === 'table')?.size).toBeGreaterThanOrEqual(10_000)
  expect(bindings.find(({ name }) => name === 'limit')).toMatchObject({ kind: 'value', summary: '3' })
  expect(bindings.find(({ name }) => name === 'count')).toMatchObject({ kind: 'shared', summary: '0' })
})

test('references are shown, also where they are bound, extended or getters', () => {
  const value = [
    path.join.bind(null, 'a'),
    Object.defineProperty({}, 'now', { get: Date.now, enumerable: true }),
    class extends Array {},
  ]
  const shown = inspectBundle(dumps(value))
  expect(shown.references).toEqual([{ specifier: 'node:path', export: 'join', version: null }])
})

test('properties under symbols, wherever these are found', () => {
  const { errorMonitor } = EventEmitter
  const value = [
    { [Symbol.iterator]: 1, [Symbol.for('registered')]: 2, [Symbol('own')]: 3, [errorMonitor]: 4 },
    class {
      static readonly [errorMonitor] = 5;
      *[Symbol.iterator]() {}
    },
    Object.assign(() => 6, { [Symbol.toStringTag]: 'callable' }),
    Object(Symbol.iterator),
    { symbol: Symbol.asyncIterator, again: errorMonitor },
  ]
  const shown = inspectBundle(dumps(value))
  expect(shown.values.count).toBeGreaterThan(5)
  expect(shown.references.map((each) => each.export)).toContain('errorMonitor')
})

test('a bigint of a million digits is shown by how many it has: to write them takes minutes', () => {
  const { entry } = inspectBundle(dumps(2n ** 4_000_000n))
  expect(entry).toMatch(/^0x10+… \(1000001 hexadecimal digits\)$/)
  expect(inspectBundle(dumps(-12n)).entry).toBe('-12n')
})

test('nothing of a bundle runs when it is inspected', () => {
  const marks = globalThis as { inspected?: number }
  class Marked {
    static {
      marks.inspected = (marks.inspected ?? 0) + 1
    }
  }
  const bytes = dumps([
    new Marked(),
    {
      get mark() {
        return (marks.inspected = 100)
      },
    },
  ])
  marks.inspected = undefined
  inspectBundle(bytes)
  expect(marks.inspected).toBeUndefined()
  delete marks.inspected
  expect(loads(bytes)).toHaveLength(2)
})

test('private state is counted, and what it takes is in the size', () => {
  class Base {
    #text = 'x'.repeat(5000)
    length() {
      return this.#text.length
    }
  }
  class Account extends Base {
    readonly owner = 'peter'
    #balance = 1
    all() {
      return this.length() + this.#balance
    }
  }
  const account = new Account()
  const shown = inspectBundle(dumps(() => account.all()))
  const [binding] = shown.units
    .flatMap(({ functions }) => functions)
    .flatMap(({ bindings }) => bindings.filter(({ name }) => name === 'account'))
  expect(binding.summary).toMatch(/^Account .*2 private/)
  expect(binding.size).toBeGreaterThan(5000)
})
