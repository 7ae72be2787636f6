// A cache by text, bounded by the number of characters of its keys.

/**
 * Two generations: when the younger one is full it becomes the older one, whose texts are forgotten. A text
 * that is asked for again moves to the younger one, so what is in use stays.
 */
export class TextCache<Value> {
  readonly #capacity: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  #characters = 0

  constructor(capacity: number) {
    this.#capacity = capacity / 2
  }

  get(text: string): Value | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const old = this.#old.get(text)
    if (old !== undefined) this.set(text, old)
    return old
  }

  set(text: string, value: Value): void {
    if (this.#characters > 0 && this.#characters + text.length > this.#capacity) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    if (!this.#young.has(text)) this.#characters += text.length
    this.#young.set(text, value)
  }
}
