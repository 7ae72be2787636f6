// Whatever a function's body begins with, nothing of it has run when the probe has stopped the function; or the function is
// refused. (V8 has its places to stop at in the order of its bytecode, and not at every effect.)
import { describe, expect, test } from 'vitest'
import { ProbeError, probe } from '../../serializer/capture/index.ts'
import { rememberSource } from '../../serializer/pickle/source.ts'
import { ask, factsOf, runProgram } from './support.ts'

let ran = 0
const scope = {
  effect: () => ++ran,
  o: {
    get e() {
      return ++ran
    },
    set e(_) {
      ran++
    },
    m: {
      get e() {
        ran++
        return []
      },
    },
  },
  Base: class {},
  Proxied: new Proxy(class {}, { get: (target, key) => ++ran && Reflect.get(target, key) }),
  yes: true,
  no: false,
}

const make = (text: string): object =>
  new Function(...Object.keys(scope), `return ${text}`)(...Object.values(scope))

const statements = [
  ...[
    'effect()',
    'o.e',
    'o.e = 1',
    'o.e++',
    'no ? effect() : o.e',
    'no && effect(); o.e',
    'null ?? effect()',
  ],
  ...['var v = o.e', 'let q, r = no ? effect() : o.e', 'const { x = effect() } = {}', 'const q = 1; o.e'],
  ...['if (yes) effect()', 'if (o.e) ;', 'switch (o.e) { case 1: effect() }', 'throw o.e', 'return o.e'],
  ...['switch (yes) { case no: effect(); case o.e: }', 'while (o.e) break', 'while (effect(o.e) < 0) ;'],
  ...['for (const x of o.m.e) ;', 'for (const x of effect(o.e).x) ;', 'for (const x in o.m.e) effect()'],
  ...[
    'for (;; o.e) { if (yes) break }',
    'for (; effect(o.e) < 0; o.e) effect()',
    'for (let i;;) { o.e; break }',
  ],
  ...['do { if (no) effect(); else o.e } while (no)', 'try { o.e } finally { effect() }', 'label: { o.e }'],
  ...['class A {} class B extends A { x = o.e } effect()', 'class C extends Base {} o.e', 'let f; f = o.e'],
  ...[
    'function g() { effect() } o.e',
    '[() => 1, o.e].map(() => effect())',
    'new class { static { effect() } }',
  ],
  'return class { static { effect() } }',
]
const unsure = [
  ...['class C { static { effect() } }', 'class C { static x = o.e }', 'class C extends (o.e, Object) {}'],
  ...['class C extends Proxied {}', 'class C { [o.e] = 1 }', '1; class C { static { effect() } }'],
  ...['try { } catch { effect() } o.e', 'try { } finally { o.e }', 'if (!0) effect(); else o.e'],
  ...['for (; false;) effect(); o.e', 'do { class C { static { effect() } } } while (no)'],
]
const around: Record<string, (body: string) => string> = {
  function: (body) => `function (a) { ${body} }`,
  'strict function': (body) => `function (a) { 'use strict'; ${body} }`,
  'function with a default': (body) => `function(a = effect()){${body}}`,
  'arrow function with a pattern': (body) => `([a = effect()]) => {${body}}`,
  'async function': (body) => `async function (a = effect()) { ${body} }`,
  generator: (body) => `function* (a = effect()) { ${body} }`,
  'async generator': (body) => `async function* (a) { ${body} }`,
  'class constructor': (body) => `class{constructor(){${body}}}`,
  'derived constructor': (body) => `class extends Base { constructor({ a }) { ${body}; super() } }`,
}

describe('nothing has run before it is stopped', () => {
  for (const [form, text] of Object.entries(around)) {
    test(`of a ${form}`, () => {
      ran = 0
      for (const body of statements) expect([ask(make(text(body)), '7'), ran, body]).toEqual([7, 0, body])
      for (const body of unsure) {
        expect(() => ask(make(text(body)), '7'), body).toThrow(ProbeError)
        expect([ran, body]).toEqual([0, body])
      }
    })
  }

  test('of an arrow function with an expression', () => {
    ran = 0
    for (const expression of [
      ...['effect(o.e) + 1', '(o.e, effect())', '[o.e]', '({ [o.e]: 1 })', 'no ? effect() : o.e'],
      ...[
        'class { static { effect() } }',
        '`${o.e}`',
        'effect`${o.e}`',
        '() => o.e',
        '(function () {})(o.e)',
      ],
      '[() => 1].map((x) => x(o.e)).filter(effect)',
    ])
      for (const parameters of ['()', '(x = effect())', '({ x })'])
        expect([ask(make(`${parameters}=>${expression}`), '7'), ran, expression]).toEqual([7, 0, expression])
    // V8 tells no place in front of the chain.
    expect(() => ask(make('(x = 1) => o?.e'), '7')).toThrow(ProbeError)
    expect(ran).toBe(0)
  })
})

test("esbuild's static blocks, which keep the names of classes, may run; those of a look-alike do not", () => {
  ran = 0
  const classes = (helper: string) =>
    new Function(
      'effect',
      `const __defProp = Object.defineProperty, other = () => effect(), __name = ${helper}
       return () => { class C { static { __name(this, "C") } } return effect() }`,
    )(scope.effect) as object
  const helper = (define: string) =>
    `(target, value) => ${define}(target, "name", { value, configurable: true })`
  expect(ask(classes(helper('__defProp')), '7')).toBe(7)
  for (const other of [helper('other'), '() => effect()', 'new Proxy(__defProp, { apply: effect })'])
    expect(() => ask(classes(other), '7')).toThrow(ProbeError)
  expect(ran).toBe(0)
})

test('facts of another text than the one that V8 has are not gone by', () => {
  ran = 0
  const fn = make('class { constructor(a) { if (a.x) return; effect() } }')
  const longer = 'class { constructor(a, b, c, d, e, f, g, h, i, j) { if (a.x) return; effect() } }'
  rememberSource(fn, longer)
  expect(probe(fn, factsOf(make(longer)), '7')).toBe(7)
  expect(ran).toBe(0)
})

test('where V8 would crash, at strict code that an eval has made, the function is refused', () => {
  const program = `const n = 1, make = (text) => eval('(' + text + ')')
    const texts = ["function (a = 1) { eval('n') }", '({ m(a) { arguments; return n } }).m', 'async (a = 1) => { eval(a); n }',
      'function (a) { { function g() { n } } return () => g }']
    texts.push("() => eval('n')", '(a) => { if (a) { function g() { n } } return () => g }')
    const within = '(a) => { return [() => { function g() { n } return g }, n, () => eval(a)] }'
    report([...texts, '() => n', '(a = 1) => n', '(a) => eval(a)', within, '(a) => { function g() { n } return g }'].map(make).map((fn) => {
      try { return capture.probe(fn, factsOf(fn), 'n') } catch (error) { return error.name }
    }))`
  expect(runProgram(program)).toEqual([...Array(6).fill('ProbeError'), 1, 1, 1, 1, 1])
})
