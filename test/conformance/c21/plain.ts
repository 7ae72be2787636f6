// A program of one script, for what runs text as it is: contexts, threads, the command line, the REPL. Nothing in
// it needs a module around it.

/** Declares `value`. Every statement is whole at its line's end or cannot end there, as the REPL wants it. */
export const plain = `
let counter = 0
const increase = (by) => (counter += by ?? 1)
function read() { return counter }
var sloppy = (function () { return typeof this })()
class Shape {
  static count = 0
  static #registry = []
  #secret = 7
  constructor(name) { this.name = name; Shape.count++; Shape.#registry.push(name) }
  describe() { return [this.name, this.area(), this.#secret++].join(':') }
  static names() { return [...Shape.#registry] }
}
class Square extends Shape {
  constructor(side) { super('square'); this.side = side }
  area() { return this.side ** 2 }
  describe() { return '[' + super.describe() + ']' }
}
function* naturals(limit) { for (let i = 0; i < limit; i++) yield i + counter }
async function run(list) {
  const { first, ...rest } = { first: list?.[0], second: 2 }
  const found = await Promise.all(list.map(async (x) => x * 2))
  try { null.missing } catch (error) { found.push(error instanceof TypeError) }
  return [first, rest, found, [...naturals(2)], typeof setTimeout, /b+/u.exec('abbc')[0], new Date(0).getTime(), helper('x')]
}
function helper(text) { return text + (helper.note ?? '') + sloppyThis() }
helper.note = '!'
function sloppyThis() { return typeof this }
const kept = new Square(3)
increase()
const value = { increase, read, Shape, Square, kept, run, naturals, list: [1, { two: 2 }], map: new Map([['k', new Set([1])]]), error: new RangeError('far'), isArray: Array.isArray, date: new Date(5), bytes: new Uint8Array([1, 2]), pattern: /x/g, large: 5n, nothing: null, plain: { __proto__: null, a: 1 }, promise: Promise.resolve(6), Fields: class { #x = counter; get() { return this.#x } } }
`

export const plainExpected = {
  counter: [1, 3, 4, 4],
  shape: ['[square:9:7]', '[square:9:8]', 1, ['square'], 2, true, true],
  run: [5, { second: 2 }, [10, 12, true], [4, 5], 'function', 'bb', 0],
  helper: 'x!',
  data: [true, 2, true, 'RangeError: far', 5, 2, 'gx', '5', null, null, 6],
  fields: 4,
}

/** Uses nothing of this file: its text goes to the processes that hold a value. */
export async function plainExercise(value: any): Promise<unknown> {
  const { increase, read, Shape, Square, kept, run } = value
  const counter = [read(), increase(2), increase(), read()]
  const shape = [kept.describe(), kept.describe(), Shape.count, Shape.names()]
  new Square(1)
  shape.push(Shape.count, kept instanceof Shape, Object.getPrototypeOf(Square) === Shape)
  const ran = await run([5, 6])
  return {
    counter,
    shape,
    run: ran.slice(0, 7),
    helper: ran[7].slice(0, 2),
    data: [
      value.isArray(value.list) && Array.isArray(value.list),
      value.list[1].two,
      value.map.get('k').has(1),
      String(value.error),
      value.date.getTime(),
      value.bytes[1],
      value.pattern.flags + value.pattern.source,
      String(value.large),
      value.nothing,
      Object.getPrototypeOf(value.plain),
      await value.promise,
    ],
    fields: new value.Fields().get(),
  }
}
