// ObjectRef: a value that will be there, or is somewhere else. It can be an argument, be captured by a function, and
// travel inside any value.
import { FinalizationRegistry, Object } from '../serializer/globals.ts'
import { symbols } from '../serializer/index.ts'
import { currentExecutor } from './context.ts'
import { COPY, checkPacking } from './copies.ts'
import type { Executor } from './executor.ts'
import { countRefs } from './mentions.ts'
import { noteRef } from './payload.ts'

declare const typeOfObject: unique symbol

/** Made by `remote` and `put`; `get` gives the value. Not a promise: a function that returns one returns the ref. */
export class ObjectRef<T = unknown> {
  /** Only for types. */
  declare readonly [typeOfObject]: T
  readonly id: string

  /** Not for users: they get refs. */
  constructor(id: string) {
    this.id = id
    hold(this)
  }

  toString(): string {
    return `ObjectRef(${this.id})`
  }

  [symbols.reduce](): [typeof refFrom, [string]] {
    checkPacking('a ref')
    noteRef(this.id)
    return [refFrom, [this.id]]
  }
}

Object.defineProperty(ObjectRef.prototype, COPY, { value: true })

/** What a bundle makes a ref with. */
export function refFrom(id: string): ObjectRef {
  return new ObjectRef(id)
}

/** The executor drops objects that nobody holds. */
const registries = new WeakMap<Executor, FinalizationRegistry<string>>()
let last: { readonly executor: Executor; readonly registry: FinalizationRegistry<string> } | null = null

function hold(ref: ObjectRef): void {
  const executor = currentExecutor()
  if (executor === null) return
  if (last?.executor !== executor) {
    let registry = registries.get(executor)
    if (registry === undefined) {
      registry = new FinalizationRegistry((id) => {
        countRefs(id, -1)
        executor.release(id)
      })
      registries.set(executor, registry)
    }
    last = { executor, registry }
  }
  executor.hold(ref.id)
  countRefs(ref.id, 1)
  last.registry.register(ref, ref.id)
}
