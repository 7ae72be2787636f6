// Others' text on a terminal: names, and what a cell of a table holds.

/** What moves a cursor, ends a line, or turns the direction of what follows. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

/** Shows those as JSON has them. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (code) =>
    code === '\n' ? '\\n' : `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
