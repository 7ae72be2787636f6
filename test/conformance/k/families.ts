// biome-ignore-all lint/correctness: the rows are about such code
// K3 to K8: inheritance, identity within a bundle, replaced members, TypeScript's shapes, odd objects.
import { esbuild, tsc, tscCommonJs } from '../../support/compile.ts'
import { js, type Table } from '../../support/rows.ts'

export function families({ row }: Table): void {
  row('K3', 'four generations of user classes, with statics inherited', {
    build() {
      class A {
        static kind = 'A'
        static create(this: any, ...args: any[]) {
          return new this(...args)
        }
        a = 1
        who() {
          return 'A'
        }
      }
      class B extends A {
        b = this.a + 1
        override who() {
          return `${super.who()}B`
        }
      }
      const C = class extends B {
        c = this.b + 1
      }
      class D extends C {
        static override kind = 'D'
        override who() {
          return `${super.who()}D`
        }
      }
      return { d: D.create(), D }
    },
    check({ d, D }, assert) {
      assert.equal(d.who(), 'ABD')
      assert.deepEqual({ ...d }, { a: 1, b: 2, c: 3 })
      const C = Object.getPrototypeOf(D)
      const B = Object.getPrototypeOf(C)
      const A = Object.getPrototypeOf(B)
      assert.deepEqual([C.name, B.name, A.name, A.kind, B.kind, D.kind], ['C', 'B', 'A', 'A', 'A', 'D'])
      assert.ok([A, B, C, D].every((each) => d instanceof each))
      A.prototype.who = () => 'patched '
      assert.equal(D.create().who(), 'patched BD')
    },
  })

  row('K3', 'mixins: one factory applied to several bases', {
    build() {
      const Timed = (Base: any) =>
        class extends Base {
          time = 5
          stamp() {
            return `${super.name?.() ?? 'none'}@${this.time}`
          }
        }
      const Tagged = (Base: any) =>
        class Tagged extends Base {
          #tag = 'tag'
          get tag() {
            return this.#tag
          }
        }
      class Event_ {
        name() {
          return 'event'
        }
      }
      class Both extends Timed(Tagged(Event_)) {}
      class Other extends Timed(Object) {}
      return { both: new Both() as any, other: new Other() as any, Event_ }
    },
    check({ both, other, Event_ }, assert) {
      assert.equal(both.stamp(), 'event@5')
      assert.equal(both.tag, 'tag')
      assert.equal(other.stamp(), 'none@5')
      assert.ok(both instanceof Event_)
      assert.equal(other instanceof Event_, false)
    },
  })

  row('K3', 'extends null, extends a function of old, a function of old with a class as prototype', {
    source: js`
      const build = () => {
        class Nothing extends null { static tag() { return 'nothing' } constructor() { return Object.create(Nothing.prototype) } has() { return 'toString' in this } }
        function Old(x) { this.x = x }
        Old.prototype.hello = function () { return 'hello ' + this.x }
        class New extends Old { constructor(x) { super(x); this.y = 1 } hello() { return super.hello() + '!' } }
        return { Nothing, nothing: new Nothing(), New, made: new New('x'), Old }
      }`,
    check({ Nothing, nothing, New, made, Old }: any, assert) {
      assert.equal(Nothing.tag(), 'nothing')
      assert.equal(Object.getPrototypeOf(Nothing), Function.prototype)
      assert.equal(Object.getPrototypeOf(Nothing.prototype), null)
      assert.equal(nothing.has(), false)
      assert.equal(made.hello(), 'hello x!')
      assert.ok(made instanceof Old && new New('z') instanceof New)
    },
  })

  row('K3', 'subclasses of Array, Map, Set, with contents, own fields and private state', {
    build() {
      class Stack<T> extends Array<T> {
        limit = 10
        #pushes = 0
        override push(...items: T[]) {
          this.#pushes += items.length
          return super.push(...items)
        }
        get pushes() {
          return this.#pushes
        }
        get top() {
          return this.at(-1)
        }
      }
      class Counter extends Map<string, number> {
        total = 0
        inc(key: string) {
          this.total++
          return this.set(key, (this.get(key) ?? 0) + 1)
        }
      }
      class Tags extends Set<string> {
        override add(x: string) {
          return super.add(x.toLowerCase())
        }
      }
      const stack = new Stack<number>()
      stack.push(1, 2)
      return { stack, counter: new Counter().inc('a').inc('a'), tags: new Tags(['A', 'b']), Stack }
    },
    check({ stack, counter, tags, Stack }, assert) {
      assert.ok(Array.isArray(stack) && stack instanceof Stack)
      assert.deepEqual([...stack], [1, 2])
      assert.deepEqual([stack.length, stack.limit, stack.pushes, stack.top], [2, 10, 2, 2])
      stack.push(3)
      assert.equal(stack.pushes, 3)
      assert.ok(stack.map((x) => x * 2) instanceof Stack)
      assert.equal(counter.get('a'), 2)
      assert.equal(counter.total, 2)
      counter.inc('b')
      assert.deepEqual(
        [...counter],
        [
          ['a', 2],
          ['b', 1],
        ],
      )
      assert.deepEqual([...tags], ['a', 'b'])
      tags.add('C')
      assert.equal(tags.has('c'), true)
    },
  })

  row(
    'K3',
    'a class that an object literal names as a variable that it counts in: its constructor does not run',
    {
      build() {
        let constructed = 0
        let late: () => number
        const { constructed: Failure, first } = {
          constructed: class extends Error {
            static {
              void Error.name
            }
            #code = constructed + 1
            constructor(...[message = 'none']: string[]) {
              super(message)
              constructed++
            }
            get code() {
              return this.#code
            }
            get total() {
              return constructed
            }
            later() {
              return late()
            }
          },
          first() {
            class Counter extends Failure {
              static made = constructed++
            }
            return Counter.made
          },
        }
        const errors = [new Failure('one'), new Failure()]
        const use = { errors, first, total: () => constructed, set: () => (late = () => constructed) }
        return use
      },
      showsPaths: 'an error keeps its stack',
      check({ errors, first, total, set }, assert) {
        assert.equal(total(), 2)
        assert.deepEqual(
          errors.map((error) => [error.code, error.total, error.message]),
          [
            [1, 2, 'one'],
            [2, 2, 'none'],
          ],
        )
        assert.throws(() => errors[0].later(), undefined)
        set()
        assert.equal(errors[0].later(), 2)
        assert.equal(first(), 2)
        assert.deepEqual([total(), errors[1].total], [3, 3])
        assert.equal(new (errors[0].constructor as typeof Error)('x') instanceof Error, true)
        assert.equal(total(), 4)
      },
    },
  )
  row('K3', 'subclasses of Error: fields, cause, stack, instanceof; constructors do not run', {
    build() {
      let constructed = 0
      class AppError extends Error {
        code: number
        #detail: string
        constructor(code: number, detail: string, options?: ErrorOptions) {
          super(`app error ${code}`, options)
          constructed++
          this.code = code
          this.#detail = detail
        }
        override get name() {
          return 'AppError'
        }
        get detail() {
          return this.#detail
        }
      }
      class NotFound extends AppError {
        constructor(what: string) {
          super(404, what, { cause: new TypeError('inner') })
        }
      }
      const error = new NotFound('page')
      return { error, AppError, stack: error.stack, constructed: () => constructed }
    },
    showsPaths: 'an error keeps its stack',
    check({ error, AppError, stack, constructed }, assert) {
      assert.equal(constructed(), 1)
      assert.equal(error.message, 'app error 404')
      assert.equal(error.detail, 'page')
      assert.equal(error.code, 404)
      assert.equal(error.name, 'AppError')
      assert.equal(error.stack, stack)
      assert.ok(error instanceof AppError && error instanceof Error)
      assert.ok(error.cause instanceof TypeError)
      assert.equal(String(error), 'AppError: app error 404')
      assert.equal(Object.prototype.toString.call(error), '[object Error]')
      assert.equal(new AppError(1, 'd').detail, 'd')
    },
  })

  row(
    'K3',
    'emitters with listeners for once: each is called once, with its emitter as this, and can be taken off',
    {
      build() {
        const { EventEmitter } = process.getBuiltinModule('node:events')
        class Bus extends EventEmitter {
          #name = 'bus'
          get label() {
            return this.#name
          }
        }
        const [bus, other] = [new Bus(), new EventEmitter()]
        const heard: unknown[] = []
        const gone = () => heard.push('gone')
        bus.once('x', function (this: Bus, v) {
          heard.push([this.label, v])
        })
        bus.once('y', gone)
        bus.prependOnceListener('x', (v) => heard.push(['first', v]))
        bus.on('x', (v) => heard.push(['always', v]))
        other.once('x', (v) => heard.push(['other', v]))
        other.once('spent', () => heard.push('spent'))
        other.emit('spent')
        return { bus, other, heard, gone }
      },
      check({ bus, other, heard, gone }: any, assert) {
        bus.off('y', gone)
        assert.equal(bus.emit('y'), false)
        for (const v of [1, 2]) {
          bus.emit('x', v)
          other.emit('x', v)
        }
        assert.equal(other.emit('spent'), false)
        assert.deepEqual(heard, [
          'spent',
          ['first', 1],
          ['bus', 1],
          ['always', 1],
          ['other', 1],
          ['always', 2],
        ])
        assert.equal(bus.listenerCount('x'), 1)
      },
    },
  )

  row('K3', 'subclasses of Promise, EventEmitter, Uint8Array, Date, RegExp', {
    build() {
      const { EventEmitter } = process.getBuiltinModule('node:events')
      class Task extends Promise<number> {
        label = 'task'
        double() {
          return this.then((x) => x * 2)
        }
      }
      class Bus extends EventEmitter {
        sent = 0
        override emit(name: string, ...args: unknown[]) {
          this.sent++
          return super.emit(name, ...args)
        }
      }
      class Bytes extends Uint8Array {
        tag = 'bytes'
        sum() {
          return this.reduce((a, b) => a + b, 0)
        }
      }
      class Day extends Date {
        nice() {
          return this.toISOString().slice(0, 10)
        }
      }
      class Pattern extends RegExp {
        all(s: string) {
          return [...s.matchAll(this)].length
        }
      }
      const bus = new Bus()
      const heard: unknown[] = []
      bus.on('x', (v) => heard.push(v))
      const bytes = new Bytes(3)
      bytes.set([1, 2, 3])
      return Task.resolve(21).then(() => ({
        task: Task.resolve(21) as Task,
        bus,
        heard,
        bytes,
        day: new Day(0),
        pattern: new Pattern('a', 'g'),
        Task,
      }))
    },
    async check({ task, bus, heard, bytes, day, pattern, Task }, assert) {
      assert.ok(task instanceof Task)
      assert.equal(task.label, 'task')
      assert.equal(await task.double(), 42)
      assert.ok(task.double() instanceof Task)
      bus.emit('x', 1)
      assert.deepEqual([heard, bus.sent], [[1], 1])
      assert.equal(bytes.sum(), 6)
      assert.equal(bytes.tag, 'bytes')
      assert.equal(day.nice(), '1970-01-01')
      assert.equal(pattern.all('aXa'), 2)
      assert.equal(pattern.flags, 'g')
    },
  })

  row('K3', 'subclasses of Object, Boolean, String, Number, WeakMap, ArrayBuffer, Proxy results', {
    source: js`
      const build = () => {
        class Text extends String { shout() { return this.toUpperCase() + '!' } }
        class Count extends Number { plus(x) { return this + x } }
        class Flag extends Boolean { get not() { return !this.valueOf() } }
        class Obj extends Object { constructor(...a) { super(...a); this.x = 1 } }
        class Buf extends ArrayBuffer { get first() { return new Uint8Array(this)[0] } }
        class Weak extends WeakMap { lookup(k) { return this.get(k) ?? 'none' } }
        const buf = new Buf(2)
        new Uint8Array(buf)[0] = 7
        return { text: new Text('hi'), count: new Count(5), flag: new Flag(false), obj: new Obj(), buf, Weak }
      }`,
    check({ text, count, flag, obj, buf, Weak }: any, assert) {
      assert.equal(text.shout(), 'HI!')
      assert.equal(text.length, 2)
      assert.equal(count.plus(1), 6)
      assert.equal(flag.not, true)
      assert.equal(obj.x, 1)
      assert.equal(buf.first, 7)
      assert.equal(new Weak().lookup({}), 'none')
    },
  })

  row('K3', 'abstract patterns: a base class that calls what the subclass defines', {
    build() {
      class Template {
        constructor() {
          if (new.target === Template) throw new TypeError('abstract')
        }
        step(): string {
          throw new Error('missing')
        }
        run() {
          return `[${this.step()}]`
        }
      }
      class Real extends Template {
        override step() {
          return 'real'
        }
      }
      return { Template, Real }
    },
    check({ Template, Real }, assert) {
      assert.equal(new Real().run(), '[real]')
      assert.throws(() => new Template(), { message: 'abstract' })
    },
  })

  row('K4', 'instanceof holds for every instance and class of a bundle', {
    build() {
      class A {}
      class B extends A {}
      const list = [new A(), new B()]
      const check = (x: unknown) => [x instanceof A, x instanceof B]
      return { A, B, list, check, proto: A.prototype }
    },
    check({ A, B, list, check, proto }, assert) {
      assert.deepEqual(list.map(check), [
        [true, false],
        [true, true],
      ])
      assert.equal(A.prototype, proto)
      assert.ok(new B() instanceof A)
      assert.deepEqual(check(new B()), [true, true])
      assert.equal(list[1]!.constructor, B)
    },
  })

  row('K6', 'methods replaced, added, removed after the class was made', {
    build() {
      class Service {
        kept() {
          return 'kept'
        }
        replaced() {
          return 'old'
        }
        wrapped(x: number) {
          return x
        }
        removed() {
          return 'removed'
        }
        get accessor() {
          return 'old getter'
        }
      }
      const calls: unknown[] = []
      const { wrapped } = Service.prototype
      Service.prototype.wrapped = function (this: Service, x) {
        calls.push(x)
        return wrapped.call(this, x) * 2
      }
      Service.prototype.replaced = () => 'new'
      delete (Service.prototype as any).removed
      ;(Service.prototype as any).added = function () {
        return this.kept()
      }
      Object.defineProperty(Service.prototype, 'accessor', { get: () => 'new getter', configurable: true })
      ;(Service.prototype as any).data = [1]
      return { Service, service: new Service() as any, calls }
    },
    check({ Service, service, calls }, assert) {
      assert.equal(service.kept(), 'kept')
      assert.equal(service.replaced(), 'new')
      assert.equal(service.wrapped(5), 10)
      assert.deepEqual(calls, [5])
      assert.equal('removed' in service, false)
      assert.equal(service.added(), 'kept')
      assert.equal(service.accessor, 'new getter')
      assert.deepEqual(service.data, [1])
      assert.deepEqual(Object.getOwnPropertyNames(Service.prototype), [
        ...['constructor', 'kept', 'replaced', 'wrapped', 'accessor', 'added', 'data'],
      ])
    },
  })

  row('K6', "descriptors' flags of methods, statics, accessors and fields", {
    build() {
      class Flags {
        static fixed = 1
        method() {}
        get value() {
          return 1
        }
        field = 1
      }
      Object.defineProperty(Flags, 'fixed', { writable: false, configurable: false })
      Object.defineProperty(Flags.prototype, 'method', { enumerable: true, writable: false })
      Object.defineProperty(Flags.prototype, 'value', { enumerable: true, configurable: false })
      const instance = new Flags()
      Object.defineProperty(instance, 'field', { enumerable: false })
      Object.freeze(Flags.prototype)
      return { Flags, instance }
    },
    check({ Flags, instance }, assert) {
      const flags = (o: object, key: string) => {
        const d = Object.getOwnPropertyDescriptor(o, key)!
        return [d.writable, d.enumerable, d.configurable]
      }
      assert.deepEqual(flags(Flags, 'fixed'), [false, true, false])
      assert.deepEqual(flags(Flags.prototype, 'method'), [false, true, false])
      assert.deepEqual(flags(Flags.prototype, 'value'), [undefined, true, false])
      assert.deepEqual(flags(instance, 'field'), [true, false, true])
      assert.deepEqual(flags(Flags, 'prototype'), [false, false, false])
      assert.deepEqual(flags(Flags.prototype, 'constructor'), [false, false, false])
      assert.equal(Object.isFrozen(Flags.prototype), true)
    },
  })

  row('K6', "Symbol.hasInstance, species, toPrimitive, toStringTag, iterator, a class's own names", {
    build() {
      class Even {
        static [Symbol.hasInstance](x: unknown) {
          return typeof x === 'number' && x % 2 === 0
        }
      }
      class List extends Array<number> {
        static override get [Symbol.species]() {
          return Array
        }
      }
      class Money {
        amount = 5;
        [Symbol.toPrimitive](hint: string) {
          return hint === 'string' ? `$${this.amount}` : this.amount
        }
        get [Symbol.toStringTag]() {
          return 'Money'
        }
        *[Symbol.iterator]() {
          yield this.amount
        }
        async *[Symbol.asyncIterator]() {
          yield this.amount
        }
      }
      return { Even, list: List.of(1, 2) as List, money: new Money() as any, List }
    },
    async check({ Even, list, money, List }, assert) {
      assert.equal((4 as any) instanceof Even, true)
      assert.equal((3 as any) instanceof Even, false)
      assert.ok(list instanceof List)
      assert.equal(list.map((x) => x).constructor, Array)
      assert.equal(`${money}`, '$5')
      assert.equal(money + 1, 6)
      assert.equal(Object.prototype.toString.call(money), '[object Money]')
      assert.deepEqual([...money], [5])
      for await (const x of money) assert.equal(x, 5)
    },
  })

  const legacyDecorators = `
    const registry = []
    const log = (target, key, descriptor) => {
      const original = descriptor.value
      return { ...descriptor, value(...args) { registry.push(key); return original.apply(this, args) + '!' } }
    }
    const field = (target, key) => { Object.defineProperty(target, 'decorated_' + key, { value: true, configurable: true }) }
    const inject = (target, key, index) => { registry.push(key + index) }
    const component = (options) => (Class) => { Class.options = options; return class extends Class { decorated = true } }
    const seal = (Class) => { Object.seal(Class.prototype) }
    const build = () => {
      registry.length = 0
      @component({ tag: 'x-greeter' })
      class Greeter {
        @field name: string = 'greeter'
        @log greet(@inject x: string): string { return 'hello ' + x }
        static create() { return new Greeter() }
        @log static loud(x: string) { return x.toUpperCase() }
        #times = 2
        constructor(private readonly prefix = '>') {}
        @log repeat(x: string) { return this.prefix + x.repeat(this.#times) }
      }
      @seal class Sealed { method() { return Sealed.name } }
      return { Greeter, greeter: new Greeter(), registry, sealed: new Sealed() }
    }`

  const legacyOptions = {
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
  }
  for (const [tool, source] of [
    ['tsc', { esm: tsc(legacyDecorators, legacyOptions), cjs: tscCommonJs(legacyDecorators, legacyOptions) }],
    ['esbuild', { esm: esbuild(legacyDecorators, { tsconfigRaw: { compilerOptions: legacyOptions } }) }],
  ] as const)
    row('K6', `TypeScript's legacy decorators, as ${tool} emits them`, {
      source,
      // esbuild turns private names into WeakMaps.
      ...(tool === 'esbuild' && { either: true, refused: { message: /WeakMap/ } }),
      check({ Greeter, greeter, registry, sealed }: any, assert) {
        assert.equal(greeter.greet('you'), 'hello you!')
        assert.equal(greeter.repeat('x'), '>xx!')
        assert.equal(Greeter.loud('a'), 'A!')
        assert.deepEqual(registry, ['greet0', 'greet', 'repeat', 'loud'])
        assert.equal(greeter.decorated_name, true)
        assert.equal(greeter.decorated, true)
        assert.deepEqual(Greeter.options, { tag: 'x-greeter' })
        assert.ok(Greeter.create() instanceof Greeter)
        assert.equal(Greeter.create().repeat('y'), '>yy!')
        assert.equal(sealed.method(), 'Sealed')
        assert.equal(Object.isSealed(Object.getPrototypeOf(sealed)), true)
      },
    })

  const standardDecorators = `
    const events: string[] = []
    function logged(method: any, context: any) {
      context.addInitializer(function (this: any) { events.push('init ' + String(context.name)) })
      return function (this: any, ...args: unknown[]) { events.push(String(context.name)); return method.apply(this, args) }
    }
    function double(_: undefined, context: any) { return (initial: number) => initial * 2 }
    function tagged(Class: any, context: any) { Class.tag = context.kind; return Class }
    function watch(accessor: any, context: any) {
      return { get(this: any) { return accessor.get.call(this) + 1 }, set(this: any, v: number) { accessor.set.call(this, v * 10) } }
    }
    const build = () => {
      events.length = 0
      @tagged
      class Thing {
        @double size = 5
        @watch accessor value = 1
        @logged run(x: number) { return this.size + x }
        @logged static make() { return new Thing() }
        static ready = true
        #hidden = 'hidden'
        @logged get hidden() { return this.#hidden }
      }
      return { Thing: Thing as any, thing: new Thing() as any, events }
    }`

  row('K6', 'standard decorators, as tsc, esbuild and tsx emit them', {
    source: {
      esm: tsc(standardDecorators),
      cjs: tscCommonJs(standardDecorators),
      tsx: standardDecorators,
    },
    check({ Thing, thing, events }: any, assert) {
      assert.equal(thing.size, 10)
      assert.equal(thing.run(1), 11)
      assert.equal(Thing.tag, 'class')
      assert.equal(Thing.make().size, 10)
      assert.equal(thing.value, 2)
      thing.value = 3
      assert.equal(thing.value, 31)
      assert.equal(thing.hidden, 'hidden')
      assert.ok(events.includes('run') && events.includes('make'))
      assert.ok(new Thing() instanceof Thing)
    },
  })

  row('K7', 'parameter properties, abstract classes, overloads, declared fields', {
    source: {
      tsx: js`
        abstract class Shape {
          declare ignored: string
          constructor(protected readonly name: string, private scale = 2) {}
          abstract area(): number
          describe(): string
          describe(verbose: boolean): string
          describe(verbose?: boolean) { return this.name + (verbose ? this.area() * this.scale : '') }
        }
        class Square extends Shape {
          constructor(public side: number) { super('square') }
          area() { return this.side ** 2 }
        }
        const build = () => ({ Square, square: new Square(3) })`,
    },
    check({ Square, square }: any, assert) {
      assert.equal(square.describe(true), 'square18')
      assert.equal(new Square(2).describe(true), 'square8')
      assert.deepEqual(Object.keys(square), ['name', 'scale', 'side'])
    },
  })

  row('K7', 'enums, const enums, namespaces, and merges of them', {
    source: {
      tsx: js`
        enum Color { Red, Green = 5, Blue }
        enum Text { A = 'a', B = 'b' }
        const enum Inline { One = 1 }
        enum Color { Purple = 9 }
        namespace Color { export const parse = (s: string) => (Color as any)[s] as Color }
        namespace Tools {
          let calls = 0
          export const count = () => ++calls
          export function helper(x: number) { calls++; return x + Inline.One }
          export namespace Deep { export const value = 'deep' + Text.B; export const read = () => calls }
          export class Inside { get() { return helper(1) } }
        }
        class Merged { own() { return Merged.extra } }
        namespace Merged { export const extra = 'extra' }
        function callable() { return callable.version }
        namespace callable { export const version = 3 }
        const build = () => ({
          colors: () => [Color.Red, Color.Blue, Color[5], Color.Purple, Color.parse('Blue')],
          texts: () => [Text.A, Object.keys(Text)],
          tools: () => [Tools.count(), Tools.helper(1), Tools.Deep.value, Tools.Deep.read(), new Tools.Inside().get()],
          Color, Merged, callable,
        })`,
    },
    check({ colors, texts, tools, Color, Merged, callable }: any, assert) {
      assert.deepEqual(colors(), [0, 6, 'Green', 9, 6])
      assert.deepEqual(texts(), ['a', ['A', 'B']])
      const [count, helped, deep, read, inside] = tools()
      assert.deepEqual([count + 1, helped, deep, inside], [read, 2, 'deepb', 2])
      assert.equal(Color.Green, 5)
      assert.equal(new Merged().own(), 'extra')
      assert.equal(callable(), 3)
    },
  })

  row('K7', "names survive tsx's __name helper", {
    source: {
      tsx: js`
        const build = () => {
          const arrow = (x: number) => x + 1
          function outer() { const inner = () => inner.name; return inner }
          class Local { static made = () => 'made'; method = () => 'field' }
          const object = { method() { return (() => 'deep')() }, arrow: () => 'a' }
          const factory = () => class { get() { const local = () => local.name; return local() } }
          return { arrow, outer, Local, object, Made: factory() }
        }`,
    },
    check({ arrow, outer, Local, object, Made }: any, assert) {
      assert.deepEqual(
        [arrow.name, outer()(), Local.name, Local.made.name],
        ['arrow', 'inner', 'Local', 'made'],
      )
      assert.equal(new Local().method.name, 'method')
      assert.equal(object.method(), 'deep')
      assert.equal(object.arrow.name, 'arrow')
      assert.equal(new Made().get(), 'local')
    },
  })

  row('K7', 'types, generics, satisfies, as, non-null, type imports', {
    source: {
      tsx: js`
        import type { EventEmitter } from 'node:events'
        import { type Server, createServer } from 'node:net'
        type Pair<T> = readonly [T, T]
        interface Named { name: string }
        const table = { a: 1, b: 2 } satisfies Record<string, number>
        const get = <T extends Named, K extends keyof T = keyof T>(x: T, key: K): T[K] => x[key]!
        class Box<in out T = string> implements Iterable<T> {
          private items: T[] = []
          protected declare phantom: EventEmitter
          constructor(...items: T[]) { this.items = items }
          *[Symbol.iterator](): Generator<T> { yield* this.items }
          static is(x: unknown): x is Box<unknown> { return x instanceof Box }
          get first(): T | undefined { return this.items[0]! }
        }
        function assertIs(x: unknown): asserts x is string { if (typeof x !== 'string') throw new TypeError('no') }
        const build = () => ({
          run: (pair: Pair<number>) => [table.a, get({ name: 'n' } as Named, 'name'), pair[1] as unknown as number, typeof createServer],
          box: new Box<number>(1, 2), Box, assertIs, server: undefined as Server | undefined,
        })`,
    },
    check({ run, box, Box, assertIs }: any, assert) {
      assert.deepEqual(run([1, 2]), [1, 'n', 2, 'function'])
      assert.deepEqual([...box], [1, 2])
      assert.equal(Box.is(box), true)
      assert.throws(() => assertIs(5), TypeError)
    },
  })

  row('K8', 'objects with null and custom prototypes', {
    build() {
      const bare = Object.create(null)
      bare.x = 1
      const proto = { greet: () => 'hi', kind: 'proto' }
      const made = Object.create(proto, { own: { value: 1, enumerable: false } })
      const chain = Object.create(made)
      const fromFunction = Object.create(function f() {})
      const fromArray = Object.create([1, 2])
      const nullArray = Object.setPrototypeOf([1], null)
      const asMap = Object.create(Map.prototype)
      return { bare, proto, made, chain, fromFunction, fromArray, nullArray, asMap }
    },
    check({ bare, proto, made, chain, fromFunction, fromArray, nullArray, asMap }, assert) {
      assert.equal(Object.getPrototypeOf(bare), null)
      assert.equal(bare.x, 1)
      assert.equal(Object.getPrototypeOf(made), proto)
      assert.equal(Object.getPrototypeOf(chain), made)
      assert.equal(chain.greet(), 'hi')
      assert.equal(chain.own, 1)
      assert.deepEqual(Object.keys(chain), [])
      assert.equal(fromFunction instanceof Function, true)
      assert.equal(fromArray.length, 2)
      assert.equal(Array.isArray(fromArray), false)
      assert.ok(Array.isArray(nullArray))
      assert.equal(Object.getPrototypeOf(nullArray), null)
      assert.throws(() => asMap.size, TypeError)
      assert.ok(asMap instanceof Map)
    },
  })

  row('K8', 'frozen, sealed and closed instances, arrays, Maps, nested and cyclic ones', {
    build() {
      class Point {
        x = 1
      }
      const frozen = Object.freeze(new Point())
      const sealed = Object.seal(new Point())
      const closed = Object.preventExtensions(Object.assign(new Point(), { y: 2 }))
      const list = Object.freeze([1, Object.freeze({ a: 1 })])
      const cyclic: any = { list: [] }
      cyclic.self = cyclic
      Object.freeze(cyclic.list)
      Object.freeze(cyclic)
      const map = Object.freeze(new Map([['k', 1]]))
      const proto = Object.freeze({ p: 1 })
      return { frozen, sealed, closed, list, cyclic, map, child: Object.create(proto) }
    },
    check({ frozen, sealed, closed, list, cyclic, map, child }, assert) {
      assert.equal(Object.isFrozen(frozen), true)
      assert.deepEqual([Object.isSealed(sealed), Object.isFrozen(sealed)], [true, false])
      sealed.x = 5
      assert.equal(sealed.x, 5)
      assert.deepEqual([Object.isExtensible(closed), Object.isSealed(closed)], [false, false])
      assert.ok(Object.isFrozen(list) && Object.isFrozen(list[1]))
      assert.equal(cyclic.self, cyclic)
      assert.ok(Object.isFrozen(cyclic) && Object.isFrozen(cyclic.list))
      map.set('k', 2)
      assert.equal(map.get('k'), 2)
      assert.equal(Object.isFrozen(map), true)
      assert.equal(Object.isFrozen(Object.getPrototypeOf(child)), true)
      assert.equal(Object.isExtensible(child), true)
    },
  })

  row('K8', 'frozen objects whose prototypes are made of them', {
    build() {
      const objects = [{ a: 1 }, [1], new Map([[1, 2]]), Object('text')]
      const pairs = objects.map((object: any) => {
        const parent: any = function (this: any) {
          return this
        }.bind(object)
        Object.setPrototypeOf(object, parent)
        return { parent, object: Object.freeze(object) }
      })
      return pairs
    },
    check(pairs, assert) {
      for (const { parent, object } of pairs) {
        assert.ok(Object.isFrozen(object))
        assert.equal(Object.getPrototypeOf(object), parent)
        assert.equal(parent(), object)
      }
    },
  })

  row('K8', 'instances whose class was changed, and classes whose prototype is someone else', {
    build() {
      class Cat {
        speak() {
          return 'meow'
        }
      }
      class Dog {
        speak() {
          return 'woof'
        }
      }
      const changed = Object.setPrototypeOf(new Cat(), Dog.prototype)
      Object.setPrototypeOf(Dog, { inherited: 'static' })
      Object.setPrototypeOf(Cat.prototype, { base: 'of cat' })
      const orphan = new Cat()
      return { changed, orphan, Dog: Dog as any, Cat }
    },
    check({ changed, orphan, Dog, Cat }, assert) {
      assert.equal(changed.speak(), 'woof')
      assert.ok(changed instanceof Dog && !(changed instanceof Cat))
      assert.equal(Dog.inherited, 'static')
      assert.equal((orphan as any).base, 'of cat')
    },
  })

  row('K3', 'classes given a [[Prototype]] that none can extend; classes that extend a bound function', {
    build() {
      class Base {
        kept = 1
      }
      const parents: any[] = [{ from: 'object' }, Object.assign(() => 1, { from: 'arrow' }), new Map(), null]
      const changed = parents.map((parent) => {
        class C extends Base {
          #own = 2
          own() {
            return this.#own
          }
        }
        const instance = new C()
        Object.setPrototypeOf(C, parent)
        return { C: C as any, instance }
      })
      const bound: any = Base.bind(null)
      bound.prototype = { hello: () => 'from bound' }
      class Derived extends bound {
        who() {
          return super.hello()
        }
      }
      return { changed, parents, Base, bound, Derived: Derived as any }
    },
    check({ changed, parents, Base, bound, Derived }, assert) {
      assert.deepEqual(
        changed.map(({ C }) => Object.getPrototypeOf(C)),
        parents,
      )
      changed.forEach(({ C, instance }, i) => {
        assert.equal(Object.getPrototypeOf(C), parents[i])
        assert.ok(instance instanceof Base)
        assert.deepEqual([instance.own(), instance.kept], [2, 1])
      })
      assert.equal(Object.getPrototypeOf(Derived), bound)
      assert.equal(Derived.prototype.who(), 'from bound')
      assert.equal(new Derived().kept, 1)
    },
  })

  row('K3', 'a function made by a class that extends Function: its private fields are refused by name', {
    build() {
      class Command extends Function {
        #uses = 1
        get uses() {
          return this.#uses
        }
      }
      return new Command('return 1')
    },
    refused: { message: /private field #uses/ },
  })
}
