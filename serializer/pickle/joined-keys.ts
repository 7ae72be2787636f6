// The keys of a shape as one text: written and read at once, and looked up as a whole.

const NUL = '\0'
/** Text of this length has a chunk of its own (text-writer.ts), and a limit of its own on its length. */
const TOO_LONG = 1024

/** Null for keys that can't be told apart in it, or are no few characters. */
export function joinKeys(keys: readonly string[]): string | null {
  const joined = keys.join(NUL)
  if (joined === '' || joined.length >= TOO_LONG) return null
  let count = 1
  for (let at = joined.indexOf(NUL); at >= 0; at = joined.indexOf(NUL, at + 1)) count++
  return count === keys.length ? joined : null
}

export function splitKeys(joined: string): string[] {
  return joined.split(NUL)
}
