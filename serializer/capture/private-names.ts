// Has an object private fields or methods? Properties and prototypes do not tell: a prototype can be changed, and a constructor that
// returns another object puts the fields of the class that extends it there. The inspector lists them, for 60 us an object.
// An intrinsic of V8's takes 0.1: it lists own keys by a filter, one of which is for private names.
import { Script } from 'node:vm'
import { compileIntrinsics } from './hidden-class.ts'

type OwnKeys = (object: object) => readonly unknown[]

/** The filter has another number in each V8: up to that of Node 20, and from that of Node 22 on. */
const FILTERS = [64, 32]

class Example {
  a = 1
  #b = 2
  has(object: object): boolean {
    return #b in object
  }
}

let ownPrivateNames = compileIntrinsics(evaluated)

/** `false` may be said of any object where V8 can't be asked. Nothing of the user's runs, no proxy's trap either. */
export function hasPrivateNames(object: object): boolean {
  if (ownPrivateNames === null) return false
  try {
    return ownPrivateNames(object).length > 0
  } catch {
    // V8 drops the code of idle functions, as in hidden-class.ts.
    ownPrivateNames = compileIntrinsics(evaluated)
    return ownPrivateNames !== null && ownPrivateNames(object).length > 0
  }
}

function evaluated(): OwnKeys | null {
  for (const filter of FILTERS) {
    try {
      const keys = new Script(`(object) => %GetOwnPropertyKeys(object, ${filter})`, {
        filename: 'cornichon:private-names',
      }).runInThisContext() as OwnKeys
      const others = [{ a: 1, [Symbol.iterator]: 2 }, [1], new Map(), Object.create(null)]
      const isRight = keys(new Example()).length === 1 && others.every((other) => keys(other).length === 0)
      if (isRight) return keys
    } catch {
      // This V8 has none, or the flag is not set.
    }
  }
  return null
}
