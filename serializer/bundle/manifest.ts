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
  /** The versions of cornichon and Node that wrote the bundle. */
  readonly cornichon: string
  readonly node: string
}

export function writeManifest(manifest: BundleManifest): Uint8Array {
  return Buffer.from(superjson.stringify({ cornichon: VERSION, node: process.version, ...manifest }))
}

export function readManifest(bytes: Uint8Array): ReadManifest {
  try {
    const manifest = superjson.parse(Buffer.from(bytes).toString()) as ReadManifest
    if (Array.isArray(manifest.references)) return manifest
  } catch (error) {
    throw new UnpicklingError('the bundle is damaged: its manifest can not be read', { cause: error })
  }
  throw new UnpicklingError('the bundle is damaged: its manifest lacks a list')
}
