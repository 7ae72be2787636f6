// The functions that an executor has: those that calls and actors need, and of the others the ones used last. A program that
// makes a closure for each call makes functions without end.
import type { ResolvedEnv } from '../runtime-env/types.ts'
import type { Exported } from './executor.ts'
import { Kept } from './kept.ts'
import { sizeOf } from './payload.ts'

/** Functions that nobody needs just now, and their bytes. */
export const MOST_FUNCTIONS = 1000
export const MOST_BYTES = 128 * 1024 * 1024

/** What calls and actors say of what they need. */
export interface Needs {
  readonly fn?: string
  readonly retryOn?: string | null
  readonly env?: ResolvedEnv | null
}

const NONE: readonly string[] = []
let last: { readonly fn: string; readonly hashes: readonly string[] } | null = null

/** The hashes of all functions that a call needs. */
export function functionsOf({ fn, retryOn = null, env = null }: Needs): readonly string[] {
  const hook = env?.fields.setupHook
  if (retryOn !== null || typeof hook === 'string')
    return [fn, retryOn, hook].filter((hash): hash is string => typeof hash === 'string')
  if (fn === undefined) return NONE
  // As a rule, the call before had the same.
  if (last?.fn !== fn) last = { fn, hashes: [fn] }
  return last.hashes
}

export class FunctionStore<V extends { readonly exported: Exported }> {
  readonly #kept: Kept<V>

  constructor(forgotten: (value: V) => void) {
    this.#kept = new Kept(MOST_FUNCTIONS, MOST_BYTES, (_, value) => forgotten(value))
  }

  get(hash: string): V | undefined {
    return this.#kept.get(hash)
  }

  add(value: V): void {
    const { exported } = value
    this.#kept.add(exported.hash, value, sizeOf(exported.value))
  }

  hold(hashes: readonly string[]): void {
    for (const hash of hashes) this.#kept.hold(hash)
  }

  letGo(hashes: readonly string[]): void {
    for (const hash of hashes) this.#kept.letGo(hash)
  }

  values(): Iterable<V> {
    return this.#kept.values()
  }
}
