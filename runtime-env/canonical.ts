// Canonical JSON: keys sorted, no space. Equal data has equal text, and so equal hashes.
import { toJson } from './json.ts'
import type { Json } from './types.ts'

export function canonical(value: Json): string {
  return toJson(sorted(value))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, each]) => [name, sorted(each)]))
}
