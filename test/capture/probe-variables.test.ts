// Live access to variables: reading, writing, identity, constants and dead zones; `this`, `arguments`, private names.
import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { probeArguments, probeThis, probeVariables, type Variable } from '../../serializer/capture/index.ts'
import { ask, factsOf, runProgram, sloppy } from './support.ts'

const variable = (fn: object, name: string): Variable | undefined =>
  probeVariables(fn, factsOf(fn), [name]).get(name)

describe('a variable', () => {
  test('is read and written, and its functions see it', () => {
    let n = 1
    const read = () => n
    const live = variable(read, 'n')!
    expect(live.kind).toBe('mutable')
    live.set(5)
    expect([n, read()]).toEqual([5, 5])
    n++
    expect(live.get()).toBe(6)
  })

  test('stays the same one for good, also when it is asked for again', () => {
    let n = 1
    const fn = () => n++
    const first = variable(fn, 'n')
    fn()
    expect(variable(fn, 'n')).toBe(first)
    expect(first!.get()).toBe(2)
  })

  test('is what two closures share, or do not: a mark written through one is found through the other', () => {
    const counter = () => {
      let n = 0
      return { up: () => ++n, get: () => n }
    }
    const [a, b] = [counter(), counter()]
    const mark = {}
    const live = variable(a.up, 'n')!
    const before = live.get()
    live.set(mark)
    expect(variable(a.get, 'n')!.get()).toBe(mark)
    expect(variable(b.get, 'n')!.get()).toBe(0)
    live.set(before)
    expect([a.get(), b.get()]).toEqual([0, 0])
  })

  test('of a loop is another one each time round', () => {
    const all: (() => number)[] = []
    for (let i = 0; i < 2; i++) all.push(() => i++)
    variable(all[0], 'i')!.set(40)
    expect(all.map((fn) => fn())).toEqual([40, 1])
  })

  test('that is constant is found to be, and keeps its value', () => {
    const constant = { a: 1 }
    expect(variable(() => constant, 'constant')!.kind).toBe('const')
    const inner = sloppy('return (function own() { return () => own })()') as object
    expect(variable(inner, 'own')!.kind).toBe('const')
    expect(constant).toEqual({ a: 1 })
  })

  test('that is an import is constant, live, and listed in the scope of the module', () => {
    const program = `import { value, change } from './other.mjs'
      const fn = () => value
      const live = capture.probeVariables(fn, factsOf(fn), ['value']).get('value')
      const before = live.get()
      change(2)
      const scope = capture.captureFunction(fn).scopes.find(({ type }) => type === 'Module')
      report([live.kind, before, live.get(), scope.object.value])`
    const files = { 'other.mjs': 'export let value = 1; export const change = (to) => { value = to }' }
    expect(runProgram(program, { files })).toEqual(['const', 1, 2, 2])
  })

  test('in its dead zone is dead, and alive later', () => {
    const fn = (() => {
      const early = () => late
      expect(variable(early, 'late')!.kind).toBe('dead')
      let late: unknown
      expect(variable(early, 'late')!.kind).toBe('mutable')
      late = 5
      return early
    })()
    expect(variable(fn, 'late')!.get()).toBe(5)
  })

  test('that holds undefined is not dead', () => {
    let nothing: unknown
    const fn = () => nothing
    expect(variable(fn, 'nothing')).toMatchObject({ kind: 'mutable' })
    nothing = 1
    expect(variable(fn, 'nothing')!.get()).toBe(1)
  })

  test('that nothing declares is absent', () => {
    const fn = sloppy('return () => nobodyDeclaresThis') as object
    expect(variable(fn, 'nobodyDeclaresThis')).toBe(undefined)
  })

  test('of a sloppy function may have any name', () => {
    const fn = sloppy(
      'var let_ = 1, yield_; var let = 2, yield = 3, static = 4, await = 5, of = 6; return () => [let, yield, static, await, of]',
    )
    const names = ['let', 'yield', 'static', 'await', 'of']
    const found = probeVariables(fn, factsOf(fn), names)
    expect(names.map((name) => found.get(name)?.get())).toEqual([2, 3, 4, 5, 6])
  })

  test('in another context is reached like one here', () => {
    const [up, get] = vm.runInNewContext('let n = 0; [() => ++n, () => n]') as [() => number, () => number]
    variable(up, 'n')!.set(7)
    expect(get()).toBe(7)
    expect(variable(get, 'n')!.get()).toBe(7)
  })
})

describe('what an arrow function sees of the function around it', () => {
  test('this', () => {
    const self = {
      make() {
        return () => this
      },
    }
    expect(probeThis(self.make(), factsOf(self.make()))).toBe(self)
  })

  test('arguments', () => {
    const fn = sloppy('return (function () { return () => arguments })(1, "two")') as () => IArguments
    expect(probeArguments(fn, factsOf(fn))).toBe(fn())
  })

  test('private names, of instances and of the class', () => {
    class Account {
      #balance = 5
      static #count = 3
      #secret() {
        return this.#balance
      }
      reader = () => [this.#balance, Account.#count, this.#secret()]
    }
    const { reader } = new Account()
    expect(ask(reader, 'this.#balance')).toBe(5)
    const { get, set } = ask(reader, '{ get: () => this.#balance, set: v => { this.#balance = v } }') as {
      get(): number
      set(v: number): void
    }
    set(50)
    expect(get()).toBe(50)
    expect(reader()).toEqual([50, 3, 50])
    expect(ask(reader, '#balance in this')).toBe(true)
  })
})
