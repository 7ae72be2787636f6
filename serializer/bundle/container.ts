// The container of a bundle: magic, version, sections, checksum. Byte for byte in docs/format.md.
// Reading it runs nothing and compiles nothing.
import { crc32 } from 'node:zlib'
import { UnpicklingError } from '../errors.ts'

/** `\x8f` keeps it from being text; the line ending and `\x1a` show damage by text-mode transfers, as PNG's magic does. */
const MAGIC = Uint8Array.of(0x8f, 0x63, 0x72, 0x6e, 0x63, 0x68, 0x0d, 0x0a) // "\x8fcrnch\r\n"
export const FORMAT_VERSION = 1
const HEADER_SIZE = 32

/** The sections, in their order in the file. */
export interface Sections {
  /** superjson text, UTF-8. */
  readonly manifest: Uint8Array
  /** Code units, by hash. */
  readonly code: Uint8Array
  /** Which function comes from which unit and environment. */
  readonly functions: Uint8Array
  /** The value graph. */
  readonly graph: Uint8Array
}

const NAMES = ['manifest', 'code', 'functions', 'graph'] as const

export function writeContainer(sections: Sections): Uint8Array {
  let size = HEADER_SIZE
  for (const name of NAMES) size += sections[name].length
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint16(8, FORMAT_VERSION, true)
  let offset = HEADER_SIZE
  for (let i = 0; i < NAMES.length; i++) {
    const section = sections[NAMES[i]]
    if (section.length > 0xffffffff) throw new RangeError(`a bundle's ${NAMES[i]} section may hold 4 GiB`)
    view.setUint32(16 + i * 4, section.length, true)
    bytes.set(section, offset)
    offset += section.length
  }
  view.setUint32(12, checksum(bytes), true)
  return bytes
}

/** Checks magic, version, sizes and checksum; returns views of the sections. Throws UnpicklingError. */
export function readContainer(bytes: Uint8Array): Sections {
  if (bytes.length === 0) throw new UnpicklingError('this is no bundle: there are no bytes')
  for (let i = 0; i < MAGIC.length; i++) {
    if (i >= bytes.length) throw new UnpicklingError('the bundle ends within its header: it was truncated')
    if (bytes[i] !== MAGIC[i])
      throw new UnpicklingError('this is no bundle of cornichon: its first bytes are others')
  }
  if (bytes.length < HEADER_SIZE)
    throw new UnpicklingError('the bundle ends within its header: it was truncated')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint16(8, true)
  if (version !== FORMAT_VERSION) {
    throw new UnpicklingError(
      `the bundle has format version ${version}, this cornichon reads version ${FORMAT_VERSION}: load it with the cornichon that wrote it, or pickle it again`,
    )
  }
  const sizes = NAMES.map((_, i) => view.getUint32(16 + i * 4, true))
  const size = sizes.reduce((sum, next) => sum + next, HEADER_SIZE)
  if (bytes.length < size)
    throw new UnpicklingError(
      `the bundle was truncated: it should have ${size} bytes and has ${bytes.length}`,
    )
  if (bytes.length > size)
    throw new UnpicklingError(`${bytes.length - size} bytes follow the end of the bundle`)
  if (view.getUint32(12, true) !== checksum(bytes))
    throw new UnpicklingError('the bundle is damaged: its checksum is wrong')
  let offset = HEADER_SIZE
  const [manifest, code, functions, graph] = sizes.map((length) => bytes.subarray(offset, (offset += length)))
  return { manifest, code, functions, graph }
}

/** CRC-32 of everything but the checksum's own four bytes. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)))
}
