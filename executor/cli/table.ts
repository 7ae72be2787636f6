// Tables as people read them: columns as wide as they have to be, a line for each row.

/** What a cell has room for. */
const LONGEST = 400

/** Names and messages are others' text: what moves a terminal's cursor, or ends a line, is shown as JSON has it. */
function cellOf(text: string): string {
  const line = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text
  return line.replace(/\p{Cc}/gu, (code) =>
    code === '\n' ? '\\n' : `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
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
