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
