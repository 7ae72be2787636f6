// C12 and C13: direct eval, with; user globals, import.meta, require, file names.
import { js, type Table } from '../../support/rows.ts'

export function surroundings({ row }: Table): void {
  row('C12', 'direct eval sees the variables that it saw, whatever it is asked', {
    takesSnapshot: true,
    source: js`
      const ofModule = 'module'
      const build = () => {
        const outer = 'outer'
        let n = 1
        return ((parameter) => {
          const inner = { deep: true }
          return (code) => { const local = 'local'; return eval(code) }
        })('parameter')
      }`,
    check(run: any, assert) {
      assert.equal(run('ofModule'), 'module')
      assert.equal(run('outer + parameter'), 'outerparameter')
      assert.equal(run('local'), 'local')
      assert.equal(run('inner.deep'), true)
      assert.equal(run('n = 5, n'), 5)
      assert.equal(run('n'), 5)
      assert.equal(run('typeof nowhere'), 'undefined')
      assert.equal(run('(() => outer)()'), 'outer')
    },
  })

  row('C12', 'direct eval writes what other closures read', {
    takesSnapshot: true,
    source: js`
      const build = () => {
        let n = 0
        return { run: (code) => eval(code), inc: () => ++n, get: () => n, deep: () => () => eval('n *= 2') }
      }`,
    check({ run, inc, get, deep }: any, assert) {
      inc()
      run('n += 10')
      assert.equal(get(), 11)
      deep()()
      assert.equal(get(), 22)
      assert.equal(run('n'), 22)
    },
  })

  row('C12', 'direct eval of a call, met behind other functions, classes and literals of that call', {
    takesSnapshot: true,
    source: js`
      const build = () => {
        function make() {
          let n = 0
          const ev = (code) => eval(code)
          return {
            K: class { get n() { return n } },
            literal: { m() { return super.constructor.name + n } },
            inc: () => ++n,
            nested: (() => { let own = 5; return () => ++own + n })(),
            first: () => arguments[0],
            ev,
          }
        }
        return make.call({ t: 5 }, 42)
      }`,
    check({ K, literal, inc, nested, first, ev }: any, assert) {
      inc()
      assert.deepEqual([ev('n'), ev('this.t'), ev('arguments[0]'), first()], [1, 5, 42, 42])
      assert.deepEqual([new K().n, literal.m(), nested()], [1, 'Object1', 7])
      ev('n = 9')
      assert.deepEqual([new K().n, literal.m(), nested()], [9, 'Object9', 16])
    },
  })

  row('C12', 'direct eval sees nothing of the loader', {
    takesSnapshot: true,
    source: js`
      const build = () => (name) => eval('typeof ' + name)`,
    modes: ['esm'],
    check(typeOf: any, assert) {
      const suspects = [
        ...['dumps', 'loads', 'require', 'module', 'exports', '__filename', '__dirname', 'cornichon'],
        ...[
          'environment',
          'env',
          'scope',
          'scopes',
          'values',
          'bindings',
          'captured',
          'unit',
          'factory',
          'link',
          'make',
        ],
        ...[
          'runtime',
          'context',
          'helpers',
          'get',
          'set',
          'init',
          'reader',
          'pickle',
          'instantiate',
          'codegen',
          'record',
        ],
        ...[
          '$',
          '_',
          'a',
          'b',
          'c',
          'd',
          'e',
          'f',
          'g',
          'i',
          'k',
          'm',
          'n',
          'p',
          'r',
          's',
          't',
          'u',
          'v',
          'w',
          'x',
          'y',
        ],
        ...[
          '$0',
          '_0',
          '$1',
          '_1',
          '$$',
          '__',
          'self',
          'state',
          'target',
          'cells',
          'cell',
          'box',
          'refs',
          'result',
        ],
      ]
      assert.deepEqual(
        suspects.filter((name) => typeOf(name) !== 'undefined'),
        [],
      )
    },
  })

  row('C12', 'variables that eval makes: for the function, not beyond', {
    takesSnapshot: true,
    source: {
      cjs: js`
        const build = () => {
          function makes(code) { eval(code); return typeof made === 'undefined' ? 'none' : made }
          function closes() { eval('var z = 5'); return [() => z, () => { z++ }] }
          const [read, write] = closes()
          return { makes, read, write, typeOf: () => typeof made }
        }`,
    },
    check({ makes, read, write, typeOf }: any, assert) {
      assert.equal(makes('var made = 1'), 1)
      assert.equal(makes('1'), 'none')
      assert.equal(typeOf(), 'undefined')
      write()
      assert.equal(read(), 6)
    },
  })

  row('C12', 'indirect eval, an eval that is a variable, an eval that is a property', {
    takesSnapshot: true,
    source: {
      cjs: js`
        const build = () => {
          const hidden = 1
          const indirect = (code) => (0, eval)(code)
          const own = (() => { const eval = (x) => 'own ' + x; return () => eval('hidden') })()
          const evaluate = eval
          return { indirect, own, variable: (code) => evaluate(code), property: (code) => globalThis.eval(code), optional: (code) => eval?.(code) }
        }`,
    },
    check({ indirect, own, variable, property, optional }: any, assert) {
      for (const f of [indirect, variable, property, optional]) {
        assert.equal(f('typeof hidden'), 'undefined')
        assert.equal(f('1 + 1'), 2)
      }
      assert.equal(own(), 'own hidden')
    },
  })

  row('C12', 'direct eval in methods, with super, private names and new.target', {
    takesSnapshot: true,
    source: js`
      const build = () => {
        class A { who() { return 'A' } }
        class B extends A {
          #secret = 5
          static #shared = 6
          who() { return eval('super.who() + "B"') }
          peek(code) { return eval(code) }
          static peek(code) { return eval(code) }
        }
        return { B, F: function () { return { target: eval('new.target') } } }
      }`,
    check({ B, F }: any, assert) {
      const b = new B()
      assert.equal(b.who(), 'AB')
      assert.equal(b.peek('this.#secret'), 5)
      assert.equal(b.peek('#secret in this'), true)
      assert.equal(B.peek('this.#shared'), 6)
      assert.equal(new F().target, F)
    },
  })

  row('C12', 'what only a direct eval could see is refused when it can not travel', {
    takesSnapshot: true,
    source: js`
      const build = () => {
        const running = (function* () { yield 1 })()
        running.next()
        return (code) => eval(code)
      }`,
    refused: { message: /generator/, path: /running/ },
  })

  row('C12', 'with in sloppy code: works, or is refused by name', {
    source: {
      cjs: js`
        const build = () => {
          const target = { x: 1 }
          with (target) { var inside = () => x; var set = (v) => { x = v } }
          return { inside, set, target }
        }`,
    },
    either: true,
    refused: { message: /\bwith\b/ },
    check({ inside, set, target }: any, assert) {
      assert.equal(inside(), 1)
      target.x = 2
      assert.equal(inside(), 2)
      set(5)
      assert.equal(target.x, 5)
    },
  })

  row('C12', 'with inside the function itself', {
    source: { cjs: js`const build = () => { const k = 5; return (o) => { with (o) { return [x, k] } } }` },
    check(f: any, assert) {
      assert.deepEqual(f({ x: 1 }), [1, 5])
      assert.deepEqual(f({ x: 1, k: 2 }), [1, 2])
    },
  })

  row('C12', 'new Function inside a function sees globals alone', {
    source: js`const build = () => { const hidden = 1; return () => new Function('return typeof hidden')() + hidden }`,
    check(f: any, assert) {
      assert.equal(f(), 'undefined1')
    },
  })

  row('C13', 'user globals by value: objects, functions, and those that functions use', {
    source: js`
      globalThis.cornichonTable = { rows: [1, 2] }
      globalThis.cornichonHelper = (x) => x + cornichonTable.rows.length
      globalThis.cornichonNothing = undefined
      const build = () => ({
        run: () => [cornichonTable.rows, cornichonHelper(1), typeof cornichonNothing],
        through: () => typeof globalThis.cornichonTable,
        missing: () => typeof cornichonMissing,
      })`,
    once: 'the loader has no such global to find',
    async check({ run, through, missing }: any, assert, { stage }) {
      assert.deepEqual(run(), [[1, 2], 3, 'undefined'])
      const here = stage === 'original' || stage === 'undisturbed'
      // globalThis itself goes by reference: what it has is the receiver's.
      assert.equal(through(), here ? 'object' : 'undefined')
      assert.equal(missing(), 'undefined')
    },
  })

  row('C13', 'a user global that is written is shared by the functions of the bundle', {
    source: js`
      globalThis.cornichonCount = 5
      const build = () => ({ inc: () => ++cornichonCount, get: () => cornichonCount })`,
    check({ inc, get }: any, assert) {
      const before = get()
      inc()
      inc()
      assert.equal(get(), before + 2)
    },
    bytesVary: 'the value in the sender changes',
  })

  row('C13', 'an accessor on the global object travels as an accessor, and is not run by dumping', {
    takesSnapshot: true,
    source: js`
      // (Two copies of this module are run in one process.)
      const state = (globalThis.cornichonState ??= { ran: 0, kept: 1 })
      Object.defineProperty(globalThis, 'cornichonLive', {
        get() { state.ran++; return state.kept },
        set(value) { state.ran++; state.kept = value }, configurable: true })
      Object.defineProperty(globalThis, 'cornichonFixed', { get: () => (...all) => [cornichonLive, ...all], configurable: true })
      class Reader {
        static live = () => cornichonLive
        read() { return { cornichonLive, type: typeof cornichonLive } }
      }
      const build = () => {
        state.ran = 0
        return {
          read: () => cornichonLive, write: (value) => { cornichonLive = value }, count: () => ++cornichonLive,
          take: (source) => { ({ a: cornichonLive } = source); return cornichonLive }, reader: new Reader(), ran: () => state.ran,
          call: () => {
            const local = 'l'
            cornichonFixed(local)
            return cornichonFixed(...local)
          },
          shadow: (cornichonLive) => cornichonLive, own: { get cornichonLive() { return super.x ?? cornichonLive } },
        }
      }`,
    bytesVary: 'what it counts in the sender changes',
    check(all: any, assert, { stage }) {
      const { read, write, count, take, reader, ran, call, shadow, own } = all
      const before = ran()
      if (stage === 'undisturbed') assert.equal(before, 0)
      write(5)
      assert.deepEqual([read(), count(), read(), shadow(3), own.cornichonLive], [5, 6, 6, 3, 6])
      assert.deepEqual(reader.read(), { cornichonLive: 6, type: 'number' })
      assert.equal(reader.constructor.live(), 6)
      assert.deepEqual([take({ a: 7 }), read()], [7, 7])
      assert.deepEqual(call(), [7, 'l'])
      assert.ok(ran() > before + 10)
      write(1)
      if (stage === 'loaded' || stage === 'again') assert.ok(!('cornichonLive' in globalThis))
    },
  })

  row('C13', 'an accessor on the global object that uses this is refused', {
    source: js`
      Object.defineProperty(globalThis, 'cornichonOwn', { get() { return this.process }, configurable: true })
      const build = () => () => cornichonOwn`,
    refused: { message: /global `cornichonOwn` is an accessor/ },
  })

  row('C13', 'globals declared by a script: let, const, class, function', {
    source: js`
      const { runInThisContext } = process.getBuiltinModule('node:vm')
      if (typeof cornichonLet === 'undefined') runInThisContext(
        'let cornichonLet = 1; const cornichonConst = [2]; class CornichonClass { x = 3 }; function cornichonFunction() { return cornichonLet }; ' +
        'var cornichonPick = () => [cornichonLet, cornichonConst[0], new CornichonClass().x, cornichonFunction()]', 'script.js')
      const build = () => ({ mine: () => [cornichonLet, cornichonConst[0], new CornichonClass().x, cornichonFunction()], theirs: cornichonPick })`,
    check({ mine, theirs }: any, assert) {
      assert.deepEqual(mine(), [1, 2, 3, 1])
      assert.deepEqual(theirs(), [1, 2, 3, 1])
    },
  })

  row('C13', 'a replaced global goes by value', {
    source: js`
      // A Node global that nothing else in this process needs.
      globalThis.structuredClone = (x) => ['mine', x]
      const build = () => () => structuredClone(1)`,
    check(f: any, assert) {
      assert.deepEqual(f(), ['mine', 1])
    },
  })

  row('C13', 'CommonJS: module, exports, require, __filename and __dirname inside a loaded function', {
    source: {
      cjs: js`
        exports.helper = () => 'helped'
        const build = () => ({
          viaExports: () => exports.helper(),
          viaModule: () => module.exports.helper(),
          same: () => module.exports === exports,
          builtin: () => require('node:path').basename('/a/b'),
          unprefixed: () => require('fs').existsSync('/'),
          resolved: () => require.resolve('node:path'),
          file: () => require('node:path').basename(__filename),
          folder: () => typeof __dirname,
        })`,
    },
    showsPaths: 'the functions ask for __filename',
    check(f: any, assert) {
      assert.equal(f.viaExports(), 'helped')
      assert.equal(f.viaModule(), 'helped')
      assert.equal(f.same(), true)
      assert.equal(f.builtin(), 'b')
      assert.equal(f.unprefixed(), true)
      assert.equal(f.resolved(), 'node:path')
      assert.equal(f.file(), 'case.cjs')
      assert.equal(f.folder(), 'string')
    },
  })

  row('C13', 'require finds packages from the folder that loads, when the origin is gone', {
    source: {
      cjs: js`const build = () => ({ f: () => require('small-package').value, missing: () => require('./beside.cjs') })`,
    },
    showsPaths: 'what it requires is sought from its own folder',
    files: { 'beside.cjs': 'module.exports = "beside"' },
    packages: {
      'small-package/package.json': '{ "version": "1.2.3" }',
      'small-package/index.js': 'exports.value = 5',
    },
    check({ f, missing }: any, assert, { stage }) {
      assert.equal(f(), 5)
      if (stage === 'original' || stage === 'undisturbed') assert.equal(missing(), 'beside')
      else assert.throws(missing, { code: 'MODULE_NOT_FOUND' })
    },
  })

  row('C13', 'import() finds built-ins and packages; a file that is gone is rejected', {
    source: js`
      const build = () => ({
        builtin: async () => (await import('node:path')).basename('/a/b'),
        pkg: async () => (await import('small-package')).value,
        file: async () => (await import('./beside.mjs')).default,
        json: async (name) => (await import(name)).default,
      })`,
    files: { 'beside.mjs': 'export default "beside"' },
    packages: {
      'small-package/package.json': '{ "version": "1.2.3", "type": "module", "exports": "./index.js" }',
      'small-package/index.js': 'export const value = 5',
    },
    async check({ builtin, pkg, file }: any, assert, { stage }) {
      assert.equal(await builtin(), 'b')
      assert.equal(await pkg(), 5)
      if (stage === 'original' || stage === 'undisturbed') assert.equal(await file(), 'beside')
      else await assert.rejects(file())
    },
    showsPaths: 'the function imports a file beside its own',
  })

  row('C13', "import.meta: url, dirname, filename, resolve; it is the module's own object", {
    source: {
      esm: js`
        const build = () => ({
          url: () => import.meta.url,
          names: () => [import.meta.filename, import.meta.dirname],
          resolve: () => import.meta.resolve('node:fs'),
          relative: () => import.meta.resolve('./beside.mjs'),
          self: () => import.meta === import.meta,
          shared: () => { import.meta.mark = 1; return typeof import.meta },
          other: () => import.meta.mark,
        })`,
    },
    showsPaths: 'the functions ask for import.meta.url',
    check(f: any, assert) {
      assert.match(f.url(), /^file:.*C13-.*case\.mjs$/)
      assert.match(f.names()[0], /case\.mjs$/)
      assert.ok(f.names()[0].startsWith(f.names()[1]))
      assert.equal(f.resolve(), 'node:fs')
      assert.equal(f.relative(), new URL('./beside.mjs', f.url()).href)
      assert.equal(f.self(), true)
      assert.equal(f.shared(), 'object')
      assert.equal(f.other(), 1)
    },
  })

  row('C13', "import.meta of the bundle's functions alone: no path without asking", {
    source: { esm: js`const build = () => () => typeof import.meta.env` },
    check(f: any, assert) {
      assert.equal(f(), 'undefined')
    },
  })

  row('C13', 'process, console, timers, globalThis, fetch, Buffer, URL as globals', {
    build() {
      return {
        process: () => process.pid,
        self: () => globalThis,
        made: () => [
          Buffer.from('a').length,
          new URL('http://x/y').pathname,
          typeof fetch,
          typeof performance.now(),
        ],
        timer: () =>
          new Promise((resolve) =>
            setImmediate(() => setTimeout(() => queueMicrotask(() => resolve('done')), 1)),
          ),
        log: () => typeof console.log,
        environment: () => typeof process.env.PATH,
      }
    },
    async check(f, assert) {
      assert.equal(f.process(), process.pid)
      assert.equal(f.self(), globalThis)
      assert.deepEqual(f.made(), [1, '/y', 'function', 'number'])
      assert.equal(await f.timer(), 'done')
      assert.equal(f.log(), 'function')
      assert.equal(f.environment(), 'string')
    },
  })
}
