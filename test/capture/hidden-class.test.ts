// What we rely on when V8 says that two objects have one hidden class, and what asking it must not leave behind.
import { describe, expect, test } from 'vitest'
import { hasFastProperties, haveSameHiddenClass, seesHiddenClasses } from '../../serializer/capture/index.ts'
import { distUrl, moduleUrl } from '../support/paths.ts'
import { runProgram } from './support.ts'

const captureUrl = moduleUrl('capture/index.js')

class Point {
  x = 1
  #secret = 2
  read() {
    return this.#secret
  }
}
const make = (): Record<PropertyKey, unknown> => ({ a: 1, b: 'two' })
const changed = (change: (object: any) => unknown, object: object = make()): object => {
  change(object)
  return object
}

describe('objects with the same keys', () => {
  test('are known on every tested Node', () => expect(seesHiddenClasses).toBe(true))

  test.each<[string, object, object]>([
    ['an order of keys', make(), { b: 'two', a: 1 }],
    ['a prototype', make(), changed((object) => Object.setPrototypeOf(object, null))],
    [
      'an accessor',
      make(),
      {
        a: 1,
        get b() {
          return 'two'
        },
      },
    ],
    [
      'an accessor that was defined',
      make(),
      changed((object) => Object.defineProperty(object, 'b', { get: () => 2 })),
    ],
    [
      'a property not writable',
      make(),
      changed((object) => Object.defineProperty(object, 'b', { writable: false })),
    ],
    [
      'a property not enumerable',
      make(),
      changed((object) => Object.defineProperty(object, 'b', { enumerable: false })),
    ],
    [
      'a property not configurable',
      make(),
      changed((object) => Object.defineProperty(object, 'b', { configurable: false })),
    ],
    ['a hidden property', make(), changed((object) => Object.defineProperty(object, 'c', { value: 1 }))],
    ['a symbol', make(), changed((object) => Object.assign(object, { [Symbol.iterator]: 1 }))],
    ['extensibility', make(), changed(Object.preventExtensions)],
    ['being sealed', make(), changed(Object.seal)],
    ['being frozen', make(), changed(Object.freeze)],
    [
      'an element that is hidden',
      make(),
      changed((object) => Object.defineProperty(object, 0, { value: 1 })),
    ],
    ['being a proxy', make(), new Proxy(make(), {})],
    ['internal slots', {}, changed((date) => Object.setPrototypeOf(date, Object.prototype), new Date(0))],
    [
      'private fields',
      new Point(),
      changed((object) => Object.setPrototypeOf(object, Point.prototype), { x: 1 }),
    ],
    [
      'an element of an array being an accessor',
      ['a', 'b'],
      changed((array) => Object.defineProperty(array, 1, { get: () => 1 }), ['a', 'b']),
    ],
    [
      'an element of an array being not writable',
      [1, 2],
      changed((array) => Object.defineProperty(array, 0, { writable: false }), [1, 2]),
    ],
    ['an array of numbers being frozen', [1, 2], Object.freeze([1, 2])],
    ['a name of an array', [1, 2], Object.assign([1, 2], { index: 0 })],
    [
      'the length of an array being fixed',
      [1, 2],
      Object.defineProperty([1, 2], 'length', { writable: false }),
    ],
    ['the class of an array', [1, 2], new (class extends Array<number> {})(1, 2)],
  ])('differ in their hidden class by %s', (_, a, b) => {
    expect(haveSameHiddenClass(a, b)).toBe(false)
  })

  test('have it in common whatever their values are', () => {
    expect(
      haveSameHiddenClass(
        make(),
        changed((object) => (object.a = -5), make()),
      ),
    ).toBe(true)
    expect(haveSameHiddenClass(new Point(), new Point())).toBe(true)
    expect(haveSameHiddenClass(['a'], ['b', 'c'])).toBe(true)
  })

  test('have it in common though one has elements: those are looked for', () => {
    expect(
      haveSameHiddenClass(
        make(),
        changed((object) => (object[0] = 1)),
      ),
    ).toBe(true)
  })

  test('have a table of their own, which no hidden class tells of, where keys were deleted', () => {
    const object = changed((each) => delete each.a)
    expect(hasFastProperties(object) && haveSameHiddenClass(object, { b: 'two' })).toBe(false)
  })
})

describe('asking V8', () => {
  const natives = `const natives = () => { try { return Boolean(new Function('return %HaveSameMap({}, {})')) } catch (error) { return error.name } };`
  test('leaves the flag as it was', () => {
    expect(runProgram(`${natives} report(natives())`)).toBe('SyntaxError')
    expect(runProgram(`${natives} report(natives())`, { nodeArguments: ['--allow-natives-syntax'] })).toBe(
      true,
    )
  })

  test('is given up where V8 locks its flags', () => {
    const nodeArguments = ['--freeze-flags-after-init']
    const program = 'report([capture.seesHiddenClasses, loads(dumps([{ a: 1 }, { a: 2 }]))])'
    expect(runProgram(program, { nodeArguments })).toEqual([false, [{ a: 1 }, { a: 2 }]])
  })

  test('goes on when V8 has dropped the code of idle functions', () => {
    const program = `let answers = []
      for (let round = 0; round < 3; round++) {
        answers.push(capture.haveSameHiddenClass({ a: 1 }, { a: 2 }), capture.hasFastProperties({ a: 1 }))
        answers.push(loads(dumps([{ a: 1 }, { a: 2 }])).length)
        for (let i = 0; i < 20; i++) gc()
      }
      report(answers)`
    const nodeArguments = ['--expose-gc', '--stress-flush-code', '--flush-bytecode']
    expect(runProgram(program, { nodeArguments })).toEqual([true, true, 2, true, true, 2, true, true, 2])
  })

  test('works in a thread, and without code from strings', () => {
    const thread = `import { Worker } from 'node:worker_threads'
      const url = new URL('./thread.mjs', import.meta.url)
      new Worker(url).once('message', report)`
    const files = {
      'thread.mjs': `import { parentPort } from 'node:worker_threads'
        const { seesHiddenClasses } = await import(process.env.CAPTURE_URL)
        parentPort.postMessage(seesHiddenClasses)`,
    }
    expect(runProgram(thread, { files, env: { CAPTURE_URL: captureUrl } })).toBe(true)
    const nodeArguments = ['--disallow-code-generation-from-strings']
    expect(
      runProgram('report([capture.seesHiddenClasses, loads(dumps([{ a: 1 }]))])', { nodeArguments }),
    ).toEqual([true, [{ a: 1 }]])
  })

  test('changes nothing in V8 that code caches depend on', () => {
    const program = `import { Script } from 'node:vm'
      const text = 'const f = () => ' + '1 + '.repeat(2000) + '1; f()'
      const cachedData = new Script(text).createCachedData()
      const { dumps } = await import(process.env.DIST_URL)
      dumps([{ a: 1 }])
      report(new Script(text, { cachedData }).cachedDataRejected)`
    expect(runProgram(program, { bare: true, env: { DIST_URL: distUrl } })).toBe(false)
  })

  test('can be left out: the bytes are the same', () => {
    const program = `
      const list = Array.from({ length: 200 }, (_, i) => ({ id: i, name: 'n' + i % 7, at: new Date(i), tags: ['a', i], inner: { x: i / 2 } }))
      list[7].extra = 1; list[9][0] = 'element'; Object.freeze(list[11]); delete list[13].id
      list[15].self = list[15]; list[20].tags = new Map([[list[1], new Set([1, 2])]])
      list.push(Object.assign(new (class A { x = 1 })(), {}), [1, 2, 3], [1.5, , 2], Object.defineProperty([1, 2], 1, { get: () => 3 }))
      report([capture.seesHiddenClasses, Buffer.from(dumps(list)).toString('base64')])`
    const [seen, bytes] = runProgram(program) as [boolean, string]
    const [unseen, same] = runProgram(program, { env: { CORNICHON_V8_INTRINSICS: '0' } }) as [boolean, string]
    expect([seen, unseen]).toEqual([true, false])
    expect(same).toBe(bytes)
  })
})
