// C4 and C16: dumps while a module is still evaluating: its variables are in their dead zones, its exports half filled.
import { expect } from 'vitest'
import { exchange } from '../references/support.ts'
import { goalTest } from '../support/goal.ts'
import { distUrl } from '../support/paths.ts'
import { runScript } from '../support/script.ts'

const dumpModule = `export { dumps as dump } from ${JSON.stringify(distUrl)}`
/** What a call gives, or the name of its error. */
const attempt = `const attempt = (f) => { try { return f() ?? String(f()) } catch (error) { return error.name } }`

goalTest(
  'C4',
  'an ES module that dumps while it evaluates: what comes later is in its dead zone in the copy',
  async () => {
    const result = await runScript(
      `${attempt}
    const { bytes, again } = await import('./a.mjs')
    const copy = cornichon.loads(bytes)
    await report({
      late: cornichon.loads(again())(),
      copy: [copy.early, copy.hoisted(), attempt(copy.read), attempt(copy.make), attempt(copy.write), attempt(copy.imported)],
    })`,
      {
        files: {
          'a.mjs': `
          import { dump } from './dump.mjs'
          import { helper } from './helper.mjs'
          export const early = 'early'
          export function hoisted() { return 'hoisted ' + early }
          const read = () => late
          const make = () => new Late()
          const write = () => { counter = 1 }
          const imported = () => helper()
          // Again and again: what is dumped often is remembered.
          for (let i = 0; i < 30; i++) dump(read)
          export const bytes = dump({ early, hoisted, read, make, write, imported })
          export const again = () => dump(read)
          const late = 'late'
          class Late {}
          let counter = 0`,
          'helper.mjs': `export const helper = () => 'helper'`,
          'dump.mjs': dumpModule,
        },
      },
    )
    expect(result).toEqual({
      late: 'late',
      copy: ['early', 'hoisted early', 'ReferenceError', 'ReferenceError', 'ReferenceError', 'helper'],
    })
  },
)

goalTest(
  'C4',
  'an ES module of a cycle that has not begun to evaluate: functions hoisted, imports dead',
  async () => {
    const result = await runScript(
      `${attempt}
    const { bytes, again } = await import('./b.mjs')
    await import('./a.mjs')
    const [early, late] = [bytes, again()].map((each) => cornichon.loads(each))
    await report([early, late].map((copy) => [copy.hoisted(), attempt(copy.viaNamespace), attempt(copy.viaImport), attempt(copy.reads)]))`,
      {
        files: {
          // Evaluated first: a.mjs waits for it.
          'b.mjs': `import { start } from './a.mjs'; export { bytes, again } from './c.mjs'`,
          'a.mjs': `
          import './c.mjs'
          export function hoisted() { return 'hoisted' }
          export function reads() { return value }
          export const value = 'value'
          export const start = 1`,
          'c.mjs': `
          import * as a from './a.mjs'
          import { hoisted, reads, value } from './a.mjs'
          import { dump } from './dump.mjs'
          const viaNamespace = () => a.value, viaImport = () => value
          export const again = () => dump({ hoisted, reads, viaNamespace, viaImport })
          export const bytes = again()`,
          'dump.mjs': dumpModule,
        },
      },
    )
    expect(result).toEqual([
      ['hoisted', 'ReferenceError', 'ReferenceError', 'ReferenceError'],
      ['hoisted', 'value', 'value', 'value'],
    ])
  },
)

goalTest('C4', 'exported variables in their dead zones, and those that are undefined', async () => {
  const result = await runScript(
    `${attempt}
    const { bytes, again } = await import('./a.mjs')
    await report([bytes, again()].map((each) => {
      const copy = cornichon.loads(each)
      return Object.keys(copy).map((key) => attempt(copy[key]))
    }))`,
    {
      files: {
        'a.mjs': `
          import { dump } from './dump.mjs'
          import { late as own } from './a.mjs'
          export let nothing
          export let given = undefined
          const all = {
            nothing: () => nothing,
            given: () => { given = undefined; return given },
            read: () => late,
            typeOf: () => typeof late,
            write: () => { counter += 1; return counter },
            make: () => new Late().x,
            renamed: () => hidden,
            imported: () => own,
            method: new (class { get() { return late } })().get,
          }
          for (let i = 0; i < 30; i++) dump(all.read)
          export const bytes = dump(all)
          export const again = () => dump(all)
          export const late = 'late'
          export let counter = 1
          export default class Late { x = 'made' }
          let hidden = 'hidden'
          export { hidden as other }`,
        'dump.mjs': dumpModule,
      },
    },
  )
  const undefinedOnes = ['undefined', 'undefined']
  expect(result).toEqual([
    [...undefinedOnes, ...Array(7).fill('ReferenceError')],
    [...undefinedOnes, 'late', 'string', 2, 'made', 'hidden', 'late', 'late'],
  ])
})

goalTest('C4', 'classes whose fields use variables in their dead zones, exported or not', () => {
  const { report } = exchange({
    send: `
      import { dumps } from ${JSON.stringify(distUrl)}
      class Fields { x = late }
      class Methods { x = late; get() { return late } }
      class Inner { x = hidden }
      class Alive { x = nothing }
      export let nothing
      export const read = () => hidden
      const attempt = (work) => { try { return work() } catch (error) { return error.message } }
      export const value = [Fields, Methods, Inner, Alive, class { x = alone }].map((each) => attempt(() => dumps(each)))
      export const late = 'late'
      const hidden = 'hidden'
      const alone = 'alone'`,
    receive: `
      const attempt = (work) => { try { return String(work()) } catch (error) { return error.name } }
      const [alone, ...others] = loads(bytes).reverse()
      report([
        ...others.reverse().map((each) => attempt(() => new (loads(each))().x)),
        // Node 20 has no way to tell.
        typeof alone === 'string' ? /not initialized/.test(alone) : attempt(() => new (loads(alone))().x) === 'ReferenceError',
      ])`,
  })
  expect(report).toEqual(['ReferenceError', 'ReferenceError', 'ReferenceError', 'undefined', true])
})

goalTest(
  'C16',
  'a CommonJS module that dumps while it evaluates: its exports as far as they are filled',
  async () => {
    const result = await runScript(
      `import { createRequire } from 'node:module'
    ${attempt}
    globalThis.dump = cornichon.dumps
    const { bytes, viaCycle, again } = createRequire(import.meta.url)('./a.cjs')
    delete globalThis.dump
    await report([bytes, viaCycle, again()].map((each) => {
      const copy = cornichon.loads(each)
      return [copy.keys(), attempt(copy.late), attempt(copy.lexical)]
    }))`,
      {
        files: {
          'a.cjs': `
          const dumps = dump
          exports.early = 'early'
          exports.keys = () => Object.keys(exports)
          exports.late = () => exports.later
          exports.lexical = () => lexical
          exports.bytes = dumps({ keys: exports.keys, late: exports.late, lexical: exports.lexical })
          exports.viaCycle = require('./b.cjs').bytes
          exports.later = 'later'
          const lexical = 'lexical'
          exports.again = () => dumps({ keys: exports.keys, late: exports.late, lexical: exports.lexical })`,
          'b.cjs': `
          const a = require('./a.cjs')
          exports.bytes = dump({ keys: () => Object.keys(a), late: () => a.later, lexical: () => a.lexical() })`,
        },
      },
    )
    expect(result).toEqual([
      [['early', 'keys', 'late', 'lexical'], 'undefined', 'ReferenceError'],
      [['early', 'keys', 'late', 'lexical', 'bytes'], 'undefined', 'ReferenceError'],
      [['early', 'keys', 'late', 'lexical', 'bytes', 'viaCycle', 'later', 'again'], 'later', 'lexical'],
    ])
  },
)

goalTest(
  'C16',
  'what a package exports after a dump within its evaluation is a reference in the next dump',
  async () => {
    const result = await runScript(
      `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    globalThis.dump = cornichon.dumps
    const lib = require('lib'), esm = await import('esm'), replaced = require('replaced')
    delete globalThis.dump
    const again = (value) => cornichon.loads(cornichon.dumps(value)) === value
    await report({
      whole: [lib, lib.early, lib.late, esm.early, esm.late, replaced, replaced.late].map(again),
      within: [cornichon.loads(lib.bytes) === lib.early, cornichon.loads(esm.bytes)() , cornichon.loads(replaced.bytes)()],
    })`,
      {
        files: {
          'node_modules/lib/package.json': '{"name":"lib","version":"1.0.0","main":"index.js"}',
          'node_modules/lib/index.js': `
          exports.early = function early() { return 'early' }
          exports.bytes = dump(exports.early)
          exports.late = function late() { return 'late' }`,
          'node_modules/esm/package.json':
            '{"name":"esm","version":"1.0.0","type":"module","exports":"./index.js"}',
          'node_modules/esm/index.js': `
          export const early = () => 'early'
          export const bytes = dump(early)
          export const late = () => 'late'`,
          'node_modules/replaced/package.json': '{"name":"replaced","version":"1.0.0","main":"index.js"}',
          'node_modules/replaced/index.js': `
          const early = () => 'early'
          const bytes = dump(early)
          module.exports = function replaced() {}
          module.exports.late = () => 'late'
          module.exports.bytes = bytes`,
        },
      },
    )
    expect(result).toEqual({
      whole: [true, true, true, true, true, true, true],
      within: [true, 'early', 'early'],
    })
  },
)
