// Large and deep texts: the time is linear in their length, and no chain of operators or calls is too long.
import { describe, expect, test } from 'vitest'
import { TextCache } from '../../serializer/analyze/cache.ts'
import { analyzeFunction, analyzeScript } from '../../serializer/analyze/index.ts'
import { freeNames } from './support.ts'

const repeat = (count: number, text: (index: number) => string, separator = '') =>
  Array.from({ length: count }, (_, index) => text(index)).join(separator)

describe('long chains do not overflow the stack', () => {
  const count = 100_000
  test.each([
    ['a + a + ...', () => repeat(count, () => 'a', ' + ')],
    ['a || a || ...', () => repeat(count, () => 'a', ' || ')],
    ['a ?? a ?? ...', () => repeat(count, () => 'a', ' ?? ')],
    ['a * a + a * a ...', () => repeat(count, () => 'a * a', ' + ')],
    ['a.b().b() ...', () => `a${repeat(count, () => '.b()')}`],
    ['a?.b?.b ...', () => `a${repeat(count, () => '?.b')}`],
    ['a`` `` ...', () => `a${repeat(count, () => '``')}`],
    ['a, a, ...', () => `(${repeat(count, () => 'a', ', ')})`],
    ['[a, a, ...]', () => `[${repeat(count, () => 'a', ', ')}]`],
    ['if (a) a; else if ...', () => `{ ${repeat(1500, () => 'if (a) a; else ')} a }`],
    ['a ? a : a ? ...', () => `${repeat(1000, () => 'a ? a : ')} a`],
  ])('%s', (_what, body) => {
    expect(freeNames(`() => ${body()}`)).toEqual(['a'])
  })

  test('precedence is as it was', () => {
    // Were it otherwise, what the arrow takes in would differ.
    expect(freeNames('() => a ?? b + c * d ** e')).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(freeNames('(a) => { for (var b = 1 + a; b in c; ) ; for (d in e + f) ; }')).toEqual([
      'c',
      'd',
      'e',
      'f',
    ])
  })
})

describe('time is linear', () => {
  // Of the processor's time: how long it takes depends on what else the machine does.
  const within = (milliseconds: number, run: () => void) => {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1000).toBeLessThan(milliseconds)
  }

  test('2 MB of functions take seconds at most', () => {
    const text = `() => { ${repeat(17_000, (i) => `function f${i}(a, b) { const c = a + b; if (c > x${i % 100}) return g(c, () => f${i}(b, a)); let d = [c]; return { a, b, c, d } }\n`)} }`
    expect(text.length).toBeGreaterThan(2_000_000)
    within(8_000, () => expect(freeNames(text)).toHaveLength(101))
  })

  test('65,000 free variables, or declared ones, take seconds at most', () => {
    within(5_000, () => {
      const names = repeat(65_000, (i) => `v${i}`, ', ')
      expect(freeNames(`() => { { return () => [${names}] } }`)).toHaveLength(65_000)
      expect(freeNames(`() => { let ${names}; return [${names}] }`)).toEqual([])
      expect(freeNames(`(x) => { ${repeat(65_000, (i) => `{ function v${i}() {} }`)} return x }`)).toEqual([])
    })
  })

  test('a script with 20,000 classes, and a question for each', () => {
    const text = repeat(20_000, (i) => `class C${i} { m() { return ${i} } }\n`)
    within(2_500, () => {
      const facts = analyzeScript(text, 'script')
      for (let at = text.indexOf('m()'); at !== -1; at = text.indexOf('m()', at + 1)) {
        expect(facts.classAround(at)!.start).toBe(text.lastIndexOf('class', at))
      }
    })
  })
})

test('many comments before the parameters take no longer than they should', () => {
  const comments = '/* a */ // b\n'.repeat(1000)
  expect(analyzeFunction(`get ${comments} name ${comments} () {}`).form).toBe('getter')
  expect(analyzeFunction(`name ${comments} () {}`).form).toBe('method')
  expect(analyzeFunction(`async ${'/* a */ '.repeat(1000)} function ${comments} () {}`).form).toBe('function')
  expect(
    analyzeFunction(`class ${comments} extends ${comments} (${comments} A ${comments}) ${comments} {}`).form,
  ).toBe('class')
})

describe('the cache', () => {
  test('the same text gives the same facts object', () => {
    expect(analyzeFunction('() => same')).toBe(analyzeFunction(`() => ${'same'}`))
    expect(analyzeFunction('() => same', { strict: true })).not.toBe(analyzeFunction('() => same'))
  })

  test('keeps what is in use and forgets the rest when its characters are spent', () => {
    const cache = new TextCache<number>(20)
    cache.set('in use', 1)
    for (let index = 0; index < 100; index++) {
      cache.set(`other${index}`, index)
      expect(cache.get('in use')).toBe(1)
    }
    expect(cache.get('other0')).toBe(undefined)
  })
})
