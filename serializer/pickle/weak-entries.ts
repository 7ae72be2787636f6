// The entries of weak collections: those whose keys are in the graph for another reason. Which ones is known when everything else
// was written, so they follow it.
import { weakEntriesOf } from '../reducers/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { More } from './opcodes.ts'

const MapConstructor = Map

export class WeakEntries {
  readonly #graph: GraphWriter
  /** Those that were not written yet. */
  readonly #left = new MapConstructor<object, ReturnType<typeof weakEntriesOf>>()

  constructor(graph: GraphWriter) {
    this.#graph = graph
  }

  add(collection: object): void {
    this.#left.set(collection, weakEntriesOf(collection))
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
          weakEntriesOf(collection).filter(({ key }) => !wasSent(key)),
        )
  }

  /** Writes those of a collection whose keys have been written meanwhile. Returns whether there were any. */
  writeMore(): boolean {
    const graph: GraphWriter = this.#graph
    for (const [collection, entries] of this.#left) {
      const left = entries.filter(({ key }) => !graph.isKnown(key))
      if (left.length === entries.length) continue
      this.#left.set(collection, left)
      // V8 lists them in no order.
      const fresh = entries.filter(({ key }) => graph.isKnown(key))
      fresh.sort((a, b) => graph.numberOf(a.key) - graph.numberOf(b.key))
      graph.byte(More.WeakEntries)
      graph.varint(graph.numberOf(collection))
      graph.varint(fresh.length)
      graph.trace?.enter(collection)
      for (const { key, value } of fresh) {
        graph.value(key)
        graph.step('slot', 'WeakEntry')
        graph.value(value)
      }
      return true
    }
    return false
  }
}
