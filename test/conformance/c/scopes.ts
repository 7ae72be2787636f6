// biome-ignore-all lint/correctness: the rows are about such code
// C3 and C4: names and scopes: recursion, hoisting, loops, shadowing; `undefined` and dead zones.
import { js, type Table } from '../../support/rows.ts'

export function scopes({ row }: Table): void {
  row('C3', 'a function that calls itself, by a const, a declaration and a name of its own', {
    build() {
      const viaConst = (n: number): number => (n < 2 ? 1 : n * viaConst(n - 1))
      function declared(n: number): number {
        return n < 2 ? 1 : n * declared(n - 1)
      }
      const named = function own(n: number): number {
        return n < 2 ? 1 : n * own(n - 1)
      }
      const viaObject = {
        fact(n: number): number {
          return n < 2 ? 1 : n * viaObject.fact(n - 1)
        },
      }
      const viaThis = {
        fact(n: number): number {
          return n < 2 ? 1 : n * this.fact(n - 1)
        },
      }
      const later = async (n: number): Promise<number> => (n < 2 ? 1 : n * (await later(n - 1)))
      const walk = function* (n: number): Generator<number> {
        if (n > 0) {
          yield n
          yield* walk(n - 1)
        }
      }
      return { viaConst, declared, named, viaObject, viaThis, later, walk }
    },
    async check({ viaConst, declared, named, viaObject, viaThis, later, walk }, assert) {
      for (const f of [viaConst, declared, named]) assert.equal(f(5), 120)
      assert.equal(viaObject.fact(5), 120)
      assert.equal(viaThis.fact(5), 120)
      assert.equal(await later(5), 120)
      assert.deepEqual([...walk(3)], [3, 2, 1])
    },
  })

  row('C3', 'two and three functions that call each other', {
    build() {
      const even = (n: number): boolean => n === 0 || odd(n - 1)
      const odd = (n: number): boolean => n !== 0 && even(n - 1)
      function a(n: number): string {
        return n ? `a${b(n - 1)}` : '.'
      }
      function b(n: number): string {
        return n ? `b${c(n - 1)}` : '.'
      }
      function c(n: number): string {
        return n ? `c${a(n - 1)}` : '.'
      }
      return { even, a }
    },
    check({ even, a }, assert) {
      assert.equal(even(10), true)
      assert.equal(even(7), false)
      assert.equal(a(7), 'abcabca.')
    },
  })

  row('C3', 'mutual recursion across environments and through data', {
    build() {
      const registry: any = {}
      const make = (name: string, next: string) => {
        let calls = 0
        registry[name] = (n: number): string => {
          calls++
          return n ? name + calls + registry[next](n - 1) : '.'
        }
        return registry[name]
      }
      make('x', 'y')
      make('y', 'x')
      return registry.x
    },
    check(x, assert) {
      assert.equal(x(4), 'x1y1x2y2.')
      assert.equal(x(1), 'x4.')
    },
  })

  row('C3', 'a fixed point, a memo and a trampoline', {
    build() {
      const Y = (f: any) => ((x: any) => x(x))((x: any) => f((...a: any[]) => x(x)(...a)))
      const cache = new Map<number, number>()
      const fibonacci = (n: number): number => {
        if (n < 2) return n
        const known = cache.get(n)
        if (known !== undefined) return known
        const result = fibonacci(n - 1) + fibonacci(n - 2)
        cache.set(n, result)
        return result
      }
      fibonacci(10)
      const trampoline = (f: any) => {
        while (typeof f === 'function') f = f()
        return f
      }
      const count = (n: number, sum = 0): any => (n === 0 ? sum : () => count(n - 1, sum + n))
      return {
        factorial: Y((self: any) => (n: number) => (n ? n * self(n - 1) : 1)),
        fibonacci,
        cache,
        sum: (n: number) => trampoline(count(n)),
      }
    },
    check({ factorial, fibonacci, cache, sum }, assert) {
      assert.equal(factorial(5), 120)
      assert.equal(cache.size, 9)
      assert.equal(fibonacci(30), 832040)
      assert.equal(cache.size, 29)
      assert.equal(sum(10_000), 50_005_000)
    },
  })

  row('C3', 'a named function expression keeps its own name when the variable changes', {
    build() {
      let f: any = function own(n: number): any {
        return n ? own(n - 1) : own
      }
      const original = f
      f = null
      return { original, current: () => f }
    },
    check({ original, current }, assert) {
      assert.equal(original(3), original)
      assert.equal(current(), null)
    },
  })

  row('C3', "a declared function's name is a variable: replaced ones are followed", {
    source: js`
      const build = () => {
        function step(n) { return n ? 'old' + step(n - 1) : 'old.' }
        const first = step
        step = (n) => (n ? 'new' + step(n - 1) : 'new.')
        return { first, second: step }
      }`,
    check({ first, second }: any, assert) {
      assert.equal(first(2), 'oldnewnew.')
      assert.equal(second(1), 'newnew.')
    },
  })

  row('C3', 'functions used before the line that declares them', {
    build() {
      const result = early()
      const f = () => early() + late()
      function early() {
        return 'early'
      }
      function late() {
        return early.name + result
      }
      return f
    },
    check(f, assert) {
      assert.equal(f(), 'earlyearlyearly')
    },
  })

  row('C3', 'a variable of its own for each turn of a let loop, one for all of a var loop', {
    build() {
      const perTurn: any[] = []
      for (let i = 0; i < 3; i++) perTurn.push({ get: () => i, add: () => ++i })
      const shared: any[] = []
      for (var j = 0; j < 3; j++) shared.push({ get: () => j, add: () => ++j })
      const of: any[] = []
      for (const x of ['a', 'b']) of.push(() => x)
      const inKeys: any[] = []
      for (const key in { p: 1, q: 2 }) inKeys.push(() => key)
      const pairs: any[] = []
      for (let [a, b] of [
        [1, 2],
        [3, 4],
      ] as number[][])
        pairs.push(
          () => [a, b],
          () => {
            a!++
          },
        )
      let n = 0
      const loop: any[] = []
      while (n < 2) {
        const own = n++
        loop.push(() => [own, n])
      }
      return { perTurn, shared, of, inKeys, pairs, loop }
    },
    check({ perTurn, shared, of, inKeys, pairs, loop }, assert) {
      assert.deepEqual(
        perTurn.map((x) => x.get()),
        [0, 1, 2],
      )
      perTurn[1].add()
      assert.deepEqual(
        perTurn.map((x) => x.get()),
        [0, 2, 2],
      )
      shared[0].add()
      assert.deepEqual(
        shared.map((x) => x.get()),
        [4, 4, 4],
      )
      assert.deepEqual(
        of.map((f) => f()),
        ['a', 'b'],
      )
      assert.deepEqual(
        inKeys.map((f) => f()),
        ['p', 'q'],
      )
      pairs[1]()
      assert.deepEqual(pairs[0](), [2, 2])
      assert.deepEqual(pairs[2](), [3, 4])
      assert.deepEqual(
        loop.map((f) => f()),
        [
          [0, 2],
          [1, 2],
        ],
      )
    },
  })

  row('C3', "closures in a loop's head: initializer, test and update", {
    build() {
      const log: any[] = []
      for (let i = 0, first = () => i; i < 2; log.push(() => ['update', i]), i++)
        log.push(first, () => ['body', i])
      return log
    },
    check(log, assert) {
      assert.deepEqual(
        log.map((f) => f()),
        [0, ['body', 0], ['update', 1], 0, ['body', 1], ['update', 2]],
      )
    },
  })

  row('C3', 'one name at five levels', {
    build() {
      const x = 'module'
      const levels: any[] = [() => x]
      {
        const x = 'block'
        levels.push(() => x)
        ;((x: string) => {
          levels.push(() => x)
          try {
            throw 'catch'
          } catch (x) {
            levels.push(() => x)
            {
              let x = 'inner'
              levels.push(
                () => x,
                (v: string) => {
                  x = v
                },
              )
            }
          }
        })('parameter')
      }
      return levels
    },
    check(levels, assert) {
      const read = () => levels.slice(0, 5).map((f) => f())
      assert.deepEqual(read(), ['module', 'block', 'parameter', 'catch', 'inner'])
      levels[5]('changed')
      assert.deepEqual(read(), ['module', 'block', 'parameter', 'catch', 'changed'])
    },
  })

  row('C3', 'one name for two variables that a single function sees through two closures', {
    build() {
      const make = (x: number) => ({ get: () => x, add: () => ++x })
      const a = make(1)
      const b = make(10)
      return () => [a.add(), b.add(), a.get(), b.get()]
    },
    check(f, assert) {
      assert.deepEqual(f(), [2, 11, 2, 11])
      assert.deepEqual(f(), [3, 12, 3, 12])
    },
  })

  row('C3', 'catch scopes, destructured parameters of catch included', {
    build() {
      const made: any[] = []
      try {
        throw { code: 7, deep: { list: [8] } }
      } catch ({
        code,
        deep: {
          list: [first],
        },
      }: any) {
        made.push(
          () => code + first,
          () => {
            code += 1
          },
        )
      }
      try {
        throw { message: 'kept' }
      } catch (error: any) {
        made.push(() => error.message)
      }
      return made
    },
    check(made, assert) {
      assert.equal(made[0](), 15)
      made[1]()
      assert.equal(made[0](), 16)
      assert.equal(made[2](), 'kept')
    },
  })

  row('C3', 'switch scopes', {
    source: js`
      const build = () => {
        const made = []
        for (const kind of ['a', 'b']) {
          switch (kind) {
            case 'a':
              let value = 'from a'
              made.push(() => value)
              break
            case 'b':
              try { value = 'too early' } catch ({ name }) { made.push(() => name) }
              made.push((v) => { value = v })
              break
            default:
          }
          switch (kind) {
            case 'b':
              let value = 'from b'
              made.push(() => value, (v) => { value = v })
          }
        }
        return made
      }`,
    check(made: any, assert) {
      assert.deepEqual([made[0](), made[1](), made[3]()], ['from a', 'ReferenceError', 'from b'])
      made[4]('set')
      assert.deepEqual([made[0](), made[3]()], ['from a', 'set'])
      assert.throws(() => made[2]('dead'), { name: 'ReferenceError' })
    },
  })

  row('C3', "a class's inner name stays when the variable outside changes", {
    source: js`
      const build = () => {
        let Outer = class Inner {
          static make() { return new Inner() }
          name() { return Inner.name }
          self() { return Inner }
        }
        const first = Outer
        Outer = null
        class Declared { self() { return Declared } static outer() { return typeof Declared } }
        const kept = Declared
        Declared = 'replaced'
        return { first, outer: () => Outer, kept, declared: () => Declared }
      }`,
    check({ first, outer, kept, declared }: any, assert) {
      assert.equal(first.make().self(), first)
      assert.equal(first.make().name(), 'Inner')
      assert.equal(outer(), null)
      assert.equal(new kept().self(), kept)
      assert.equal(kept.outer(), 'function')
      assert.equal(declared(), 'replaced')
    },
  })

  row('C3', 'variables in the scope of parameters and of the body are two', {
    source: js`
      const build = () => {
        function f(a, get = () => a, set = (v) => { a = v }) {
          var a
          const before = a
          a = 'body'
          return { get, set, body: () => a, before }
        }
        return f('parameter')
      }`,
    check({ get, set, body, before }: any, assert) {
      assert.deepEqual([get(), body(), before], ['parameter', 'body', 'parameter'])
      set('changed')
      assert.deepEqual([get(), body()], ['changed', 'body'])
    },
  })

  row('C3', 'functions declared in blocks, as sloppy code hoists them', {
    source: {
      cjs: js`
        function build() {
          const before = typeof inBlock
          { function inBlock() { return inBlock.tag || 'block' } }
          const f = inBlock
          if (true) { function conditional() { return 'yes' } } else { function conditional() { return 'no' } }
          return { before, f, g: () => inBlock, conditional: () => conditional() }
        }`,
    },
    check({ before, f, g, conditional }: any, assert) {
      assert.equal(before, 'undefined')
      assert.equal(f(), 'block')
      assert.equal(g(), f)
      assert.equal(conditional(), 'yes')
    },
  })

  row('C3', 'var, function and parameter of one name', {
    source: {
      cjs: js`
        function build() {
          function f(x) {
            var x
            const kept = x
            function y() { return 'second y' }
            var y
            return [() => kept, () => y(), () => x]
          }
          function y() { return 'y' }
          return f('x')
        }`,
    },
    check([kept, y, x]: any, assert) {
      assert.deepEqual([kept(), y(), x()], ['x', 'second y', 'x'])
    },
  })

  row('C4', 'a captured undefined is a variable, not a missing name', {
    build() {
      let later: string | undefined
      const nothing = undefined
      const f = (absent?: number) => () => [later, nothing, absent, typeof later]
      return {
        read: f(),
        write: (x: string) => {
          later = x
        },
      }
    },
    check({ read, write }, assert) {
      assert.deepEqual(read(), [undefined, undefined, undefined, 'undefined'])
      write('now')
      assert.deepEqual(read(), ['now', undefined, undefined, 'string'])
    },
  })

  row('C4', 'a captured undefined hides the global of that name', {
    build() {
      const setTimeout = undefined
      let process: any
      let Array: any
      return () => [typeof setTimeout, typeof process, typeof Array]
    },
    check(f, assert) {
      assert.deepEqual(f(), ['undefined', 'undefined', 'undefined'])
    },
  })

  row('C4', 'null, false, 0, NaN, -0 and the empty string as captured values', {
    build() {
      const values = [null, false, 0, Number.NaN, -0, '', 0n]
      return values.map((value) => () => value)
    },
    check(f, assert) {
      assert.deepEqual(
        f.map((each) => each()),
        [null, false, 0, Number.NaN, -0, '', 0n],
      )
      assert.ok(Object.is(f[4]!(), -0))
    },
  })

  row('C4', 'a variable in its dead zone throws when it is read or written', {
    source: js`
      const build = () => {
        let read, write, typeOf
        try {
          read = () => late
          write = () => { late = 1 }
          typeOf = () => typeof late
          throw 0
          let late = 'never'
        } catch {}
        return { read, write, typeOf }
      }`,
    check({ read, write, typeOf }: any, assert) {
      const dead = { name: 'ReferenceError', message: /initiali[sz]ation/ }
      assert.throws(read, dead)
      assert.throws(write, dead)
      assert.throws(typeOf, dead)
    },
  })

  row('C4', 'dead zones of const, class and switch clauses; neighbours that are alive', {
    source: js`
      const build = () => {
        let f
        try {
          f = [() => constant, () => new Class(), () => alive, () => unset]
          let alive = 'alive', unset
          throw 0
          const constant = 1
          class Class {}
        } catch {}
        const g = (() => {
          switch (1) {
            case 0: let skipped = 1
            case 1: return [() => skipped, (v) => { skipped = v }]
          }
        })()
        return [...f, ...g]
      }`,
    check([constant, klass, alive, unset, skipped, setSkipped]: any, assert) {
      const dead = { name: 'ReferenceError' }
      assert.throws(constant, dead)
      assert.throws(klass, dead)
      assert.equal(alive(), 'alive')
      assert.equal(unset(), undefined)
      assert.throws(skipped, dead)
      assert.throws(() => setSkipped(1), dead)
    },
  })

  row('C4', 'a dead zone that one function shares with its writers stays one', {
    source: js`
      const build = () => {
        let made
        try {
          let n = 0
          made = { add: () => ++n, both: () => [n, late], get: () => n }
          throw 0
          const late = 1
        } catch {}
        return made
      }`,
    check({ add, both, get }: any, assert) {
      assert.equal(add(), 1)
      assert.equal(get(), 1)
      assert.throws(both, { name: 'ReferenceError' })
    },
  })

  row('C4', 'a dead zone in a module: an export that a cycle of imports has not reached', {
    source: {
      esm: `
        import { early } from './early.mjs'
        export const late = 'late'
        const build = () => early`,
    },
    files: {
      'early.mjs': `
        import { late } from './case.mjs'
        // Taken while case.mjs has not run: its variables are in their dead zone until it does.
        let seen
        try { seen = late } catch (error) { seen = error.name }
        export const early = () => [seen, late]`,
    },
    check(early: any, assert) {
      assert.deepEqual(early(), ['ReferenceError', 'late'])
    },
  })
}
