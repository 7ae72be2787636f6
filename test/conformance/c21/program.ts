// The program of the C21 tests: several modules of TypeScript that use what a compiler must rewrite. The text is
// compiled by each toolchain; what `value` holds is pickled; `exercise` says what it does.

export interface ProgramOptions {
  /** How modules name each other: './helper.js' unless said. */
  readonly extension?: string
  /** Node's own type stripping knows no syntax that makes code: enums, namespaces, parameter properties. */
  readonly erasable?: boolean
  /** Oxc knows no variables in namespaces, nor what their other parts declare. */
  readonly constantNamespaces?: boolean
  /** Decorators as in the proposal, as TypeScript had them first, or none. */
  readonly decorators?: 'standard' | 'legacy' | 'none'
  /** How the value is handed over: by the ES modules' export, or to a function of the global object. */
  readonly ending?: string
}

/** The modules' texts by their paths without extension. */
export function program(options: ProgramOptions = {}): Record<string, string> {
  const {
    extension = '.js',
    erasable = false,
    constantNamespaces = false,
    decorators = 'standard',
    ending = '',
  } = options
  return {
    helper: helper(erasable),
    index: index(extension),
    main: `${main(extension)}
${erasable ? erasableTypes : types(constantNamespaces)}
${decorated[decorators]}
${closing(ending)}`,
  }
}

const helper = (erasable: boolean) => `
let calls = 0
export let mode: string = 'cold'
export function warm(next: string) { mode = next }
export function shout(text: string): string { calls++; return text.toUpperCase() + '!' }
export const countCalls = () => calls
export default function whisper(text: string): string { return text.toLowerCase() + '.' }
${erasable ? 'export const Level: any = { 1: "Low", 10: "High", Low: 1, High: 10, Word: "w" }' : 'export enum Level { Low = 1, High = Low * 10, Word = "w" }'}
`

const index = (extension: string) => `
export { shout as loud, countCalls, default as quiet } from './helper${extension}'
export * from './helper${extension}'
export * as helpers from './helper${extension}'
`

const main = (extension: string) => `
import { basename } from 'node:path'
import * as util from 'node:util'
import { greet } from 'greeter'
import tools from 'tools'
import whisper, { shout, Level, mode } from './helper${extension}'
import * as all from './helper${extension}'
import { loud, quiet, countCalls, helpers } from './index${extension}'

let counter = 0
const increase = (by?: number) => (counter += by ?? 1)
const read = () => counter

interface Options { deep?: { list?: number[]; call?: (x: number) => number } | null; label?: string | null }

function pick({ deep, ...rest }: Options = {}, ...more: number[]) {
  const label = rest.label ?? 'none'
  return [deep?.list?.[0] ?? -1, deep?.call?.(2) ?? 'no call', label, Math.max(...more, 0), { ...rest, more: [...more] }]
}

function* naturals(limit: number) {
  for (let i = 0; i < limit; i++) {
    const reset: number | undefined = yield i * increase(0)
    if (reset !== undefined) i = reset
  }
}

async function* ticks(limit: number) {
  for (const n of naturals(limit)) yield await Promise.resolve(n)
}

async function collect(limit: number): Promise<number[]> {
  const result: number[] = []
  try {
    for await (const n of ticks(limit)) result.push(n)
    await Promise.reject(new RangeError('enough'))
  } catch (error) {
    result.push((error as Error).message.length)
  } finally {
    result.push(100)
  }
  return result
}

async function run(name: string) {
  return {
    words: [shout(name), whisper(name), all.shout('all'), loud('loud'), quiet('Quiet'), helpers.default('Deep')],
    mode,
    calls: [countCalls(), all.countCalls()],
    level: [Level.Low, Level[10], Level['Word']],
    builtin: [basename('/a/b.txt'), util.format('%s-%d', 'x', 3), util.inspect(new Map([[1, 2]]))],
    packages: [greet(name), tools.twice(4), tools.name],
    picked: [pick(), pick({ deep: { list: [5], call: (x) => x + 1 }, label: 'l' }, 3, 9), pick({ deep: null, label: null })],
    collected: await collect(3),
    regexp: 'a-b'.replace(/(?<first>\\w)-(\\w)/, '$2-$<first>'),
    tagged: ((strings: TemplateStringsArray, ...values: unknown[]) => strings.raw.join('|') + values.join())\`a\${1}\\n\${2}b\`,
    late: later(),
    exported: exported(2),
  }
}

// Hoisted, used above its place, and exported under another name.
function later() { return typeof later + (later as any).note }
;(later as any).note = 'noted'
export { later as renamed }
export function exported(x: number): number { return x > 0 ? exported(x - 1) + 1 : 0 }
export default (x: number) => x + counter
`

const types = (constant: boolean) => `
namespace Units {
  export const factor = 3
  ${constant ? 'let used = 0; export const count = () => used' : 'export let used = 0'}
  export function scale(x: number) { used++; return x * factor }
  export namespace Deep { export const twice = (x: number) => scale(scale(x)) }
}
namespace Units { export const more = () => [${constant ? 'Units.factor, Units.count()' : 'factor, used'}] }

abstract class Shape {
  static count = 0
  static #registry: string[] = []
  static last?: Shape
  #secret = 7
  readonly tags: string[] = ['square']
  protected constructor(public readonly name: string, private factor = 2) {
    Shape.count++
    Shape.#registry.push(name)
    Shape.last = this
  }
  abstract area(): number
  describe() { return [this.name, this.area() * this.factor, this.#secret++, this.#hidden()].join(':') }
  #hidden() { return Shape.#registry.length }
  get secret() { return this.#secret }
  set secret(value) { this.#secret = value }
  static names() { return [...this.#registry] }
}

class Square extends Shape {
  static made: number
  static { this.made = 0 }
  static of = (side: number) => { this.made++; return new this(side) }
  constructor(private side: number) { super('square') }
  area() { return this.side ** 2 }
  override describe() { return '[' + super.describe() + ']' }
}
const units = () => [Units.Deep.twice(2), ...Units.more()]
`

const erasableTypes = `
let used = 0
const units = () => [18, 3, (used += 2)]
class Shape {
  static count = 0
  static #registry: string[] = []
  static last?: Shape
  #secret = 7
  readonly name: string
  private factor = 2
  readonly tags: string[]
  constructor(name: string) {
    this.name = name
    this.tags = [name]
    Shape.count++
    Shape.#registry.push(name)
    Shape.last = this
  }
  area(): number { return 0 }
  describe() { return [this.name, this.area() * this.factor, this.#secret++, this.#hidden()].join(':') }
  #hidden() { return Shape.#registry.length }
  get secret() { return this.#secret }
  set secret(value) { this.#secret = value }
  static names() { return [...this.#registry] }
}

class Square extends Shape {
  static made: number
  static { this.made = 0 }
  static of = (side: number) => { this.made++; return new this(side) }
  private side: number
  constructor(side: number) { super('square'); this.side = side }
  area() { return this.side ** 2 }
  override describe() { return '[' + super.describe() + ']' }
}
`

const decorated = {
  standard: `
const log: string[] = []
function logged(method: Function, { name }: ClassMethodDecoratorContext): any {
  const text = String(name)
  return function (this: unknown, ...values: unknown[]) {
    log.push(text)
    return method.apply(this, values)
  }
}
function clamped({ get, set }: any, context: any): any {
  context.addInitializer(function (this: any) { this.ready = true })
  return { get, set(this: any, value: number) { set.call(this, Math.min(value, 9)) }, init: (value: number) => value + 1 }
}
function named(Target: any, context: any): any { return class extends Target { label = context.name } }
@named
class Service {
  declare ready: boolean
  declare label: string
  @clamped accessor level = 1
  @logged work(x: number) { return x * this.level }
  @logged static find(x: number) { return x + log.length }
}`,
  legacy: `
const log: string[] = []
function logged(target: any, key: string, descriptor: PropertyDescriptor) {
  const method = descriptor.value
  descriptor.value = function (...values: unknown[]) { log.push(key); return method.apply(this, values) }
}
function clamped(target: any, key: string) {
  const store = new WeakMap<object, number>()
  Object.defineProperty(target, key, {
    configurable: true,
    get() { return store.get(this) },
    set(value) { store.set(this, store.has(this) ? Math.min(value, 9) : value + 1) },
  })
}
function named(Target: any): any { return class extends Target { label = Target.name; ready = true } }
@named
class Service {
  ready!: boolean
  label!: string
  @clamped level!: number
  constructor() { this.level = 1 }
  @logged work(x: number) { return x * this.level }
  @logged static find(x: number) { return x + log.length }
}`,
  none: `
const log: string[] = []
class Service {
  #level = 2
  ready = true
  label = 'Service'
  get level() { return this.#level }
  set level(value) { this.#level = Math.min(value, 9) }
  work(x: number) { log.push('work'); return x * this.level }
  static find(x: number) { log.push('find'); return x + log.length }
}`,
}

const closing = (ending: string) => `
const kept = Square.of(3)
increase()
shout('before')
export const value = {
  run, increase, read, naturals, greet, tools, units, Level, Shape, Square, kept, Service, log,
  service: new Service(), exported, later, anonymous: { arrow: () => read() },
}
${ending}
`

/** Under every compiler, wherever the value is, this is what `exercise` must return. */
export const expected = {
  run: {
    words: ['TS!', 'ts.', 'ALL!', 'LOUD!', 'quiet.', 'deep.'],
    mode: 'cold',
    calls: [4, 4],
    level: [1, 'High', 'w'],
    builtin: ['b.txt', 'x-3', 'Map(1) { 1 => 2 }'],
    packages: ['Hello, Ts 1', 8, 'tools'],
    picked: [
      [-1, 'no call', 'none', 0, { more: [] }],
      [5, 3, 'l', 9, { label: 'l', more: [3, 9] }],
      [-1, 'no call', 'none', 0, { label: null, more: [] }],
    ],
    collected: [0, 4, 8, 6, 100],
    regexp: 'b-a',
    tagged: 'a|\\n|b1,2',
    late: 'functionnoted',
    exported: 2,
  },
  counter: [1, 3, 4, 4],
  generator: [0, 24],
  identity: [true, true, true, true],
  level: '["1","10","Low","High","Word"]',
  kept: ['[square:18:7:1]', '[square:18:8:1]', 9, 40],
  classes: [1, ['square'], 2, 2, ['square', 'square'], 'square', true, true, true],
  refused: 'TypeError',
  tags: ['square'],
  units: [
    [18, 3, 2],
    [18, 3, 4],
  ],
  service: [8, 18, 6, ['work', 'work', 'find'], true, 'Service', true],
  names: ['run', 'increase', 'Square', 'arrow', 'later'],
}

/** Uses nothing of this file: its text goes to the processes that hold a value. */
export async function exercise(
  value: any,
  context: { require: NodeJS.Require; names: boolean },
): Promise<unknown> {
  const { run, increase, read, naturals, Shape, Square, kept, service, Service, Level } = value
  const counter = [read(), increase(2), increase(), value.anonymous.arrow()]
  const numbers = naturals(9)
  const generator = [numbers.next().value, numbers.next(5).value]
  const first = [kept.describe(), kept.describe(), kept.secret, (kept.secret = 40)]
  const classes = [Shape.count, Shape.names(), Square.of(2).area() / 2]
  classes.push(Shape.count, Shape.names(), Shape.last.name)
  classes.push(kept instanceof Square, Object.getPrototypeOf(Square) === Shape, kept.constructor === Square)
  let refused = ''
  try {
    Object.getOwnPropertyDescriptor(Shape.prototype, 'secret')!.get!.call({})
  } catch (error) {
    refused = (error as Error).constructor.name
  }
  const worked = service.work(4)
  service.level = 50
  return {
    run: await run('Ts'),
    counter,
    generator,
    identity: [
      value.greet === context.require('greeter').greet,
      value.tools === context.require('tools'),
      value.exported(3) === 3,
      Object.getPrototypeOf(run) !== null,
    ],
    level: JSON.stringify(Object.keys(Level)),
    kept: first,
    classes,
    refused,
    tags: kept.tags,
    units: [value.units(), value.units()],
    service: [
      worked,
      service.work(2),
      Service.find(3),
      value.log,
      service.ready,
      service.label,
      service instanceof Service,
    ],
    names: context.names
      ? [run.name, increase.name, Square.name, value.anonymous.arrow.name, value.later.name]
      : undefined,
  }
}
