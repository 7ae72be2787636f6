// Nothing stays behind: no breakpoint, no global, no object, and no debugger is on.
import inspector from 'node:inspector'
import { describe, expect, test } from 'vitest'
import {
  captureFunction,
  capturing,
  internalSlots,
  privateElements,
  probe,
} from '../../serializer/capture/index.ts'
import { ask, factsOf, runProgram } from './support.ts'

describe('after a capture', () => {
  test('a function runs as before', () => {
    let n = 0
    const fn = () => ++n
    expect(ask(fn, 'n')).toBe(0)
    expect(fn()).toBe(1)
    expect(() => ask(fn, 'nobody')).toThrow(ReferenceError)
    expect(fn()).toBe(2)
    expect(() => ask(fn, '(() => { throw new Error("own") })()')).toThrow('own')
    expect(fn()).toBe(3)
  })

  test('the global object has what it had', () => {
    const before = Reflect.ownKeys(globalThis)
    const fn = () => before
    ask(fn, 'before')
    captureFunction(fn)
    internalSlots(Promise.resolve())
    privateElements(fn)
    expect(() => ask(fn, 'nobody')).toThrow(ReferenceError)
    expect(Reflect.ownKeys(globalThis)).toEqual(before)
  })

  test('the debugger of the thread is off: V8 finds none at a debugger statement, and no breakpoint', () => {
    const program = `let ran = 0
      const fn = () => ++ran
      const paused = []
      capture.probe(fn, factsOf(fn), 'ran')
      capture.capturing(() => capture.probe(fn, factsOf(fn), 'ran'))
      dumps([fn, () => ran])
      debugger
      report([fn(), fn()])`
    expect(runProgram(program)).toEqual([1, 2])
  })

  test('the debugger stays on for many captures only as long as they take', () => {
    const other = new inspector.Session()
    other.connect()
    const fn = () => 1
    const facts = factsOf(fn)
    capturing(() => {
      probe(fn, facts, '1')
      expect(() =>
        capturing(() => {
          throw new Error('within')
        }),
      ).toThrow('within')
      expect(probe(fn, facts, '2')).toBe(2)
    })
    expect(probe(fn, facts, '3')).toBe(3)
    other.disconnect()
  })

  test('what was captured, probed and dumped is collected, and what it captured', () => {
    const program = `const refs = []
      const make = () => {
        const big = { big: new Array(1000).fill(0) }
        let n = 0
        const self = { value: big }
        const fn = () => [big, n++, fn]
        const other = (a = 1) => [n, a]
        class Private { #x = big; get() { return this.#x } }
        const instance = new Private()
        const promise = Promise.resolve(big)
        capture.captureFunction(fn)
        capture.probe(fn, factsOf(fn), 'big')
        capture.probeVariables(fn, factsOf(fn), ['n', 'big'])
        capture.probe(other, factsOf(other), 'n')
        capture.internalSlots(promise)
        capture.privateElements(instance)
        dumps([instance, Private])
        loads(dumps([fn, other, promise]))
        try { dumps([fn, process.stdin]) } catch {}
        for (const each of [big, fn, other, instance, promise, Private]) refs.push(new WeakRef(each))
      }
      make()
      // The next of each kind takes the place of what the engine itself keeps as the last one.
      const fn = () => 1
      capture.captureFunction(fn); capture.probe(fn, factsOf(fn), '1'); loads(dumps(() => 1))
      for (let i = 0; i < 5; i++) { await new Promise((resolve) => setTimeout(resolve, 10)); gc() }
      report(refs.map((ref) => ref.deref() === undefined))`
    expect(runProgram(program, { nodeArguments: ['--expose-gc'] })).toEqual(new Array(6).fill(true))
  })

  test('scripts that are gone are forgotten: many captures need no more memory than a few', () => {
    // The Debugger knows them until it is off, which a busy machine puts off: so it is asked a few times.
    const program = `const turn = () => new Promise((resolve) => setTimeout(resolve, 200))
      const used = async () => { await turn(); gc(); capture.loadedUrls(); await turn(); gc(); return process.memoryUsage().heapUsed }
      const once = (i) => {
        const fn = new Function('return ' + i + '//' + 'x'.repeat(20000))
        capture.captureFunction(fn)
        capture.scriptOf(capture.captureFunction(fn).scriptId).source()
      }
      for (let i = 0; i < 20; i++) once(i)
      const before = await used()
      for (let i = 0; i < 300; i++) once(i)
      let more = Infinity
      for (let times = 0; times < 20 && more >= 3_000_000; times++) more = await used() - before
      report(more)`
    expect(runProgram(program, { nodeArguments: ['--expose-gc'] })).toBeLessThan(3_000_000)
  })
})

// V8's tests, and so these, run on every Node.
test('import() in a function that was loaded warns of nothing that is ours', () => {
  const program = `
    const warnings = []
    process.on('warning', ({ name, message }) => warnings.push(name + ': ' + message))
    const before = Object.getOwnPropertyDescriptor(process, 'emitWarning')
    const { EOL } = await loads(dumps(() => import('node:os')))()
    const after = Object.getOwnPropertyDescriptor(process, 'emitWarning')
    process.emitWarning('theirs', 'Own')
    await new Promise((resolve) => setImmediate(resolve))
    report([EOL, warnings, Object.keys(before).every((key) => before[key] === after[key])])`
  expect(runProgram(program)).toEqual(['\n', ['Own: theirs'], true])
})
