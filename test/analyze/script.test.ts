// What surrounds an offset in a script or module, and what its imports are.
import { describe, expect, test } from 'vitest'
import { analyzeScript, type Range, type ScriptFacts } from '../../serializer/analyze/index.ts'

/** The facts of the text without its marks `§`, and the offset of the first mark. */
function marked(text: string, kind: 'module' | 'script' = 'script'): [ScriptFacts, number, string] {
  const offset = text.indexOf('§')
  const plain = text.replaceAll('§', '')
  return [analyzeScript(plain, kind), offset, plain]
}

const slice = (text: string, range: Range | null) => range && text.slice(range.start, range.end)

describe('strictAt', () => {
  test.each<[string, boolean]>([
    ['§x', false],
    ["'use strict'; §x", true],
    ["#!/usr/bin/env node\n// comment\n'use strict'\n§x", true],
    ["x; 'use strict'; §y", false],
    ["function f() { 'use strict'; §x } y", true],
    ["function f() { 'use strict'; x } §y", false],
    ["function f() { 'use strict'; function g() { return () => §x } }", true],
    ["const f = (§a) => { 'use strict' }", true],
    ["({ m() { 'use strict'; §x } })", true],
    ["({ m() { 'use strict'; x }, n() { §x } })", false],
    ['class A { m() { §x } }', true],
    ['class A { static x = §y } z', true],
    ['class A {} §z', false],
    ['x(class extends §y {})', true],
    ["'use strict'; return §x", true],
  ])('%s: %s', (text, strict) => {
    const [facts, offset] = marked(text)
    expect(facts.strictAt(offset)).toBe(strict)
    expect(marked(text, 'module')[0].strictAt(offset)).toBe(true)
  })

  test('holds up to the end of a strict script', () => {
    expect(analyzeScript("'use strict'", 'script').strictAt(12)).toBe(true)
  })
})

describe('classAround', () => {
  test.each<[string, string | null]>([
    ['§x', null],
    ['class A { m() { §x } }', 'class A { m() { x } }'],
    ['§class A {}', 'class A {}'],
    ['class A {}§', null],
    ['class A {} §x', null],
    ['class A { x = class B { §y() {} } }', 'class B { y() {} }'],
    ['class A { x = class B {}; §y() {} }', 'class A { x = class B {}; y() {} }'],
    ['class A { m() { return () => () => §x } } class B {}', 'class A { m() { return () => () => x } }'],
    ['const a = class extends (class {}) { static #p = §1 }', 'class extends (class {}) { static #p = 1 }'],
  ])('%s', (text, expected) => {
    const [facts, offset, plain] = marked(text)
    expect(slice(plain, facts.classAround(offset))).toBe(expected)
  })
})

describe('objectAround', () => {
  test.each<[string, string | null]>([
    ['({ §m() {} })', '{ m() {} }'],
    ['({ a: 1, async *§m() {} })', '{ a: 1, async *m() {} }'],
    ['({ §get x() { return 1 } })', '{ get x() { return 1 } }'],
    ['({ m() { return () => §super.x } })', '{ m() { return () => super.x } }'],
    ['({ m() { return { §n() {} } } })', '{ n() {} }'],
    ['({ m() { return { n() {}, a: §1 } } })', '{ m() { return { n() {}, a: 1 } } }'],
    ['({ a: §1, m() {} })', null],
    ['({ f: function () { §x } })', null],
    ['({ m() {} }), §x', null],
    ['[{ m() {} }, { m() { §x } }]', '{ m() { x } }'],
    ['({ [k]() {}, §[l](a = {}) {} })', '{ [k]() {}, [l](a = {}) {} }'],
    ['§({ a } = { m() {} })', null],
  ])('%s', (text, expected) => {
    const [facts, offset, plain] = marked(text)
    expect(slice(plain, facts.objectAround(offset))).toBe(expected)
  })
})

describe('classDeclaring', () => {
  test.each<[string, string | null]>([
    ['class A { #x; m§() {} }', 'class A { #x; m() {} }'],
    [
      'class A { #x() {} m() { return class B { #y; n§() {} } } }',
      'class A { #x() {} m() { return class B { #y; n() {} } } }',
    ],
    ['class A { #x; m() { return class B { #x; n§() {} } } }', 'class B { #x; n() {} }'],
    ['class A { static get #x() {} y = §() => {} }', 'class A { static get #x() {} y = () => {} }'],
    [
      'class A { #x; m() { return class B extends f(§() => {}) { #x } } }',
      'class A { #x; m() { return class B extends f(() => {}) { #x } } }',
    ],
    ['class A { #x; [§() => {}] }', 'class A { #x; [() => {}] }'],
    ['class A { #y; m§() {} }', null],
    ['class A { #x } §() => {}', null],
  ])('%s', (text, expected) => {
    const [facts, offset, plain] = marked(text)
    expect(slice(plain, facts.classDeclaring(offset, 'x'))).toBe(expected)
  })
})

describe('homeAround: what super refers to', () => {
  test.each<[string, string | null, string | null]>([
    ['class A { m§() {} }', 'class', 'class A { m() {} }'],
    ['class A { static m§() {} }', 'static class', 'class A { static m() {} }'],
    ['class A { constructor§() {} }', 'class', 'class A { constructor() {} }'],
    ['class A { get x§() {} }', 'class', 'class A { get x() {} }'],
    ['class A { m() { return §() => super.x } }', 'class', 'class A { m() { return () => super.x } }'],
    ['class A { x = §() => super.x }', 'class', 'class A { x = () => super.x }'],
    ['class A { static x = §() => super.x }', 'static class', 'class A { static x = () => super.x }'],
    ['class A { static { §() => super.x } }', 'static class', 'class A { static { () => super.x } }'],
    ['class A { m() { return { n§() {} } } }', 'object', '{ n() {} }'],
    ['({ m() { return class A { n§() {} } } })', 'class', 'class A { n() {} }'],
    ['({ set x§(y) {} })', 'object', '{ set x(y) {} }'],
    [
      '({ m() { return class { [§() => super.x] } } })',
      'object',
      '{ m() { return class { [() => super.x] } } }',
    ],
    [
      '({ m() { return { [§() => super.x]() {} } } })',
      'object',
      '{ m() { return { [() => super.x]() {} } } }',
    ],
    ['({ m() {}, x: §() => 1 })', null, null],
    ['function f§() {}', null, null],
  ])('%s: %s', (text, kind, expected) => {
    const [facts, offset, plain] = marked(text)
    const home = facts.homeAround(offset)
    expect(home && `${home.isStatic ? 'static ' : ''}${home.kind}`).toBe(kind)
    expect(slice(plain, home)).toBe(expected)
  })
})

describe('declarationAt tells a function declaration from an expression', () => {
  test.each<[string, boolean]>([
    ['function f§() {}', true],
    ['async function* f§() {}', true],
    ['export default function§() {}', true],
    ['{ function f§(a = () => 1) {} }', true],
    ['(function f§() {})', false],
    ['x = function f§() {}', false],
    ['function f() { return function f§() {} }', false],
    ['function f() { return §() => 1 }', false],
    ['({ f§() {} })', false],
    ['class A { f§() {} }', false],
    ['§x', false],
  ])('%s: %s', (text, expected) => {
    const [facts, offset] = marked(text, 'module')
    expect(facts.declarationAt(offset)).toBe(expected)
  })
})

describe('imports', () => {
  test('every form of import declaration is told', () => {
    const { imports } = analyzeScript(
      `import a, { b, c as d, default as e, 'quoted name' as f } from './x.js'
       import * as g from "node:fs"
       import './effect.js'
       import json from './data.json' with { type: 'json' }
       export { h } from './y.js'
       export * from './z.js'
       await import('dynamic')`,
      'module',
    )
    expect([...imports.values()]).toEqual([
      { local: 'a', specifier: './x.js', imported: 'default' },
      { local: 'b', specifier: './x.js', imported: 'b' },
      { local: 'd', specifier: './x.js', imported: 'c' },
      { local: 'e', specifier: './x.js', imported: 'default' },
      { local: 'f', specifier: './x.js', imported: 'quoted name' },
      { local: 'g', specifier: 'node:fs', imported: '*' },
      { local: 'json', specifier: './data.json', imported: 'default' },
    ])
    expect(imports.get('d')).toEqual({ local: 'd', specifier: './x.js', imported: 'c' })
  })

  test('a script has none', () => {
    expect(analyzeScript('const a = require("a")', 'script').imports.size).toBe(0)
  })
})

describe('code is taken as it ran', () => {
  test.each<[string, 'module' | 'script', string]>([
    [
      'a CommonJS body',
      'script',
      '#!/usr/bin/env node\nif (new.target) return\nvar await = 1; class A { §m() {} }',
    ],
    [
      'top-level await in a module',
      'module',
      'export const x = await y; for await (const a of b); class A { §m() {} }',
    ],
    ['top-level await in a script', 'script', 'await x; class A { §m() {} }'],
    ['sloppy code', 'script', 'with (a) b; delete c; 010; var let, yield; class A { §m() {} }'],
    ['import.meta in a script', 'script', 'import.meta.url; class A { §m() {} }'],
    ['redeclarations across what acorn takes for one scope', 'script', 'let a; var a; class A { §m() {} }'],
    [
      'what vite makes of a module',
      'script',
      `'use strict';async (__vite_ssr_import__, __vite_ssr_exportName__, __vite_ssr_import_meta__) => {{
        __vite_ssr_exportName__("A", () => { try { return A } catch {} });
        const __vi_import_0__ = await __vite_ssr_import__("/src/x.ts", { importedNames: ["x"] });
        class A { §m() { return (0,__vi_import_0__.x)(__vite_ssr_import_meta__.url) } }
      }}`,
    ],
  ])('%s', (_what, kind, text) => {
    const [facts, offset, plain] = marked(text, kind)
    expect(slice(plain, facts.classAround(offset))?.startsWith('class A { m() {')).toBe(true)
  })

  test('text that does not parse has no facts, and throws nothing', () => {
    for (const kind of ['script', 'module'] as const) {
      const facts = analyzeScript('class A { m() { } } ] what is this', kind)
      expect(facts.strictAt(12)).toBe(kind === 'module')
      expect(facts.classAround(12)).toBe(null)
      expect(facts.classDeclaring(12, 'x')).toBe(null)
      expect(facts.objectAround(12)).toBe(null)
      expect(facts.homeAround(12)).toBe(null)
      expect(facts.declarationAt(12)).toBe(false)
      expect(facts.imports.size).toBe(0)
    }
  })

  test('the same text is analyzed once', () => {
    const text = 'class A {}'
    expect(analyzeScript(text, 'script')).toBe(analyzeScript(`${text.slice(0, 5)} A {}`, 'script'))
    expect(analyzeScript(text, 'script')).not.toBe(analyzeScript(text, 'module'))
  })
})
