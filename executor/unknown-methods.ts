// What a handle answers for a method that its class does not have: nothing at first, and a TypeError that says so where the
// method is called. It stands behind the prototype of handles, so that handles are plain objects, and `in` tells the truth.
import { Proxy, Reflect, TypeError } from '../serializer/globals.ts'
import type { ActorInfo } from './executor.ts'

/** Anything is asked for these, by `await`, JSON, and who prints, compares or imports it. */
const ASKED_OF_ALL: readonly string[] = [
  ...['then', 'catch', 'finally', 'toJSON', 'inspect', 'default', 'length', 'message', 'stack'],
  ...['asymmetricMatch', 'nodeType', 'tagName'],
]

class UnknownMethod {
  readonly #info: ActorInfo
  readonly #name: string

  constructor(info: ActorInfo, name: string) {
    this.#info = info
    this.#name = name
  }

  get remote(): never {
    return this.#refuse()
  }

  get options(): never {
    return this.#refuse()
  }

  #refuse(): never {
    const { name, methods } = this.#info
    const all = methods.length === 0 ? 'it has none' : `it has ${methods.join(', ')}`
    throw new TypeError(
      `class ${name} has no method ${this.#name} that an actor's handle could call: ${all} (a function in a field of its instances is none)`,
    )
  }
}

/** What the prototype of handles inherits from. */
export function unknownMethodsOf(infoOf: (handle: object) => ActorInfo | undefined): object {
  return new Proxy(
    {},
    {
      get(target, name, handle): unknown {
        const inherited: unknown = Reflect.get(target, name, handle)
        if (inherited !== undefined || typeof name !== 'string') return inherited
        if (!/^[a-z]\w*$/i.test(name) || ASKED_OF_ALL.includes(name)) return undefined
        // The prototype itself has none.
        const info = infoOf(handle as object)
        return info === undefined ? undefined : new UnknownMethod(info, name)
      },
    },
  )
}
