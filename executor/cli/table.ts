// Tables as people read them: columns as wide as they have to be, a line for each row.
import { printable } from '../printable.ts'

/** What a cell has room for. */
const LONGEST = 400

function cellOf(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text)
}

export function formatTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const text = [
    head,
    ...rows.map((row) =>
      row.map((cell) => (cell === null || cell === undefined ? '-' : cellOf(String(cell)))),
    ),
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
