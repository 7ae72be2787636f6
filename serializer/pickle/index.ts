// dumps and loads: a value to a bundle, and back.

import { BEST, type Compression, hasCompression, isCompression } from '../bundle/compression.ts'
import { writeContainer } from '../bundle/container.ts'
import { type BundleManifest, writeManifest } from '../bundle/manifest.ts'
import { capturing } from '../capture/index.ts'
import { PicklingError, type PicklingProblem } from '../errors.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { withOriginals } from '../originals.ts'
import {
  beginWalk,
  importModules,
  makePolicy,
  resolveReference,
  type Selection,
} from '../references/index.ts'
import { FunctionReader } from './function-reader.ts'
import { GraphReader } from './graph-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import type { Imports } from './imports.ts'
import { type WrittenCode, writeCode } from './known-code.ts'
import { type BundleBytes, type LoadOptions, noBundle, type OpenBundle, openBundle, rebuild } from './open.ts'
import type { PickleOptions } from './options.ts'
import { type BufferCallback, Offers } from './out-of-band.ts'
import { makeRebuilder } from './rebuilder.ts'
import { HOOK_MET, type ReductionOptions, Reductions, reductionsOf } from './reductions.ts'
import { findSharing } from './sharing.ts'
import { Refusal, Trace } from './trace.ts'

export type { BundleBytes, LoadOptions } from './open.ts'

export interface DumpOptions extends ReductionOptions {
  /** Packages to pickle by value for this call, beside the registered ones. */
  readonly byValue?: Selection
  /** Modules to pickle by reference, though they are the user's own. */
  readonly byReference?: Selection
  /**
   * Offered the bytes of each buffer, once, however many views it has. If it returns nothing (or anything falsy) they
   * travel out of band: hand what it got to `loads`, as `buffers`. If it returns true they stay in the bundle.
   */
  readonly bufferCallback?: BufferCallback
  /**
   * Compresses the bundle: true for the best that every Node reads where that makes it smaller, or a method by its name.
   * ('zstd' needs Node 22.15 or newer on both sides.) `loads` sees it by itself.
   */
  readonly compress?: boolean | Compression
}

/**
 * Pickles a value with everything it reaches: functions with their free variables, classes, object graphs.
 * Returns a bundle. Throws PicklingError if something in the graph can't be pickled; its `path` says what.
 */
export function dumps(value: unknown, options: DumpOptions = {}): Uint8Array {
  return withOriginals(() => dump(value, options))
}

function dump(value: unknown, options: DumpOptions): Uint8Array {
  const { bufferCallback } = options
  if (bufferCallback !== undefined && typeof bufferCallback !== 'function')
    throw new TypeError('the option bufferCallback is a function that is offered each buffer')
  checkCompression(options.compress, value)
  const offers = bufferCallback === undefined ? null : new Offers(bufferCallback)
  try {
    return write(value, options, null, offers)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Again, slower, with every object's path.
    write(value, options, new Trace(rootName(value), false), offers)
    throw new PicklingError(
      { path: rootName(value), reason: error.message, remedy: error.remedy },
      error.cause === undefined ? undefined : { cause: error.cause },
    )
  }
}

/** Every obstacle to pickling the value, in one pass. Never throws. */
export function checkSerializable(
  value: unknown,
  options: DumpOptions = {},
): { ok: boolean; problems: readonly PicklingProblem[] } {
  return withOriginals(() => check(value, options))
}

function check(value: unknown, options: DumpOptions): { ok: boolean; problems: readonly PicklingProblem[] } {
  const trace = new Trace(rootName(value), true)
  try {
    write(value, options, trace, null)
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

function write(value: unknown, options: DumpOptions, trace: Trace | null, offers: Offers | null): Uint8Array {
  beginWalk()
  const walk = (how: PickleOptions, imports: Imports | null): GraphWriter => {
    trace?.restart()
    const graph = new GraphWriter(how, trace, imports)
    graph.root(value)
    return graph
  }
  try {
    return capturing(() => {
      const how = { policy: makePolicy(options), reductions: reductionsOf(options), offers }
      let graph: GraphWriter
      try {
        graph = walk(how, null)
      } catch (error) {
        if (error !== HOOK_MET) throw error
        graph = walk({ ...how, reductions: new Reductions(options) }, null)
      }
      // Once more, so that it does not matter in which order the graph is met.
      if (graph.missedImports && !trace?.collects) graph = walk(graph.options, graph.imports)
      let code = codeOf(graph)
      if (code.early.size > 0) {
        graph = walk({ ...graph.options, earlyCalls: code.early }, graph.imports)
        code = codeOf(graph)
      }
      return bundleOf(value, graph, code, options.compress)
    })
  } catch (error) {
    if (error instanceof Refusal && trace) throw trace.error(error)
    throw error
  }
}

const NO_CODE: WrittenCode = { code: [], functions: [], early: new Map() }

function codeOf(graph: GraphWriter): WrittenCode {
  if (!graph.hasCode) return NO_CODE
  const { functions } = graph
  functions.settleOrigins()
  const { records } = functions
  findSharing(records, (fn) => functions.site(fn))
  return writeCode(records)
}

function checkCompression(compress: DumpOptions['compress'], value: unknown): void {
  if (compress === undefined || typeof compress === 'boolean') return
  if (!isCompression(compress))
    throw new TypeError(`the option compress is true, 'gzip', 'brotli' or 'zstd', not ${String(compress)}`)
  if (!hasCompression(compress))
    throw new PicklingError({
      path: rootName(value),
      reason: `Node ${process.version} has no ${compress}, which the option compress asks for`,
      remedy: 'Use compress: true, which every Node reads and writes, or Node 22.15 or newer',
    })
}

function bundleOf(
  value: unknown,
  graph: GraphWriter,
  code: WrittenCode,
  compress: DumpOptions['compress'],
): Uint8Array {
  const parts = graph.out.parts()
  const { offers } = graph.options
  // Large buffers are not copied before this: the callback is the user's, and may have taken their bytes away.
  if (offers !== null && parts.reduce((sum, { length }) => sum + length, 0) !== graph.out.length)
    throw new Refusal('a buffer lost bytes while it was pickled', 'Transfer or resize buffers after dumps')
  const sections = {
    code: code.code,
    functions: code.functions,
    // Data speaks for itself.
    manifest:
      code !== NO_CODE || graph.references.length > 0 ? [writeManifest(manifestOf(value, graph))] : [],
    text: graph.text.parts(),
    graph: parts,
    buffers: offers?.section() ?? [],
  }
  const bundle = compress
    ? writeContainer(sections, compress === true ? BEST : compress, compress === true)
    : writeContainer(sections)
  graph.out.release()
  graph.text.release()
  return bundle
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
export function loads<T = unknown>(bytes: BundleBytes, options: LoadOptions = {}): T {
  return withOriginals(() => read(openBundle(bytes, options), options, undefined)) as T
}

/** As `loads`, and imports the ES modules that the bundle refers to. */
export async function loadsAsync<T = unknown>(bytes: BundleBytes, options: LoadOptions = {}): Promise<T> {
  const bundle = withOriginals(() => openBundle(bytes, options))
  // What is imported may run code of the user's: it sees the patches.
  const modules = await importModules(bundle.references)
  return withOriginals(() => read(bundle, options, modules)) as T
}

function read(
  bundle: OpenBundle,
  options: LoadOptions,
  modules: ReadonlyMap<string, object> | undefined,
): unknown {
  return rebuild(() => {
    const functions = new FunctionReader(bundle.units, bundle.environments, bundle.functions)
    const value = readerOf(bundle, functions, options, modules).root()
    functions.publishClasses()
    return value
  })
}

function readerOf(
  bundle: OpenBundle,
  functions: FunctionReader,
  options: LoadOptions,
  modules: ReadonlyMap<string, object> | undefined,
): GraphReader {
  return new GraphReader(bundle.graph, bundle.text, functions, {
    references: bundle.references,
    resolve: (reference) => resolveReference(reference, modules),
    intrinsic: (path) => resolveReference({ kind: 'intrinsic', path }),
    buffers: bundle.buffers,
    refusesCode: options.code === 'refuse',
    rebuilder: makeRebuilder(options.persistentLoad),
    limits: bundle.limits,
  })
}

keepHiddenClass(new GraphWriter({ policy: makePolicy({}), reductions: null, offers: null }, null))
keepHiddenClass(readerOf(noBundle(), new FunctionReader([], [], []), {}, undefined))
