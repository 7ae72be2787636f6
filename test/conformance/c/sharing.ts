// biome-ignore-all lint/correctness: the rows are about such code
// C5 and C18: closures over one variable share it, in one bundle; others stay apart.
import { js, type Table } from '../../support/rows.ts'

export function sharing({ row }: Table): void {
  row('C5', 'two closures over one counter still share it after loading', {
    build() {
      let n = 0
      return { inc: () => ++n, get: () => n }
    },
    check({ inc, get }, assert) {
      assert.equal(get(), 0)
      inc()
      inc()
      assert.equal(get(), 2)
    },
  })

  row('C5', 'three closures over one counter', {
    build() {
      let n = 5
      const inc = () => {
        n += 1
      }
      const dec = () => {
        n -= 1
      }
      return [inc, dec, () => n] as any[]
    },
    check([inc, dec, get], assert) {
      inc()
      inc()
      dec()
      assert.equal(get(), 6)
    },
  })

  row('C5', 'two instances of one factory with equal values stay apart', {
    build() {
      const counter = () => {
        let n = 0
        return { inc: () => ++n, get: () => n }
      }
      return [counter(), counter()] as const
    },
    check([a, b], assert) {
      a.inc()
      assert.deepEqual([a.get(), b.get()], [1, 0])
      b.inc()
      b.inc()
      assert.deepEqual([a.get(), b.get()], [1, 2])
    },
  })

  row('C5', 'many instances, taken apart and mixed', {
    build() {
      const counter = () => {
        let n = 0
        return [() => ++n, () => n] as const
      }
      const all = Array.from({ length: 20 }, counter)
      return { incs: all.map(([inc]) => inc), gets: all.map(([, get]) => get).reverse() }
    },
    check({ incs, gets }, assert) {
      incs.forEach((inc, i) => {
        for (let j = 0; j < i; j++) inc()
      })
      assert.deepEqual(
        gets.reverse().map((get) => get()),
        Array.from({ length: 20 }, (_, i) => i),
      )
    },
  })

  row('C5', 'instances that hold one object each with equal contents', {
    build() {
      const make = () => {
        let state = { n: 0 }
        return {
          replace: (n: number) => {
            state = { n }
          },
          get: () => state,
        }
      }
      return [make(), make()] as const
    },
    check([a, b], assert) {
      assert.notEqual(a.get(), b.get())
      a.replace(1)
      assert.deepEqual([a.get().n, b.get().n], [1, 0])
    },
  })

  row('C5', 'variables of several levels: some shared by all, some by few', {
    build() {
      let total = 0
      const group = (name: string) => {
        let count = 0
        const member = (step: number) => {
          let own = 0
          return {
            add() {
              own += step
              count += step
              total += step
            },
            read: () => [own, count, total, name],
          }
        }
        return { a: member(1), b: member(10), count: () => count }
      }
      return { x: group('x'), y: group('y'), reset: () => (total = 0) }
    },
    check({ x, y, reset }, assert) {
      x.a.add()
      x.b.add()
      y.b.add()
      assert.deepEqual(x.a.read(), [1, 11, 21, 'x'])
      assert.deepEqual(x.b.read(), [10, 11, 21, 'x'])
      assert.deepEqual(y.a.read(), [0, 10, 21, 'y'])
      assert.deepEqual([x.count(), y.count()], [11, 10])
      reset()
      assert.deepEqual(y.b.read(), [10, 10, 0, 'y'])
    },
  })

  row('C5', 'written by a function inside a function', {
    build() {
      let n = 0
      const makeAdder = () => () => () => ++n
      return { makeAdder, get: () => n }
    },
    check({ makeAdder, get }, assert) {
      makeAdder()()()
      makeAdder()()()
      assert.equal(get(), 2)
    },
  })

  row('C5', 'a parameter, a rest parameter and a destructured one as the shared variable', {
    build() {
      const a = (n: number) => ({ inc: () => ++n, get: () => n })
      const b = (...list: number[]) => ({
        set: (x: number[]) => {
          list = x
        },
        get: () => list,
      })
      const c = ({ x, y: [z] }: { x: number; y: number[] }) => ({ inc: () => [++x, ++z!], get: () => [x, z] })
      return { a: a(1), b: b(1, 2), c: c({ x: 1, y: [5] }) }
    },
    check({ a, b, c }, assert) {
      a.inc()
      assert.equal(a.get(), 2)
      b.set([9])
      assert.deepEqual(b.get(), [9])
      c.inc()
      assert.deepEqual(c.get(), [2, 6])
    },
  })

  row('C5', 'written in every way that a variable can be', {
    source: js`
      const build = () => {
        let a = 1, b = 1, c = 1, d = null, e = 1, f = 1, g = 1, h = 1, i = [], j = 0, k = 'k', l = { x: 0 }, m = 5, o
        function n() { return 'n' }
        return {
          writers: [
            () => { a = 2 },
            () => { b += 1 },
            () => { c++ },
            () => { d ??= 2 },
            () => { e &&= 2 },
            () => { [f] = [2] },
            () => { ({ g } = { g: 2 }) },
            () => { ({ x: h = 2 } = {}) },
            () => { [, ...i] = [1, 2] },
            () => { for (j of [1, 2]); },
            () => { for (k in { two: 1 }); },
            () => { ({ ...l } = { x: 2 }) },
            () => { --m; m **= 1; m >>>= 1 },
            () => { n = () => 2 },
            () => { [[o = 2] = []] = [] },
          ],
          read: () => [a, b, c, d, e, f, g, h, i, j, k, l, m, n(), o],
        }
      }`,
    check({ writers, read }: any, assert) {
      assert.deepEqual(read(), [1, 1, 1, null, 1, 1, 1, 1, [], 0, 'k', { x: 0 }, 5, 'n', undefined])
      for (const write of writers) write()
      assert.deepEqual(read(), [2, 2, 2, 2, 2, 2, 2, 2, [2], 2, 'two', { x: 2 }, 2, 2, 2])
    },
  })

  row('C5', 'written by a method, a getter, a setter, a generator, an async function, a constructor', {
    build() {
      let n = 0
      class Counted {
        constructor() {
          n += 1
        }
        static reset() {
          n = 0
        }
        field = (n += 10)
      }
      return {
        object: {
          add() {
            n += 100
          },
          get next() {
            return ++n
          },
          set value(v: number) {
            n = v
          },
        },
        *count() {
          for (;;) yield n++
        },
        later: async () => {
          await null
          n += 1000
        },
        Counted,
        get: () => n,
      }
    },
    async check({ object, count, later, Counted, get }, assert) {
      object.add()
      assert.equal(get(), 100)
      assert.equal(object.next, 101)
      object.value = 5
      const it = count()
      assert.deepEqual([it.next().value, it.next().value], [5, 6])
      assert.equal(get(), 7)
      await later()
      assert.equal(get(), 1007)
      new Counted()
      assert.equal(get(), 1018)
      Counted.reset()
      assert.equal(get(), 0)
    },
  })

  row('C5', 'written by a bound function, a function in a Map, one in a Set, one behind a getter', {
    build() {
      let n = 0
      const add = (x: number) => {
        n += x
      }
      return {
        bound: add.bind(null, 1),
        map: new Map([['add', () => add(10)]]),
        set: new Set([() => add(100)]),
        get behind() {
          return () => add(1000)
        },
        read: () => n,
      }
    },
    check({ bound, map, set, behind, read }, assert) {
      bound()
      map.get('add')!()
      for (const each of set) each()
      behind()
      assert.equal(read(), 1111)
    },
  })

  row('C5', 'only the writer or only the reader is in the bundle', {
    build() {
      let n = 1
      const inc = () => ++n
      const get = () => n
      inc()
      return { get, existed: typeof inc }
    },
    check({ get }, assert) {
      assert.equal(get(), 2)
    },
  })

  row('C5', 'a variable that holds the closures that share it', {
    build() {
      let handlers: any[] = []
      const on = (f: any) => {
        handlers = [...handlers, f]
        return () => {
          handlers = handlers.filter((each) => each !== f)
        }
      }
      const emit = (x: number) => handlers.map((f) => f(x))
      const off = on((x: number) => x + handlers.length)
      on(emit.bind(null) && ((x: number) => x * 2))
      return { on, emit, off }
    },
    check({ on, emit, off }, assert) {
      assert.deepEqual(emit(1), [3, 2])
      on(() => 'third')
      assert.deepEqual(emit(1), [4, 2, 'third'])
      off()
      assert.deepEqual(emit(1), [2, 'third'])
    },
  })

  row('C5', 'a closure that replaces itself', {
    build() {
      let f: () => any = () => {
        f = () => 'second'
        return 'first'
      }
      return { call: () => f(), is: (x: any) => x === f }
    },
    check({ call }, assert) {
      assert.deepEqual([call(), call(), call()], ['first', 'second', 'second'])
    },
  })

  row('C5', 'shared variables that are undefined, NaN, functions, symbols or frozen objects', {
    build() {
      let undef: any
      let nan: any = Number.NaN
      let fn: any = () => 'fn'
      let symbol: any = Symbol.for('shared')
      let frozen: any = Object.freeze({ a: 1 })
      let negative: any = -0
      return {
        read: () => [undef, nan, fn, symbol, frozen, negative],
        rotate() {
          ;[undef, nan, fn, symbol, frozen, negative] = [nan, fn, symbol, frozen, negative, undef]
        },
      }
    },
    check({ read, rotate }, assert) {
      const before = read()
      assert.equal(before[0], undefined)
      assert.ok(Number.isNaN(before[1]))
      assert.equal(before[2](), 'fn')
      assert.equal(before[3], Symbol.for('shared'))
      assert.ok(Object.isFrozen(before[4]))
      assert.ok(Object.is(before[5], -0))
      rotate()
      assert.deepEqual(read(), [...before.slice(1), before[0]])
    },
  })

  row('C5', 'a catch parameter and a class binding as the shared variable', {
    source: js`
      const build = () => {
        const made = {}
        try { throw 1 } catch (e) { made.caught = [() => ++e, () => e] }
        let C = class Inner { static replace() { C = 'replaced' } static get() { return C } }
        made.klass = [C, () => C]
        return made
      }`,
    check({ caught, klass }: any, assert) {
      assert.deepEqual([caught[0](), caught[1]()], [2, 2])
      assert.equal(klass[1](), klass[0])
      klass[0].replace()
      assert.equal(klass[1](), 'replaced')
      assert.equal(klass[0].get(), 'replaced')
    },
  })

  row('C5', 'two variables of one environment, used by overlapping sets of functions', {
    build() {
      let a = 0
      let b = 0
      return {
        incA: () => ++a,
        incB: () => ++b,
        swap() {
          ;[a, b] = [b, a]
        },
        readA: () => a,
        readB: () => b,
      }
    },
    check({ incA, incB, swap, readA, readB }, assert) {
      incA()
      incA()
      incB()
      swap()
      assert.deepEqual([readA(), readB()], [1, 2])
    },
  })

  row('C5', 'sharing between functions far apart in a large graph', {
    build() {
      let n = 0
      const head: any = { inc: () => ++n }
      let node = head
      for (let i = 0; i < 200; i++) {
        node.next = { i, list: [i], f: () => i }
        node = node.next
      }
      node.get = () => n
      return head
    },
    check(head, assert) {
      head.inc()
      let node = head
      while (node.next) node = node.next
      assert.equal(node.get(), 1)
      assert.equal(head.next.next.f(), 1)
    },
  })

  row('C5', 'an object that two closures capture is one object', {
    build() {
      const state = { list: [] as number[] }
      const same = state
      return { push: (x: number) => state.list.push(x), read: () => same.list, state }
    },
    check({ push, read, state }, assert) {
      push(1)
      push(2)
      assert.deepEqual(read(), [1, 2])
      assert.equal(read(), state.list)
    },
  })

  row('C5', 'dumping does not run the closures, nor disturb what they share', {
    build() {
      let runs = 0
      let n = 0
      const log: string[] = []
      const trap = new Proxy({}, { get: (_, key) => log.push(`get ${String(key)}`) })
      return {
        inc(by = (log.push('default'), 1)) {
          runs++
          log.push('body')
          return (n += by)
        },
        get value() {
          log.push('getter')
          return n
        },
        destructured({ by } = (log.push('pattern'), { by: 1 }), [x] = [log.push('list')]) {
          n += by
          return x
        },
        state: () => [runs, n, log.length],
        trap,
      }
    },
    check({ state, inc }, assert) {
      assert.deepEqual(state(), [0, 0, 0])
      inc()
      assert.deepEqual(state(), [1, 1, 2])
    },
  })

  row('C5', 'shared variables whose functions need arguments that can be taken apart', {
    build() {
      let n = 0
      return {
        object: ({ a, b: { c } }: any) => {
          n += a + c
        },
        list: ([a, [b]]: any) => {
          n += a + b
        },
        iterate: function* ([x]: any): Generator<number> {
          n += x
          yield n
        },
        later: async ({ x }: any) => {
          n += x
        },
        get: () => n,
      }
    },
    async check({ object, list, iterate, later, get }, assert) {
      object({ a: 1, b: { c: 2 } })
      list([10, [20]])
      iterate([100]).next()
      await later({ x: 1000 })
      assert.equal(get(), 1133)
    },
  })

  row('C5', 'variables shared only by generators, by async functions, by async generators', {
    build() {
      const g = (() => {
        let n = 0
        return [
          function* () {
            n++
          },
          function* () {
            yield n
          },
        ]
      })()
      const a = (() => {
        let n = 0
        return [async () => ++n, async () => n]
      })()
      const ag = (() => {
        let n = 0
        return [
          async function* () {
            yield ++n
          },
          async function* () {
            yield n
          },
        ]
      })()
      return { g, a, ag } as any
    },
    async check({ g, a, ag }, assert) {
      g[0]().next()
      assert.equal(g[1]().next().value, 1)
      await a[0]()
      assert.equal(await a[1](), 1)
      await ag[0]().next()
      assert.equal((await ag[1]().next()).value, 1)
    },
  })

  row('C5', 'variables shared only by class constructors, methods and static members', {
    build() {
      let made = 0
      class A {
        constructor() {
          made++
        }
      }
      class B {
        static count() {
          return made
        }
        reset() {
          made = 0
        }
      }
      class C extends A {
        x = made
      }
      return { A, B, C }
    },
    check({ A, B, C }, assert) {
      new A()
      assert.equal(new C().x, 2)
      assert.equal(B.count(), 2)
      new B().reset()
      assert.equal(B.count(), 0)
    },
  })

  row('C5', 'classes with nothing but fields share what their fields assign', {
    takesSnapshot: true,
    build: () => {
      const make = () => {
        let n = 0
        return [
          class A {
            id = ++n
          },
          class B {
            id = ++n
          },
        ]
      }
      return [...make(), ...make()]
    },
    check([A, B, C, D]: any[], assert) {
      assert.deepEqual([new A().id, new B().id, new A().id, new C().id, new D().id], [1, 2, 3, 1, 2])
    },
    once: 'a class that is known keeps the state that it has',
  })

  row('C5', 'functions while they run, or half run, share as well', {
    build() {
      let n = 0
      const inc = () => ++n
      const get = () => n
      function* steps() {
        yield inc()
        yield inc()
      }
      const it = steps()
      it.next()
      return { inc, get }
    },
    check({ inc, get }, assert) {
      assert.equal(get(), 1)
      assert.equal(inc(), 2)
      assert.equal(get(), 2)
    },
  })

  row('C5', 'hot functions: optimized and inlined before they are dumped', {
    build() {
      let n = 0
      const inc = () => {
        n++
      }
      const get = () => n
      for (let i = 0; i < 200_000; i++) inc()
      return { inc, get }
    },
    check({ inc, get }, assert) {
      assert.equal(get(), 200_000)
      for (let i = 0; i < 1000; i++) inc()
      assert.equal(get(), 201_000)
    },
  })

  row('C18', "functions of one bundle share their module's variables", {
    source: js`
      let count = 0
      const names = []
      function add(name) { count++; names.push(name); return count }
      function read() { return [count, [...names]] }
      class Registry { static add = add; get size() { return count } }
      const build = () => ({ add, nested: { read }, Registry })`,
    check({ add, nested, Registry }: any, assert) {
      add('a')
      Registry.add('b')
      assert.deepEqual(nested.read(), [2, ['a', 'b']])
      assert.equal(new Registry().size, 2)
    },
  })

  row('C18', 'functions of two user modules in one bundle share the variables of both', {
    source: {
      esm: `
        import { count, inc } from './counter.mjs'
        import * as counter from './counter.mjs'
        let local = 0
        const build = () => ({ run: () => [inc(), ++local], read: () => [count, local], whole: () => counter.count })`,
      tsx: `
        import { count, inc } from './counter.mjs'
        import * as counter from './counter.mjs'
        let local = 0
        const build = () => ({ run: () => [inc(), ++local], read: () => [count, local], whole: () => counter.count })`,
      cjs: `
        const counter = require('./counter.cjs')
        let local = 0
        const build = () => ({ run: () => [counter.inc(), ++local], read: () => [counter.get(), local], whole: () => counter.get() })`,
    },
    files: {
      'counter.mjs': 'export let count = 0\nexport const inc = () => ++count',
      'counter.cjs': 'let count = 0\nexports.inc = () => ++count\nexports.get = () => count',
    },
    check({ run, read, whole }: any, assert) {
      assert.deepEqual(run(), [1, 1])
      run()
      assert.deepEqual(read(), [2, 2])
      assert.equal(whole(), 2)
    },
  })

  // Its script is long enough for V8 to be asked first, and short enough to be read when there is more to ask.
  row(
    'C5',
    'two functions that are called where they stand keep their variables apart, in a script of middling length',
    {
      source: js`
      // ${'.'.repeat(6000)}
      const a = (() => { let n = 0; return { inc: () => ++n, get: () => n } })()
      const b = (() => { let n = 0; return { inc: () => ++n, get: () => n } })()
      const build = () => ({ a, b })`,
      check({ a, b }: any, assert) {
        a.inc()
        a.inc()
        b.inc()
        assert.deepEqual([a.get(), b.get()], [2, 1])
        b.inc()
        a.inc()
        a.inc()
        a.inc()
        b.inc()
        b.inc()
        b.inc()
        assert.deepEqual([a.get(), b.get()], [5, 5])
      },
    },
  )

  // Where there are hundreds to ask, those that only read are not asked one by one.
  row('C5', 'hundreds of closures, most with equal values, share what they shared', {
    modes: ['esm', 'tsx'],
    build() {
      const made = (n: number, i: number) => {
        const inc = () => ++n
        const get = () => n
        class Silent {
          static value = () => n
          now = n
        }
        return i % 20 === 0 ? { inc, get, Silent, set: (value: number) => (n = value) } : { inc, get }
      }
      const same = Array.from({ length: 110 }, (_, i) => made(0, i))
      const other = Array.from({ length: 10 }, (_, i) => made(i, i))
      return { all: [...same, ...other], onlyReads: [() => same.length, () => other.length] } as any
    },
    check({ all, onlyReads }, assert) {
      const before = all.map(({ get }: any) => get())
      all.forEach(({ inc }: any, i: number) => {
        for (let times = 0; times < i % 7; times++) inc()
      })
      assert.deepEqual(
        all.map(({ get }: any) => get()),
        before.map((n: number, i: number) => n + (i % 7)),
      )
      for (let i = 0; i < all.length; i += 20) {
        const { set, get, Silent } = all[i]
        set(1000 + i)
        assert.deepEqual([get(), new Silent().now], [1000 + i, 1000 + i])
      }
      assert.deepEqual(
        onlyReads.map((read: () => number) => read()),
        [110, 10],
      )
    },
  })

  row('C5', 'hundreds of properties that are computed when they are first read', {
    modes: ['esm', 'tsx'],
    build() {
      const lazy = (object: any, name: string, compute: () => unknown) => {
        let isKnown = false
        let value: unknown
        Object.defineProperty(object, name, {
          enumerable: true,
          configurable: true,
          get() {
            if (!isKnown) {
              value = compute()
              isKnown = true
            }
            return value
          },
          set(next) {
            value = next
            isKnown = true
          },
        })
        return object
      }
      const runs = { count: 0 }
      const all: any = { runs }
      for (let i = 0; i < 150; i++)
        lazy(all, `p${i}`, () => {
          runs.count++
          return i
        })
      // These look alike, but for the object.
      const same = Array.from({ length: 60 }, () => lazy({}, 'p', Math.random))
      return { all, same }
    },
    check({ all, same }, assert) {
      assert.equal(all.runs.count, 0)
      assert.deepEqual([all.p3, all.p3, all.p149], [3, 3, 149])
      assert.equal(all.runs.count, 2)
      all.p4 = 'four'
      assert.deepEqual([all.p4, all.p5, all.runs.count], ['four', 5, 3])
      same[7].p = 'seven'
      assert.deepEqual([same[7].p, typeof same[8].p, same[8].p === same[9].p], ['seven', 'number', false])
    },
  })
}
