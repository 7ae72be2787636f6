// C15 and C16: imports by value and by reference.
import { js, type Table } from '../../support/rows.ts'

/** The text of a row for both modes that know `import`. */
const modules = (text: string) => ({ esm: text, tsx: text })

export function imports({ row }: Table): void {
  row('C15', 'named, renamed and default imports of a user module, by value', {
    source: modules(js`
      import fallback, { add, add as plus, LIMIT, Box, default as again } from './helper.mjs'
      const build = () => ({
        run: (x) => [add(x), plus(x), LIMIT, new Box(x).get(), fallback(x), again === fallback],
        add,
      })`),
    files: {
      'helper.mjs': `
        const step = 2
        export const LIMIT = 10
        export function add(x) { return x + step }
        export class Box { constructor(x) { this.x = x } get() { return this.x + step } }
        export default (x) => add(x) * LIMIT`,
    },
    check({ run, add }: any, assert) {
      assert.deepEqual(run(1), [3, 3, 10, 3, 30, true])
      assert.equal(add(1), 3)
    },
  })

  row('C15', 're-exports: by name, renamed, all of them, as a namespace', {
    source: modules(js`
      import { a, b, renamed, fromAll, inner, local } from './index.mjs'
      const build = () => () => [a(), b, renamed(), fromAll(), inner.deep(), local]`),
    files: {
      'index.mjs': `
        export { a } from './a.mjs'
        export { a as renamed } from './a.mjs'
        export * from './all.mjs'
        export * as inner from './inner.mjs'
        import { a } from './a.mjs'
        export { default as b } from './a.mjs'
        export const local = a() + '!'`,
      'a.mjs': `const tag = 'a'; export const a = () => tag; export default 'default of a'`,
      'all.mjs': `export const fromAll = () => 'all'`,
      'inner.mjs': `export const deep = () => 'deep'`,
    },
    check(f: any, assert) {
      assert.deepEqual(f(), ['a', 'default of a', 'a', 'all', 'deep', 'a!'])
    },
  })

  row('C15', 'of a namespace only the members used travel', {
    source: modules(js`
      import * as helper from './helper.mjs'
      const build = () => () => [helper.used(1), helper['alsoUsed'], helper?.LIMIT]`),
    files: {
      'helper.mjs': `
        import { createServer } from 'node:net'
        export const LIMIT = 3
        export const used = (x) => x + LIMIT
        export const alsoUsed = 'also'
        export const server = createServer()
        export const pending = new Promise(() => {})
        export const large = 'x'.repeat(1_000_000)
        export const usesServer = () => server.address()`,
    },
    bundle(bytes, assert) {
      assert.ok(bytes.length < 20_000, `The bundle has ${bytes.length} bytes`)
    },
    check(f: any, assert) {
      assert.deepEqual(f(), [4, 'also', 3])
    },
  })

  row('C15', 'a namespace that is used as a whole travels as a whole', {
    source: modules(js`
      import * as helper from './helper.mjs'
      const key = 'b'
      const build = () => ({
        keys: () => Object.keys(helper),
        dynamic: (name) => helper[name],
        spread: () => ({ ...helper }),
        taken: () => { const { a } = helper; return a },
        itself: helper,
      })`),
    files: { 'helper.mjs': `export const b = 2; export const a = () => b; export default 'd'` },
    check({ keys, dynamic, spread, taken, itself }: any, assert) {
      assert.deepEqual(keys(), ['a', 'b', 'default'])
      assert.equal(dynamic('b'), 2)
      assert.equal(spread().a(), 2)
      assert.equal(taken()(), 2)
      assert.equal(itself.default, 'd')
      assert.equal(Object.prototype.toString.call(itself), '[object Module]')
      assert.equal(dynamic('a'), itself.a)
    },
  })

  row('C15', 'a namespace as a value that is refused tells the member', {
    source: modules(js`
      import * as helper from './helper.mjs'
      const build = () => () => Object.values(helper)`),
    files: {
      'helper.mjs': `
        export const fine = 1
        function* steps() { yield 1 }
        export const running = steps()
        running.next()`,
    },
    refused: { message: /generator/, path: /helper.*running/ },
  })

  row('C15', 'live bindings: an import is read as it is when dumped, and shared with its writer', {
    source: modules(js`
      import { count, inc } from './counter.mjs'
      const build = () => ({ read: () => count, inc })`),
    files: { 'counter.mjs': `export let count = 0; export function inc() { return ++count }` },
    check({ read, inc }: any, assert) {
      assert.equal(read(), 0)
      inc()
      assert.equal(inc(), 2)
      assert.equal(read(), 2)
    },
  })

  row('C15', 'modules that import each other', {
    source: modules(js`
      import { even } from './even.mjs'
      const build = () => even`),
    files: {
      'even.mjs': `import { odd } from './odd.mjs'; export const even = (n) => n === 0 || odd(n - 1)`,
      'odd.mjs': `import { even } from './even.mjs'; export const odd = (n) => n !== 0 && even(n - 1)`,
    },
    check(even: any, assert) {
      assert.equal(even(10), true)
      assert.equal(even(7), false)
    },
  })

  row('C15', 'imports of built-in modules in every form', {
    source: modules(js`
      import fs, { readFileSync, promises } from 'node:fs'
      import * as path from 'node:path'
      import { join as combine, posix } from 'path'
      import { setTimeout as sleep } from 'node:timers/promises'
      import process, { argv } from 'node:process'
      import { EventEmitter } from 'events'
      const build = () => ({
        run: () => [fs.readFileSync === readFileSync, path.join('a', 'b'), combine('c', 'd'), posix.sep, argv === process.argv],
        later: async () => { await sleep(1); return typeof promises.readFile },
        klass: class extends EventEmitter {},
        readFileSync,
        path,
      })`),
    async check({ run, later, klass, readFileSync, path }: any, assert, { require }) {
      assert.deepEqual(run(), [true, 'a/b', 'c/d', '/', true])
      assert.equal(await later(), 'function')
      assert.ok(new klass() instanceof require('node:events'))
      assert.equal(readFileSync, require('node:fs').readFileSync)
      assert.equal(path.join, require('node:path').join)
    },
  })

  row('C15', 'JSON and CommonJS modules by import', {
    source: {
      esm: js`
        import data from './data.json' with { type: 'json' }
        import legacy from './legacy.cjs'
        import { named } from './legacy.cjs'
        const build = () => () => [data.list, legacy.named(), named()]`,
    },
    files: { 'data.json': '{ "list": [1, 2] }', 'legacy.cjs': 'const k = 5\nexports.named = () => k' },
    check(f: any, assert) {
      assert.deepEqual(f(), [[1, 2], 5, 5])
    },
  })

  row('C15', 'CommonJS: modules, destructured requires, exports used inside', {
    source: {
      cjs: js`
        const helper = require('./helper.cjs')
        const { add, deep: { list } } = require('./helper.cjs')
        const whole = require('./whole.cjs')
        const build = () => ({ run: (x) => [helper.add(x), add(x), list[0], whole(x)], helper, add })`,
    },
    files: {
      'helper.cjs': `
        'use strict'
        Object.defineProperty(exports, '__esModule', { value: true })
        const step = 2
        exports.add = (x) => x + step
        exports.deep = { list: [7] }
        exports.both = () => exports.add(1) + module.exports.add(1)`,
      'whole.cjs': `module.exports = (x) => 'whole ' + x`,
    },
    check({ run, helper, add }: any, assert) {
      assert.deepEqual(run(1), [3, 3, 7, 'whole 1'])
      assert.equal(helper.add, add)
      assert.equal(helper.both(), 6)
      assert.equal(Object.getOwnPropertyDescriptor(helper, '__esModule')!.value, true)
    },
  })

  row('C15', 'an import that is shadowed, and one that is only a type of use', {
    source: modules(js`
      import { value, other } from './values.mjs'
      const build = () => [
        () => value,
        (value) => value,
        () => { const other = 'shadow'; return other },
        () => typeof other,
        () => ({ value }),
        () => { { const value = 1 } return value },
        (v = value) => v,
      ]`),
    files: { 'values.mjs': `export const value = 'imported'; export const other = 'other'` },
    check(f: any[], assert) {
      assert.deepEqual(
        f.map((each) => each()),
        ['imported', undefined, 'shadow', 'string', { value: 'imported' }, 'imported', 'imported'],
      )
    },
  })

  row('C16', 'every export of an ES-only package goes by reference', {
    source: modules(js`
      import main, { helper, Klass, table, constant } from 'esm-package'
      import * as all from 'esm-package'
      import { deep } from 'esm-package/deep'
      const build = () => ({ main, helper, Klass, table, all, deep, own: () => [helper(1), deep(), constant], instance: new Klass(3) })`),
    packages: {
      'esm-package/package.json': `{ "name": "esm-package", "version": "2.3.4", "type": "module",
        "exports": { ".": { "import": "./index.js" }, "./deep": "./lib/deep.js", "./package.json": "./package.json" } }`,
      'esm-package/index.js': `
        const secret = 5
        export const helper = (x) => x + secret
        export class Klass { constructor(x) { this.x = x } get() { return this.x + secret } }
        export const table = { nested: { f: () => 'nested' } }
        export const constant = 'constant'
        export default function main() { return 'main' }`,
      'esm-package/lib/deep.js': `export const deep = () => 'deep'`,
    },
    async: true,
    async check(v: any, assert, context) {
      const real = await context.import('esm-package')
      assert.equal(v.main, real.default)
      assert.equal(v.helper, real.helper)
      assert.equal(v.Klass, real.Klass)
      assert.equal(v.table, real.table)
      assert.equal(v.all, real)
      assert.equal(v.deep(), 'deep')
      assert.deepEqual(v.own(), [6, 'deep', 'constant'])
      assert.ok(v.instance instanceof real.Klass)
      assert.equal(v.instance.get(), 8)
    },
    bundle(bytes, assert) {
      assert.ok(!bytes.includes('secret'), "The package's text is in the bundle")
    },
  })

  row('C16', 'every export of a CommonJS package goes by reference', {
    source: {
      esm: js`
        import whole, { helper } from 'cjs-package'
        import sub from 'cjs-package/lib/sub.js'
        const build = () => ({ whole, helper, sub, nested: whole.nested.f, own: () => [helper(1), sub()], instance: new whole.Klass(3), method: whole.Klass.prototype.get })`,
      tsx: js`
        import whole, { helper } from 'cjs-package'
        import sub from 'cjs-package/lib/sub.js'
        const build = () => ({ whole, helper, sub, nested: whole.nested.f, own: () => [helper(1), sub()], instance: new whole.Klass(3), method: whole.Klass.prototype.get })`,
      cjs: js`
        const whole = require('cjs-package')
        const { helper } = whole
        const sub = require('cjs-package/lib/sub.js')
        const build = () => ({ whole, helper, sub, nested: whole.nested.f, own: () => [helper(1), sub()], instance: new whole.Klass(3), method: whole.Klass.prototype.get })`,
    },
    packages: {
      'cjs-package/package.json': `{ "name": "cjs-package", "version": "1.0.0", "main": "main.js" }`,
      'cjs-package/main.js': `
        const secret = 5
        exports.helper = (x) => x + secret
        exports.Klass = class Klass { constructor(x) { this.x = x } get() { return this.x + secret } }
        exports.nested = { f: () => 'nested' }`,
      'cjs-package/lib/sub.js': `module.exports = () => 'sub'`,
    },
    check(v: any, assert, { require }) {
      const real = require('cjs-package')
      assert.equal(v.whole, real)
      assert.equal(v.helper, real.helper)
      assert.equal(v.sub, require('cjs-package/lib/sub.js'))
      assert.equal(v.nested, real.nested.f)
      assert.deepEqual(v.own(), [6, 'sub'])
      assert.ok(v.instance instanceof real.Klass)
      assert.equal(v.method, real.Klass.prototype.get)
    },
  })

  row('C16', 'an ES-only package in .mjs files goes by reference', {
    source: modules(js`
      import Klass, { helper } from 'mjs-package'
      const build = () => ({ own: (x) => new Klass(helper(x)), tell: () => [Klass, helper] })`),
    packages: {
      'mjs-package/package.json': `{ "name": "mjs-package", "version": "1.0.0", "exports": { ".": "./index.mjs", "./package.json": "./package.json" } }`,
      'mjs-package/index.mjs': `
        export const helper = (x) => x + 1
        export default class Klass { constructor(x) { this.x = x } }`,
    },
    async: true,
    async check({ own, tell }: any, assert, context) {
      const real = await context.import('mjs-package')
      assert.equal(tell()[0], real.default)
      assert.equal(tell()[1], real.helper)
      assert.equal(own(1).x, 2)
    },
  })

  row('C16', 'a package with a scope, a condition map and a pattern of sub-paths', {
    source: modules(js`
      import { one } from '@some-scope/package'
      import { two } from '@some-scope/package/features/two.js'
      const build = () => ({ one, two })`),
    packages: {
      '@some-scope/package/package.json': `{ "name": "@some-scope/package", "version": "1.0.0", "type": "module",
        "exports": { ".": { "node": { "import": "./node.js", "require": "./node.cjs" }, "default": "./browser.js" }, "./features/*": "./src/features/*" } }`,
      '@some-scope/package/node.js': `export const one = () => 'one'`,
      '@some-scope/package/node.cjs': `exports.one = () => 'other one'`,
      '@some-scope/package/browser.js': `throw new Error('not here')`,
      '@some-scope/package/src/features/two.js': `export const two = () => 'two'`,
    },
    async: true,
    check({ one, two }: any, assert) {
      assert.equal(one(), 'one')
      assert.equal(two(), 'two')
      assert.equal(one.name, 'one')
    },
  })

  row('C16', 'lodash, acorn and commander by reference: functions, methods, classes, instances of nothing', {
    source: {
      esm: js`
        import lodash from 'lodash'
        import chunk from 'lodash/chunk.js'
        import { Parser, parse } from 'acorn'
        const build = () => ({ lodash, map: lodash.map, chunk, Parser, parse, own: (list) => lodash.sum(chunk(list, 2).map((x) => x.length)) })`,
      cjs: js`
        const lodash = require('lodash')
        const chunk = require('lodash/chunk')
        const { Parser, parse } = require('acorn')
        const build = () => ({ lodash, map: lodash.map, chunk, Parser, parse, own: (list) => lodash.sum(chunk(list, 2).map((x) => x.length)) })`,
    },
    installed: ['lodash', 'acorn'],
    check({ lodash, map, chunk, Parser, parse, own }: any, assert, { require }) {
      assert.equal(lodash, require('lodash'))
      assert.equal(map, require('lodash').map)
      assert.equal(chunk, require('lodash/chunk'))
      assert.equal(own([1, 2, 3]), 3)
      assert.equal(parse('1', { ecmaVersion: 2020 }).type, 'Program')
      assert.equal(typeof Parser.extend, 'function')
    },
    bundle(bytes, assert) {
      assert.ok(bytes.length < 20_000, `The bundle has ${bytes.length} bytes`)
    },
  })

  row('C16', 'a function that a package does not export goes by value, with what it uses', {
    source: {
      esm: `import { make, held } from 'maker-package'\nconst build = () => ({ made: make(5), inner: held.list[0] })`,
      cjs: `const { make, held } = require('maker-package')\nconst build = () => ({ made: make(5), inner: held.list[0] })`,
    },
    packagesOfSender: {
      'maker-package/package.json': `{ "name": "maker-package", "version": "1.0.0" }`,
      'maker-package/index.js': `
        const internal = (x) => x * 2
        exports.make = (n) => { let count = 0; return () => internal(n) + count++ }
        exports.held = { get list() { return [(x) => internal(x)] } }`,
    },
    check({ made, inner }: any, assert) {
      assert.deepEqual([made(), made()], [10, 11])
      assert.equal(inner(2), 4)
    },
  })

  row('C16', 'an export that user code replaced goes by value', {
    source: {
      esm: js`
        import legacy from 'mutable-package'
        legacy.replaced = () => 'patched by the user'
        legacy.added = { by: () => 'user' }
        const build = () => ({ f: legacy.replaced, g: legacy.added.by, kept: legacy.kept })`,
      cjs: js`
        const legacy = require('mutable-package')
        legacy.replaced = () => 'patched by the user'
        legacy.added = { by: () => 'user' }
        const build = () => ({ f: legacy.replaced, g: legacy.added.by, kept: legacy.kept })`,
    },
    packages: {
      'mutable-package/package.json': `{ "name": "mutable-package", "version": "1.0.0" }`,
      'mutable-package/index.js': `exports.replaced = () => 'original'; exports.kept = () => 'kept'`,
    },
    check({ f, g, kept }: any, assert, { require }) {
      assert.equal(f(), 'patched by the user')
      assert.equal(g(), 'user')
      assert.equal(kept, require('mutable-package').kept)
    },
  })

  row('C16', "a package's binding that changed goes by value where it is a plain value", {
    source: modules(js`
      import { level, setLevel, config } from 'settings-package'
      const build = () => { setLevel('debug'); config.depth = 7; return { read: () => level } }`),
    packages: {
      'settings-package/package.json': `{ "name": "settings-package", "version": "1.0.0", "type": "module", "exports": "./index.js" }`,
      'settings-package/index.js': `
        export let level = 'info'
        export const config = { depth: 1 }
        export function setLevel(x) { level = x }`,
    },
    async: true,
    check({ read }: any, assert) {
      assert.equal(read(), 'debug')
    },
  })

  row('C16', 'a class that extends one of a package', {
    source: {
      esm: js`
        import base from 'base-package'
        class Mine extends base.Base { tag() { return 'mine ' + super.tag() } }
        const build = () => ({ Mine, mine: new Mine(5) })`,
      cjs: js`
        const base = require('base-package')
        class Mine extends base.Base { tag() { return 'mine ' + super.tag() } }
        const build = () => ({ Mine, mine: new Mine(5) })`,
    },
    packages: {
      'base-package/package.json': `{ "name": "base-package", "version": "1.0.0" }`,
      'base-package/index.js': `exports.Base = class Base { constructor(x) { this.x = x } tag() { return 'base ' + this.x } }`,
    },
    check({ Mine, mine }: any, assert, { require }) {
      assert.equal(mine.tag(), 'mine base 5')
      assert.ok(mine instanceof Mine)
      assert.ok(mine instanceof require('base-package').Base)
      assert.equal(new Mine(6).tag(), 'mine base 6')
    },
  })

  row('C16', 'an instance of a class by reference that has private fields is refused, with advice', {
    source: {
      esm: `import p from 'private-package'\nconst build = () => ({ held: new p.Vault(1) })`,
      cjs: `const p = require('private-package')\nconst build = () => ({ held: new p.Vault(1) })`,
    },
    packages: {
      'private-package/package.json': `{ "name": "private-package", "version": "1.0.0" }`,
      'private-package/index.js': `exports.Vault = class Vault { #x; constructor(x) { this.#x = x } get() { return this.#x } }`,
    },
    refused: { message: /private.*(reducer|by value).*byValue: \['private-package'\]/s, path: /\.held/ },
  })

  row('C16', 'so is one that has state under a symbol which its package keeps to itself', {
    source: {
      esm: `import p from 'symbol-package'\nconst build = () => ({ held: new p.Vault(1) })`,
      cjs: `const p = require('symbol-package')\nconst build = () => ({ held: new (class extends p.Vault {})(1) })`,
    },
    packages: {
      'symbol-package/package.json': `{ "name": "symbol-package", "version": "1.0.0", "exports": "./index.js" }`,
      'symbol-package/index.js': `const { kX } = require('./symbols'); exports.Vault = class Vault { constructor(x) { this[kX] = x } get() { return this[kX] } }`,
      'symbol-package/symbols.js': `exports.kX = Symbol('x')`,
    },
    refused: { message: /Symbol\(x\).*does not export.*(reducer|by value|byValue)/s, path: /\.held/ },
  })

  row('C16', 'so is one that has state in a WeakMap of its package, as compilers write private fields', {
    source: {
      esm: `import p from 'lowered-package'\nconst build = () => ({ held: new p.Vault(1) })`,
      cjs: `const p = require('lowered-package')\nconst build = () => ({ held: new (class extends p.Vault {})(1) })`,
    },
    packages: {
      'lowered-package/package.json': `{ "name": "lowered-package", "version": "1.0.0" }`,
      'lowered-package/index.js': `const _x = new WeakMap(); exports.Vault = class Vault { constructor(x) { _x.set(this, x) } get() { return _x.get(this) } }`,
    },
    refused: {
      message: /WeakMap of its package.*(reducer|by value).*byValue: \['lowered-package'\]/s,
      path: /\.held/,
    },
  })

  row('C16', 'the same class by value: its private fields travel', {
    source: {
      esm: `import p from 'private-package'\nconst build = () => ({ held: new p.Vault(1) })`,
      cjs: `const p = require('private-package')\nconst build = () => ({ held: new p.Vault(1) })`,
    },
    packagesOfSender: {
      'private-package/package.json': `{ "name": "private-package", "version": "1.0.0" }`,
      'private-package/index.js': `exports.Vault = class Vault { #x; constructor(x) { this.#x = x } get() { return this.#x } }`,
    },
    dump: () => ({ byValue: ['private-package'] }),
    check({ held }: any, assert) {
      assert.equal(held.get(), 1)
      assert.equal(held.constructor.name, 'Vault')
    },
  })

  row(
    'C16',
    'a package that is missing where the bundle is loaded: named, with its version and the ways out',
    {
      source: {
        esm: `import p from 'absent-package'\nconst build = () => ({ f: p.f, own: () => p.f() })`,
        cjs: `const p = require('absent-package')\nconst build = () => ({ f: p.f, own: () => p.f() })`,
      },
      packagesOfSender: {
        'absent-package/package.json': `{ "name": "absent-package", "version": "4.5.6" }`,
        'absent-package/index.js': `exports.f = () => 1`,
      },
      refusedByLoads: /(?=.*absent-package)(?=.*4\.5\.6)(?=.*by.?value)(?=.*runtime.?env)/s,
    },
  )

  row('C16', "the program's own folder may be called anything: files by value, node_modules by reference", {
    source: {
      esm: js`
        import { f } from './node_modules_like/helper.mjs'
        import { g } from './lib/deep/helper.mjs'
        const build = () => ({ f, g })`,
    },
    files: {
      'node_modules_like/helper.mjs': `const k = 'f'; export const f = () => k`,
      'lib/deep/helper.mjs': `const k = 'g'; export const g = () => k`,
      'lib/package.json': `{ "name": "inner-package", "version": "1.0.0" }`,
    },
    check({ f, g }: any, assert) {
      assert.equal(f() + g(), 'fg')
    },
  })
}
