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
const { ownKeys } = Reflect
const known: readonly object[] = seesHiddenClasses ? [() => {}, strict, sloppy, async () => {}] : []
const tellsStrictness = seesHiddenClasses && !haveSameHiddenClass(strict, sloppy)

/**
 * Are all own properties certain to be as the function was made with them, but for the value of `prototype`? Arrow functions,
 * methods and ordinary functions are known, and what is async, in this realm. `false` may be said of any. Properties whose
 * keys are indexes do not show in the hidden class: they stand before all others.
 */
export function isUntouchedFunction(fn: object): boolean {
  for (let i = 0; i < known.length; i++)
    if (haveSameHiddenClass(fn, known[i])) return ownKeys(fn)[0] === 'length'
  return false
}

/** Is the code of an ordinary function strict? Null if its hidden class does not tell. */
export function strictnessByClass(fn: object): boolean | null {
  if (!tellsStrictness) return null
  if (haveSameHiddenClass(fn, sloppy)) return false
  return haveSameHiddenClass(fn, strict) ? true : null
}
