// Calls what reductions name, while a graph is read: factories, setState, and the reader's own persistentLoad.
// The mirror of reductions.ts.
import { types } from 'node:util'
import { damaged, UnpicklingError } from '../errors.ts'
import { asUser } from '../originals.ts'
import { describe, nameOfClass } from '../reducers/index.ts'
import { findBuiltin, findIntrinsic } from '../references/index.ts'

const { apply, construct, defineProperty } = Reflect

/** What is filled in when the object exists, in this order. */
export interface ReducedContent {
  state?: readonly (readonly [PropertyKey, PropertyDescriptor])[]
  setState?: { readonly setter: unknown; readonly state: unknown }
  items?: readonly unknown[]
  entries?: readonly (readonly [unknown, unknown])[]
}

export interface Rebuilder {
  create(factory: unknown, args: readonly unknown[], isNew: boolean): unknown
  fill(result: unknown, content: ReducedContent): void
  persistent(id: unknown): unknown
}

/** Runs nothing: for who only looks at a bundle. */
export const inertRebuilder: Rebuilder = {
  create: () => ({}),
  fill: () => {},
  persistent: () => ({}),
}

const withoutIds = rebuilderWith(undefined)

export function makeRebuilder(persistentLoad: ((id: unknown) => unknown) | undefined): Rebuilder {
  return persistentLoad === undefined ? withoutIds : rebuilderWith(persistentLoad)
}

function rebuilderWith(persistentLoad: ((id: unknown) => unknown) | undefined): Rebuilder {
  return {
    create(factory, args, isNew) {
      if (typeof factory !== 'function') throw damaged('a factory is no function')
      const name = nameOfClass(factory)
      return attempt(`the factory ${name}`, () =>
        isNew ? construct(factory, args) : apply(factory, undefined, args),
      )
    },
    fill(result, content) {
      if ((typeof result !== 'object' || result === null) && typeof result !== 'function') {
        if (content.setState) return setState(result, content.setState)
        throw new UnpicklingError(
          `a reduction's factory returned ${describe(result)}, and the reduction has state, items or entries for it`,
        )
      }
      fill(result, content)
    },
    persistent(id) {
      if (!persistentLoad)
        throw new UnpicklingError(
          'the bundle leaves out values that its sender named by a persistentId: give loads the option persistentLoad',
        )
      return attempt('the option persistentLoad', () => persistentLoad(id))
    },
  }
}

function attempt<T>(who: string, work: () => T): T {
  try {
    return asUser(work)
  } catch (error) {
    const message = types.isNativeError(error) ? error.message : describe(error)
    throw new UnpicklingError(`${who} threw: ${message}`, { cause: error })
  }
}

function setState(result: unknown, { setter, state }: { setter: unknown; state: unknown }): void {
  if (typeof setter !== 'function') throw damaged('setState is no function')
  attempt(`setState ${nameOfClass(setter)}`, () => apply(setter, undefined, [result, state]))
}

function fill(result: object, content: ReducedContent): void {
  if (content.state ?? content.items ?? content.entries) refuseBuiltin(result)
  if (content.state) for (const [key, descriptor] of content.state) define(result, key, descriptor)
  if (content.setState) setState(result, content.setState)
  const { items, entries } = content
  if (items) {
    attempt('adding items to a reduced object', () => {
      const { push, add } = result as { push?: unknown; add?: unknown }
      const method = typeof push === 'function' ? push : add
      if (typeof method !== 'function') throw new TypeError('it has neither push nor add')
      for (const item of items) apply(method, result, [item])
    })
  }
  if (entries) {
    attempt('setting entries of a reduced object', () => {
      const { set } = result as { set?: unknown }
      for (const [key, value] of entries) {
        if (typeof set === 'function') apply(set, result, [key, value])
        else
          define(result, typeof key === 'symbol' ? key : String(key), {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
          })
      }
    })
  }
}

/** It would be changed for all of the process. */
function refuseBuiltin(result: object): void {
  const found = findIntrinsic(result) ?? findBuiltin(result)
  if (found === undefined || found.kind === 'package') return
  throw new UnpicklingError(
    `a reduction's factory returned ${String(found.path)}, which belongs to the process, and the reduction has state, items or entries for it`,
  )
}

function define(result: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  if (!defineProperty(result, key, descriptor))
    throw new UnpicklingError(`the property ${String(key)} of a reduced object can't be defined`)
}
