// What may stand in an archive that is unpacked here: the rules for its entries' paths, kinds and sizes. An archive is
// not trusted; what is against the rules refuses it as a whole.
import { formatSize } from '../size.ts'

export interface UnpackLimits {
  /** Of all files together. */
  readonly maxBytes: number
  readonly maxFiles: number
  /** How many times larger than the archive its files may be. */
  readonly maxRatio: number
  /** Up to so many bytes they may be of anything, of zeros even: no less than what a driver packages of a folder. */
  readonly ratioFrom: number
}

export const defaultLimits: UnpackLimits = {
  maxBytes: 4 * 2 ** 30,
  maxFiles: 500_000,
  maxRatio: 200,
  ratioFrom: 512 * 2 ** 20,
}

/** An entry as the archive has it. */
export interface ArchiveEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'hard link' | 'other'
  /** In the words of the archive's format, for errors. */
  readonly type: string
  readonly size: number
  /** Bits of permission; null where the archive says none. */
  readonly mode: number | null
  /** Where a link points. */
  readonly target: string | null
}

/** The archive is not one, or is one that may not be unpacked. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

/** Counts what an archive has, and refuses it when that is too much. */
export class Allowance {
  readonly #limits: UnpackLimits
  readonly #archiveSize: number
  #bytes = 0
  #files = 0

  constructor(limits: UnpackLimits, archiveSize: number) {
    this.#limits = limits
    this.#archiveSize = archiveSize
  }

  addEntry(): void {
    if (++this.#files > this.#limits.maxFiles)
      throw new ArchiveError(`it has more than ${this.#limits.maxFiles} entries`)
  }

  addBytes(count: number): void {
    this.#bytes += count
    const { maxBytes, maxRatio, ratioFrom } = this.#limits
    if (this.#bytes > maxBytes)
      throw new ArchiveError(`its files are more than ${formatSize(maxBytes, 1024)}, which is the limit`)
    if (this.#bytes > ratioFrom && this.#bytes > maxRatio * this.#archiveSize)
      throw new ArchiveError(
        `its files are more than ${maxRatio} times as large as the archive (${formatSize(this.#archiveSize, 1024)})`,
      )
  }
}

/** The names of an entry's path, from the folder on. None: the folder itself. */
export function segmentsOf(path: string): string[] {
  const refuse = (why: string) => new ArchiveError(`the entry ${JSON.stringify(path)} ${why}`)
  if (path.includes('\0')) throw refuse('has a zero character in its name')
  if (path.includes('\\')) throw refuse('has a backslash in its name, which is a separator on some systems')
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) throw refuse('has an absolute path')
  const segments = path.split('/').filter((name) => name !== '' && name !== '.')
  for (const name of segments) {
    if (name === '..') throw refuse('leaves the folder')
    if (Buffer.byteLength(name) > 255) throw refuse('has a name longer than file systems take')
    if (process.platform === 'win32') checkForWindows(name, refuse)
  }
  if (segments.length > 200 || path.length > 4000) throw refuse('is too deep')
  return segments
}

function checkForWindows(name: string, refuse: (why: string) => Error): void {
  if (/[<>:"|?*\x01-\x1f]|[. ]$/.test(name) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name))
    throw refuse('has a name that Windows does not take')
}

/** What names become on file systems that do not tell case and accents' spelling apart. */
export function foldName(name: string): string {
  // Most names are plain, and packages have thousands.
  if (/^[\x20-\x7e]*$/.test(name)) return name.toUpperCase()
  return name.normalize('NFC').toLowerCase().toUpperCase().normalize('NFC')
}
