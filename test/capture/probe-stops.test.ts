// The probe evaluates in a closure's scope and its body does not run, whatever the function is and wherever it is called.
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import {
  captureFunction,
  capturing,
  ProbeError,
  probe,
  probeVariables,
} from '../../serializer/capture/index.ts'
import { ask, factsOf, imports, runProgram, sloppy } from './support.ts'

const secret = { hidden: true }
let ran = 0
const effect = (): typeof secret => {
  ran++
  return secret
}

const derived = class extends class {} {
  field = effect()
  constructor() {
    super()
    effect()
  }
}
const methods = {
  plain() {
    return effect() && secret
  },
  *generator() {
    yield effect() && secret
  },
  async asynchronous() {
    return effect() && secret
  },
  async *both() {
    yield effect() && secret
  },
  get accessor() {
    return effect() && secret
  },
  set accessor(_) {
    effect() && secret
  },
  [Symbol.iterator]() {
    return effect() && secret
  },
}
const accessor = Reflect.getOwnPropertyDescriptor(methods, 'accessor')!
class Members {
  #x = 1
  static m() {
    return effect() && secret
  }
  #own() {
    return effect() && secret && this.#x
  }
  static own = (object: Members) => object.#own
}

const forms: Record<string, object> = {
  'an arrow function with an expression': () => effect() && secret,
  'an arrow function with a block': () => {
    effect()
    return secret
  },
  'a function': function named() {
    effect()
    return secret
  },
  'a strict function': sloppy(
    'const { effect, secret } = arguments[0]; return function () { "use strict"; effect(); secret }',
    { effect, secret },
  ),
  'a sloppy function': sloppy(
    'const { effect, secret } = arguments[0]; return function () { effect(); secret }',
    { effect, secret },
  ),
  'an async function': async () => {
    effect()
    return secret
  },
  'an async function that awaits at once': async () => {
    await effect()
    return secret
  },
  'a generator': function* () {
    effect()
    yield secret
  },
  'an async generator': async function* () {
    effect()
    yield secret
  },
  'a method': methods.plain,
  'a generator method': methods.generator,
  'an async method': methods.asynchronous,
  'an async generator method': methods.both,
  'a method with a computed key': methods[Symbol.iterator],
  'a getter': accessor.get!,
  'a setter': accessor.set!,
  'a static method': Members.m,
  'a private method': Members.own(new Members()),
  'a class with a constructor': class {
    constructor() {
      effect()
      void secret
    }
  },
  'a derived class with fields': derived,
  'a function with an empty body': sloppy('const { secret } = arguments[0]; eval(""); return () => {}', {
    secret,
  }),
  'a function with defaults': (a = effect(), b = effect()) => [a, b, effect(), secret],
  'a function with a pattern': ({ a = effect(), ...rest }: Record<string, unknown>) => [
    a,
    rest,
    effect(),
    secret,
  ],
  'a function with nested patterns': (
    [
      {
        a: [b = effect()],
      },
    ]: any,
    ...[c = effect()]: any[]
  ) => [b, c, effect(), secret],
  'a generator with a pattern': function* ([a = effect()]: any) {
    yield [a, effect(), secret]
  },
  'an async function with a default': async (a = effect()) => [a, effect(), secret],
  'a constructor with patterns': class {
    constructor({ a = effect() }: any, [b = effect()]: any) {
      void [a, b, effect(), secret]
    }
  },
  'a derived constructor with patterns': class extends class {} {
    constructor(...[a = effect()]: any[]) {
      super()
      void [a, effect(), secret]
    }
  },
  'a class whose constructor has a default': class {
    constructor(a = effect()) {
      void [a, effect(), secret]
    }
  },
  'a function of a hundred parameters with defaults': sloppy(
    `const { effect, secret } = arguments[0]; return (${Array.from({ length: 100 }, (_, i) => `p${i} = effect()`).join()}) => { effect(); secret }`,
    { effect, secret },
  ),
}

describe('the probe does not run', () => {
  for (const [name, fn] of Object.entries(forms)) {
    test(name, () => {
      ran = 0
      expect(ask(fn, 'secret')).toBe(secret)
      expect(ran).toBe(0)
      expect(ask(fn, '[1 + 1]')).toEqual([2])
      expect(ran).toBe(0)
    })
  }

  test('a function that is optimized, also where it is inlined', () => {
    let sum = 0
    const hot = (x: number) => (sum += x & 1)
    const caller = (n: number) => {
      for (let i = 0; i < n; i++) hot(i)
    }
    for (let i = 0; i < 50; i++) caller(20_000)
    const before = sum
    expect(ask(hot, 'sum')).toBe(before)
    expect(sum).toBe(before)
    caller(2)
    expect(sum).toBe(before + 1)
  })

  test('a function that is running', () => {
    const log: string[] = []
    const fn = (deep: number): unknown => {
      log.push(`start ${deep}`)
      const seen = deep > 0 ? fn(deep - 1) : ask(fn, 'log')
      log.push(`end ${deep}`)
      return seen
    }
    expect(fn(2)).toBe(log)
    expect(log).toEqual(['start 2', 'start 1', 'start 0', 'end 0', 'end 1', 'end 2'])
  })

  test('a generator that is suspended: it goes on afterwards', () => {
    const items = [1, 2, 3]
    const fn = function* () {
      yield* items
    }
    const running = fn()
    running.next()
    expect(ask(fn, 'items')).toBe(items)
    expect([...running]).toEqual([2, 3])
  })

  test('anything when called from a promise job, a timer or a microtask', async () => {
    ran = 0
    const fn = () => {
      effect()
      return secret
    }
    expect(await Promise.resolve().then(() => ask(fn, 'secret'))).toBe(secret)
    expect(await new Promise((resolve) => setImmediate(() => resolve(ask(fn, 'secret'))))).toBe(secret)
    expect(await new Promise((resolve) => queueMicrotask(() => resolve(ask(fn, 'secret'))))).toBe(secret)
    expect(
      await (async () => {
        await null
        return ask(fn, 'secret')
      })(),
    ).toBe(secret)
    expect(ran).toBe(0)
  })

  test('anything under a caller with try, catch and finally, which go their way', () => {
    const log: string[] = []
    const fn = () => {
      effect()
      return secret
    }
    const run = () => {
      try {
        try {
          log.push('try')
          ask(fn, 'secret')
          log.push('after')
          throw new Error('own')
        } finally {
          log.push('finally')
        }
      } catch (error) {
        log.push((error as Error).message)
      }
      return log
    }
    expect(run()).toEqual(['try', 'after', 'finally', 'own'])
  })

  test('finally blocks of the function itself, or its catch', () => {
    const log: string[] = []
    const fn = () => {
      try {
        log.push('try')
      } catch {
        log.push('catch')
      } finally {
        log.push('finally')
      }
    }
    expect(ask(fn, 'log')).toBe(log)
    expect(log).toEqual([])
  })

  test('a function in a worker thread', async () => {
    const worker = new Worker(
      `${'import { parentPort } from "node:worker_threads"'}${imports}
      let ran = 0, n = 7
      const fn = async () => { ran++; return n++ }
      const variables = capture.probeVariables(fn, factsOf(fn), ['n'])
      variables.get('n').set(8)
      parentPort.postMessage([ran, n, capture.captureFunction(fn).scopes.length > 0, loads(dumps([() => n++, () => n])).length])`,
      { eval: true, execArgv: ['--input-type=module'] },
    )
    const message = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    )
    await worker.terminate()
    expect(message).toEqual([0, 8, true, 2])
  })

  test('microtasks that wait', async () => {
    let done = false
    queueMicrotask(() => {
      done = true
    })
    ask(() => secret, 'secret')
    expect(done).toBe(false)
    await null
    expect(done).toBe(true)
  })

  test('where code generation from strings is forbidden', () => {
    const program = `let n = 1, ran = 0
      const fn = () => { ran++; return n }
      report([capture.probe(fn, factsOf(fn), 'n'), ran])`
    expect(runProgram(program, { nodeArguments: ['--disallow-code-generation-from-strings'] })).toEqual([
      1, 0,
    ])
  })

  test('near the end of the stack: the function is whole afterwards', () => {
    const program = `let n = 0, probed = 0
      const fn = () => n++
      const facts = factsOf(fn)
      capture.probe(fn, facts, 'n')
      const deep = () => {
        try { deep() } catch {}
        if (probed++ < 400) try { capture.probe(fn, facts, 'n') } catch {}
      }
      capture.capturing(deep)
      const before = n
      fn()
      report([before, n, Object.getOwnPropertyNames(globalThis).filter((name) => name.includes('cornichon'))])`
    expect(runProgram(program)).toEqual([0, 1, []])
  })
})

test('what a probe returned stays live for good', () => {
  let n = 1
  const fn = () => n
  const { get, set } = ask(fn, '{ get: () => n, set: v => { n = v } }') as {
    get(): number
    set(n: number): void
  }
  n = 5
  expect(get()).toBe(5)
  set(9)
  expect(n).toBe(9)
  expect(probeVariables(fn, factsOf(fn), ['n']).get('n')!.get()).toBe(9)
})

describe('the probes of one capture, which keep their breakpoints', () => {
  test('run no closure of one code, none of another code, and none that is asked something else', () => {
    ran = 0
    const make = (n: number) => [
      () => effect() && n,
      function* () {
        yield effect() && n
      },
      ({ deep = 1 } = {}) => deep && effect() && n,
    ]
    const functions = [1, 2, 3].flatMap(make)
    const answers = capturing(() => {
      const first = functions.map((fn) => ask(fn, 'n'))
      expect(() => ask(functions[0], '(() => { throw new Error("own") })()')).toThrow('own')
      expect(() => probe(new Proxy(functions[0], {}), factsOf(functions[0]), 'n')).toThrow(ProbeError)
      return [...first, ...functions.map((fn) => ask(fn, 'n + 10'))]
    })
    const numbers = [1, 1, 1, 2, 2, 2, 3, 3, 3]
    expect(answers).toEqual([...numbers, ...numbers.map((n) => n + 10)])
    expect(ran).toBe(0)
    // Now they run: nothing stops them any more.
    const results = functions.map((fn) => fn())
    expect(results.map((result) => (typeof result === 'object' ? 'generator' : result))).toEqual([
      ...[1, 'generator', 1],
      ...[2, 'generator', 2],
      ...[3, 'generator', 3],
    ])
    expect(ran).toBe(6)
  })

  test('stop nothing any more when the work has failed', () => {
    ran = 0
    const fn = () => effect()
    const fail = () => {
      ask(fn, '1')
      throw new Error('between')
    }
    expect(() => capturing(fail)).toThrow('between')
    expect([fn(), ran]).toEqual([secret, 1])
  })

  test('stop nothing of the user’s that runs between them', () => {
    ran = 0
    const functions = [1, 2].map((n) => () => effect() && n)
    const answers = capturing(() => {
      const first = ask(functions[0], 'n')
      return [first, functions[0](), functions[1](), ask(functions[1], 'n'), functions[1]()]
    })
    expect([answers, ran]).toEqual([[1, 1, 2, 2, 2], 3])
  })

  test('go on where the Debugger would be switched off between them', () => {
    const functions = [1, 2].map((n) => () => n)
    const answers = capturing(() => {
      const first = ask(functions[0], 'n')
      for (let i = 0; i < 500; i++) captureFunction(functions[0])
      return [first, ask(functions[1], 'n')]
    })
    expect(answers).toEqual([1, 2])
  })
})
