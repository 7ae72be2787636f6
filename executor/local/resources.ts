// Slots: how much there is of each resource, and how much is free. Tasks that went on after waiting may take more than
// there is for a while: the alternative is that they wait for each other.

export type Amounts = Readonly<Record<string, number>>

export class Resources {
  readonly #total: Amounts
  readonly #free: Record<string, number>

  constructor(total: Amounts) {
    this.#total = total
    this.#free = { ...total }
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
    for (const name in wanted) if (wanted[name]! > 0 && (this.#free[name] ?? 0) < wanted[name]!) return false
    return true
  }

  take(wanted: Amounts): void {
    for (const name in wanted) this.#free[name]! -= wanted[name]!
  }

  give(wanted: Amounts): void {
    for (const name in wanted) this.#free[name]! += wanted[name]!
  }

  describe(): Record<string, { total: number; free: number }> {
    return Object.fromEntries(
      Object.entries(this.#total).map(([name, total]) => [
        name,
        { total, free: Math.max(0, this.#free[name]!) },
      ]),
    )
  }
}
