// Tables as people read them: columns as wide as they have to be.

export function formatTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const text = [
    head,
    ...rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '-' : String(cell)))),
  ]
  const widths = head.map((_, i) => Math.max(...text.map((row) => row[i]!.length)))
  return text
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
