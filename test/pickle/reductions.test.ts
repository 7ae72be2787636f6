// Reducers of the user's, within one process: who is asked, what may be answered, what cycles can go through.
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Class,
  checkSerializable,
  dumps,
  inspectBundle,
  loads,
  PicklingError,
  registerReducer,
  symbols,
  UnpicklingError,
  unregisterReducer,
} from '../../serializer/index.ts'
import { assertStrictEqual } from '../support/strict-equal.ts'

class Point {
  x: number
  y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}
class Point3 extends Point {}

const registered = new Set<Class>()
const register: typeof registerReducer = (type, reducer) => {
  registerReducer(type, reducer)
  registered.add(type)
}
afterEach(() => {
  for (const type of registered) unregisterReducer(type)
  registered.clear()
})

function problemOf(work: () => unknown): PicklingError {
  try {
    work()
  } catch (error) {
    if (error instanceof PicklingError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('priority', () => {
  class Hooked {
    by = 'nobody';
    [symbols.reduce]() {
      return [() => 'hook', []] as const
    }
  }
  const by = (who: string) => () => [(name: string) => name, [who]] as const

  test('persistentId, reducerOverride, dispatchTable, hook, registered: the first that speaks is heard', () => {
    register(Hooked, by('registered'))
    const value = new Hooked()
    expect(loads(dumps(value))).toBe('hook')
    const dispatchTable = new Map([[Hooked, by('table')]])
    expect(loads(dumps(value, { dispatchTable }))).toBe('table')
    const reducerOverride = (object: object) => (object === value ? by('override')() : undefined)
    expect(loads(dumps(value, { dispatchTable, reducerOverride }))).toBe('override')
    const persistentId = (object: object) => (object === value ? 7 : null)
    const bytes = dumps(value, { dispatchTable, reducerOverride, persistentId })
    expect(loads(bytes, { persistentLoad: (id) => `persistent ${id}` })).toBe('persistent 7')
  })

  test('a reducer counts as soon as it is registered, and no longer when it is taken back', () => {
    const value = new Point(1, 2)
    expect(loads<Point>(dumps(value))).toBeInstanceOf(Point)
    registerReducer(Point, by('registered'))
    expect(loads(dumps([value]))).toEqual(['registered'])
    unregisterReducer(Point)
    expect(loads<Point>(dumps(value))).toBeInstanceOf(Point)
    expect(() => unregisterReducer(Point)).toThrow(/no reducer is registered for Point/)
  })

  test('reducers are for the exact class, hooks are inherited', () => {
    register(Point, by('registered'))
    expect(loads<Point3>(dumps(new Point3(1, 2)))).toBeInstanceOf(Point3)
    class Derived extends Hooked {}
    expect(loads(dumps([new Derived()]))).toEqual(['hook'])
    class Static {
      static [symbols.reduce](value: Static) {
        return [(is: boolean) => is, [value instanceof Static]]
      }
    }
    expect(loads(dumps(new (class extends Static {})()))).toBe(true)
    expect(loads(dumps({ a: 1, [symbols.reduce]: () => [() => 'own', []] }))).toBe('own')
  })

  test('a class with a hook, and its prototype, travel as any other', () => {
    const [type, prototype] = loads<[typeof Hooked, object]>(dumps([Hooked, Hooked.prototype]))
    expect(type.prototype).toBe(prototype)
  })

  test('a reducer of the user for a built-in class is heard; intrinsics stay what they are', () => {
    register(Date, (date) => [(time: number) => ({ time }), [date.getTime()]])
    register(Map, (map) => [Array.from, [[...map.keys()]]])
    register(Array, (list) => [(length: number) => ({ length }), [list.length]])
    expect(loads(dumps({ a: new Date(5), b: Date.prototype }))).toEqual({ a: { time: 5 }, b: Date.prototype })
    expect(loads(dumps([1, 2, 3]))).toEqual({ length: 3 })
  })

  test('reducerOverride is asked about every object and function, once each', () => {
    const shared = { deep: [1, 2, 3, 4, 5] }
    const fn = () => shared
    const value = {
      list: [shared, shared, new Map([['k', new Date(0)]])],
      fn,
      join,
      bare: Object.create(null),
    }
    const seen: object[] = []
    dumps(value, { reducerOverride: (object) => void seen.push(object) })
    for (const object of [value, value.list, shared, shared.deep, value.list[2], fn, join, value.bare])
      expect(seen.filter((one) => one === object)).toHaveLength(1)
    const replaced = loads<typeof value>(
      dumps(value, { reducerOverride: (object) => (object === fn ? 'node:path#join' : undefined) }),
    )
    expect(replaced.fn).toBe(join)
  })
})

describe('parts of a reduction', () => {
  test('a class is called with new, other functions without; built-in classes too', () => {
    register(Point, (point) => [Date, [point.x]])
    expect(loads(dumps(new Point(9, 9)))).toEqual(new Date(9))
    function Old(this: { a: number }, a: number) {
      this.a = a
    }
    const old = Reflect.construct(Old, [3])
    const reducerOverride = (object: object) => (object === old ? ([Old as any, [3]] as const) : undefined)
    const loaded = loads<{ a: number }>(dumps(old, { reducerOverride }))
    expect(loaded.a).toBe(3)
    expect(loaded.constructor.name).toBe('Old')
  })

  test('state, items, entries and setState, with cycles through all of them', () => {
    class Bag {
      log: unknown[] = []
      push(item: unknown) {
        this.log.push(['item', item])
      }
      set(key: unknown, value: unknown) {
        this.log.push(['entry', key, value])
      }
    }
    const bag = new Bag()
    register(Bag, (self) => [
      Bag,
      [],
      { self },
      [self, 1],
      [
        ['k', self],
        [self, 2],
      ],
    ])
    const loaded = loads<Bag & { self: Bag }>(dumps({ bag })) as unknown as { bag: Bag & { self: Bag } }
    expect(loaded.bag.self).toBe(loaded.bag)
    expect(loaded.bag.log).toEqual([
      ['item', loaded.bag],
      ['item', 1],
      ['entry', 'k', loaded.bag],
      ['entry', loaded.bag, 2],
    ])
    register(Point, (self) => [
      Point,
      [0, 0],
      { self, to: [self.x] },
      null,
      null,
      (result: any, state: any) => {
        result.x = state.to[0]
        result.same = state.self === result
      },
    ])
    expect(loads(dumps(new Point(4, 0)))).toMatchObject({ x: 4, y: 0, same: true })
  })

  test('entries become properties and items are added where there is neither set nor push', () => {
    register(Point, (point) => [Object, [], undefined, undefined, new Map([['x', point.x]])])
    register(Point3, (point) => [Set, [], undefined, [point.x, point.y]])
    expect(loads(dumps([new Point(1, 2), new Point3(3, 4)]))).toEqual([{ x: 1 }, new Set([3, 4])])
  })

  test('arguments are whole when the factory is called, whatever they share with the rest', () => {
    class Secret {
      #inner: object
      constructor(inner: object) {
        this.#inner = inner
      }
      get inner() {
        return this.#inner
      }
    }
    let deep: object = { end: true }
    for (let i = 0; i < 1000; i++) deep = { deep }
    class Summary {
      text: string
      readonly of: Secret[]
      constructor(of: Secret[]) {
        this.of = of
        this.text = JSON.stringify(of.map((secret) => secret.inner))
      }
      [symbols.reduce]() {
        return [Summary, [this.of]]
      }
    }
    const secrets = [new Secret({ a: [1] }), new Secret(new Date(0)), new Secret(deep)]
    const value = { first: secrets[0], sum: new Summary(secrets), list: secrets }
    const loaded = loads<typeof value>(dumps(value))
    expect(loaded.sum.text).toBe(value.sum.text)
    expect(loaded.sum.of[0]).toBe(loaded.first)
    expect(loaded.list[2]).toBe(loaded.sum.of[2])
  })

  test('one object is reduced once and stays one; what reducers make is not mixed up', () => {
    let calls = 0
    register(Point, (point) => {
      calls++
      return [(parts: number[]) => ({ parts }), [[point.x, point.y, calls]]]
    })
    const points = Array.from({ length: 500 }, (_, i) => new Point(i, i))
    const loaded = loads<{ parts: number[] }[]>(dumps([...points, ...points]))
    expect(calls).toBe(500)
    expect(loaded[0]).toBe(loaded[500])
    expect(loaded.map(({ parts }) => parts[0])).toEqual([...points, ...points].map(({ x }) => x))
  })

  test('a long list through state needs no call stack', () => {
    class Node {
      next: Node | null = null;
      [symbols.reduce]() {
        return [Node, [], { next: this.next }, null, null, link]
      }
    }
    const link = (result: Node, state: Node) => void (result.next = state.next)
    let first = new Node()
    for (let i = 0; i < 20_000; i++) {
      const node = new Node()
      node.next = first
      first = node
    }
    let length = 0
    for (let at: Node | null = loads<Node>(dumps(first)); at; at = at.next) length++
    expect(length).toBe(20_001)
  })

  test('a static instance is reduced by the class that holds it', () => {
    class Unit {
      static readonly ONE: Unit = new Unit('one')
      readonly name: string
      constructor(name: string) {
        this.name = name
      }
      [symbols.reduce]() {
        return [Unit, [this.name]]
      }
    }
    expect(loads<Unit>(dumps(Unit.ONE)).name).toBe('one')
  })
})

describe('faults', () => {
  test("a reducer's error is the cause, and the path is told", () => {
    const cause = new RangeError('no such point')
    register(Point, () => {
      throw cause
    })
    const problem = problemOf(() => dumps({ list: [{ at: new Point(1, 2) }] }))
    expect(problem.cause).toBe(cause)
    expect(problem.path).toBe('value -> .list -> [0] -> .at')
    expect(problem.message).toMatch(/the reducer of Point threw: no such point/)
    expect(checkSerializable({ at: new Point(1, 2) }).problems).toMatchObject([{ path: 'value -> .at' }])
  })

  test.each([
    [undefined, /it is undefined/],
    [{}, /it is an object/],
    [[], /it has 0 parts/],
    [[Point], /it has 1 part,/],
    [['Point', []], /its factory is the string "Point"/],
    [[Point, {}], /its args are an object/],
    [[Point, [], 5], /its state is 5/],
    [[Point, [], null, 5], /its items are 5/],
    [[Point, [], null, null, [5]], /one of its entries is 5/],
    [[Point, [], null, null, null, {}], /its setState is an object/],
    [[Point, [], null, null, null, null, 1], /it has 7 parts/],
    ['join', /is no name of an export/],
    ['node:path#nothing', /is not found/],
    ['acorn#nothing', /is not found/],
    ['./here#nothing', /names a file/],
  ])('nonsense is named: %j', (nonsense: any, message) => {
    register(Point, () => nonsense)
    const problem = problemOf(() => dumps([new Point(1, 2)]))
    expect(problem.message).toMatch(/^value -> \[0\].*the reducer of Point returned no reduction/)
    expect(problem.message).toMatch(message)
  })

  test('an argument that needs the object, and arguments without end, are refused with their path', () => {
    register(Point, (point) => [Point, [point]])
    expect(problemOf(() => dumps([new Point(1, 2)])).message).toMatch(/needed before it can exist/)
    register(Point, () => [Point, [new Point(1, 2)]])
    expect(problemOf(() => dumps([new Point(1, 2)])).message).toMatch(/reductions are each an argument/)
  })

  test('a reducer that changes what is being pickled changes no bundle: what was there is what travels', () => {
    class Registry extends Map<string, unknown> {}
    const first = () => new Point(1, 2)
    const changes: [make: () => any, change: (value: any) => void][] = [
      [() => [first(), 2, 3], (list) => list.splice(1, 2)],
      [() => [first(), 2, 3], (list) => list.push(4)],
      [() => Object.assign([first(), , 3], { name: 'list' }), (list) => delete list[2]],
      [() => Object.assign([first()], { length: 500, 400: 'far' }), (list) => delete list[400]],
      [() => Object.assign([first(), 2], { keys: 'not those of arrays' }), (list) => list.pop()],
      [() => Object.setPrototypeOf([first(), 2], null), (list) => delete list[1]],
      [() => ({ point: first(), a: 1 }), (object) => delete object.a],
      [() => Object.freeze({ list: [first(), 1] }), ({ list }) => list.pop()],
      [
        () => Object.defineProperty({ point: first(), a: 1 }, 'hidden', { value: 2, configurable: true }),
        (object) => {
          delete object.a
          delete object.hidden
        },
      ],
      [
        () =>
          new Map<any, any>([
            [first(), 1],
            ['b', 2],
          ]),
        (map) => map.clear(),
      ],
      [() => new Map<any, any>([['a', first()]]), (map) => map.set('b', 2)],
      [
        () =>
          new Registry([
            ['a', first()],
            ['b', 2],
          ]),
        (map) => map.delete('b'),
      ],
      [() => new Set<unknown>([first(), 2]), (set) => set.clear()],
      [() => Object.assign(new Set<unknown>([first()]), { x: 1 }), (set) => set.add(3)],
    ]
    for (const [make, change] of changes) {
      const value = make()
      let left = 1
      const copy = loads(
        dumps([value], {
          dispatchTable: new Map([
            [
              Point,
              (point: Point) => {
                if (left-- > 0) change(value)
                return [Point, [point.x, point.y]]
              },
            ],
          ]),
        }),
      )
      assertStrictEqual(copy, [make()])
    }
    const resizable = new (ArrayBuffer as any)(100_000, { maxByteLength: 200_000 })
    register(Point, () => [Object, [resizable.resize(10)]])
    expect(problemOf(() => dumps([new Uint8Array(resizable), first()])).message).toMatch(/lost bytes/)
  })

  test('what a reducer returns is read once; an error that it throws then is its own', () => {
    const thrown = new Error('a trap')
    const throwing = new Proxy([], {
      get() {
        throw thrown
      },
    })
    for (const nonsense of [throwing, [Object, throwing], [Map, [], null, null, [throwing]]]) {
      register(Point, () => nonsense as never)
      expect(problemOf(() => dumps([new Point(1, 2)])).cause).toBe(thrown)
    }
  })

  test('what loading calls and misses is named', () => {
    register(Point, () => [
      () => {
        throw new RangeError('not today')
      },
      [],
    ])
    const bytes = dumps([new Point(1, 2)])
    expect(() => loads(bytes)).toThrow(UnpicklingError)
    expect(() => loads(bytes)).toThrow(/the factory .* threw: not today/)
    expect(inspectBundle(bytes).values.count).toBeGreaterThan(1)
    register(Point, () => [Object, [{ a: 1 }]])
    expect(() => loads(dumps(new Point(1, 2)), { code: 'refuse' })).toThrow(/a reduction/)
    const persistent = dumps({ a: 1 }, { persistentId: (value) => ('a' in value ? { id: [1] } : null) })
    expect(() => loads(persistent)).toThrow(/persistentLoad/)
    expect(loads(persistent, { code: 'refuse', persistentLoad: ({ id }) => id })).toEqual([1])
  })

  test('what belongs to the process gets no state, items or entries', () => {
    const kinds: any[] = [[{ polluted: 1 }], [null, [1]], [null, null, [['polluted', 1]]]]
    for (const factory of [() => Object, () => Array.prototype, () => join])
      for (const parts of kinds) {
        register(Point, () => [factory, [], ...parts] as never)
        expect(() => loads(dumps(new Point(1, 2)))).toThrow(/belongs to the process/)
      }
    expect([Object, Array.prototype, join].some((each) => 'polluted' in each)).toBe(false)
    register(Point, () => [() => Object, []])
    expect(loads(dumps(new Point(1, 2)))).toBe(Object)
  })

  test('a factory that is itself reduced to what needs it first is told: there was no end', () => {
    const all = { reducerOverride: () => [Set, []] as const }
    expect(problemOf(() => dumps([1], all)).message).toMatch(
      /factory of its reduction, Set, is itself reduced/,
    )
    const first = () => 1
    const second = () => 2
    const each = { reducerOverride: (value: object) => [value === first ? second : first, []] as const }
    expect(problemOf(() => dumps([1], each)).message).toMatch(
      /factory of its reduction, (first|second), is itself/,
    )
    expect(checkSerializable([1], all).ok).toBe(false)
  })

  test('a factory that reaches the object by its variables is told: it was called without them', () => {
    const config = { unit: 'm' }
    const known = new Map<string, object>()
    function known_(name: string) {
      return { config, found: known.get(name) }
    }
    const point = new Point(1, 2)
    known.set('a', point)
    register(Point, () => [known_, ['a']])
    const problem = problemOf(() => dumps({ point }))
    expect(problem.message).toMatch(
      /factory of its reduction, known_, would be called before it has its variables/,
    )
    expect(problem.path).toBe('value -> .point')
    expect(problemOf(() => dumps([known_, point])).message).toMatch(/known_, would be called before/)
    known.clear()
    expect(loads<any>(dumps([known_, point]))[1]).toEqual({ config: { unit: 'm' }, found: undefined })
    // A class may have its instances in variables and statics: it makes others without them.
    class Kept {
      static readonly all: Kept[] = []
      id: number
      constructor(id: number) {
        this.id = id
      }
      names() {
        return all.map(({ id }) => id)
      }
    }
    const all = [new Kept(1), new Kept(2)]
    Kept.all.push(...all)
    register(Kept, (kept) => [Kept, [kept.id]])
    expect(loads<Kept>(dumps(all[1])).names()).toEqual([1, 2])
  })

  test('ill-typed options and registrations throw', () => {
    for (const option of ['reducerOverride', 'dispatchTable', 'persistentId'])
      expect(() => dumps(1, { [option]: 'x' })).toThrow(TypeError)
    expect(() => loads(dumps(1), { persistentLoad: 1 as any })).toThrow(TypeError)
    expect(() => registerReducer((() => {}) as any, () => [Object, []])).toThrow(TypeError)
    expect(() => registerReducer(Point, {} as any)).toThrow(TypeError)
  })
})
