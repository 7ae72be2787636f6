// What somebody threw, in words: it need not be an error, nor anything that has a text.

import { inspect } from 'node:util'
import { Error, String } from '../serializer/globals.ts'

export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message)
  } catch {
    // A getter that throws.
  }
  return textOf(thrown)
}

/** As String does; also of what can't be made a string. */
export function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    try {
      return inspect(value, { depth: 0, customInspect: false })
    } catch {
      return 'a value that has no text'
    }
  }
}
