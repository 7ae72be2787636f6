// Iterators of Map and Set: a snapshot of what is left of them, which V8 shows without a step being taken. The copy
// iterates over a collection of its own. Iterators of arrays, strings and matches show nothing: see native.ts.
import { types } from 'node:util'
import { internalSlots } from '../capture/index.ts'
import { UnpicklingError } from '../errors.ts'
import type { BuiltinReducer, ValueSink, ValueSource } from './types.ts'

const { apply, getPrototypeOf } = Reflect
const MapConstructor = Map
const SetConstructor = Set
const { set: mapSet, entries: mapEntries, keys: mapKeys, values: mapValues } = Map.prototype
const { add: setAdd, entries: setEntries, values: setValues } = Set.prototype
const MapIteratorPrototype = getPrototypeOf(new Map().keys())!
const SetIteratorPrototype = getPrototypeOf(new Set().keys())!
const mapNext = (MapIteratorPrototype as Iterator<unknown>).next
const setNext = (SetIteratorPrototype as Iterator<unknown>).next

const KINDS = ['entries', 'keys', 'values', 'done'] as const
type Kind = (typeof KINDS)[number]

/** What a copy iterates over, until it is filled. */
const collections = new WeakMap<object, { readonly collection: object; readonly kind: Kind }>()

const mapIterator: BuiltinReducer<object> = {
  name: 'Map iterator',
  matches: types.isMapIterator,
  prototypes: () => [MapIteratorPrototype],
  prototype: () => MapIteratorPrototype,
  write: writeKind,
  create(source) {
    const kind = readKind(source)
    const collection = new MapConstructor()
    const method = kind === 'keys' ? mapKeys : kind === 'values' ? mapValues : mapEntries
    return made(apply(method, collection, []), collection, kind, mapNext)
  },
  writeContent: writeRest,
  readContent(value, source) {
    const { collection, kind } = collections.get(value)!
    for (let left = source.count(), index = 0; left > 0; left--, index++) {
      const first = source.value()
      // Values may repeat, and are behind a key that nobody sees.
      if (kind === 'values') apply(mapSet, collection, [index, first])
      else apply(mapSet, collection, [first, kind === 'entries' ? source.value() : undefined])
    }
  },
}

const setIterator: BuiltinReducer<object> = {
  name: 'Set iterator',
  matches: types.isSetIterator,
  prototypes: () => [SetIteratorPrototype],
  prototype: () => SetIteratorPrototype,
  write: writeKind,
  create(source) {
    const kind = readKind(source)
    const collection = new SetConstructor()
    return made(apply(kind === 'entries' ? setEntries : setValues, collection, []), collection, kind, setNext)
  },
  writeContent: writeRest,
  readContent(value, source) {
    const { collection, kind } = collections.get(value)!
    for (let left = source.count(); left > 0; left--) {
      apply(setAdd, collection, [source.value()])
      if (kind === 'entries') source.value()
    }
  },
}

function writeKind(value: object, sink: ValueSink): void {
  const slots = internalSlots(value)
  const kind = slots.get('[[IteratorHasMore]]') === true ? slots.get('[[IteratorKind]]') : 'done'
  sink.byte(KINDS.indexOf(kind as Kind))
}

function readKind(source: ValueSource): Kind {
  const kind = KINDS[source.byte()]
  if (kind === undefined) throw new UnpicklingError('the bundle is damaged: an iterator has no kind')
  return kind
}

/** What follows the current position: V8's list has an object for each entry. */
function writeRest(value: object, sink: ValueSink): void {
  const slots = internalSlots(value)
  const entries =
    slots.get('[[IteratorHasMore]]') === true
      ? (slots.get('[[Entries]]') as ArrayLike<{ readonly key?: unknown; readonly value: unknown }>)
      : []
  const pairs = slots.get('[[IteratorKind]]') === 'entries'
  sink.varint(entries.length)
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]
    sink.step('index', i)
    if (pairs) sink.value('key' in entry ? entry.key : entry.value)
    sink.step('index', i)
    sink.value(entry.value)
  }
}

function made(iterator: object, collection: object, kind: Kind, next: () => unknown): object {
  collections.set(iterator, { collection, kind })
  // One that has ended stays so, whatever its collection gets.
  if (kind === 'done') apply(next, iterator, [])
  return iterator
}

export const iterators: readonly BuiltinReducer[] = [mapIterator, setIterator]
