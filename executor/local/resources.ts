// Slots: how much there is of each resource, and how much is free. Tasks that went on after waiting may take more than
// there is for a while: the alternative is that they wait for each other.

export type Amounts = Readonly<Record<string, number>>

/** Of a slot: what is counted, as in Ray. Sums of fractions are not exact, and what was given back would not be all again. */
const UNITS = 10_000

/** A third is three times in one, and so is a sum of them that is not exact. */
const unitsOf = (amount: number) => Math.floor(amount * UNITS + 0.001)

export class Resources {
  readonly #total: Amounts
  /** In units. */
  readonly #free: Record<string, number>

  constructor(total: Amounts) {
    this.#total = { __proto__: null, ...total } as unknown as Amounts
    this.#free = { __proto__: null } as unknown as Record<string, number>
    for (const name in total) this.#free[name] = unitsOf(total[name]!)
  }

  /** What no waiting can make fit, in words; null if all is well. */
  lacking(wanted: Amounts): string | null {
    for (const name in wanted) {
      const total = this.#total[name] ?? 0
      if (wanted[name]! > total)
        return `it needs ${wanted[name]} of ${name}, and there ${total === 1 ? 'is' : 'are'} ${total} in all. Say init({ ${
          name === 'CPU' ? 'numCpus' : `resources: { ${name}`
        }: ${wanted[name]}${name === 'CPU' ? '' : ' }'} }), or ask for less`
    }
    return null
  }

  fits(wanted: Amounts): boolean {
    for (const name in wanted) {
      const units = unitsOf(wanted[name]!)
      if (units > 0 && (this.#free[name] ?? 0) < units) return false
    }
    return true
  }

  take(wanted: Amounts): void {
    for (const name in wanted) this.#free[name]! -= unitsOf(wanted[name]!)
  }

  give(wanted: Amounts): void {
    for (const name in wanted) this.#free[name]! += unitsOf(wanted[name]!)
  }

  describe(): Record<string, { total: number; free: number }> {
    return Object.fromEntries(
      Object.entries(this.#total).map(([name, total]) => {
        const free = Math.max(0, this.#free[name]!)
        // Parts that no unit has are free with the rest.
        return [name, { total, free: free === unitsOf(total) ? total : free / UNITS }]
      }),
    )
  }
}
