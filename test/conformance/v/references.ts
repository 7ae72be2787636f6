// V9 and V10: intrinsics and built-in modules, by identity. V7 and V8 only as far as captured variables need them.
import { js, type Table } from '../../support/rows.ts'

export function builtins({ row }: Table): void {
  row('V7', 'URL and URLSearchParams', {
    build() {
      const url = new URL('https://user:pass@example.org:8080/a/b?x=1&y=2#hash')
      const params = new URLSearchParams([
        ['k', '1'],
        ['k', '2'],
      ])
      return { url, params, host: () => url.host, own: url.searchParams }
    },
    check({ url, params, host, own }, assert) {
      assert.equal(url.href, 'https://user:pass@example.org:8080/a/b?x=1&y=2#hash')
      assert.equal(host(), 'example.org:8080')
      url.searchParams.set('x', '5')
      assert.match(url.href, /x=5/)
      assert.equal(own.get('x'), '5')
      assert.deepEqual(params.getAll('k'), ['1', '2'])
    },
  })

  row('V8', 'settled promises', {
    async build() {
      const rejected = Promise.reject(new TypeError('no'))
      rejected.catch(() => {})
      const value = { deep: 1 }
      const resolved = Promise.resolve(value)
      await null
      return { all: { resolved, rejected, value }, get: () => resolved }
    },
    showsPaths: 'an error keeps its stack',
    async check({ all, get }, assert) {
      assert.equal(await all.resolved, all.value)
      assert.equal(get(), all.resolved)
      await assert.rejects(all.rejected, TypeError)
    },
  })

  row('V8', 'a pending promise is refused by name', {
    build() {
      const pending = new Promise(() => {})
      return { f: () => pending }
    },
    refused: { message: /pending/, path: /\.f.*pending/ },
  })

  row('V9', 'every global built-in and every intrinsic they reach, by identity', {
    source: js`
      // Walks from the globals of the language through properties, accessors and prototypes.
      const names = ['Object', 'Function', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'BigInt', 'Math', 'JSON', 'Reflect', 'Proxy', 'Date', 'RegExp',
        'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Error', 'AggregateError', 'TypeError', 'RangeError', 'SyntaxError',
        'ReferenceError', 'EvalError', 'URIError', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray',
        'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Intl', 'WebAssembly',
        'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape', 'eval']
      const build = () => {
        const found = []
        const paths = []
        const seen = new Set()
        const visit = (value, path) => {
          if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || path.length > 6) return
          seen.add(value)
          found.push(value)
          paths.push(path)
          for (const key of Reflect.ownKeys(value)) {
            const d = Object.getOwnPropertyDescriptor(value, key)
            for (const part of ['value', 'get', 'set']) visit(d[part], [...path, [typeof key === 'symbol' ? { symbol: key.description } : key, part]])
          }
          visit(Object.getPrototypeOf(value), [...path, [null, 'prototype']])
        }
        for (const name of names) visit(globalThis[name], [[name, 'value']])
        return { found, paths }
      }`,
    modes: ['esm'],
    check({ found, paths }: any, assert) {
      assert.ok(found.length > 600, `${found.length} found`)
      const follow = (path: any[]) =>
        path.reduce((object: any, [key, part]) => {
          if (part === 'prototype') return Object.getPrototypeOf(object)
          const name = typeof key === 'string' ? key : (Symbol as any)[key.symbol.replace(/^Symbol\./, '')]
          return (Object.getOwnPropertyDescriptor(object, name) as any)?.[part]
        }, globalThis)
      const lost = paths.filter((path: any, i: number) => follow(path) !== found[i])
      assert.deepEqual(
        lost.map((path: any) => path.map((step: any) => JSON.stringify(step)).join(' ')),
        [],
      )
    },
  })

  row('V9', 'intrinsics without a global name', {
    source: js`
      const build = () => ({
        AsyncFunction: (async () => {}).constructor,
        GeneratorFunction: (function* () {}).constructor,
        AsyncGeneratorFunction: (async function* () {}).constructor,
        generatorPrototype: Object.getPrototypeOf(function* () {}).prototype,
        asyncGeneratorPrototype: Object.getPrototypeOf(async function* () {}).prototype,
        iteratorPrototype: Object.getPrototypeOf(Object.getPrototypeOf([].values())),
        asyncIteratorPrototype: Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype.__proto__),
        arrayIterator: Object.getPrototypeOf([].values()),
        mapIterator: Object.getPrototypeOf(new Map().values()),
        setIterator: Object.getPrototypeOf(new Set().values()),
        stringIterator: Object.getPrototypeOf(''[Symbol.iterator]()),
        regexpStringIterator: Object.getPrototypeOf(''.matchAll(/a/g)),
        typedArray: Object.getPrototypeOf(Uint8Array),
        throwTypeError: Object.getOwnPropertyDescriptor(Function.prototype, 'caller').get,
        argumentsThrower: Object.getOwnPropertyDescriptor((function () { 'use strict'; return arguments })(), 'callee').get,
        segmenterIterator: Object.getPrototypeOf(new Intl.Segmenter().segment('a')[Symbol.iterator]()),
        segments: Object.getPrototypeOf(new Intl.Segmenter().segment('a')),
        arrayValues: [].values,
        next: [].values().next,
      })`,
    check(value: any, assert) {
      const expected: any = {
        AsyncFunction: (async () => {}).constructor,
        GeneratorFunction: function* () {}.constructor,
        AsyncGeneratorFunction: async function* () {}.constructor,
        generatorPrototype: Object.getPrototypeOf(function* () {}).prototype,
        asyncGeneratorPrototype: Object.getPrototypeOf(async function* () {}).prototype,
        iteratorPrototype: Object.getPrototypeOf(Object.getPrototypeOf([].values())),
        asyncIteratorPrototype: Object.getPrototypeOf(
          Object.getPrototypeOf(async function* () {}).prototype.__proto__,
        ),
        arrayIterator: Object.getPrototypeOf([].values()),
        mapIterator: Object.getPrototypeOf(new Map().values()),
        setIterator: Object.getPrototypeOf(new Set().values()),
        stringIterator: Object.getPrototypeOf(''[Symbol.iterator]()),
        regexpStringIterator: Object.getPrototypeOf(''.matchAll(/a/g)),
        typedArray: Object.getPrototypeOf(Uint8Array),
        throwTypeError: Object.getOwnPropertyDescriptor(Function.prototype, 'caller')!.get,
        argumentsThrower: Object.getOwnPropertyDescriptor(
          (function () {
            return arguments
          })(),
          'callee',
        )!.get,
        segmenterIterator: Object.getPrototypeOf(new Intl.Segmenter().segment('a')[Symbol.iterator]()),
        segments: Object.getPrototypeOf(new Intl.Segmenter().segment('a')),
        arrayValues: [].values,
        next: [].values().next,
      }
      for (const key of Object.keys(expected)) assert.equal(value[key], expected[key], key)
    },
  })

  row('V9', 'globals of Node: process, console, globalThis, streams, timers, web classes', {
    source: js`
      const names = ['process', 'console', 'globalThis', 'Buffer', 'setTimeout', 'clearTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'structuredClone',
        'fetch', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'AbortController', 'AbortSignal', 'Event', 'EventTarget', 'MessageChannel', 'Blob', 'FormData',
        'Headers', 'Request', 'Response', 'ReadableStream', 'WritableStream', 'TransformStream', 'performance', 'atob', 'btoa', 'crypto', 'DOMException', 'WebAssembly',
        'CompressionStream', 'PerformanceEntry', 'BroadcastChannel']
      const build = () => ({
        names,
        values: names.map((name) => globalThis[name]),
        inside: [process.stdout, process.env, process.argv, process.versions, process.hrtime.bigint, console.log, console.table, crypto.subtle, performance.now, URL.prototype, process.nextTick],
        use: () => [process.stdout, console, globalThis, process.env],
      })`,
    // Node puts undici's dispatcher on globalThis when somebody first reads `Headers`.
    addsGlobals: true,
    check({ names, values, inside, use }: any, assert) {
      names.forEach((name: string, i: number) => assert.equal(values[i], (globalThis as any)[name], name))
      const expected = [
        ...[
          process.stdout,
          process.env,
          process.argv,
          process.versions,
          process.hrtime.bigint,
          console.log,
          console.table,
        ],
        ...[crypto.subtle, performance.now, URL.prototype, process.nextTick],
      ]
      expected.forEach((value, i) => assert.equal(inside[i], value, `${i}`))
      assert.equal(use()[0], process.stdout)
      assert.equal(use()[2], globalThis)
    },
  })

  row('V9', 'intrinsics under other names, in Maps, bound, as default parameters, as captured variables', {
    build() {
      const { isArray } = Array
      const { hasOwnProperty } = Object.prototype
      const log = console.log
      const nativeMax = Math.max
      const Klass = Map
      const proto = Object.getPrototypeOf(async function* () {})
      const table = new Map<any, any>([[isArray, 'isArray']])
      return {
        run: (x: unknown, check = isArray) => [
          check(x),
          hasOwnProperty.call({ a: 1 }, 'a'),
          nativeMax(1, 2),
          new Klass([[1, 2]]).size,
          typeof log,
        ],
        table,
        proto,
      }
    },
    check({ run, table, proto }, assert) {
      assert.deepEqual(run([]), [true, true, 2, 1, 'function'])
      assert.equal(table.get(Array.isArray), 'isArray')
      assert.equal(
        proto,
        Object.getPrototypeOf(async function* () {}),
      )
    },
  })

  row('V10', "every built-in module's exports, by identity", {
    source: js`
      const { builtinModules, createRequire } = process.getBuiltinModule('node:module')
      const skip = /^_|^(node:)?(sys|punycode|trace_events|wasi|inspector|test|sea|sqlite|module|domain|repl)(\/|$)/
      const build = () => {
        const found = []
        for (const name of builtinModules.filter((each) => !skip.test(each))) {
          const exports = process.getBuiltinModule(name)
          found.push([name, null, exports])
          for (const key of Object.keys(exports)) {
            const d = Object.getOwnPropertyDescriptor(exports, key)
            // Accessors warn or load things; primitives say nothing.
            if ('value' in d && (typeof d.value === 'function' || (typeof d.value === 'object' && d.value !== null))) found.push([name, key, d.value])
          }
        }
        return found
      }`,
    modes: ['esm'],
    check(found: any, assert) {
      assert.ok(found.length > 800, `${found.length} found`)
      const lost = found.filter(([name, key, value]: any) => {
        const exports = (process as any).getBuiltinModule(name)
        return (key === null ? exports : exports[key]) !== value
      })
      assert.deepEqual(
        lost.map(([name, key]: any) => `${name}.${key}`),
        [],
      )
    },
  })

  row('V10', 'things behind the exports: prototypes, constants, promisified functions, custom symbols', {
    build() {
      const get = (name: string): any => process.getBuiltinModule(name as 'node:fs')
      const { promisify } = get('node:util')
      const { EventEmitter } = get('node:events')
      const values = () => [
        get('node:fs').promises.readFile,
        get('node:fs').constants,
        get('node:stream').Readable.prototype.on,
        EventEmitter.prototype.setMaxListeners,
        EventEmitter.prototype.emit,
        EventEmitter.once,
        get('node:path').posix,
        get('node:path').win32.join,
        get('node:util').inspect.custom,
        get('node:util').inspect.defaultOptions,
        promisify.custom,
        get('node:crypto').webcrypto.subtle,
        get('node:timers/promises').setTimeout,
        get('node:assert').strict.equal,
        get('node:http').METHODS,
        get('node:http').globalAgent,
        get('node:os').EOL,
        get('node:buffer').Buffer.from,
        get('node:zlib').constants.Z_BEST_SPEED,
        get('node:url').URL.prototype,
        get('node:util').types.isProxy,
        get('node:worker_threads').SHARE_ENV,
        get('node:perf_hooks').performance,
        get('node:child_process').ChildProcess.prototype,
        get('node:net').Socket.prototype.connect,
      ]
      return { values: values(), names: values.toString() }
    },
    modes: ['esm', 'cjs', 'tsx'],
    check({ values }, assert, { require }) {
      const { promisify } = require('node:util')
      const { EventEmitter } = require('node:events')
      const expected = [
        require('node:fs').promises.readFile,
        require('node:fs').constants,
        require('node:stream').Readable.prototype.on,
        EventEmitter.prototype.setMaxListeners,
        EventEmitter.prototype.emit,
        EventEmitter.once,
        require('node:path').posix,
        require('node:path').win32.join,
        require('node:util').inspect.custom,
        require('node:util').inspect.defaultOptions,
        promisify.custom,
        require('node:crypto').webcrypto.subtle,
        require('node:timers/promises').setTimeout,
        require('node:assert').strict.equal,
        require('node:http').METHODS,
        require('node:http').globalAgent,
        require('node:os').EOL,
        require('node:buffer').Buffer.from,
        require('node:zlib').constants.Z_BEST_SPEED,
        require('node:url').URL.prototype,
        require('node:util').types.isProxy,
        require('node:worker_threads').SHARE_ENV,
        require('node:perf_hooks').performance,
        require('node:child_process').ChildProcess.prototype,
        require('node:net').Socket.prototype.connect,
      ]
      expected.forEach((value, i) => assert.equal(values[i], value, `number ${i}`))
    },
  })

  row('V10', 'functions that promisify made', {
    build() {
      const { promisify } = process.getBuiltinModule('node:util')
      const fs = process.getBuiltinModule('node:fs')
      const readFile = promisify(fs.readFile)
      const sleep = promisify(setTimeout)
      const mine = promisify((x: number, done: (error: null, y: number) => void) => done(null, x * 2))
      return { readFile, sleep, mine, use: async (file: string) => (await readFile(file, 'utf8')).length }
    },
    async check({ readFile, sleep, mine, use }, assert) {
      await assert.rejects(readFile('/none/such'), { code: 'ENOENT' })
      assert.equal(await (sleep as any)(1, 'value'), 'value')
      assert.equal(await mine(4), 8)
      await assert.rejects(use('/none/such'), { code: 'ENOENT' })
    },
  })

  row('V10', 'functions that callbackify, deprecate and once made: kept, or refused by name', {
    build() {
      const { callbackify, deprecate } = process.getBuiltinModule('node:util')
      return {
        back: callbackify(async (x: number) => x + 1),
        old: deprecate((x: number) => x * 2, 'old', 'DEP_CORNICHON'),
      }
    },
    either: true,
    refused: { message: /node:util/, path: /\.(back|old)/ },
    async check({ back, old }, assert) {
      assert.equal(await new Promise((resolve) => back(1, (_: any, y: number) => resolve(y))), 2)
      assert.equal(old(2), 4)
    },
  })

  row('V10', 'instances of built-in classes that hold handles are refused by name', {
    source: js`
      const build = () => {
        const server = process.getBuiltinModule('node:net').createServer()
        return { config: { listen: () => server } }
      }`,
    refused: { message: /server/i, path: /\.config.*\.listen.*server/ },
  })
}
