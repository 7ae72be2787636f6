// biome-ignore-all lint/correctness: the rows are about such code
// V1: primitive values and symbols.
import type { Table } from '../../support/rows.ts'

export function primitives({ row }: Table): void {
  row('V1', 'every primitive', {
    build() {
      const values = [
        ...[undefined, null, true, false, 0, -0, 1, -1, 1.5, Number.NaN, Infinity, -Infinity],
        ...[
          Number.MAX_SAFE_INTEGER,
          Number.MIN_SAFE_INTEGER,
          Number.MAX_VALUE,
          Number.MIN_VALUE,
          Number.EPSILON,
        ],
        ...[2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 0.1 + 0.2, 127, 128, 255, 256, 65535, 65536, -129],
        ...[
          '',
          'a',
          'ä',
          '日本',
          '😀',
          '\0',
          '\ud800',
          'a\udc00b',
          '\n\r\t\u2028\u2029\\"\'`${}',
          'x'.repeat(300),
        ],
        ...['long '.repeat(100_000), 'ü'.repeat(70_000), '__proto__', 'constructor'],
        ...[0n, 1n, -1n, 2n ** 64n, -(2n ** 64n), 10n ** 300n, -(3n ** 1000n), 255n, 256n],
      ]
      return { get: () => values, text: values.map((v) => `${typeof v} ${String(v)} ${Object.is(v, -0)}`) }
    },
    check({ get, text }, assert) {
      assert.deepEqual(
        get().map((v) => `${typeof v} ${String(v)} ${Object.is(v, -0)}`),
        text,
      )
      assert.ok(Object.is(get()[5], -0))
      assert.ok(Object.is(get()[9], Number.NaN))
    },
  })

  row('V1', 'symbols: registered, well-known, unique, without a description', {
    build() {
      const unique = Symbol('unique')
      const twin = Symbol('unique')
      const bare = Symbol()
      const empty = Symbol('')
      const registered = Symbol.for('cornichon.test')
      const object: any = { [unique]: 1, [twin]: 2, [bare]: 3, [registered]: 4, [Symbol.iterator]: 5 }
      return {
        unique,
        twin,
        bare,
        empty,
        registered,
        object,
        read: () => [unique, object[unique]],
        same: [unique],
      }
    },
    check({ unique, twin, bare, empty, registered, object, read, same }, assert) {
      assert.equal(registered, Symbol.for('cornichon.test'))
      assert.notEqual(unique, twin)
      assert.equal(unique.description, 'unique')
      assert.equal(bare.description, undefined)
      assert.equal(empty.description, '')
      assert.deepEqual([object[unique], object[twin], object[bare], object[registered]], [1, 2, 3, 4])
      assert.equal(object[Symbol.iterator], 5)
      assert.deepEqual(read(), [unique, 1])
      assert.equal(same[0], unique)
      assert.equal(Symbol.keyFor(unique), undefined)
    },
  })

  row('V1', 'every well-known symbol is itself', {
    build() {
      const names = Object.getOwnPropertyNames(Symbol).filter(
        (name) => typeof (Symbol as any)[name] === 'symbol',
      )
      return { names, symbols: names.map((name) => (Symbol as any)[name]) }
    },
    check({ names, symbols }, assert) {
      assert.ok(names.length >= 13)
      names.forEach((name, i) => assert.equal(symbols[i], (Symbol as any)[name]))
    },
  })
}
