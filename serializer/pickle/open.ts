// Takes a bundle apart and lets the options look at it: nothing is compiled, imported or rebuilt here.

import { types } from 'node:util'
import { Kind, readContainer, SECTION_NAMES, type Sections } from '../bundle/container.ts'
import { ByteBudget, type CheckedLimits, checkLimits, DEFAULT_LIMITS, type Limits } from '../bundle/limits.ts'
import { type ReadManifest, readManifest } from '../bundle/manifest.ts'
import { noContainer, type ReadContainer, Section } from '../bundle/read-sections.ts'
import { type VerifyOption, verifyBytes, withoutSignature } from '../bundle/signature.ts'
import { UnpicklingError } from '../errors.ts'
import { Buffer } from '../globals.ts'
import { asUser, needAllOriginals } from '../originals.ts'
import { checkReferences, type Reference } from '../references/index.ts'
import { BytesCache } from './bytes-cache.ts'
import { asBytes } from './chunks.ts'
import { ByteReader } from './codec/byte-reader.ts'
import { TextReader } from './codec/text-reader.ts'
import { type CodeEntries, readCode } from './known-code.ts'
import {
  absentBuffers,
  NO_BUFFERS,
  type OutOfBand,
  type ReceivedBuffers,
  receiveBuffers,
} from './out-of-band.ts'
import { MESSAGE_BASES } from './session.ts'

export interface LoadOptions {
  /** 'refuse' throws UnpicklingError if the bundle needs any code but the process's own. */
  readonly code?: 'run' | 'refuse' | undefined
  /** Asked for each module that the bundle refers to, built-in ones included (pickle's find_class). */
  readonly modules?: ((specifier: string) => boolean) | undefined
  /** Gives the values that the sender's `persistentId` named, by what it returned. */
  readonly persistentLoad?: ((id: any) => unknown) | undefined
  /** What `bufferCallback` took out of band, in its order: the same, or buffers or views with the same bytes. */
  readonly buffers?: Iterable<OutOfBand | ArrayBufferLike | ArrayBufferView> | undefined
  /** For bundles from who is not trusted: how many bytes, objects, levels and code units there may be. */
  readonly limits?: Limits | undefined
  /**
   * false: typed arrays, DataViews and Buffers of 64 bytes or more are views of the bytes that were handed over (or of what these
   * were inflated to), not copies. Where a multiple of 8 is no multiple of 8 any more, they are copied still: give a Uint8Array
   * whose own byteOffset is one. So are buffers that are values themselves, shared or resizable.
   */
  readonly copy?: boolean | undefined
  /** Lets in only what was signed with this secret or Ed25519 key (or one of a list), before anything of it is read. */
  readonly verify?: VerifyOption | undefined
}

/** A bundle as it was received: whole, or in pieces, one behind the other. */
export type BundleBytes = Uint8Array | ArrayBufferLike | Iterable<Uint8Array>

export interface OpenBundle extends CodeEntries {
  readonly references: readonly Reference[]
  readonly text: TextReader
  readonly graph: ByteReader
  readonly blobs: ByteReader
  readonly buffers: ReceivedBuffers
  readonly limits: CheckedLimits
  readonly kind: Kind
}

/** Throws TypeError for options that are none; returns the limits. */
export function prepareLoading({
  code = 'run',
  modules,
  persistentLoad,
  copy,
  limits,
}: LoadOptions): CheckedLimits {
  if (code !== 'run' && code !== 'refuse')
    throw new TypeError(`the option code is 'run' or 'refuse', not ${String(code)}`)
  if (modules !== undefined && typeof modules !== 'function')
    throw new TypeError('the option modules is a function that is asked for each module')
  if (persistentLoad !== undefined && typeof persistentLoad !== 'function')
    throw new TypeError('the option persistentLoad is a function that is given an id')
  if (copy !== undefined && typeof copy !== 'boolean')
    throw new TypeError(`the option copy is true or false, not ${typeof copy}`)
  return checkLimits(limits)
}

export function openBundle(input: unknown, options: LoadOptions): OpenBundle {
  needAllOriginals()
  const { code = 'run', modules } = options
  const limits = prepareLoading(options)
  const budget = new ByteBudget(limits)
  const bytes = asBytes(input, limits.countsGiven ? limits.maxBytes : null)
  const { verify } = options
  const sections = readContainer(
    verify === undefined ? withoutSignature(bytes) : verifyBytes(bytes, verify),
    budget,
  )
  const { units, environments, functions, references } = headOf(sections)
  if (code === 'refuse' && (units.length > 0 || functions.length > 0)) {
    const [first] = functions
    const named = first?.name ? `, ${first.shape} ${first.name} first of all` : ''
    throw new UnpicklingError(
      `the bundle has code${named}, and the option code: 'refuse' lets none in. Load it with code: 'run' if you trust its sender`,
    )
  }
  askForModules(references, code, modules)
  return opened(
    sections,
    { units, environments, functions },
    references,
    receiveBuffers(
      sections.buffers,
      options.buffers,
      budget,
      limits,
      sections.sizes[Section.Graph] + sections.sizes[Section.Bytes],
    ),
    limits,
  )
}

function readerOf(container: ReadContainer, section: number): ByteReader {
  const start = container.startOf(section)
  return new ByteReader(container.body, start, start + container.sizes[section])
}

function opened(
  container: ReadContainer,
  { units, environments, functions }: CodeEntries,
  references: readonly Reference[],
  buffers: ReceivedBuffers,
  limits: CheckedLimits,
): OpenBundle {
  return {
    units,
    environments,
    functions,
    references,
    text: new TextReader(readerOf(container, Section.Text), limits.maxString),
    graph: readerOf(container, Section.Graph),
    blobs: readerOf(container, Section.Bytes),
    buffers,
    limits,
    kind: container.kind,
  }
}

/** Has nothing in it. */
export function noBundle(): OpenBundle {
  return opened(noContainer(), { units: [], environments: [], functions: [] }, [], NO_BUFFERS, DEFAULT_LIMITS)
}

/** As openBundle, for showing: with the whole manifest and the sections' sizes. */
export function openForInspection(input: unknown): OpenBundle & {
  manifest: ReadManifest
  container: ReadContainer
  size: number
  sections: readonly { name: string; size: number }[]
} {
  const bytes = asBytes(input, null)
  const container = readContainer(withoutSignature(bytes))
  const manifest = readManifest(container.manifest)
  const graph = readerOf(container, Section.Graph)
  if (container.kind === Kind.Message) checkWholeMessage(graph)
  return {
    manifest,
    container,
    size: bytes.length,
    sections: SECTION_NAMES.map((name) => ({ name, size: container[name].length })),
    ...readCode(container),
    references: checkReferences(manifest.references),
    text: new TextReader(readerOf(container, Section.Text), DEFAULT_LIMITS.maxString),
    graph,
    blobs: readerOf(container, Section.Bytes),
    buffers: absentBuffers(container.buffers),
    limits: DEFAULT_LIMITS,
    kind: container.kind,
  }
}

/** Of messages, only one that refers to none before it can be looked at alone. */
function checkWholeMessage(graph: ByteReader): void {
  let kept = 0
  for (let i = 0; i < MESSAGE_BASES; i++) kept += graph.varint()
  if (kept > 0)
    throw new UnpicklingError(
      'these bytes are a message of a Pickler that refers to messages before it: only the first can be looked at by itself',
    )
}

/** All that does not depend on the values. */
interface Head extends CodeEntries {
  readonly references: readonly Reference[]
}

interface KnownHead extends Head {
  readonly sizes: readonly number[]
}

const NO_HEAD: Head = { units: [], environments: [], functions: [], references: [] }
const knownHeads = new BytesCache<KnownHead>(2 ** 20)

/** Of two dumps of one closure, all three sections are mostly the same: one look, where there would be three. */
function headOf(container: ReadContainer): Head {
  const { head } = container
  if (head.length === 0) return NO_HEAD
  needAllOriginals()
  const { sizes } = container
  const known = knownHeads.of(head, () => ({ ...readHead(container), sizes }))
  return isSplitAlike(known.sizes, sizes) ? known : readHead(container)
}

function readHead(sections: Sections): Head {
  return { ...readCode(sections), references: referencesOf(sections.manifest) }
}

/** The same bytes could be other sections. */
function isSplitAlike(a: readonly number[], b: readonly number[]): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

const knownReferences = new BytesCache<readonly Reference[]>(2 ** 20)
const NO_REFERENCES = Buffer.from('"references":[]')

/** Most bundles refer to nothing: their manifest need not be parsed to load them. */
function referencesOf(manifest: Uint8Array): readonly Reference[] {
  if (manifest.length === 0) return []
  return knownReferences.of(manifest, (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(NO_REFERENCES)
      ? []
      : checkReferences(readManifest(bytes).references),
  )
}

function askForModules(
  references: readonly Reference[],
  code: 'run' | 'refuse',
  allowed: LoadOptions['modules'],
): void {
  for (const reference of references) {
    const specifier =
      reference.kind === 'builtin'
        ? reference.module
        : reference.kind === 'package'
          ? reference.specifier
          : null
    if (specifier === null) continue
    if (allowed) {
      const { answer, isPromise } = asUser(() => {
        const answer: unknown = allowed(specifier)
        return { answer, isPromise: isThenable(answer) }
      })
      if (isPromise)
        throw new TypeError('the option modules answers with true or false, not with a promise of them')
      if (!answer)
        throw new UnpicklingError(`the bundle refers to ${specifier}, which the option modules refuses`)
    } else if (code === 'refuse' && reference.kind === 'package') {
      // To load a package is to run its code.
      throw new UnpicklingError(
        `the bundle refers to ${specifier}, and the option code: 'refuse' lets in only packages that the option modules allows`,
      )
    }
  }
}

/** A promise of any library's: whatever it will come to, it is true. */
function isThenable(answer: unknown): boolean {
  if (types.isPromise(answer)) return true
  return typeof answer === 'object' && answer !== null && 'then' in answer
}

/**
 * Whatever else goes wrong while a graph is rebuilt is the bundle's fault too: the engine's own errors say it for
 * a prototype that is a number, say.
 */
export function rebuildingError(error: unknown): UnpicklingError {
  if (error instanceof UnpicklingError) return error
  const reason = error instanceof Error ? error.message : 'something was thrown'
  return new UnpicklingError(`the bundle can't be rebuilt, it may be damaged: ${reason}`, { cause: error })
}
