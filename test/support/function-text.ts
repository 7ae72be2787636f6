// Functions of a test as the text of a property, to be written into a module of their own.

/** `name(...) { ... }` or `name: (...)`: fits into an object literal. */
export function asProperty(name: string, fn: Function): string {
  const text = fn.toString()
  return isMethodText(text, name) ? text : `${JSON.stringify(name)}: (${text})`
}

/** An expression whose value is the function. */
export function asExpression(name: string, fn: Function): string {
  const text = fn.toString()
  return isMethodText(text, name) ? `({ ${text} }).${name}` : `(${text})`
}

function isMethodText(text: string, name: string): boolean {
  return new RegExp(`^(async\\s*)?(\\*\\s*)?${name}\\s*\\(`).test(text)
}
