// The dispatch table of built-in types: objects are known by their slots, whatever their prototype says, and asking runs
// nothing of the user's; what the reading Node lacks is named.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import { dumps, loads } from '../../serializer/index.ts'
import { builtinReducers, findBuiltinReducer } from '../../serializer/reducers/index.ts'
import { root } from '../support/paths.ts'
import { runScript } from '../support/script.ts'

const nameOf = (value: object) => builtinReducers[findBuiltinReducer(value)]?.name

test('docs/format.md lists every type with its number', () => {
  const text = readFileSync(join(root, 'docs', 'format.md'), 'utf8')
  const section = text.slice(text.indexOf('## Built-in types'))
  const listed = [...section.matchAll(/^\| (\d+) +\| ([^|]+?) +\|/gm)].map(
    ([, number, name]) => `${number} ${name}`,
  )
  expect(listed).toEqual(builtinReducers.map(({ name }, i) => `${i} ${name}`))
})

test('an object with another prototype is known by its slots', () => {
  const foreign = [Object.prototype, null, Array.prototype, Date.prototype, { own: 1 }]
  for (const prototype of foreign) {
    expect(nameOf(Object.setPrototypeOf(new Map(), prototype))).toBe('Map')
    expect(nameOf(Object.setPrototypeOf(new Date(0), prototype))).toBe('Date')
    expect(nameOf(Object.setPrototypeOf(new Uint8Array(1), prototype))).toBe('typed array')
    expect(nameOf(Object.setPrototypeOf(Promise.resolve(1), prototype))).toBe('Promise')
    expect(nameOf(Object.setPrototypeOf(Object(1n), prototype))).toBe('boxed primitive')
  }
  const map = loads<Map<number, number>>(dumps(Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)))
  expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
  expect(Map.prototype.get.call(map, 1)).toBe(2)
})

test('what only trying tells is known of another realm, too, and comes back as one of this realm', () => {
  const context = createContext({ target: { a: 1 } })
  const make = (text: string) => runInContext(`(${text})`, context)
  const cases: [text: string, use: (copy: any) => unknown, expected: unknown][] = [
    ['new Intl.NumberFormat("de")', (copy) => copy.format(1.5), '1,5'],
    ['new Intl.DateTimeFormat("en", { timeZone: "UTC" })', (copy) => copy.format(0), '1/1/1970'],
    ['new Intl.Collator("de")', (copy) => copy.compare('a', 'b'), -1],
    ['new Intl.Locale("de-AT")', String, 'de-AT'],
    ['new Intl.PluralRules("en")', (copy) => copy.select(1), 'one'],
    ['new WeakRef(target)', (copy) => copy.deref().a, 1],
    ['new (class Mine extends Intl.NumberFormat {})("de")', (copy) => copy.format(1.5), '1,5'],
  ]
  for (const [text, use, expected] of cases) {
    const original = make(text)
    expect(use(original), text).toBe(expected)
    const { copy } = loads<{ copy: object }>(dumps({ copy: original, target: context.target }))
    expect(use(copy), text).toBe(expected)
  }
  expect(loads(dumps(make('new Intl.NumberFormat("de")')))).toBeInstanceOf(Intl.NumberFormat)
  expect(loads(dumps(make('Object.create(Intl.NumberFormat.prototype)')))).toBeInstanceOf(Intl.NumberFormat)
  expect(findBuiltinReducer(make('Object.create(WeakRef.prototype)'))).toBe(-1)
})

test('an object that only inherits from a built-in is none', () => {
  for (const Class of [
    Map,
    Date,
    Promise,
    Error,
    URL,
    WeakRef,
    TextDecoder,
    EventTarget,
    AbortSignal,
    Intl.Collator,
  ])
    expect(findBuiltinReducer(Object.create(Class.prototype))).toBe(-1)
})

test('asking runs no trap, no getter, no Symbol.hasInstance', () => {
  const ran: string[] = []
  const trap = new Proxy({}, new Proxy({}, { get: (_, name) => (ran.push(String(name)), undefined) }))
  class Tagged {
    get [Symbol.toStringTag]() {
      ran.push('toStringTag')
      return 'Map'
    }
  }
  Object.defineProperty(Tagged.prototype, 'constructor', { get: () => ran.push('constructor') })
  for (const value of [Object.create(trap), Object.create(Object.create(trap)), new Tagged()])
    expect(findBuiltinReducer(value)).toBe(-1)
  expect(ran).toEqual([])
})

test('a type that the reading Node lacks is named', async () => {
  const bundles = {
    ListFormat: dumps(new Intl.ListFormat('en')),
    PluralRules: dumps({ rules: new Intl.PluralRules('de') }),
  }
  for (const [name, bytes] of Object.entries(bundles)) {
    const message = await runScript<string>(
      `try {
        cornichon.loads(readFileSync('bundle'))
      } catch (error) {
        assert.ok(error instanceof cornichon.UnpicklingError)
        await report(error.message)
      }`,
      { nodeArguments: ['--import', `data:text/javascript,delete Intl.${name}`], files: { bundle: bytes } },
    )
    expect(message).toMatch(new RegExp(`^Node v[\\d.]+ has no Intl\\.${name}`))
  }
})
