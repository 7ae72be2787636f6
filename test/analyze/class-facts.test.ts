// The parts of a class are found as ranges of its text, whatever stands between its tokens.
import { describe, expect, test } from 'vitest'
import {
  analyzeFunction,
  type ClassElement,
  type ClassFacts,
  type Range,
} from '../../serializer/analyze/index.ts'

function classFacts(text: string): ClassFacts {
  const { classFacts } = analyzeFunction(text)
  if (classFacts === null) throw new Error('no class')
  return classFacts
}

function element(text: string): ClassElement {
  const { elements } = classFacts(text)
  expect(elements).toHaveLength(1)
  return elements[0]
}

const slice = (text: string, range: Range | null) => range && text.slice(range.start, range.end)

test('only a class has class facts', () => {
  expect(analyzeFunction('() => class {}').classFacts).toBe(null)
  expect(analyzeFunction('class {}').classFacts).toEqual({
    heritage: null,
    body: { start: 7, end: 7 },
    elements: [],
  })
})

describe('the heritage is found with its parentheses', () => {
  test.each([
    ['class extends A {}', 'A'],
    ['class Name extends A.b(c) {}', 'A.b(c)'],
    ['class extends (A, B) {}', '(A, B)'],
    ['class extends ((A)) {}', '((A))'],
    ['class /* extends */ extends /* ( */ ( /* x */ A /* ) */ ) /* y */ {}', '( /* x */ A /* ) */ )'],
    ['class A // comment\nextends // comment\nB\n{}', 'B'],
    ['class extends class {} {}', 'class {}'],
    ['class extends (class {}) {}', '(class {})'],
    ['class $é extends null {}', 'null'],
  ])('%s', (text, heritage) => {
    const facts = classFacts(text)
    expect(slice(text, facts.heritage)).toBe(heritage)
    expect(facts.heritage?.isNull).toBe(heritage === 'null')
  })
})

test('the body is what stands between its braces', () => {
  const text = 'class A extends f({}) { x = {}; m() {} /* } */ }'
  expect(slice(text, classFacts(text).body)).toBe(' x = {}; m() {} /* } */ ')
})

test('elements come in source order, each with kind, key and whole range', () => {
  const parts = [
    'constructor(a, b = {}) { super() }',
    'method() {}',
    'static async *[Symbol.iterator]() {}',
    "get 'a b'() {}",
    'set #secret(value) {}',
    'field = 1;',
    'static #count;',
    '12;',
    'static { this.x }',
    'static',
    ';get;',
    'static async',
    ';static static = 1;',
    'async get() {}',
    'static get static() {}',
  ]
  const text = `class extends A { ${parts.join(' ')} }`
  const { elements } = classFacts(text)
  const shape = elements.map(({ kind, isStatic, key }) => [
    `${isStatic ? 'static ' : ''}${kind}`,
    key && (key.kind === 'computed' ? slice(text, key.range) : key.name),
  ])
  expect(shape).toEqual([
    ['constructor', 'constructor'],
    ['method', 'method'],
    ['static method', '[Symbol.iterator]'],
    ['get', 'a b'],
    ['set', 'secret'],
    ['field', 'field'],
    ['static field', 'count'],
    ['field', '12'],
    ['static static-block', null],
    ['field', 'static'],
    ['field', 'get'],
    ['static field', 'async'],
    ['static field', 'static'],
    ['method', 'get'],
    ['static get', 'static'],
  ])
  const texts = elements.map(({ range }) => slice(text, range))
  expect(texts.slice(0, 7)).toEqual(parts.slice(0, 7))
  expect(elements.map(({ key }) => key?.kind).filter((kind) => kind === 'private')).toHaveLength(2)
})

test('bodyStart is just behind the brace of the constructor', () => {
  const text = 'class { constructor(a = {}) /* { */ { this.a = a } }'
  const { bodyStart } = element(text)
  expect(text.slice(bodyStart!)).toBe(' this.a = a } }')
  expect(element("class { 'constructor'() {} }").kind).toBe('constructor')
  expect(element('class { static constructor() {} }')).toMatchObject({ kind: 'method', bodyStart: null })
  expect(element("class { ['constructor']() {} }")).toMatchObject({ kind: 'method', bodyStart: null })
  expect(element('class { m() {} }').bodyStart).toBe(null)
})

test('functionStart is where toString starts, behind static', () => {
  const source = `class Sample {
    static /* get */ async *[Symbol.iterator]() {}
    static
    get
    value() { return 1 }
    static static() {}
    plain() {}
    async static2() {}
  }`
  const Sample = new Function(`return ${source}`)() as { [key: PropertyKey]: Function; prototype: never }
  const prototype = Sample.prototype as { [key: string]: Function }
  const functions = [
    Sample[Symbol.iterator],
    Object.getOwnPropertyDescriptor(Sample, 'value')!.get!,
    Sample.static,
    prototype.plain,
    prototype.static2,
  ]
  const text = Sample.toString()
  const { elements } = classFacts(text)
  for (const [index, { functionStart, range }] of elements.entries()) {
    expect(text.slice(functionStart, range.end)).toBe(functions[index].toString())
  }
})

describe('initializers are found with their parentheses', () => {
  test.each([
    ['x = 1', '1'],
    ['x = 1;', '1'],
    ['x = (1, 2) ;', '(1, 2)'],
    ['x = (1) /* ; */ ;', '(1)'],
    ['x /* = */ = /* ( */ ((a) => a) // )', '((a) => a)'],
    ["static 'a = b' = c", 'c'],
    ['[(a = b)] = c', 'c'],
    ['static [a] /* x */ = [b]', '[b]'],
    ['#x = () => { return ";" };', '() => { return ";" }'],
    ['x', null],
    ['x;', null],
    ['m() {}', null],
  ])('%s: %j', (body, initializer) => {
    const text = `class { ${body}\n}`
    expect(slice(text, element(text).initializer)).toBe(initializer)
  })
})

describe('an initializer that may be evaluated again is pure', () => {
  test.each([
    '1',
    "'a'",
    '`a`',
    'null',
    '/x/g',
    '10n',
    '-1',
    '!0',
    'void 0',
    '60 * 60 * 1000',
    "'a' + 'b'",
    '() => f(x)',
    'async function () { return x }',
    '[]',
    '[1, , [() => x]]',
    '{}',
    "{ a: 1, 'b': [2], get c() { return x }, d() {}, ['e']: 3 }",
    '({})',
  ])('%s is', (initializer) => {
    expect(element(`class { static x = ${initializer} }`).pure).toBe(true)
  })
  test.each([
    'a',
    'undefined',
    'f()',
    'new Map()',
    'this',
    'this.a',
    'a.b',
    '`${1}`',
    '[a]',
    '[...[]]',
    '{ a: b }',
    '{ ...{} }',
    '{ [a]: 1 }',
    '{ [{}]: 1 }',
    'a = 1',
    'class {}',
    '1 in {}',
    '-a',
    '1 + {}',
    '1 ? 2 : 3',
    '(1, f())',
    'f``',
    'import.meta',
  ])('%s is not', (initializer) => {
    expect(element(`class { static x = ${initializer} }`).pure).toBe(false)
  })
  test('a field without initializer is, and a static block is not', () => {
    expect(element('class { static x }').pure).toBe(true)
    expect(element('class { static {} }').pure).toBe(false)
  })
})

test('a computed key tells the names that it needs from outside of the class', () => {
  const text = 'class Own { [a + (b => b + c)(Own)]() {} }'
  expect(element(text).key).toMatchObject({ kind: 'computed', free: ['a', 'c'], constant: null })
  expect(element("class { ['x']() {} }").key).toMatchObject({ kind: 'computed', free: [], constant: 'x' })
})
