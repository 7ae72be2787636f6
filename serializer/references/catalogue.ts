// A catalogue of everything that can be reached from some roots by own properties and prototypes, from value to
// shortest path. No getter runs but those that the caller names.
const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const symbolKeyFor = Symbol.keyFor
const symbolFor = Symbol.for
const symbolDescription = getOwnPropertyDescriptor(Symbol.prototype, 'description')!.get!

const WELL_KNOWN = new Map<symbol, string>()
for (const name of ownKeys(Symbol)) {
  const { value, writable, configurable } = getOwnPropertyDescriptor(Symbol, name)!
  // Others are of the user's code.
  if (typeof value === 'symbol' && typeof name === 'string' && !writable && !configurable)
    WELL_KNOWN.set(value, name)
}

export interface Walk {
  /** Called for each value that is met; returns whether to go on into it. */
  visit(value: unknown, path: string, depth: number): boolean
  /** May this getter run, because it only gives another part of the platform? None may if this is left out. */
  opens?(path: string, depth: number, getter: object): boolean
  /** Without prototypes and the functions of accessors. */
  readonly dataOnly?: boolean
}

/** Breadth first, so that the first path is a shortest one; keys in their order, so that it is always the same. */
export function walkFrom(root: unknown, rootPath: string, walk: Walk): void {
  const queue: [value: unknown, path: string, depth: number][] = [[root, rootPath, 0]]
  for (let next = 0; next < queue.length; next++) {
    const [value, path, depth] = queue[next]
    if (!walk.visit(value, path, depth) || !isObject(value)) continue
    const join = (step: string) => (path === '' ? step : `${path}.${step}`)
    for (const key of ownKeys(value)) {
      if (walk.dataOnly && typeof value === 'function' && key === 'prototype') continue
      const step = stepOf(key)
      if (step === null) continue
      if (step[0] === '~') queue.push([key, join(step), depth + 1])
      const descriptor = getOwnPropertyDescriptor(value, key)!
      if ('value' in descriptor) {
        if (isReachable(descriptor.value)) queue.push([descriptor.value, join(valueStep(step)), depth + 1])
        continue
      }
      const { get, set } = descriptor
      if (get && walk.opens?.(join(step), depth, get)) {
        const given = tryGetter(get, value)
        if (isReachable(given)) queue.push([given, join(valueStep(step)), depth + 1])
      }
      if (walk.dataOnly) continue
      if (get) queue.push([get, join(`<${step}`), depth + 1])
      if (set) queue.push([set, join(`>${step}`), depth + 1])
    }
    const prototype = walk.dataOnly ? null : getPrototypeOf(value)
    if (prototype !== null) queue.push([prototype, join('^'), depth + 1])
  }
}

/** A getter that refuses gives nobody a value. */
function tryGetter(getter: () => unknown, receiver: unknown): unknown {
  try {
    return apply(getter, receiver, [])
  } catch {
    return undefined
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
  if (typeof key === 'string') return key === '' || /^[@<>^~=]/.test(key) ? null : escaped(key)
  const wellKnown = WELL_KNOWN.get(key as symbol)
  if (wellKnown !== undefined) return `@${wellKnown}`
  const registered = symbolKeyFor(key as symbol)
  if (registered !== undefined) return `@@${escaped(registered)}`
  const description = apply(symbolDescription, key, []) as string | undefined
  return description ? `~${escaped(description)}` : null
}

/** Dots are what steps are told apart by. */
function escaped(name: string): string {
  return /[.%]/.test(name) ? name.replaceAll('%', '%25').replaceAll('.', '%2E') : name
}

export function unescaped(name: string): string {
  return name.includes('%') ? name.replaceAll('%2E', '.').replaceAll('%25', '%') : name
}

/** `~` alone is the symbol, `=~` what it is the key of. */
function valueStep(step: string): string {
  return step[0] === '~' ? `=${step}` : step
}

/** Follows a path; undefined if a step is missing. */
export function follow(root: unknown, path: string): unknown {
  let value = root
  if (path === '') return value
  for (const step of path.split('.')) {
    if (!isObject(value)) return undefined
    if (step === '^') value = getPrototypeOf(value)
    else if (step[0] === '~') value = keyOf(value, step)
    else if (step[0] === '<') value = descriptorOf(value, step.slice(1))?.get
    else if (step[0] === '>') value = descriptorOf(value, step.slice(1))?.set
    else {
      // What is made when it is first read may not have been read here: its getter is part of the path.
      const descriptor = descriptorOf(value, step[0] === '=' ? step.slice(1) : step)
      value = descriptor?.get ? tryGetter(descriptor.get, value) : descriptor?.value
    }
  }
  return value
}

function descriptorOf(object: object, step: string): PropertyDescriptor | undefined {
  const key = keyOf(object, step)
  return key === undefined ? undefined : getOwnPropertyDescriptor(object, key)
}

function keyOf(object: object, step: string): PropertyKey | undefined {
  if (step.startsWith('@@')) return symbolFor(unescaped(step.slice(2)))
  if (step[0] === '@')
    return (getOwnPropertyDescriptor(Symbol, step.slice(1))?.value as symbol | undefined) ?? step
  if (step[0] === '~') {
    const description = unescaped(step.slice(1))
    return ownKeys(object).find(
      (key) => typeof key === 'symbol' && apply(symbolDescription, key, []) === description,
    )
  }
  return unescaped(step)
}

export function wellKnownSymbol(symbol: symbol): string | undefined {
  return WELL_KNOWN.get(symbol)
}
