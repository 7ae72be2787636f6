// A free variable's name in the text of a function that is to be written.
import { renameFree } from '../analyze/index.ts'
import type { FunctionRecord, LiteralPart } from '../codegen/records.ts'
import { analyzed } from './source.ts'

export type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** The function's text and facts are as if it had been written with that name; what it assigns may be another one. */
export function renameIn(record: FunctionRecord, from: string, to: string, written: string = to): void {
  const renamed = <T extends Pick<LiteralPart, 'text' | 'facts'>>(part: T): T => {
    const text = renameFree(part.text, from, to, written)
    return { ...part, text, facts: analyzed(text) ?? part.facts }
  }
  const writable = record as Writable<FunctionRecord>
  if (record.literal) writable.literal = record.literal.map(renamed)
  else Object.assign(record, renamed({ text: record.text, facts: record.facts }))
}
