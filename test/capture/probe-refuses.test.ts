// What the probe refuses, before anything runs: whatever could run the function, or code on the way to it.
import inspector from 'node:inspector'
import vm from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import { ProbeError, type ProbeFacts, probe, probeVariables } from '../../serializer/capture/index.ts'
import { ask, factsOf, runProgram, sloppy } from './support.ts'

let ran = 0
const effect = (): number => ++ran
const facts: ProbeFacts = factsOf(() => effect())

afterEach(() => {
  const seen = ran
  ran = 0
  expect(seen, 'nothing has run').toBe(0)
})

describe('an expression is refused', () => {
  const fn = () => effect()
  for (const expression of [
    '',
    '1 +',
    '1; 2',
    ')(',
    'a b',
    'let a',
    '/* ',
    'yield 1',
    'super.x',
    'new.target',
    'import.meta',
    '}',
  ]) {
    test(`that is none: ${expression}`, () => {
      expect(() => ask(fn, expression)).toThrow(ProbeError)
    })
  }

  test('with a private name that nothing declares there', () => {
    expect(() => ask(fn, 'this.#nowhere')).toThrow(ProbeError)
    expect(() => ask(fn, '#nowhere in this')).toThrow(ProbeError)
  })

  test('but may end in a comment or span lines', () => {
    expect(ask(fn, '1 // one')).toBe(1)
    expect(ask(fn, '[\n1,\n2]')).toEqual([1, 2])
  })
})

describe('a function is refused', () => {
  test('that is bound: its target would be called', () => {
    const bound = function () {
      effect()
    }.bind(null)
    expect(() => probe(bound, facts, '1')).toThrow(ProbeError)
  })

  test('that is a proxy: its traps would be', () => {
    const proxy = new Proxy(() => effect(), {
      apply: effect,
      construct: effect as never,
      get: effect,
      getPrototypeOf: effect as never,
    })
    expect(() => probe(proxy, facts, '1')).toThrow(ProbeError)
  })

  test('that is native', () => {
    expect(() => probe(Array.prototype.map, facts, '1')).toThrow(ProbeError)
  })

  test('that has a computed key among its parameters', () => {
    expect(() => ask(({ [effect()]: a }: any) => a, '1')).toThrow(ProbeError)
  })

  test('that is a class whose fields would be initialized, or without a constructor', () => {
    expect(() =>
      ask(
        class {
          field = effect()
          constructor() {
            effect()
          }
        },
        '1',
      ),
    ).toThrow(ProbeError)
    expect(() =>
      ask(
        class {
          m() {
            effect()
          }
        },
        '1',
      ),
    ).toThrow(ProbeError)
  })

  test('of asm.js, and a module of it', () => {
    const program = `let ran = 0
      const make = new Function('return function (stdlib, foreign) { "use asm"; var imp = foreign.imp; function inner() { imp(); } return { inner: inner } }')()
      const { inner } = make(globalThis, { imp() { ran++ } })
      const names = [make, inner].map((fn) => { try { capture.probe(fn, factsOf(fn), '1') } catch (error) { return error.name } })
      report([names, ran])`
    expect(runProgram(program)).toEqual([['ProbeError', 'ProbeError'], 0])
  })

  test('within a with statement over a proxy, which would be asked for every name', () => {
    const watched = new Proxy({ effect }, { has: () => effect() > 0, get: effect })
    const fn = vm.runInThisContext('(p, target) => eval("with (p) { () => target() }")') as (
      p: object,
      f: object,
    ) => object
    expect(() =>
      ask(
        fn(new Proxy({}, { has: (_, key) => key !== 'target' && key !== 'p' && effect() > 0 }), effect),
        '1',
      ),
    ).toThrow(ProbeError)
    expect(() => ask(sloppy('with (arguments[0]) { return () => effect() }', watched), '1')).toThrow(
      ProbeError,
    )
  })

  test('but not within a with statement over a plain object', () => {
    const fn = sloppy('with (arguments[0]) { return () => effect(a) }', { a: 5, effect })
    expect(ask(fn, 'a')).toBe(5)
  })
})

test('defaults and patterns read no getter, neither of the arguments nor of anything else', () => {
  const watched = {
    get value() {
      return effect()
    },
  }
  const fn = (a = watched.value, { b = watched.value } = watched as any, ...[c = watched.value]: any[]) => [
    a,
    b,
    c,
  ]
  expect(ask(fn, 'watched')).toBe(watched)
})

test('a name that an accessor of the global object answers to is not read', () => {
  Object.defineProperty(globalThis, 'cornichonTestAccessor', { get: effect, set: effect, configurable: true })
  try {
    const fn = sloppy('return () => cornichonTestAccessor') as object
    expect(probeVariables(fn, factsOf(fn), ['cornichonTestAccessor']).size).toBe(0)
  } finally {
    Reflect.deleteProperty(globalThis, 'cornichonTestAccessor')
  }
})

describe('where V8 stops nothing, the function is not called', () => {
  const pauses = (during: () => unknown): unknown => {
    const other = new inspector.Session()
    other.connect()
    let seen: unknown
    other.post('Debugger.enable')
    other.on('Debugger.paused', () => {
      try {
        seen = during()
      } catch (error) {
        seen = error
      }
    })
    debugger
    other.disconnect()
    return seen
  }

  test('within the pause of another debugger, whose own code goes on', () => {
    const fn = () => effect()
    expect(pauses(() => ask(fn, '1'))).toBeInstanceOf(ProbeError)
    expect(pauses(() => 'still here')).toBe('still here')
    expect(ask(fn, '1')).toBe(1)
  })

  test('within the condition of a breakpoint, and the process goes on', () => {
    const program = `import inspector from 'node:inspector'
      let ran = 0
      const fn = () => ++ran
      const other = new inspector.Session()
      other.connect()
      const names = []
      globalThis.condition = () => {
        try { capture.probe(fn, factsOf(fn), '1') } catch (error) { names.push(error.name) }
        return false
      }
      globalThis.target = () => 'called'
      other.post('Debugger.enable')
      other.post('Runtime.evaluate', { expression: 'target' }, (_, { result: { objectId } }) =>
        other.post('Debugger.setBreakpointOnFunctionCall', { objectId, condition: 'condition()' }))
      const called = [target(), target()]
      other.disconnect()
      await new Promise(setImmediate)
      report([called, names, ran, capture.probe(fn, factsOf(fn), '1'), ran])`
    expect(runProgram(program)).toEqual([['called', 'called'], ['ProbeError', 'ProbeError'], 0, 1, 0])
  })

  test('within another probe', () => {
    const fn = () => effect()
    const seen = probe(fn, factsOf(fn), '1', () => {
      try {
        return ask(fn, '2')
      } catch (error) {
        return error
      }
    })
    expect(seen).toBeInstanceOf(ProbeError)
  })

  test('where the global object takes no property', () => {
    const program = `let ran = 0
      const fn = () => ++ran
      Object.preventExtensions(globalThis)
      let name = 'none'
      try { capture.probe(fn, factsOf(fn), '1') } catch (error) { name = error.name }
      report([name, ran])`
    expect(runProgram(program)).toEqual(['ProbeError', 0])
  })
})
