// The container of a bundle: magic, version, sections, checksum. Byte for byte in docs/format.md.
// Reading it runs nothing and compiles nothing.

import { UnpicklingError } from '../errors.ts'
import { Buffer } from '../globals.ts'
import { needAllOriginals } from '../originals.ts'
import { TypedArrayPrototypeGetLength } from '../primordials.ts'
import { Beginnings } from './beginnings.ts'
import { LARGE_BUNDLE, Sum } from './checksum.ts'
import { type Compression, deflate, inflate, methodNumber, methodOf } from './compression.ts'
import { isBigEndian } from './endianness.ts'
import { ByteBudget, DEFAULT_LIMITS } from './limits.ts'
import { type ReadContainer, ReadSections, Section } from './read-sections.ts'
import { giveBack } from './segments.ts'
import { copyIntoShared, LARGEST_SHARED } from './shared-memory.ts'
import { varintSize, writeVarint } from './varint.ts'
import { xxHash32, xxHash32InPlace } from './xxhash32.ts'

/** `\x8f` keeps it from being text; the line ending shows damage by text-mode transfers, as PNG's magic does. */
const MAGIC = Uint8Array.of(0x8f, 0x63, 0x72, 0x6e, 0x63, 0x68, 0x0d, 0x0a) // "\x8fcrnch\r\n"
const MAGIC_SIZE = 8
export const FORMAT_VERSION = 8
const COMPRESSION_AT = 10
const KIND_AT = 11
const CHECKSUM_AT = 12
const HEADER_SIZE = 16

/** What the bytes are: a bundle; a message of a session; a bundle whose graph names no node, each being there in one place. */
export const Kind = { Bundle: 0, Message: 1, Tree: 2 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** A varint of a section's size takes no more. */
const LARGEST_SIZE = 7

const LARGE = 1 << 16

/** In bytes, what has a place in a reader's memory. */
const MOST_SMALL = 4096
/** Of small data, of whose length there is a view. */
const MOST_VIEWED = 512
/** What is there of small data. */
const GRAPH_ALONE = 1 << Section.Graph
const TEXT_AND_GRAPH = GRAPH_ALONE | (1 << Section.Text)

/** The sections, in their order in the file. One that is empty takes no place. */
export interface Sections {
  /** superjson text, UTF-8. Empty where there is nothing to say: no code, no references. */
  readonly manifest: Uint8Array
  /** Code units, by hash. */
  readonly code: Uint8Array
  /** Which function comes from which unit and environment. */
  readonly functions: Uint8Array
  /** The text of the graph's strings. */
  readonly text: Uint8Array
  /** The value graph. */
  readonly graph: Uint8Array
  /** What the buffers that travel out of band have to be like. */
  readonly buffers: Uint8Array
  /** The bytes of buffers that travel inside, from an offset that is a multiple of 8. */
  readonly bytes: Uint8Array
}

const NAMES = ['manifest', 'code', 'functions', 'text', 'graph', 'buffers', 'bytes'] as const

export { NAMES as SECTION_NAMES }

const LAST = NAMES.length - 1
/** Of the last section. */
const ALIGNMENT = 8

/** Bytes that are made where they are to be. */
export interface LatePart {
  /** Of the bytes. */
  readonly length: number
  /** Fills all of the place, which is aligned to the size of numbers, if that is what they are. */
  copyTo(target: Uint8Array, offset: number): void
}

export type SectionParts = Readonly<
  Record<Exclude<(typeof NAMES)[number], 'bytes'>, readonly Uint8Array[]> & {
    bytes: readonly (Uint8Array | LatePart)[]
  }
>

/** Compressed by the method; with `ifSmaller`, only where that is worth it. */
export function writeContainer(
  sections: SectionParts,
  kind: Kind = Kind.Bundle,
  method: Compression | null = null,
  ifSmaller = false,
): Uint8Array {
  const { bytes, last, sum } = uncompressed(sections, method === null)
  bytes[KIND_AT] = kind
  if (method === null) return sealed(bytes, last, sum)
  const compressed = compress(bytes, method)
  return ifSmaller && compressed.length >= bytes.length
    ? sealed(bytes, last, null)
    : sealed(compressed, 0, null)
}

/** The same of a text and a graph that are small, and of nothing else: what most messages are. It takes half of the time. */
export function writeSmallData(text: LatePart, graph: LatePart, kind: Kind): Uint8Array {
  const textSize = text.length
  const graphSize = graph.length
  let size = HEADER_SIZE + varintSize(graphSize) + textSize + graphSize
  if (textSize > 0) size += varintSize(textSize)
  const isDrafted = size <= MOST_SMALL && !isBigEndian
  const bytes = isDrafted ? draft.bytes : allocate(size)
  const present = textSize > 0 ? TEXT_AND_GRAPH : GRAPH_ALONE
  // The draft has the rest of it already.
  if (isDrafted) bytes[9] = present
  else writeStart(bytes, present)
  bytes[KIND_AT] = kind
  let offset = HEADER_SIZE
  if (textSize > 0) offset = writeVarint(bytes, offset, textSize)
  offset = writeVarint(bytes, offset, graphSize)
  if (textSize > 0) text.copyTo(bytes, offset)
  graph.copyTo(bytes, offset + textSize)
  if (!isDrafted) {
    needAllOriginals()
    return sealed(bytes, 0, null)
  }
  const { words } = draft
  words[CHECKSUM_AT >> 2] = 0
  words[CHECKSUM_AT >> 2] = xxHash32InPlace(bytes, words, size)
  const written = drafted.of(size)
  return kind === Kind.Message && size <= LARGEST_SHARED
    ? copyIntoShared(written, size)
    : new Uint8Array(written)
}

/** Where the two begin that `writeSmallData` wrote, and where the second ends. */
export interface SmallData {
  readonly kind: Kind
  readonly text: number
  readonly graph: number
  readonly end: number
}

/** Where `readSmallData` puts what it takes apart. */
export class Memory {
  readonly bytes = new Uint8Array(MOST_SMALL)
  readonly words = new Int32Array(this.bytes.buffer)
}

/** Where `writeSmallData` puts together what is then copied as one: its checksum takes words that are aligned. */
const draft = new Memory()
const drafted = new Beginnings(draft.bytes, MOST_VIEWED)
writeStart(draft.bytes, 0)

/**
 * Takes apart what `writeSmallData` wrote, in the memory, into which it is copied (which takes less than to put words together that
 * are aligned nowhere). Null for what is anything else, too large for it, or damaged: `readContainer` tells.
 */
export function readSmallData(received: Uint8Array, memory: Memory): SmallData | null {
  const end = TypedArrayPrototypeGetLength(received)
  if (end < HEADER_SIZE || end > MOST_SMALL || isBigEndian) return null
  const { bytes, words } = memory
  bytes.set(received)
  if (words[0] !== draft.words[0] || words[1] !== draft.words[1]) return null
  if (bytes[8] !== FORMAT_VERSION || bytes[COMPRESSION_AT] !== 0) return null
  const present = bytes[9]
  const hasText = present === TEXT_AND_GRAPH
  const kind = bytes[KIND_AT] as Kind
  if (!(hasText || present === GRAPH_ALONE) || kind > Kind.Tree) return null
  // Two bytes are enough for a size.
  let at = HEADER_SIZE
  let text = 0
  let size = 0
  for (let left = hasText ? 2 : 1; left > 0; left--) {
    text = size
    size = bytes[at++]
    if (size >= 0x80 && at < end) size = (size & 0x7f) | (bytes[at++] << 7)
    if (size === 0) return null
  }
  const graph = at + text
  if (graph + size !== end) return null
  const sum = words[CHECKSUM_AT >> 2]
  words[CHECKSUM_AT >> 2] = 0
  if (xxHash32InPlace(bytes, words, end) !== sum >>> 0) return null
  return { kind, text: at, graph, end }
}

function writeStart(bytes: Uint8Array, present: number): void {
  for (let i = 0; i < MAGIC_SIZE; i++) bytes[i] = MAGIC[i]
  bytes[8] = FORMAT_VERSION
  bytes[9] = present
  bytes[COMPRESSION_AT] = 0
}

/** With its checksum, which may have been begun. */
function sealed(bytes: Uint8Array, last: number, begun: Sum | null): Uint8Array {
  const sum = checksum(bytes, last, begun)
  for (let i = 0; i < 4; i++) bytes[CHECKSUM_AT + i] = sum >>> (8 * i)
  return bytes
}

function compress(bytes: Uint8Array, method: Compression): Uint8Array {
  const size = bytes.length - HEADER_SIZE
  const body = deflate(bytes.subarray(HEADER_SIZE), method)
  const start = HEADER_SIZE + varintSize(size)
  const compressed = allocate(start + body.length)
  compressed.set(bytes.subarray(0, HEADER_SIZE))
  compressed[COMPRESSION_AT] = methodNumber(method)
  writeVarint(compressed, HEADER_SIZE, size)
  compressed.set(body, start)
  return compressed
}

/** With the size of the last section, and the checksum that was begun with it, if that is so. */
function uncompressed(
  sections: SectionParts,
  isSummed: boolean,
): { bytes: Uint8Array; last: number; sum: Sum | null } {
  const { manifest, code, functions, text, graph, buffers } = sections
  const inOrder = [manifest, code, functions, text, graph, buffers]
  let size = HEADER_SIZE
  let present = 0
  const sizes: number[] = []
  for (let i = 0; i < NAMES.length; i++) {
    const section = sizeOf(i < LAST ? inOrder[i] : sections.bytes)
    sizes.push(section)
    if (section === 0) continue
    present |= 1 << i
    size += section + varintSize(section)
  }
  const aligned = sizes[LAST]
  const padding = aligned > 0 ? paddingTo(size - aligned) : 0
  size += padding
  const bytes = allocate(size)
  writeStart(bytes, present)
  let offset = HEADER_SIZE
  for (let i = 0; i < NAMES.length; i++) if (sizes[i] > 0) offset = writeVarint(bytes, offset, sizes[i])
  const sum = isSummed && size >= LARGE_BUNDLE ? new Sum() : null
  placeBuffers(sections.bytes, bytes, size - aligned, sum)
  // From the end, for that is where segments are given back. (Nothing needs padding where nothing follows.)
  let end = size - aligned
  zeros(bytes, (end -= padding), padding)
  for (let i = LAST - 1; i >= 0; i--) {
    const parts = inOrder[i]
    for (let j = parts.length - 1; j >= 0; j--) {
      const part = parts[j]
      end -= part.length
      bytes.set(part, end)
      if (size >= LARGE) giveBack(part)
    }
  }
  return { bytes, last: aligned, sum }
}

export function sizeOf(parts: SectionParts['bytes']): number {
  let size = 0
  for (let i = 0; i < parts.length; i++) size += parts[i].length
  return size
}

/** Puts the last section into its place, and begins the checksum with it while it is at hand. */
function placeBuffers(
  parts: SectionParts['bytes'],
  bytes: Uint8Array,
  offset: number,
  sum: Sum | null,
): void {
  for (const part of parts) {
    const end = offset + part.length
    if ('copyTo' in part) {
      part.copyTo(bytes, offset)
      sum?.add(bytes.subarray(offset, end))
    } else if (sum !== null) sum.copy(part, bytes, offset)
    else bytes.set(part, offset)
    offset = end
  }
}

function paddingTo(offset: number): number {
  return (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT
}

/** Memory that was not filled may have anything in it. */
function zeros(bytes: Uint8Array, offset: number, count: number): void {
  for (let i = 0; i < count; i++) bytes[offset + i] = 0
}

/** Where there is much to fill, it is not filled with zeros before. */
function allocate(size: number): Uint8Array {
  if (size < LARGE) return new Uint8Array(size)
  needAllOriginals()
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}

/** Whether what can be read of a bundle's start says that it has one. */
export function hasManifest(bundle: Uint8Array): boolean {
  return bundle[COMPRESSION_AT] !== 0 || (bundle[9]! & 1) === 1
}

/** Checks magic, version, sizes and checksum; returns views of the sections, inflated ones if need be. Throws UnpicklingError. */
export function readContainer(
  bytes: Uint8Array,
  budget: ByteBudget = new ByteBudget(DEFAULT_LIMITS),
): ReadContainer {
  budget.received(bytes.length, 'as it was received')
  checkStart(bytes)
  const compression = methodOf(bytes[COMPRESSION_AT])
  if (compression === undefined || bytes[9] >> NAMES.length !== 0 || bytes[KIND_AT] > Kind.Tree)
    throw damagedHeader()
  if (compression === null) return sectionsOf(bytes, bytes, HEADER_SIZE, compression)
  // What is inflated is what was written: damage shows before any of it is believed.
  check(bytes, 0)
  const { value: size, end } = readVarint(bytes, HEADER_SIZE)
  budget.inflating(size)
  return sectionsOf(bytes, inflate(bytes.subarray(end), compression, size), 0, compression)
}

function checkStart(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new UnpicklingError('this is no bundle: there are no bytes')
  for (let i = 0; i < MAGIC.length; i++) {
    if (i >= bytes.length) throw truncatedHeader()
    if (bytes[i] !== MAGIC[i])
      throw new UnpicklingError('this is no bundle of cornichon: its first bytes are others')
  }
  if (bytes.length < HEADER_SIZE) throw truncatedHeader()
  if (bytes[8] !== FORMAT_VERSION) {
    throw new UnpicklingError(
      `the bundle has format version ${bytes[8]}, this cornichon reads version ${FORMAT_VERSION}: load it with the cornichon that wrote it, or pickle it again`,
    )
  }
}

/** The body begins at `offset`: the table of sizes, then the sections. */
function sectionsOf(
  header: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  compression: Compression | null,
): ReadContainer {
  const sizes: number[] = []
  let size = 0
  for (let i = 0; i < NAMES.length; i++) {
    let section = 0
    if (header[9] & (1 << i)) {
      const { value, end } = readVarint(bytes, offset)
      if (value === 0) throw damagedHeader()
      section = value
      offset = end
    }
    sizes.push(section)
    size += section
  }
  const aligned = sizes[LAST]
  size += offset
  const padding = aligned > 0 ? paddingTo(size - aligned) : 0
  size += padding
  if (bytes.length < size)
    throw new UnpicklingError(
      `the bundle was truncated: it should have ${size} bytes and has ${bytes.length}`,
    )
  if (bytes.length > size)
    throw new UnpicklingError(`${bytes.length - size} bytes follow the end of the bundle`)
  if (compression === null) check(bytes, aligned)
  for (let i = size - aligned - padding; i < size - aligned; i++) if (bytes[i] !== 0) throw damagedHeader()
  const inflatedSize = compression === null ? size : HEADER_SIZE + size
  return new ReadSections(bytes, offset, sizes, compression, header[KIND_AT] as Kind, inflatedSize)
}

function readVarint(bytes: Uint8Array, offset: number): { value: number; end: number } {
  let value = 0
  let scale = 1
  let byte: number
  do {
    if (offset === bytes.length) throw truncatedHeader()
    if (scale > 0x80 ** LARGEST_SIZE) throw damagedHeader()
    byte = bytes[offset++]
    value += (byte & 0x7f) * scale
    scale *= 0x80
  } while (byte >= 0x80)
  return { value, end: offset }
}

function check(bytes: Uint8Array, last: number): void {
  if (checksum(bytes, last, null) !== checksumIn(bytes))
    throw new UnpicklingError('the bundle is damaged: its checksum is wrong')
}

/** The one that the header has. */
function checksumIn(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 3; i >= 0; i--) sum = (sum << 8) | bytes[CHECKSUM_AT + i]
  return sum >>> 0
}

/** Of everything but its own four bytes. A large bundle's last section, of that size, comes first: it may have been added already. */
function checksum(bytes: Uint8Array, last: number, begun: Sum | null): number {
  const end = bytes.length - last
  if (bytes.length < LARGE_BUNDLE) return xxHash32(bytes, CHECKSUM_AT)
  let sum = begun
  if (sum === null) {
    sum = new Sum()
    sum.add(bytes.subarray(end))
  }
  sum.add(bytes.subarray(0, CHECKSUM_AT))
  sum.add(bytes.subarray(HEADER_SIZE, end))
  return sum.value()
}

function truncatedHeader(): UnpicklingError {
  return new UnpicklingError('the bundle ends within its header: it was truncated')
}

function damagedHeader(): UnpicklingError {
  return new UnpicklingError('the bundle is damaged: its header makes no sense')
}

/** Could these be the first bytes of a message of a session? There may be few of them. */
export function isMessageStart(bytes: Uint8Array): boolean {
  for (let i = 0; i < MAGIC.length && i < bytes.length; i++) if (bytes[i] !== MAGIC[i]) return false
  return true
}
