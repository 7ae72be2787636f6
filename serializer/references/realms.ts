// The intrinsics of other realms (ECMAScript: Realm Record): those of a `vm` context, by the paths of the main
// realm's. A value from a context comes back as one of the realm that loads it.
import { types } from 'node:util'
import { follow, walkFrom } from './catalogue.ts'
import { isNodes } from './origin.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const ObjectPrototype = Object.prototype
const FunctionPrototype = Function.prototype

/** The paths of a realm's intrinsics; empty for one whose global object can't be had. */
type Realm = ReadonlyMap<unknown, string>

/** By the realm's %Function.prototype%. */
const realms = new WeakMap<object, Realm>()

/** %Function.prototype% of realms that run no code from strings, so that little is known of them. */
const closed = new WeakSet<object>()

/** Is the value native to a realm whose intrinsics can't be known, as it runs no code from strings? */
export function isOfClosedRealm(value: object): boolean {
  const functionPrototype = functionPrototypeAround(value)
  return functionPrototype !== undefined && closed.has(functionPrototype)
}

/** Runs in the other realm: what no global name leads to, as in `intrinsics.ts`. */
const HIDDEN = `
  const of = Object.getPrototypeOf
  return [
    ['%AsyncFunction%', of(async () => {}).constructor],
    ['%GeneratorFunction%', of(function* () {}).constructor],
    ['%AsyncGeneratorFunction%', of(async function* () {}).constructor],
    ['%ArrayIteratorPrototype%', of([][Symbol.iterator]())],
    ['%MapIteratorPrototype%', of(new Map()[Symbol.iterator]())],
    ['%SetIteratorPrototype%', of(new Set()[Symbol.iterator]())],
    ['%StringIteratorPrototype%', of(''[Symbol.iterator]())],
    ['%RegExpStringIteratorPrototype%', of(''.matchAll(/x/g))],
  ]`

/** The path of another realm's intrinsic; `names` are the globals that every realm has. */
export function pathInOtherRealm(value: object, names: readonly string[]): string | undefined {
  const functionPrototype = functionPrototypeAround(value)
  if (functionPrototype === undefined || functionPrototype === FunctionPrototype) return undefined
  let realm = realms.get(functionPrototype)
  if (!realm) realms.set(functionPrototype, (realm = catalogueRealm(functionPrototype, names)))
  const path = realm.get(value)
  // User code may have put a function of its own in the place.
  return typeof value === 'function' && !isNodes(value) ? undefined : path
}

/** %Function.prototype% of the realm that the value was made in, as far as its prototypes tell. */
function functionPrototypeAround(value: object): object | undefined {
  let root = value
  for (let next: object | null = root; next !== null; next = getPrototypeOf(next)) {
    // Its trap would run.
    if (types.isProxy(next)) return undefined
    root = next
  }
  if (root === ObjectPrototype) return undefined
  const constructor: unknown = getOwnPropertyDescriptor(root, 'constructor')?.value
  if (typeof constructor !== 'function' || !isNodes(constructor)) return undefined
  return getPrototypeOf(constructor) ?? undefined
}

function catalogueRealm(functionPrototype: object, names: readonly string[]): Realm {
  const paths = new Map<unknown, string>()
  const visit = (value: unknown, path: string): boolean => {
    if (typeof value === 'symbol' || paths.has(value)) return false
    paths.set(value, path)
    return true
  }
  try {
    const construct = getOwnPropertyDescriptor(functionPrototype, 'constructor')?.value as FunctionConstructor
    if (!isNodes(construct)) return paths
    const run = (code: string) => apply(construct(code), undefined, []) as unknown
    const global = run('return this') as object
    // A context that shares the main realm's built-ins hands over nothing foreign.
    if (follow(global, 'Function') === Function) return paths
    paths.set(global, 'globalThis')
    for (const name of names) {
      const root = getOwnPropertyDescriptor(global, name)?.value as unknown
      if (typeof root !== 'function' && (typeof root !== 'object' || root === null)) continue
      if (isOfMainRealm(root)) continue
      walkFrom(root, name, { visit })
    }
    for (const [name, root] of run(HIDDEN) as [string, unknown][]) walkFrom(root, name, { visit })
  } catch {
    // A context without code generation from strings: what can be known is what its prototypes lead to.
    closed.add(functionPrototype)
    const objectPrototype = getPrototypeOf(functionPrototype)
    for (const [prototype, name] of [
      [functionPrototype, 'Function'],
      [objectPrototype, 'Object'],
    ] as const) {
      const root: unknown = prototype && getOwnPropertyDescriptor(prototype, 'constructor')?.value
      if (typeof root === 'function' && isNodes(root)) walkFrom(root, name, { visit })
    }
  }
  return paths
}

function isOfMainRealm(value: object): boolean {
  for (let next: object | null = value; next !== null; next = getPrototypeOf(next))
    if (next === ObjectPrototype) return true
  return false
}
