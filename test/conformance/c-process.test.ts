// The goals of table C that are about whole processes: registries, globals, bytes, sizes, memory.
import { expect } from 'vitest'
import { goalTest } from '../support/goal.ts'
import { runScript } from '../support/script.ts'

const library = {
  'node_modules/lib/package.json': '{"name":"lib","version":"1.0.0","main":"index.js"}',
  'node_modules/lib/index.js': 'exports.twice = (x) => x * 2',
  'node_modules/lib/sub.js': 'exports.thrice = (x) => x * 3',
  'node_modules/libother/package.json': '{"name":"libother","version":"1.0.0"}',
  'node_modules/libother/index.js': 'exports.four = () => 4',
}
const requires = `
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const lib = require('lib'), sub = require('lib/sub'), other = require('libother')
const how = (value, options) => cornichon.inspectBundle(cornichon.dumps(value, options)).references.length > 0 ? 'reference' : 'value'
const all = (options) => [how(lib.twice, options), how(sub.thrice, options), how(other.four, options)]
`

goalTest('C17', 'register, list, unregister; a parent covers its sub-paths and not the reverse', async () => {
  const result = await runScript(
    `${requires}
    const seen = { none: all() }
    cornichon.registerPickleByValue('lib')
    seen.parent = all(); seen.list = cornichon.listRegistryPickleByValue()
    cornichon.unregisterPickleByValue('lib')
    cornichon.registerPickleByValue('lib/sub')
    seen.sub = all()
    cornichon.unregisterPickleByValue('lib/sub')
    seen.after = [...all(), ...cornichon.listRegistryPickleByValue()]
    seen.list2 = all({ byValue: ['lib'] })
    seen.predicate = all({ byValue: (specifier) => specifier === 'libother' })
    assert.throws(() => cornichon.unregisterPickleByValue('lib'), /lib/)
    assert.throws(() => cornichon.registerPickleByValue(7), TypeError)
    await report(seen)`,
    { files: library },
  )
  expect(result).toEqual({
    none: ['reference', 'reference', 'reference'],
    parent: ['value', 'value', 'reference'],
    list: ['lib'],
    sub: ['reference', 'value', 'reference'],
    after: ['reference', 'reference', 'reference'],
    list2: ['value', 'value', 'reference'],
    predicate: ['reference', 'reference', 'value'],
  })
})

goalTest('C18', 'two bundles do not share the variables of their module', async () => {
  const result = await runScript(`
    let count = 0
    const up = () => ++count, read = () => count
    const [a, b] = [cornichon.dumps({ up, read }), cornichon.dumps({ up, read })].map((bytes) => cornichon.loads(bytes))
    a.up(); a.up(); b.up()
    await report([a.read(), b.read(), count])`)
  expect(result).toEqual([2, 1, 0])
})

const same = `
let count = 0
const value = { up: () => ++count, read: () => count, when: new Date(0), map: new Map([['a', class { x = 1 }]]) }
await report(Buffer.from(cornichon.dumps(value)).toString('base64'))`

goalTest('C19', 'the same input gives the same bytes in another process and another folder', async () => {
  expect(await runScript(same)).toBe(await runScript(same))
})

goalTest('C14', '65,000 captured variables; a function 5 MB long; a graph 100,000 deep', async () => {
  const result = await runScript(`
    const names = Array.from({ length: 65_000 }, (_, i) => 'v' + i)
    const many = new Function('let ' + names.map((name, i) => name + '=' + i).join() + '; return () => [' + names.join() + '].reduce((a, b) => a + b)')()
    const long = new Function('return () => { ' + 'void 0;'.repeat(750_000) + ' return 7 }')()
    let deep = null
    for (let i = 0; i < 100_000; i++) deep = { next: deep }
    const [m, l, d] = [many, long, deep].map((value) => cornichon.loads(cornichon.dumps(value)))
    let depth = 0
    for (let at = d; at; at = at.next) depth++
    await report([m(), l(), depth, l.toString().length > 5e6])`)
  expect(result).toEqual([(65_000 * 64_999) / 2, 7, 100_000, true])
})

goalTest(
  'C20',
  '100 loads of a 1 MB closure keep memory within 50 MB; dumps keeps nothing alive',
  async () => {
    const result = await runScript(
      `const settle = async () => { for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)) } }
    const used = () => { const { heapUsed, external } = process.memoryUsage(); return heapUsed + external }
    const make = () => { const table = Array.from({ length: 60_000 }, (_, i) => 'entry ' + i); let count = 0; return { get: (i) => table[i], up: () => ++count } }
    let value = make()
    const bytes = cornichon.dumps(value)
    const weak = new WeakRef(value)
    value = null
    await settle()
    const released = weak.deref() === undefined
    const before = used()
    for (let i = 0; i < 100; i++) cornichon.loads(bytes).up()
    await settle()
    await report({ size: bytes.length, released, grown: used() - before })`,
      { nodeArguments: ['--expose-gc'] },
    )
    expect(result.size).toBeGreaterThan(500_000)
    expect(result.released).toBe(true)
    expect(result.grown).toBeLessThan(50e6)
  },
)

goalTest(
  'C20',
  'dumps keeps nothing alive: neither functions, nor what they capture, nor instances, nor data',
  async () => {
    const result = await runScript(
      `const settle = async () => { for (let i = 0; i < 10; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)) } }
    class Point { #x = { inner: 1 }; static all = 0; constructor(y) { this.y = y } get x() { return this.#x } }
    const kinds = {
      'a function and what it captures': () => {
        const captured = { big: new Array(1000).fill(1) }
        const fn = () => captured.big.length
        return { value: fn, parts: { fn, captured } }
      },
      'functions that share a variable': () => {
        const captured = {}
        let count = 0
        const up = () => [++count, captured], read = () => [count, captured]
        return { value: { up, read }, parts: { up, read, captured } }
      },
      'an arrow with a lexical this': () => {
        const self = { make() { return () => [this, arguments] } }
        const arrow = self.make({})
        return { value: arrow, parts: { arrow, self } }
      },
      'an instance with private fields': () => {
        const point = new Point({ y: 1 })
        return { value: point, parts: { point, field: point.x, y: point.y } }
      },
      'a class of its own': () => {
        const captured = {}
        class Local { #p = captured; read() { return [this.#p, Local] } }
        const instance = new Local()
        return { value: [Local, instance], parts: { Local, instance, captured } }
      },
      'bound functions, promises, proxies and weak references': () => {
        const target = function () { return this }, self = {}, settled = Promise.resolve(self)
        const bound = target.bind(self), proxy = new Proxy(self, {}), weak = new WeakMap([[self, bound]])
        return { value: [bound, settled, proxy, weak], parts: { target, self, settled, bound, proxy, weak } }
      },
      'functions made by eval': () => {
        const captured = {}
        const fn = eval('(() => () => captured)()')
        return { value: fn, parts: { fn, captured } }
      },
      'data of every kind': () => {
        const parts = {
          record: { a: 1, b: 'x' }, list: [1, 'a', {}], date: new Date(1), map: new Map([[{}, {}]]), set: new Set([{}]), frozen: Object.freeze({ a: 1 }),
          bare: Object.assign(Object.create(null), { a: 1 }), table: { [Symbol('s')]: 1, 7: 2 }, bytes: new Uint8Array(200), url: new URL('http://a/b'),
        }
        return { value: { ...parts, again: parts.record }, parts }
      },
      'plain data': () => {
        const parts = { record: { a: 1, b: 'x', c: { d: new Date(1) } }, list: [1, 'a', {}], map: new Map([['a', {}]]) }
        return { value: { ...parts }, parts }
      },
      'many records': () => {
        const list = Array.from({ length: 300 }, (_, i) => ({ i, name: 'n' + i, on: { i } }))
        return { value: list, parts: { list, first: list[0], last: list[299] } }
      },
    }
    const watch = (make, times) => {
      const { value, parts } = make()
      for (let i = 0; i < times; i++) cornichon.dumps(value)
      return Object.entries(parts).map(([name, part]) => [name, new WeakRef(part)])
    }
    const left = []
    for (const times of [0, 1, 30]) {
      const watched = Object.entries(kinds).map(([kind, make]) => [kind, watch(make, times)])
      await settle()
      for (const [kind, parts] of watched)
        for (const [name, weak] of parts) if (weak.deref() !== undefined) left.push(times + ' dumps, ' + kind + ': ' + name)
    }
    await report(left)`,
      { nodeArguments: ['--expose-gc'] },
    )
    expect(result).toEqual([])
  },
)
