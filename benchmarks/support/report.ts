// What a benchmark prints: times, ratios, tables, and goals with whether they were met.

/** Microseconds with three digits: '5.31 us', '1.20 ms'. */
export function time(us: number): string {
  if (us < 1000) return `${digits(us)} us`
  return us < 1e6 ? `${digits(us / 1000)} ms` : `${digits(us / 1e6)} s`
}

/** '3.1x'. */
export function ratio(value: number): string {
  return `${digits(value)}x`
}

export function size(bytes: number): string {
  if (bytes < 1e4) return `${bytes} B`
  return bytes < 1e6 ? `${digits(bytes / 1e3)} kB` : `${digits(bytes / 1e6)} MB`
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Prints rows under a head, the first column to the left and the others to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (row: readonly string[]) =>
    head
      .map((_, i) => (i === 0 ? (row[i] ?? '').padEnd(widths[i]) : (row[i] ?? '').padStart(widths[i])))
      .join('  ')
      .trimEnd()
  console.log(line(head))
  console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of rows) console.log(line(row))
}

/** Goals, printed together at the end. A goal that is not met fails no run: machines differ. */
export class Goals {
  readonly #lines: string[] = []

  check(goal: string, met: boolean, measured: string): void {
    this.#lines.push(`  ${met ? 'met    ' : 'NOT MET'}  ${goal}: ${measured}`)
  }

  unknown(goal: string, why: string): void {
    this.#lines.push(`  unknown  ${goal}: ${why}`)
  }

  print(): void {
    console.log(`\nGoals\n${this.#lines.join('\n')}`)
  }
}
