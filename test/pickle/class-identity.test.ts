// When classes of several bundles are one: what they extend and use counts, and what was pickled before does not.
import { expect, test } from 'vitest'
import { dumps } from '../../serializer/index.ts'
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
  'a Date': (k: number) => {
    const date = new Date(k)
    return class {
      m() {
        return date.getTime()
      }
    }
  },
}

test.each(Object.entries(behind))(
  'classes that differ in what %s has are two in the receiver',
  async (_, make) => {
    const bundles = [1, 2].map((k) => dumps(new (make(k))()))
    const result = await runScript(
      `const bundles = ${JSON.stringify(bundles.map((bytes) => Buffer.from(bytes).toString('base64')))}
    await report(bundles.map((text) => cornichon.loads(Buffer.from(text, 'base64')).m()))`,
    )
    expect(result).toEqual([1, 2])
  },
)

test('two senders have one class, whatever state its module has by then', async () => {
  const module = `
    const cache = new Map()
    let count = 0
    const next = () => ++count
    export class Counter { m() { cache.set(next(), 1); return cache.size } }
    if (process.env.BEFORE) new Counter().m()`
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
