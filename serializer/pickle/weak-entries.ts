// The entries of weak collections: those whose keys are in the graph for another reason. Which ones is known when everything else
// was written, so they follow it.
import { weakEntriesOf } from '../reducers/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { isObject } from './objects.ts'
import { More } from './opcodes.ts'

const MapConstructor = Map
const SetConstructor = Set

/** Where there are more, what was reached is not looked for in each. */
const MOST_COLLECTIONS = 16

type Entries = Map<WeakKey, unknown>

export class WeakEntries {
  readonly #graph: GraphWriter
  /** Those that were not written yet. */
  readonly #left = new MapConstructor<object, Entries>()
  /** Values of entries that were written: may well be keys, as the next one in a list is. To go through all keys for each took n² time. */
  #reached = new SetConstructor<WeakKey>()
  /** Those of before, and the collections that they are still looked for in. */
  #lookedFor: { readonly keys: readonly WeakKey[]; readonly collections: object[] } | null = null

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  add(collection: object): void {
    this.#left.set(
      collection,
      entriesOf(collection, () => true),
    )
  }

  /** The same for collections of earlier messages, without entries that these messages had, in nodes up to there. */
  addSent(collections: Iterable<object>, nodesBefore: number): void {
    const wasSent = (value: WeakKey) => {
      const number = this.#graph.numberOf(value)
      return number >= 0 && number < nodesBefore
    }
    for (const collection of collections)
      if (wasSent(collection))
        this.#left.set(
          collection,
          entriesOf(collection, (key) => !wasSent(key)),
        )
  }

  /** Writes those of a collection whose keys have been written meanwhile. Returns whether there were any. */
  writeMore(): boolean {
    if (this.#writeReached()) return true
    for (const [collection, entries] of this.#left)
      if (this.#writeKnown(collection, entries, entries.keys())) return true
    return false
  }

  #writeReached(): boolean {
    for (;;) {
      if (this.#lookedFor === null) {
        const keys = [...this.#reached]
        this.#reached.clear()
        if (keys.length === 0 || this.#left.size > MOST_COLLECTIONS) return false
        this.#lookedFor = { keys, collections: [...this.#left.keys()] }
      }
      const { keys, collections } = this.#lookedFor
      for (let collection = collections.shift(); collection; collection = collections.shift()) {
        const entries = this.#left.get(collection)!
        const here = keys.filter((key) => entries.has(key))
        if (this.#writeKnown(collection, entries, here)) return true
      }
      this.#lookedFor = null
    }
  }

  #writeKnown(collection: object, entries: Entries, keys: Iterable<WeakKey>): boolean {
    const graph: GraphWriter = this.#graph
    const fresh = [...keys].filter((key) => graph.isKnown(key))
    if (fresh.length === 0) return false
    // V8 lists them in no order.
    fresh.sort((a, b) => graph.numberOf(a) - graph.numberOf(b))
    graph.byte(More.WeakEntries)
    graph.varint(graph.numberOf(collection))
    graph.varint(fresh.length)
    graph.trace?.enter(collection)
    for (const key of fresh) {
      const value = entries.get(key)
      entries.delete(key)
      graph.value(key)
      graph.step('slot', 'WeakEntry')
      graph.value(value)
      if (isObject(value)) this.#reached.add(value)
    }
    return true
  }
}

function entriesOf(collection: object, isWanted: (key: WeakKey) => boolean): Entries {
  const entries: Entries = new MapConstructor()
  for (const { key, value } of weakEntriesOf(collection)) if (isWanted(key)) entries.set(key, value)
  return entries
}
