// A catalogue of everything that can be reached from some roots by own properties and prototypes, from value to
// shortest path. No getter runs.
const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const symbolKeyFor = Symbol.keyFor
const symbolFor = Symbol.for

const WELL_KNOWN = new Map<symbol, string>()
for (const name of ownKeys(Symbol)) {
  const value = getOwnPropertyDescriptor(Symbol, name)?.value
  if (typeof value === 'symbol' && typeof name === 'string') WELL_KNOWN.set(value, name)
}

export interface Walk {
  /** Called once for each value; returns whether to go on into it. */
  visit(value: unknown, path: string, depth: number): boolean
}

/** Breadth first, so that the first path is a shortest one; keys in their order, so that it is always the same. */
export function walkFrom(root: unknown, rootPath: string, walk: Walk): void {
  const queue: [value: unknown, path: string, depth: number][] = [[root, rootPath, 0]]
  for (let next = 0; next < queue.length; next++) {
    const [value, path, depth] = queue[next]
    if (!walk.visit(value, path, depth) || !isObject(value)) continue
    const join = (step: string) => (path === '' ? step : `${path}.${step}`)
    for (const key of ownKeys(value)) {
      const step = stepOf(key)
      if (step === null) continue
      const descriptor = getOwnPropertyDescriptor(value, key)!
      if ('value' in descriptor) {
        if (isReachable(descriptor.value)) queue.push([descriptor.value, join(step), depth + 1])
      } else {
        if (descriptor.get) queue.push([descriptor.get, join(`<${step}`), depth + 1])
        if (descriptor.set) queue.push([descriptor.set, join(`>${step}`), depth + 1])
      }
    }
    const prototype = getPrototypeOf(value)
    if (prototype !== null) queue.push([prototype, join('^'), depth + 1])
  }
}

function isReachable(value: unknown): boolean {
  return isObject(value) || typeof value === 'symbol'
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}

/** Null for keys that no path can spell. */
function stepOf(key: PropertyKey): string | null {
  if (typeof key === 'string') return key === '' || /^[@<>^]|\./.test(key) ? null : key
  const wellKnown = WELL_KNOWN.get(key as symbol)
  if (wellKnown !== undefined) return `@${wellKnown}`
  const registered = symbolKeyFor(key as symbol)
  return registered === undefined || registered.includes('.') ? null : `@@${registered}`
}

/** Follows a path; undefined if a step is missing. */
export function follow(root: unknown, path: string): unknown {
  let value = root
  if (path === '') return value
  for (const step of path.split('.')) {
    if (!isObject(value)) return undefined
    if (step === '^') value = getPrototypeOf(value)
    else if (step[0] === '<') value = getOwnPropertyDescriptor(value, keyOf(step.slice(1)))?.get
    else if (step[0] === '>') value = getOwnPropertyDescriptor(value, keyOf(step.slice(1)))?.set
    else value = getOwnPropertyDescriptor(value, keyOf(step))?.value
  }
  return value
}

function keyOf(step: string): PropertyKey {
  if (step.startsWith('@@')) return symbolFor(step.slice(2))
  if (step[0] === '@')
    return (getOwnPropertyDescriptor(Symbol, step.slice(1))?.value as symbol | undefined) ?? step
  return step
}

export function wellKnownSymbol(symbol: symbol): string | undefined {
  return WELL_KNOWN.get(symbol)
}
