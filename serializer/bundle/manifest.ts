// The manifest: what a bundle is, as superjson text. Small, and readable without loading anything.

import superjson from 'superjson'
import { UnpicklingError } from '../errors.ts'
import { Buffer, process } from '../globals.ts'
import { VERSION } from '../version.ts'

/** A reference as the manifest has it; references/ defines what the fields mean. */
export interface BundleManifest<R = any> {
  /** What was pickled: a function's name, or the kind of value. */
  readonly entry: string
  readonly references: readonly R[]
  /** How many objects the graph has. */
  readonly values: number
}

export interface ReadManifest<R = any> extends BundleManifest<R> {
  /** The versions of cornichon and Node that wrote the bundle; null if it is data alone, which does not say. */
  readonly cornichon: string | null
  readonly node: string | null
}

interface WrittenManifest {
  readonly values: number
  readonly references: readonly unknown[]
  readonly bytes: Uint8Array
}

/** By their entry: of a value that is pickled again and again, the last one is mostly right. */
const written = new Map<string, WrittenManifest>()
const MOST_WRITTEN = 256
const LONGEST_WRITTEN = 100
const MOST_REFERENCES = 16

/** The bytes may be those of an earlier call: they are for reading. */
export function writeManifest(manifest: BundleManifest): Uint8Array {
  const { entry, values, references } = manifest
  const known = written.get(entry)
  if (known?.values === values && isSame(known.references, references)) return known.bytes
  // Without references there is nothing in it that JSON could not say.
  const json = whole(manifest)
  const bytes = Buffer.from(references.length === 0 ? JSON.stringify({ json }) : superjson.stringify(json))
  if (entry.length <= LONGEST_WRITTEN && references.length <= MOST_REFERENCES) {
    if (written.size >= MOST_WRITTEN) written.clear()
    written.set(entry, { values, references: [...references], bytes })
  }
  return bytes
}

/** Are these references, or what they are made of, the same? */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!isSame(a[i], b[i])) return false
    return true
  }
  // The order is in the bytes, too.
  const keys = Object.keys(a)
  const others = Object.keys(b)
  if (keys.length !== others.length) return false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]
    if (others[i] !== key) return false
    if (!isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  }
  return true
}

function whole(manifest: BundleManifest): ReadManifest {
  return { cornichon: VERSION, node: process.version, ...manifest }
}

export function readManifest(bytes: Uint8Array): ReadManifest {
  if (bytes.length === 0) return { cornichon: null, node: null, entry: 'value', references: [], values: 0 }
  try {
    const manifest = superjson.parse(Buffer.from(bytes).toString()) as ReadManifest
    if (Array.isArray(manifest.references)) return manifest
  } catch (error) {
    throw new UnpicklingError('the bundle is damaged: its manifest can not be read', { cause: error })
  }
  throw new UnpicklingError('the bundle is damaged: its manifest lacks a list')
}
