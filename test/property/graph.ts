// Random graphs of values, as fast-check arbitraries: a list of nodes whose properties and entries refer to each other
// at will. A graph is described first and built then, so that fast-check can make a failing one small.
import { types } from 'node:util'
import fc from 'fast-check'

type Ref = { readonly node: number } | { readonly primitive: unknown }

interface Property {
  readonly key: string | { readonly symbol: number }
  readonly value: Ref
  /** writable, enumerable, configurable; or a getter in place of the value. */
  readonly attributes: readonly [boolean, boolean, boolean]
  readonly accessor: boolean
}

interface Node {
  readonly kind: keyof typeof makers
  readonly number: number
  readonly properties: readonly Property[]
  readonly content: readonly Ref[]
  /** Of the prototype: an earlier node, null, or what the kind has. */
  readonly prototype: 'own' | 'null' | number
  readonly end: 'open' | 'preventExtensions' | 'seal' | 'freeze'
}

export class List extends Array<unknown> {}
export class Dictionary extends Map<unknown, unknown> {
  extra = 1
}
export class Bag extends Set<unknown> {}
export class Failure extends RangeError {
  code = 'E_FAILURE'
}
export class Bytes extends Uint8Array {}
export class Moment extends Date {}
export class Point {
  x = 1
  move(by: number) {
    this.x += by
  }
}

const views = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

/** The last buffer made, so that views share it. */
interface Making {
  buffer: ArrayBuffer
}

const makers = {
  object: () => ({}),
  array: () => [],
  sparse: (n: number) => new Array(n % 100_000),
  map: () => new Map(),
  set: () => new Set(),
  date: (n: number) => new Date(n % 7 === 0 ? Number.NaN : n * 1e6),
  regexp: (n: number) => Object.assign(/(?<a>x)\/|\n[\]/]/dgimsuy, { lastIndex: n }),
  error: (n: number) =>
    [new Error('e'), new TypeError('t', { cause: n }), new AggregateError([1, n], 'a')][n % 3],
  buffer: (n: number, making: Making) => (making.buffer = new Uint8Array(n % 40).fill(n).buffer),
  shared: (n: number) => new SharedArrayBuffer(n % 40),
  resizable: (n: number) => Reflect.construct(ArrayBuffer, [n % 20, { maxByteLength: 40 }]),
  view: (n: number, { buffer }: Making) => {
    const View = views[n % views.length]!
    const size = View.BYTES_PER_ELEMENT
    const offset = Math.min(n % 3, Math.floor(buffer.byteLength / size)) * size
    return new View(buffer, offset, Math.floor((buffer.byteLength - offset) / size))
  },
  dataView: (n: number, { buffer }: Making) => new DataView(buffer, Math.min(n % 5, buffer.byteLength)),
  nodeBuffer: (n: number) => Buffer.alloc(n % 30, n),
  box: (n: number) => Object([n, `text ${n}`, true, BigInt(n), Symbol('boxed')][n % 5]),
  arguments: (n: number) =>
    (function (_a?: unknown, _b?: unknown) {
      return arguments
    })(n, 'b'),
  url: (n: number) => new URL(`https://example.org/${n}?q=ü#x`),
  query: (n: number) => new URLSearchParams({ a: `${n}`, b: '&=' }),
  list: (n: number) => List.from([n, [n]] as unknown[]),
  dictionary: () => new Dictionary(),
  bag: () => new Bag(),
  failure: () => {
    const failure = new Failure('f')
    // V8 forms the stack when it is first read: of a name that may be anything by then.
    void failure.stack
    return failure
  },
  bytes: (n: number) => new Bytes(n % 9),
  moment: (n: number) => new Moment(n),
  point: () => new Point(),
  function: (n: number) => [Math.max, Array.prototype.map, Object.prototype, globalThis.JSON][n % 4],
} satisfies Record<string, (n: number, making: Making) => object>

const symbols = [
  Symbol('own'),
  Symbol('own'),
  Symbol(),
  Symbol.for('registered'),
  Symbol.iterator,
  Symbol.toStringTag,
]

const keys = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'x', '0', '1', '7', '-1', '1.5', '4294967295') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      'valueOf',
      'toJSON',
      'then',
      'length',
      'cause',
      '',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud800', 'x\udfff', 'é', '日本', 'a\0b') },
  { weight: 2, arbitrary: fc.record({ symbol: fc.nat(symbols.length - 1) }) },
)

const primitives = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Infinity,
    -Infinity,
    '',
    '\ud800',
    '\udc00x',
  ),
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(...symbols),
)

function nodes(count: number): fc.Arbitrary<readonly Node[]> {
  const ref: fc.Arbitrary<Ref> = fc.oneof(
    { weight: 2, arbitrary: fc.record({ node: fc.nat(count - 1) }) },
    { weight: 1, arbitrary: fc.record({ primitive: primitives }) },
  )
  const property: fc.Arbitrary<Property> = fc.record({
    key: keys,
    value: ref,
    attributes: fc.oneof(
      { weight: 3, arbitrary: fc.constant([true, true, true] as const) },
      { weight: 1, arbitrary: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()) },
    ),
    accessor: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  const node: fc.Arbitrary<Node> = fc.record({
    kind: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom('object' as const, 'array' as const, 'map' as const) },
      { weight: 2, arbitrary: fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])) },
    ),
    number: fc.nat(1000),
    properties: fc.array(property, { maxLength: 5 }),
    content: fc.array(ref, { maxLength: 5 }),
    prototype: fc.oneof(
      { weight: 8, arbitrary: fc.constant('own' as const) },
      { weight: 1, arbitrary: fc.constant('null' as const) },
      { weight: 1, arbitrary: fc.nat(count - 1) },
    ),
    end: fc.oneof(
      { weight: 5, arbitrary: fc.constant('open' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('preventExtensions' as const, 'seal' as const, 'freeze' as const),
      },
    ),
  })
  return fc.array(node, { minLength: count, maxLength: count })
}

export const graphs = fc.integer({ min: 1, max: 8 }).chain(nodes)

/** Intrinsics are everybody's. An arguments object is rebuilt by its length: what was redefined on it is not asked for. */
const leftAlone: ReadonlySet<string> = new Set(['function', 'arguments'])
/** No prototypes: what has one of these for a prototype is refused, for it looks as if it were one. */
const hosts: ReadonlySet<string> = new Set(['function'])

/** Their classes' private fields are refused under another prototype. */
const keepTheirs: ReadonlySet<string> = new Set(['url', 'query'])

/** Builds what is described; what JavaScript does not allow (to redefine a length, say) is left out. */
export function build(graph: readonly Node[]): unknown {
  const making: Making = { buffer: new ArrayBuffer(16) }
  const values = graph.map(({ kind, number }) =>
    (makers[kind] as (n: number, making: Making) => object)(number, making),
  )
  const resolve = (ref: Ref) => ('node' in ref ? values[ref.node] : ref.primitive)
  for (const [i, node] of graph.entries()) {
    if (leftAlone.has(node.kind)) continue
    const value = values[i]!
    const prototype = keepTheirs.has(node.kind) ? 'own' : node.prototype
    if (prototype === 'null') attempt(() => Object.setPrototypeOf(value, null))
    else if (typeof prototype === 'number' && prototype < i && !hosts.has(graph[prototype]!.kind))
      attempt(() => Object.setPrototypeOf(value, values[prototype]!))
    for (const ref of node.content) fill(value, resolve(ref), i)
    for (const each of node.properties) attempt(() => define(value, each, resolve(each.value)))
  }
  for (const [i, { kind, end }] of graph.entries())
    if (end !== 'open' && !leftAlone.has(kind))
      attempt(() => Reflect.apply(Object[end] as (value: object) => object, Object, [values[i]]))
  return values
}

function fill(value: object, content: unknown, i: number): void {
  if (types.isMap(value)) Map.prototype.set.call(value, content, i)
  else if (types.isSet(value)) Set.prototype.add.call(value, content)
  else if (Array.isArray(value)) attempt(() => Array.prototype.push.call(value, content))
}

function define(value: object, { key, attributes, accessor }: Property, content: unknown): void {
  const name = typeof key === 'string' ? key : symbols[key.symbol]!
  const [writable, enumerable, configurable] = attributes
  Object.defineProperty(
    value,
    name,
    accessor
      ? { get: Object.getOwnPropertyDescriptor(accessors, 'it')!.get, enumerable, configurable }
      : { value: content, writable, enumerable, configurable },
  )
}

const accessors = {
  get it() {
    return 'it'
  },
}

function attempt(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError))
      throw error
  }
}
