// The manifest: what a bundle is, as superjson text. Small, and readable without loading anything.
import superjson from 'superjson'
import { UnpicklingError } from '../errors.ts'
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

/** Manifests without references, by their entry: of a value that is pickled again and again, the last one is mostly right. */
const written = new Map<string, { readonly values: number; readonly bytes: Uint8Array }>()
const MOST_WRITTEN = 256
const LONGEST_WRITTEN = 100

/** The bytes may be those of an earlier call: they are for reading. */
export function writeManifest(manifest: BundleManifest): Uint8Array {
  const { entry, values } = manifest
  if (manifest.references.length > 0) return Buffer.from(superjson.stringify(whole(manifest)))
  const known = written.get(entry)
  if (known?.values === values) return known.bytes
  // There is nothing in it that JSON could not say.
  const bytes = Buffer.from(JSON.stringify({ json: whole(manifest) }))
  if (entry.length <= LONGEST_WRITTEN) {
    if (written.size >= MOST_WRITTEN) written.clear()
    written.set(entry, { values, bytes })
  }
  return bytes
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
