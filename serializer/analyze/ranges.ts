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

  /** The innermost range with start <= offset < end. */
  innermost(offset: number): { readonly value: Value } | null {
    if (!this.#sorted) this.#sort()
    const entries = this.#entries
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries[middle].start <= offset) low = middle + 1
      else high = middle
    }
    let entry: Entry<Value> | null = low === 0 ? null : entries[low - 1]
    while (entry !== null && entry.end <= offset) entry = entry.parent
    return entry
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
