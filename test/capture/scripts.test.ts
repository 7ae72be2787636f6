// A function is found in its script, and stopped there, however the script came to be and however it is written.
import { describe, expect, test } from 'vitest'
import { runProgram } from './support.ts'

/**
 * Each `[fn, name]`: the function uses the variable, has a default (so that it must be found by its position), and
 * would throw if it ran.
 */
const examine = `
  const examine = (list) => list.map(([fn, name]) => {
    const facts = factsOf(fn)
    const { scriptId, line, column, scopes } = capture.captureFunction(fn)
    const script = capture.scriptOf(scriptId)
    const offset = capture.offsetOf(script, line, column)
    const text = Function.prototype.toString.call(fn)
    const start = script.source().lastIndexOf(text, offset)
    const inside = start >= 0 && offset < start + text.length
    const value = capture.probe(fn, facts, name)
    const live = capture.probeVariables(fn, facts, [name]).get(name)
    // (A function of another context has another Function.prototype, which is not pickled.)
    const copied = fn instanceof Function ? loads(dumps(fn)) : fn
    return [inside, value, live.get(), typeof copied].join()
  })
`

const ok = (values: readonly unknown[]) => values.map((value) => `true,${value},${value},function`)

describe('functions of', () => {
  test('direct and indirect eval, with and without a name of its own', () => {
    const program = `${examine}
      let v = 1
      const a = eval('let w = 2; (a = 1) => { if (w + a) throw 1 }')
      const b = (0, eval)('var w3 = 3; (() => { let x = 3; return ({ a } = {}) => { throw x + a } })()')
      const c = (0, eval)('(() => { let x = 4; return (a = 1) => { throw x + a } })()\\n//# sourceURL=named.js')
      const d = eval('eval("(a = 1) => { throw v + a }")')
      report(examine([[a, 'w'], [b, 'x'], [c, 'x'], [d, 'v']]))`
    expect(runProgram(program)).toEqual(ok([2, 3, 4, 1]))
  })

  test('Function, with parameters in its head', () => {
    const program = `${examine}
      const make = new Function('v', 'w = v', 'return [(a = 1) => { throw v + w + a }, function* (a = 1, ...b) { throw v + a }, async ({ a } = {}) => { throw v }]')
      report(examine(make(5).map((fn) => [fn, 'v'])))`
    expect(runProgram(program)).toEqual(ok([5, 5, 5]))
  })

  test('vm scripts with offsets, compiled functions and modules of a vm', () => {
    const program = `${examine}
      import vm from 'node:vm'
      const text = '(() => { let v = 6; return (a = 1) => { throw v + a } })()'
      const options = { filename: 'here.js', lineOffset: 7, columnOffset: 11 }
      const a = new vm.Script(text, options).runInThisContext()
      const b = new vm.Script('\\n ' + text, options).runInContext(vm.createContext())
      const c = vm.compileFunction('let v = p; return (a = 1) => { throw v + a }', ['p'], options)(6)
      const module = new vm.SourceTextModule('let v = 6; export default (a = 1) => { throw v + a }')
      await module.link(() => {})
      await module.evaluate()
      report(examine([a, b, c, module.namespace.default].map((fn) => [fn, 'v'])))`
    expect(runProgram(program, { nodeArguments: ['--experimental-vm-modules', '--no-warnings'] })).toEqual(
      ok([6, 6, 6, 6]),
    )
  })

  test('static blocks, field initializers and computed keys', () => {
    const program = `${examine}
      let v = 7
      const found = []
      class C {
        static { let v = 8; found.push([(a = 1) => { throw v + a }, 'v']) }
        static field = found.push([(a = 1) => { throw v + a }, 'v']);
        [(found.push([(a = 1) => { throw v + a }, 'v']), 'key')] = 1
        late = (a = 1) => { throw v + a }
      }
      found.push([new C().late, 'v'])
      report(examine(found))`
    expect(runProgram(program)).toEqual(ok([7, 8, 7, 7]))
  })

  test('one line with thousands of alike functions', () => {
    const program = `${examine}
      const text = 'const made=[];' + Array.from({ length: 5000 }, (_, i) => 'made.push((v=>(a=1)=>{throw v+a})(' + i + '));').join('') + 'return made'
      const made = new Function(text)()
      const chosen = [0, 1, 2499, 4999]
      const result = capture.capturing(() => examine(chosen.map((i) => [made[i], 'v'])))
      report([result, dumps(made).length > 0])`
    expect(runProgram(program)).toEqual([ok([0, 1, 2499, 4999]), true])
  })

  const body = (newline: string) =>
    [
      'let v = 9, text = `',
      '`;',
      '/*',
      '*/ const strange = "\u2028\u2029";',
      'const made = [(a = 1) => {',
      ' throw v + a },',
      ' function (',
      ' b = 2) {',
      '  throw v + b } ]',
      '',
    ].join(newline)
  const written: Record<string, string> = {
    'CRLF line ends': body('\r\n'),
    'CR line ends': body('\r'),
    'U+2028 line ends': body('\u2028').replace('"\u2028\u2029"', '""'),
    'line ends of every kind': body('\r\n').replace('/*', '/*\u2028\n\r\u2029\r\n'),
    'characters beyond the first plane': `const rocket = "🚀🚀", é𝒳 = 1; ${body('\n')}`,
    'a byte order mark': `\uFEFF${body('\n')}`,
    'a hashbang': `#!/usr/bin/env node\n${body('\n')}`,
  }
  for (const [name, text] of Object.entries(written)) {
    test(`a module and a script with ${name}`, () => {
      const program = `${examine}
        import { createRequire } from 'node:module'
        import { made as fromModule } from './written.mjs'
        const { made: fromScript } = createRequire(import.meta.url)('./written.cjs')
        report(examine([...fromModule, ...fromScript].map((fn) => [fn, 'v'])))`
      const files = { 'written.mjs': `${text}export { made }`, 'written.cjs': `${text}exports.made = made` }
      expect(runProgram(program, { files })).toEqual(ok([9, 9, 9, 9]))
    })
  }

  test('a program under --enable-source-maps, with a map and a patched Error.prepareStackTrace', () => {
    const map = Buffer.from(
      JSON.stringify({ version: 3, sources: ['lost.ts'], names: [], mappings: 'AAAA' }),
    ).toString('base64')
    const files = {
      'mapped.mjs': `let v = 10; export const fn = (a = 1) => { throw v + a }\n//# sourceMappingURL=data:application/json;base64,${map}`,
    }
    const program = `${examine}
      import { fn } from './mapped.mjs'
      let prepared = 0
      Error.prepareStackTrace = () => { prepared++; throw new TypeError('do not look') }
      report(examine([[fn, 'v']]))`
    expect(runProgram(program, { files, nodeArguments: ['--enable-source-maps'] })).toEqual(ok([10]))
  })

  test('a program that says Error.stackTraceLimit = 0, or has frozen its built-ins', () => {
    const program = `${examine}
      let v = 11
      const fn = (a = 1) => { throw v + a }
      Error.stackTraceLimit = 0
      for (const holder of [Object, Array, Function, Map, Promise, Reflect, JSON, String, Proxy, Symbol]) {
        Object.freeze(holder)
        if (holder.prototype) Object.freeze(holder.prototype)
      }
      report(examine([[fn, 'v']]))`
    expect(runProgram(program)).toEqual(ok([11]))
  })

  test('a script of which nothing else is left', () => {
    const program = `${examine}
      const fn = (() => new Function('let v = 12; return (a = 1) => { throw v + a }')())()
      for (let i = 0; i < 5; i++) { gc(); await new Promise(setImmediate) }
      report(examine([[fn, 'v']]))`
    expect(
      runProgram(program, { nodeArguments: ['--expose-gc', '--stress-flush-code', '--flush-bytecode'] }),
    ).toEqual(ok([12]))
  })
})

test('async hooks of the program see no call of the function', () => {
  const program = `
    import { AsyncLocalStorage, createHook } from 'node:async_hooks'
    let ran = 0, n = 1
    createHook({ init() {}, before() {}, after() {} }).enable()
    const fn = async () => { ran++; await null; return n }
    const value = new AsyncLocalStorage().run(1, () => capture.probe(fn, factsOf(fn), 'n'))
    await new Promise(setImmediate)
    report([value, ran, await fn()])`
  expect(runProgram(program)).toEqual([1, 0, 1])
})
