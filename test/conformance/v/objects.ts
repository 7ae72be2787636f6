// biome-ignore-all lint/correctness: the rows are about such code
// V2: plain objects and arrays.
import type { Table } from '../../support/rows.ts'

export function objects({ row }: Table): void {
  row('V2', 'property order, integer keys, symbols, accessors, descriptors', {
    build() {
      const symbol = Symbol('s')
      let hidden = 1
      const object: any = {
        z: 1,
        a: 2,
        10: 'ten',
        2: 'two',
        [symbol]: 's',
        '': 'empty',
        '-1': 'minus',
        '01': 'not an index',
      }
      Object.defineProperty(object, 'accessor', {
        get: () => hidden,
        set: (v) => (hidden = v),
        enumerable: true,
      })
      Object.defineProperty(object, 'readonly', { value: 5, enumerable: true })
      Object.defineProperty(object, 'secret', { value: 6, writable: true, configurable: true })
      Object.defineProperty(object, Symbol.for('hidden'), { value: 7 })
      object.last = undefined
      return { object, keys: Reflect.ownKeys(object), symbol }
    },
    check({ object, keys, symbol }, assert) {
      assert.deepEqual(Reflect.ownKeys(object), keys)
      assert.equal(object[symbol], 's')
      object.accessor = 9
      assert.equal(object.accessor, 9)
      const flags = (key: PropertyKey) => {
        const d = Object.getOwnPropertyDescriptor(object, key)!
        return [d.writable, d.enumerable, d.configurable]
      }
      assert.deepEqual(flags('readonly'), [false, true, false])
      assert.deepEqual(flags('secret'), [true, false, true])
      assert.deepEqual(flags(Symbol.for('hidden')), [false, false, false])
      assert.deepEqual(flags('accessor'), [undefined, true, false])
      assert.equal('last' in object, true)
    },
  })

  row('V2', '__proto__, constructor, toString, hasOwnProperty as own keys', {
    build() {
      const own = JSON.parse(
        '{ "__proto__": { "polluted": true }, "constructor": 1, "hasOwnProperty": 2, "toString": 3, "valueOf": null }',
      )
      const computed = { ['__proto__']: 5 }
      const real = { __proto__: { inherited: 1 } } as any
      const then = { then: 'not a promise', toJSON: 1, length: -1 }
      return { own, computed, real, then }
    },
    check({ own, computed, real, then }, assert) {
      assert.deepEqual(Object.keys(own), [
        '__proto__',
        'constructor',
        'hasOwnProperty',
        'toString',
        'valueOf',
      ])
      assert.equal(Object.getPrototypeOf(own), Object.prototype)
      assert.equal(own.polluted, undefined)
      assert.equal(({} as any).polluted, undefined)
      assert.equal(Object.getOwnPropertyDescriptor(computed, '__proto__')!.value, 5)
      assert.equal(real.inherited, 1)
      assert.deepEqual(Object.keys(real), [])
      assert.equal(then.then, 'not a promise')
    },
  })

  row('V2', 'arrays: holes, extra properties, length, nesting, sparse and typed-like ones', {
    build() {
      const holes = [1, , 3, , ,] as any[]
      const extra: any = [1, 2]
      extra.name = 'extra'
      extra['-1'] = 'minus'
      extra[Symbol.for('k')] = 's'
      const sparse: any[] = []
      sparse[2 ** 31] = 'far'
      const lengthOnly = new Array(5)
      const fixed: any[] = [1, 2]
      Object.defineProperty(fixed, 'length', { writable: false })
      const getter: any[] = [0]
      Object.defineProperty(getter, 0, { get: () => 'got', enumerable: true, configurable: true })
      const undefs = [undefined, null]
      const doubles = [1.5, -0, Number.NaN]
      return { holes, extra, sparse, lengthOnly, fixed, getter, undefs, doubles, nested: [[[[]]]] }
    },
    check({ holes, extra, sparse, lengthOnly, fixed, getter, undefs, doubles, nested }, assert) {
      assert.equal(holes.length, 5)
      assert.deepEqual(Object.keys(holes), ['0', '2'])
      assert.deepEqual(
        [extra.name, extra['-1'], extra[Symbol.for('k')], extra.length],
        ['extra', 'minus', 's', 2],
      )
      assert.equal(sparse.length, 2 ** 31 + 1)
      assert.equal(sparse[2 ** 31], 'far')
      assert.equal(lengthOnly.length, 5)
      assert.equal(0 in lengthOnly, false)
      assert.throws(() => fixed.push(3), TypeError)
      assert.equal(getter[0], 'got')
      assert.deepEqual(undefs, [undefined, null])
      assert.ok(Object.is(doubles[1], -0))
      assert.deepEqual(nested, [[[[]]]])
    },
  })

  row('V2', 'identity and cycles throughout: one object in many places is one object', {
    build() {
      const shared = { n: 1 }
      const cycle: any = { shared, list: [shared] }
      cycle.self = cycle
      cycle.list.push(cycle.list, cycle)
      const map = new Map<any, any>([[shared, cycle]])
      map.set(map, map)
      const set = new Set<any>([shared, map])
      set.add(set)
      const read = () => [shared, cycle, map, set] as const
      return { read, shared, cycle, map, set }
    },
    check({ read, shared, cycle, map, set }, assert) {
      assert.deepEqual(
        read().map((x, i) => x === [shared, cycle, map, set][i]),
        [true, true, true, true],
      )
      assert.equal(cycle.self, cycle)
      assert.equal(cycle.list[1], cycle.list)
      assert.equal(cycle.list[2], cycle)
      assert.equal(map.get(shared), cycle)
      assert.equal(map.get(map), map)
      assert.ok(set.has(set) && set.has(shared))
    },
  })
}
