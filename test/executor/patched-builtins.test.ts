// User code may patch what is built in: what the executor sends and keeps is not spoiled by that. In a thread, each patch is
// made by a task, and is there for those behind it.
import { EventEmitter } from 'node:events'
import {
  cancel,
  get,
  getActor,
  init,
  kill,
  type ObjectRef,
  put,
  remote,
  shutdown,
  TaskCancelledError,
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

const once = { maxRetries: 0, timeout: 10_000 }
const patch = remote((source: string) => new Function(source)() as undefined, once)
const add = remote((a: number, b: number) => a + b, once)
const later = remote(async (n: number) => n + 1, once)
const name = remote((text: string) => `${text}!`, once)
const lists = remote((n: number) => ({ list: [n, [n]], bytes: new Uint8Array(10_000).fill(n) }), once)
const fail = remote(() => {
  throw new RangeError('mine')
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

  it.each(PATCHES)('%s', async (source) => {
    await init({ numCpus: 1, logToDriver: false })
    await get(patch.remote(source))
    expect(await get([add.remote(1, 2), add.remote(3, 4), add.remote(5, 6)])).toEqual([3, 7, 11])
    expect(await get(later.remote(1))).toBe(2)
    expect(await get(name.remote('Lluís'))).toBe('Lluís!')
    expect(await get(lists.remote(7))).toEqual({ list: [7, [7]], bytes: new Uint8Array(10_000).fill(7) })
    expect((await errorOf(fail.remote())).cause).toMatchObject({ name: 'RangeError', message: 'mine' })
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
