// Nested ranges of a text, and which of them is the innermost around an offset.

interface Entry<Value> {
  readonly start: number
  readonly end: number
  readonly value: Value
  parent: Entry<Value> | null
}

/** Ranges of which any two are disjoint or one is within the other, as syntax nests. */
export class RangeTree<Value> {
  readonly #entries: Entry<Value>[] = []
  #sorted = true

  add(start: number, end: number, value: Value): void {
    this.#entries.push({ start, end, value, parent: null })
    this.#sorted = false
  }

  /** The value of the innermost range with start <= offset < end, of those whose value is accepted. */
  innermost(offset: number, accepts: (value: Value) => boolean = () => true): Value | null {
    let entry = this.#lastStarted(offset)
    while (entry !== null && (entry.end <= offset || !accepts(entry.value))) entry = entry.parent
    return entry?.value ?? null
  }

  /** The values of the ranges with start <= offset < end, innermost first. */
  *around(offset: number): Generator<Value> {
    for (let entry = this.#lastStarted(offset); entry !== null; entry = entry.parent)
      if (entry.end > offset) yield entry.value
  }

  /** The last range that starts at or before the offset: the one sought, or within the one sought. */
  #lastStarted(offset: number): Entry<Value> | null {
    if (!this.#sorted) this.#sort()
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle].start <= offset) low = middle + 1
      else high = middle
    }
    return low === 0 ? null : this.#entries[low - 1]
  }

  #sort(): void {
    this.#entries.sort((a, b) => a.start - b.start || b.end - a.end)
    let around: Entry<Value> | null = null
    for (const entry of this.#entries) {
      while (around !== null && around.end <= entry.start) around = around.parent
      entry.parent = around
      around = entry
    }
    this.#sorted = true
  }
}
