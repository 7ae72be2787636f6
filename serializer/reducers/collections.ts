// Map and Set: the content goes in after the object exists, in insertion order.
import { types } from 'node:util'
import type { BuiltinReducer } from './types.ts'

const { apply } = Reflect
const mapForEach = Map.prototype.forEach
const mapSet = Map.prototype.set
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get!
const setForEach = Set.prototype.forEach
const setAdd = Set.prototype.add
const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get!
const { MapConstructor, SetConstructor } = { MapConstructor: Map, SetConstructor: Set }

/** As it is now: a user's reducer that is asked about an entry may change the original. */
export function copyOfMap(map: Map<unknown, unknown>): Map<unknown, unknown> {
  const copy = new MapConstructor()
  apply(mapForEach, map, [(item: unknown, key: unknown) => void apply(mapSet, copy, [key, item])])
  return copy
}

export function copyOfSet(set: Set<unknown>): Set<unknown> {
  const copy = new SetConstructor()
  apply(setForEach, set, [(item: unknown) => void apply(setAdd, copy, [item])])
  return copy
}

const map: BuiltinReducer<Map<unknown, unknown>> = {
  name: 'Map',
  matches: types.isMap,
  prototypes: () => [MapConstructor.prototype],
  prototype: () => MapConstructor.prototype,
  create: () => new MapConstructor(),
  writeContent(value, sink) {
    sink.varint(apply(mapSize, value, []))
    let index = 0
    apply(mapForEach, sink.isInterruptible ? copyOfMap(value) : value, [
      (item: unknown, key: unknown) => {
        // A key that no text names, and what it leads to, are told by their entry's place.
        sink.step('index', index)
        sink.value(key)
        if (typeof key === 'string' || typeof key === 'number') sink.step('key', key)
        else sink.step('index', index)
        sink.value(item)
        index++
      },
    ])
  },
  readContent(value, source) {
    for (let left = source.count(); left > 0; left--) {
      const key = source.value()
      apply(mapSet, value, [key, source.value()])
    }
  },
}

const set: BuiltinReducer<Set<unknown>> = {
  name: 'Set',
  matches: types.isSet,
  prototypes: () => [SetConstructor.prototype],
  prototype: () => SetConstructor.prototype,
  create: () => new SetConstructor(),
  writeContent(value, sink) {
    sink.varint(apply(setSize, value, []))
    let index = 0
    apply(setForEach, sink.isInterruptible ? copyOfSet(value) : value, [
      (item: unknown) => {
        sink.step('index', index++)
        sink.value(item)
      },
    ])
  },
  readContent(value, source) {
    for (let left = source.count(); left > 0; left--) apply(setAdd, value, [source.value()])
  },
}

export const collections: readonly BuiltinReducer[] = [map, set]
