// Views of the beginning of some memory, by their lengths: to make one takes as long as to copy what it shows, and messages
// are often as long as another.

export class Beginnings {
  readonly #bytes: Uint8Array
  /** Of longer ones none is kept. */
  readonly #most: number
  readonly #views: (Uint8Array | undefined)[]

  constructor(bytes: Uint8Array, most: number) {
    this.#bytes = bytes
    this.#most = most
    this.#views = new Array(most).fill(undefined)
  }

  /** A view of so many bytes. */
  of(size: number): Uint8Array {
    if (size >= this.#most) return this.#bytes.subarray(0, size)
    return (this.#views[size] ??= this.#bytes.subarray(0, size))
  }
}
