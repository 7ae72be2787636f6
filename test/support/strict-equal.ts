// Strict comparison of two graphs of values: are they isomorphic, in everything that a program can see? Identity
// structure, prototypes, own keys in their order, attributes, accessors, extensibility and internal slots count.
// What does not fit is told with the path to it. The comparison runs over a work list, so that depth does not matter.
import { AssertionError } from 'node:assert'
import { types } from 'node:util'
import { Bytes, slotsOf } from './strict-equal/slots.ts'

export interface Difference {
  readonly path: string
  readonly message: string
}

export interface StrictEqualOptions {
  /** Objects that may be the very same in both graphs. Functions, prototypes and symbols may always be. */
  readonly same?: (object: object) => boolean
  /** Further state of an object that nobody else can see, its private fields, say: compared like the rest. */
  readonly hidden?: (object: object) => Readonly<Record<string, unknown>> | undefined
}

/** Where something is: a step from the place of the object that holds it. Text is made of it only when needed. */
interface Place {
  readonly from: Place | null
  readonly step: string | (() => string)
}

interface Pair {
  readonly actual: object
  readonly expected: object
  readonly place: Place
  readonly isPrototype: boolean
}

/** The first difference between two values, or null if they are isomorphic. */
export function findDifference(
  actual: unknown,
  expected: unknown,
  options: StrictEqualOptions = {},
): Difference | null {
  return new Comparison(options).run(actual, expected)
}

/** Throws an AssertionError that says where the two values differ. */
export function assertStrictEqual(actual: unknown, expected: unknown, options?: StrictEqualOptions): void {
  const difference = findDifference(actual, expected, options)
  if (difference === null) return
  throw new AssertionError({
    message: `${difference.path}: ${difference.message}`,
    stackStartFn: assertStrictEqual,
  })
}

class Found extends Error {
  readonly place: Place
  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}

class Comparison {
  readonly #options: StrictEqualOptions
  /** From expected to actual and back: each object and each unique symbol has one partner. */
  readonly #partners = new Map<unknown, unknown>()
  readonly #inverse = new Map<unknown, unknown>()
  readonly #pairs: Pair[] = []

  constructor(options: StrictEqualOptions) {
    this.#options = options
  }

  run(actual: unknown, expected: unknown): Difference | null {
    try {
      this.#values(actual, expected, null, 'value')
      // The list grows while it is worked through; breadth first, so the difference that is told is a near one.
      for (let i = 0; i < this.#pairs.length; i++) this.#objects(this.#pairs[i])
      return null
    } catch (error) {
      if (!(error instanceof Found)) throw error
      return { path: pathOf(error.place), message: error.message }
    }
  }

  #values(
    actual: unknown,
    expected: unknown,
    from: Place | null,
    step: Place['step'],
    isPrototype = false,
  ): void {
    if (!isReference(expected) || !isReference(actual)) {
      if (!Object.is(actual, expected)) this.#differ({ from, step }, actual, expected)
      return
    }
    const partner = this.#partners.get(expected)
    if (partner !== undefined || this.#inverse.has(actual)) {
      if (partner === actual) return
      throw new Found(
        { from, step },
        partner === undefined
          ? 'one object stands where there were two'
          : 'another object than at the other places that share it',
      )
    }
    this.#partners.set(expected, actual)
    this.#inverse.set(actual, expected)
    if (typeof expected === 'symbol' || typeof actual === 'symbol')
      this.#symbols(actual, expected, { from, step })
    else this.#pairs.push({ actual, expected, place: { from, step }, isPrototype })
  }

  #symbols(actual: object | symbol, expected: object | symbol, place: Place): void {
    if (typeof expected !== 'symbol' || typeof actual !== 'symbol')
      return this.#differ(place, actual, expected)
    if (actual === expected) return
    if (isKnownEverywhere(expected) || isKnownEverywhere(actual)) this.#differ(place, actual, expected)
    if (actual.description !== expected.description) this.#differ(place, actual, expected)
  }

  #objects({ actual, expected, place, isPrototype }: Pair): void {
    if (actual === expected) {
      if (isPrototype || typeof expected === 'function' || this.#options.same?.(expected)) return
      throw new Found(place, 'the very same object and not a copy')
    }
    const slots = slotsOf(actual)
    const expectedSlots = slotsOf(expected)
    if (slots.kind !== expectedSlots.kind)
      throw new Found(place, `${article(slots.kind)} instead of ${article(expectedSlots.kind)}`)
    this.#entries(slots.state, expectedSlots.state, place, 'internal slot')
    this.#values(
      Object.getPrototypeOf(actual),
      Object.getPrototypeOf(expected),
      place,
      '.[[Prototype]]',
      true,
    )
    if (Object.isExtensible(actual) !== Object.isExtensible(expected))
      throw new Found(place, `${Object.isExtensible(expected) ? 'not ' : ''}extensible`)
    this.#properties(actual, expected, place, slots.skipsIndexes)
    const hidden = this.#options.hidden?.(expected)
    if (hidden)
      this.#entries(
        Object.entries(this.#options.hidden!(actual) ?? {}),
        Object.entries(hidden),
        place,
        'hidden',
      )
  }

  #entries(
    actual: readonly (readonly [string, unknown])[],
    expected: readonly (readonly [string, unknown])[],
    place: Place,
    what: string,
  ): void {
    for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
      if (actual[i]?.[0] !== expected[i]?.[0])
        throw new Found(
          place,
          `${what} ${actual[i]?.[0] ?? 'missing'} where ${expected[i]?.[0] ?? 'none'} was`,
        )
      const step = `.${expected[i][0]}`
      if (expected[i][1] instanceof Bytes) this.#bytes(actual[i][1] as Bytes, expected[i][1] as Bytes, place)
      else this.#values(actual[i][1], expected[i][1], place, step)
    }
  }

  #bytes({ bytes }: Bytes, { bytes: expected }: Bytes, place: Place): void {
    if (Buffer.compare(bytes, expected) === 0) return
    const at = expected.findIndex((byte, i) => byte !== bytes[i])
    this.#differ({ from: place, step: `.<byte ${at}>` }, bytes[at], expected[at])
  }

  #properties(actual: object, expected: object, place: Place, skipsIndexes: boolean): void {
    const keys = skipsIndexes ? Object.getOwnPropertySymbols(actual) : Reflect.ownKeys(actual)
    const expectedKeys = skipsIndexes ? Object.getOwnPropertySymbols(expected) : Reflect.ownKeys(expected)
    if (keys.length !== expectedKeys.length) this.#missingKey(keys, expectedKeys, place)
    for (let i = 0; i < expectedKeys.length; i++) {
      const key = keys[i]
      const expectedKey = expectedKeys[i]
      if (key !== expectedKey) {
        // Strings can only be equal; unique symbols are paired off in their order.
        if (typeof key === 'string' || typeof expectedKey === 'string')
          this.#missingKey(keys, expectedKeys, place)
        this.#values(key, expectedKey, place, () => `.<key ${i}>`)
      }
      this.#property(actual, key, expected, expectedKey, place)
    }
  }

  #missingKey(keys: PropertyKey[], expected: PropertyKey[], place: Place): never {
    const strings = (list: PropertyKey[]) => list.filter((key) => typeof key === 'string')
    const missing = strings(expected).find((key) => !keys.includes(key))
    if (missing !== undefined) throw new Found(place, `no own property ${JSON.stringify(missing)}`)
    const added = strings(keys).find((key) => !expected.includes(key))
    if (added !== undefined) throw new Found(place, `an own property ${JSON.stringify(added)} more`)
    throw new Found(
      place,
      keys.length === expected.length
        ? `own keys in another order: ${list(keys)} instead of ${list(expected)}`
        : `own keys ${list(keys)} instead of ${list(expected)}`,
    )
  }

  #property(
    actual: object,
    key: PropertyKey,
    expected: object,
    expectedKey: PropertyKey,
    place: Place,
  ): void {
    const step = () => stepOf(expectedKey)
    const found = Object.getOwnPropertyDescriptor(actual, key)!
    const wanted = Object.getOwnPropertyDescriptor(expected, expectedKey)!
    if (
      found.enumerable !== wanted.enumerable ||
      found.configurable !== wanted.configurable ||
      found.writable !== wanted.writable
    )
      throw new Found({ from: place, step }, `${attributes(found)} instead of ${attributes(wanted)}`)
    if ('value' in wanted) return this.#values(found.value, wanted.value, place, step)
    // A stack is read and not looked up: newer V8 makes it an accessor, with functions that belong to no graph.
    if (expectedKey === 'stack' && types.isNativeError(expected))
      return this.#values(Reflect.get(actual, key), Reflect.get(expected, expectedKey), place, step)
    this.#values(found.get, wanted.get, place, () => `${step()}.[[Get]]`)
    this.#values(found.set, wanted.set, place, () => `${step()}.[[Set]]`)
  }

  #differ(place: Place, actual: unknown, expected: unknown): never {
    throw new Found(place, `${show(actual)} instead of ${show(expected)}`)
  }
}

function isReference(value: unknown): value is object | symbol {
  return (
    (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol'
  )
}

const wellKnown: ReadonlySet<unknown> = new Set(
  Object.values(Object.getOwnPropertyDescriptors(Symbol))
    .map(({ value }) => value)
    .filter((value) => typeof value === 'symbol'),
)

function isKnownEverywhere(symbol: symbol): boolean {
  return wellKnown.has(symbol) || Symbol.keyFor(symbol) !== undefined
}

function pathOf(place: Place): string {
  const steps: string[] = []
  for (let at: Place | null = place; at !== null; at = at.from)
    steps.push(typeof at.step === 'string' ? at.step : at.step())
  return steps.length > 40
    ? `${steps.at(-1)}...${steps.slice(0, 20).reverse().join('')}`
    : steps.reverse().join('')
}

function stepOf(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`
  if (/^(0|[1-9]\d*)$/.test(String(key))) return `[${String(key)}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(String(key))
    ? `.${String(key)}`
    : `[${JSON.stringify(key)}]`
}

function list(keys: readonly PropertyKey[]): string {
  const shown = keys.slice(0, 12).map((key) => (typeof key === 'symbol' ? String(key) : JSON.stringify(key)))
  return `[${shown.join(', ')}${keys.length > 12 ? ', ...' : ''}]`
}

function attributes(descriptor: PropertyDescriptor): string {
  const names = (['writable', 'enumerable', 'configurable'] as const).filter((name) => descriptor[name])
  return `${'value' in descriptor ? 'a data property' : 'an accessor'} (${names.join(', ') || 'no attribute'})`
}

function article(kind: string): string {
  return `${/^[AEIOU]/i.test(kind) ? 'an' : 'a'} ${kind}`
}

function show(value: unknown): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'symbol') return String(value)
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return article(slotsOf(value).kind)
  return String(value)
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 60)}... (${text.length} characters)` : text
}
