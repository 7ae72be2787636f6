// Settled promises. A pending one can't travel: nothing says how it would settle.
import { types } from 'node:util'
import { internalSlots } from '../capture/index.ts'
import { nodesKeys } from './platform.ts'
import type { BuiltinReducer, ValueSource } from './types.ts'

const PromiseConstructor = Promise
const then = Promise.prototype.then
const settlers = new WeakMap<object, (source: ValueSource) => void>()

const promise: BuiltinReducer<Promise<unknown>> = {
  name: 'Promise',
  matches: types.isPromise,
  prototypes: () => [PromiseConstructor.prototype],
  prototype: () => PromiseConstructor.prototype,
  // What async hooks (up to Node 22, AsyncLocalStorage is made of them) write on each promise that is made while they are on.
  ownKeys: nodesKeys('async_id_symbol', 'trigger_async_id_symbol', 'kResourceStore'),
  create() {
    let settle: (source: ValueSource) => void
    const value = new PromiseConstructor((resolve, reject) => {
      settle = (source) => {
        const rejected = source.byte() === 1
        const result = source.value()
        if (rejected) reject(result)
        else {
          source.refuseThenable(result)
          resolve(result)
        }
      }
    })
    settlers.set(value, settle!)
    return value
  },
  writeContent(value, sink) {
    const slots = internalSlots(value)
    const state = slots.get('[[PromiseState]]')
    if (state === 'pending')
      sink.refuse('a pending promise has no value yet', 'Await it first, and pickle what it gave')
    sink.byte(state === 'rejected' ? 1 : 0)
    sink.step('slot', 'PromiseResult')
    sink.value(slots.get('[[PromiseResult]]'))
  },
  readContent(value, source) {
    settlers.get(value)!(source)
    // A rejection that was handled at the sender's is none of the process's business here.
    Reflect.apply(then, value, [undefined, () => {}])
  },
}

export const promises: readonly BuiltinReducer[] = [promise]
