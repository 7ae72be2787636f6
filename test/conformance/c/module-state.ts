// C15: the state of modules (what they export and assign later), through imports under any name and namespaces.
// C21: the same in the shapes that bundlers and compilers make of modules.
import { js, type Table } from '../../support/rows.ts'

/** The text of a row for both modes that know `import`. */
const modules = (text: string) => ({ esm: text, tsx: text })

export function moduleState({ row }: Table): void {
  row('C15', 'an import under another name follows what its module assigns', {
    source: modules(js`
      import { mode as m, warm } from './h.mjs'
      class Reader { #n = 1; read() { return [m, this.#n] } static read = () => m }
      const build = () => ({ read: () => m, short: () => ({ m, mode: 'a property' }), Reader, warm })`),
    files: { 'h.mjs': `export let mode = 'cold'; export const warm = () => { mode = 'warm' }` },
    check({ read, short, Reader, warm }: any, assert) {
      assert.deepEqual([read(), short()], ['cold', { m: 'cold', mode: 'a property' }])
      warm()
      assert.deepEqual([read(), short()], ['warm', { m: 'warm', mode: 'a property' }])
      assert.deepEqual([new Reader().read(), Reader.read()], [['warm', 1], 'warm'])
    },
    once: 'a class that is known keeps the module state that it has',
  })

  row('C15', 'a declaration exported as default and assigned later', {
    source: modules(js`
      import call, { swap } from './h.mjs'
      import { again } from './again.mjs'
      const build = () => ({ call: () => call(), again, swap })`),
    files: {
      'h.mjs': `export default function f() { return 'first' }; export const swap = () => { f = () => 'second' }`,
      'again.mjs': `import { default as other } from './h.mjs'; export const again = () => other()`,
    },
    check({ call, again, swap }: any, assert) {
      assert.deepEqual([call(), again()], ['first', 'first'])
      swap()
      assert.deepEqual([call(), again()], ['second', 'second'])
    },
  })

  row('C15', 'variables of one name in several modules stay apart where imports bring them together', {
    source: modules(js`
      import { count, inc } from './a.mjs'
      import { set, mode as other } from './b.mjs'
      let mode = 'c'
      const build = () => ({ step: () => { mode += '!'; return [mode, count, other] }, inc, set })`),
    files: {
      'a.mjs': `
        import { mode } from './b.mjs'
        export let count = 0
        export const inc = () => { count++; return mode }`,
      'b.mjs': `export let mode = 'b'; export const set = (x) => { mode = x }`,
    },
    check({ step, inc, set }: any, assert) {
      assert.deepEqual(step(), ['c!', 0, 'b'])
      assert.equal(inc(), 'b')
      set('B')
      assert.equal(inc(), 'B')
      assert.deepEqual(step(), ['c!!', 2, 'B'])
    },
  })

  row('C15', 'a namespace taken whole follows what its module assigns', {
    source: modules(js`
      import * as helper from './h.mjs'
      const build = () => ({ take: () => { const whole = helper; return whole }, helper })`),
    files: {
      'h.mjs': `
        export let handler = () => 'one'
        export let count = 0
        export function setHandler(next) { handler = next; count++ }
        export const call = () => handler()
        export default () => count`,
    },
    check({ take, helper }: any, assert) {
      const whole = take()
      assert.equal(whole, helper)
      assert.deepEqual([whole.handler(), whole.call(), whole.count, whole.default()], ['one', 'one', 0, 0])
      whole.setHandler(() => 'two')
      assert.deepEqual([whole.handler(), whole.call(), whole.count, whole.default()], ['two', 'two', 1, 1])
      assert.deepEqual(Object.keys(whole), ['call', 'count', 'default', 'handler', 'setHandler'])
      assert.throws(() => {
        whole.count = 5
      }, TypeError)
    },
  })

  row('C15', 'a namespace whose exports are not initialized yet: reading them throws', {
    source: modules(js`
      import './h.mjs'
      const build = () => globalThis.pending`),
    files: {
      'h.mjs': `import('./late.mjs').catch(() => {}); await new Promise((done) => setTimeout(done, 50))`,
      'late.mjs': `
        import * as self from './late.mjs'
        globalThis.pending = { narrow: () => self.later, whole: (name) => { const all = self; return all[name] } }
        export const there = () => 'there'
        await new Promise(() => {})
        export const later = 1
        export default class {}`,
    },
    check({ narrow, whole }: any, assert) {
      assert.throws(narrow, ReferenceError)
      assert.throws(() => whole('later'), ReferenceError)
      assert.throws(() => whole('default'), ReferenceError)
    },
  })

  row('C15', 're-exports of all, as a namespace, and under other names, follow what the module assigns', {
    source: modules(js`
      import { n as viaAll, inner, renamed, bump } from './index.mjs'
      const build = () => ({ read: () => [viaAll, inner.n, renamed], bump })`),
    files: {
      'index.mjs': `export * from './n.mjs'; export * as inner from './n.mjs'; export { n as renamed } from './n.mjs'`,
      'n.mjs': `export let n = 0; export const bump = () => ++n`,
    },
    check({ read, bump }: any, assert) {
      assert.deepEqual(read(), [0, 0, 0])
      bump()
      assert.deepEqual(read(), [1, 1, 1])
    },
  })

  row(
    'C15',
    'an import that its function assigns: that throws, and what it reads is what its module assigns',
    {
      source: {
        esm: js`
      import { n, n as other, bump } from './n.mjs'
      const attempt = (f) => { try { f(); return 'assigned' } catch (error) { return error.name } }
      const build = () => ({
        plain: () => { try { n++ } catch {} return n },
        alias: () => { try { other = 'own'; } catch {} return other },
        Class: class { #k = 1; write() { try { n += this.#k } catch {} return n } },
        attempts: () => [
          attempt(() => { [n] = [7] }),
          attempt(() => { ({ n } = { n: 7 }) }),
          attempt(() => { ({ n = 7, ...other } = {}) }),
          attempt(() => { for (n of [7]); }),
          attempt(() => { n ??= 7 }),
          attempt(() => { { let n = 1; n = 2 } }),
        ],
        read: () => [n, other],
        bump,
      })`,
      },
      files: { 'n.mjs': `export let n = 0; export const bump = () => ++n` },
      check({ plain, alias, Class, attempts, read, bump }: any, assert) {
        const instance = new Class()
        const seen = () => [plain(), alias(), instance.write(), ...read()]
        const failed = 'TypeError'
        assert.deepEqual(seen(), [0, 0, 0, 0, 0])
        bump()
        assert.equal(bump(), 2)
        assert.deepEqual(attempts(), [failed, failed, failed, failed, 'assigned', 'assigned'])
        assert.deepEqual(seen(), [2, 2, 2, 2, 2])
      },
      once: 'a class that is known keeps the module state that it has',
    },
  )

  row('C15', 'classes with nothing but fields follow an import', {
    source: modules(js`
      import { Same } from './same.mjs'
      import { Alias } from './alias.mjs'
      import { bump } from './n.mjs'
      const build = () => ({ read: () => [new Same().x, new Alias().x], bump })`),
    files: {
      'same.mjs': `import { n } from './n.mjs'; export class Same { x = n }`,
      'alias.mjs': `import { n as other } from './n.mjs'; export class Alias { x = other }`,
      'n.mjs': `export let n = 0; export const bump = () => ++n`,
    },
    check({ read, bump }: any, assert) {
      assert.deepEqual(read(), [0, 0])
      bump()
      assert.deepEqual(read(), [1, 1])
    },
    once: 'a class that is known keeps the module state that it has',
  })

  row('C15', 'an import of what a class alone assigns, in a field, is refused', {
    source: modules(js`
      import { n, Counter } from './n.mjs'
      const build = () => ({ deep: { read: () => n }, Counter })`),
    files: { 'n.mjs': `export let n = 0; export class Counter { id = ++n }` },
    refused: { message: /imports `n`.*Counter assigns/, path: /deep.*read/ },
  })

  row('C15', 'modules in a cycle that assign their own exports, with top-level await', {
    source: modules(js`
      import { a, setA, seeB } from './a.mjs'
      import { b, setB, seeA } from './b.mjs'
      const build = () => ({ all: () => [a, b, seeA(), seeB()], setA, setB })`),
    files: {
      'a.mjs': `
        import { b } from './b.mjs'
        export let a = await Promise.resolve('a')
        export function setA(x) { a = x }
        export const seeB = () => b`,
      'b.mjs': `
        import { a as y } from './a.mjs'
        export let b = 'b'
        export function setB(x) { b = x }
        export const seeA = () => y`,
    },
    check({ all, setA, setB }: any, assert) {
      assert.deepEqual(all(), ['a', 'b', 'a', 'b'])
      setA('A')
      setB('B')
      assert.deepEqual(all(), ['A', 'B', 'A', 'B'])
    },
  })

  row('C15', 'a direct eval reads an import as its module assigns it', {
    takesSnapshot: true,
    // TypeScript drops imports that nothing but a string names.
    source: {
      esm: js`
      import { n, inc } from './n.mjs'
      import { alias } from './alias.mjs'
      const build = () => ({ read: (text) => eval(text), alias, inc })`,
    },
    files: {
      'n.mjs': `export let n = 0; export const inc = () => ++n`,
      'alias.mjs': `import { n as other } from './n.mjs'; export const alias = () => other`,
    },
    check({ read, alias, inc }: any, assert) {
      assert.equal(read('n + 1'), 1)
      inc()
      assert.equal(read('n + 1'), 2)
      assert.equal(alias(), 1)
    },
  })

  row('C15', 'a direct eval that assigns an import throws, though its module assigns it', {
    takesSnapshot: true,
    source: {
      esm: js`
      import { n, inc } from './n.mjs'
      class Reader { #x = 1; static read(text) { return eval(text) } }
      const build = () => ({ run: (text) => eval(text), read: Reader.read, inc, mine: { at: (text, n) => eval(text) } })`,
    },
    files: { 'n.mjs': `export let n = 0; export const inc = () => ++n` },
    check({ run, read, inc, mine }: any, assert) {
      const message = { name: 'TypeError', message: 'Assignment to constant variable.' }
      const before = run('n')
      for (const eval_ of [run, read]) {
        assert.throws(() => eval_('n = 5'), message)
        assert.throws(() => eval_('n++'), message)
        assert.throws(() => eval_('(() => { [n] = [6] })()'), message)
        assert.equal(eval_('typeof n'), 'number')
        assert.equal(eval_('{ let n = 4; n = 7; n }'), 7)
      }
      assert.equal(mine.at('n = 3', 1), 3)
      inc()
      assert.deepEqual([run('n'), read('n')], [before + 1, before + 1])
    },
    bytesVary: 'what it counts in the sender changes',
  })

  row('C15', 'a direct eval that names an import under another name than its variable has is refused', {
    takesSnapshot: true,
    // TypeScript drops imports that nothing but a string names.
    source: {
      esm: js`
      import { n as other, inc } from './n.mjs'
      const build = () => ({ read: () => eval('other'), inc })`,
    },
    files: { 'n.mjs': `export let n = 0; export const inc = () => ++n` },
    refused: { message: /eval.*`other`.*`n`/ },
  })

  row('C15', "the namespace of a built-in module is that module's, also where nothing waits", {
    source: modules(js`
      import * as fs from 'node:fs'
      import * as paths from 'path'
      const build = () => ({ fs, take: () => { const all = paths; return all } })`),
    async check({ fs, take }: any, assert, context) {
      assert.equal(fs, await context.import('node:fs'))
      assert.equal(take(), await context.import('node:path'))
    },
  })

  row('C21', 'modules minified file by file: each with its own short names', {
    source: modules(js`
      import{a as e,b as t,c as n}from'./h.mjs'
      let o=0;const r=()=>(o+=e,o),build=()=>({add:r,up:t,name:()=>n()+e})`),
    files: { 'h.mjs': `let e=1;function t(){e*=10}let n=()=>'n'+e;export{e as a,t as b,n as c};` },
    check({ add, up, name }: any, assert) {
      assert.deepEqual([add(), name()], [1, 'n11'])
      up()
      assert.deepEqual([add(), name()], [11, 'n1010'])
    },
  })

  row('C21', 'webpack: modules as functions in a table, getters on exports', {
    source: {
      cjs: js`
        var build
        (() => {
          'use strict'
          var __webpack_modules__ = {
            1: (module, __webpack_exports__, __webpack_require__) => {
              __webpack_require__.r(__webpack_exports__)
              __webpack_require__.d(__webpack_exports__, { count: () => count, default: () => __WEBPACK_DEFAULT_EXPORT__, up: () => up })
              let count = 0
              function up() { count++ }
              const __WEBPACK_DEFAULT_EXPORT__ = () => 'default ' + count
            },
            2: (module, exports) => { exports.legacy = (x) => x + exports.step; exports.step = 2 },
          }
          var __webpack_module_cache__ = {}
          function __webpack_require__(id) {
            var cached = __webpack_module_cache__[id]
            if (cached !== undefined) return cached.exports
            var module = (__webpack_module_cache__[id] = { exports: {} })
            __webpack_modules__[id](module, module.exports, __webpack_require__)
            return module.exports
          }
          __webpack_require__.o = (obj, prop) => Object.prototype.hasOwnProperty.call(obj, prop)
          __webpack_require__.d = (exports, definition) => {
            for (var key in definition)
              if (__webpack_require__.o(definition, key) && !__webpack_require__.o(exports, key))
                Object.defineProperty(exports, key, { enumerable: true, get: definition[key] })
          }
          __webpack_require__.r = (exports) => {
            Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' })
            Object.defineProperty(exports, '__esModule', { value: true })
          }
          var _h__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1)
          var _l__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2)
          build = () => ({
            read: () => [_h__WEBPACK_IMPORTED_MODULE_0__.count, (0, _h__WEBPACK_IMPORTED_MODULE_0__["default"])(), (0, _l__WEBPACK_IMPORTED_MODULE_1__.legacy)(1)],
            up: () => (0, _h__WEBPACK_IMPORTED_MODULE_0__.up)(),
            whole: () => { const all = _h__WEBPACK_IMPORTED_MODULE_0__; return all.count },
          })
        })()`,
    },
    check({ read, up, whole }: any, assert) {
      assert.deepEqual([read(), whole()], [[0, 'default 0', 3], 0])
      up()
      assert.deepEqual([read(), whole()], [[1, 'default 1', 3], 1])
    },
  })

  row('C21', 'rollup: one scope, namespaces as frozen objects with getters', {
    source: {
      cjs: js`
        'use strict'
        var build = (function (exports) {
          let count = 0
          const up = () => { count++ }
          var helper = /*#__PURE__*/Object.freeze({ __proto__: null, get count () { return count; }, up: up })
          var count$1 = 'another'
          const value = () => ({ read: () => [count, helper.count, count$1, helper['count']], up, helper })
          exports.value = value
          Object.defineProperty(exports, '__esModule', { value: true })
          return exports
        })({}).value`,
    },
    check({ read, up, helper }: any, assert) {
      assert.deepEqual(read(), [0, 0, 'another', 0])
      up()
      assert.deepEqual(read(), [1, 1, 'another', 1])
      assert.ok(Object.isFrozen(helper) && Object.getPrototypeOf(helper) === null)
    },
  })

  row('C21', 'swc: exports as getters of an object, helpers for interop', {
    source: {
      cjs: js`
        'use strict'
        const _h = require('./h.cjs')
        const _all = /*#__PURE__*/ _interop_require_wildcard(require('./h.cjs'))
        function _getRequireWildcardCache(nodeInterop) {
          if (typeof WeakMap !== 'function') return null
          var cacheBabelInterop = new WeakMap()
          return (_getRequireWildcardCache = function () { return cacheBabelInterop })(nodeInterop)
        }
        function _interop_require_wildcard(obj) { return _getRequireWildcardCache(), obj && obj.__esModule ? obj : { default: obj } }
        const build = () => ({
          read: () => [_h.count, _all.count, (0, _h.default)()],
          up: () => (0, _h.up)(),
          whole: () => _all,
        })`,
    },
    files: {
      'h.cjs': `
        'use strict'
        Object.defineProperty(exports, '__esModule', { value: true })
        function _export(target, all) {
          for (var name in all) Object.defineProperty(target, name, { enumerable: true, get: Object.getOwnPropertyDescriptor(all, name).get })
        }
        _export(exports, { get count() { return count }, get default() { return _default }, get up() { return up } })
        let count = 0
        function up() { count++ }
        const _default = () => 'default ' + count`,
    },
    check({ read, up, whole }: any, assert) {
      assert.deepEqual(read(), [0, 0, 'default 0'])
      up()
      assert.deepEqual(read(), [1, 1, 'default 1'])
      assert.equal(whole().count, 1)
    },
  })

  row('C21', 'Babel: every assignment is repeated on exports', {
    source: {
      cjs: js`
        'use strict'
        var _h = _interopRequireWildcard(require('./h.cjs'), true)
        var _plain = _interopRequireDefault(require('./plain.cjs'))
        function _interopRequireDefault(e) { return e && e.__esModule ? e : { default: e } }
        function _interopRequireWildcard(e, t) {
          if (!t && e && e.__esModule) return e
          var f = { __proto__: null, default: e }
          for (const t in e) 'default' !== t && {}.hasOwnProperty.call(e, t) && Object.defineProperty(f, t, { enumerable: true, get: () => e[t] })
          return f
        }
        const build = () => ({
          read: () => [_h.count, _h.seen(), (0, _plain.default)(1)],
          up: () => (0, _h.up)(),
        })`,
    },
    files: {
      'h.cjs': `
        'use strict'
        Object.defineProperty(exports, '__esModule', { value: true })
        exports.up = exports.seen = exports.count = void 0
        let count = exports.count = 0
        const up = () => { exports.count = count = count + 1 }
        exports.up = up
        const seen = () => [count, exports.count, module.exports.count]
        exports.seen = seen`,
      'plain.cjs': `module.exports = (x) => x + module.exports.step; module.exports.step = 1`,
    },
    check({ read, up }: any, assert) {
      assert.deepEqual(read(), [0, [0, 0, 0], 2])
      up()
      assert.deepEqual(read(), [1, [1, 1, 1], 2])
    },
  })

  row('C21', 'a vm context that makes no code from strings', {
    build: () => {
      const vm = process.getBuiltinModule('node:vm')
      const context = vm.createContext({}, { codeGeneration: { strings: false } })
      return vm.runInContext(
        `(() => {
          let n = 0
          class Step { #by = 2; go() { return (n += this.#by) } }
          return { step: new Step(), up: () => ++n, read: () => n }
        })()`,
        context,
      )
    },
    check({ step, up, read }: any, assert) {
      assert.equal(step.go(), 2)
      assert.equal(up(), 3)
      assert.equal(read(), 3)
    },
  })

  row('C21', 'what is native to a vm context that makes no code from strings is refused by that name', {
    build: () => {
      const vm = process.getBuiltinModule('node:vm')
      return vm.runInContext('new Map()', vm.createContext({}, { codeGeneration: { strings: false } }))
    },
    refused: { message: /context without code generation from strings/ },
    modes: ['esm', 'cjs'],
  })
}
