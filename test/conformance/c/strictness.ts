// C8: strict and sloppy code behave as they did.
import { js, type Table } from '../../support/rows.ts'

export function strictness({ row }: Table): void {
  row('C8', 'sloppy functions: this, octals, deletes, doubled parameters, odd names', {
    takesSnapshot: true,
    source: {
      cjs: js`
        const build = () => ({
          self: function () { return this },
          boxed: function () { return typeof this },
          octal: () => 010 + '\101'.length,
          remove(x) { return delete x },
          doubled: function (a, a) { return a },
          names() { var let = 1, static = 2, yield = 3, interface = 4, package = 5, await = 6, implements = 7; return let + static + yield + interface + package + await + implements },
          silent() { const frozen = Object.freeze({ a: 1 }); frozen.a = 2; frozen.b = 3; delete frozen.a; return frozen.a },
          primitive() { (5).x = 1; 'text'.y = 2; return 'silent' },
          legacy: (s) => /\8\c\_{a}/.test(s),
          html: () => { let x = 1; x <!-- is a comment
            ; return x },
          callee: function (n) { return n ? n * arguments.callee(n - 1) : 1 },
          mapped: function (a) { arguments[0] = 'set'; return a },
          evalLeaks() { eval('var leaked = 1'); return leaked },
          caller: function () { return 'caller' in this },
          argumentsAssigned() { arguments = 5; return arguments },
          evalName(eval) { return eval },
        })`,
    },
    check(f: any, assert) {
      const { self } = f
      assert.equal(self(), globalThis)
      assert.equal(f.boxed.call(1), 'object')
      assert.equal(f.octal(), 9)
      assert.equal(f.remove(1), false)
      assert.equal(f.doubled(1, 2), 2)
      assert.equal(f.names(), 28)
      assert.equal(f.silent(), 1)
      assert.equal(f.primitive(), 'silent')
      assert.equal(f.html(), 1)
      assert.equal(f.callee(5), 120)
      assert.equal(f.mapped('given'), 'set')
      assert.equal(f.evalLeaks(), 1)
      assert.equal(f.argumentsAssigned(), 5)
      assert.equal(f.evalName(3), 3)
    },
  })

  row('C8', 'strict functions: the module is strict, or says so', {
    takesSnapshot: true,
    source: js`'use strict'
      const build = () => ({
        self: function () { return this },
        primitive: function () { return typeof this },
        undeclared() { undeclaredName = 1 },
        frozen() { Object.freeze([]).push(1) },
        readOnly() { 'text'.length = 1 },
        remove() { delete Object.prototype },
        callee: function () { return arguments.callee },
        unmapped: function (a) { arguments[0] = 'set'; return a },
        evalKeeps() { eval('var kept = 1'); return typeof kept },
      })`,
    check(f: any, assert) {
      const { self } = f
      assert.equal(self(), undefined)
      assert.equal(f.primitive.call(1), 'number')
      assert.throws(() => f.undeclared(), { name: 'ReferenceError' })
      assert.throws(() => f.frozen(), TypeError)
      assert.throws(() => f.readOnly(), TypeError)
      assert.throws(() => f.remove(), TypeError)
      assert.throws(() => f.callee(), TypeError)
      assert.equal(f.unmapped('given'), 'given')
      assert.equal(f.evalKeeps(), 'undefined')
    },
  })

  row('C8', 'strict and sloppy functions over one variable in one file', {
    source: {
      cjs: js`
        let n = 0
        function strict() { 'use strict'; n++; return this }
        function sloppy() { n++; return this }
        function nested() { 'use strict'; return function () { n++; return this } }
        const arrow = () => { 'use strict'; return (function () { return this })() }
        class Always { static self() { return (function () { return this })() } }
        function comments() { /* first */ 'other directive'; "use strict"; return this }
        function notADirective() { ('use strict'); return this }
        function escaped() { 'use\x20strict'; return this }
        const build = () => ({ strict, sloppy, nested, arrow, Always, comments, notADirective, escaped, read: () => n })`,
    },
    check({ strict, sloppy, nested, arrow, Always, comments, notADirective, escaped, read }: any, assert) {
      assert.equal(strict(), undefined)
      assert.equal(sloppy(), globalThis)
      assert.equal(nested()(), undefined)
      assert.equal(arrow(), undefined)
      assert.equal(Always.self(), undefined)
      assert.equal(comments(), undefined)
      assert.equal(notADirective(), globalThis)
      assert.equal(escaped(), globalThis)
      assert.equal(read(), 3)
    },
  })

  row('C8', 'code that Function and eval made is as strict as it was', {
    source: js`'use strict'
      const build = () => ({
        made: new Function('return this'),
        strictMade: new Function("'use strict'; return this"),
        direct: eval('(function () { return this })'),
        indirect: (0, eval)('(function () { return this })'),
      })`,
    check({ made, strictMade, direct, indirect }: any, assert) {
      assert.equal(made(), globalThis)
      assert.equal(strictMade(), undefined)
      assert.equal(direct(), undefined)
      assert.equal(indirect(), globalThis)
    },
  })

  row('C8', 'writing a captured const throws, in strict and sloppy code', {
    source: js`
      const build = () => {
        const fixed = 1
        let n = 0
        return {
          write() { fixed = 2 },
          increase: () => fixed++,
          destructure: () => { ({ fixed } = { fixed: 2 }) },
          loop: () => { for (fixed of [1]); },
          read: () => fixed,
          inc: () => ++n,
          both: () => { n = 10; fixed = n },
          get: () => n,
        }
      }`,
    check(f: any, assert) {
      const constant = { name: 'TypeError', message: /constant/ }
      assert.throws(() => f.write(), constant)
      assert.throws(f.increase, constant)
      assert.throws(f.destructure, constant)
      assert.throws(f.loop, constant)
      assert.equal(f.read(), 1)
      f.inc()
      assert.throws(f.both, constant)
      assert.equal(f.get(), 10)
    },
  })

  row('C8', "writing a class's inner name and a const of a loop throws", {
    source: js`
      const build = () => {
        const C = class Inner { static write() { Inner = 1 } static read() { return Inner } }
        const turns = []
        for (const x of [1, 2]) turns.push([() => { x = 5 }, () => x])
        return { C, turns }
      }`,
    check({ C, turns }: any, assert) {
      assert.throws(() => C.write(), TypeError)
      assert.equal(C.read(), C)
      assert.throws(turns[1][0], TypeError)
      assert.equal(turns[1][1](), 2)
    },
  })

  row('C8', 'writing an import throws', {
    source: {
      esm: js`
        import { value } from './value.mjs'
        import * as namespace from './value.mjs'
        const build = () => ({
          write: () => { value = 2 },
          read: () => value,
          add: () => { namespace.other = 1 },
          change: () => { namespace.value = 1 },
        })`,
    },
    files: { 'value.mjs': 'export const value = 1' },
    check({ write, read, add, change }: any, assert) {
      assert.throws(write, TypeError)
      assert.equal(read(), 1)
      assert.throws(add, TypeError)
      assert.throws(change, TypeError)
    },
  })

  row('C8', 'writing the name of a function expression: silent when sloppy, a TypeError when strict', {
    source: {
      cjs: js`
        const build = () => ({
          sloppy: function own() { own = 1; return own },
          strict: function own() { 'use strict'; own = 1 },
          inArrow: function own() { (() => { own = 2 })(); return own },
        })`,
      esm: js`
        const build = () => ({
          sloppy: new Function('return function own() { own = 1; return own }')(),
          strict: function own() { own = 1 },
          inArrow: new Function('return function own() { (() => { own = 2 })(); return own }')(),
        })`,
    },
    check({ sloppy, strict, inArrow }: any, assert) {
      assert.equal(sloppy(), sloppy)
      assert.throws(strict, TypeError)
      assert.equal(inArrow(), inArrow)
    },
  })

  row('C8', 'an assignment to an undeclared name in sloppy code makes a real global', {
    source: { cjs: js`const build = () => () => { cornichonMadeThis = 5; return cornichonMadeThis }` },
    check(f: any, assert) {
      try {
        assert.equal(f(), 5)
        assert.equal((globalThis as any).cornichonMadeThis, 5)
      } finally {
        delete (globalThis as any).cornichonMadeThis
      }
    },
  })

  row('C8', 'names of the language as variables of sloppy code that are captured', {
    source: {
      cjs: js`
        var let = 'let', static = 'static', yield = 'yield', async = 'async', of = 'of', get = 'get', await = 'await'
        const build = () => [() => let + static + yield, () => async + of + get + await, (v) => { async = v }, () => async]`,
    },
    check(f: any[], assert) {
      assert.equal(f[0](), 'letstaticyield')
      assert.equal(f[1](), 'asyncofgetawait')
      f[2]('set')
      assert.equal(f[3](), 'set')
    },
  })

  row('C8', 'variables that are named like what a serializer may need for itself', {
    source: js`
      const exports_ = 1
      const build = () => {
        let $ = 1, _ = 2, scope = 3, env = 4, v = 5, f = 6, set = 7, get = 8, self = 9, c0 = 10, $0 = 11, __proto__ = 12, arguments_ = 13, globalThis = 14, undefined_ = 15, Object = 16, Reflect = 17, Symbol = 18, Function = 19, values = 20, bindings = 21
        return {
          sum: () => $ + _ + scope + env + v + f + set + get + self + c0 + $0 + __proto__ + arguments_ + globalThis + undefined_ + Object + Reflect + Symbol + Function + values + bindings,
          write: () => { $++; _++; scope++; env++; v++; f++; set++; get++; self++; c0++; $0++; __proto__++; globalThis++; Object++; Reflect++; Function++; values++; bindings++ },
        }
      }`,
    check({ sum, write }: any, assert) {
      assert.equal(sum(), 231)
      write()
      assert.equal(sum(), 249)
    },
  })
}
