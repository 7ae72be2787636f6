// Reading .zip: all that its directory says is checked before anything of it is written.
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { type Allowance, type ArchiveEntry, ArchiveError } from './entries.ts'
import type { Visit } from './index.ts'

/** How many entries are read at once. */
const AT_ONCE = 16
/** The longest path that a link may hold. */
const LONGEST_LINK = 4096

/** The kinds of files in the upper bits of a Unix mode (S_IFMT). */
const kinds = new Map<number, [kind: ArchiveEntry['kind'], type: string]>([
  [0o000000, ['file', 'file']],
  [0o100000, ['file', 'file']],
  [0o040000, ['folder', 'folder']],
  [0o120000, ['link', 'link']],
  [0o010000, ['other', 'named pipe']],
  [0o020000, ['other', 'character device']],
  [0o060000, ['other', 'block device']],
  [0o140000, ['other', 'socket']],
])

export async function readZip(
  file: string,
  allowance: Allowance,
  visit: Visit,
  signal?: AbortSignal,
): Promise<void> {
  // Names are checked where those of all archives are.
  const zip = await yauzl
    .openPromise(file, { autoClose: false, decodeStrings: false, validateEntrySizes: true })
    .catch(refuse)
  try {
    const entries = await directoryOf(zip, allowance)
    let next = 0
    const work = async () => {
      while (next < entries.length) {
        signal?.throwIfAborted()
        await read(zip, entries[next++]!, visit)
      }
    }
    // All of them have ended before the file is closed.
    const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  } finally {
    zip.close()
  }
}

async function directoryOf(zip: ZipFile, allowance: Allowance): Promise<Entry[]> {
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      allowance.addEntry()
      allowance.addBytes(entry.uncompressedSize)
      if (entry.isEncrypted()) throw new ArchiveError(`${named(entry)} is encrypted`)
      if (!entry.canDecodeFileData())
        throw new ArchiveError(`${named(entry)} is compressed by a method other than deflate`)
      entries.push(entry)
    }
  } catch (error) {
    refuse(error)
  }
  return entries
}

async function read(zip: ZipFile, entry: Entry, visit: Visit): Promise<void> {
  const content = contentOf(zip, entry)
  const path = nameOf(entry)
  const mode = entry.externalFileAttributes >>> 16
  const [kind, type] = path.endsWith('/')
    ? (['folder', 'folder'] as const)
    : (kinds.get(mode & 0o170000) ?? (['other', 'file of an unknown kind'] as const))
  let target: string | null = null
  if (kind === 'link') {
    if (entry.uncompressedSize > LONGEST_LINK)
      throw new ArchiveError(`${named(entry)} is a link that is too long`)
    target = (await buffer(content)).toString()
  }
  const found: ArchiveEntry = {
    path,
    kind,
    type,
    size: entry.uncompressedSize,
    mode: mode === 0 ? null : mode & 0o777,
    target,
  }
  await visit(found, content)
}

/** The bytes of an entry, opened when they are asked for; their sum is checked. */
async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  let sum = 0
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      sum = crc32(chunk as Buffer, sum)
      yield chunk as Buffer
    }
  } catch (error) {
    refuse(error)
  }
  if (sum !== entry.crc32) throw new ArchiveError(`${named(entry)} is damaged: its checksum is another`)
}

function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true)
}

function named(entry: Entry): string {
  return `the entry ${JSON.stringify(nameOf(entry))}`
}

/** What yauzl and zlib say of an archive, as an error of ours; what the system says stays. */
function refuse(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof ArchiveError || (code !== undefined && !code.startsWith('Z_'))) throw error
  throw new ArchiveError(message, { cause: error })
}
