// Do two objects have one hidden class (V8's "map")? Then they are alike in all but the values of their named properties:
// prototype, own names and symbols in their order, attributes and accessors, private names, internal slots,
// extensibility, the kind of their elements. Asking V8 takes 5 ns; asking for all that through the language takes 200 to
// 600, which is most of what the default's full fidelity costs.
//
// V8 answers by an intrinsic of its own, which its parser lets through only while the flag --allow-natives-syntax is
// set: it is set for the time of compiling these two functions, and no longer. Only where that is known to work: the
// Node versions that are tested here. Anywhere else, and with CORNICHON_V8_INTRINSICS=0, the language itself is asked.
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'

const TESTED = ['20', '22', '24', '26']

interface Intrinsics {
  /** Only for objects: V8 does not check. */
  same(a: object, b: object): boolean
  /** Has the object its hidden class to itself, or with those alone that have the same properties? */
  isFast(object: object): boolean
}

/** Where V8's flags are locked, setting one ends the process. */
const LOCKING = /--freeze[-_]flags[-_]after[-_]init(?!=false)/
const areFlagsLocked = LOCKING.test([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' '))

const isEnabled =
  process.env['CORNICHON_V8_INTRINSICS'] !== '0' &&
  process.release?.name === 'node' &&
  !areFlagsLocked &&
  // Embedders lock them, too.
  process.versions['electron'] === undefined &&
  process.versions['nw'] === undefined &&
  TESTED.includes(process.versions.node.split('.')[0])

let intrinsics = compileIntrinsics(evaluated)

/** Whether the functions below can answer. */
export const seesHiddenClasses = intrinsics !== null

/** Have the two objects one hidden class? `false` may be said of any. */
export function haveSameHiddenClass(a: object, b: object): boolean {
  try {
    return intrinsics!.same(a, b)
  } catch {
    return again().same(a, b)
  }
}

/** Do all objects of this one's hidden class have its properties? Not those that V8 keeps in a table of their own. */
export function hasFastProperties(object: object): boolean {
  try {
    return intrinsics!.isFast(object)
  } catch {
    return again().isFast(object)
  }
}

/** V8 drops the code of functions that were idle for long, and parses them again, without the flag. */
function again(): Intrinsics {
  return (intrinsics = compileIntrinsics(evaluated) ?? { same: () => false, isFast: () => false })
}

/** What `evaluate` makes of a text that names V8's intrinsics; null where they are not to be had. */
export function compileIntrinsics<T>(evaluate: () => T | null): T | null {
  if (!isEnabled) return null
  try {
    // The flag may be set already, and has to stay so.
    return evaluate() ?? withFlag(evaluate)
  } catch {
    return null
  }
}

function evaluated(): Intrinsics | null {
  try {
    const made = new Script(
      '({ same: (a, b) => %HaveSameMap(a, b), isFast: (object) => %HasFastProperties(object) })',
      { filename: 'cornichon:intrinsics' },
    ).runInThisContext() as Intrinsics
    // V8 compiles a function when it is called first. What they say is tried, too.
    const isRight =
      made.same({ a: 1, b: 2 }, { a: 3, b: 4 }) &&
      !made.same({ a: 1, b: 2 }, { b: 1, a: 2 }) &&
      !made.same(
        { a: 1 },
        {
          get a() {
            return 1
          },
        },
      ) &&
      !made.same({ a: 1 }, Object.freeze({ a: 1 })) &&
      !made.same(['a'], Object.defineProperty(['a'], 0, { enumerable: false })) &&
      made.isFast({ a: 1 }) &&
      !made.isFast(Object.create(null))
    return isRight ? made : null
  } catch {
    return null
  }
}

function withFlag<T>(work: () => T): T {
  setFlagsFromString('--allow-natives-syntax')
  try {
    return work()
  } finally {
    setFlagsFromString('--no-allow-natives-syntax')
  }
}
