// Private fields of an object that does not inherit from their class: nothing tells whose they are, so they are refused.
import { expect, test } from 'vitest'
import { checkSerializable, dumps, loads, PicklingError } from '../../serializer/index.ts'

const hidden = (object: object, prototype: object | null) => Object.setPrototypeOf(object, prototype)

class Account {
  owner = 'Ada'
  #balance = 1
  read() {
    return this.#balance
  }
}

test.each<[string, () => object]>([
  ['plain', () => hidden(new Account(), Object.prototype)],
  ['without a prototype', () => hidden(new Account(), null)],
  ['of another class', () => hidden(new Account(), class Other {}.prototype)],
  [
    'with a table of properties',
    () => {
      const object = hidden(new Account(), Object.prototype)
      delete object.owner
      return object
    },
  ],
  [
    'an array',
    () =>
      hidden(
        new (class extends Array<number> {
          #a = 1
          a = () => this.#a
        })(),
        Array.prototype,
      ),
  ],
  [
    'a Map',
    () =>
      hidden(
        new (class extends Map {
          #a = 1
          a = () => this.#a
        })(),
        Map.prototype,
      ),
  ],
  [
    'a Set',
    () =>
      hidden(
        new (class extends Set {
          #a = 1
          a = () => this.#a
        })(),
        Set.prototype,
      ),
  ],
  [
    'a Date',
    () =>
      hidden(
        new (class extends Date {
          #a = 1
          a = () => this.#a
        })(),
        Date.prototype,
      ),
  ],
  [
    'a RegExp',
    () =>
      hidden(
        new (class extends RegExp {
          #a = 1
          a = () => this.#a
        })('x'),
        RegExp.prototype,
      ),
  ],
  [
    'an Error',
    () =>
      hidden(
        new (class extends Error {
          #a = 1
          a = () => this.#a
        })(),
        Error.prototype,
      ),
  ],
])('an object with private fields that seems %s is refused, with the way to it', (_, make) => {
  const value = [{ object: { owner: 'Bob' } }, { object: make() }]
  expect(() => dumps(value)).toThrow(PicklingError)
  expect(() => dumps(value)).toThrow(
    /value -> \[1\] -> \.object.*private field #\w+ of a class of which it is no instance/,
  )
})

test('private fields that a constructor put on what it returned are refused, on anything', () => {
  const Return = function (object: object) {
    return object
  } as unknown as new (
    object: object,
  ) => object
  class Stamp extends Return {
    #mark = 1
    read() {
      return this.#mark
    }
  }
  for (const object of [
    { a: 1 },
    [1],
    new Date(0),
    new (class Point {
      x = 1
    })(),
    () => 1,
    new Proxy({}, {}),
  ])
    expect(checkSerializable(new Stamp(object)).problems[0].reason).toMatch(/private field #mark/)
})

test("heirs of Node's own classes, which have private fields themselves, travel", () => {
  class Address extends URL {
    note = 'mine'
  }
  class Tagged extends Address {
    #tag = 'tagged'
    get tag() {
      return this.#tag
    }
  }
  const [address, tagged] = loads<[Address, Tagged]>(
    dumps([new Address('https://example.org/a'), new Tagged('https://example.org/b')]),
  )
  expect([address.href, address.note, tagged.pathname, tagged.tag]).toEqual([
    'https://example.org/a',
    'mine',
    '/b',
    'tagged',
  ])
})

test('objects that look like refused ones travel', () => {
  expect(() => dumps([{ owner: 'Bob' }, new Account(), hidden({ owner: 'Bob' }, null)])).not.toThrow()
})
