// WeakMap, WeakSet and WeakRef. A weak collection has the entries whose keys the rest of the graph holds; which
// these are is known when everything else was written, so the graph writes them last.
import { types } from 'node:util'
import { internalSlots } from '../capture/index.ts'
import { branded } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const WeakMapConstructor = WeakMap
const WeakSetConstructor = WeakSet
const WeakRefConstructor = WeakRef
const deref = WeakRef.prototype.deref

const weakMap: BuiltinReducer<WeakMap<WeakKey, unknown>> = {
  name: 'WeakMap',
  matches: types.isWeakMap,
  prototypes: () => [WeakMapConstructor.prototype],
  prototype: () => WeakMapConstructor.prototype,
  create: () => new WeakMapConstructor(),
  writeContent: (value, sink) => sink.weakEntries(value),
}

const weakSet: BuiltinReducer<WeakSet<WeakKey>> = {
  name: 'WeakSet',
  matches: types.isWeakSet,
  prototypes: () => [WeakSetConstructor.prototype],
  prototype: () => WeakSetConstructor.prototype,
  create: () => new WeakSetConstructor(),
  writeContent: (value, sink) => sink.weakEntries(value),
}

const weakRef: BuiltinReducer<WeakRef<WeakKey>> = {
  name: 'WeakRef',
  ...branded(
    () => WeakRefConstructor,
    () => deref,
  ),
  write(value, sink) {
    const target = Reflect.apply(deref, value, [])
    if (target === undefined) sink.refuse("the WeakRef's target is gone", 'Leave it out')
    sink.step('slot', 'WeakRefTarget')
    sink.value(target)
  },
  create: (source) => new WeakRefConstructor(source.value() as WeakKey),
}

/** The entries of a WeakMap, or the keys of a WeakSet with themselves, in no order. */
export function weakEntriesOf(collection: object): { readonly key: WeakKey; readonly value: unknown }[] {
  // V8's list has no prototype.
  const entries = internalSlots(collection).get('[[Entries]]') as
    | ArrayLike<{ readonly key?: WeakKey; readonly value: unknown }>
    | undefined
  const list: { key: WeakKey; value: unknown }[] = []
  for (let i = 0; i < (entries?.length ?? 0); i++) {
    const { key, value } = entries![i]
    list.push({ key: key ?? (value as WeakKey), value })
  }
  return list
}

export const weak: readonly BuiltinReducer[] = [weakMap, weakSet, weakRef]
