// Which names are free in a function, and how they are used.
import { describe, expect, test } from 'vitest'
import { analyzeFunction } from '../../serializer/analyze/index.ts'
import { free, freeNames, written } from './support.ts'

describe('a name is free if the function uses it and does not declare it', () => {
  test.each<[string, string[]]>([
    ['() => x', ['x']],
    ['x => x', []],
    ['() => b + a + b', ['b', 'a']],
    ['({ a, b: [c], ...d }, [e, , f = g] = h, ...[i]) => a + b + c + d + e + f + i', ['g', 'h', 'b']],
    // Names that are no variables.
    ['() => { a: for (;;) { if (x) break a; continue a } }', ['x']],
    ['() => x.exit', ['x']],
    ['() => ({ a: 1, b() {}, get c() {}, [d]: 2 })', ['d']],
    ['() => ({ a, b: c, ...e })', ['a', 'c', 'e']],
    ['() => class { a = 1; b() {} static c }', []],
    ['() => new.target + import.meta', []],
    ['() => `${a}` + b`${c}`', ['a', 'b', 'c']],
    ['() => a?.b?.[c]?.(d)', ['a', 'c', 'd']],
    ['async () => { for await (const a of b) await a; await import(c) }', ['b', 'c']],
    ['function* () { yield a; yield* b }', ['a', 'b']],
    ['(a) => #x in b && a.#y', ['b']],
    ['() => undefined', ['undefined']],
    // Nested functions and classes.
    ['() => () => x', ['x']],
    ['() => { let x; return () => x }', []],
    ['(x) => function () { return x + arguments.length }', []],
    ['() => function self() { return self }', []],
    ['() => { (function self() {}); return self }', ['self']],
    ['() => { (class Self { m() { Self } }); return Self }', ['Self']],
    ['() => { class Self extends Base {} return Self }', ['Base']],
    ['() => class { static { var a; let b; c } d = e }', ['c', 'e']],
    ['() => class { static { var a } b = a }', ['a']],
  ])('%s', (text, names) => {
    expect(freeNames(text)).toEqual(names)
  })
})

describe('declarations are visible in their scope, before and after', () => {
  test.each<[string, string[]]>([
    ['() => { x; { { var x } } }', []],
    ['() => { x; for (var x of y); }', ['y']],
    ['() => { x; if (1) for (var { a: [x] } in y); }', ['y']],
    ['() => { f(); function f() {} }', []],
    ['() => { { f(); let f } f }', ['f']],
    ['() => { x; { let x } }', ['x']],
    ['() => { x; { const x = 1 } }', ['x']],
    ['() => { C; { class C {} } }', ['C']],
    ['() => { { x; class x {} } }', []],
    ['() => { { using x = y } x }', ['y', 'x']],
    ['() => { for (let x = 0; x < 1; x++) x; x }', ['x']],
    ['() => { for (const x of x); }', []],
    ['() => { for (const x of y) x; x }', ['y', 'x']],
    ['() => { for (let { x = () => z } of y) { let z; x } }', ['z', 'y']],
    ['() => { switch (x) { case y: let x, y; default: x } }', ['x']],
    ['() => { switch (1) { case 1: let x } x }', ['x']],
    ['() => { try {} catch (e) { e } e }', ['e']],
    ['() => { try {} catch ({ a, b = () => c }) { let c; a } }', ['c']],
    ['() => { try {} catch { e } }', ['e']],
    ['() => { try { let x } finally { x } }', ['x']],
    ['() => { try {} catch (e) { var e = 1 } e }', []],
    ['(a = () => b) => { var b; return a }', ['b']],
    ['(a = b, b) => a', []],
    ['(a = x) => { let x; return a }', ['x']],
    ['(a, b = a) => { var a; return b }', []],
    ['function f(a = f) {}', []],
    ['() => { l: function f() {} f }', []],
    ['() => { x; with (y) { var x; z } }', ['y', 'z']],
  ])('%s', (text, names) => {
    expect(freeNames(text)).toEqual(names)
  })
})

// Each text returns what `f` means there; V8 itself is asked whether that is the variable outside.
describe('a function in a block is visible outside of it as V8 has it', () => {
  const bodies = [
    '{ function f() {} } return f',
    'if (true) { function f() {} } return f',
    'if (true) function f() {} return f',
    'if (false); else function f() {} return f',
    'switch (1) { case 1: function f() {} } return f',
    'for (;;) { function f() {} break } return f',
    'try { throw 1 } catch (f) { { function f() {} } } return f',
    'try { throw 1 } catch ({ f = 1 }) { { function f() {} } } return f',
    'l: { function f() {} } return f',
    '{ l: function f() {} } return f',
    '{ let f; { function f() {} } } return f',
    '{ { function f() {} } let f } return f',
    '{ function f() {} { function f() {} } } return f',
    '{ class f {} { function f() {} } } return f',
    'for (let f = 0; ; ) { { function f() {} } break } return f',
    'for (const f of [1]) { { function f() {} } } return f',
    '{ async function f() {} } return f',
    '{ function* f() {} } return f',
    '{ async function* f() {} } return f',
    'switch (1) { case 1: let f; { function f() {} } } return f',
    'let g = () => f; { function f() {} } return g()',
    '{ function f() {} f = 1 } return f',
    'return (() => { { function f() {} } return f })()',
    'return f; { function f() {} }',
  ]
  const outside = Symbol('the variable outside')
  for (const strict of [false, true]) {
    test.each(bodies)(`${strict ? 'strict' : 'sloppy'}: %s`, (body) => {
      let isOutside: boolean
      try {
        const prologue = strict ? "'use strict';" : ''
        const run = new Function('f', `${prologue} return (() => { ${body} })()`)
        isOutside = run(outside) === outside
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
        return
      }
      expect(freeNames(`() => { ${body} }`, { strict }).includes('f')).toBe(isOutside)
      if (strict) expect(freeNames(`() => { 'use strict'; ${body} }`).includes('f')).toBe(isOutside)
    })
  }

  test('in a class the code is strict', () => {
    expect(freeNames('class { m() { { function f() {} } return f } }')).toEqual(['f'])
  })

  test('closures in default parameters do not see it', () => {
    expect(freeNames('(a = () => f) => { { function f() {} } return a }')).toEqual(['f'])
  })
})

describe('assignments', () => {
  test.each<[string, string[]]>([
    ['() => { a = 1; b += 1; c ??= 1; d++; --e }', ['a', 'b', 'c', 'd', 'e']],
    ['() => { [a, b.x, ...c] = d }', ['a', 'c']],
    ['() => { ({ a, b: c, [d]: e = f, ...g } = h) }', ['a', 'c', 'e', 'g']],
    ['() => { for (a of b); for (c in d); for ([e] of f); for (g.x of h); }', ['a', 'c', 'e']],
    ['() => { delete a; delete b.c; delete (d) }', ['a', 'd']],
    ['() => { a.b = 1; a.c++; a[d] = 2 }', []],
    ['() => { let a = b; a = 1; var { c = d } = a }', []],
    ['() => () => { a = 1 }', ['a']],
    ['() => { eval = 1; undefined = 2 }', ['eval', 'undefined']],
  ])('%s writes %j', (text, names) => {
    expect(written(text)).toEqual(names)
  })

  test('one assignment among reads is enough', () => {
    expect(free('() => { x; x = 1; x }', 'x').written).toBe(true)
    expect(free('() => x', 'x').written).toBe(false)
  })
})

describe('members', () => {
  test.each<[string, string[] | null]>([
    ['() => x.a', ['a']],
    ['() => x.b + x.a + x.b', ['b', 'a']],
    ["() => x['a b'] + x['c']", ['a b', 'c']],
    ['() => x?.a', ['a']],
    ['() => x?.["a"].b', ['a']],
    ['() => x.a() + x.b`` + new x.C()', ['a', 'b', 'C']],
    ['() => () => x.a', ['a']],
    ['() => { x.a.b = 1; delete x.c.d; x.e.f++ }', ['a', 'c', 'e']],
    ['() => typeof x.a', ['a']],
    ['() => x.a ? -x.b : !x.c', ['a', 'b', 'c']],
    ['() => (x).a', ['a']],
    ['() => { const { a } = x.b }', ['b']],
    // Uses of the value itself.
    ['() => x', null],
    ['() => x.a + x', null],
    ['() => x() + x.a', null],
    ['() => x[a]', null],
    ['() => x[0]', null],
    ['() => x.a = 1', null],
    ['() => x.a += 1', null],
    ['() => x.a++', null],
    ['() => { [x.a] = y; x.b }', null],
    ['() => { for (x.a of y); }', null],
    ['() => delete x.a', null],
    ['() => delete x?.a', null],
    ['() => typeof x', null],
    ['() => ({ x })', null],
    ['() => { const { a } = x }', null],
    ['() => x?.()', null],
    ['() => x.#a', null],
    ['() => x = x.a', null],
    ['() => [...x]', null],
    ['() => x.a, y => x', null],
  ])('%s: %j', (text, members) => {
    if (text.includes(', y')) text = `() => [${text.split(', ').join(',')}]`
    expect(free(text, 'x').members).toEqual(members)
  })
})

test('typeofOnly: every use is the operand of typeof', () => {
  expect(free('() => typeof x', 'x').typeofOnly).toBe(true)
  expect(free("() => typeof x === 'undefined' ? 1 : typeof (x)", 'x').typeofOnly).toBe(true)
  expect(free('() => typeof x && x', 'x').typeofOnly).toBe(false)
  expect(free('() => typeof x.a', 'x').typeofOnly).toBe(false)
  expect(free('() => x', 'x').typeofOnly).toBe(false)
})

describe('the own name', () => {
  test.each<[string, string | null, boolean, boolean]>([
    ['function f() { return f() }', 'f', true, false],
    ['function f() { f = 1 }', 'f', true, true],
    ['function f() { return () => { f++ } }', 'f', true, true],
    ['function f() {}', 'f', false, false],
    ['function f(f) { f = 1 }', 'f', false, false],
    ['function f() { let f = 1; f = 2 }', 'f', false, false],
    ['function f(a = f) {}', 'f', true, false],
    ['class C { m() { return C } }', 'C', true, false],
    ['class C { x = () => C }', 'C', true, false],
    ['class C { static x = new C() }', 'C', false, false],
    ['class C { static { C.x = 1 } }', 'C', false, false],
    ['class C { static f = () => C }', 'C', true, false],
    ['() => f', null, false, false],
    ['f() { return f() }', null, false, false],
  ])('%s', (text, ownName, ownNameUsed, ownNameWritten) => {
    const facts = analyzeFunction(text)
    expect(facts).toMatchObject({ ownName, ownNameUsed, ownNameWritten })
    if (ownName !== null) expect(freeNames(text)).toEqual([])
  })
})

describe('of a class, what only its definition uses is told apart', () => {
  test.each<[string, string[]]>([
    ['class extends x {}', ['x']],
    ['class { [x]() {} }', ['x']],
    ['class { [x] = 1 }', ['x']],
    ['class { static [x] = 1 }', ['x']],
    ['class { static y = x }', ['x']],
    ['class { static y = [() => x, f(x)] }', ['x', 'f']],
    ['class { static { x } }', ['x']],
    ['class { static { () => x } }', ['x']],
    ['class extends (class { m() { x } }) {}', ['x']],
    ['class { m() { x } [x]() {} }', []],
    ['class { [x]() { x } }', []],
    ['class { constructor() { x } }', []],
    ['class { y = x }', []],
    ['class { static y() { x } }', []],
    ['class { static #y() { x } }', []],
    ['class { static y = () => x }', []],
    ['class { static y = { z: [function () { x }] } }', []],
    ['class { m(a = x) {} }', []],
    ['class { m() { return class extends x { static { x } } } }', []],
    ['() => class extends x { static { x } }', []],
    ['[x]() {}', ['x']],
    ['get [x]() { return x }', []],
  ])('%s: %j', (text, names) => {
    const definitionOnly = analyzeFunction(text).free.filter((variable) => variable.definitionOnly)
    expect(definitionOnly.map(({ name }) => name)).toEqual(names)
    expect(freeNames(text)).toContain('x')
  })

  test('and what is said of the others is of the code that remains', () => {
    const text =
      'class extends x.Base { static { x = 1; y = 2 } m() { return x.a } [x.b]() { return typeof x.c } }'
    expect(free(text, 'x')).toEqual({
      name: 'x',
      written: false,
      members: ['a', 'c'],
      typeofOnly: false,
      definitionOnly: false,
    })
    expect(free(text, 'y')).toMatchObject({ written: true, definitionOnly: true })
  })
})
