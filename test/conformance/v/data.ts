// biome-ignore-all lint/correctness: the rows are about such code
// V1 to V6: data as captured variables.
import type { Table } from '../../support/rows.ts'

export function data({ row }: Table): void {
  row('V1', 'every primitive', {
    build() {
      const values = [
        ...[undefined, null, true, false, 0, -0, 1, -1, 1.5, Number.NaN, Infinity, -Infinity],
        ...[
          Number.MAX_SAFE_INTEGER,
          Number.MIN_SAFE_INTEGER,
          Number.MAX_VALUE,
          Number.MIN_VALUE,
          Number.EPSILON,
        ],
        ...[2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 0.1 + 0.2, 127, 128, 255, 256, 65535, 65536, -129],
        ...[
          '',
          'a',
          'ä',
          '日本',
          '😀',
          '\0',
          '\ud800',
          'a\udc00b',
          '\n\r\t\u2028\u2029\\"\'`${}',
          'x'.repeat(300),
        ],
        ...['long '.repeat(100_000), 'ü'.repeat(70_000), '__proto__', 'constructor'],
        ...[0n, 1n, -1n, 2n ** 64n, -(2n ** 64n), 10n ** 300n, -(3n ** 1000n), 255n, 256n],
      ]
      return { get: () => values, text: values.map((v) => `${typeof v} ${String(v)} ${Object.is(v, -0)}`) }
    },
    check({ get, text }, assert) {
      assert.deepEqual(
        get().map((v) => `${typeof v} ${String(v)} ${Object.is(v, -0)}`),
        text,
      )
      assert.ok(Object.is(get()[5], -0))
      assert.ok(Object.is(get()[9], Number.NaN))
    },
  })

  row('V1', 'symbols: registered, well-known, unique, without a description', {
    build() {
      const unique = Symbol('unique')
      const twin = Symbol('unique')
      const bare = Symbol()
      const empty = Symbol('')
      const registered = Symbol.for('cornichon.test')
      const object: any = { [unique]: 1, [twin]: 2, [bare]: 3, [registered]: 4, [Symbol.iterator]: 5 }
      return {
        unique,
        twin,
        bare,
        empty,
        registered,
        object,
        read: () => [unique, object[unique]],
        same: [unique],
      }
    },
    check({ unique, twin, bare, empty, registered, object, read, same }, assert) {
      assert.equal(registered, Symbol.for('cornichon.test'))
      assert.notEqual(unique, twin)
      assert.equal(unique.description, 'unique')
      assert.equal(bare.description, undefined)
      assert.equal(empty.description, '')
      assert.deepEqual([object[unique], object[twin], object[bare], object[registered]], [1, 2, 3, 4])
      assert.equal(object[Symbol.iterator], 5)
      assert.deepEqual(read(), [unique, 1])
      assert.equal(same[0], unique)
      assert.equal(Symbol.keyFor(unique), undefined)
    },
  })

  row('V1', 'every well-known symbol is itself', {
    build() {
      const names = Object.getOwnPropertyNames(Symbol).filter(
        (name) => typeof (Symbol as any)[name] === 'symbol',
      )
      return { names, symbols: names.map((name) => (Symbol as any)[name]) }
    },
    check({ names, symbols }, assert) {
      assert.ok(names.length >= 13)
      names.forEach((name, i) => assert.equal(symbols[i], (Symbol as any)[name]))
    },
  })

  row('V2', 'property order, integer keys, symbols, accessors, descriptors', {
    build() {
      const symbol = Symbol('s')
      let hidden = 1
      const object: any = {
        z: 1,
        a: 2,
        10: 'ten',
        2: 'two',
        [symbol]: 's',
        '': 'empty',
        '-1': 'minus',
        '01': 'not an index',
      }
      Object.defineProperty(object, 'accessor', {
        get: () => hidden,
        set: (v) => (hidden = v),
        enumerable: true,
      })
      Object.defineProperty(object, 'readonly', { value: 5, enumerable: true })
      Object.defineProperty(object, 'secret', { value: 6, writable: true, configurable: true })
      Object.defineProperty(object, Symbol.for('hidden'), { value: 7 })
      object.last = undefined
      return { object, keys: Reflect.ownKeys(object), symbol }
    },
    check({ object, keys, symbol }, assert) {
      assert.deepEqual(Reflect.ownKeys(object), keys)
      assert.equal(object[symbol], 's')
      object.accessor = 9
      assert.equal(object.accessor, 9)
      const flags = (key: PropertyKey) => {
        const d = Object.getOwnPropertyDescriptor(object, key)!
        return [d.writable, d.enumerable, d.configurable]
      }
      assert.deepEqual(flags('readonly'), [false, true, false])
      assert.deepEqual(flags('secret'), [true, false, true])
      assert.deepEqual(flags(Symbol.for('hidden')), [false, false, false])
      assert.deepEqual(flags('accessor'), [undefined, true, false])
      assert.equal('last' in object, true)
    },
  })

  row('V2', '__proto__, constructor, toString, hasOwnProperty as own keys', {
    build() {
      const own = JSON.parse(
        '{ "__proto__": { "polluted": true }, "constructor": 1, "hasOwnProperty": 2, "toString": 3, "valueOf": null }',
      )
      const computed = { ['__proto__']: 5 }
      const real = { __proto__: { inherited: 1 } } as any
      const then = { then: 'not a promise', toJSON: 1, length: -1 }
      return { own, computed, real, then }
    },
    check({ own, computed, real, then }, assert) {
      assert.deepEqual(Object.keys(own), [
        '__proto__',
        'constructor',
        'hasOwnProperty',
        'toString',
        'valueOf',
      ])
      assert.equal(Object.getPrototypeOf(own), Object.prototype)
      assert.equal(own.polluted, undefined)
      assert.equal(({} as any).polluted, undefined)
      assert.equal(Object.getOwnPropertyDescriptor(computed, '__proto__')!.value, 5)
      assert.equal(real.inherited, 1)
      assert.deepEqual(Object.keys(real), [])
      assert.equal(then.then, 'not a promise')
    },
  })

  row('V2', 'arrays: holes, extra properties, length, nesting, sparse and typed-like ones', {
    build() {
      const holes = [1, , 3, , ,] as any[]
      const extra: any = [1, 2]
      extra.name = 'extra'
      extra['-1'] = 'minus'
      extra[Symbol.for('k')] = 's'
      const sparse: any[] = []
      sparse[2 ** 31] = 'far'
      const lengthOnly = new Array(5)
      const fixed: any[] = [1, 2]
      Object.defineProperty(fixed, 'length', { writable: false })
      const getter: any[] = [0]
      Object.defineProperty(getter, 0, { get: () => 'got', enumerable: true, configurable: true })
      const undefs = [undefined, null]
      const doubles = [1.5, -0, Number.NaN]
      return { holes, extra, sparse, lengthOnly, fixed, getter, undefs, doubles, nested: [[[[]]]] }
    },
    check({ holes, extra, sparse, lengthOnly, fixed, getter, undefs, doubles, nested }, assert) {
      assert.equal(holes.length, 5)
      assert.deepEqual(Object.keys(holes), ['0', '2'])
      assert.deepEqual(
        [extra.name, extra['-1'], extra[Symbol.for('k')], extra.length],
        ['extra', 'minus', 's', 2],
      )
      assert.equal(sparse.length, 2 ** 31 + 1)
      assert.equal(sparse[2 ** 31], 'far')
      assert.equal(lengthOnly.length, 5)
      assert.equal(0 in lengthOnly, false)
      assert.throws(() => fixed.push(3), TypeError)
      assert.equal(getter[0], 'got')
      assert.deepEqual(undefs, [undefined, null])
      assert.ok(Object.is(doubles[1], -0))
      assert.deepEqual(nested, [[[[]]]])
    },
  })

  row('V2', 'identity and cycles throughout: one object in many places is one object', {
    build() {
      const shared = { n: 1 }
      const cycle: any = { shared, list: [shared] }
      cycle.self = cycle
      cycle.list.push(cycle.list, cycle)
      const map = new Map<any, any>([[shared, cycle]])
      map.set(map, map)
      const set = new Set<any>([shared, map])
      set.add(set)
      const read = () => [shared, cycle, map, set] as const
      return { read, shared, cycle, map, set }
    },
    check({ read, shared, cycle, map, set }, assert) {
      assert.deepEqual(
        read().map((x, i) => x === [shared, cycle, map, set][i]),
        [true, true, true, true],
      )
      assert.equal(cycle.self, cycle)
      assert.equal(cycle.list[1], cycle.list)
      assert.equal(cycle.list[2], cycle)
      assert.equal(map.get(shared), cycle)
      assert.equal(map.get(map), map)
      assert.ok(set.has(set) && set.has(shared))
    },
  })

  row('V3', 'dates, valid and not, with own properties', {
    build() {
      const date: any = new Date(1_700_000_000_123)
      date.note = 'own'
      return {
        date,
        invalid: new Date(Number.NaN),
        early: new Date(-1),
        get: () => date,
        far: new Date(8.64e15),
      }
    },
    check({ date, invalid, early, get, far }, assert) {
      assert.equal(date.getTime(), 1_700_000_000_123)
      assert.equal(date.note, 'own')
      assert.ok(Number.isNaN(invalid.getTime()))
      assert.equal(early.getTime(), -1)
      assert.equal(get(), date)
      assert.equal(far.getTime(), 8.64e15)
    },
  })

  row('V3', 'regular expressions: source, flags, lastIndex, own properties', {
    build() {
      const sticky = /b(?<name>x)?/dgimsuy
      sticky.lastIndex = 5
      const global = /a/g
      global.exec('aa')
      const odd = new RegExp('/\n[\\p{L}--[a-z]]', 'v')
      const own: any = /x/
      own.note = 1
      own.lastIndex = { not: 'a number' }
      const empty = new RegExp('')
      return { sticky, global, odd, own, empty, test: (s: string) => global.test(s) }
    },
    check({ sticky, global, odd, own, empty, test }, assert) {
      assert.equal(String(sticky), '/b(?<name>x)?/dgimsuy')
      assert.equal(sticky.lastIndex, 5)
      assert.equal(global.lastIndex, 1)
      assert.equal(test('aa'), true)
      assert.equal(test('aa'), false)
      assert.equal(odd.source, '\\/\\n[\\p{L}--[a-z]]')
      assert.equal(odd.flags, 'v')
      assert.equal(own.note, 1)
      assert.deepEqual(own.lastIndex, { not: 'a number' })
      assert.equal(empty.source, '(?:)')
    },
  })

  row('V3', 'objects that inherit from built-in objects and are none themselves', {
    build: () => ({
      url: Object.create(new URL('a:b')),
      query: Object.create(new URLSearchParams('a=1')),
      date: Object.create(Intl.DateTimeFormat.prototype, { mark: { value: 1, enumerable: true } }),
      buffer: Object.create(Buffer),
    }),
    check({ url, query, date, buffer }: any, assert) {
      assert.equal(Object.getPrototypeOf(url).href, 'a:b')
      assert.throws(() => url.href, TypeError)
      assert.equal(Object.getPrototypeOf(query).get('a'), '1')
      assert.equal(Object.getPrototypeOf(date), Intl.DateTimeFormat.prototype)
      assert.equal(date.mark, 1)
      assert.equal(Object.getPrototypeOf(buffer), Buffer)
    },
  })

  row(
    'V3',
    "objects that inherit from Node's classes and that none of their constructors made, as Express has them",
    {
      build() {
        const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http')
        const { Readable } = process.getBuiltinModule('node:stream')
        const request = Object.create(IncomingMessage.prototype)
        request.accepts = () => 'yes'
        return {
          request: Object.create(request, { app: { value: { name: 'app' }, enumerable: true } }),
          response: Object.create(ServerResponse.prototype),
          source: Object.create(Readable.prototype, { mark: { value: 1 } }),
        }
      },
      check({ request, response, source }: any, assert) {
        const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http')
        assert.equal(request.accepts(), 'yes')
        assert.equal(request.app.name, 'app')
        assert.equal(Object.hasOwn(request, 'accepts'), false)
        assert.ok(request instanceof IncomingMessage)
        assert.equal(Object.getPrototypeOf(response), ServerResponse.prototype)
        assert.equal(source.mark, 1)
      },
    },
  )

  row('V3', 'arguments objects that code has changed', {
    build() {
      const made = (change: (object: any) => unknown) => {
        const object = (function (..._: number[]) {
          return arguments
        })(1, 2)
        change(object)
        return object
      }
      return {
        array: made((object) => Object.setPrototypeOf(object, Array.prototype)),
        frozen: made(Object.freeze),
        sealed: made(Object.seal),
        negative: made((object) => (object.length = -1)),
        text: made((object) => (object.length = 'two')),
        bare: made((object) => delete object.length && delete object[Symbol.iterator] && delete object[0]),
      }
    },
    check(f: any, assert) {
      assert.deepEqual(
        f.array.map((x: number) => x * 2),
        [2, 4],
      )
      assert.deepEqual(
        [f.frozen, f.sealed, f.array].map((each) => [Object.isFrozen(each), Object.isSealed(each)]),
        [
          [true, true],
          [false, true],
          [false, false],
        ],
      )
      assert.deepEqual([f.negative.length, f.negative[1], f.text.length], [-1, 2, 'two'])
      assert.deepEqual(Object.getOwnPropertyNames(f.bare).sort(), ['1', 'callee'])
      assert.equal(Symbol.iterator in f.bare, false)
    },
  })

  row('V3', 'boxed primitives and arguments objects', {
    build() {
      const boxes: any[] = [
        Object(1),
        Object('text'),
        Object(true),
        Object(5n),
        Object(Symbol.for('boxed')),
        Object(-0),
      ]
      boxes[1].extra = 'own'
      const args = (function (..._: unknown[]) {
        return arguments
      })('a', { b: 1 })
      return { boxes, args, read: () => boxes[0] + args.length }
    },
    check({ boxes, args, read }, assert) {
      assert.deepEqual(
        boxes.map((box) => typeof box),
        Array(6).fill('object'),
      )
      assert.deepEqual(
        boxes.slice(0, 4).map((box) => box.valueOf()),
        [1, 'text', true, 5n],
      )
      assert.equal(boxes[4].valueOf(), Symbol.for('boxed'))
      assert.ok(Object.is(boxes[5].valueOf(), -0))
      assert.equal(boxes[1].extra, 'own')
      assert.equal(boxes[1].length, 4)
      assert.equal(Object.prototype.toString.call(args), '[object Arguments]')
      assert.deepEqual([...args], ['a', { b: 1 }])
      assert.equal(read(), 3)
    },
  })

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

  row('V5', 'every typed array, DataView and ArrayBuffer', {
    build() {
      const kinds: any[] = [
        ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
        ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
      ]
      const arrays = kinds.map((Kind) =>
        Kind.from(Kind.name.startsWith('Big') ? [1n, 2n ** 63n - 1n] : [1, 2.5, 255]),
      )
      const buffer = new ArrayBuffer(8)
      const view = new DataView(buffer, 2, 4)
      view.setInt16(0, 0x1234)
      return {
        arrays,
        buffer,
        view,
        empty: new Uint8Array(0),
        own: Object.assign(new Uint8Array(1), { note: 'own' }),
      }
    },
    check({ arrays, buffer, view, empty, own }, assert) {
      assert.deepEqual(
        arrays.map((a) => `${a.constructor.name} ${[...a].join()}`),
        [
          ...['Int8Array 1,2,-1', 'Uint8Array 1,2,255', 'Uint8ClampedArray 1,2,255', 'Int16Array 1,2,255'],
          ...['Uint16Array 1,2,255', 'Int32Array 1,2,255', 'Uint32Array 1,2,255', 'Float32Array 1,2.5,255'],
          ...[
            'Float64Array 1,2.5,255',
            'BigInt64Array 1,9223372036854775807',
            'BigUint64Array 1,9223372036854775807',
          ],
        ],
      )
      assert.equal(view.buffer, buffer)
      assert.deepEqual([view.byteOffset, view.byteLength, view.getInt16(0)], [2, 4, 0x1234])
      assert.equal(new Uint8Array(buffer)[2], 0x12)
      assert.equal(empty.length, 0)
      assert.equal(own.note, 'own')
    },
  })

  row('V5', 'Buffers: their slice and not their pool; Float16Array where there is one', {
    build() {
      const secret = Buffer.from('a secret that is in the pool as well')
      const buffer = Buffer.from('héllo')
      const Float16: any = (globalThis as any).Float16Array
      return {
        buffer,
        slice: Buffer.from('0123456789').subarray(2, 5),
        half: Float16 && Float16.of(1.5),
        pooled: buffer.buffer.byteLength > 100,
        secretLength: secret.length,
      }
    },
    bundle(bytes, assert) {
      assert.ok(!bytes.includes('a secret'), 'The pool is in the bundle')
      assert.ok(bytes.length < 4_000, `The bundle has ${bytes.length} bytes`)
    },
    check({ buffer, slice, half }, assert) {
      assert.ok(Buffer.isBuffer(buffer))
      assert.equal(buffer.toString(), 'héllo')
      assert.equal(slice.toString(), '234')
      assert.equal(slice.length, 3)
      if (half) assert.equal(half[0], 1.5)
    },
  })

  row('V5', 'views that share one buffer still share it; one view captured twice is one', {
    build() {
      const buffer = new ArrayBuffer(16)
      const bytes = new Uint8Array(buffer)
      const words = new Uint32Array(buffer, 4, 2)
      const tail = bytes.subarray(12)
      return { write: (i: number, x: number) => (bytes[i] = x), words: () => words, tail, bytes, buffer }
    },
    check({ write, words, tail, bytes, buffer }, assert) {
      assert.ok(bytes.buffer === buffer && words().buffer === buffer && tail.buffer === buffer)
      write(4, 7)
      write(12, 9)
      assert.equal(words()[0], 7)
      assert.equal(tail[0], 9)
      assert.equal(tail.length, 4)
    },
  })

  row('V5', 'resizable and shared buffers, and views that follow their length', {
    build() {
      const Resizable = ArrayBuffer as any
      const resizable = new Resizable(4, { maxByteLength: 16 })
      const tracking = new Uint8Array(resizable)
      const fixed = new Uint8Array(resizable, 1, 2)
      tracking[0] = 5
      const shared = new SharedArrayBuffer(4)
      new Uint8Array(shared)[1] = 6
      const growable = new (SharedArrayBuffer as any)(2, { maxByteLength: 8 })
      return { resizable, tracking, fixed, shared, growable }
    },
    check({ resizable, tracking, fixed, shared, growable }, assert) {
      assert.equal(resizable.resizable, true)
      assert.equal(resizable.maxByteLength, 16)
      assert.equal(tracking[0], 5)
      resizable.resize(8)
      assert.deepEqual([tracking.length, fixed.length], [8, 2])
      assert.ok(shared instanceof SharedArrayBuffer)
      assert.equal(new Uint8Array(shared)[1], 6)
      assert.equal(growable.growable, true)
      growable.grow(8)
      assert.equal(growable.byteLength, 8)
    },
  })

  row('V5', 'a view that ends where its resizable buffer ends follows it only if the original did', {
    build() {
      const resizable = new (ArrayBuffer as any)(8, { maxByteLength: 16 })
      const growable = new (SharedArrayBuffer as any)(8, { maxByteLength: 16 })
      return {
        resizable,
        growable,
        following: [new Uint8Array(resizable), new Uint32Array(resizable, 4), new DataView(resizable, 1)],
        fixed: [
          new Uint8Array(resizable, 0, 8),
          new Uint32Array(resizable, 4, 1),
          new DataView(resizable, 1, 7),
        ],
        shared: [new Uint8Array(growable, 2), new Uint8Array(growable, 2, 6), new DataView(growable)],
      }
    },
    check({ resizable, growable, following, fixed, shared }, assert) {
      const sizes = (views: ArrayBufferView[]) => views.map((view) => view.byteLength)
      assert.deepEqual(sizes([...following, ...fixed]), [8, 4, 7, 8, 4, 7])
      resizable.resize(12)
      growable.grow(16)
      assert.deepEqual(sizes(following), [12, 8, 11])
      assert.deepEqual(sizes(fixed), [8, 4, 7])
      assert.deepEqual(sizes(shared), [14, 6, 16])
    },
  })

  row('V5', 'a view that follows a buffer of which it leaves a few bytes over', {
    build() {
      const buffer = new (ArrayBuffer as any)(8, { maxByteLength: 16 })
      const views = [new Int16Array(buffer, 2), new Float64Array(buffer)]
      const bytes = new Uint8Array(buffer)
      buffer.resize(11)
      bytes.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      return { buffer, views, bytes }
    },
    check({ buffer, views, bytes }, assert) {
      const sizes = () => views.map((view: any) => view.length)
      assert.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
      assert.deepEqual(sizes(), [4, 1])
      buffer.resize(16)
      assert.deepEqual(sizes(), [7, 2])
    },
  })

  row('V5', 'a detached buffer, a view of one, and a view out of bounds are refused by name', {
    build() {
      const detached = new ArrayBuffer(8)
      const view = new Uint8Array(detached)
      structuredClone(detached, { transfer: [detached] })
      const shrunk = new (ArrayBuffer as any)(8, { maxByteLength: 8 })
      const outside = new Uint8Array(shrunk, 4, 4)
      shrunk.resize(2)
      return { detached, more: { view, outside, empty: [new ArrayBuffer(0), new Uint8Array(0)] } }
    },
    refused: { message: /detached.*not transferred/, path: /\.detached$/ },
    check(value: any, assert, { cornichon, stage }) {
      if (stage !== 'original') return
      const { problems } = cornichon.checkSerializable(value.more)
      assert.deepEqual(
        problems.map(({ path, reason }: any) => `${path}: ${reason}`),
        [
          'value -> .view -> [[ViewedArrayBuffer]]: the ArrayBuffer is detached',
          'value -> .outside: it is a view of bytes that its buffer no longer has',
        ],
      )
    },
  })

  row('V5', 'Buffers out of the pool that overlap share their bytes, and no others of the pool come along', {
    build() {
      const secret = Buffer.from('a secret that is in the pool as well')
      const message = Buffer.from(
        'head, body and tail of a message that is long enough to have a place of its own',
      )
      const [head, middle, tail] = [
        message.subarray(0, 10),
        message.subarray(6, 20),
        message.subarray(15, 70),
      ]
      return {
        parts: { head, middle, tail },
        view: new DataView(message.buffer, message.byteOffset + 72, 4),
        write: (at: number, text: string) => message.write(text, at),
        apart: Buffer.from('of its own'),
        secretLength: secret.length,
      }
    },
    bundle(bytes, assert) {
      assert.ok(!bytes.includes('a secret'), 'The pool is in the bundle')
    },
    check({ parts: { head, middle, tail }, view, write, apart }, assert) {
      assert.equal(head.toString(), 'head, body')
      write(6, 'Body')
      assert.deepEqual([head.toString(), middle.toString()], ['head, Body', 'Body and tail '])
      middle.write('T', 9)
      assert.equal(tail.toString('latin1', 0, 4), 'Tail')
      assert.equal(tail.byteOffset - head.byteOffset, 15)
      write(72, '!')
      assert.equal(view.getUint8(0), 33)
      assert.equal(apart.toString(), 'of its own')
      for (const [at, text] of [
        [6, 'body'],
        [15, 'tail'],
        [72, 'c'],
      ] as const)
        write(at, text)
    },
  })

  row('V5', "Buffers over a user's buffer of the pool's size share it", {
    build() {
      const buffer = new ArrayBuffer(Buffer.poolSize)
      const [a, b] = [Buffer.from(buffer, 0, 4), Buffer.from(buffer, 2, 4)]
      return { a, b, write: () => a.writeUInt8(7, 2) }
    },
    check({ a, b, write }, assert) {
      write()
      assert.equal(b[0], 7)
      assert.equal(a.buffer, b.buffer)
    },
  })

  row('V5', 'subclasses of typed arrays and of Buffer keep their class', {
    build() {
      class Vector extends Float64Array {
        get norm() {
          return Math.hypot(...this)
        }
      }
      class Bytes extends Uint8Array {
        label = 'label'
      }
      const vector = new Vector([3, 4])
      return { vector, bytes: new Bytes([1, 2]), get: () => vector.norm }
    },
    check({ vector, bytes, get }, assert) {
      assert.equal(get(), 5)
      assert.equal(vector.constructor.name, 'Vector')
      assert.ok(ArrayBuffer.isView(vector) && vector instanceof Float64Array)
      assert.deepEqual([bytes.label, bytes.length, bytes[1]], ['label', 2, 2])
    },
  })

  row(
    'V6',
    'a stack that was captured for what is no native error: of constructors from before classes, say',
    {
      showsPaths: 'an error keeps its stack',
      build() {
        function Failure(this: any, message: string) {
          ;(Error as any).captureStackTrace(this, Failure)
          this.message = message
        }
        Failure.prototype = Object.create(Error.prototype, { constructor: { value: Failure } })
        const failure = new (Failure as any)('it failed')
        const plain: any = { a: 1 }
        ;(Error as any).captureStackTrace(plain)
        plain.b = 2
        const changed: any = {}
        ;(Error as any).captureStackTrace(changed)
        changed.stack = 'of its own'
        Object.freeze(changed)
        return { failure, plain, changed, stacks: [failure.stack, plain.stack] }
      },
      check({ failure, plain, changed, stacks }, assert) {
        assert.deepEqual([failure.stack, plain.stack], stacks)
        assert.ok(failure instanceof Error && failure.message === 'it failed')
        assert.deepEqual(
          [Object.keys(plain), Object.getOwnPropertyNames(plain)],
          [
            ['a', 'b'],
            ['a', 'stack', 'b'],
          ],
        )
        assert.equal(changed.stack, 'of its own')
        assert.ok(Object.isFrozen(changed))
        const own = {}
        ;(Error as any).captureStackTrace(own)
        const kindOf = (object: object) => typeof Object.getOwnPropertyDescriptor(object, 'stack')!.get
        assert.deepEqual([failure, plain, changed].map(kindOf), [own, own, own].map(kindOf))
        failure.stack = 'another'
        assert.equal(failure.stack, 'another')
      },
    },
  )

  row('V6', 'every Error kind: message, stack, cause, own properties', {
    build() {
      const kinds = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]
      const errors: any[] = kinds.map((Kind) => new Kind(`a ${Kind.name}`, { cause: { code: 1 } }))
      errors[0].code = 'E_OWN'
      errors[1].stack = 'a stack of its own'
      const bare = new Error()
      const cyclic: any = new Error('cyclic')
      cyclic.cause = cyclic
      const undefinedCause = new Error('u', { cause: undefined })
      return {
        errors,
        bare,
        cyclic,
        undefinedCause,
        stacks: errors.map((e) => e.stack),
        fail: () => Promise.reject(errors[0]),
      }
    },
    showsPaths: 'an error keeps its stack',
    async check({ errors, bare, cyclic, undefinedCause, stacks, fail }, assert) {
      assert.deepEqual(
        errors.map((e) => e.constructor.name),
        ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'],
      )
      errors.forEach((e, i) => {
        assert.equal(e.message, `a ${e.name}`)
        assert.equal(e.stack, stacks[i])
        assert.deepEqual(e.cause, { code: 1 })
        assert.equal(Object.prototype.toString.call(e), '[object Error]')
        assert.deepEqual(Object.getOwnPropertyDescriptor(e, 'message')!.enumerable, false)
      })
      assert.equal(errors[0].code, 'E_OWN')
      assert.equal(Object.hasOwn(bare, 'message'), false)
      assert.equal(Object.hasOwn(bare, 'cause'), false)
      assert.equal(Object.hasOwn(undefinedCause, 'cause'), true)
      assert.equal(cyclic.cause, cyclic)
      await assert.rejects(fail(), errors[0])
    },
  })

  row('V6', "stacks that are properties of the program's own: where they stand, and what they are", {
    build() {
      const late = Object.assign(new Error('late'), { a: 1 })
      delete late.stack
      late.stack = 'of its own'
      const captured = Object.assign(new Error('captured'), { a: 1 })
      delete captured.stack
      Error.captureStackTrace(captured)
      const replaced = new Error('replaced')
      Object.defineProperty(replaced, 'stack', { value: 'another', writable: true, configurable: true })
      const fixed = new Error('fixed')
      Object.defineProperty(fixed, 'stack', { value: 'for ever', writable: false, configurable: false })
      const dom = Object.assign(new DOMException('gone', 'AbortError'), { a: 1 })
      delete dom.stack
      dom.stack = 'of its own'
      const errors: any[] = [late, captured, replaced, fixed, dom]
      return { errors, stacks: errors.map((error) => error.stack) }
    },
    showsPaths: 'an error keeps its stack',
    check({ errors, stacks }, assert) {
      const [late, captured, replaced, fixed, dom] = errors
      assert.deepEqual(
        errors.map((error) => error.stack),
        stacks,
      )
      const last = ['message', 'a', 'stack']
      assert.deepEqual(Object.getOwnPropertyNames(late), last)
      assert.deepEqual(Object.getOwnPropertyNames(captured), last)
      assert.deepEqual(Object.getOwnPropertyNames(replaced), ['stack', 'message'])
      assert.deepEqual(Object.getOwnPropertyNames(dom).slice(-2), ['a', 'stack'])
      const attributes = (error: Error) => {
        const { get, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(error, 'stack')!
        return [typeof get, writable, enumerable, configurable]
      }
      assert.deepEqual(attributes(late), ['undefined', true, true, true])
      assert.deepEqual(attributes(dom), ['undefined', true, true, true])
      assert.deepEqual(attributes(replaced), ['undefined', true, false, true])
      assert.deepEqual(attributes(fixed), ['undefined', false, false, false])
    },
  })

  row('V6', 'errors of classes with private fields and others have their stack, and have it first', {
    build() {
      class Failure extends Error {
        #uses = 1
        code = 'E_FAILURE'
        uses = () => this.#uses
      }
      class Failures extends AggregateError {
        #uses = 2
        code = 'E_FAILURES'
        get uses() {
          return () => this.#uses
        }
      }
      const errors = [new Failure('one'), new Failures([1], 'several')]
      return { errors, stacks: errors.map((error) => error.stack), keys: errors.map(Reflect.ownKeys) }
    },
    showsPaths: 'an error keeps its stack',
    check({ errors, stacks, keys }, assert) {
      assert.deepEqual(
        errors.map((error) => error.stack),
        stacks,
      )
      assert.deepEqual(errors.map(Reflect.ownKeys), keys)
      assert.deepEqual(
        errors.map((error) => error.uses()),
        [1, 2],
      )
    },
  })

  row('V6', 'AggregateError, DOMException, errors that Node threw', {
    build() {
      const aggregate = new AggregateError([new TypeError('one'), 'two'], 'several')
      const dom = new DOMException('gone', 'AbortError')
      let fromNode: any
      try {
        process.getBuiltinModule('node:fs').readFileSync('/does/not/exist')
      } catch (error) {
        fromNode = error
      }
      let typed: any
      try {
        new URL('not a url')
      } catch (error) {
        typed = error
      }
      return { aggregate, dom, fromNode, typed }
    },
    showsPaths: 'an error keeps its stack',
    check({ aggregate, dom, fromNode, typed }, assert) {
      assert.ok(aggregate instanceof AggregateError)
      assert.equal(aggregate.message, 'several')
      assert.ok(aggregate.errors[0] instanceof TypeError)
      assert.equal(aggregate.errors[1], 'two')
      assert.ok(dom instanceof DOMException)
      assert.deepEqual([dom.name, dom.message, dom.code], ['AbortError', 'gone', 20])
      assert.deepEqual(
        [fromNode.code, fromNode.syscall, fromNode.path],
        ['ENOENT', 'open', '/does/not/exist'],
      )
      assert.equal(typed.code, 'ERR_INVALID_URL')
      assert.ok(typed instanceof TypeError)
    },
  })
}
