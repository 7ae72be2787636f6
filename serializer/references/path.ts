// How a reference says where a value is within a module or the global object: a path of steps, each a string.
//
//   name                   a property
//   [Symbol.iterator]      a property by a well-known symbol; [Symbol.for("x")] registered; [Symbol("x")] the first
//                          own one of that description
//   ["a.b"]                a property whose name would read as something else
//   [[Prototype]]          the internal slot
//   get name, set name     the accessor function of a property (last in a path)
//
// As one string: steps joined by dots, `get` and `set` in front, as the ECMAScript specification names accessors:
// `get RegExp.prototype.flags`, `Array.prototype[Symbol.iterator]`.
import {
  descriptionOf,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isObject,
  ownKeys,
  reflectGet,
  reflectHas,
  SafeMap,
  symbolFor,
  symbolKeyFor,
} from './originals.ts'

export type PathStep = string

/** What `follow` returns when there is nothing at the path. */
export const MISSING: unique symbol = Symbol('missing')

/** Symbols by their names in the specification, and back. `Symbol.dispose` is Node's own in older V8s. */
const WELL_KNOWN = [
  'asyncDispose',
  'asyncIterator',
  'dispose',
  'hasInstance',
  'isConcatSpreadable',
  'iterator',
  'match',
  'matchAll',
  'replace',
  'search',
  'species',
  'split',
  'toPrimitive',
  'toStringTag',
  'unscopables',
]
export const wellKnownSymbols = new SafeMap<symbol, string>()
const symbolsByName = new SafeMap<string, symbol>()
for (const name of WELL_KNOWN) {
  const symbol = getOwnPropertyDescriptor(Symbol, name)?.value
  if (typeof symbol !== 'symbol' || symbolKeyFor(symbol) !== undefined) continue
  wellKnownSymbols.set(symbol, `Symbol.${name}`)
  symbolsByName.set(`Symbol.${name}`, symbol)
}

const PLAIN_NAME = /^(?!get |set )[^.[\]"]+$/

export function stepOf(key: string | symbol): PathStep {
  if (typeof key === 'string') return PLAIN_NAME.test(key) ? key : `[${JSON.stringify(key)}]`
  const wellKnown = wellKnownSymbols.get(key)
  if (wellKnown) return `[${wellKnown}]`
  const registered = symbolKeyFor(key)
  if (registered !== undefined) return `[Symbol.for(${JSON.stringify(registered)})]`
  return `[Symbol(${JSON.stringify(descriptionOf(key))})]`
}

export function formatPath(steps: readonly PathStep[]): string {
  let text = ''
  for (let i = 0; i < steps.length; i++) {
    let step = steps[i]
    if (isAccessorStep(step)) {
      text = step.slice(0, 4) + text
      step = step.slice(4)
    }
    text += i === 0 || step.startsWith('[') ? step : `.${step}`
  }
  return text
}

const STEP = /\.?(?:(\[\[Prototype\]\]|\[(?:"(?:[^"\\]|\\.)*"|Symbol\.\w+|Symbol(?:\.for)?\("(?:[^"\\]|\\.)*"\))\])|([^.[\]"]+))/y

/** The steps of a path; null if the text is none. */
export function parsePath(text: string): PathStep[] | null {
  const prefix = isAccessorStep(text) ? text.slice(0, 4) : ''
  const steps: PathStep[] = []
  STEP.lastIndex = prefix.length
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text)
    if (!match) return null
    steps[steps.length] = match[1] ?? match[2]
  }
  if (prefix) {
    if (steps.length === 0) return null
    steps[steps.length - 1] = prefix + steps[steps.length - 1]
  }
  return steps
}

/** Walks a path, reading properties as any program would; what a getter throws gets out. */
export function follow(root: unknown, steps: readonly PathStep[]): unknown {
  let value = root
  for (let i = 0; i < steps.length; i++) {
    if (!isObject(value)) return MISSING
    const step = steps[i]
    if (step === '[[Prototype]]') {
      value = getPrototypeOf(value)
      continue
    }
    const accessor = isAccessorStep(step) ? (step.slice(0, 3) as 'get' | 'set') : undefined
    const key = keyOf(accessor ? step.slice(4) : step, value)
    if (key === undefined) return MISSING
    if (accessor) {
      value = getOwnPropertyDescriptor(value, key)?.[accessor] ?? MISSING
      if (value === MISSING) return MISSING
    } else {
      if (!reflectHas(value, key)) return MISSING
      value = reflectGet(value, key)
    }
  }
  return value
}

function isAccessorStep(step: string): boolean {
  return step.startsWith('get ') || step.startsWith('set ')
}

function keyOf(step: string, owner: object): string | symbol | undefined {
  if (!step.startsWith('[')) return step
  const inner = step.slice(1, -1)
  if (inner.startsWith('"')) return JSON.parse(inner)
  const wellKnown = symbolsByName.get(inner)
  if (wellKnown) return wellKnown
  if (inner.startsWith('Symbol.for(')) return symbolFor(JSON.parse(inner.slice(11, -1)))
  if (!inner.startsWith('Symbol(')) return undefined
  const description = JSON.parse(inner.slice(7, -1))
  for (let at: object | null = owner; at !== null; at = getPrototypeOf(at)) {
    const keys = ownKeys(at)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]
      if (typeof key === 'symbol' && symbolKeyFor(key) === undefined && descriptionOf(key) === description) return key
    }
  }
  return undefined
}
