// Writes a bundle: walks the graph as often as it takes, links its code, and puts the sections together.

import { types } from 'node:util'
import { BEST, type Compression, hasCompression, isCompression } from '../bundle/compression.ts'
import { Kind, sizeOf, writeContainer, writeSmallData } from '../bundle/container.ts'
import { type BundleManifest, writeManifest } from '../bundle/manifest.ts'
import type { SignOption } from '../bundle/signature.ts'
import { beginCapture, endCapture } from '../capture/index.ts'
import { PicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { needAllOriginals } from '../originals.ts'
import { beginWalk, makePolicy, type Selection } from '../references/index.ts'
import { ownName } from './function-shape.ts'
import { readThroughHolders } from './global-accessors.ts'
import { GraphWriter } from './graph-writer.ts'
import { Imports } from './imports.ts'
import { type WrittenCode, writeCode } from './known-code.ts'
import type { PickleOptions } from './options.ts'
import { type BufferCallback, Offers, writeBuffers } from './out-of-band.ts'
import { HOOK_MET, type ReductionOptions, Reductions, reductionsOf } from './reductions.ts'
import type { WriterSession } from './session.ts'
import { findSharing } from './sharing.ts'
import { letGo, takeWriter } from './spare-writer.ts'
import { Refusal, Trace } from './trace.ts'

export interface DumpOptions extends ReductionOptions {
  /** Packages to pickle by value for this call, beside the registered ones. */
  readonly byValue?: Selection | undefined
  /** Modules to pickle by reference, though they are the user's own. */
  readonly byReference?: Selection | undefined
  /**
   * Offered the bytes of each buffer, once, however many views it has. If it returns nothing (or anything falsy) they
   * travel out of band: hand what it got to `loads`, as `buffers`. If it returns true they stay in the bundle.
   */
  readonly bufferCallback?: BufferCallback | undefined
  /**
   * Compresses the bundle: true for the best that every Node reads where that makes it smaller, or a method by its name.
   * ('zstd' needs Node 22.15 or newer on both sides.) `loads` sees it by itself.
   */
  readonly compress?: boolean | Compression | undefined
  /**
   * Signs the bundle, for `loads(bytes, { verify })`: a secret of both sides, or a private Ed25519 key. With `expiresIn`,
   * it is refused after that many milliseconds. Buffers that travel out of band are not under the signature.
   */
  readonly sign?: SignOption | undefined
}

/** A bundle; with a session, its next message. */
export function dump(value: unknown, options: DumpOptions, session: WriterSession | null = null): Uint8Array {
  checkDumpOptions(options)
  const { bufferCallback } = options
  const offers = bufferCallback === undefined ? null : new Offers(bufferCallback)
  try {
    return write(value, options, null, offers, session)
  } catch (error) {
    if (!(error instanceof Refusal) && !isOfRevokedProxy(error)) throw error
    // Again, slower, with every object's path.
    write(value, options, new Trace(rootName(value), false), offers, session)
    if (!(error instanceof Refusal)) throw error
    throw new PicklingError(
      { path: rootName(value), reason: error.message, remedy: error.remedy },
      error.cause === undefined ? undefined : { cause: error.cause },
    )
  }
}

/** V8's own error, where a walk that keeps no paths asks whether a proxy is an array. */
function isOfRevokedProxy(error: unknown): boolean {
  return types.isNativeError(error) && /proxy that has been revoked/.test(error.message)
}

/** Throws what is wrong with options, whatever the value. */
export function checkDumpOptions({ bufferCallback, compress }: DumpOptions): void {
  if (bufferCallback !== undefined && typeof bufferCallback !== 'function')
    throw new TypeError('the option bufferCallback is a function that is offered each buffer')
  if (compress !== undefined) checkCompression(compress)
}

export function write(
  value: unknown,
  options: DumpOptions,
  trace: Trace | null,
  offers: Offers | null,
  session: WriterSession | null,
): Uint8Array {
  beginWalk()
  const walks = new Walks(value, trace, session)
  beginCapture()
  try {
    const how = { policy: makePolicy(options), reductions: reductionsOf(options), offers }
    let graph: GraphWriter
    try {
      graph = walks.walk(how, null)
    } catch (error) {
      if (error !== HOOK_MET) throw error
      graph = walks.walk({ ...how, reductions: new Reductions(options) }, null)
    }
    // Once more, so that it does not matter in which order the graph is met.
    if (graph.missedImports && !trace?.collects) graph = walks.walk(graph.options, graph.imports)
    const wholeBuffers = graph.buffers.divided
    if (wholeBuffers !== null) graph = walks.walk({ ...graph.options, wholeBuffers }, graph.imports)
    let code = codeOf(graph)
    if (code !== NO_CODE && code.early.size > 0) {
      graph = walks.walk({ ...graph.options, earlyCalls: code.early }, graph.imports)
      code = codeOf(graph)
    }
    return bundleOf(value, graph, code, options.compress, session)
  } catch (error) {
    walks.release()
    if (error instanceof Refusal && trace) throw trace.error(error)
    throw error
  } finally {
    endCapture()
  }
}

/** Walks over one value, until one has all that it takes. */
class Walks {
  readonly #value: unknown
  readonly #trace: Trace | null
  readonly #session: WriterSession | null
  /** Of the last walk. */
  #graph: GraphWriter | null = null

  constructor(value: unknown, trace: Trace | null, session: WriterSession | null) {
    this.#value = value
    this.#trace = trace
    this.#session = session
  }

  walk(how: PickleOptions, imports: Imports | null): GraphWriter {
    this.release()
    this.#trace?.restart()
    this.#session?.restart()
    const graph =
      this.#trace === null && imports === null && this.#session === null
        ? takeWriter(how)
        : new GraphWriter(how, this.#trace, imports, this.#session)
    this.#graph = graph
    graph.root(this.#value)
    return graph
  }

  /** Nobody looks any more at what the last walk wrote. */
  release(): void {
    this.#graph?.release()
    this.#graph = null
  }
}

export const NO_CODE: WrittenCode = { code: [], functions: [], early: new Map() }

function codeOf(graph: GraphWriter): WrittenCode {
  if (!graph.hasCode) return NO_CODE
  const { functions } = graph
  functions.settleOrigins()
  const { records } = functions
  findSharing(records, (fn) => functions.site(fn))
  if (graph.hasGlobalAccessors) readThroughHolders(records)
  return writeCode(records)
}

function checkCompression(compress: NonNullable<DumpOptions['compress']>): void {
  if (typeof compress === 'boolean') return
  if (!isCompression(compress))
    throw new TypeError(`the option compress is true, 'gzip', 'brotli' or 'zstd', not ${String(compress)}`)
  if (!hasCompression(compress))
    throw new PicklingError({
      path: 'option compress',
      reason: `Node ${process.version} has no ${compress}, which the option compress asks for`,
      remedy: 'Use compress: true, which every Node reads and writes, or Node 22.15 or newer',
    })
}

export function bundleOf(
  value: unknown,
  graph: GraphWriter,
  code: WrittenCode,
  compress: DumpOptions['compress'],
  session: WriterSession | null,
): Uint8Array {
  const kind = session !== null ? Kind.Message : graph.isTree ? Kind.Tree : Kind.Bundle
  if (code === NO_CODE && !compress && graph.isSmallData) {
    const text = graph.text.small()
    if (text !== null) {
      const bundle = writeSmallData(text, graph.out, kind)
      if (session === null) letGo(graph)
      return bundle
    }
  }
  needAllOriginals()
  const parts = graph.out.parts()
  const blobs = graph.blobs?.parts() ?? []
  const { offers, reductions } = graph.options
  // Large buffers are not copied before this: code of the user's that was asked may have taken their bytes away.
  if (
    (offers ?? reductions) !== null &&
    sizeOf(parts) + sizeOf(blobs) !== graph.out.length + (graph.blobs?.length ?? 0)
  )
    throw new Refusal('a buffer lost bytes while it was pickled', 'Transfer or resize buffers after dumps')
  const sections = {
    code: code.code,
    functions: code.functions,
    // Data speaks for itself.
    manifest:
      code !== NO_CODE || graph.references.length > 0
        ? [writeManifest(manifestOf(value, graph, session?.nodesBefore ?? 0))]
        : [],
    text: graph.text.parts(),
    graph: parts,
    buffers: writeBuffers(offers, graph.buffers.pieces, (view) => graph.numberOf(view)),
    bytes: blobs,
  }
  const bundle = compress
    ? writeContainer(sections, kind, compress === true ? BEST : compress, compress === true)
    : writeContainer(sections, kind)
  // A session's writer goes on with its chunks.
  if (session === null) letGo(graph)
  else graph.forgetNamespaces()
  return bundle
}

function manifestOf(value: unknown, graph: GraphWriter, before: number): BundleManifest {
  return { entry: rootName(value), references: graph.references, values: graph.nodeCount - before }
}

export function rootName(value: unknown): string {
  if (typeof value !== 'function') return typeof value === 'object' && value !== null ? 'value' : typeof value
  const name = ownName(value)
  return typeof name === 'string' && name !== '' ? name : 'function'
}

const empty = { policy: makePolicy({}), reductions: null, offers: null }
keepHiddenClass(new GraphWriter(empty, null))
keepHiddenClass(new Walks(null, null, null))
keepHiddenClass(new GraphWriter(empty, null, keepHiddenClass(new Imports())).functions)
