// C21: dumps in a test of vitest's that mocks modules, spies on methods and fakes timers.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, vi } from 'vitest'
import { dumps } from '../../serializer/index.ts'
import { goalTest } from '../support/goal.ts'
import { root } from '../support/paths.ts'
import { runScript } from '../support/script.ts'
import { label, now } from './c21/mocked/clock.ts'

vi.mock('./c21/mocked/clock.ts', () => {
  const base = 40
  return { now: () => base + 2, label: 'mocked' }
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** What `use` says of the copy, in a process without vitest. */
const elsewhere = (value: unknown, use: string, files = {}) =>
  runScript(
    `const value = cornichon.loads(readFileSync('bundle.bin'))\nawait report(await (${use})(value))`,
    {
      files: { ...files, 'bundle.bin': dumps(value) },
    },
  )

goalTest('C21', 'vitest: imports of a mocked module are the mock', async () => {
  expect(now()).toBe(42)
  expect(await elsewhere(() => [now(), label], '(f) => f()')).toEqual([42, 'mocked'])
})

goalTest('C21', 'vitest: import() of a function is the real one where modules are mocked', async () => {
  expect(await elsewhere(async () => (await import('node:path')).sep, '(f) => f()')).toBe('/')
})

goalTest('C21', 'vitest: spies on built-ins disturb no dump, and the copy uses the originals', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(Math, 'random').mockReturnValue(7)
  vi.spyOn(Map.prototype, 'get')
  vi.spyOn(Object, 'keys')
  vi.spyOn(JSON, 'stringify').mockReturnValue('spied')
  const f = () => ({
    random: Math.random() < 1,
    keys: Object.keys({ a: 1 }),
    text: JSON.stringify([1]),
    log: typeof console.log,
  })
  expect(await elsewhere({ f, map: new Map([[1, 2]]) }, '({ f, map }) => [f(), map.get(1)]')).toEqual([
    { random: true, keys: ['a'], text: '[1]', log: 'function' },
    2,
  ])
})

const spyPackage = Object.fromEntries(
  ['package.json', 'dist/index.js'].map((file) => [
    `node_modules/@vitest/spy/${file}`,
    readFileSync(join(root, 'node_modules', '@vitest', 'spy', file)),
  ]),
)

goalTest(
  'C21',
  'vitest: mock functions and spies go on counting where their package is installed',
  async () => {
    const object = { twice: (x: number) => x * 2 }
    const spy = vi.spyOn(object, 'twice')
    const mock = vi.fn((x: number) => x + 1)
    object.twice(1)
    const use = '({ f, object, spy }) => [f(), object.twice(4), spy.mock.calls]'
    expect(await elsewhere({ f: () => mock(3), object, spy }, use, spyPackage)).toEqual([4, 8, [[1], [4]]])
    expect(mock).not.toHaveBeenCalled()
    expect(spy).toHaveBeenCalledOnce()
  },
)

goalTest('C21', 'vitest: under fake timers, what does not use them is dumped as ever', async () => {
  vi.useFakeTimers({ now: 1000 })
  const now = Date.now()
  const value = { f: (x: number) => Math.max(x, now), map: new Map([[1, 2]]) }
  expect(await elsewhere(value, '({ f, map }) => [f(1), map.get(1)]')).toEqual([1000, 2])
})

goalTest('C21', 'vitest: what uses the faked Date or faked timers takes their clock along', async () => {
  const value = {
    later: () => {
      let ran = 0
      setTimeout(() => ran++, 1)
      return () => ran
    },
    when: () => Date.now(),
  }
  vi.useFakeTimers({ now: 1000 })
  const bytes = dumps(value)
  vi.useRealTimers()
  const use = `async ({ when, later }) => {
    const ran = later()
    await new Promise((resolve) => setTimeout(resolve, 20))
    return [when(), ran()]
  }`
  const asked = `await report(await (${use})(cornichon.loads(readFileSync('bundle.bin'))))`
  expect(await runScript(asked, { files: { 'bundle.bin': bytes } })).toEqual([1000, 0])
  const real = await elsewhere(value, use)
  expect((real as number[])[0]).toBeGreaterThan(1e12)
  expect((real as number[])[1]).toBe(1)
})
