// Short ways to ask analyzeFunction, for the tests of analyze/.
import { analyzeFunction, type FreeVariable, type FunctionHints } from '../../serializer/analyze/index.ts'

/** The names of the free variables, in order. */
export function freeNames(text: string, hints?: FunctionHints): string[] {
  return analyzeFunction(text, hints).free.map(({ name }) => name)
}

/** What is known of one free variable. */
export function free(text: string, name: string): FreeVariable {
  const found = analyzeFunction(text).free.find((variable) => variable.name === name)
  if (found === undefined) throw new Error(`${name} is not free in ${text}`)
  return found
}

/** The names that the text assigns. */
export function written(text: string): string[] {
  return analyzeFunction(text)
    .free.filter((variable) => variable.written)
    .map(({ name }) => name)
}
