// Whether the scopes of two functions look alike. Of scopes that are not one this is a hint only: code that runs between
// two captures (a reducer's) may have changed what one of them shows.
import { bindingIn } from '../capture/index.ts'

type Scope = object | null

export function alikeScopes(a: Scope, b: Scope): boolean {
  if (a === null || b === null) return false
  const keys = Reflect.ownKeys(a)
  return (
    keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) => {
      const [one, other] = [bindingIn(a, key), bindingIn(b, key)]
      return Object.is(one?.value, other?.value) && one?.dead === other?.dead
    })
  )
}

/** As many variables of a scope are looked at: the first are what the call around was given. */
const LOOKED_AT = 16

/** Takes scopes one by one, and tells whether one looks like none of those before it. */
export class ScopesByLook {
  readonly #root: Look = new Map()

  isNew(scope: Scope): boolean {
    let look = this.#root
    for (const part of partsOf(scope)) {
      let next = look.get(part)
      if (next === undefined) look.set(part, (next = new Map()))
      look = next
    }
    if (look.has(END)) return false
    look.set(END, look)
    return true
  }
}

/** What comes next, by a part of what a scope shows. */
type Look = Map<unknown, Look>

const END = Symbol('end')

function partsOf(scope: Scope): unknown[] {
  if (scope === null) return []
  return Reflect.ownKeys(scope)
    .slice(0, LOOKED_AT)
    .flatMap((key) => {
      const { dead, value } = bindingIn(scope, key)!
      return [key, dead, value]
    })
}
