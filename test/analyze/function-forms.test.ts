// Every form of text that Function.prototype.toString gives is recognized, with its modifiers, key and name.
import { describe, expect, test } from 'vitest'
import { analyzeFunction, type FunctionFacts } from '../../serializer/analyze/index.ts'

const staticKey = (name: string) => ({ kind: 'static', name })

/** The functions themselves, so that V8 writes the texts. */
function methodsOf(object: object): Function[] {
  return Reflect.ownKeys(object).flatMap((key) => {
    const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key)!
    return [value, get, set].filter((found) => typeof found === 'function')
  })
}

describe('methods and accessors', () => {
  const symbol = Symbol('key')
  const object = {
    plain() {},
    async asynchronous() {},
    *generator() {},
    async *both() {},
    get getter() {
      return 1
    },
    set setter(_value: number) {},
    'quoted key'() {},
    123() {},
    0.5() {},
    [symbol]() {},
    async *[Symbol.iterator]() {},
    ['con' + 'cat']() {},
    // Names that are words of the syntax.
    get() {},
    set() {},
    async() {},
    static() {},
    await() {},
    yield() {},
    class() {},
    new() {},
    constructor() {},
    get new2() {
      return 1
    },
    async async2() {},
    async get2() {},
  }
  test.each(methodsOf(object).map((method) => [method.toString(), method] as const))('%s', (text, method) => {
    const facts = analyzeFunction(text)
    const form = text.startsWith('get ') ? 'getter' : text.startsWith('set ') ? 'setter' : 'method'
    expect(facts.form).toBe(form)
    expect(facts.ownName).toBe(null)
    const { name } = method
    const isPlainName = !name.startsWith('[') && facts.key?.kind === 'static'
    if (isPlainName) expect(facts.key).toEqual(staticKey(name.replace(/^[gs]et /, '')))
    else expect(facts.key?.kind).toBe('computed')
    expect(facts.isAsync).toBe(/Async/.test(Object.prototype.toString.call(method)))
    expect(facts.isGenerator).toBe(/Generator/.test(Object.prototype.toString.call(method)))
  })

  test('of classes, static ones too', () => {
    class Sample {
      method() {}
      static method() {}
      static async *[Symbol.asyncIterator]() {}
      static get static() {
        return 1
      }
    }
    expect(analyzeFunction(Sample.prototype.method.toString())).toMatchObject({ form: 'method' })
    expect(analyzeFunction(Sample.method.toString())).toMatchObject({
      form: 'method',
      key: staticKey('method'),
    })
    const { get } = Object.getOwnPropertyDescriptor(Sample, 'static')!
    expect(analyzeFunction(get!.toString())).toMatchObject({ form: 'getter', key: staticKey('static') })
    const iterator = analyzeFunction(Sample[Symbol.asyncIterator].toString())
    expect(iterator).toMatchObject({ form: 'method', isAsync: true, isGenerator: true })
  })

  test('with private names', () => {
    const key = { kind: 'private', name: 'secret' }
    expect(analyzeFunction('#secret() {}')).toMatchObject({ form: 'method', key, privateNames: [] })
    expect(analyzeFunction('get #secret() { return this.#other }')).toMatchObject({
      form: 'getter',
      key,
      privateNames: ['other'],
    })
    expect(analyzeFunction('set #secret(value) {}')).toMatchObject({ form: 'setter', key })
    expect(analyzeFunction('async *#secret() {}')).toMatchObject({ isAsync: true, isGenerator: true, key })
  })

  test('a computed key says where it stands and what it needs', () => {
    const text = 'async *[ /* [ */ (first, second[0]) ] () { return first }'
    const { key, free } = analyzeFunction(text)
    if (key?.kind !== 'computed') throw new Error('not computed')
    expect(text.slice(key.range.start, key.range.end)).toBe('[ /* [ */ (first, second[0]) ]')
    expect(text.slice(key.expression.start, key.expression.end)).toBe(' /* [ */ (first, second[0]) ')
    expect(key).toMatchObject({ constant: null, free: ['first', 'second'] })
    expect(free.map(({ name, definitionOnly }) => [name, definitionOnly])).toEqual([
      ['first', false],
      ['second', true],
    ])
  })

  test.each([
    ["['a']() {}", 'a'],
    ['[1.50]() {}', '1.5'],
    ['[`a`]() {}', 'a'],
    ['[10n]() {}', '10'],
    ['[true]() {}', 'true'],
    ['[null]() {}', 'null'],
    ['[undefined]() {}', null],
    ['[/x/]() {}', null],
    ['[`a${1}`]() {}', null],
  ])('the constant of the key of %s is %j', (text, constant) => {
    expect(analyzeFunction(text).key).toMatchObject({ kind: 'computed', constant })
  })

  test('a key may wait or yield as the function around it does', () => {
    expect(analyzeFunction('[await key]() {}').key).toMatchObject({ free: ['key'] })
    expect(analyzeFunction('[yield key]() {}').key).toMatchObject({ free: ['key'] })
  })
})

describe('functions and arrows', () => {
  const arrow: Partial<FunctionFacts> = { form: 'arrow', ownName: null, key: null }
  test.each([
    ['() => 1', arrow],
    ['x => x', arrow],
    ['async x => x', { ...arrow, isAsync: true }],
    ['async (x) => x', { ...arrow, isAsync: true }],
    ['async(x) => x', { ...arrow, isAsync: true }],
    ['async => async', { ...arrow, isAsync: false }],
    ['get => get', arrow],
    ['({ get }) => get', arrow],
    ['_$1 /* => */ => _$1', arrow],
    ['é => é', arrow],
    ['\\u0061b => ab', arrow],
    ['function () {}', { form: 'function', ownName: null }],
    ['function named() {}', { form: 'function', ownName: 'named' }],
    ['function* named() {}', { form: 'function', isGenerator: true }],
    ['async function () {}', { form: 'function', isAsync: true, isGenerator: false }],
    ['async /**/ function*named() {}', { form: 'function', isAsync: true, isGenerator: true }],
    ['function anonymous(a,b\n) {\nreturn a\n}', { form: 'function', ownName: 'anonymous' }],
    ['class {}', { form: 'class', ownName: null, ownStrict: true }],
    ['class Named extends Base {}', { form: 'class', ownName: 'Named' }],
    ['class/**/{}', { form: 'class' }],
  ])('%s', (text, facts) => {
    expect(analyzeFunction(text)).toMatchObject(facts)
  })

  test('a class or method called as a word of the syntax is told from that word', () => {
    expect(analyzeFunction('class() {}')).toMatchObject({ form: 'method', key: staticKey('class') })
    expect(analyzeFunction('class /* ( */ () {}')).toMatchObject({ form: 'method' })
    expect(analyzeFunction('async(x) { return x }')).toMatchObject({
      form: 'method',
      key: staticKey('async'),
    })
    expect(analyzeFunction('async () { return 1 }')).toMatchObject({ form: 'method', isAsync: false })
    expect(analyzeFunction('get () {}')).toMatchObject({ form: 'method', key: staticKey('get') })
    expect(analyzeFunction('async function2() {}')).toMatchObject({
      form: 'method',
      key: staticKey('function2'),
    })
    expect(analyzeFunction('async get() {}')).toMatchObject({
      form: 'method',
      isAsync: true,
      key: staticKey('get'),
    })
  })

  test('a method called function is a function unless it uses super or the caller says so', () => {
    expect(analyzeFunction('function() { return 1 }')).toMatchObject({ form: 'function', key: null })
    const key = staticKey('function')
    expect(analyzeFunction('function() { return super.x }')).toMatchObject({ form: 'method', key })
    expect(analyzeFunction('function() { return 1 }', { method: true })).toMatchObject({
      form: 'method',
      key,
    })
    expect(analyzeFunction('async function() {}', { method: true })).toMatchObject({
      form: 'method',
      isAsync: true,
    })
    expect(analyzeFunction('() => 1', { method: true })).toMatchObject({ form: 'arrow' })
  })

  test("'use strict' counts in the directive prologue only", () => {
    expect(analyzeFunction("function f() { 'use strict' }").ownStrict).toBe(true)
    expect(analyzeFunction('() => { \'other\'; "use strict"; }').ownStrict).toBe(true)
    expect(analyzeFunction("method() { 'use strict' }").ownStrict).toBe(true)
    expect(analyzeFunction("() => { 1; 'use strict' }").ownStrict).toBe(false)
    expect(analyzeFunction("() => { ('use strict') }").ownStrict).toBe(false)
    expect(analyzeFunction("() => { 'use\\x20strict' }").ownStrict).toBe(false)
    expect(analyzeFunction("() => 'use strict'").ownStrict).toBe(false)
    expect(analyzeFunction("() => () => { 'use strict' }").ownStrict).toBe(false)
  })
})

describe('length is that of the function itself', () => {
  test.each([
    () => 1,
    (a: number, b: number) => a + b,
    (a: number, b = 1, c: number) => [a, b, c],
    ({ a }: { a: number }, [b]: number[]) => [a, b],
    ({ a } = { a: 1 }) => a,
    (...a: number[]) => a,
    (a: number, ...b: number[]) => [a, b],
    function (a: number, b: number, c = b) {
      return [a, b, c]
    },
    class {},
    class extends Map {},
    class {
      constructor(a: number, b: number, c = a + b) {
        this.method(c)
      }
      method(a: number) {
        return a
      }
    },
    { method(a: number, b = a) {} }.method,
    Object.getOwnPropertyDescriptor({ set a(b: number) {} }, 'a')!.set!,
  ])('%s', (fn) => {
    expect(analyzeFunction(fn.toString()).length).toBe(fn.length)
  })
})

describe('code that is legal only where it stood', () => {
  test.each([
    ['sloppy words', '() => { var yield = 1, await = 2, let = 3, static = 4; return yield + await + let }'],
    ['an arrow called await', 'await => await'],
    ['octal literals', '() => 010 + 08'],
    ['with', '(a) => { with (a) b }'],
    ['HTML comments', '() => {\n<!-- x y z\n--> x y z\n}'],
    ['duplicate parameters', 'function (a, a) {}'],
    ['super in an arrow', '() => super.x + super[y]'],
    ['super() in an arrow', '(...values) => super(...values)'],
    ['new.target in an arrow', '() => new.target'],
    ['import.meta', '() => import.meta.url'],
    ['private names', '() => this.#x + (#y in this)'],
    ['await in a heritage', 'class extends (await base()) {}'],
    ['yield in a heritage', 'class extends (yield) {}'],
    ['yield in a computed key', 'class { [yield]() {} }'],
    ['arguments as the name of a private field', 'class { #arguments = 1 }'],
    ['a regular expression that only newer engines know', '() => /(?<a>x)|(?<a>y)|(?i:z)/v'],
    ['using', '() => { using a = b; }'],
    ['import attributes', "() => import('x', { with: { type: 'json' } })"],
  ])('%s', (_what, text) => {
    expect(() => analyzeFunction(text)).not.toThrow()
  })

  test('<!-- is an operator where only a module can be meant', () => {
    expect(analyzeFunction('(a, b) => { if (a<!--b) c() }').free.map(({ name }) => name)).toEqual(['c'])
  })
})

describe('what is no function is refused with a SyntaxError', () => {
  test.each([
    'function foo() { [native code] }',
    'class Foo { [native code] }',
    '',
    '1',
    'x',
    '() => 1, 2',
    '() => 1)(',
    '() => 1 // comment',
    'a() {}, b() {}',
    'a() {} }, {',
    'x: 1',
    '{}',
  ])('%j', (text) => {
    expect(() => analyzeFunction(text)).toThrow(SyntaxError)
  })
})
