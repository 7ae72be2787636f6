// biome-ignore-all lint/correctness: the rows are about such code
// V3: objects with a value inside (dates, regular expressions, boxes), and `arguments`.
import type { Table } from '../../support/rows.ts'

export function innerValues({ row }: Table): void {
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
}
