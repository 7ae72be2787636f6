// dumps and loads: a value to a bundle, and back.

import { readContainer, writeContainer } from '../bundle/container.ts'
import { type BundleManifest, readManifest, writeManifest } from '../bundle/manifest.ts'
import { capturing } from '../capture/index.ts'
import { link } from '../codegen/link.ts'
import { PicklingError, type PicklingProblem, UnpicklingError } from '../errors.ts'
import {
  importModules,
  makePolicy,
  type Reference,
  resolveReference,
  type Selection,
} from '../references/index.ts'
import { readFunctions, readUnits, writeFunctions, writeUnits } from './code-sections.ts'
import { ByteReader } from './codec/byte-reader.ts'
import { FunctionReader } from './function-reader.ts'
import { GraphReader } from './graph-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import { findSharing } from './sharing.ts'
import { Refusal, Trace } from './trace.ts'

export interface DumpOptions {
  /** Packages to pickle by value for this call, beside the registered ones. */
  readonly byValue?: Selection
  /** Modules to pickle by reference, though they are the user's own. */
  readonly byReference?: Selection
}

export interface LoadOptions {
  /** 'refuse' throws UnpicklingError if the bundle has any code. */
  readonly code?: 'run' | 'refuse'
  /** Asked for each module that the bundle refers to, built-in ones included (pickle's find_class). */
  readonly modules?: (specifier: string) => boolean
}

/**
 * Pickles a value with everything it reaches: functions with their free variables, classes, object graphs.
 * Returns a bundle. Throws PicklingError if something in the graph can't be pickled; its `path` says what.
 */
export function dumps(value: unknown, options: DumpOptions = {}): Uint8Array {
  try {
    return write(value, options, null)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Again, slower, with every object's path.
    write(value, options, new Trace(rootName(value), false))
    throw new PicklingError({ path: rootName(value), reason: error.message, remedy: error.remedy })
  }
}

/** Every obstacle to pickling the value, in one pass. Never throws. */
export function checkSerializable(
  value: unknown,
  options: DumpOptions = {},
): { ok: boolean; problems: readonly PicklingProblem[] } {
  const trace = new Trace(rootName(value), true)
  try {
    write(value, options, trace)
  } catch (error) {
    if (error instanceof PicklingError) trace.problems.push(error)
    else
      trace.problems.push({
        path: rootName(value),
        reason: String(error),
        remedy: 'This may be a fault of cornichon: please report it',
      })
  }
  return { ok: trace.problems.length === 0, problems: trace.problems }
}

function write(value: unknown, options: DumpOptions, trace: Trace | null): Uint8Array {
  const graph = new GraphWriter({ policy: makePolicy(options) }, trace)
  try {
    return capturing(() => bundleOf(value, graph))
  } catch (error) {
    if (error instanceof Refusal && trace) throw trace.error(error)
    throw error
  }
}

function bundleOf(value: unknown, graph: GraphWriter): Uint8Array {
  graph.root(value)
  const records = graph.functions.records
  findSharing(records)
  const linked = link(records)
  const functions =
    records.length > 0 || linked.environments.length > 0 ? writeFunctions(linked, records) : new Uint8Array(0)
  return writeContainer({
    manifest: writeManifest(manifestOf(value, graph)),
    code: writeUnits(linked),
    functions,
    graph: graph.out.finish(),
  })
}

function manifestOf(value: unknown, graph: GraphWriter): BundleManifest {
  return { entry: rootName(value), references: graph.references, values: graph.nodeCount }
}

function rootName(value: unknown): string {
  if (typeof value !== 'function') return typeof value === 'object' && value !== null ? 'value' : typeof value
  const name = Reflect.getOwnPropertyDescriptor(value, 'name')?.value
  return typeof name === 'string' && name !== '' ? name : 'function'
}

/** Rebuilds the value of a bundle. Throws UnpicklingError for bad bytes, TypeError for what is not bytes. */
export function loads<T = unknown>(bytes: Uint8Array, options: LoadOptions = {}): T {
  return read(bytes, options, undefined) as T
}

/** As `loads`, and imports the ES modules that the bundle refers to. */
export async function loadsAsync<T = unknown>(bytes: Uint8Array, options: LoadOptions = {}): Promise<T> {
  const references = readManifest(readContainer(asBytes(bytes)).manifest).references
  if (options.modules) refuseModules(references, options.modules)
  const modules = await importModules(references)
  return read(bytes, options, modules) as T
}

function read(
  input: Uint8Array,
  options: LoadOptions,
  modules: ReadonlyMap<string, object> | undefined,
): unknown {
  if (options.code !== undefined && options.code !== 'run' && options.code !== 'refuse') {
    throw new TypeError(`the option code is 'run' or 'refuse', not ${JSON.stringify(options.code)}`)
  }
  const sections = readContainer(asBytes(input))
  const units = readUnits(sections.code)
  if (options.code === 'refuse' && units.length > 0) {
    throw new UnpicklingError("the bundle has code, and the option code: 'refuse' lets none in")
  }
  const { environments, functions } = readFunctions(sections.functions)
  const references = hasReferences(sections.manifest) ? readManifest(sections.manifest).references : []
  if (options.modules) refuseModules(references, options.modules)
  const reader = new GraphReader(
    new ByteReader(sections.graph),
    new FunctionReader(units, environments, functions),
    {
      references,
      resolve: (reference) => resolveReference(reference, modules),
      intrinsic: (path) => resolveReference({ kind: 'intrinsic', path }),
    },
  )
  return reader.root()
}

const NO_REFERENCES = Buffer.from('"references":[]')

/** Most bundles refer to nothing: their manifest need not be parsed to load them. */
function hasReferences(manifest: Uint8Array): boolean {
  return !Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength).includes(NO_REFERENCES)
}

function refuseModules(references: readonly Reference[], allowed: (specifier: string) => boolean): void {
  for (const reference of references) {
    const specifier =
      reference.kind === 'builtin'
        ? reference.module
        : reference.kind === 'package'
          ? reference.specifier
          : null
    if (specifier !== null && !allowed(specifier))
      throw new UnpicklingError(`the bundle refers to ${specifier}, which the option modules refuses`)
  }
}

function asBytes(input: unknown): Uint8Array {
  if (input instanceof Uint8Array) return input
  throw new TypeError(
    `loads takes the bytes that dumps returned (a Uint8Array), not ${input === null ? 'null' : typeof input}`,
  )
}
