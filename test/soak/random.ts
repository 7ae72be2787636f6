// Random numbers that a seed makes again: mulberry32, seeded with the hash of a text.

export class Random {
  #state: number

  constructor(seed: string) {
    let hash = 2166136261
    for (const unit of seed) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619)
    this.#state = hash >>> 0
  }

  /** From 0 to 1, without 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Both ends are among them. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** Mostly near to the least: most things are small, and some are not. */
  skewed(least: number, most: number): number {
    return least + Math.floor(this.fraction() ** 3 * (most - least + 1))
  }

  isTrue(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.fraction() * values.length)]!
  }

  shuffled<T>(values: readonly T[]): T[] {
    const left = [...values]
    return values.map(() => left.splice(Math.floor(this.fraction() * left.length), 1)[0]!)
  }
}
