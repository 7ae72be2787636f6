// biome-ignore-all lint/correctness: the rows are about such code
// C9: default, rest and destructured parameters, with closures inside them.
import { js, type Table } from '../../support/rows.ts'

export function parameters({ row }: Table): void {
  row('C9', 'defaults: captured values, earlier parameters, calls, nested functions', {
    build() {
      const k = 2
      let calls = 0
      const next = () => ++calls
      return {
        captured: (x = k) => x,
        earlier: (a: number, b = a * k, c = a + b) => [a, b, c],
        called: (x = next()) => x,
        nested: (x = ((y = k) => y * 2)()) => x,
        made: (make = () => k) => make(),
        klass: (
          C = class {
            x = k
          },
        ) => new C().x,
        given: (x: unknown = 'default') => x,
        calls: () => calls,
      }
    },
    check(f, assert) {
      assert.equal(f.captured(), 2)
      assert.deepEqual(f.earlier(1), [1, 2, 3])
      assert.deepEqual(f.earlier(1, undefined, 0), [1, 2, 0])
      assert.deepEqual([f.called(), f.called(), f.called(9), f.calls()], [1, 2, 9, 2])
      assert.equal(f.nested(), 4)
      assert.equal(f.made(), 2)
      assert.equal(f.klass(), 2)
      assert.deepEqual([f.given(), f.given(null), f.given(0)], ['default', null, 0])
      assert.deepEqual([f.captured.length, f.earlier.length], [0, 1])
    },
  })

  row('C9', 'rest parameters, rest in patterns, spread calls', {
    build() {
      const k = 'k'
      return {
        all: (...list: unknown[]) => [list.length, ...list, k],
        after: (first: unknown, ...others: unknown[]) => [first, others],
        pattern: (...[a, b = k, ...c]: any[]) => [a, b, c],
        object: ({ a, ...rest }: any) => [a, rest],
        deep: ({ x: [first, ...tail], ...rest }: any) => [first, tail, rest],
        forwards: (...list: number[]) => Math.max(...list),
        length: (...{ length }: any[]) => length,
      }
    },
    check(f, assert) {
      assert.deepEqual(f.all(1, 2), [2, 1, 2, 'k'])
      assert.deepEqual(f.after(1, 2, 3), [1, [2, 3]])
      assert.deepEqual(f.pattern(1), [1, 'k', []])
      assert.deepEqual(f.object({ a: 1, b: 2, c: 3 }), [1, { b: 2, c: 3 }])
      assert.deepEqual(f.deep({ x: [1, 2], y: 3 }), [1, [2], { y: 3 }])
      assert.equal(f.forwards(1, 5, 2), 5)
      assert.equal(f.length(1, 2, 3), 3)
      assert.equal(f.all.length, 0)
    },
  })

  row('C9', 'destructuring with defaults, computed keys, nesting, closures over the parts', {
    build() {
      const key = 'key'
      const fallback = { deep: [1, 2] }
      return {
        computed: ({ [key]: value, [`${key}2`]: second = 'none' }: any) => [value, second],
        defaults: ({ a = 1, b: { c = 2 } = {} }: any = {}) => [a, c],
        nested: ({
          deep: [
            x,
            {
              y,
              z: [w],
            },
          ],
        }: any) => x + y + w,
        whole: ({ deep: [, second] } = fallback) => second,
        counter({ start = 0, step = key.length } = {}) {
          return { inc: () => (start += step), get: () => start }
        },
        iterable: ([a, b]: any) => [a, b],
        order: ({ a = 1, b = a + 1, c = (() => a + b)() }: any) => [a, b, c],
      }
    },
    check(f, assert) {
      assert.deepEqual(f.computed({ key: 1 }), [1, 'none'])
      assert.deepEqual(f.defaults(), [1, 2])
      assert.deepEqual(f.defaults({ b: { c: 5 } }), [1, 5])
      assert.equal(f.nested({ deep: [1, { y: 2, z: [3] }] }), 6)
      assert.equal(f.whole(), 2)
      const counter = f.counter()
      counter.inc()
      assert.equal(counter.get(), 3)
      assert.deepEqual(f.iterable(new Set([1, 2])), [1, 2])
      assert.deepEqual(f.order({}), [1, 2, 3])
      assert.throws(() => f.nested({}), TypeError)
    },
  })

  row('C9', 'closures made in parameters, dumped after the call', {
    build() {
      function make(n: number, add = (x: number) => (n += x), { read = () => n, twice = () => add(n) } = {}) {
        return { add, read, twice, direct: () => n }
      }
      return make(1)
    },
    check({ add, read, twice, direct }, assert) {
      add(1)
      assert.equal(read(), 2)
      twice()
      assert.deepEqual([read(), direct()], [4, 4])
    },
  })

  row('C9', "defaults with this, arguments, super, new.target, and the function's own name", {
    takesSnapshot: true,
    source: js`
      const build = () => {
        const base = { tag: () => 'base' }
        return {
          self: { x: 1, m(a = this.x, b = () => this) { return [a, b() === this] } },
          args: function (a, b = arguments.length, c = () => arguments[0]) { return [b, c()] },
          superior: { __proto__: base, tag(a = super.tag()) { return a } },
          target: function (a = new.target) { return { a } },
          own: function own(f = own) { return f },
        }
      }`,
    check(f: any, assert) {
      assert.deepEqual(f.self.m(), [1, true])
      assert.deepEqual(f.args('first'), [1, 'first'])
      assert.equal(f.superior.tag(), 'base')
      assert.equal(f.target().a, undefined)
      assert.equal(new f.target().a, f.target)
      assert.equal(f.own(), f.own)
    },
  })

  row('C9', 'parameters that read their own dead zone throw', {
    source: js`
      const build = () => [(a = b, b = 1) => a, (a = a) => a, ({ x = y, y }) => x]`,
    check(f: any[], assert) {
      assert.throws(() => f[0](), { name: 'ReferenceError' })
      assert.deepEqual(f[0](5), 5)
      assert.throws(() => f[1](), { name: 'ReferenceError' })
      assert.throws(() => f[2]({ y: 1 }), { name: 'ReferenceError' })
    },
  })

  row('C9', 'setters, async functions, generators and methods with patterns', {
    build() {
      let total = 0
      return {
        set value({ amount = 1, by: [factor] = [2] }: any) {
          total += amount * factor
        },
        get value() {
          return total
        },
        async later({ x }: { x: number }, [y] = [x]) {
          return x + y
        },
        *items([a, b = a]: number[], ...c: number[]) {
          yield* [a, b, ...c]
        },
        async *stream({ n = 2 } = {}) {
          for (let i = 0; i < n; i++) yield i
        },
      } as any
    },
    async check(object, assert) {
      object.value = {}
      object.value = { amount: 3, by: [5] }
      assert.equal(object.value, 17)
      assert.equal(await object.later({ x: 2 }), 4)
      assert.deepEqual([...object.items([1], 3)], [1, 1, 3])
      const seen: unknown[] = []
      for await (const x of object.stream()) seen.push(x)
      assert.deepEqual(seen, [0, 1])
      await assert.rejects(object.later(), TypeError)
    },
  })

  row('C9', 'a default that throws when it runs is not run by dumping', {
    build() {
      let n = 0
      const required = (name: string): never => {
        throw new TypeError(`${name} is required`)
      }
      return {
        inc: (by: number = required('by')) => {
          n += by
        },
        pattern: ({ by = required('by') }: { by?: number } = required('options')) => {
          n += by
        },
        get: () => n,
      }
    },
    check({ inc, pattern, get }, assert) {
      assert.throws(() => inc(), { message: 'by is required' })
      assert.throws(() => pattern(), { message: 'options is required' })
      assert.throws(() => pattern({}), { message: 'by is required' })
      inc(2)
      pattern({ by: 3 })
      assert.equal(get(), 5)
    },
  })

  row('C9', 'arguments and parameters where there is a pattern, a default or a rest', {
    source: {
      cjs: js`
        const build = () => [
          function (a, b = 2) { arguments[0] = 'changed'; return [a, b, arguments.length] },
          function ({ a }) { return [a, arguments[0].a] },
          function (...rest) { return [rest.length, arguments.length] },
        ]`,
    },
    check(f: any[], assert) {
      assert.deepEqual(f[0](1), [1, 2, 1])
      assert.deepEqual(f[1]({ a: 1 }), [1, 1])
      assert.deepEqual(f[2](1, 2), [2, 2])
    },
  })
}
