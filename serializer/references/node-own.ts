// Which functions are Node's or V8's own. Native ones show it in their text; for one written in JavaScript only V8
// knows the script, and serializer/capture, which may talk to V8, tells us.
import { types } from 'node:util'
import { isNativeText, ownValue, SafeWeakMap, textOf } from './originals.ts'

export interface ReferenceConfiguration {
  /** The url of a function's script: `node:internal/...` for Node's own; undefined where it can't be told. */
  readonly scriptUrlOf?: (fn: object) => string | undefined
  /** The urls of all scripts that V8 has loaded. */
  readonly loadedUrls?: () => ReadonlySet<string>
}

let configuration: ReferenceConfiguration = {}
let answers = new SafeWeakMap<object, boolean>()

/** To be called once by whoever can ask V8, before values are looked up. Without it, functions are taken on trust. */
export function configureReferences(given: ReferenceConfiguration): void {
  configuration = { ...configuration, ...given }
  answers = new SafeWeakMap()
}

export function scriptUrlOf(fn: object): string | undefined {
  return configuration.scriptUrlOf?.(fn)
}

/** Undefined where nobody told. */
export function loadedUrls(): ReadonlySet<string> | undefined {
  return configuration.loadedUrls?.()
}

/** Asks V8 the first time it meets a function of Node's that is written in JavaScript (75 us). */
export function isNodeOwn(fn: object, boundToo: boolean): boolean {
  const known = answers.get(fn)
  if (known !== undefined) return known
  const answer = askNodeOwn(fn, boundToo)
  answers.set(fn, answer)
  return answer
}

function askNodeOwn(fn: object, boundToo: boolean): boolean {
  if (types.isProxy(fn)) return false
  if (isNativeText(textOf(fn))) {
    // A bound function of the user's looks native, too. Node gives most of its own another name.
    const name = ownValue(fn, 'name')
    return boundToo || typeof name !== 'string' || !name.startsWith('bound ')
  }
  const url = scriptUrlOf(fn)
  return url === undefined || url.startsWith('node:')
}
