// Canonical JSON: keys sorted, no space. Equal data has equal text, and so equal hashes.
import type { Json } from './types.ts'

export function canonical(value: Json): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
