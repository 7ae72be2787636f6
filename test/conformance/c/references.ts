// biome-ignore-all lint/correctness: the rows are about such code
// C2: what a function refers to travels with it, and nothing else.
import { js, type Table } from '../../support/rows.ts'

export function references({ row }: Table): void {
  row('C2', 'a name that is only a property, a label, a key or a method is no variable', {
    build() {
      // A running generator can't be pickled: whoever takes it along is refused.
      const exit = (function* () {
        yield 1
      })()
      exit.next()
      const used = { exit: 'property' }
      return {
        dot: (x: any = used) => x.exit,
        optional: (x: any = used) => x?.exit,
        chain: (x: any) => x.a.exit.b?.exit,
        quoted: () => 'exit' + 'exit' + `exit` + /exit/.source,
        key: () => ({ exit: 1 }).exit,
        method: () =>
          ({
            exit() {
              return 2
            },
          }).exit(),
        accessor: () =>
          ({
            get exit() {
              return 3
            },
          }).exit,
        pattern: ({ exit: other }: any) => other,
        defaults: ({ exit: other = 4 }: any) => other,
        label() {
          exit: for (;;) break exit
          return 5
        },
        klass: () =>
          class {
            static exit = 6
            exit = 7
          },
        privateName: () =>
          class {
            #exit = 8
            get() {
              return this.#exit
            }
          },
        assign(target: any) {
          target.exit = 9
          ;({ exit: target.copy } = target)
          delete target.exit
          return target
        },
      } as any
    },
    check(f, assert) {
      assert.equal(f.dot(), 'property')
      assert.equal(f.optional(), 'property')
      assert.equal(f.chain({ a: { exit: { b: { exit: 'deep' } } } }), 'deep')
      assert.equal(f.quoted(), 'exitexitexitexit')
      assert.equal(f.key(), 1)
      assert.equal(f.method(), 2)
      assert.equal(f.accessor(), 3)
      assert.equal(f.pattern({ exit: 'x' }), 'x')
      assert.equal(f.defaults({}), 4)
      assert.equal(f.label(), 5)
      assert.equal(f.klass().exit, 6)
      assert.equal(new (f.klass())().exit, 7)
      assert.equal(new (f.privateName())().get(), 8)
      assert.deepEqual(f.assign({}), { copy: 9 })
    },
  })

  row('C2', 'a name that the function declares itself is not the one outside', {
    build() {
      const exit = (function* () {
        yield 1
      })()
      exit.next()
      void exit
      return [
        (exit: number) => exit,
        ({ exit }: any) => exit,
        ([exit]: any) => exit,
        (...exit: number[]) => exit[0],
        ({
          a: {
            b: [exit],
          },
        }: any) => exit,
        () => {
          const exit = 6
          return exit
        },
        function exit() {
          return typeof exit
        },
        () => {
          try {
            throw 8
          } catch (exit) {
            return exit
          }
        },
        () => {
          class exit {}
          return exit.name
        },
        () => {
          return exit()
          function exit() {
            return 10
          }
        },
        () => {
          for (const exit of [11]) return exit
        },
        () => {
          for (let exit = 12; ; exit++) return exit
        },
        () => {
          for (const exit in { thirteen: 1 }) return exit
        },
        () => {
          if (true) var exit = 14
          return exit
        },
        () => [15].map((exit) => exit)[0],
        (exit: number, later = () => exit) => later(),
        () => {
          switch (1) {
            default: {
              let exit = 17
              return exit
            }
          }
        },
        () => class exit {}.name,
        () => {
          const { a: exit, ...rest } = { a: 19, b: 1 }
          return exit + 0 * rest.b
        },
      ] as any[]
    },
    check(f, assert) {
      const results = f.map((each, i) => {
        if (i === 1) return each({ exit: 2 })
        if (i === 2) return each([3])
        if (i === 4) return each({ a: { b: [5] } })
        return each(i + 1)
      })
      assert.deepEqual(results, [
        ...[1, 2, 3, 4, 5, 6, 'function', 8, 'exit', 10, 11, 12, 'thirteen', 14, 15, 16, 17, 'exit', 19],
      ])
    },
  })

  row('C2', 'a name declared in one block is still the one outside in the next', {
    build() {
      const value = 'outer'
      return [
        () => {
          {
            const value = 'inner'
            void value
          }
          return value
        },
        () => {
          for (const value of ['loop']) void value
          return value
        },
        () => {
          try {
            throw 'caught'
          } catch (value) {
            void value
          }
          return value
        },
        () => [((value: string) => value)('parameter'), value],
        () => [class value {}.name, value],
        () => [
          (function value() {
            return typeof value
          })(),
          value,
        ],
      ] as any[]
    },
    check(f, assert) {
      assert.equal(f[0](), 'outer')
      assert.equal(f[1](), 'outer')
      assert.equal(f[2](), 'outer')
      assert.deepEqual(f[3](), ['parameter', 'outer'])
      assert.deepEqual(f[4](), ['value', 'outer'])
      assert.deepEqual(f[5](), ['function', 'outer'])
    },
  })

  row('C2', 'every place where a name is a reference', {
    build() {
      const v = { k: 'K', f: (x?: any) => `f${x ?? ''}` } as any
      const shorthand = 1
      const key = 'key'
      const Base = class {
        base() {
          return 'base'
        }
      }
      let assigned = 0
      return {
        shorthand: () => ({ shorthand }),
        computed: () => ({ [key]: 1 }),
        computedMethod: () =>
          ({
            [key]() {
              return 2
            },
          })[key](),
        computedPattern: ({ [key]: x }: any) => x,
        patternDefault: ({ x = key }: any) => x,
        parameterDefault: (x = key) => x,
        template: () => `<${key}>`,
        tag: () => v.f`x`,
        heritage: () => class extends Base {},
        classKey: () =>
          class {
            [key]() {
              return 3
            }
          },
        field: () =>
          class {
            x = key
            static y = shorthand
          },
        spread: () => [...key, ...[shorthand]],
        spreadObject: () => ({ ...v }),
        typeOf: () => typeof key,
        conditional: (x: any) => (x ? key : shorthand),
        called: () => v.f(1),
        constructed: () => new Base().base(),
        index: () => ({ key: 4 })[key],
        member: () => v[key[0]!],
        instance: (x: any) => x instanceof Base,
        inside: () => key in { key: 1 },
        thrown() {
          throw key
        },
        forOf() {
          for (const x of key) return x
        },
        forIn() {
          for (const x in v) return x
        },
        switched(x: any) {
          switch (x) {
            case key:
              return 'matched'
            default:
              return shorthand
          }
        },
        yielded: function* () {
          yield key
          yield* key
        },
        awaited: async () => await key,
        assigned() {
          assigned += 1
          return assigned
        },
        comma: () => (void assigned, key),
        unary: () => -shorthand,
        logical: () => v.none ?? (false || key),
        chained: () => v?.k?.toLowerCase(),
        exponent: () => 2 ** shorthand,
        labeled() {
          key: for (const x of [key]) {
            if (x) break key
          }
          return key
        },
      } as any
    },
    async check(f, assert) {
      assert.deepEqual(f.shorthand(), { shorthand: 1 })
      assert.deepEqual(f.computed(), { key: 1 })
      assert.equal(f.computedMethod(), 2)
      assert.equal(f.computedPattern({ key: 'x' }), 'x')
      assert.equal(f.patternDefault({}), 'key')
      assert.equal(f.parameterDefault(), 'key')
      assert.equal(f.template(), '<key>')
      assert.equal(f.tag(), 'fx')
      assert.equal(new (f.heritage())().base(), 'base')
      assert.equal(new (f.classKey())().key(), 3)
      assert.equal(new (f.field())().x, 'key')
      assert.equal(f.field().y, 1)
      assert.deepEqual(f.spread(), ['k', 'e', 'y', 1])
      assert.equal(f.spreadObject().k, 'K')
      assert.equal(f.typeOf(), 'string')
      assert.deepEqual([f.conditional(1), f.conditional(0)], ['key', 1])
      assert.equal(f.called(), 'f1')
      assert.equal(f.constructed(), 'base')
      assert.equal(f.index(), 4)
      assert.equal(f.member(), 'K')
      assert.equal(f.instance({}), false)
      assert.equal(f.inside(), true)
      assert.throws(() => f.thrown())
      assert.equal(f.forOf(), 'k')
      assert.equal(f.forIn(), 'k')
      assert.equal(f.switched('key'), 'matched')
      assert.deepEqual([...f.yielded()], ['key', 'k', 'e', 'y'])
      assert.equal(await f.awaited(), 'key')
      assert.equal(f.assigned() + f.assigned(), 3)
      assert.equal(f.comma(), 'key')
      assert.equal(f.unary(), -1)
      assert.equal(f.logical(), 'key')
      assert.equal(f.chained(), 'k')
      assert.equal(f.exponent(), 2)
      assert.equal(f.labeled(), 'key')
    },
  })

  row('C2', 'free variables of inner functions, four levels down', {
    build() {
      const a = 1
      const b = 2
      const c = 3
      const d = 4
      const hidden = (function* () {
        yield 0
      })()
      hidden.next()
      void hidden
      return () => () => {
        class Inner {
          get() {
            return {
              method: () =>
                function () {
                  return [
                    a,
                    (() => b)(),
                    new (class {
                      x = c
                    })().x,
                    d,
                  ]
                },
            }
          }
        }
        return new Inner().get().method()
      }
    },
    check(f, assert) {
      assert.deepEqual(f()()(), [1, 2, 3, 4])
    },
  })

  row('C2', 'a large neighbour that nobody mentions does not travel', {
    build() {
      const large = 'x'.repeat(5_000_000)
      const small = 'small'
      const reader = () => large.length
      return { f: () => small, neighbourExists: typeof reader }
    },
    bundle(bytes, assert) {
      assert.ok(bytes.length < 20_000, `The bundle has ${bytes.length} bytes`)
    },
    check({ f }, assert) {
      assert.equal(f(), 'small')
    },
  })

  row('C2', 'neighbours of a module do not travel: a server, a pending promise, a large table', {
    source: js`
      const net = process.getBuiltinModule('node:net')
      const server = net.createServer()
      const pending = new Promise(() => {})
      const table = new Array(100_000).fill('row')
      const word = 'word'
      function other() { return [server, pending, table, third()] }
      function third() { return word }
      const build = () => ({ f: () => third() + word.length, g: function server() { return word } })`,
    bundle(bytes, assert) {
      assert.ok(bytes.length < 20_000, `The bundle has ${bytes.length} bytes`)
    },
    check({ f, g }: any, assert) {
      assert.equal(f(), 'word4')
      assert.equal(g(), 'word')
    },
  })

  row('C2', 'one variable that can not travel is named with its whole path', {
    build() {
      const socket = (function* () {
        yield 1
      })()
      socket.next()
      const config = { db: { pools: [{ socket }] } }
      const inner = () => config.db.pools.length
      return function outer() {
        return inner()
      }
    },
    refused: { message: /generator/, path: /inner.*config.*\.db.*\.pools.*0.*\.socket/ },
  })

  row('C2', 'paths through Maps, Sets, prototypes, bound functions, classes and accessors', {
    build() {
      const held = (function* () {
        yield 1
      })()
      held.next()
      class Holder {
        #secret = held
        get() {
          return this.#secret
        }
      }
      return new Map([['key', [{ bound: Holder.prototype.get.bind(new Holder()) }]]])
    },
    refused: { message: /generator/, path: /key.*0.*\.bound.*\[\[BoundThis\]\].*#secret/ },
  })

  row('C2', 'a captured variable is read as it is when dumped, not when the function was made', {
    build() {
      let text = 'before'
      const f = () => text
      text = 'after'
      return f
    },
    check(f, assert) {
      assert.equal(f(), 'after')
    },
  })

  row('C2', 'built-in names used and shadowed', {
    build() {
      const Map = 'not a map'
      const console = { log: (x: unknown) => `logged ${x}` }
      const process = undefined
      return {
        shadowed: () => [Map, console.log(1), process],
        used: () => [typeof Set, Math.max(1, 2), JSON.stringify({ a: 1 }), Number.isInteger(1)],
      }
    },
    check({ shadowed, used }, assert) {
      assert.deepEqual(shadowed(), ['not a map', 'logged 1', undefined])
      assert.deepEqual(used(), ['function', 2, '{"a":1}', true])
    },
  })
}
