// biome-ignore-all lint/correctness: the rows are about such code
// K1 and K2: what is inside a class: fields, statics, accessors, blocks, private names.
import { js, type Table } from '../../support/rows.ts'

export function bodies({ row }: Table): void {
  row('K1', 'fields, methods, accessors and statics', {
    build() {
      const base = 10
      class Account {
        static count = 0
        static readonly limit = base * 10
        static registry = new Map<string, Account>()
        balance = base
        history: number[] = []
        owner: string
        constructor(owner: string) {
          this.owner = owner
          Account.count++
          Account.registry.set(owner, this)
        }
        deposit(x: number) {
          this.balance += x
          this.history.push(x)
          return this
        }
        get rich() {
          return this.balance > Account.limit
        }
        set funds(x: number) {
          this.balance = x
        }
        static find(owner: string) {
          return this.registry.get(owner)
        }
        static get size() {
          return this.registry.size
        }
      }
      return { Account, ann: new Account('ann').deposit(5) }
    },
    check({ Account, ann }, assert) {
      assert.equal(ann.balance, 15)
      assert.deepEqual(ann.history, [5])
      assert.equal(Account.count, 1)
      assert.equal(Account.find('ann'), ann)
      assert.equal(ann.rich, false)
      ann.funds = 1000
      assert.equal(ann.rich, true)
      const bob = new Account('bob')
      assert.equal(bob.balance, 10)
      assert.deepEqual(bob.history, [])
      assert.equal(Account.count, 2)
      assert.equal(Account.size, 2)
      assert.deepEqual(Object.keys(ann), ['balance', 'history', 'owner'])
      assert.deepEqual(Object.keys(Account), ['count', 'limit', 'registry'])
    },
  })

  row('K1', 'static blocks and static initializers do not run again', {
    source: js`
      let runs = []
      const log = (what) => { runs.push(what); return what }
      const build = () => {
        runs = []
        class Klass {
          static a = log('a')
          static { log('block 1'); this.fromBlock = { made: true } }
          static [(log('key'), 'computed')] = log('computed')
          static { log('block 2'); Klass.a += '!' }
          static #hidden = log('hidden')
          static read() { return [this.a, this.fromBlock, this.computed, this.#hidden] }
          [(log('method key'), 'method')]() { return 'method' }
          get [(log('getter key'), 'getter')]() { return 'getter' }
          field = log('field')
        }
        Klass.a += '?'
        return { Klass, runs: () => runs }
      }`,
    check({ Klass, runs }: any, assert) {
      assert.deepEqual(runs(), [
        ...['key', 'method key', 'getter key', 'a', 'block 1', 'computed', 'block 2', 'hidden'],
      ])
      assert.deepEqual(Klass.read(), ['a!?', { made: true }, 'computed', 'hidden'])
      const instance = new Klass()
      assert.equal(instance.method(), 'method')
      assert.equal(instance.getter, 'getter')
      assert.equal(instance.field, 'field')
      assert.equal(runs().length, 9)
    },
  })

  row('K1', 'a heritage expression does not run again', {
    source: js`
      let calls = 0
      const build = () => {
        calls = 0
        const mixin = (Base) => { calls++; return class Mixed extends Base { mixed() { return 'mixed' } } }
        class Klass extends mixin(Object) {}
        return { Klass, calls: () => calls }
      }`,
    check({ Klass, calls }: any, assert) {
      assert.equal(calls(), 1)
      assert.equal(new Klass().mixed(), 'mixed')
    },
  })

  row('K1', 'computed keys: strings, symbols, numbers, as they were when the class was made', {
    source: js`
      const build = () => {
        let n = 0
        const next = () => 'key' + ++n
        const symbol = Symbol('mark')
        let prefix = 'before'
        class Keys {
          static [next()] = 'static'
          static [symbol] = 'static symbol'
          static [prefix + 'Static']() { return prefix }
          [next()]() { return 'method' }
          [symbol]() { return 'symbol' }
          get [prefix + 'Getter']() { return prefix }
          *[Symbol.iterator]() { yield 1 }
          [1 + 1]() { return 'two' }
          async ['later'.toUpperCase()]() { return 'later' }
          static [Symbol.hasInstance](x) { return x === 'instance' }
        }
        prefix = 'after'
        return { Keys, symbol, n: () => n }
      }`,
    async check({ Keys, symbol, n }: any, assert) {
      assert.equal(n(), 2)
      assert.equal(Keys.key1, 'static')
      assert.equal(Keys[symbol], 'static symbol')
      assert.equal(Keys.beforeStatic(), 'after')
      const keys = new Keys()
      assert.equal(keys.key2(), 'method')
      assert.equal(keys[symbol](), 'symbol')
      assert.equal(keys.beforeGetter, 'after')
      assert.deepEqual([...keys], [1])
      assert.equal(keys[2](), 'two')
      assert.equal(await keys.LATER(), 'later')
      assert.equal(('instance' as any) instanceof Keys, true)
    },
  })

  row('K1', 'computed keys of instance fields: by the value they had, or refused by name', {
    source: js`
      const build = () => {
        let n = 0
        class Fields { ['field' + ++n] = n; plain = 'plain' }
        return { Fields, made: new Fields(), n: () => n }
      }`,
    either: true,
    refused: { message: /computed/ },
    check({ Fields, made, n }: any, assert) {
      assert.equal(made.field1, 1)
      assert.deepEqual({ ...new Fields() }, { field1: 1, plain: 'plain' })
      assert.equal(n(), 1)
    },
  })

  row(
    'K1',
    'computed keys of instance fields that are literals, symbols, or variables that a method uses too',
    {
      source: js`
      const build = () => {
        const key = 'dynamic'
        const symbol = Symbol('s')
        class Fields {
          [key] = 1;
          [symbol] = 2;
          ['literal'] = 3;
          [5] = 4;
          [Symbol.toStringTag] = 'Tag'
          read() { return [this[key], this[symbol]] }
        }
        return { Fields, symbol }
      }`,
      check({ Fields, symbol }: any, assert) {
        const made = new Fields()
        assert.deepEqual([made.dynamic, made[symbol], made.literal, made[5]], [1, 2, 3, 4])
        assert.deepEqual(made.read(), [1, 2])
        assert.equal(String(made), '[object Tag]')
      },
    },
  )

  row('K1', 'static state that changed after the class was made', {
    build() {
      class State {
        static list = ['a']
        static count = 0
        static removed = 1
        static replaced = () => 'old'
        static method() {
          return 'old method'
        }
        static get computed() {
          return this.count
        }
      }
      State.count = 5
      State.list.push('b')
      delete (State as any).removed
      State.replaced = () => 'new'
      State.method = () => 'new method'
      ;(State as any).added = { later: true }
      Object.defineProperty(State, 'hidden', { value: 'hidden', enumerable: false })
      Object.defineProperty(State, 'computed', { get: () => 'redefined' })
      return State as any
    },
    check(State, assert) {
      assert.equal(State.count, 5)
      assert.deepEqual(State.list, ['a', 'b'])
      assert.equal('removed' in State, false)
      assert.equal(State.replaced(), 'new')
      assert.equal(State.method(), 'new method')
      assert.deepEqual(State.added, { later: true })
      assert.equal(State.hidden, 'hidden')
      assert.equal(State.computed, 'redefined')
      assert.deepEqual(
        Object.keys(State),
        ['list', 'count', 'replaced', 'method', 'added'].filter((k) => k !== 'method'),
      )
    },
  })

  row('K1', 'fields whose initializers use this, other fields, captured variables, arrows', {
    build() {
      let created = 0
      const defaults = { size: 3 }
      class Widget {
        id = ++created
        size = defaults.size
        area = this.size ** 2
        describe = () => `${this.id}: ${this.area}`
        nested = { self: this, list: [this.size] }
        'quoted name' = 1
        42 = 'number'
        static first = new Widget()
        empty: unknown
      }
      return { Widget, widget: new Widget() }
    },
    check({ Widget, widget }, assert) {
      assert.equal(Widget.first.id, 1)
      assert.equal(widget.describe(), '2: 9')
      assert.equal(widget.nested.self, widget)
      const another = new Widget()
      assert.equal(another.id, 3)
      assert.equal(another.nested.self, another)
      assert.equal(another['quoted name'], 1)
      assert.equal(another[42], 'number')
      assert.equal('empty' in another, true)
    },
  })

  row('K1', 'class bodies written in awkward ways', {
    source: js`
      const k = 1
      const build = () => {
        class A{static a=1;static b;c;static{this.d=k};e=k;;static async*f(){yield k}get g(){return k}static set h(v){this.i=v}static static=2;static get=3;get=4;async=5;set;static async
          j(){return 'j'}
          'k'=k;static 'l'(){return 'l'}static['m']=k
          n = class { static o = k }
          p /* comment */ = /* { */ k // }
          static q = () => { return { static: 1 } }
          static{}static{ { } }
        }
        return [A, class { static name() { return k } }, class { static get ['name']() { return k } }]
      }`,
    async check([A, named, called]: any, assert) {
      assert.deepEqual([named.name(), called.name], [1, 1])
      assert.deepEqual([A.a, A.b, A.d, A.static, A.get, A.m], [1, undefined, 1, 2, 3, 1])
      assert.equal((await A.f().next()).value, 1)
      A.h = 5
      assert.equal(A.i, 5)
      assert.equal(A.async, undefined)
      assert.equal('async' in A, true)
      const a = new A()
      assert.deepEqual(
        [a.c, a.e, a.g, a.get, a.async, a.set, a.k, a.n.o, a.p],
        [undefined, 1, 1, 4, 5, undefined, 1, 1, 1],
      )
      assert.equal(a.j(), 'j')
      assert.equal(A.l(), 'l')
      assert.deepEqual(A.q(), { static: 1 })
    },
  })

  row('K1', 'accessors on one side only, overridden pairs, statics of one name with members', {
    build() {
      class A {
        get onlyGet() {
          return 'g'
        }
        set onlySet(v: any) {
          ;(this as any).seen = v
        }
        get pair() {
          return 'A'
        }
        set pair(v: any) {
          ;(this as any).seen = v
        }
        static pair = 'static'
        static onlyGet() {
          return 'static g'
        }
      }
      class B extends A {
        override get pair() {
          return `B${super.pair}`
        }
      }
      return { A, B } as any
    },
    check({ A, B }, assert) {
      const a = new A()
      assert.equal(a.onlyGet, 'g')
      assert.throws(() => {
        a.onlyGet = 1
      }, TypeError)
      a.onlySet = 1
      assert.equal(a.seen, 1)
      assert.equal(a.onlySet, undefined)
      assert.equal(A.pair, 'static')
      assert.equal(A.onlyGet(), 'static g')
      const b = new B()
      assert.equal(b.pair, 'BA')
      assert.throws(() => {
        b.pair = 1
      }, TypeError)
    },
  })

  row('K1', 'many classes with the same text and other variables', {
    build() {
      const make = (tag: string) =>
        class Same {
          static tag = tag
          tag = tag
          get() {
            return tag
          }
        }
      const A = make('a')
      const B = make('b')
      return { A, B, a: new A(), b: new B() }
    },
    check({ A, B, a, b }, assert) {
      assert.notEqual(A, B)
      assert.deepEqual([A.tag, B.tag, a.tag, b.tag, a.get(), b.get()], ['a', 'b', 'a', 'b', 'a', 'b'])
      assert.equal((a as any) instanceof B, false)
      assert.ok(a instanceof A)
    },
  })

  row('K1', 'a class whose name is used inside, outside, in statics and by its instances', {
    build() {
      class Node_ {
        static root: any = new Node_(null)
        static Kind = class Kind {
          owner = Node_
        }
        children: any[] = []
        parent: any
        constructor(parent: any) {
          this.parent = parent
          parent?.children.push(this)
        }
        add() {
          return new Node_(this)
        }
        isNode(x: unknown) {
          return x instanceof Node_
        }
      }
      Node_.root.add().add()
      return { leaf: Node_.root.children[0].children[0], kind: new Node_.Kind() } as any
    },
    check({ leaf, kind }, assert) {
      const Class = leaf.constructor
      assert.equal(Class.root.children[0].children[0], leaf)
      assert.equal(leaf.isNode(leaf.parent.parent), true)
      assert.equal(kind.owner, Class)
      assert.equal(leaf.add().parent, leaf)
    },
  })

  row('K2', 'instances keep private fields; constructors do not run', {
    build() {
      let constructed = 0
      class Vault {
        #secret: string
        #log: string[] = []
        #empty: unknown
        constructor(secret: string) {
          constructed++
          this.#secret = secret
        }
        open(by: string) {
          this.#log.push(by)
          return this.#secret
        }
        get log() {
          return this.#log
        }
        change(secret: string) {
          this.#secret = secret
          this.#empty ??= 'set'
        }
        empty() {
          return this.#empty
        }
      }
      const a = new Vault('a')
      const b = new Vault('b')
      a.open('first')
      return { a, b, Vault, constructed: () => constructed }
    },
    check({ a, b, Vault, constructed }, assert) {
      assert.equal(constructed(), 2)
      assert.deepEqual([a.open('x'), b.open('y')], ['a', 'b'])
      assert.deepEqual(a.log, ['first', 'x'])
      a.change('changed')
      assert.equal(a.open('z'), 'changed')
      assert.equal(a.empty(), 'set')
      assert.equal(b.empty(), undefined)
      assert.equal(new Vault('c').open('w'), 'c')
      assert.equal(constructed(), 3)
      assert.throws(() => Vault.prototype.open.call({} as any, 'x'), TypeError)
    },
  })

  row('K2', 'many instances, of several classes, keep their private fields each', {
    build() {
      class Base {
        #id: number
        constructor(id: number) {
          this.#id = id
        }
        get id() {
          return this.#id
        }
      }
      class Derived extends Base {
        #tags: Set<string> | null = null
        #id = 'own'
        tag(name: string) {
          this.#tags = new Set([...(this.#tags ?? []), name])
          return this
        }
        describe() {
          return `${this.id} ${this.#id} ${[...(this.#tags ?? ['-'])].join(',')}`
        }
      }
      const list = Array.from({ length: 60 }, (_, i) => {
        if (i % 3 === 0) return new Base(i)
        const made = new Derived(i)
        return i % 3 === 1 ? made : made.tag(`t${i}`)
      })
      // Of Derived's prototype, but no instance.
      const strangers = [Object.create(Derived.prototype), Object.create(Base.prototype)]
      return { list, strangers, last: list[59] }
    },
    check({ list, strangers, last }: any, assert) {
      assert.equal(list.length, 60)
      for (const [i, item] of list.entries()) {
        assert.equal(item.id, i)
        if (i % 3 === 1) assert.equal(item.describe(), `${i} own -`)
        if (i % 3 === 2) assert.equal(item.describe(), `${i} own t${i}`)
      }
      assert.equal(last, list[59])
      for (const stranger of strangers) assert.throws(() => stranger.id, TypeError)
    },
  })

  row('K2', 'private methods, accessors, statics, generators, async methods', {
    build() {
      const k = 3
      class Machine {
        static #made = 0
        static #register(x: Machine) {
          Machine.#made++
          return x
        }
        static get #double() {
          return Machine.#made * 2
        }
        static create() {
          return Machine.#register(new Machine())
        }
        static stats() {
          return [Machine.#made, Machine.#double]
        }
        #n = 1
        #inc(by: number) {
          this.#n += by
          return this
        }
        get #twice() {
          return this.#n * 2
        }
        set #twice(v) {
          this.#n = v / 2
        }
        async #later() {
          return this.#n + k
        }
        *#items() {
          yield this.#n
          yield k
        }
        run() {
          this.#inc(2)
          this.#twice = this.#twice + 2
          return [this.#n, this.#twice, [...this.#items()]]
        }
        later() {
          return this.#later()
        }
      }
      return { Machine, machine: Machine.create() }
    },
    async check({ Machine, machine }, assert) {
      assert.deepEqual(Machine.stats(), [1, 2])
      assert.deepEqual(machine.run(), [4, 8, [4, 3]])
      assert.equal(await machine.later(), 7)
      Machine.create()
      assert.deepEqual(Machine.stats(), [2, 4])
    },
  })

  row('K2', '#x in o, also for subclasses, strangers and prototypes', {
    build() {
      class Branded {
        #brand = true
        #method() {}
        static is(x: any) {
          return #brand in x && #method in x
        }
      }
      class Sub extends Branded {}
      return { Branded, branded: new Branded(), sub: new Sub() }
    },
    modes: ['esm', 'cjs', 'vitest'],
    check({ Branded, branded, sub }, assert) {
      assert.deepEqual([branded, sub, {}, Branded.prototype, Object.create(branded)].map(Branded.is), [
        ...[true, true, false, false, false],
      ])
      assert.equal(Branded.is(new Branded()), true)
    },
  })

  row('K2', 'private fields of base and derived classes with one name', {
    build() {
      class Base {
        #x = 'base'
        baseX() {
          return this.#x
        }
        setBase(v: string) {
          this.#x = v
        }
      }
      class Derived extends Base {
        #x = 'derived'
        derivedX() {
          return this.#x
        }
      }
      const instance = new Derived()
      instance.setBase('changed')
      return instance
    },
    check(instance, assert) {
      assert.equal(instance.baseX(), 'changed')
      assert.equal(instance.derivedX(), 'derived')
      assert.equal(new (instance.constructor as any)().baseX(), 'base')
    },
  })

  row('K2', 'private fields that hold functions, instances, cycles, and each other', {
    build() {
      class Node_ {
        #next: Node_ | null = null
        #on: (() => string)[] = []
        #self = this
        name: string
        constructor(name: string) {
          this.name = name
          this.#on.push(() => `${this.name} and ${this.#next?.name}`)
        }
        link(next: Node_) {
          this.#next = next
          return this
        }
        get next() {
          return this.#next
        }
        say() {
          return this.#on.map((f) => f())
        }
        isSelf() {
          return this.#self === this
        }
      }
      const a = new Node_('a')
      const b = new Node_('b').link(a)
      return a.link(b)
    },
    check(a, assert) {
      assert.equal(a.next!.next, a)
      assert.deepEqual(a.say(), ['a and b'])
      assert.deepEqual(a.next!.say(), ['b and a'])
      assert.ok(a.isSelf() && a.next!.isSelf())
    },
  })

  row('K2', 'a bound method of a class with private fields, and nothing else', {
    build() {
      class Counter {
        #n = 5
        constructor() {
          this.inc = this.inc.bind(this)
        }
        inc() {
          return ++this.#n
        }
      }
      const { inc } = new Counter()
      return inc
    },
    check(inc, assert) {
      assert.equal(inc(), 6)
      assert.equal(inc(), 7)
    },
  })

  row('K2', 'an arrow field that uses private names, and nothing else', {
    build() {
      class Counter {
        #n = 5
        inc = () => ++this.#n
        static #made = 0
        static make = () => {
          Counter.#made++
          return [new Counter(), Counter.#made] as const
        }
      }
      return { inc: new Counter().inc, make: Counter.make }
    },
    check({ inc, make }, assert) {
      assert.equal(inc(), 6)
      const [made, count] = make()
      assert.equal(made.inc(), 6)
      assert.equal(count, 1)
    },
  })

  row(
    'K2',
    'a class whose text ends with a field that loading does not evaluate, and with no space or semicolon',
    {
      source: js`
      let made = 0
      const make = () => ++made
      const build = () => {
        class A{#x=1;last=make()}
        class B{#y=2;get y(){return this.#y}last=[make(),this.y]}
        return { a: new A(), b: new B() }
      }`,
      check({ a, b }: any, assert) {
        assert.deepEqual([a.last, b.last, b.y], [1, [2, 2], 2])
        assert.equal(new b.constructor().last[1], 2)
      },
    },
  )

  row('K2', 'a method with private names alone, and a closure inside a method', {
    build() {
      class Holder {
        #x = 1
        peek(other: Holder) {
          return other.#x
        }
        reader() {
          return () => this.#x
        }
        function_() {
          const self = this
          return function () {
            return self.#x
          }
        }
        static checker() {
          return (x: any) => #x in x
        }
      }
      return {
        peek: Holder.prototype.peek,
        holder: new Holder(),
        read: new Holder().reader(),
        fn: new Holder().function_(),
        is: Holder.checker(),
      }
    },
    modes: ['esm', 'cjs', 'vitest'],
    check({ peek, holder, read, fn, is }, assert) {
      assert.equal(peek(holder), 1)
      assert.equal(read(), 1)
      assert.equal(fn(), 1)
      assert.deepEqual([is(holder), is({})], [true, false])
      assert.throws(() => peek({} as any), TypeError)
    },
  })

  row('K2', 'private fields on frozen and closed objects', {
    build() {
      class Frozen {
        #n = 1
        constructor() {
          Object.freeze(this)
        }
        inc() {
          return ++this.#n
        }
      }
      return new Frozen()
    },
    check(frozen, assert) {
      assert.equal(Object.isFrozen(frozen), true)
      assert.equal(frozen.inc(), 2)
    },
  })

  row('K2', 'private fields on objects that a constructor returned', {
    source: js`
      const build = () => {
        class Return { constructor(o) { return o } }
        class Stamp extends Return {
          #mark = 'stamped'
          static read(o) { return #mark in o ? o.#mark : 'no' }
        }
        const plain = { a: 1 }
        new Stamp(plain)
        return { plain, Stamp }
      }`,
    either: true,
    refused: { message: /private/ },
    check({ plain, Stamp }: any, assert) {
      assert.equal(plain.a, 1)
      assert.equal(Stamp.read(plain), 'stamped')
      assert.equal(Stamp.read({}), 'no')
    },
  })

  row('K2', 'classes in classes that use the private names of the outer one', {
    source: js`
      const build = () => {
        class Outer {
          #x = 'outer x'
          static Inner = class {
            #y = 'inner y'
            look(outer) { return outer.#x + ' ' + this.#y }
          }
          inner() { return new Outer.Inner() }
        }
        return { outer: new Outer(), inner: new Outer().inner() }
      }`,
    check({ outer, inner }: any, assert) {
      assert.equal(inner.look(outer), 'outer x inner y')
      assert.equal(outer.inner().look(outer), 'outer x inner y')
    },
  })

  row('K2', 'private state shared by a static private and by closures', {
    source: js`
      const build = () => {
        let outside = 0
        class Shared {
          static #total = 0
          #own = 0
          add(x) { this.#own += x; Shared.#total += x; outside += x; return this }
          read() { return [this.#own, Shared.#total, outside] }
          static reset() { Shared.#total = 0 }
        }
        const a = new Shared().add(1), b = new Shared().add(10)
        return { a, b, reset: Shared.reset, outside: () => outside }
      }`,
    check({ a, b, reset, outside }: any, assert) {
      assert.deepEqual(a.read(), [1, 11, 11])
      b.add(100)
      assert.deepEqual(b.read(), [110, 111, 111])
      assert.equal(outside(), 111)
      reset()
      assert.deepEqual(a.read(), [1, 0, 111])
    },
  })

  row('K2', 'an uninitialized instance: only part of the private fields is there', {
    source: js`
      const build = () => {
        let escaped
        class Half { #a = 1; #b = (escaped = this, (() => { throw 0 })()); has() { return [#a in this, #b in this] } }
        try { new Half() } catch {}
        return escaped
      }`,
    either: true,
    refused: { message: /private/ },
    check(half: any, assert) {
      assert.deepEqual(half.has(), [true, false])
    },
  })
}
