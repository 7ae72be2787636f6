// biome-ignore-all lint/correctness: the rows are about such code
// C6 and C7: what a function has from around it beside variables: this, arguments, new.target, super.
import { js, type Table } from '../../support/rows.ts'

export function lexical({ row }: Table): void {
  row('C6', "an arrow's this is the object of the method around it", {
    build() {
      const object = {
        x: 1,
        makeArrow() {
          return () => this
        },
        makeReader() {
          return () => this.x
        },
        deep() {
          return () => () => () => this.x
        },
      }
      return { object, self: object.makeArrow(), read: object.makeReader(), deep: object.deep() }
    },
    check({ object, self, read, deep }, assert) {
      assert.equal(self(), object)
      object.x = 5
      assert.equal(read(), 5)
      assert.equal(deep()()(), 5)
      assert.equal(read.call({ x: 9 } as any), 5)
    },
  })

  row('C6', "an arrow's this alone brings its object", {
    build() {
      class Service {
        name = 'service'
        #secret = 7
        handler() {
          return () => this.describe()
        }
        describe() {
          return this.name + this.#secret
        }
      }
      return new Service().handler()
    },
    check(handler, assert) {
      assert.equal(handler(), 'service7')
    },
  })

  row('C6', 'handlers in class fields are bound to their own instance', {
    build() {
      class Button {
        clicks = 0
        label: string
        onClick = () => {
          this.clicks++
          return this.label
        }
        later = async () => this.clicks
        static instances = 0
        static create = (label: string) => {
          this.instances++
          return new this(label)
        }
        constructor(label: string) {
          this.label = label
        }
      }
      const a = Button.create('a')
      const b = Button.create('b')
      return { a, b, click: a.onClick, Button }
    },
    async check({ a, b, click, Button }, assert) {
      assert.equal(click(), 'a')
      assert.equal(b.onClick(), 'b')
      b.onClick()
      assert.deepEqual([a.clicks, b.clicks], [1, 2])
      assert.equal(await b.later(), 2)
      assert.equal(a.onClick, click)
      assert.equal(Button.instances, 2)
      const c = Button.create('c')
      assert.equal(c.onClick(), 'c')
      assert.equal(c.clicks, 1)
      assert.equal(Button.instances, 3)
    },
  })

  row('C6', 'a handler of a class field without its instance', {
    build() {
      class Store {
        items = ['x']
        add = (item: string) => this.items.push(item)
        list = () => this.items
      }
      const { add, list } = new Store()
      return { add, list }
    },
    check({ add, list }, assert) {
      add('y')
      assert.deepEqual(list(), ['x', 'y'])
    },
  })

  row('C6', "an arrow's arguments are those of the function around it", {
    takesSnapshot: true,
    build() {
      function outer(this: any, ..._: unknown[]) {
        const args = () => arguments
        const first = () => arguments[0]
        const both = () => () => [this, arguments.length]
        return { args, first, both }
      }
      function around(this: any, self: unknown) {
        const inner = function (this: any) {
          'use strict'
          return { count: () => arguments.length, self: () => [this, arguments.length] }
        }
        return { inner: inner.call(self as any), outer: () => this }
      }
      const selves = [undefined, null, true, false, Math].map((self) => around.call({ x: 1 }, self).inner)
      return { ...outer.call(Math, 'a', { b: 1 }), selves }
    },
    check({ args, first, both, selves }, assert) {
      assert.deepEqual(
        selves.map(({ self }) => self()[0]),
        [undefined, null, true, false, Math],
      )
      assert.deepEqual(
        selves.map(({ count }) => count()),
        [0, 0, 0, 0, 0],
      )
      assert.equal(first(), 'a')
      assert.equal(args().length, 2)
      assert.deepEqual([...args()], ['a', { b: 1 }])
      assert.equal(Object.prototype.toString.call(args()), '[object Arguments]')
      assert.equal(args(), args())
      args()[0] = 'changed'
      assert.equal(first(), 'changed')
      assert.deepEqual(both()(), [Math, 2])
    },
  })

  row('C6', 'sloppy arguments that follow the parameters, and the other way round', {
    takesSnapshot: true,
    source: {
      cjs: js`
        const build = () => (function (a, b) {
          return { args: () => arguments, a: () => a, setA: (v) => { a = v }, setB: (v) => { arguments[1] = v }, b: () => b }
        })(1, 2, 3)`,
    },
    either: true,
    refused: { message: /arguments/ },
    check({ args, a, setA, setB, b }: any, assert) {
      assert.equal(args().length, 3)
      setA('A')
      assert.equal(args()[0], 'A')
      setB('B')
      assert.equal(b(), 'B')
      assert.equal(args()[2], 3)
      assert.equal(a(), 'A')
    },
  })

  row('C6', 'a captured this that is undefined, a primitive, null, a function or a symbol', {
    build() {
      const symbol = Symbol.for('self')
      const make = function (this: any) {
        return () => this
      }
      return [make(), ...[1, 'text', null, make, symbol, true, 10n].map((self) => make.call(self))].map(
        (f) => f,
      )
    },
    modes: ['esm', 'tsx', 'vitest'],
    check(f, assert) {
      assert.deepEqual(
        f.slice(0, 4).map((each) => each()),
        [undefined, 1, 'text', null],
      )
      assert.equal(typeof f[4]!(), 'function')
      assert.deepEqual(
        f.slice(5).map((each) => each()),
        [Symbol.for('self'), true, 10n],
      )
    },
  })

  row('C6', 'a captured this in sloppy code: globalThis and boxed primitives', {
    source: {
      cjs: js`
        const build = () => {
          const make = function () { return () => this }
          return [make(), make.call(5), make.call('text'), (function () { return () => typeof this })()]
        }`,
    },
    check(f: any[], assert) {
      assert.equal(f[0](), globalThis)
      assert.equal(typeof f[1](), 'object')
      assert.equal(f[1]() + 1, 6)
      assert.equal(f[1](), f[1]())
      assert.equal(f[2]().length, 4)
      assert.equal(f[3](), 'object')
    },
  })

  row('C6', "a module's this: undefined in an ES module", {
    source: { esm: 'const read = () => this\nconst build = () => ({ read, typed: () => typeof this })' },
    check({ read, typed }: any, assert) {
      assert.equal(read(), undefined)
      assert.equal(typed(), 'undefined')
    },
  })

  row('C6', "a module's this: its exports in CommonJS", {
    source: {
      cjs: 'this.mark = 1\nconst build = () => ({ read: () => this.mark, self: () => this === module.exports })',
    },
    check({ read, self }: any, assert) {
      assert.equal(read(), 1)
      assert.equal(self(), true)
    },
  })

  row('C6', 'arrows in static blocks, static fields, accessors, constructors, generators and defaults', {
    build() {
      let fromBlock: any
      class A {
        static tag = 'static'
        static {
          fromBlock = () => this.tag
        }
        static viaField = () => this
        x = 1
        viaConstructor: () => any
        constructor() {
          this.viaConstructor = () => this
        }
        get viaGetter() {
          return () => this.x
        }
        *steps() {
          yield () => this.x
        }
        async later() {
          return () => this.x
        }
        viaDefault(f = () => this.x) {
          return f
        }
      }
      class B extends A {
        viaDerived: () => any
        constructor() {
          super()
          this.viaDerived = () => [this.x, super.viaDefault()()]
        }
      }
      const a = new A()
      const b = new B()
      return a.later().then((viaLater) => ({
        A,
        a,
        b,
        fromBlock,
        arrows: [a.viaGetter, a.steps().next().value as () => any, viaLater, a.viaDefault()],
      }))
    },
    check({ A, a, b, fromBlock, arrows }, assert) {
      assert.equal(fromBlock(), 'static')
      assert.equal(A.viaField(), A)
      assert.equal(a.viaConstructor(), a)
      assert.equal(b.viaConstructor(), b)
      assert.deepEqual(b.viaDerived(), [1, 1])
      a.x = 3
      assert.deepEqual(
        arrows.map((f) => f()),
        [3, 3, 3, 3],
      )
    },
  })

  row('C6', 'arrows that share this and a variable', {
    build() {
      function make(this: { base: number }) {
        let n = 0
        return { add: () => (n += this.base), get: () => n, self: () => this }
      }
      const self = { base: 5 }
      return { ...make.call(self), target: self }
    },
    check({ add, get, self, target }, assert) {
      add()
      target.base = 1
      add()
      assert.equal(get(), 6)
      assert.equal(self(), target)
    },
  })

  row('C6', 'arrows with eval keep this and arguments', {
    takesSnapshot: true,
    source: js`
      const build = () => (function () { return [() => eval('this'), () => eval('arguments')[0]] }).call({ x: 1 }, 'arg')`,
    check([self, first]: any, assert) {
      assert.equal(self().x, 1)
      assert.equal(first(), 'arg')
    },
  })

  row('C6', 'listeners that are arrows of a class', {
    build() {
      const { EventEmitter } = process.getBuiltinModule('node:events')
      class Source extends EventEmitter {
        seen: unknown[] = []
        constructor() {
          super()
          this.on('data', (x) => this.seen.push(x))
          this.on('data', (x) => this.seen.push(`second ${x}`))
          this.on('other', () => this.seen.push(this.listenerCount('data')))
        }
      }
      return new Source()
    },
    check(source, assert) {
      source.emit('data', 1)
      source.emit('other')
      assert.deepEqual(source.seen, [1, 'second 1', 2])
    },
  })

  row('C6', 'a listener that takes itself off while its event is emitted: the next one still hears of it', {
    build() {
      const { EventEmitter } = process.getBuiltinModule('node:events')
      const source = new EventEmitter()
      const heard: string[] = []
      const first = () => {
        heard.push('first')
        source.off('data', first)
      }
      source.on('data', first)
      source.on('data', () => heard.push('second'))
      return { source, heard, keys: () => Reflect.ownKeys(source).length }
    },
    check({ source, heard, keys }, assert) {
      const before = keys()
      source.emit('data')
      source.emit('data')
      assert.deepEqual(heard.splice(0), ['first', 'second', 'second'])
      source.on('data', () => {})
      assert.equal(keys(), before, 'the emitter has its symbols once')
    },
  })

  row('C6', 'a listener for once, which is a function inside of Node: kept, or refused by name', {
    build() {
      const { EventEmitter } = process.getBuiltinModule('node:events')
      const source = new EventEmitter()
      const seen: unknown[] = []
      source.once('data', (x) => seen.push(x))
      return { source, seen }
    },
    either: true,
    refused: { message: /node:events/, path: /source.*_events.*data/ },
    check({ source, seen }, assert) {
      source.emit('data', 1)
      source.emit('data', 2)
      assert.deepEqual(seen, [1])
    },
  })

  row('C6', "an arrow's new.target", {
    source: js`
      const build = () => {
        function Made() { this.made = () => new.target }
        const called = (function () { return () => new.target })()
        return { Made, made: new Made().made, called }
      }`,
    either: true,
    refused: { message: /new\.target/ },
    check({ Made, made, called }: any, assert) {
      assert.equal(made(), Made)
      assert.equal(called(), undefined)
    },
  })

  row('C6', "functions' and classes' own new.target", {
    source: js`
      const build = () => {
        function F() { return { target: new.target } }
        class Base { constructor() { this.target = new.target } field = new.target }
        class Derived extends Base {}
        return { F, Base, Derived }
      }`,
    check({ F, Base, Derived }: any, assert) {
      assert.equal(F().target, undefined)
      assert.equal(new F().target, F)
      assert.equal((Reflect as any).construct(F, [], Base).target, Base)
      assert.equal(new Derived().target, Derived)
      // In a field it is undefined by the specification.
      assert.equal(new Derived().field, undefined)
    },
  })

  row('C6', 'an arrow that was made before super() was called: kept, or refused by name', {
    source: js`
      const build = () => {
        let escaped
        class Base {}
        class Derived extends Base { constructor() { escaped = () => this; throw 0; super() } }
        try { new Derived() } catch {}
        return escaped
      }`,
    either: true,
    refused: { message: /this|super/ },
    check(escaped: any, assert) {
      assert.throws(escaped, { name: 'ReferenceError' })
    },
  })

  row('C7', 'super in methods, getters, setters of object literals', {
    takesSnapshot: true,
    build() {
      const base = {
        name: 'base',
        hello() {
          return `hello from ${this.name}`
        },
        get size() {
          return 1
        },
        set size(_: number) {
          this.name += '!'
        },
      }
      const derived = {
        __proto__: base,
        name: 'derived',
        hello() {
          return `${super.hello()}, again`
        },
        get size() {
          return super.size + 1
        },
        set size(v) {
          super.size = v
        },
        computed(key: string) {
          return (super[key as never] as any).call(this)
        },
        assign() {
          ;(super.fresh as any) = 5
          return this
        },
        arrow() {
          return () => super.hello()
        },
        async later() {
          await null
          return super.hello()
        },
        *items() {
          yield super.hello()
        },
        missing: () => 'none',
      } as any
      return { base, derived }
    },
    async check({ base, derived }, assert) {
      assert.equal(derived.hello(), 'hello from derived, again')
      assert.equal(derived.size, 2)
      derived.size = 1
      assert.equal(derived.name, 'derived!')
      assert.equal(derived.computed('hello'), 'hello from derived!')
      assert.equal(derived.assign().fresh, 5)
      assert.equal(Object.hasOwn(base, 'fresh'), false)
      assert.equal(derived.arrow()(), 'hello from derived!')
      assert.equal(await derived.later(), 'hello from derived!')
      assert.deepEqual([...derived.items()], ['hello from derived!'])
      base.hello = () => 'replaced'
      assert.equal(derived.hello(), 'replaced, again')
    },
  })

  row('C7', 'super after the prototype was set, and changed after loading', {
    takesSnapshot: true,
    build() {
      const one = { who: () => 'one' }
      const two = { who: () => 'two' }
      const object = {
        who() {
          return `sub ${(super.toString as any) ? (super['who' as never] as any)() : ''}`
        },
      }
      Object.setPrototypeOf(object, one)
      return { object, two }
    },
    check({ object, two }, assert) {
      assert.equal(object.who(), 'sub one')
      Object.setPrototypeOf(object, two)
      assert.equal(object.who(), 'sub two')
    },
  })

  row('C7', 'a method alone brings its home object, which nothing else reaches', {
    takesSnapshot: true,
    build() {
      const base = { who: () => 'base' }
      const home = {
        __proto__: base,
        who() {
          return `via ${super['who' as never] as any}`.length > 0 && (super['who' as never] as any)()
        },
      } as any
      return home.who
    },
    check(who, assert) {
      assert.equal(who(), 'base')
      assert.equal(who.call({ who: () => 'not used' }), 'base')
    },
  })

  row('C7', 'a method lent to another object still has its first home', {
    takesSnapshot: true,
    build() {
      const baseA = { who: () => 'A' }
      const baseB = { who: () => 'B' }
      const a = {
        __proto__: baseA,
        who() {
          return (super['who' as never] as any)()
        },
      } as any
      const b = { __proto__: baseB, who: a.who } as any
      return { a, b, baseA }
    },
    check({ a, b, baseA }, assert) {
      assert.equal(b.who(), 'A')
      baseA.who = () => 'changed'
      assert.equal(b.who(), 'changed')
      assert.equal(a.who, b.who)
    },
  })

  row('C7', 'a home object whose method was replaced, deleted, or whose object changed', {
    takesSnapshot: true,
    build() {
      const base = { m: () => 'base m' }
      const home = {
        __proto__: base,
        m() {
          return `old ${(super['m' as never] as any)()}`
        },
      } as any
      const { m } = home
      home.m = 'gone'
      home.added = 1
      return { m, home }
    },
    check({ m, home }, assert) {
      assert.equal(m(), 'old base m')
      Object.setPrototypeOf(home, { m: () => 'new m' })
      assert.equal(m(), 'old new m')
    },
  })

  row('C7', 'super in classes: methods, accessors, statics, fields, three levels', {
    takesSnapshot: true,
    build() {
      class A {
        static s() {
          return ['A.s', this.name]
        }
        static get tag() {
          return 'A'
        }
        m() {
          return ['A.m']
        }
        get g() {
          return 'A.g'
        }
        set g(_v: string) {
          ;(this as any).seen = 'A set'
        }
      }
      class B extends A {
        static override s() {
          return ['B.s', ...super.s()]
        }
        static override get tag() {
          return `B${super.tag}`
        }
        override m() {
          return ['B.m', ...super.m()]
        }
        override get g() {
          return `B.g ${super.g}`
        }
        override set g(v) {
          super.g = v
        }
      }
      class C extends B {
        own = super.m()
        arrow = () => super.m()
        static fromField = super.tag
        static arrow = () => super.s()
        override m() {
          return ['C.m', ...super.m()]
        }
        async later() {
          return (async () => super.m())()
        }
        *items() {
          yield* super.m()
        }
      }
      return { A, B, C, c: new C() }
    },
    async check({ A, B, C, c }, assert) {
      assert.deepEqual(c.m(), ['C.m', 'B.m', 'A.m'])
      assert.deepEqual(c.own, ['B.m', 'A.m'])
      assert.deepEqual(c.arrow(), ['B.m', 'A.m'])
      assert.deepEqual(new C().own, ['B.m', 'A.m'])
      assert.equal(c.g, 'B.g A.g')
      c.g = 'x'
      assert.equal((c as any).seen, 'A set')
      assert.deepEqual(C.s(), ['B.s', 'A.s', 'C'])
      assert.deepEqual(C.arrow(), ['B.s', 'A.s', 'C'])
      assert.equal(C.tag, 'BA')
      assert.equal(C.fromField, 'BA')
      assert.deepEqual(await c.later(), ['B.m', 'A.m'])
      assert.deepEqual([...c.items()], ['B.m', 'A.m'])
      A.prototype.m = () => ['patched']
      assert.deepEqual(c.m(), ['C.m', 'B.m', 'patched'])
      assert.equal(Object.getPrototypeOf(C), B)
    },
  })

  row('C7', "a class's method alone brings the class for its super", {
    build() {
      class A {
        m() {
          return 'A'
        }
        static s() {
          return 'sA'
        }
      }
      class B extends A {
        override m() {
          return `B${super.m()}`
        }
        static override s() {
          return `sB${super.s()}`
        }
      }
      return [B.prototype.m, B.s] as any[]
    },
    check([m, s], assert) {
      assert.equal(m.call({}), 'BA')
      assert.equal(s.call(null), 'sBsA')
    },
  })

  row('C7', 'constructors that call super with arguments, in branches, in arrows; that return objects', {
    source: js`
      const build = () => {
        class Point {
          constructor(x, y = 0) { this.x = x; this.y = y }
          norm() { return Math.hypot(this.x, this.y) }
        }
        class Point3 extends Point {
          constructor(x, y, z) { super(...[x, y]); this.z = z; this.length3 = Math.hypot(super.norm(), z) }
        }
        class Returns extends Point { constructor() { super(1); return { returned: true } } }
        class Conditional extends Point {
          constructor(flag) { if (flag) super(1); else { const f = () => super(2, 3); f() } }
        }
        class Implicit extends Point { extra = this.x + 1 }
        class Never extends Point { constructor() { } }
        return { Point, Point3, Returns, Conditional, Implicit, Never }
      }`,
    check({ Point, Point3, Returns, Conditional, Implicit, Never }: any, assert) {
      assert.equal(new Point3(2, 3, 6).length3, 7)
      assert.deepEqual({ ...new Returns() }, { returned: true })
      assert.deepEqual([new Conditional(true).x, new Conditional(false).y], [1, 3])
      assert.equal(new Implicit(4).extra, 5)
      assert.throws(() => new Never(), { name: 'ReferenceError' })
      assert.ok(new Conditional(true) instanceof Point)
    },
  })

  row('C7', 'super in objects made by classes, in classes made by objects', {
    takesSnapshot: true,
    source: js`
      const build = () => {
        const holder = { base() { return class { tag() { return 'in base' } } } }
        class Maker {
          kind() { return 'maker' }
          make() {
            const kind = () => this.kind()
            return {
              __proto__: { kind },
              kind() { return 'made by ' + super.kind() },
              klass: class extends holder.base() { tag() { return super.tag() + ' of ' + kind() } },
            }
          }
        }
        return new Maker().make()
      }`,
    check(made: any, assert) {
      assert.equal(made.kind(), 'made by maker')
      assert.equal(new made.klass().tag(), 'in base of maker')
    },
  })
}
