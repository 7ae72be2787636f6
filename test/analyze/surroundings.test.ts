// What a function takes from the code around it other than variables: this, arguments, super, new.target, private
// names, import.meta; and what makes its variables uncertain: direct eval and with.
import { describe, expect, test } from 'vitest'
import { analyzeFunction, type FunctionFacts } from '../../serializer/analyze/index.ts'

type Flag = {
  [Key in keyof FunctionFacts]: FunctionFacts[Key] extends boolean ? Key : never
}[keyof FunctionFacts]

const flags: Flag[] = [
  'lexicalThis',
  'lexicalArguments',
  'lexicalNewTarget',
  'superProperty',
  'superCall',
  'directEval',
  'usesWith',
  'importMeta',
  'dynamicImport',
  'computedParameterKeys',
]

function flagsOf(text: string): Flag[] {
  const facts = analyzeFunction(text)
  return flags.filter((flag) => facts[flag])
}

describe('this, arguments, new.target and super', () => {
  test.each<[string, Flag[]]>([
    ['() => this', ['lexicalThis']],
    ['() => arguments', ['lexicalArguments']],
    ['() => new.target', ['lexicalNewTarget']],
    ['() => super.x', ['superProperty']],
    ['() => super.x()', ['superProperty']],
    ['() => { super.x = 1; super[y]++ }', ['superProperty']],
    ['() => super()', ['superCall']],
    ['() => () => [this, arguments, new.target, super.x]', flags.slice(0, 4)],
    ['(a = this, { [arguments[0]]: b }) => a', ['lexicalThis', 'lexicalArguments', 'computedParameterKeys']],
    ['() => function () { return [this, arguments, new.target] }', []],
    ['() => ({ m() { return [this, arguments, super.x] } })', []],
    ['() => ({ get [this.x]() { return this } })', ['lexicalThis']],
    ['(arguments) => arguments', []],
    ['() => { var arguments; return arguments }', []],
    ['() => { { let arguments } return arguments }', ['lexicalArguments']],
    ['function () { return [this, arguments, new.target, () => [this, arguments, new.target]] }', []],
    ['m() { return [this, arguments, new.target, () => this] }', []],
    ['m() { return super.x }', ['superProperty']],
    ['get x() { return () => super.x }', ['superProperty']],
    ['m() { return { n() { return super.x } } }', []],
    [
      'm() { return class extends A { constructor() { super(); super.x } y = super.y; static { super.z } } }',
      [],
    ],
    ['m() { return class { [super.x]() {} } }', ['superProperty']],
    // Classes: fields and static blocks have their own, heritage and keys see those around.
    ['() => class extends this.x {}', ['lexicalThis']],
    ['() => class { [this.x] = 1 }', ['lexicalThis']],
    ['() => class { [arguments[0]]() {} }', ['lexicalArguments']],
    ['() => class { x = this; y = () => this; static z = new.target; static { this } }', []],
    ['() => class { constructor() { this; new.target; arguments } }', []],
    // Of the outermost class, heritage and keys are gone when it is rebuilt.
    ['class extends this.x { [this.y]() {} static [arguments[0]] = 1 }', []],
    ['class extends A { constructor() { super(); (() => super.x)() } m() { super.y } }', []],
    ['class { static { eval("") } static x = import.meta; static y = import("x") }', []],
    ['[this.x]() {}', []],
    ['[super.x]() {}', []],
  ])('%s: %j', (text, expected) => {
    expect(flagsOf(text)).toEqual(expected)
  })

  test('arguments is never among the free variables', () => {
    expect(analyzeFunction('() => arguments').free).toEqual([])
  })
})

describe('direct eval and with', () => {
  test.each<[string, Flag[]]>([
    ['() => eval("x")', ['directEval']],
    ['() => (eval)("x")', ['directEval']],
    ['() => () => eval("x")', ['directEval']],
    ['(eval) => eval("x")', ['directEval']],
    ['() => (0, eval)("x")', []],
    ['() => eval?.("x")', []],
    ['() => eval', []],
    ['() => x.eval("y")', []],
    ['() => new eval("x")', []],
    ['() => eval``', []],
    ['() => { with (x) y }', ['usesWith']],
    ['() => function () { with (x) y }', ['usesWith']],
    ['class { m() { return eval("") } }', ['directEval']],
    ['class { x = eval("") }', ['directEval']],
    ['class { static x = eval("") }', []],
  ])('%s: %j', (text, expected) => {
    expect(flagsOf(text)).toEqual(expected)
  })
})

describe('private names', () => {
  test.each<[string, string[]]>([
    ['() => this.#x', ['x']],
    ['() => #x in this', ['x']],
    ['() => { this.#x = 1; this.#y++; [this.#z] = [] }', ['x', 'y', 'z']],
    ['m() { return this?.#x.#y() }', ['x', 'y']],
    ['class { #x; m() { return this.#x + this.#y } }', ['y']],
    ['class { m() { return this.#x } #x() {} }', []],
    ['class { static get #x() {} m() { return () => class { y = this.#x } } }', []],
    ['() => class { #x; m() { return class { #y; m() { return this.#x + this.#y + this.#z } } } }', ['z']],
    ['() => class { #x; m() { return class extends this.#x { #x } } }', []],
    ['() => class extends a.#x { #x }', ['x']],
    ['() => class { [a.#x]; #x }', []],
    ['() => { class A { #x } return a.#x }', ['x']],
    ['class extends a.#x { static { b.#y } }', []],
  ])('%s: %j', (text, names) => {
    expect(analyzeFunction(text).privateNames).toEqual(names)
  })
})

describe('import', () => {
  test('every import.meta and import() can be found in the text', () => {
    const text =
      '() => { import.meta.url; return () => import ("x").then(y => import.meta) + import(import.meta.x) }'
    const facts = analyzeFunction(text)
    expect(facts).toMatchObject({ importMeta: true, dynamicImport: true })
    const slice = ({ start, end }: { start: number; end: number }) => text.slice(start, end)
    expect(facts.importMetaRanges.map(slice)).toEqual(['import.meta', 'import.meta', 'import.meta'])
    expect(facts.dynamicImportRanges.map(slice)).toEqual(['import', 'import'])
  })

  test('of a class, the ranges are of all its text and the flags of what remains', () => {
    const text = 'class { static x = import.meta; static { import("y") } }'
    const facts = analyzeFunction(text)
    expect(facts).toMatchObject({ importMeta: false, dynamicImport: false })
    expect(facts.importMetaRanges).toEqual([{ start: 19, end: 30 }])
    expect(facts.dynamicImportRanges).toEqual([{ start: 41, end: 47 }])
    expect(analyzeFunction('class { x = import.meta; m() { return import("y") } }')).toMatchObject({
      importMeta: true,
      dynamicImport: true,
    })
  })

  test('offsets are those of the given text for methods too', () => {
    for (const text of [
      'm() { return import.meta }',
      '#m() { return import.meta }',
      '[yield]() { return import.meta }',
    ]) {
      const [{ start, end }] = analyzeFunction(text).importMetaRanges
      expect(text.slice(start, end)).toBe('import.meta')
    }
  })
})

test.each([
  ['({ [a]: b }) => b', true],
  ['([{ c: { [a]: b } = {} }]) => b', true],
  ['(...[{ [a]: b }]) => b', true],
  ['m({ [a]: b }) {}', true],
  ['class { constructor({ [a]: b }) {} }', true],
  ['({ a: b = { [c]: 1 } }) => b', false],
  ['(a) => { const { [b]: c } = a }', false],
  ['() => ({ [a]: b }) => b', false],
  ['class { m({ [a]: b }) {} }', false],
])('computed keys in parameters: %s: %s', (text, expected) => {
  expect(analyzeFunction(text).computedParameterKeys).toBe(expected)
})
