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

/** Most manifests differ in numbers and names alone: with no reference there is nothing that JSON could not say. */
export function writeManifest(manifest: BundleManifest): Uint8Array {
  const whole = { cornichon: VERSION, node: process.version, ...manifest }
  return Buffer.from(
    manifest.references.length === 0 ? JSON.stringify({ json: whole }) : superjson.stringify(whole),
  )
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
