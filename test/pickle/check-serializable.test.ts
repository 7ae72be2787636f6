// checkSerializable: every obstacle in one pass, each with its path, its place and a way out; it never throws.
import { expect, test } from 'vitest'
import { checkSerializable, dumps, PicklingError } from '../../serializer/index.ts'

function* started() {
  yield 1
}
const stuck = () => started()

test('a value that can be pickled has no problems', () => {
  expect(checkSerializable({ a: [1, () => 2] })).toEqual({ ok: true, problems: [] })
})

test('every obstacle is named in one pass, with a reason and a way out', () => {
  const pending = new Promise(() => {})
  const { ok, problems } = checkSerializable({ a: stuck(), b: [1, pending], c: new Map([['key', stuck()]]) })
  expect(ok).toBe(false)
  expect(problems.map(({ path }) => path).sort()).toEqual([
    'value -> .a',
    'value -> .b -> [1]',
    'value -> .c -> [key key]',
  ])
  for (const { reason, remedy } of problems) {
    expect(reason).toMatch(/generator|promise/)
    expect(remedy.length).toBeGreaterThan(10)
  }
})

test('paths name bindings, statics and bound this; the location is the file and line of the function', () => {
  const config = { db: stuck() }
  const outer = () => config
  class Holder {
    static held = stuck()
  }
  const pathsOf = (value: unknown) => checkSerializable(value).problems.map(({ path }) => path)
  const { problems } = checkSerializable(outer)
  expect(problems[0]?.path).toBe('outer -> binding config -> .db')
  expect(problems[0]?.location).toMatch(/check-serializable\.test\.ts.*:\d+/)
  expect(pathsOf(Holder)).toEqual(['Holder -> .held'])
  expect(pathsOf(outer.bind({ self: stuck() }))[0]).toContain('[[BoundThis]] -> .self')
})

test('paths name private fields, statics, bound arguments and the keys of Maps', () => {
  class Box {
    static kept = stuck()
    static #count = stuck()
    #secret = stuck()
    open = () => [this.#secret, Box.#count]
  }
  class Sealed {
    readonly #held = { deep: stuck() }
    peek() {
      return this.#held
    }
  }
  const plain = () => 1
  const pathsOf = (value: unknown) =>
    checkSerializable(value)
      .problems.map(({ path }) => path)
      .sort()
  expect(pathsOf(new Sealed())).toEqual(['value -> #held -> .deep'])
  expect(pathsOf(Box)).toEqual(['Box -> #count', 'Box -> .kept'])
  expect(pathsOf([new Box()])).toContain('value -> [0] -> #secret')
  expect(pathsOf((plain as (...list: unknown[]) => number).bind(stuck(), { a: stuck() }))).toHaveLength(2)
  expect(pathsOf(plain.bind(stuck()))[0]).toMatch(/\[\[BoundThis\]\]$/)
  const map = new Map<unknown, unknown>([
    ['text', stuck()],
    [7, { deep: stuck() }],
    [{}, stuck()],
    [stuck(), 'value'],
  ])
  expect(pathsOf({ map })).toEqual([
    'value -> .map -> [2]',
    'value -> .map -> [3]',
    'value -> .map -> [key 7] -> .deep',
    'value -> .map -> [key text]',
  ])
})

test('it never throws and runs nothing: hostile getters, proxies, revoked proxies, cycles', () => {
  const fail = () => {
    throw new Error('it ran')
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const cyclic: Record<string, unknown> = { stuck: stuck() }
  cyclic.self = cyclic
  const traps = new Proxy(
    {},
    { get: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
  )
  for (const value of [
    Object.defineProperty({}, 'x', { get: fail, enumerable: true }),
    Object.defineProperty(() => 1, 'name', { get: fail }),
    traps,
    Object.create(traps),
    revoked.proxy,
    [revoked.proxy],
    cyclic,
    null,
    undefined,
    Symbol('s'),
  ])
    expect(() => checkSerializable(value)).not.toThrow()
  expect(checkSerializable(revoked.proxy).ok).toBe(false)
  expect(checkSerializable(cyclic).problems).toHaveLength(1)
})

test('an error of which V8 can not form the stack is no fault of ours: it is named', () => {
  const error = Object.assign(new Error('message'), { name: [Symbol('no text')] })
  const { problems } = checkSerializable({ error })
  // V8 may have formed it before: then there is nothing to say.
  for (const { path, reason } of problems) {
    expect(path).toBe('value -> .error')
    expect(reason).toMatch(/stack/)
  }
  const frozen = Object.freeze(new Error('frozen'))
  const { ok } = checkSerializable(frozen)
  expect(ok).toBe(true)
})

test('a revoked proxy is refused with the way to it, wherever it is', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const values = {
    '': proxy,
    ' -> [1]': [1, proxy],
    ' -> .a': { a: proxy },
    ' -> .a -> [[ProxyTarget]]': { a: new Proxy(proxy, {}) },
    ' -> [[Prototype]]': Object.setPrototypeOf({}, proxy),
  }
  for (const [path, value] of Object.entries(values)) {
    expect(() => dumps(value)).toThrow(PicklingError)
    expect(checkSerializable(value).problems).toMatchObject([
      { path: `value${path}`, reason: 'the proxy was revoked' },
    ])
  }
  const asked: string[] = []
  const handler = new Proxy({}, { get: (_, trap) => void asked.push(String(trap)) })
  const odd = Object.setPrototypeOf({ a: 1 }, new Proxy({}, handler))
  checkSerializable(odd)
  dumps(odd)
  expect(asked).toEqual([])
})
