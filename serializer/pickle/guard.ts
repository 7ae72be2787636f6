// What `code: 'refuse'` keeps out of a graph that has no functions of its own. The language's own functions are data
// there, so nothing may come in that would call one: neither while the graph is rebuilt nor when someone only looks at
// it. Who uses the value calls its `toJSON` with a property's name and its `toString`: with the functions that do
// something with a text (`eval`, Node's `execSync`), or have their arguments with them, that would be the sender's code.
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { FunctionPrototypeToString } from '../primordials.ts'
import { isOfEcmaScript, type Reference } from '../references/index.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const isArray = Array.isArray
const ObjectPrototype = Object.prototype
const PromisePrototype = Promise.prototype
/** Reflect has a function for each trap. */
const TRAPS: ReadonlySet<PropertyKey> = new Set(ownKeys(Reflect).filter((key) => typeof key === 'string'))

const EVALUATORS: ReadonlySet<unknown> = new Set<unknown>([
  // biome-ignore lint/security/noGlobalEval: it is told apart, not called
  eval,
  Function,
  ...[async () => {}, function* () {}, async function* () {}].map((fn) => getPrototypeOf(fn)!.constructor),
])

export class Guard {
  readonly #handlers = new Set<object>()

  intrinsic(value: unknown, path: string): void {
    if (EVALUATORS.has(value)) throw refused(`${path}, which makes code of a text`)
    if (typeof value === 'function' && !isOfEcmaScript(path) && !isClass(value))
      throw refused(`${path}, a function of Node's`)
  }

  /** The option modules, if there is one, was asked. */
  reference(value: unknown, reference: Reference, isAllowed: boolean): void {
    if (reference.kind === 'intrinsic') this.intrinsic(value, reference.path)
    else if (!isAllowed && reference.kind === 'builtin' && typeof value === 'function' && !isClass(value))
      throw new UnpicklingError(
        `the bundle has the function ${reference.path} of ${reference.module}, and the option code: 'refuse' lets in only those of modules that the option modules allows`,
      )
  }

  bound(): never {
    throw refused('a bound function, which has arguments of its own')
  }

  /** `require` loads, and so runs, what it is asked for: as a `toJSON`, the file that a property is named after. */
  moduleScope(name: 'require' | 'module' | 'import.meta'): never {
    throw refused(`the \`${name}\` of a module, which only code has a use for,`)
  }

  reduction(): never {
    throw refused('a reduction (what a reducer says, which names a function to call)')
  }

  accessor(): never {
    throw refused('an accessor')
  }

  /** The handler of a proxy, which may be filled later on: then `property` and `prototype` are asked. */
  handler(handler: object): void {
    if (types.isProxy(handler)) throw refused('a proxy with traps')
    const prototype = getPrototypeOf(handler)
    if (prototype !== null && prototype !== ObjectPrototype) throw refused('a proxy with traps')
    if (ownKeys(handler).some((key) => TRAPS.has(key))) throw refused('a proxy with traps')
    this.#handlers.add(handler)
  }

  property(object: object, key: PropertyKey): void {
    if (TRAPS.has(key) && this.#handlers.has(object)) throw refused('a proxy with traps')
  }

  prototype(object: object): void {
    if (this.#handlers.has(object)) throw refused('a proxy with traps')
  }

  /** What an asynchronous function returns is awaited, which calls the `then` of anything but a promise of data. */
  awaited(value: unknown): void {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return
    if (types.isPromise(value) && getPrototypeOf(value) === PromisePrototype && ownKeys(value).length === 0)
      return
    // No accessor and no trap of the bundle's has come in by now.
    if (typeof (value as { then?: unknown }).then === 'function')
      throw refused('a value with a `then`, which to await it would call,')
  }

  /** A promise that is resolved with a thenable calls its `then`. */
  fulfillment(value: unknown): void {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return
    for (let at: object | null = value; at !== null; at = getPrototypeOf(at)) {
      if (types.isProxy(at)) throw refused('a promise of a proxy')
      const then = getOwnPropertyDescriptor(at, 'then')
      // A promise of a promise would be flattened, which no sender's value shows.
      if (then && (then.get || typeof then.value === 'function')) throw refused('a promise of a thenable')
    }
  }
}

/** Whether the definition would turn an object into a number, by methods of its own. */
export function isCoercing(object: object, key: PropertyKey, value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  if (isArray(object)) return key === 'length'
  return typeof key === 'string' && (String(Number(key)) === key || key === '-0')
}

/** To call it throws. */
function isClass(fn: object): boolean {
  return apply(FunctionPrototypeToString, fn, []).startsWith('class')
}

function refused(what: string): UnpicklingError {
  return new UnpicklingError(`the bundle has ${what}, and the option code: 'refuse' lets none in`)
}
