// Node's own values by reference: everything that its modules and globals reach is found again in another process as
// the very same, or refused by name.
import { describe, expect, test } from 'vitest'
import { findBuiltin, findIntrinsic, resolveReference } from '../../serializer/references/index.ts'
import '../../serializer/index.ts'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { distUrl } from '../support/paths.ts'
import { runScript } from '../support/script.ts'
import { createWorkspace } from '../support/workspace.ts'
import { exchange, run } from './support.ts'

const child = (name: string) => join(dirname(fileURLToPath(import.meta.url)), 'child', name)

test('all that the built-in modules reach comes back as itself in a fresh process, or is refused by name', () => {
  const workspace = createWorkspace()
  try {
    const bundle = workspace.path('bundle')
    const sent = JSON.parse(run(workspace.folder, ['--no-warnings', child('walk-dump.mjs'), distUrl, bundle]))
    const loaded = JSON.parse(
      run(workspace.folder, ['--no-warnings', child('walk-load.mjs'), distUrl, bundle]),
    )
    expect(sent.broken).toEqual([])
    expect(sent.kept).toBeGreaterThan(3000)
    expect(loaded).toEqual({ loaded: sent.kept, changed: [] })
    // What only an instance or an accessor of the process's own state leads to.
    expect(Object.keys(sent.refused).length).toBeLessThan(10)
    for (const [path, message] of Object.entries(sent.refused))
      expect(message, path).toMatch(/inside Node \(node:/)
  } finally {
    workspace.remove()
  }
})

describe('intrinsics without a global name', () => {
  const iterators = [
    [][Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    ''[Symbol.iterator](),
    ''.matchAll(/x/g),
  ]
  const segments = new Intl.Segmenter().segment('')
  const hidden: Record<string, object> = {
    AsyncFunction: (async () => {}).constructor,
    GeneratorFunction: function* () {}.constructor,
    AsyncGeneratorFunction: async function* () {}.constructor,
    GeneratorPrototype: Object.getPrototypeOf(function* () {}).prototype,
    AsyncGeneratorPrototype: Object.getPrototypeOf(async function* () {}).prototype,
    AsyncIteratorPrototype: Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype),
    IteratorPrototype: Object.getPrototypeOf(Object.getPrototypeOf(iterators[0])),
    TypedArray: Object.getPrototypeOf(Uint8Array),
    'TypedArray.prototype': Object.getPrototypeOf(Uint8Array.prototype),
    ThrowTypeError: Object.getOwnPropertyDescriptor(
      (function () {
        return arguments
      })(),
      'callee',
    )!.get!,
    SegmentsPrototype: Object.getPrototypeOf(segments),
    SegmentIteratorPrototype: Object.getPrototypeOf(segments[Symbol.iterator]()),
    'Array.prototype[@@unscopables]': Array.prototype[Symbol.unscopables] as object,
  }
  for (const [i, iterator] of iterators.entries())
    hidden[`iterator prototype ${i}`] = Object.getPrototypeOf(iterator)

  for (const [name, value] of Object.entries(hidden))
    test(`${name}: found, and resolved to the same`, () => {
      const reference = findIntrinsic(value)
      expect(reference?.kind).toBe('intrinsic')
      expect(resolveReference(reference!)).toBe(value)
    })
})

test('values of the user are none of them', () => {
  class Own {
    method() {}
  }
  for (const value of [
    {},
    [],
    () => {},
    Own,
    Own.prototype,
    Own.prototype.method,
    new Own(),
    Symbol('own'),
    new Map(),
    Object.create(null),
  ])
    expect(findIntrinsic(value) ?? findBuiltin(value)).toBeUndefined()
})

test('aliased, promisified and inherited: what Pulumi users report most', () => {
  const { report } = exchange({
    send: `
      import { promisify } from 'node:util'
      import { readFile } from 'node:fs'
      import { EventEmitter } from 'node:events'
      const { isArray } = Array
      const read = promisify(readFile)
      const { setMaxListeners } = EventEmitter.prototype
      const sleep = promisify(setTimeout)
      export const value = { isArray, setMaxListeners, sleep, run: async () => [isArray([]), (await read('package.json', 'utf8')), typeof setMaxListeners] }`,
    receive: `
      const { isArray, setMaxListeners, sleep, run } = loads(bytes)
      const { promisify } = require('node:util')
      report([isArray === Array.isArray, setMaxListeners === require('node:events').prototype.setMaxListeners, sleep === promisify(setTimeout), await run()])`,
  })
  expect(report).toEqual([true, true, true, [true, '{}', 'function']])
})

test('single objects of the process: streams, agents, crypto, made when they are first read', () => {
  const { report } = exchange({
    send: `
      import http from 'node:http'
      import https from 'node:https'
      import { webcrypto } from 'node:crypto'
      import { inspect } from 'node:util'
      import { constants, promises } from 'node:fs'
      export const value = [process.stdout, process.stderr, process.stdin, http.globalAgent, https.globalAgent, webcrypto, crypto.subtle,
        inspect.defaultOptions, constants, promises, performance, process.env, process.hrtime.bigint]`,
    receive: `
      const expected = [process.stdout, process.stderr, process.stdin, require('http').globalAgent, require('https').globalAgent, require('crypto').webcrypto,
        crypto.subtle, require('util').inspect.defaultOptions, require('fs').constants, require('fs').promises, performance, process.env, process.hrtime.bigint]
      report(loads(bytes).map((value, i) => value === expected[i]))`,
  })
  expect(report).toEqual(Array(13).fill(true))
})

test('a symbol that only a key of Node shows, and methods under it', () => {
  const { report } = exchange({
    send: `
      import { Console } from 'node:console'
      import { exec } from 'node:child_process'
      import { promisify } from 'node:util'
      const key = Object.getOwnPropertySymbols(Console.prototype).find((symbol) => /kGetInspectOptions/.test(String(symbol)))
      export const value = [key, Console.prototype[key], exec[promisify.custom]]`,
    receive: `
      const { Console } = require('console')
      const [key, method, exec] = loads(bytes)
      report([Object.getOwnPropertySymbols(Console.prototype).includes(key), Console.prototype[key] === method, exec === require('child_process').exec[require('util').promisify.custom]])`,
  })
  expect(report).toEqual([true, true, true])
})

test('functions that user code has hung on other objects of Node are found where Node has them', () => {
  const { report } = exchange({
    send: `
      import { EventEmitter } from 'node:events'
      import fs from 'node:fs'
      import { Readable } from 'node:stream'
      import util from 'node:util'
      import vm from 'node:vm'
      import zlib from 'node:zlib'
      export const value = [fs.readFile, fs.readFileSync, fs.unlink, fs.rmdir, zlib.gzip, zlib.gunzip, zlib.deflateSync, vm.Script, vm.runInContext]
      process.read = fs.readFile
      process.tools = { read: fs.readFileSync }
      EventEmitter.hung = fs.unlink
      EventEmitter.again = zlib.gzip
      EventEmitter.prototype.inflate = zlib.gunzip
      util.inspect.deflate = zlib.deflateSync
      fs.readdir.next = fs.rmdir
      Readable.prototype.script = vm.Script
      process.runInContext = vm.runInContext`,
    receive: `
      const [fs, vm, zlib] = ['fs', 'vm', 'zlib'].map(require)
      const expected = [fs.readFile, fs.readFileSync, fs.unlink, fs.rmdir, zlib.gzip, zlib.gunzip, zlib.deflateSync, vm.Script, vm.runInContext]
      report(loads(bytes).map((value, i) => value === expected[i]))`,
  })
  expect(report).toEqual(Array(9).fill(true))
})

test("what the user put into a module of Node is the user's: functions, bound ones, getters that are never called", () => {
  const { report } = exchange({
    send: `
      import fs from 'node:fs'
      import http from 'node:http'
      let called = 0
      fs.readFileSync = () => 'mine'
      fs.writeFileSync = function () { return 'bound ' + this.who }.bind({ who: 'me' })
      Object.defineProperty(fs, 'cp', { get: () => { called++; return fs.rm }, configurable: true })
      Math.max = () => 'max'
      export const value = { read: fs.readFileSync, write: fs.writeFileSync, max: Math.max, stat: fs.statSync, calls: () => called }`,
    receive: `
      const { read, write, max, stat, calls } = loads(bytes)
      report([read(), write(), max(), stat === require('fs').statSync, calls()])`,
  })
  expect(report).toEqual(['mine', 'bound me', 'max', true, 0])
})

test('looking loads no module and leaves no global behind, warns of nothing', () => {
  const { report } = exchange({
    send: `
      import { dumps } from ${JSON.stringify(distUrl)}
      const before = Reflect.ownKeys(globalThis)
      const warnings = []
      process.on('warning', (warning) => warnings.push(String(warning)))
      const { readFile } = await import('node:fs')
      for (const each of [{ a: 1 }, () => 1, readFile, Array.isArray, Symbol('x'), class {}, [AbortSignal, Blob, fetch]]) dumps(each)
      try { dumps(new (class extends WeakRef {})({})) } catch {}
      await new Promise(setImmediate)
      export const value = [Reflect.ownKeys(globalThis).filter((key) => !before.includes(key)).map(String), warnings,
        process.moduleLoadList.filter((name) => /undici\\/undici|sqlite|NativeModule (?:http|net|crypto|child_process)$/.test(name))]`,
    receive: `report(loads(bytes))`,
  })
  expect(report[0]).toEqual([])
  expect(report[1]).toEqual([])
  expect(report[2].filter((name: string) => /undici|sqlite|http|child_process/.test(name))).toEqual([])
})

test("what listens to the process is nobody's reference, whatever is registered there", () => {
  const { report } = exchange({
    send: `
      import cluster from 'node:cluster'
      import { EventEmitter } from 'node:events'
      const emitter = new EventEmitter()
      for (const each of [process, cluster, emitter]) for (let i = 0; i < 2; i++) each.on('sent', () => i)
      export const value = { emitter, ofProcess: process._events.sent, ofCluster: cluster._events.sent }`,
    receive: `
      const { emitter, ofProcess, ofCluster } = loads(bytes)
      let count = 0
      emitter.on('sent', () => count++)
      emitter.emit('sent')
      report([count, ofProcess.map((f) => f()), ofCluster.map((f) => f()), process.listenerCount('sent')])`,
  })
  expect(report).toEqual([1, [0, 1], [0, 1], 0])
})

test('a package that exports the global object: it is no part of it, and its lazy properties are not read', () => {
  const { report } = exchange({
    packages: {
      'root/package.json': '{ "name": "root", "version": "1.0.0" }',
      'root/index.js':
        'exports.root = globalThis; exports.util = require("util"); exports.f = () => 1; require("./all.js"); require("./node.js")',
      'root/all.js': 'module.exports = globalThis',
      'root/node.js': 'module.exports = require("util")',
    },
    send: `
      import { dumps } from ${JSON.stringify(distUrl)}
      import root from 'root'
      const before = Reflect.ownKeys(globalThis)
      dumps([root.f, root.root, root.util, root, { plain: {} }])
      export const value = [root, Reflect.ownKeys(globalThis).filter((key) => !before.includes(key)).map(String)]`,
    receive: `
      const [root, added] = loads(bytes)
      report([added, root === require('root')])`,
  })
  expect(report).toEqual([[], true])
})

test('the reference does not depend on which modules were loaded first', () => {
  const value = `[fs.readFile, Readable.prototype.on, dns.promises.Resolver, Agent.prototype.createConnection, EventEmitter.once]`
  const send = (order: string) => `
    import { dumps } from ${JSON.stringify(distUrl)}
    import { EventEmitter } from 'node:events'
    import fs from 'node:fs'
    import { Readable } from 'node:stream'
    ${order}
    export const value = ${value}`
  const first = exchange({
    send: send(
      `const { default: dns } = await import('node:dns'); const { Agent } = await import('node:http')`,
    ),
    receive: 'report(loads(bytes).length)',
  })
  const second = exchange({
    send: send(
      `dumps(fs.readFile); const { Agent } = await import('node:http'); dumps(Agent); await import('node:https'); const { default: dns } = await import('node:dns'); dumps([dns.promises])`,
    ),
    receive: 'report(loads(bytes).length)',
  })
  expect(second.bytes.equals(first.bytes)).toBe(true)
})

describe('what user code puts on built-ins goes by value, whenever it did', () => {
  const additions = `
    import fs from 'node:fs'
    import { promisify } from 'node:util'
    Array.helper = { name: 'array', greet() { return 'hello ' + this.name } }
    JSON.extra = function extra() { return 'extra' }
    Math.answers = [41, 42]
    Math.Klass = class Klass { #k = 'private'; get() { return this.#k } }
    Math.first = Map.prototype.get
    Error.registry = new Map([['a', 1]])
    Symbol.mine = Symbol('mine')
    Promise.later = promisify(setTimeout)
    process.thing = { deep: { call: () => 'deep' } }
    console.mine = new Set([1])
    fs.tool = { use: () => 'used' }
    globalThis.own = { g: 1 }`
  const value = `[
    Array.helper, JSON.extra, Math.answers, new Math.Klass(), Math.first, Error.registry, Symbol.mine, Promise.later,
    process.thing, console.mine, fs.tool, () => own.g, Array.prototype, Math, [].values, Symbol.iterator, process.versions, fs.constants,
  ]`
  const receive = `
    const fs = require('node:fs'), { promisify } = require('node:util')
    const [helper, extra, answers, instance, first, registry, mine, later, thing, set, tool, own, ...same] = loads(bytes)
    report([
      helper.greet(), extra(), answers, instance.get(), first === Map.prototype.get, [...registry], mine.description,
      later === promisify(setTimeout), thing.deep.call(), [...set], tool.use(), own(),
      same.map((each, i) => each === [Array.prototype, Math, [].values, Symbol.iterator, process.versions, fs.constants][i]),
    ])`
  const wanted = [
    'hello array',
    'extra',
    [41, 42],
    'private',
    true,
    [['a', 1]],
    'mine',
    true,
    'deep',
    [1],
    'used',
    1,
    [true, true, true, true, true, true],
  ]

  test.each([
    ['before cornichon is imported', ['--import', './additions.mjs'], ''],
    ['after', [], `import './additions.mjs';`],
  ])('%s', (_, nodeArguments, imported) => {
    const { report } = exchange({
      files: { 'additions.mjs': additions },
      nodeArguments,
      send: `${imported} import fs from 'node:fs'; export const value = ${value}`,
      receive,
    })
    expect(report).toEqual(wanted)
  })
})

// To make one takes V8 20 ms of a process's start.
test('a segmenter is made when something may be an intrinsic that only segments lead to, not before', async () => {
  const counting = `
    globalThis.made = 0
    Intl.Segmenter = new Proxy(Intl.Segmenter, {
      construct(target, given) { made++; return new target(...given) },
    })`
  const text = `
    const own = { next() {}, [Symbol.iterator]() { return this } }
    const copy = cornichon.loads(cornichon.dumps({ own, f: () => own, list: [1, { a: 2 }] }))
    const told = [typeof copy.own.next, made]
    const segments = new Intl.Segmenter().segment('a')
    const prototype = Object.getPrototypeOf(segments)
    const iterator = Object.getPrototypeOf(segments[Symbol.iterator]())
    prototype.added = { mine: true }
    made = 0
    const [p, i, next, containing] = cornichon.loads(
      cornichon.dumps([prototype, iterator, iterator.next, prototype.containing]))
    const same = [p === prototype, i === iterator, next === iterator.next, containing === prototype.containing]
    const added = cornichon.loads(cornichon.dumps(prototype.added))
    await report([...told, ...same, made, added !== prototype.added && added.mine])`
  expect(
    await runScript(text, { files: { 'count.mjs': counting }, nodeArguments: ['--import', './count.mjs'] }),
  ).toEqual(['function', 0, true, true, true, true, 1, true])
})
