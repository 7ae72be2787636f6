// biome-ignore-all lint/correctness: the rows are about such code
// V4: Map, Set and iterators.
import type { Table } from '../../support/rows.ts'

export function collections({ row }: Table): void {
  row('V4', 'Map and Set: order, odd keys, cycles, own properties, after deletions', {
    build() {
      const key = { k: 1 }
      const map: any = new Map<any, any>([
        [Number.NaN, 'nan'],
        [0, 'zero'],
        [key, 'object'],
        ['removed', 1],
        [undefined, null],
        [() => 1, 'function'],
      ])
      map.delete('removed')
      map.set('last', map)
      map.note = 'own'
      const set: any = new Set<any>(['b', 'a', 1, '1', key, map])
      set.add(set)
      return { map, set, key, lookup: (k: any) => map.get(k) }
    },
    check({ map, set, key, lookup }, assert) {
      assert.deepEqual([...map.values()].slice(0, 5), ['nan', 'zero', 'object', null, 'function'])
      assert.equal(lookup(Number.NaN), 'nan')
      assert.equal(lookup(-0), 'zero')
      assert.equal(lookup(key), 'object')
      assert.equal(lookup('last'), map)
      assert.equal(map.note, 'own')
      assert.equal(map.size, 6)
      assert.deepEqual([...set].slice(0, 4), ['b', 'a', 1, '1'])
      assert.ok(set.has(map) && set.has(set) && set.has(key))
      map.set('more', 1)
      assert.equal([...map.keys()].at(-1), 'more')
    },
  })

  row('V4', 'iterators of Map and Set: a snapshot of what is left, which goes on where the original was', {
    build() {
      const map = new Map<any, any>([
        ['k', 1],
        ['l', 1],
        ['m', { deep: 1 }],
      ])
      const set = new Set<any>(['a', 'b', 'c'])
      const all: any = {
        entries: map.entries(),
        keys: map.keys(),
        values: map.values(),
        setValues: set.values(),
        setEntries: set.entries(),
      }
      for (const it of Object.values<any>(all)) it.next()
      const ended = map.keys()
      while (!ended.next().done);
      const cyclic = new Map<any, any>()
      const inner = cyclic.values()
      cyclic.set('self', inner).set('last', 2)
      map.values().next()
      return {
        all,
        ended,
        inner,
        map,
        fresh: () => map.entries(),
        own: Object.assign(set.values(), { note: 1 }),
      }
    },
    check({ all, ended, inner, map, own }, assert, { stage }) {
      if (stage === 'undisturbed') return
      assert.deepEqual(Object.fromEntries(Object.keys(all).map((key) => [key, [...all[key]]])), {
        entries: [
          ['l', 1],
          ['m', { deep: 1 }],
        ],
        keys: ['l', 'm'],
        values: [1, { deep: 1 }],
        setValues: ['b', 'c'],
        setEntries: [
          ['b', 'b'],
          ['c', 'c'],
        ],
      })
      assert.equal(Object.getPrototypeOf(all.keys), Object.getPrototypeOf(map.keys()))
      assert.deepEqual(ended.next(), { done: true, value: undefined })
      const [first, second] = [...inner]
      assert.equal(first, inner)
      assert.equal(second, 2)
      assert.equal(own.note, 1)
      assert.deepEqual([...own], ['a', 'b', 'c'])
    },
  })

  row('V4', 'a generator that runs, or has not begun: refused by name', {
    build() {
      function* steps() {
        yield 1
      }
      return { steps, fresh: steps() }
    },
    refused: { message: /generator/, path: /\.fresh/ },
  })

  row('V4', 'an async generator is refused by name', {
    build() {
      async function* steps() {
        yield 1
      }
      const held = steps()
      return () => held
    },
    refused: { message: /generator/, path: /held/ },
  })
}
