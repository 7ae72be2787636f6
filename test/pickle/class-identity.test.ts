// When classes of several bundles are one: what they extend and use counts, and what was pickled before does not.
import { expect, test } from 'vitest'
import { dumps, Pickler } from '../../serializer/index.ts'
import { makeCounter } from '../support/equal-classes.ts'
import { runScript } from '../support/script.ts'

const extending = (k: number) => {
  class Base {
    m() {
      return k
    }
  }
  return class Derived extends Base {}
}

const using = (k: number) => {
  class Helper {
    m() {
      return k
    }
  }
  return class User {
    m() {
      return new Helper().m()
    }
  }
}

test('classes that differ in what they extend, or in a class that they use, are two in the receiver', async () => {
  const bundles = [1, 2].map((k) => dumps([new (extending(k))(), new (using(k))()]))
  const result = await runScript(
    `const bundles = ${JSON.stringify(bundles.map((bytes) => Buffer.from(bytes).toString('base64')))}
    await report(bundles.map((text) => cornichon.loads(Buffer.from(text, 'base64')).map((each) => each.m())))`,
  )
  expect(result).toEqual([
    [1, 1],
    [2, 2],
  ])
})

class Settings {
  k: number
  constructor(k: number) {
    this.k = k
  }
}
class Secret {
  readonly #k: number
  constructor(k: number) {
    this.#k = k
  }
  get() {
    return this.#k
  }
}
class One {
  k() {
    return 1
  }
}
class Two {
  k() {
    return 2
  }
}
/** Classes of one text whose difference is behind a variable of the call that made them. */
const behind = {
  'a closure': (k: number) => {
    const helper = () => k
    return class {
      m() {
        return helper()
      }
    }
  },
  'a closure behind a closure': (k: number) => {
    const inner = () => k
    const helper = () => inner()
    return class {
      m() {
        return helper()
      }
    }
  },
  'an instance': (k: number) => {
    const settings = new Settings(k)
    return class {
      m() {
        return settings.k
      }
    }
  },
  'a Map': (k: number) => {
    const table = new Map([['k', k]])
    return class {
      m() {
        return table.get('k')
      }
    }
  },
  'a typed array': (k: number) => {
    const table = Uint8Array.of(k)
    return class {
      m() {
        return table[0]
      }
    }
  },
  'a regular expression': (k: number) => {
    const pattern = new RegExp(`a${k}`)
    return class {
      m() {
        return Number(pattern.source.slice(1))
      }
    }
  },
  'a bound function': (k: number) => {
    const add = ((a: number, b: number) => a + b).bind(null, k)
    return class {
      m() {
        return add(0)
      }
    }
  },
  'an instance of another class': (k: number) => {
    const rule = k === 1 ? new One() : new Two()
    return class {
      m() {
        return rule.k()
      }
    }
  },
  'a private field': (k: number) => {
    const secret = new Secret(k)
    return class {
      m() {
        return secret.get()
      }
    }
  },
  'an accessor': (k: number) => {
    const options = {
      get k() {
        return k
      },
    }
    return class {
      m() {
        return options.k
      }
    }
  },
  'a proxy': (k: number) => {
    const any = new Proxy({ k: 0 }, { get: () => k })
    return class {
      m() {
        return any.k
      }
    }
  },
  'a property of a function': (k: number) => {
    const helper = Object.assign(() => 0, { k })
    return class {
      m() {
        return helper.k
      }
    }
  },
  'a property of a function that is called caller': (k: number) => {
    const helper: any = Object.defineProperty(() => 0, 'caller', { value: k })
    return class {
      m() {
        return helper.caller
      }
    }
  },
  'the fifth closure in a row': (k: number) => {
    const a = () => k
    const b = () => a()
    const c = () => b()
    const d = () => c()
    return class {
      m() {
        return d()
      }
    }
  },
  "an arrow function's this": (k: number) =>
    function (this: Settings) {
      const helper = () => this.k
      return class {
        m() {
          return helper()
        }
      }
    }.call(new Settings(k)),
  'more than a thousand elements': (k: number) => {
    const list = Array.from({ length: 1001 }, (_, i) => (i < 1000 ? [i] : [k]))
    return class {
      m() {
        return list[1000]![0]
      }
    }
  },
  'an ArrayBuffer': (k: number) => {
    const { buffer } = Uint8Array.of(k)
    return class {
      m() {
        return new Uint8Array(buffer)[0]
      }
    }
  },
  'a weak collection': (k: number) => {
    const key = {}
    const values = new WeakMap([[key, k]])
    return class {
      m() {
        return values.get(key)
      }
    }
  },
  'its static state': (k: number) =>
    class Own {
      static k = k
      m() {
        return Own.k
      }
    },
  'its private static state': (k: number) =>
    class Own {
      static #k = k
      m() {
        return Own.#k
      }
    },
  'a method that was replaced': (k: number) => {
    class Own {
      m() {
        return 0
      }
    }
    const { m } = Own.prototype
    Own.prototype.m = function () {
      return m.call(this) + k
    }
    return Own
  },
  'a computed key': (k: number) => {
    class Own {
      [`m${k}`]() {
        return k
      }
      m() {
        return Number(
          Object.getOwnPropertyNames(Own.prototype)
            .find((key) => /\d/.test(key))!
            .slice(1),
        )
      }
    }
    return Own
  },
  'a Date': (k: number) => {
    const date = new Date(k)
    return class {
      m() {
        return date.getTime()
      }
    }
  },
}

const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** What the method `m` of the instances returns in one receiver of them all, by what their classes differ in. */
function answersOf(bundles: Record<string, readonly string[]>): Promise<Record<string, number[]>> {
  return runScript(
    `const answers = {}
    for (const [name, texts] of Object.entries(${JSON.stringify(bundles)}))
      answers[name] = texts.map((text) => cornichon.loads(Buffer.from(text, 'base64')).m())
    await report(answers)`,
  )
}

const each = <T>(names: readonly string[], value: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, value]))

test('classes that differ in what is behind them are two in the receiver', async () => {
  const bundles = Object.entries(behind).map(([name, make]) => [
    name,
    [1, 2].map((k) => inBase64(dumps(new (make(k))()))),
  ])
  expect(await answersOf(Object.fromEntries(bundles))).toEqual(each(Object.keys(behind), [1, 2]))
})

/** Modules whose classes have one text; K is 1 or 2. */
const versions = {
  'a function behind a function': `const inner = () => K, outer = () => inner()
    export class S { m() { return outer() } }`,
  'what an import leads to': `import { helper } from './helper.mjs'
    export class S { m() { return helper() } }`,
  "a namespace's member": `import * as helpers from './helper.mjs'
    export class S { m() { return helpers.helper() } }`,
  'a regular expression': `const pattern = /K/
    export class S { m() { return Number(pattern.source) } }`,
  'what a Map was made with': `const table = new Map([['k', K]])
    export class S { m() { return table.get('k') } }`,
  "a table's functions": `const table = new Map()
    table.set('k', () => K)
    export class S { m() { return table.get('k')() } }`,
  'a method of a base class': `const helper = () => K
    class Base { k() { return helper() } }
    export class S extends Base { m() { return this.k() } }`,
  'a method that was put on it': `export class S { m() { return this.k() } }
    S.prototype.k = function () { return K }`,
  "TypeScript's namespace": `var N;
    (function (N) { N.k = () => K })(N || (N = {}))
    export class S { m() { return N.k() } }`,
}

test('classes of two versions of a module are two in the receiver', async () => {
  const names = Object.keys(versions)
  const send = (k: string) =>
    runScript<string[]>(
      `const all = await Promise.all(${JSON.stringify(names)}.map((_, i) => import(new URL(i + '.mjs', import.meta.url))))
      await report(all.map(({ S }) => Buffer.from(cornichon.dumps(new S())).toString('base64')))`,
      {
        files: {
          ...Object.fromEntries(
            Object.values(versions).map((text, i) => [`${i}.mjs`, text.replaceAll('K', k)]),
          ),
          'helper.mjs': `const k = ${k}\nexport const helper = () => k`,
        },
      },
    )
  const [first, second] = await Promise.all([send('1'), send('2')])
  const bundles = Object.fromEntries(names.map((name, i) => [name, [first[i]!, second[i]!]]))
  expect(await answersOf(bundles)).toEqual(each(names, [1, 2]))
})

test('equal classes stay apart that come in several messages of a session', async () => {
  const [First, Second] = [makeCounter(), makeCounter()]
  const pickler = new Pickler()
  const messages = [First, [First, Second], [new Second(), new First()]].map((value) => pickler.dump(value))
  const result = await runScript(
    `const unpickler = new cornichon.Unpickler()
    const [First, both, [second, first]] = ${JSON.stringify(messages.map((bytes) => Buffer.from(bytes).toString('base64')))}
      .map((text) => unpickler.load(Buffer.from(text, 'base64')))
    first.add()
    await report([both[0] === First, both[1] === First, second instanceof both[1], first instanceof First, second.add()])`,
  )
  expect(result).toEqual([true, false, true, true, 1])
})

test('an instance of equal classes, which come in another order, keeps the private fields of what its class extends', async () => {
  const make = () => {
    class Base {
      readonly #x = 1
      x() {
        return this.#x
      }
    }
    return { Base, Derived: class extends Base {} }
  }
  const [one, other] = [make(), make()]
  const bundles = [
    [new one.Derived(), new other.Derived()],
    [one.Base, other.Base, new other.Derived(), new one.Derived()],
  ].map((value) => dumps(value))
  const result = await runScript(
    `const [, , second, first] = ${JSON.stringify(bundles.map((bytes) => Buffer.from(bytes).toString('base64')))}
      .flatMap((text) => cornichon.loads(Buffer.from(text, 'base64'))).slice(2)
    await report([first, second].map((value) => value.x()))`,
  )
  expect(result).toEqual([1, 1])
})

test('two senders have one class, whatever state its module has by then', async () => {
  const module = `
    const cache = new Map()
    let count = 0
    let single
    const next = () => ++count
    const peek = () => [count, single]
    const log = new (class { lines = [] })()
    const words = /\\w/g
    export class Counter {
      static made = 0
      m() { cache.set(next(), 1); log.lines.push(peek()); words.test('ab'); return cache.size }
    }
    if (process.env.BEFORE) {
      new Counter().m()
      Counter.made++
      single = {}
    }`
  const send = (before: string) =>
    runScript(
      `process.env.BEFORE = '${before}'
      const { Counter } = await import(new URL('counter.mjs', import.meta.url))
      await report(Buffer.from(cornichon.dumps(new Counter())).toString('base64'))`,
      { files: { 'counter.mjs': module } },
    )
  const bundles = [await send(''), await send('1')]
  const result = await runScript(
    `const [a, b] = ${JSON.stringify(bundles)}.map((text) => cornichon.loads(Buffer.from(text, 'base64')))
    await report(a.constructor === b.constructor)`,
  )
  expect(result).toBe(true)
})

test('the bytes of a class are the same, whether what it extends was pickled before or not', () => {
  const make = () => {
    class Base {}
    class Derived extends Base {}
    return { Base, Derived }
  }
  const alone = make()
  const after = make()
  dumps(after.Base)
  expect(dumps(after.Derived)).toEqual(dumps(alone.Derived))
})
