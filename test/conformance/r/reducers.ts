// R1 to R3: reducers of the user's. (Classes, factories and reducers travel with what they reduce; the hook's symbol
// is a registered one, so that the rows need no import.)
import type { Table } from '../../support/rows.ts'

export function reducers({ row }: Table): void {
  row('R1', 'factory and args alone: a class with new, a function without, a built-in class', {
    build: () => {
      const hook = Symbol.for('cornichon.reduce')
      class Point {
        readonly text: string
        readonly x: number
        readonly y: number
        constructor(x: number, y: number) {
          this.x = x
          this.y = y
          this.text = `made of ${x} and ${y}`
        }
        [hook]() {
          return [Point, [this.x, this.y]]
        }
      }
      const make = (name: string) => ({ name, [hook]: () => [make, [name]] })
      class Moment {
        time = 7;
        [hook]() {
          return [Date, [this.time]]
        }
      }
      const point = new Point(1, 2)
      return { list: [point, point], Point, made: make('made'), moment: new Moment() as unknown }
    },
    check: ({ list, Point, made, moment }, assert, { stage }) => {
      assert.ok(list[0] instanceof Point)
      assert.equal(list[0], list[1])
      assert.equal(list[0].text, 'made of 1 and 2')
      assert.equal(made.name, 'made')
      if (stage === 'loaded' || stage === 'again') assert.equal(Number(moment), 7)
    },
  })

  row(
    'R1',
    'state, items, entries and setState in this order, each optional, with cycles through all of them',
    {
      build: () => {
        const hook = Symbol.for('cornichon.reduce')
        class Box {
          parts: any = null
          log: any[] = []
          tag: any
          constructor(tag: string) {
            this.tag = tag
          }
          add(item: any) {
            this.log.push(['add', item])
          }
          set(key: any, value: any) {
            this.log.push(['set', key, value])
          }
          [hook](): any[] {
            return [Box, [this.tag], ...this.parts(this)]
          }
        }
        const boxes = {
          state: (box: any) => [{ parts: box.parts, self: box }],
          items: (box: any) => [{ parts: box.parts }, [box, 1]],
          entries: (box: any) => [{ parts: box.parts }, null, new Map([[box, 'v']])],
          all: (box: any) => [
            { parts: box.parts, box },
            [2],
            [['k', box]],
            (result: any, state: any) => {
              result.parts = state.parts
              result.log.push(['state', state.box])
            },
          ],
        }
        return Object.entries(boxes).map(([name, parts]) => {
          const box: any = new Box(name)
          box.parts = parts
          if (name === 'state') box.self = box
          if (name === 'items') box.log.push(['add', box], ['add', 1])
          if (name === 'entries') box.log.push(['set', box, 'v'])
          if (name === 'all') box.log.push(['state', box], ['add', 2], ['set', 'k', box])
          return box
        })
      },
      check: ([state, items, entries, all], assert) => {
        assert.equal(state.self, state)
        assert.equal(state.tag, 'state')
        const same = (actual: any[][], expected: any[][]) => {
          assert.equal(actual.length, expected.length)
          for (const [i, line] of actual.entries())
            for (const [j, value] of line.entries()) assert.ok(Object.is(value, expected[i][j]))
        }
        same(items.log, [
          ['add', items],
          ['add', 1],
        ])
        same(entries.log, [['set', entries, 'v']])
        same(all.log, [
          ['state', all],
          ['add', 2],
          ['set', 'k', all],
        ])
      },
    },
  )

  row('R1', 'the name of an export: of a built-in module, of a package', {
    build: () => {
      class Named {
        name: string
        constructor(name: string) {
          this.name = name
        }
        [Symbol.for('cornichon.reduce')]() {
          return this.name
        }
      }
      return [new Named('node:path#join'), new Named('listed#tools.hammer')] as any[]
    },
    packages: {
      'listed/package.json': '{"name":"listed","version":"1.0.0"}',
      'listed/index.js': 'exports.tools = { hammer() {} }',
    },
    modes: ['cjs', 'esm', 'tsx'],
    check: ([join, hammer], assert, { stage, require }) => {
      if (stage !== 'loaded' && stage !== 'again') return
      assert.equal(join, require('node:path').join)
      assert.equal(hammer, require('listed').tools.hammer)
    },
  })

  row(
    'R2',
    'persistentId, reducerOverride, dispatchTable, hook, registered, built-in: the first that speaks',
    {
      build: () => {
        const hook = Symbol.for('cornichon.reduce')
        class Plain {
          by = 'none'
        }
        class Hooked extends Plain {
          [hook]() {
            return [(by: string) => ({ by }), ['hook']]
          }
        }
        class Tabled extends Hooked {}
        return {
          persistent: new Tabled() as Plain,
          overridden: new Tabled() as Plain,
          tabled: new Tabled() as Plain,
          hooked: new Hooked() as Plain,
          registered: new WeakRef({ by: 'none' }) as any,
          builtin: new Set([1]),
          order: true,
        }
      },
      dump: ({ cornichon }) => {
        const by = (who: string) => () => [(name: string) => ({ by: name }), [who]]
        cornichon.registerReducer(WeakRef, by('registered'))
        let root: any
        return {
          persistentId: (value: any) => {
            if (value.order) root = value
            return value === root?.persistent ? { key: 'persistent' } : null
          },
          reducerOverride: (value: any) =>
            value === root?.persistent || value === root?.overridden ? by('override')() : undefined,
          dispatchTable: new Map([[WeakSet, by('never')]]),
        }
      },
      load: () => ({ persistentLoad: ({ key }: { key: string }) => ({ by: key }) }),
      check: (value, assert, { stage }) => {
        assert.deepEqual([...value.builtin], [1])
        if (stage !== 'loaded' && stage !== 'again') return
        assert.equal(value.persistent.by, 'persistent')
        assert.equal(value.overridden.by, 'override')
        assert.equal(value.tabled.by, 'hook')
        assert.equal(value.hooked.by, 'hook')
        assert.equal(value.registered.by, 'registered')
      },
    },
  )

  row('R2', 'a dispatchTable goes before a hook, a hook before a registered reducer', {
    build: () => {
      const by = (who: string, time: number) => [
        (name: string, at: number) => ({ by: name, at }),
        [who, time],
      ]
      class Later extends Date {
        [Symbol.for('cornichon.reduce')]() {
          return by('hook', this.getTime())
        }
      }
      return [new Date(1), new URLSearchParams('a=1'), new Later(2)] as any[]
    },
    dump: ({ cornichon }) => {
      const by = (who: string) => (value: object) => [
        (by: string, text: string) => ({ by, text }),
        [who, String(value)],
      ]
      cornichon.registerReducer(Date, by('registered'))
      cornichon.registerReducer(URLSearchParams, by('registered'))
      return { dispatchTable: new Map<unknown, unknown>([[URLSearchParams, by('table')]]) }
    },
    check: ([date, params, later], assert, { stage }) => {
      if (stage !== 'loaded' && stage !== 'again') return
      assert.equal(date.by, 'registered')
      assert.deepEqual(params, { by: 'table', text: 'a=1' })
      assert.deepEqual(later, { by: 'hook', at: 2 })
    },
  })

  row('R3', "a reducer's error gains the path", {
    build: () => {
      class Sore {
        [Symbol.for('cornichon.reduce')]() {
          throw new RangeError('it hurts')
        }
      }
      const sore = new Sore()
      return { list: [() => sore] }
    },
    refused: {
      message: /\[symbols\.reduce\] of Sore threw: it hurts/,
      path: /\.list -> \[0\] -> binding sore/,
    },
  })

  row('R3', 'a reducer that returns nonsense is named, with what was wrong', {
    build: () => {
      class Odd {
        [Symbol.for('cornichon.reduce')]() {
          return [Odd, 'no list']
        }
      }
      return { deep: new Map([['odd', new Odd()]]) }
    },
    refused: {
      message: /\[symbols\.reduce\] of Odd returned no reduction: its args are the string "no list"/,
      path: /\.deep -> \[key odd\]/,
    },
  })
}
