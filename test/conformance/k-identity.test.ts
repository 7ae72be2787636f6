// K4 and K5 across bundles: when two classes are one, in the receiver and at home.
import { EventEmitter } from 'node:events'
import { expect } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'
import { makeCounter } from '../support/equal-classes.ts'
import { goalTest } from '../support/goal.ts'
import { runScript } from '../support/script.ts'

/** Loads bundles, in their order, in a process that has none of the classes. */
const receive = (bundles: readonly Uint8Array[], text: string) =>
  runScript(
    `const bundles = ${JSON.stringify(bundles.map((bytes) => Buffer.from(bytes).toString('base64')))}.map((text) => Buffer.from(text, 'base64'))
    ${text}`,
  )

class Account {
  static opened = 0
  balance = 0
  constructor() {
    Account.opened++
  }
  add(amount: number): number {
    this.balance += amount
    return this.balance
  }
}
class Savings extends Account {}

goalTest('K4', 'a class sent twice is one class in the receiver, also in two bundles', async () => {
  const bundles = [dumps([new Account(), Account]), dumps(new Savings()), dumps(Account)]
  const result = await receive(
    bundles,
    `const [[account, Account], savings, again] = bundles.map((bytes) => cornichon.loads(bytes))
    await report([account instanceof Account, again === Account, savings instanceof Account, account.add(2), savings.add(3)])`,
  )
  expect(result).toEqual([true, true, true, 2, 3])
})

goalTest('K4', "static state of the receiver's class stays when the class comes again", async () => {
  const bundles = [dumps(Account), dumps(new Account())]
  const result = await receive(
    bundles,
    `const Account = cornichon.loads(bundles[0])
    Account.opened = 100
    const account = cornichon.loads(bundles[1])
    await report([account.constructor === Account, Account.opened])`,
  )
  expect(result).toEqual([true, 100])
})

/** Each keeps the state of its instances in a weak collection: as compilers do for private fields, and people by hand. */
function classesWithWeakState() {
  const fields = new WeakMap<object, number>()
  class Lowered {
    constructor(state: number) {
      fields.set(this, state)
    }
    get state() {
      return fields.get(this)
    }
  }
  class Derived extends Lowered {}
  class Statics {
    static #hidden = new WeakMap<object, number>()
    static open = new WeakSet<object>()
    constructor(state: number) {
      Statics.#hidden.set(this, state)
      Statics.open.add(this)
    }
    get state() {
      return Statics.open.has(this) && Statics.#hidden.get(this)
    }
  }
  const byHelper = new WeakMap<object, { state: number }>()
  const stateOf = (object: object) => {
    if (!byHelper.has(object)) byHelper.set(object, { state: -1 })
    return byHelper.get(object)!
  }
  class Helped {
    constructor(state: number) {
      stateOf(this).state = state
    }
    get state() {
      return stateOf(this).state
    }
  }
  const far = new WeakMap<object, number>()
  const hold = (object: object, state?: number): number | undefined =>
    state === undefined ? far.get(object) : (far.set(object, state), again ? state : read(object))
  const read = (object: object) => hold(object)
  const again = true
  function write(object: object, state: number) {
    return hold(object, state)
  }
  const through = { read: (object: object) => read(object) }
  const readAgain = through.read
  class Far {
    constructor(state: number) {
      write(this, state)
    }
    get state() {
      return readAgain(this)
    }
  }
  return [Lowered, Derived, Statics, Helped, Far]
}

goalTest('K4', 'instances that come in a later bundle have their state in weak collections', async () => {
  for (const Class of classesWithWeakState()) {
    const [first, second] = [new Class(1), new Class(2)]
    const bundles = [first, second, [first, second]].map((value) => dumps(value))
    const result = await receive(
      bundles,
      `const [first, second, both] = bundles.map((bytes) => cornichon.loads(bytes))
      const home = cornichon.loads(cornichon.dumps(second))
      await report([first, second, ...both, home].map(({ state }) => state))`,
    )
    expect(result, Class.name).toEqual([1, 2, 1, 2, 2])
    expect((loads(bundles[1]) as { state: unknown }).state, Class.name).toBe(2)
  }
})

goalTest('K4', 'a redefined class is another class', async () => {
  const define = (answer: number) =>
    answer === 1
      ? class Answer {
          get() {
            return 1
          }
        }
      : class Answer {
          get() {
            return 2
          }
        }
  const bundles = [dumps(define(1)), dumps(define(2))]
  const result = await receive(
    bundles,
    `const [First, Second] = bundles.map((bytes) => cornichon.loads(bytes))
    await report([First === Second, First.name, Second.name, new First().get(), new Second().get(), new First() instanceof Second])`,
  )
  expect(result).toEqual([false, 'Answer', 'Answer', 1, 2, false])
})

goalTest('K4', 'a class whose methods are replaced after it was sent is another class', async () => {
  class Base {
    one() {
      return 1
    }
  }
  class Patched extends Base {
    static made = () => 0
    two() {
      return 2
    }
  }
  const bundles = [dumps(new Patched())]
  Patched.made = () => 1
  bundles.push(dumps(new Patched()))
  Patched.prototype.two = () => 22
  bundles.push(dumps(new Patched()))
  Base.prototype.one = () => 11
  bundles.push(dumps(new Patched()))
  const result = await receive(
    bundles,
    `const all = bundles.map((bytes) => cornichon.loads(bytes))
    await report([all[0].constructor === all[1].constructor, ...all.map((each) => [each.one(), each.two()])])`,
  )
  expect(result).toEqual([true, [1, 2], [1, 2], [1, 22], [11, 22]])
  for (const bytes of bundles) expect(loads(bytes)).toBeInstanceOf(Patched)
})

goalTest('K5', "an instance that comes home is an instance of the sender's class", async () => {
  const account = new Account()
  account.add(5)
  const opened = Account.opened
  const returned = await receive(
    [dumps(account)],
    `const account = cornichon.loads(bundles[0])
    account.add(10)
    await report(Buffer.from(cornichon.dumps([account, account.constructor])).toString('base64'))`,
  )
  const [home, itsClass] = loads<[Account, unknown]>(Buffer.from(returned, 'base64'))
  expect(home).toBeInstanceOf(Account)
  expect(itsClass).toBe(Account)
  expect(home).not.toBe(account)
  expect(home.add(0)).toBe(15)
  expect(Account.opened).toBe(opened)
})

goalTest('K5', 'instances of equal classes come home to their own class, in any order', async () => {
  const [First, Second] = [makeCounter(), makeCounter()]
  const returned = await receive(
    [dumps([new First(), new Second()])],
    `const [first, second] = cornichon.loads(bundles[0])
    await report([[second, first], second].map((value) => Buffer.from(cornichon.dumps(value)).toString('base64')))`,
  )
  const [both, alone] = returned.map((text: string) => loads(Buffer.from(text, 'base64')))
  expect(both[0]).toBeInstanceOf(Second)
  expect(both[1]).toBeInstanceOf(First)
  expect(alone).toBeInstanceOf(Second)
  expect(alone).not.toBeInstanceOf(First)
})

goalTest('K5', "loading in the sending process gives the sender's own class", () => {
  const copy = loads<Savings>(dumps(new Savings()))
  expect(copy).toBeInstanceOf(Savings)
  expect(copy.constructor).toBe(Savings)
})

goalTest('K5', 'an instance that comes home has its private state, and no constructor ran for it', () => {
  let runs = 0
  const first = { value: 1 }
  class Plain {
    #x: unknown = first
    readonly #log = new Map<string, number>()
    set(x: number): this {
      this.#x = x
      this.#log.set('set', x)
      return this
    }
    get(): unknown[] {
      return [this.#x, ...this.#log]
    }
  }
  class Built {
    #x
    constructor(x: number) {
      runs++
      this.#x = x
    }
    get(): number {
      return this.#x
    }
  }
  class Derived extends Built {
    #y = 2
    both(): number[] {
      return [this.get(), this.#y]
    }
    more(): this {
      this.#y++
      return this
    }
  }
  expect(loads<Plain>(dumps(new Plain().set(7))).get()).toEqual([7, ['set', 7]])
  const built = loads<Built>(dumps(new Built(5)))
  expect(built).toBeInstanceOf(Built)
  expect(built.get()).toBe(5)
  const derived = loads<Derived>(dumps(new Derived(6).more()))
  expect(derived).toBeInstanceOf(Derived)
  expect(derived.both()).toEqual([6, 3])
  expect(runs).toBe(2)
})

goalTest('K5', 'of many instances none has its constructor run, however that begins', () => {
  const effects: unknown[] = []
  const effect = <T>(value: T): T => {
    effects.push(value)
    return value
  }
  abstract class Tested {
    abstract secret(): number
  }
  class Base {
    readonly base
    readonly #hidden
    constructor(base: number, ..._: unknown[]) {
      effect(base)
      this.base = base
      this.#hidden = base
    }
    hidden(): number {
      return this.#hidden
    }
  }
  const classes: (new (n: number) => Tested)[] = [
    class extends Object {
      n
      #secret
      constructor(n: number) {
        super()
        this.n = n
        this.#secret = effect(n)
      }
      secret(): number {
        return this.#secret
      }
    },
    class extends Map<number, number> {
      declare n: number
      #secret
      constructor(n: number) {
        super()
        this.n = n
        this.#secret = effect(n)
      }
      secret(): number {
        return this.#secret
      }
    },
    class extends Base {
      #secret
      n
      constructor(n: number, ...rest: number[]) {
        super(n, { n }, ...rest)
        this.#secret = n
        this.n = `${n}`
      }
      secret(): number {
        return this.#secret
      }
    },
    class extends Base {
      #secret = 0
      constructor(n: number) {
        super(n)
        this.secretly = n
      }
      set secretly(n: number) {
        effect(n)
        this.#secret = n
      }
      secret(): number {
        return this.#secret
      }
    },
    class {
      n
      list
      #secret
      constructor(n: number, list: readonly number[] = effect([]), ...rest: string[]) {
        this.n = `${n}${list.length}${rest.length}` && !n ? -n : [n, { n }, () => n]
        this.list = list
        this.#secret = effect(n)
      }
      secret(): number {
        return this.#secret
      }
    },
    class {
      #secret
      n
      constructor(n: number) {
        this.#secret = effect(n)
        this.n = n
      }
      secret(): number {
        return this.#secret
      }
    },
    class {
      n
      #secret
      constructor(n: number) {
        this.n = effect(n)
        this.#secret = n
      }
      secret(): number {
        return this.#secret
      }
    },
    class {
      #secret
      constructor(n: number) {
        this.n = n
        this.#secret = effect(n)
      }
      set n(value: number) {
        effect(value)
      }
      secret(): number {
        return this.#secret
      }
    },
  ]
  for (const Class of classes) {
    const list = Array.from({ length: 20 }, (_, i) => new Class(i))
    effects.length = 0
    let copies: Tested[]
    try {
      copies = loads<Tested[]>(dumps(list))
    } catch (error) {
      // A constructor that has an effect before it can be stopped.
      expect(Class).toBe(classes[0])
      expect(String(error)).toMatch(/UnpicklingError.*super\(\)/)
      continue
    }
    expect(effects).toEqual([])
    copies.forEach((copy, i) => {
      expect(copy).toBeInstanceOf(Class)
      expect(copy.secret()).toBe(i)
      if (copy instanceof Base) expect([copy.base, copy.hidden()]).toEqual([i, i])
      expect(Object.keys(copy)).toEqual(Object.keys(list[i]))
    })
    expect(new Class(3).secret()).toBe(3)
  }
})

goalTest(
  'K5',
  'an instance whose private fields only the constructor could make again is refused by name',
  () => {
    let runs = 0
    class Impure {
      #x = runs++
      get(): number {
        return this.#x
      }
    }
    const bytes = dumps(new Impure())
    expect(() => loads(bytes)).toThrow(/Impure.*initializers.*runs\+\+/s)
    expect(runs).toBe(1)
  },
)

goalTest(
  'K5',
  "an arrow function in an instance that uses the class's private names is refused at home, by the class's name",
  async () => {
    class Counter {
      #n = 1
      up = () => ++this.#n
    }
    const bytes = dumps(new Counter().up)
    expect(() => loads(bytes)).toThrow(/Counter.*private names.*another process.*method of the class/s)
    expect(await receive([bytes], 'await report(cornichon.loads(bundles[0])())')).toBe(2)
  },
)

goalTest(
  'K5',
  'instances with private fields of classes that extend built-ins come home, also through another process',
  async () => {
    const counting = <Base extends new (...args: any[]) => object>(base: Base) =>
      class extends base {
        #count = 1
        up(): number {
          return ++this.#count
        }
      }
    const makers: [new (...args: any[]) => { up(): number }, unknown[]][] = [
      [counting(Map), [[[1, 2]]]],
      [counting(Set), [[1, 2]]],
      [counting(Array), [1, 2, 3]],
      [counting(Error), ['message']],
      [counting(Promise), [(done: (value: number) => void) => done(1)]],
      [counting(EventEmitter), []],
      [counting(Date), [5]],
      [counting(Uint8Array), [[1, 2]]],
      [counting(RegExp), ['a', 'g']],
      [counting(URL), ['http://a/b']],
    ]
    for (const [Class, args] of makers) {
      const instance = new Class(...args)
      instance.up()
      const bytes = dumps(instance)
      const home = loads<typeof instance>(bytes)
      expect(home).toBeInstanceOf(Class)
      expect(home.up()).toBe(3)
      const [count, back] = (await receive(
        [bytes],
        `const value = cornichon.loads(bundles[0])
      await report([value.up(), Buffer.from(cornichon.dumps(value)).toString('base64')])`,
      )) as [number, string]
      expect(count).toBe(3)
      const returned = loads<typeof instance>(Buffer.from(back, 'base64'))
      expect(returned).toBeInstanceOf(Class)
      expect([returned.up(), instance.up()]).toEqual([4, 3])
    }
  },
)
