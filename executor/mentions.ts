// What npm: 'auto' installs: the packages that code and values refer to, read from the manifests of their bundles. Nothing
// of them is run for that.

import { toJson } from '../runtime-env/json.ts'
import type { PackageMention } from '../runtime-env/types.ts'
import { hasManifest, readContainer } from '../serializer/bundle/container.ts'
import { readManifest } from '../serializer/bundle/manifest.ts'
import { Map, Set } from '../serializer/globals.ts'
import { type Packed, refsOf } from './payload.ts'

export interface Mentions {
  readonly list: readonly PackageMention[]
  /** The same for the same packages. */
  readonly key: string
}

export const NO_MENTIONS: Mentions = { list: [], key: '' }

/** Of all of these together, and of what was put behind the refs that they hold. */
export function mentionsOf(values: readonly Packed[], refs: readonly string[]): Mentions {
  let all = NO_MENTIONS
  const add = (more: Mentions) => {
    if (all === NO_MENTIONS) all = more
    else if (more !== NO_MENTIONS && more.key !== all.key) all = joined([...all.list, ...more.list])
  }
  for (const value of values) add(read(value))
  if (put.size === 0) return all
  const queue = [...refs, ...values.flatMap(refsOf)]
  const seen = new Set<string>()
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const behind = seen.has(id) ? undefined : put.get(id)
    seen.add(id)
    if (behind === undefined) continue
    add(behind.mentions)
    queue.push(...behind.refs)
  }
  return all
}

const known = new WeakMap<Packed, Mentions>()

function read(packed: Packed): Mentions {
  if ('plain' in packed || !hasManifest(packed.bundle)) return NO_MENTIONS
  let found = known.get(packed)
  if (found === undefined) {
    const references: readonly (PackageMention & { readonly kind: string })[] = readManifest(
      readContainer(packed.bundle).manifest,
    ).references
    const list = references.filter(({ kind }) => kind === 'package')
    found = list.length === 0 ? NO_MENTIONS : joined(list)
    known.set(packed, found)
  }
  return found
}

/** Each package once. */
export function joined(list: readonly PackageMention[]): Mentions {
  const byKey = new Map<string, PackageMention>()
  for (const { specifier, version, via } of list)
    byKey.set(toJson([specifier, version, via]), { specifier, version, ...(via && { via }) })
  const keys = [...byKey.keys()].sort()
  return { list: keys.map((key) => byKey.get(key)!), key: keys.join() }
}

// --- what is behind refs ---

interface Put {
  readonly mentions: Mentions
  readonly refs: readonly string[]
  /** How many refs to it this process has. */
  holds: number
}

/** Objects that this process has put, and whose values need packages or hold refs that may. */
const put = new Map<string, Put>()

export function notePut(id: string, value: Packed): void {
  const mentions = read(value)
  const refs = refsOf(value)
  if (mentions !== NO_MENTIONS || refs.length > 0) put.set(id, { mentions, refs, holds: 0 })
}

/** There is one more ref to an object, or one less. */
export function countRefs(id: string, change: 1 | -1): void {
  if (put.size === 0) return
  const found = put.get(id)
  if (found === undefined) return
  found.holds += change
  if (found.holds === 0) put.delete(id)
}
