// User code may patch what is built in: what the executor sends and keeps is not spoiled by that. In a thread, each patch is
// made by a task, and is there for those behind it.
import { EventEmitter } from 'node:events'
import {
  cancel,
  describeExecutor,
  get,
  getActor,
  init,
  kill,
  type ObjectRef,
  put,
  remote,
  shutdown,
  TaskCancelledError,
  WorkerCrashedError,
  wait,
} from 'cornichon/executor'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fromJson, toJson } from '../../runtime-env/json.ts'
import { workersOf } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const throws = (name: string) => `${name} = () => { throw new Error('patched ${name}') }`

const PATCHES = [
  `Array.prototype.toJSON = () => 'patched'`,
  `Object.prototype.toJSON = () => 'patched'`,
  `Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'patched', configurable: false })`,
  ...['JSON.stringify', 'JSON.parse', 'Buffer.byteLength', 'Buffer.prototype.write'].map(throws),
  ...['Number.isFinite', 'performance.now', 'Date.now', 'Array.prototype.push', 'Array.prototype.filter'].map(
    throws,
  ),
  ...['load', 'store', 'exchange', 'compareExchange'].map((name) => throws(`Atomics.${name}`)),
  ...['get', 'has', 'delete'].map((name) => throws(`Map.prototype.${name}`)),
  ...['add', 'has', 'delete'].map((name) => throws(`Set.prototype.${name}`)),
  throws('WeakSet.prototype.has'),
  ...['then', 'finally', 'catch'].map((name) => throws(`Promise.prototype.${name}`)),
  throws('Promise.resolve'),
  `const { MessagePort } = process.getBuiltinModule('node:worker_threads'); ${throws('MessagePort.prototype.postMessage')}`,
  `const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks'); ${throws('AsyncLocalStorage.prototype.run')}; ${throws('AsyncLocalStorage.prototype.getStore')}`,
]

/** What code of ours, or of Node's that runs in the thread, may look up when it is needed. */
const GLOBALS = [
  ...['Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Buffer', 'process'],
  ...['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'setInterval', 'queueMicrotask'],
  ...['structuredClone', 'performance', 'Date', 'Math', 'JSON', 'Object', 'Array', 'Reflect', 'Function'],
  ...['Error', 'TypeError', 'RangeError', 'AbortController', 'AbortSignal', 'Event', 'EventTarget'],
  ...['Uint8Array', 'Int32Array', 'Float64Array', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics'],
  ...['Symbol', 'Number', 'String', 'Boolean', 'BigInt', 'RegExp', 'Proxy', 'URL', 'TextEncoder'],
  ...['TextDecoder', 'console', 'MessagePort', 'MessageChannel', 'DOMException', 'global', 'globalThis'],
]
const replaced = (value: (name: string) => string) =>
  `const globals = globalThis; ${GLOBALS.map((name) => `globals.${name} = ${value(name)}`).join(';')}`

/** Of these, all else that a thread does is tried, too. */
const REPLACEMENTS = [
  replaced(() => 'undefined'),
  replaced((name) => `function () { throw globals.stolen ?? '${name}' }`),
  'Object.prototype.then = function () {}',
  'Object.prototype.then = function (resolve) { resolve(1) }',
  `Object.defineProperty(Object.prototype, 'then', { get: () => () => {}, configurable: true })`,
  'Array.prototype.then = () => {}',
  'Function.prototype.then = () => {}',
]

const shortened = (source: string) => (source.length > 120 ? `${source.slice(0, 110)} ...` : source)

const once = { maxRetries: 0, timeout: 10_000 }
const patch = remote((source: string) => new Function(source)() as undefined, once)
const add = remote((a: number, b: number) => a + b, once)
const later = remote(async (n: number) => n + 1, once)
const name = remote((text: string) => `${text}!`, once)
const lists = remote((n: number) => ({ list: [n, [n]], bytes: new Bytes(10_000).fill(n) }), once)
const { Uint8Array: Bytes, RangeError: OutOfRange } = globalThis
const fail = remote(() => {
  throw new OutOfRange('mine')
}, once)
const record = remote(async (n: number) => ({ n, list: [n] }), once)
const inner = remote((n: number) => ({ n }), once)
const nested = remote(async (n: number) => {
  const mine = put([n])
  const [first, second] = await get([inner.remote(n), mine])
  const [ready] = await wait([mine])
  return { first, second, ready: ready.length, again: await get(inner.remote(n)) }
}, once)

class Counter {
  readonly seen: number[] = []
  add(n: number): number[] {
    this.seen.push(n)
    return this.seen
  }
  async sleep(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  }
}

const errorOf = (ref: ObjectRef<any>): Promise<Error> =>
  get(ref).then(
    () => expect.fail('it did not reject'),
    (error: Error) => error,
  )

describe('in a thread', () => {
  afterEach(shutdown)

  const titled = [...PATCHES, ...REPLACEMENTS].map((source) => [shortened(source), source] as const)
  it.each(titled)('%s', async (_, source) => {
    await init({ numCpus: 1, logToDriver: false })
    await get(patch.remote(source))
    expect(await get([add.remote(1, 2), add.remote(3, 4), add.remote(5, 6)])).toEqual([3, 7, 11])
    expect(await get(later.remote(1))).toBe(2)
    expect(await get(name.remote('Lluís'))).toBe('Lluís!')
    expect(await get(lists.remote(7))).toEqual({ list: [7, [7]], bytes: new Uint8Array(10_000).fill(7) })
    // Its class may have gone with a global.
    expect((await errorOf(fail.remote())).cause).toMatchObject({ message: 'mine' })
    if (!REPLACEMENTS.includes(source)) return
    expect(await get(record.remote(3))).toEqual({ n: 3, list: [3] })
    expect(await get(nested.remote(4))).toEqual({ first: { n: 4 }, second: [4], ready: 1, again: { n: 4 } })
    const actor = remote(Counter, { isolate: false }).remote()
    expect(await get([actor.add.remote(1), actor.add.remote(2)])).toEqual([[1], [1, 2]])
    // The thread has been idle.
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await get(record.remote(5))).toEqual({ n: 5, list: [5] })
  })

  it('a `then` of all objects that is locked ends the worker of the task, and no other call', async () => {
    await init({ numCpus: 1, logToDriver: false })
    const lock = `Object.defineProperty(Object.prototype, 'then', { value() {}, configurable: false })`
    const error = await errorOf(patch.remote(lock))
    expect(error).toBeInstanceOf(WorkerCrashedError)
    expect(error.message).toMatch(/a property `then` .* can't be taken away/)
    expect(await get([record.remote(1), record.remote(2)])).toEqual([
      { n: 1, list: [1] },
      { n: 2, list: [2] },
    ])
  })
})

describe.each(['threads', 'inline'] as const)('a driver that gives all objects a `then` (%s)', (mode) => {
  it.each([
    ['that never calls back', () => {}],
    ['that calls back with something else', (resolve?: (value: unknown) => void) => resolve?.(1)],
  ])('%s', async (_, then) => {
    await init({ mode, ...(mode === 'threads' && { numCpus: 1 }) })
    // Vitest itself resolves promises with objects: so all of it is one turn of ours, which resolves with text.
    const seen = await new Promise<string>((resolve, reject) => {
      Object.defineProperty(Object.prototype, 'then', { value: then, configurable: true, writable: true })
      const over = (text: string) => {
        delete (Object.prototype as { then?: unknown }).then
        resolve(text)
      }
      const work = async () => {
        const actor = remote(Counter, { name: 'counter', isolate: false }).remote()
        const results = [
          await get(lists.remote(1)),
          await get([inner.remote(2), put([3])], { timeout: 10_000 }),
          await get([actor.add.remote(4)]),
          (await wait([inner.remote(5)], { timeout: 10_000 })).map((refs) => refs.length),
          await get((await getActor<Counter>('counter')).add.remote(6)),
          (await describeExecutor()).engine,
          await get(fail.remote()).catch((error: Error) => error.message),
        ]
        await shutdown()
        return JSON.stringify(results, (_, value) => (value instanceof Uint8Array ? value.length : value))
      }
      work().then(over, (error) => {
        over('')
        reject(error)
      })
    })
    expect(JSON.parse(seen)).toEqual([
      { list: [1, [1]], bytes: 10_000 },
      [{ n: 2 }, [3]],
      [[4]],
      [1, 0],
      [4, 6],
      mode,
      'mine',
    ])
  })
})

describe('in a driver and in workers of a fleet', () => {
  let redis: TestRedis
  const { start, killAll } = workersOf(() => redis, '--num-cpus', '1')
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    await shutdown()
    await killAll()
  })
  afterAll(() => redis.stop())

  it.each([
    ['Array.prototype', Array.prototype],
    ['Object.prototype', Object.prototype],
  ])(
    'a toJSON of %s',
    async (text, prototype) => {
      await start()
      await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
      Object.defineProperty(prototype, 'toJSON', { value: () => 'patched', configurable: true })
      try {
        await get(patch.remote(`${text}.toJSON = () => 'patched'`))
        expect(await get([add.remote(1, 2), add.remote(3, 4), add.remote(5, 6)])).toEqual([3, 7, 11])
        expect(await get(lists.remote(7))).toEqual({ list: [7, [7]], bytes: new Uint8Array(10_000).fill(7) })
        expect(await get(add.remote(put(1), add.remote(1, 1)))).toBe(3)
        expect((await errorOf(fail.remote())).cause).toMatchObject({ name: 'RangeError', message: 'mine' })
        const pair = remote((a: number, b: number) => [a, b], { numReturns: 2 })
        expect(await get(pair.remote(1, 2))).toEqual([1, 2])
        const actor = remote(Counter, { name: 'counter' }).remote()
        expect(await get([actor.add.remote(1), actor.add.remote(2)])).toEqual([[1], [1, 2]])
        expect(await get((await getActor<Counter>('counter')).add.remote(3))).toEqual([1, 2, 3])
        const sleeping = actor.sleep.remote()
        kill(actor)
        await errorOf(sleeping)
        const wait = remote(() => EventEmitter.once(new EventEmitter(), 'never'))
        const waiting = wait.remote()
        setTimeout(() => cancel(waiting, { force: true }), 300)
        expect(await errorOf(waiting)).toBeInstanceOf(TaskCancelledError)
      } finally {
        delete (prototype as { toJSON?: unknown }).toJSON
      }
    },
    60_000,
  )

  it('a `then` of all objects: its calls fail, and it can join again when that is taken away', async () => {
    await start()
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
    expect(await get(add.remote(1, 2))).toBe(3)
    const pending = get(remote(() => new Promise(() => {})).remote())
    const seen = await new Promise<string>((resolve) => {
      Object.defineProperty(Object.prototype, 'then', { value() {}, configurable: true })
      const told: string[] = []
      const tell = (error: Error) => told.push(error.message)
      const work = async () => {
        await pending.catch(tell)
        await shutdown().catch(tell)
        for (const call of [() => put(1), () => add.remote(1, 2)])
          try {
            call()
          } catch (error) {
            tell(error as Error)
          }
      }
      work().finally(() => {
        delete (Object.prototype as { then?: unknown }).then
        resolve(told.join('\n'))
      })
    })
    expect(seen.split('\n')).toEqual(Array(4).fill(expect.stringContaining('a property `then`')))
    expect(() => add.remote(1, 2)).toThrow(
      /Answers of the fleet were lost: .* shutdown\(\) and init\(\) again/,
    )
    await shutdown()
    await init({ address: redis.address, namespace: redis.namespace, logToDriver: false })
    expect(await get(lists.remote(7))).toEqual({ list: [7, [7]], bytes: new Uint8Array(10_000).fill(7) })
  }, 60_000)
})

it('plain data is written as JSON.stringify writes it, also while there is a toJSON', () => {
  const values = [
    ...[null, true, 1.5, -0, Number.NaN, 'a"\u2028\ud800', '', [], {}, [undefined, , () => {}, [[]]]],
    { b: undefined, a: { c: [1, { d: null }], 2: 'two', '"': '\n' }, e: () => {} },
    undefined,
  ]
  const expected = values.map((value) => JSON.stringify(value) ?? 'null')
  Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'patched', configurable: true })
  try {
    expect(values.map(toJson)).toEqual(expected)
    expect(fromJson(toJson({ a: [1, 2] }))).toEqual({ a: [1, 2] })
  } finally {
    delete (Array.prototype as { toJSON?: unknown }).toJSON
  }
})
