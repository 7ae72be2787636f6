// Identity in large graphs of plain objects, which are looked for by what they hold.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'
import { MetObjects } from '../../serializer/pickle/met-objects.ts'
import { collect } from '../support/collect.ts'
import { mulberry32 } from '../support/random.ts'

const many = 2000
const kinds: Record<string, (i: number) => object> = {
  rows: (i) => ({ id: i, name: `row ${i}`, done: i % 2 === 0 }),
  'rows that hold the same': () => ({ type: 'point', on: true }),
  'rows of a few kinds': (i) => ({ type: 'point', kind: i % 3 }),
  'rows of small integers and others': (i) => (i % 7 === 0 ? { id: i + 0.5 } : { id: i }),
  'rows without text or numbers': (i) => ({ on: i % 2 === 0, none: null }),
  'rows with objects': (i) => ({ id: i, at: new Date(i), tags: i % 3 === 0 ? ['a'] : [] }),
  'rows of all kinds of members': (i) => ({ a: -0, b: Number.NaN, c: 1e300 * i, d: '', e: `${i}` }),
  'rows of many shapes': (i) => ({ [`key${i % 40}`]: i, id: i }),
  'rows without a prototype': (i) => Object.assign(Object.create(null) as object, { id: i }),
  'empty objects': () => ({}),
  'empty arrays': () => [],
  pairs: (i) => [i * 0.5, -i],
  dates: (i) => new Date(i * 1000),
  'dates of one time': () => new Date(0),
  maps: (i) => new Map([[i, i]]),
  'frozen rows': (i) => Object.freeze({ id: i }),
  tables: (i) => Object.fromEntries(Array.from({ length: 70 }, (_, k) => [`k${k}`, i])),
}

/** Writes it without looking at what objects hold: code of the user's could change them in the meantime. */
const byIdentityAlone = (value: unknown) => dumps(value, { bufferCallback: () => true })

/** Which elements of the list are one object: for each, the place of the first of them. */
function firsts(list: readonly object[]): number[] {
  const places = new Map<object, number>()
  return list.map((element, i) => places.get(element) ?? (places.set(element, i), i))
}

test.each(Object.entries(kinds))('%s: each is one object, and once', (_, make) => {
  const list = Array.from({ length: many }, (_, i) => make(i))
  const copy = loads(dumps(list)) as object[]
  expect(copy).toEqual(list)
  expect(firsts(copy)).toEqual(firsts(list))
})

test.each(Object.entries(kinds))('%s: one that comes again is the same, wherever it was', (_, make) => {
  for (const [from, to] of [
    [0, many],
    [1, 2],
    [15, 16],
    [127, 128],
    [128, many],
    [700, 701],
    [many - 1, many],
  ]) {
    const list = Array.from({ length: many }, (_, i) => make(i))
    list.splice(to, 0, list[from])
    const bytes = dumps(list)
    expect(firsts(loads(bytes) as object[])).toEqual(firsts(list))
    expect(Buffer.compare(bytes, byIdentityAlone(list))).toBe(0)
  }
})

test('what is around a large list may be named in it', () => {
  for (const make of Object.values(kinds)) {
    const around: Record<string, unknown> = { id: 0, at: new Date(5), pair: [1, 2], table: new Map() }
    const list: unknown[] = Array.from({ length: many }, (_, i) => make(i))
    Object.assign(around, { list })
    for (const named of [around, around['at'], around['pair'], around['table'], list]) {
      list[many] = named
      const copy = loads(dumps(around)) as Record<string, unknown[]>
      const place = [around, ...Object.values(around)].indexOf(named)
      expect([copy, ...Object.values(copy)].indexOf(copy['list'][many] as never)).toBe(place)
    }
  }
})

test('a Map of many objects keeps which of its keys and values are one', () => {
  const rows = Array.from({ length: many }, (_, i) => ({ id: i }))
  const map = new Map<unknown, unknown>(rows.map((row, i) => [`row ${i}`, row]))
  map.set(rows[3], 3).set('again', rows[1500])
  const copy = loads(dumps(map)) as typeof map
  expect(copy.get(copy.get('row 3'))).toBe(3)
  expect(copy.get('again')).toBe(copy.get('row 1500'))
})

/** What a graph may be made of: each takes values that are there, and what is random, and makes one that is new. */
const makers: readonly ((pick: () => unknown, random: () => number) => object)[] = [
  (pick) => ({ first: pick(), text: 'a', second: pick() }),
  (pick, random) => ({ id: Math.floor(random() * 50), children: [pick(), pick()] }),
  (_, random) => ({ id: Math.floor(random() * 5) }),
  () => ({ tags: [] }),
  () => [],
  (pick) => [pick()],
  (pick) => [1, pick(), 'text'],
  (_, random) => new Date(Math.floor(random() * 20)),
  (pick) => new Map([[pick(), pick()]]),
  (pick) => new Set([pick()]),
  (pick) => Object.assign(Object.create(null) as object, { a: pick() }),
  (pick) => Object.fromEntries(Array.from({ length: 70 }, (_, k) => [`k${k}`, k === 30 ? pick() : k])),
  () => ({}),
]
/** They end the order of what was met: by an accessor, a class, a symbol. */
const unusual: typeof makers = [
  (pick) => Object.defineProperty({ a: pick() }, 'b', { get: () => 1, enumerable: true }),
  () => new URL('https://example.org/'),
  (pick) => ({ symbol: Symbol.for('s'), at: pick() }),
  (pick) => Object.freeze({ a: pick() }),
  () => [1, , 2],
]

test.each([
  ['trees', 0, 0, 0],
  ['trees with few values that come again', 0.002, 0, 0],
  ['graphs', 0.3, 0.1, 0],
  ['circles', 0, 0.01, 0],
  ['graphs of other things, too', 0.01, 0.01, 0.02],
])(
  '%s: what is new is told from what comes again',
  (_, sharing, closing, strange) => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = mulberry32(seed)
      const made: object[] = []
      const open: { link: unknown }[] = []
      const pick = (): unknown => {
        const chance = random()
        if (made.length > 0 && chance < sharing) return made[Math.floor(random() * made.length)]
        if (made.length > 4000 || (made.length > 50 && chance > 0.92)) return made.length % 7
        if (chance < sharing + closing) {
          const record = { link: null as unknown, id: made.length % 30 }
          open.push(record)
          made.push(record)
          return record
        }
        const kinds = random() < strange ? unusual : makers
        const object = kinds[Math.floor(random() * kinds.length)](pick, random)
        made.push(object)
        return object
      }
      const root = Array.from({ length: 300 }, pick)
      for (const record of open) record.link = made[Math.floor(random() * made.length)]
      for (const value of [{ root }, root.slice(0, 20), new Map([['root', root]])]) {
        const bytes = dumps(value)
        expect(Buffer.compare(bytes, byIdentityAlone(value))).toBe(0)
        const copy = loads(bytes)
        expect(Buffer.compare(dumps(copy), byIdentityAlone(copy))).toBe(0)
      }
    }
  },
  60_000,
)

test('an object is found again by its chain: at any depth, and wherever it was', () => {
  const chainOf = (depth: number, end: unknown) => {
    const links: unknown[] = [end]
    for (let i = 0; i < depth; i++) links.unshift(i % 2 === 0 ? { name: `${i}`, next: links[0] } : [links[0]])
    return links
  }
  for (const depth of [1, 2, 7, 254, 255, 256, 600])
    for (const end of [{ id: 1 }, [], new Date(0), new Map(), () => 1, new URL('a:b')]) {
      const links = chainOf(depth, end)
      for (const again of [links[0], links[links.length >> 1], links[depth - 1], end]) {
        const list = [Array.from({ length: 1100 }, (_, i) => [i]), links[0], again, [again]]
        const copy = loads(dumps(list)) as unknown[]
        expect((copy[3] as unknown[])[0]).toBe(copy[2])
        let at = copy[1]
        for (let i = 0; i < links.indexOf(again); i++)
          at = Array.isArray(at) ? at[0] : (at as { next: unknown }).next
        expect(copy[2]).toBe(at)
      }
    }
}, 60_000)

test('circles whose objects are each the first one in another', () => {
  for (const length of [1, 2, 3, 255, 256, 257, 1000]) {
    const before = Array.from({ length: 1100 }, () => [])
    const circle = Array.from({ length }, (_, i) => ({ next: null as unknown, i }))
    circle.forEach(
      (link, i) => (link.next = i % 2 === 0 ? circle[(i + 1) % length] : [circle[(i + 1) % length]]),
    )
    const bytes = dumps({ before, circle })
    const copy = loads(bytes) as { circle: { next: unknown; i: number }[] }
    copy.circle.forEach((link, i) => {
      const { next } = link
      expect((i % 2 === 0 ? next : (next as unknown[])[0]) === copy.circle[(i + 1) % length]).toBe(true)
    })
    expect(Buffer.compare(bytes, byIdentityAlone({ before, circle }))).toBe(0)
  }
})

test('objects whose hidden class changes among their likes are found again', () => {
  // More of them than V8's hidden classes that are compared with.
  const shapes = Array.from({ length: 30 }, (_, i) =>
    Array.from({ length: 30 }, (_, k) => `k${(k * (i + 1)) % 31}`),
  )
  const list: object[] = []
  for (let i = 0; i < many; i++) {
    const keys = shapes[i % 30]
    list.push(
      Object.fromEntries(keys.map((key, k) => [key, k === 0 ? (i % 60 < 30 ? i : i + 0.25) : 'text'])),
    )
  }
  list.push(...list.slice(0, 200), ...list.slice(-200))
  const bytes = dumps(list)
  expect(firsts(loads(bytes) as object[])).toEqual(firsts(list))
  expect(Buffer.compare(bytes, byIdentityAlone(list))).toBe(0)
})

test('dumps of all sizes, one after the other, know nothing of those before', () => {
  for (const length of [300, 5000, 200, 3000, 130, 20_000, 150]) {
    for (const make of [kinds['rows'], kinds['rows of a few kinds'], kinds['pairs']]) {
      const list = Array.from({ length }, (_, i) => make(i))
      expect(loads(dumps(list))).toEqual(list)
      expect(loads(dumps(list))).toEqual(list)
    }
  }
})

test('what a large dump met is not kept alive by it', async () => {
  const reference = (() => {
    const list = Array.from({ length: many }, (_, i) => ({ id: i }))
    dumps(list)
    return new WeakRef(list[many - 1])
  })()
  await new Promise((resolve) => setTimeout(resolve))
  collect()
  expect(reference.deref()).toBeUndefined()
})

/** By whatever hash: each object has one, and none says which object it is. */
test('met objects: each is taken once, however alike their hashes are', () => {
  const hashes = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 0, max: 0x3fffffff }),
    fc.integer({ min: 0, max: 300 }).map((n) => n << 16),
    fc.integer({ min: 0, max: 300 }).map((n) => n << 12),
  )
  const objects = fc.array(hashes, { minLength: 1, maxLength: 1500 })
  fc.assert(
    fc.property(objects, fc.infiniteStream(fc.nat()), (all, chances) => {
      const met = new MetObjects()
      const taken: object[] = []
      const known = all.map((hash) => ({ hash }))
      for (let i = 0; i < known.length; i++) {
        expect(met.take(known[i], known[i].hash)).toBe(true)
        taken.push(known[i])
        const again = known[chances.next().value % (i + 1)]
        expect(met.take(again, again.hash)).toBe(false)
      }
      for (const object of known) expect(met.take(object, object.hash)).toBe(false)
      expect(met.count).toBe(taken.length)
      for (let i = 0; i < taken.length; i++) expect(met.at(i)).toBe(taken[i])
      if (met.clear()) for (const object of known) expect(met.take(object, object.hash)).toBe(true)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('met objects: those that lie among too many others are found in a larger memory, too', () => {
  const met = new MetObjects()
  const take = (hash: number) => {
    const object = { hash }
    expect(met.take(object, hash)).toBe(true)
    return object
  }
  const crowd = [...Array(8).fill(5), ...Array.from({ length: 60 }, (_, i) => (2 * i + 2) * 4096 + 5)].map(
    take,
  )
  const late = Array.from({ length: 20 }, (_, i) => (2 * i + 1) * 4096 + 5).map(take)
  for (let i = 1; i < 60_000; i++) if (i % 4096 !== 5) take(i)
  for (const object of [...crowd, ...late]) expect(met.take(object, object.hash)).toBe(false)
})
