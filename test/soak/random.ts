// Random choices that a text makes again.
import { mulberry32 } from '../support/random.ts'

export class Random {
  /** From 0 to 1, without 1. */
  readonly fraction: () => number

  constructor(seed: string) {
    let hash = 2166136261
    for (const unit of seed) hash = Math.imul(hash ^ unit.codePointAt(0)!, 16777619)
    this.fraction = mulberry32(hash)
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
