// Bundles of some megabytes: they are written in many pieces, whose memory is given back as they are put together.
import { expect, test } from 'vitest'
import { dumps, loads, PicklingError } from '../../serializer/index.ts'
import { assertStrictEqual } from '../support/strict-equal.ts'

function comesBack(value: unknown): void {
  assertStrictEqual(loads(dumps(value)), value)
}

test('what refers to an object far before it', () => {
  const root: { children: object[]; last?: object } = { children: [] }
  for (let id = 0; id < 40_000; id++) root.children.push({ id: `number ${id}`, half: id / 2, root })
  root.last = root.children[0]
  comesBack(root)
  comesBack([root, root.children])
})

test('long texts of every encoding, among short ones', () => {
  const texts = ['a', 'é', 'aaaaaaaaaaaa€', '€', 'a\ud800'].flatMap((part) => [
    part,
    part.repeat(100_000),
    part.repeat(400_000),
  ])
  comesBack([texts, texts.map((text) => new Map([[text, [text, `${text}!`]]]))])
})

test('buffers among many objects; those of the user’s that can be resized keep their size', () => {
  const Resizable = ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer
  const buffer = new Resizable(300_000, { maxByteLength: 400_000 })
  const list = Array.from({ length: 30_000 }, (_, i) => [
    i / 3,
    new Uint8Array(i % 500 === 0 ? 5000 : 1).fill(i),
  ])
  const value = {
    list,
    buffer,
    views: [new Float64Array(buffer, 0, 1000), new Uint8Array(buffer, 8, 200_000)],
  }
  new Uint8Array(buffer).fill(7)
  comesBack(value)
  expect(buffer.byteLength).toBe(300_000)
  expect(value.views.map(({ length }) => length)).toEqual([1000, 200_000])
})

test('what is refused after megabytes were written', () => {
  const value = [Array.from({ length: 40_000 }, (_, i) => ({ i, half: i / 2 })), new WeakRef({}), setTimeout]
  const generator = (function* () {})()
  expect(() => dumps([value, generator])).toThrow(/generator/)
  comesBack(value[0])
})

test('a chain of prototypes without end is refused at once: it took minutes, and then the call stack', () => {
  const chain = (levels: number) => {
    let object: object = { levels }
    for (let i = 0; i < levels; i++) object = Object.create(object)
    return object
  }
  expect(loads<any>(dumps(chain(100))).levels).toBe(100)
  expect(() => dumps([chain(100_000)])).toThrow(PicklingError)
  expect(() => dumps([chain(100_000)])).toThrow(/^value -> \[0\]: it inherits from more than 800 objects/)
})

test('a long list through a WeakMap takes no time for each by all others', () => {
  const next = new WeakMap<object, object>()
  const values = new WeakMap<object, number>()
  const first = {}
  let last: object = first
  for (let i = 0; i < 40_000; i++) {
    const node = {}
    next.set(last, node)
    values.set(node, i)
    last = node
  }
  // To go through all keys for each took minutes.
  const copy = loads<{ first: object; next: typeof next; values: typeof values }>(
    dumps({ first, next, values }),
  )
  let at = copy.first
  for (let i = 0; i < 40_000; i++) {
    at = copy.next.get(at)!
    if (copy.values.get(at) !== i) expect(copy.values.get(at)).toBe(i)
  }
  expect(copy.next.has(at)).toBe(false)
})
