// What we rely on when V8 lists private names by a filter of its own.
import { expect, test } from 'vitest'
import { hasPrivateNames } from '../../serializer/capture/index.ts'
import { runProgram } from './support.ts'

class Account {
  owner = 'Ada'
  #balance = 1
  read() {
    return this.#balance
  }
}
class Silent {
  #whisper() {}
  speak() {
    this.#whisper()
  }
}
/** Puts a private field on any object. */
class Stamp extends (function (object: object) {
  return object
} as unknown as new (
  object: object,
) => object) {
  #mark = 1
  read() {
    return this.#mark
  }
}

test('private names are seen on every object that has them, by whatever prototype it is hidden', () => {
  const table: Record<string, unknown> = Object.setPrototypeOf(new Account(), Object.prototype)
  delete table.owner
  const having = [
    new Account(),
    new Silent(),
    table,
    Object.freeze(Object.setPrototypeOf(new Account(), null)),
    ...[{ a: 1 }, [1], () => 1, new Date(), new Proxy({}, {})].map((object) => new Stamp(object)),
  ]
  expect(having.map(hasPrivateNames)).toEqual(having.map(() => true))
})

test('and on no other, without a call of what belongs to the user', () => {
  let ran = 0
  const run = () => ran++
  const having = [
    { a: 1, [Symbol('a')]: 2 },
    {
      get a() {
        return run()
      },
    },
    [1, 2],
    Object.create(null),
    class {},
    new Map([[1, 2]]),
    Buffer.from('a'),
    new Proxy(
      {},
      { get: run, ownKeys: () => (run(), []), getOwnPropertyDescriptor: () => (run(), undefined) },
    ),
  ]
  expect(having.map(hasPrivateNames)).toEqual(having.map(() => false))
  expect(ran).toBe(0)
})

test('goes on when V8 has dropped the code of idle functions', () => {
  const program = `class Account { #balance = 1 }
    const answers = []
    for (let round = 0; round < 3; round++) {
      answers.push(capture.hasPrivateNames(new Account()), capture.hasPrivateNames({}))
      for (let i = 0; i < 20; i++) gc()
    }
    report(answers)`
  const nodeArguments = ['--expose-gc', '--stress-flush-code', '--flush-bytecode']
  expect(runProgram(program, { nodeArguments })).toEqual([true, false, true, false, true, false])
})
