// @ts-check
// What is pickled: payloads (a) to (i), made anew at every call, always the same.

/**
 * @typedef {{
 *   title: string
 *   make(scale: number): unknown
 *   many?(scale: number): unknown[]
 *   hidden?(object: object): Record<string, unknown> | undefined
 * }} Payload `scale` divides the size. Where one value is too small to be timed, `many` makes different ones. `hidden`
 *   is the state of an object that only its class can see.
 */

const WORDS =
  'the quick brown fox jumps over lazy dog while seven wizards quietly mix potions for grumpy neighbours in harbour town'.split(
    ' ',
  )

/** mulberry32 @param {number} seed */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A string as a program would have read it: flat, and one of its own. @param {string} text */
const flat = (text) => Buffer.from(text).toString()

class Account {
  #secret
  /** @param {number} i */
  constructor(i) {
    this.id = i
    this.since = new Date(1.6e12 + i * 1000)
    this.limits = new Map([
      ['daily', i % 500],
      ['monthly', (i % 500) * 30],
    ])
    this.#secret = `key-${i}`
  }
  /** @param {string} key */
  opens(key) {
    return key === this.#secret
  }
  /** @param {Account} account */
  static secretOf(account) {
    return account.#secret
  }
}

/** @param {number} scale */
const instances = (scale) => Array.from({ length: Math.ceil(10_000 / scale) }, (_, i) => new Account(i))

/** The same data without the class. @param {number} scale */
const sameDataPlain = (scale) =>
  Array.from({ length: Math.ceil(10_000 / scale) }, (_, i) => ({
    id: i,
    since: new Date(1.6e12 + i * 1000),
    limits: new Map([
      ['daily', i % 500],
      ['monthly', (i % 500) * 30],
    ]),
    secret: flat(`key-${i}`),
  }))

/** @param {number} i */
function message(i) {
  return {
    id: 1000 + i,
    method: 'orders.search',
    trace: flat(`4bf92f3577b34da6a3ce929d0e0e${(i % 4096).toString(16).padStart(4, '0')}`),
    deadline: 1.7e12 + i,
    user: { id: 77_000 + i, name: flat(`user-${i}`), roles: ['reader', 'editor'], active: true },
    query: {
      text: flat(`red shoes ${i}`),
      page: i % 20,
      size: 50,
      sort: [
        { field: 'price', descending: false },
        { field: 'rating', descending: true },
      ],
      range: { from: 9.99, to: 149.5 },
      filter: null,
    },
  }
}

/** @param {number} scale */
function records(scale) {
  const random = generator(2)
  const tags = ['new', 'sale', 'used', 'rare', 'large', 'small', 'gift']
  return Array.from({ length: Math.ceil(10_000 / scale) }, (_, i) => ({
    id: i,
    name: flat(`${WORDS[i % WORDS.length]} ${WORDS[(i * 7) % WORDS.length]}`),
    price: Math.round(random() * 1e5) / 100,
    stock: Math.floor(random() * 200),
    active: random() < 0.7,
    created: new Date(1.6e12 + Math.floor(random() * 1e11)),
    tags: tags.filter(() => random() < 0.4),
  }))
}

/** @param {number} scale */
function tree(scale) {
  const random = generator(3)
  let left = Math.ceil(100_000 / scale) - 1
  const root = { label: 'node 0', value: 0.5, children: /** @type {any[]} */ ([]) }
  const open = [root]
  for (let at = 0; left > 0; at++) {
    for (let n = Math.min(left, 1 + Math.floor(random() * 7)); n > 0; n--, left--) {
      const child = { label: flat(`node ${left}`), value: random() * 100, children: [] }
      open[at].children.push(child)
      open.push(child)
    }
  }
  return root
}

/** @param {number} scale */
function map(scale) {
  return new Map(
    Array.from({ length: Math.ceil(100_000 / scale) }, (_, i) => [
      flat(`key-${i}`),
      { n: i, text: WORDS[i % WORDS.length] },
    ]),
  )
}

/** @param {number} scale */
function doubles(scale) {
  const random = generator(5)
  return Array.from({ length: Math.ceil(1e6 / scale) }, () => random() * 1000)
}

/** @param {number} scale */
function typedArray(scale) {
  const array = new Float64Array(Math.ceil((64 << 20) / 8 / scale))
  for (let i = 0; i < array.length; i++) array[i] = i * 0.5
  return array
}

/**
 * Circles of 50 with friends in their own circle and in earlier ones: cycles everywhere, and nothing so deep that a
 * codec that recurses would give up.
 * @param {number} scale
 */
function cyclic(scale) {
  const random = generator(7)
  const count = Math.ceil(50_000 / scale)
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: i,
    name: flat(`n${i}`),
    next: /** @type {any} */ (null),
    friends: /** @type {any[]} */ ([]),
  }))
  for (const [i, node] of nodes.entries()) {
    const circle = i - (i % 50)
    const end = Math.min(circle + 50, count)
    node.next = nodes[i + 1 < end ? i + 1 : circle]
    for (let n = 0; n < 3; n++) node.friends.push(nodes[Math.floor(random() * end)])
  }
  return nodes
}

/** @param {number} scale */
function textual(scale) {
  const random = generator(8)
  const words = (/** @type {number} */ n) => {
    let text = WORDS[Math.floor(random() * WORDS.length)]
    for (let i = 1; i < n; i++) text += ` ${WORDS[Math.floor(random() * WORDS.length)]}`
    return flat(text)
  }
  return {
    total: Math.ceil(12_000 / scale),
    posts: Array.from({ length: Math.ceil(12_000 / scale) }, (_, i) => ({
      id: `post-${i}`,
      author: { name: words(2), handle: words(1), followers: Math.floor(random() * 10_000) },
      title: words(6),
      body: words(35),
      language: i % 9 === 0 ? 'de' : 'en',
      liked: random() < 0.5,
      replies: i % 4 === 0 ? [{ by: words(1), text: words(12) }] : [],
    })),
  }
}

/** @type {Readonly<Record<string, Payload>>} */
export const payloads = {
  a: {
    title: 'a small RPC argument object',
    make: () => message(1),
    many: (scale) => Array.from({ length: Math.ceil(1000 / scale) }, (_, i) => message(i)),
  },
  b: { title: '10,000 records with dates and tags', make: records },
  c: { title: 'a tree of 100,000 nodes', make: tree },
  d: { title: 'a Map of 100,000 entries', make: map },
  e: { title: 'an array of 1,000,000 doubles', make: doubles },
  f: { title: 'a Float64Array of 64 MiB', make: typedArray },
  g: { title: 'a cyclic graph of 50,000 objects', make: cyclic },
  h: { title: '5 MB of text-heavy JSON data', make: textual },
  i: {
    title: "10,000 instances of a user's class (Date, Map and private field each)",
    make: instances,
    hidden: (object) => (object instanceof Account ? { '#secret': Account.secretOf(object) } : undefined),
  },
  'i-plain': { title: 'the data of (i) as plain objects', make: sameDataPlain },
}

/** Plain objects, as many as are asked for. @param {number} count */
export function plainObjects(count) {
  return Array.from({ length: count }, (_, i) => ({ id: i, name: flat(`item ${i}`), done: i % 2 === 0 }))
}
