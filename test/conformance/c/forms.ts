// C1: every form in which source text can make a function.
import { js, type Table } from '../../support/rows.ts'

export function forms({ row }: Table): void {
  row('C1', 'arrow functions: expression bodies, blocks, bare parameters, object literals', {
    build() {
      const k = 10
      return [
        () => k,
        (x: number) => x + k,
        (x: number, y: number) => {
          const sum = x + y
          return sum + k
        },
        (x: number) => ({ x, k }),
        (x: number) => [x, k],
        (x: number) => (x > k ? 'more' : 'less'),
        (x: number) => (y: number) => x + y + k,
        () => {},
      ] as any[]
    },
    check(f, assert) {
      assert.equal(f[0](), 10)
      assert.equal(f[1](1), 11)
      assert.equal(f[2](1, 2), 13)
      assert.deepEqual(f[3](5), { x: 5, k: 10 })
      assert.deepEqual(f[4](5), [5, 10])
      assert.equal(f[5](11), 'more')
      assert.equal(f[6](1)(2), 13)
      assert.equal(f[7](), undefined)
      for (const each of f) {
        assert.throws(() => new each(), TypeError)
        assert.equal('prototype' in each, false)
      }
    },
  })

  row('C1', 'arrow functions written in awkward ways', {
    source: js`
      const k = 3
      const build = () => [
        x=>x*k,
        (x)=>{return x*k},
        (  x  ,  y  ,  ) => x * y * k,
        (/* none */) /* yet */ =>
          k,
        async=>async*k,
        async (x) =>x*k,
        async x => x*k,
        async(x)=>({x}),
        () => (1, k),
        () => ({}).toString.call(k),
        (x) => (y) => (z) => x + y + z + k,
        x => x in { a: 1 },
        (x) => x ? k : -k,
        // a comment that has => in it
        (x) => /* => */ x + "=>" + '}' + /}=>{/.source + k,
      ]`,
    async check(f: any[], assert) {
      assert.equal(f[0](2), 6)
      assert.equal(f[1](2), 6)
      assert.equal(f[2](2, 3), 18)
      assert.equal(f[3](), 3)
      assert.equal(f[4](5), 15)
      assert.equal(await f[5](2), 6)
      assert.equal(await f[6](2), 6)
      assert.deepEqual(await f[7](2), { x: 2 })
      assert.equal(f[8](), 3)
      assert.equal(f[9](), '[object Number]')
      assert.equal(f[10](1)(2)(3), 9)
      assert.equal(f[11]('a'), true)
      assert.equal(f[12](0), -3)
      assert.equal(f[13]('x'), 'x=>}}=>{3')
    },
  })

  row('C1', 'function declarations and expressions, named and not', {
    build() {
      const k = 'k'
      function declared(x: string) {
        return x + k
      }
      const named = function inner(x: string) {
        return x + k + typeof inner
      }
      const anonymous = function (x: string) {
        return x + k
      }
      return { declared, named, anonymous, inList: [function () {}][0] }
    },
    check({ declared, named, anonymous, inList }, assert) {
      assert.equal(declared('x'), 'xk')
      assert.equal(named('x'), 'xkfunction')
      assert.equal(anonymous('x'), 'xk')
      assert.equal(declared.name, 'declared')
      assert.equal(named.name, 'inner')
      assert.equal(anonymous.name, 'anonymous')
      assert.equal(inList!.name, '')
      const made = new (anonymous as any)('x')
      assert.equal(Object.getPrototypeOf(made), anonymous.prototype)
    },
  })

  row('C1', 'async functions, async arrows and async methods', {
    build() {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const base = 5
      async function declared(x: number) {
        await wait(1)
        return x + base
      }
      const arrow = async (x: number) => (await declared(x)) + base
      const object = {
        async method(x: number) {
          return (await arrow(x)) + base
        },
        async fails() {
          await wait(1)
          throw new RangeError(`not with ${base}`)
        },
      }
      return { declared, arrow, method: object.method, fails: object.fails }
    },
    async check({ declared, arrow, method, fails }, assert) {
      assert.equal(await declared(1), 6)
      assert.equal(await arrow(1), 11)
      assert.equal(await method(1), 16)
      await assert.rejects(fails(), { name: 'RangeError', message: 'not with 5' })
      assert.equal(declared.constructor.name, 'AsyncFunction')
      assert.equal(arrow.constructor, declared.constructor)
      assert.ok(declared(1) instanceof Promise)
      assert.throws(() => new (declared as any)(), TypeError)
    },
  })

  row('C1', 'generators: yields, delegation, return, throw, clean-up', {
    build() {
      const start = 3
      const log: string[] = []
      function* inner(n: number): Generator<number, string, unknown> {
        for (let i = start; i < start + n; i++) yield i
        return 'inner is done'
      }
      const outer = function* (): Generator<unknown, void, unknown> {
        try {
          log.push(yield* inner(2))
          const sent = yield 'ask'
          log.push(`sent ${sent}`)
          yield sent
        } catch (error) {
          log.push(`caught ${error}`)
          yield 'after'
        } finally {
          log.push('finally')
        }
      }
      const object = {
        *method() {
          yield* [start, start * 2]
        },
      }
      return { inner, outer, method: object.method, log }
    },
    check({ inner, outer, method, log }, assert) {
      assert.deepEqual([...inner(3)], [3, 4, 5])
      assert.deepEqual([...method()], [3, 6])
      const it = outer()
      assert.deepEqual([it.next().value, it.next().value, it.next().value], [3, 4, 'ask'])
      assert.equal(it.next('hello').value, 'hello')
      assert.equal(it.throw('oh').value, 'after')
      assert.equal(it.next().done, true)
      assert.deepEqual(log, ['inner is done', 'sent hello', 'caught oh', 'finally'])
      const early = outer()
      early.next()
      assert.deepEqual(early.return(), { value: undefined, done: true })
      assert.equal(log.at(-1), 'finally')
      assert.equal(Object.getPrototypeOf(inner(1)), inner.prototype)
      assert.throws(() => new (inner as any)(), TypeError)
      const GeneratorFunction = Object.getPrototypeOf(function* () {}).constructor
      assert.ok(inner instanceof GeneratorFunction)
      assert.equal(Object.hasOwn(inner.prototype, 'constructor'), false)
    },
  })

  row('C1', 'async generators and for await', {
    build() {
      const step = 2
      async function* count(n: number) {
        for (let i = 0; i < n; i++) yield await Promise.resolve(i * step)
      }
      const sum = async function (n: number) {
        let total = 0
        for await (const value of count(n)) total += value
        return total
      }
      const { method } = {
        async *method() {
          yield* count(2)
          yield step
        },
      }
      return { count, sum, method }
    },
    async check({ count, sum, method }, assert) {
      assert.equal(await sum(4), 12)
      const seen: unknown[] = []
      for await (const value of method()) seen.push(value)
      assert.deepEqual(seen, [0, 2, 2])
      assert.equal(count.constructor.name, 'AsyncGeneratorFunction')
      assert.equal(typeof (count(1) as any)[Symbol.asyncIterator], 'function')
      assert.equal(Object.getPrototypeOf(count(1)), count.prototype)
    },
  })

  row('C1', 'methods of object literals, each alone', {
    build() {
      const k = 7
      const key = 'computed'
      const symbol = Symbol('mark')
      const object = {
        plain() {
          return k
        },
        async asynchronous() {
          return k
        },
        *generator() {
          yield k
        },
        async *both() {
          yield k
        },
        [key]() {
          return k + 1
        },
        [`${key} ${1 + 1}`]() {
          return k + 2
        },
        [symbol]() {
          return k + 3
        },
        [Symbol.iterator]() {
          return [k].values()
        },
        'a b'() {
          return k + 4
        },
        42() {
          return k + 5
        },
        0x10() {
          return k + 6
        },
        1e3() {
          return k + 7
        },
        async *[`${key}!`]() {
          yield k + 8
        },
      } as any
      // Each on its own: no object brings them along.
      return { methods: Reflect.ownKeys(object).map((key) => object[key]), k }
    },
    async check({ methods, k }, assert) {
      const named = new Map(methods.map((method) => [method.name, method]))
      assert.equal(named.get('plain')(), k)
      assert.equal(await named.get('asynchronous')(), k)
      assert.deepEqual([...named.get('generator')()], [k])
      assert.equal((await named.get('both')().next()).value, k)
      assert.equal(named.get('computed')(), k + 1)
      assert.equal(named.get('computed 2')(), k + 2)
      assert.equal(named.get('[mark]')(), k + 3)
      assert.deepEqual([...named.get('[Symbol.iterator]')()], [k])
      assert.equal(named.get('a b')(), k + 4)
      assert.equal(named.get('42')(), k + 5)
      assert.equal(named.get('16')(), k + 6)
      assert.equal(named.get('1000')(), k + 7)
      assert.equal((await named.get('computed!')().next()).value, k + 8)
      assert.equal(named.size, 13)
      assert.throws(() => new (named.get('plain'))(), TypeError)
      assert.equal('prototype' in named.get('plain'), false)
      assert.equal('prototype' in named.get('generator'), true)
    },
  })

  row('C1', 'methods with names that are words of the language', {
    source: js`
      const k = 'k'
      const build = () => {
        const object = {
          get() { return 'get' + k },
          set(v) { return 'set' + v + k },
          async() { return 'async' + k },
          static() { return 'static' + k },
          await() { return 'await' + k },
          function() { return 'function' + k },
          class() { return 'class' + k },
          new() { return 'new' + k },
          delete() { return 'delete' + k },
          constructor() { return 'constructor' + k },
          async get2() { return k },
          async async2() { return k },
          async get() { return 'async get' + k },
          *set() { yield k },
          get async() { return 'getter async' + k },
          yield() { return 'yield' + k },
          let() { return 'let' + k },
          of() { return 'of' + k },
          'use strict'() { return 'use strict' + k },
          '\u0061\u{62}'() { return 'ab' + k },
          \u0063d() { return 'cd' + k },
          '\n'() { return 'newline' + k },
          ''() { return 'empty' + k },
        }
        class Words {
          static static() { return 'static static' + k }
          static async() { return 'static async' + k }
          static async async2() { return k }
          static get get() { return 'static get' + k }
          get() { return 'get' + k }
          async() { return 'async' + k }
          static *async3() { yield k }
          'constructor2'() { return k }
          accessor() { return 'accessor' + k }
        }
        const pick = (o, ...keys) => keys.map((key) => Object.getOwnPropertyDescriptor(o, key)).map((d) => d.value ?? d.get)
        return [
          pick(object, 'static', 'await', 'function', 'class', 'new', 'delete', 'constructor', 'yield', 'let', 'of',
            'use strict', 'ab', 'cd', '\n', '', 'async'),
          pick(Words, 'static', 'async', 'get'),
          pick(Words.prototype, 'get', 'async', 'accessor'),
          [object.get, object.set, object.async2, Words.async2, Words.async3],
        ]
      }`,
    async check([a, b, c, d]: any, assert) {
      assert.deepEqual(
        a.map((f: any) => f()),
        [
          ...['static', 'await', 'function', 'class', 'new', 'delete', 'constructor', 'yield', 'let', 'of'],
          ...['use strict', 'ab', 'cd', 'newline', 'empty', 'getter async'],
        ].map((word) => `${word}k`),
      )
      assert.deepEqual(
        b.map((f: any) => f()),
        ['static statick', 'static asynck', 'static getk'],
      )
      assert.deepEqual(
        c.map((f: any) => f()),
        ['getk', 'asynck', 'accessork'],
      )
      assert.equal(await d[0](), 'async getk')
      assert.deepEqual([...d[1]()], ['k'])
      assert.equal(await d[2](), 'k')
      assert.equal(await d[3](), 'k')
      assert.deepEqual([...d[4]()], ['k'])
      assert.equal(a[11].name, 'ab')
      assert.equal(a[14].name, '')
      assert.equal(a[15].name, 'get async')
    },
  })

  row('C1', 'getters and setters, inside their object and alone', {
    build() {
      let stored = 1
      const symbol = Symbol('s')
      const object = {
        get value() {
          return stored
        },
        set value(v) {
          stored = v
        },
        get [symbol]() {
          return stored * 10
        },
        set ['comp' + 'uted'](v: number) {
          stored = v * 100
        },
      }
      const { get, set } = Object.getOwnPropertyDescriptor(object, 'value')!
      return { object, symbol, get, set } as any
    },
    check({ object, symbol, get, set }, assert) {
      assert.equal(object.value, 1)
      object.value = 5
      assert.equal(get(), 5)
      set(6)
      assert.equal(object.value, 6)
      assert.equal(object[symbol], 60)
      object.computed = 2
      assert.equal(get(), 200)
      const descriptor = Object.getOwnPropertyDescriptor(object, 'value')!
      assert.equal(descriptor.get, get)
      assert.equal(descriptor.set, set)
      assert.equal(descriptor.enumerable, true)
      assert.equal(get.name, 'get value')
      assert.equal(set.name, 'set value')
      assert.equal('prototype' in get, false)
      assert.throws(() => new get(), TypeError)
      assert.deepEqual(Reflect.ownKeys(object), ['value', 'computed', symbol])
    },
  })

  row('C1', "a class's methods, accessors and statics, each alone", {
    build() {
      const k = 3
      class Box {
        constructor(public_: number) {
          ;(this as any).x = public_
        }
        method(this: any) {
          return this.x + k
        }
        async later(this: any) {
          return this.x + k
        }
        *items(this: any) {
          yield this.x + k
        }
        get value(): number {
          return (this as any).x + k
        }
        set value(v) {
          ;(this as any).x = v
        }
        static of(x: number) {
          return k + x
        }
        static get one() {
          return 1 + k
        }
        static async *stream() {
          yield k
        }
        ['computed' + k]() {
          return 'c'
        }
      }
      const accessor = Object.getOwnPropertyDescriptor(Box.prototype, 'value')!
      return {
        method: Box.prototype.method,
        later: Box.prototype.later,
        items: Box.prototype.items,
        get: accessor.get!,
        set: accessor.set!,
        of: Box.of,
        one: Object.getOwnPropertyDescriptor(Box, 'one')!.get!,
        stream: Box.stream,
        computed: (Box.prototype as any).computed3,
      } as any
    },
    async check({ method, later, items, get, set, of, one, stream, computed }, assert) {
      const self = { x: 1 }
      assert.equal(method.call(self), 4)
      assert.equal(await later.call(self), 4)
      assert.deepEqual([...items.call(self)], [4])
      assert.equal(get.call(self), 4)
      set.call(self, 9)
      assert.equal(self.x, 9)
      assert.equal(of(1), 4)
      assert.equal(one(), 4)
      assert.equal((await stream().next()).value, 3)
      assert.equal(computed(), 'c')
      assert.equal(method.name, 'method')
      assert.equal(get.name, 'get value')
      assert.equal(computed.name, 'computed3')
      assert.throws(() => new method(), TypeError)
    },
  })

  row('C1', 'classes as expressions and declarations, called without new they throw', {
    build() {
      const k = 2
      class Declared {
        get() {
          return k
        }
      }
      const Named = class Inner {
        get() {
          return [k, Inner.name]
        }
      }
      const Anonymous = class {
        get() {
          return k
        }
      }
      return { Declared, Named, Anonymous, list: [class {}] }
    },
    check({ Declared, Named, Anonymous, list }, assert) {
      assert.equal(new Declared().get(), 2)
      assert.deepEqual(new Named().get(), [2, 'Inner'])
      assert.equal(new Anonymous().get(), 2)
      assert.deepEqual(
        [Declared.name, Named.name, Anonymous.name, list[0]!.name],
        ['Declared', 'Inner', 'Anonymous', ''],
      )
      for (const Each of [Declared, Named, Anonymous, list[0]!]) {
        assert.throws(() => (Each as any)(), TypeError)
        assert.equal(Each.prototype.constructor, Each)
      }
    },
  })

  row('C1', 'functions made by Function and its async and generator kin see only globals', {
    build() {
      const hidden = 'hidden'
      const AsyncFunction = (async () => {}).constructor as FunctionConstructor
      const GeneratorFunction = function* () {}.constructor as FunctionConstructor
      const AsyncGeneratorFunction = async function* () {}.constructor as FunctionConstructor
      return {
        hidden,
        add: new Function('a', 'b = 2', '...rest', 'return a + b + rest.length'),
        comments: new Function('a /* first', '*/, b', '// a comment\nreturn [a, b]\n// the last line'),
        empty: new Function(),
        peek: new Function('return typeof hidden'),
        later: AsyncFunction('x', 'return await x'),
        items: GeneratorFunction('n', 'while (n) yield n--'),
        stream: AsyncGeneratorFunction('yield 1'),
        sloppy: new Function('return this'),
        strict: new Function('"use strict"; return this'),
      } as any
    },
    async check({ add, comments, empty, peek, later, items, stream, sloppy, strict }, assert) {
      assert.equal(add(1), 3)
      assert.equal(add(1, 1, 1, 1), 4)
      assert.deepEqual(comments(1, 2), [1, 2])
      assert.equal(empty(), undefined)
      assert.equal(peek(), 'undefined')
      assert.equal(await later(Promise.resolve(4)), 4)
      assert.deepEqual([...items(3)], [3, 2, 1])
      assert.equal((await stream().next()).value, 1)
      assert.equal(sloppy.call(undefined), globalThis)
      assert.equal(strict.call(undefined), undefined)
      assert.equal(add.name, 'anonymous')
      assert.equal(add.length, 1)
      assert.match(String(add), /^function anonymous\(a,b = 2,...rest\n\) \{\nreturn a \+ b/)
    },
  })

  row('C1', 'functions made by eval keep what eval gave them', {
    source: js`
      const secret = 'seen'
      const build = () => {
        const local = 'local'
        return {
          direct: eval('() => secret + local'),
          named: eval('(function named(n) { return n ? named(n - 1) + local : "" })'),
          indirect: (0, eval)('() => typeof local'),
          klass: eval('(class { get() { return local } })'),
          method: eval('({ m() { return local } })').m,
        }
      }`,
    check({ direct, named, indirect, klass, method }: any, assert) {
      assert.equal(direct(), 'seenlocal')
      assert.equal(named(2), 'locallocal')
      assert.equal(indirect(), 'undefined')
      assert.equal(new klass().get(), 'local')
      assert.equal(method(), 'local')
    },
  })

  row('C1', 'anonymous default exports', {
    source: {
      esm: `
        import f from './default-function.mjs'
        import g from './default-arrow.mjs'
        import C from './default-class.mjs'
        import h from './default-generator.mjs'
        const build = () => ({ f, g, C, h })`,
      tsx: `
        import f from './default-function.mjs'
        import g from './default-arrow.mjs'
        import C from './default-class.mjs'
        import h from './default-generator.mjs'
        const build = () => ({ f, g, C, h })`,
    },
    files: {
      'default-function.mjs': 'const k = 1\nexport default function () { return k }',
      'default-arrow.mjs': 'const k = 2\nexport default () => k',
      'default-class.mjs': 'const k = 3\nexport default class { get() { return k } }',
      'default-generator.mjs': 'const k = 4\nexport default async function* () { yield k }',
    },
    async check({ f, g, C, h }: any, assert) {
      assert.deepEqual([f(), g(), new C().get(), (await h().next()).value], [1, 2, 3, 4])
      assert.deepEqual([f.name, g.name, C.name, h.name], ['default', 'default', 'default', 'default'])
      assert.ok(new f() instanceof f)
    },
  })

  row('C1', 'text that misleads a reader: braces in strings, regular expressions, templates and comments', {
    source: js`
      const k = 'k'
      const build = () => [
        function /* { */ odd /* ( */ (a /* ) { */ = '){', b = /[){/]/u) /* } */ { // }
          return a + b.source + k
        },
        (a = \`\${'}'}\`, b = \`\${ { toString() { return '{' } } }\`) => a + b + k,
        (a) => a / 2 / 1 + k.replace(/k/g, '/'),
        () => { const re = /[/\]}]/; return re.test('}') && k },
        () => \`\${\`\${k}}\`}\`,
        () => k /* unclosed? */ // yes }
        ,
        { 'm(){'() { return k } }['m(){'],
        () => { if (k) /{/.exec(k); return k }, 
        () => k
          ?.length
          ?? 'none',
        () => '${'\u2028'}\u2029' + k + 'end',
        () => { lab: { break lab } return k },
      ]`,
    check(f: any[], assert) {
      assert.equal(f[0](), '){[){/]k')
      assert.equal(f[1](), '}{k')
      assert.equal(f[2](4), '2/')
      assert.equal(f[3](), 'k')
      assert.equal(f[4](), 'k}')
      assert.equal(f[5](), 'k')
      assert.equal(f[6](), 'k')
      assert.equal(f[7](), 'k')
      assert.equal(f[8](), 1)
      assert.equal(f[9](), '\u2028\u2029kend')
      assert.equal(f[10](), 'k')
    },
  })

  row('C1', 'names beyond ASCII, and escapes in names', {
    source: js`
      const café = 'café', π = 3, $ = '$', _ = '_', 変数 = 'v', 𠮷 = 'surrogates', \u0065scaped = 'e'
      const build = () => [
        () => [café, π, $, _, 変数, 𠮷, escaped],
        function naïve() { return naïve.name },
        function \u{66}un() { return f\u0075n.name },
        () => '\u{1F600}' + '😀',
        ({ \u0061: ä }) => ä,
      ]`,
    check(f: any[], assert) {
      assert.deepEqual(f[0](), ['café', 3, '$', '_', 'v', 'surrogates', 'e'])
      assert.equal(f[1](), 'naïve')
      assert.equal(f[2](), 'fun')
      assert.equal(f[3](), '😀😀')
      assert.equal(f[4]({ a: 1 }), 1)
    },
  })

  row('C1', 'syntax of every kind inside a body', {
    source: js`
      const tag = (strings, ...values) => strings.raw.join('|') + values.join(',')
      const site = (strings) => strings
      const k = 4
      const build = () => ({
        templates: (x) => tag\`a\n\${x}b\${k}c\`,
        // One site gives one array of strings, call after call.
        sameSite: () => site\`x\`,
        loops(n) {
          const out = []
          outer: for (let i = 0; i < n; i++) {
            for (const j of [1, 2, 3]) {
              if (j === 2) continue outer
              if (i === k) break outer
              out.push(i * j)
            }
          }
          for (const key in { a: 1, b: 2 }) out.push(key)
          do { n-- } while (n > 0)
          while (n++ < 1) ;
          switch (n) { case 1: out.push('one'); default: out.push('more') }
          return out
        },
        assign(o) {
          let a = null, b = 1, c = 2
          a ??= k; b &&= k; c ||= k
          ;[a, b] = [b, a + 1]
          ;({ x: o.y, ...o.rest } = { x: 1, p: 2, q: 3 })
          c **= 2
          return [a, b, c, o]
        },
        optional: (o) => [o?.a?.b, o?.['a'], o?.f?.(), o.g?.(), delete o?.z],
        exceptions(f) {
          try { f() } catch { return 'no binding' } finally { if (k > 100) return 'never' }
          return 'fine'
        },
        numbers: () => [0x1F, 0b11, 0o17, 1_000, .5, 5., 1e-3, 10n ** 20n, k],
        spread: (...a) => Math.max(...a, ...[k]) + [...a, ...'xy'].length,
        comma: () => (1, 2, k),
        objects: (k) => ({ k, ['c' + k]: 1, __proto__: null, 'q': 2, 3: 4, get g() { return k } }),
        regexes: (s) => s.replace(/(?<year>\d{4})/gu, '[$<year>]') + /a/dgimsuy.flags,
        dynamic: async () => (await import('node:path')).basename('/a/b' + k),
        typeofs: () => [typeof undeclared, typeof k, void k],
        instances: (o) => [o instanceof Map, 'size' in o],
        newTarget: function () { return new.target !== undefined },
      })`,
    async check(f: any, assert) {
      assert.equal(f.templates(1), 'a\\n|b|c1,4')
      assert.equal(f.sameSite(), f.sameSite())
      assert.deepEqual(f.loops(2), [0, 1, 'a', 'b', 'more'])
      assert.deepEqual(f.assign({}), [4, 5, 4, { y: 1, rest: { p: 2, q: 3 } }])
      assert.deepEqual(f.optional({ a: { b: 1 }, g: () => 2 }), [1, { b: 1 }, undefined, 2, true])
      assert.equal(
        f.exceptions(() => {
          throw 1
        }),
        'no binding',
      )
      assert.equal(
        f.exceptions(() => {}),
        'fine',
      )
      assert.deepEqual(f.numbers(), [31, 3, 15, 1000, 0.5, 5, 0.001, 10n ** 20n, 4])
      assert.equal(f.spread(1, 9), 13)
      assert.equal(f.comma(), 4)
      assert.equal(Object.getPrototypeOf(f.objects(1)), null)
      assert.deepEqual({ ...f.objects(1) }, { k: 1, c1: 1, q: 2, 3: 4, g: 1 })
      assert.equal(f.regexes('in 2024'), 'in [2024]dgimsuy')
      assert.equal(await f.dynamic(), 'b4')
      assert.deepEqual(f.typeofs(), ['undefined', 'number', undefined])
      assert.deepEqual(f.instances(new Map()), [true, true])
      assert.equal(f.newTarget(), false)
    },
  })

  row('C1', 'newer syntax: regular expression sets, class static blocks in bodies, top-level await around', {
    source: {
      esm: js`
        const ready = await Promise.resolve('ready')
        const build = () => [
          (s) => /[\p{L}--[a-z]]/v.test(s),
          () => { class A { static x; static { A.x = ready } } return A.x },
          () => ready,
          async () => { for await (const x of [Promise.resolve(ready)]) return x },
        ]`,
    },
    async check(f: any[], assert) {
      assert.equal(f[0]('É'), true)
      assert.equal(f[0]('e'), false)
      assert.equal(f[1](), 'ready')
      assert.equal(f[2](), 'ready')
      assert.equal(await f[3](), 'ready')
    },
  })

  row('C1', 'using and await using', {
    node: 24,
    source: {
      esm: `
        const log = []
        const resource = (name) => ({ name, [Symbol.dispose]() { log.push(name) } })
        const build = () => [
          () => { using a = resource('a'), b = resource('b'); return a.name + b.name },
          async () => { await using c = resource('c'); return c.name },
          () => log,
        ]`,
    },
    async check([f, g, log]: any, assert) {
      assert.equal(f(), 'ab')
      assert.equal(await g(), 'c')
      assert.deepEqual(log(), ['b', 'a', 'c'])
    },
  })

  row('C1', 'functions in odd places: conditions, calls, defaults, class fields, array holes', {
    build() {
      const k = 1
      const apply = (f: () => number) => f
      const cond = k > 0 ? () => k : () => -k
      const called = apply(() => k + 1)
      const deep = { a: [{ b: () => k + 2 }] }.a[0]!.b
      const [viaDefault = () => k + 3] = [] as (() => number)[]
      class F {
        field = () => k + 4
        static field = function () {
          return k + 5
        }
      }
      const returned = (
        () => () =>
          k + 6
      )()
      const parenthesized = () => k + 7
      return [cond, called, deep, viaDefault, new F().field, F.field, returned, parenthesized]
    },
    check(f, assert) {
      assert.deepEqual(
        f.map((each) => each()),
        [1, 2, 3, 4, 5, 6, 7, 8],
      )
      assert.deepEqual(
        f.map((each) => each.name),
        ['', '', 'b', 'viaDefault', 'field', 'field', '', 'parenthesized'],
      )
    },
  })

  row('C1', 'functions as property values, array elements, Map keys and values, Set members', {
    build() {
      const k = 1
      const a = () => k
      const b = (x: number) => x + k
      return {
        nested: { list: [a, b, a] },
        map: new Map<any, any>([
          [a, b],
          ['b', b],
        ]),
        set: new Set([b, a]),
      }
    },
    check({ nested, map, set }, assert) {
      const [a, b, same] = nested.list as any[]
      assert.equal(a, same)
      assert.equal(map.get(a), b)
      assert.equal(map.get('b'), b)
      assert.deepEqual([...set], [b, a])
      assert.equal(b(a()), 2)
    },
  })
}
