// What the hidden class of a function says, without a look at its properties: each kind of function has one of its own as
// long as nobody changes what it was made with (spec 10.2, OrdinaryFunctionCreate, SetFunctionName, MakeConstructor).
//
// To ask for names and descriptors instead takes a microsecond, and of a sloppy function's `caller`, which V8 looks for on
// the whole stack, many.
import { Script } from 'node:vm'
import { haveSameHiddenClass, seesHiddenClasses } from './hidden-class.ts'

const strict = function () {}
/** This file's own code is strict. */
const sloppy = new Script('(function () {})').runInThisContext() as object
const { construct, ownKeys } = Reflect
const { keys: enumerableKeys } = Object
const ProxyConstructor = Proxy
const CONSTRUCTS_NOTHING = { construct: () => ({}) }
const known: readonly object[] = seesHiddenClasses ? [() => {}, strict, sloppy, async () => {}] : []
const tellsStrictness = seesHiddenClasses && !haveSameHiddenClass(strict, sloppy)

/**
 * Are all own properties certain to be as the function was made with them, but for the value of `prototype`? Arrow functions,
 * methods and ordinary functions are known, and what is async, in this realm. `false` may be said of any. Properties whose
 * keys are indexes do not show in the hidden class, unless their attributes are other than usual: then they are enumerable, as
 * nothing is that a function was made with. (To list all keys takes 300 ns, twenty times as long.)
 */
export function isUntouchedFunction(fn: object): boolean {
  for (let i = 0; i < known.length; i++)
    if (haveSameHiddenClass(fn, known[i])) return enumerableKeys(fn).length === 0
  return false
}

/** Is the code of an ordinary function strict? Null if its hidden class does not tell. */
export function strictnessByClass(fn: object): boolean | null {
  if (!tellsStrictness) return null
  if (haveSameHiddenClass(fn, sloppy)) return false
  return haveSameHiddenClass(fn, strict) ? true : null
}

/**
 * V8 up to Node 24 gives a sloppy function `arguments` and `caller`, which stand in front of `prototype`, and which nobody can
 * change. What is elsewhere under these names is the user's: a class may well have a static `caller`.
 */
export function ownOfSloppy(fn: object): readonly PropertyKey[] {
  const keys = ownKeys(fn)
  const own = keys.slice(0, Math.max(keys.indexOf('prototype'), 0)).filter(isOfSloppy)
  // What constructs nothing may have been given all three.
  return own.length > 0 && isConstructor(fn) ? own : []
}

function isOfSloppy(key: PropertyKey): boolean {
  return key === 'arguments' || key === 'caller'
}

/** Asked of a proxy that constructs nothing: no code of the function runs, nor is a property of it read. */
export function isConstructor(value: object): boolean {
  if (typeof value !== 'function') return false
  try {
    construct(new ProxyConstructor(value, CONSTRUCTS_NOTHING), [])
    return true
  } catch {
    return false
  }
}
