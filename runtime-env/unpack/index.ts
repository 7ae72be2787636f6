// Archives into folders: .zip and .tgz, told apart by how they begin.
import { open, stat } from 'node:fs/promises'
import { parsePackageName } from '../package/name.ts'
import { Allowance, type ArchiveEntry, ArchiveError, type UnpackLimits } from './entries.ts'
import { ManifestCheck } from './manifest.ts'
import { readTgz } from './tgz.ts'
import { UnpackTree } from './tree.ts'
import { readZip } from './zip.ts'

export { ArchiveError, defaultLimits, type UnpackLimits } from './entries.ts'
export { UnpackTree } from './tree.ts'

/** Takes an entry. What it does not read of the content is skipped. */
export type Visit = (entry: ArchiveEntry, content: AsyncIterable<Uint8Array>) => Promise<void> | void

export interface ReadRequest {
  readonly file: string
  readonly limits: UnpackLimits
  readonly signal?: AbortSignal
  /** What errors call the archive. */
  readonly name?: string
}

/** Goes through the entries of an archive, up to a few at once. */
export async function readArchive(request: ReadRequest, visit: Visit): Promise<void> {
  const { file, limits, signal } = request
  await naming(request, async () => {
    const allowance = new Allowance(limits, (await stat(file)).size)
    const read = (await isZip(file)) ? readZip : readTgz
    await read(file, allowance, visit, signal)
  })
}

/** Errors say which archive it is. */
async function naming({ name, file, signal }: ReadRequest, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof ArchiveError)) throw error
    throw new ArchiveError(`the archive ${name ?? file}: ${error.message}`, { cause: error })
  }
}

/** All of an archive, into a folder that is empty. */
export async function unpack(request: ReadRequest, folder: string): Promise<void> {
  const tree = new UnpackTree(folder)
  await unpackInto(request, tree, '')
  await tree.finish()
}

/** An archive over what a tree has already. Its `finish` comes after the last one. */
export async function unpackInto(
  request: ReadRequest,
  tree: UnpackTree,
  folder: string,
  strip = 0,
): Promise<void> {
  const name = request.name ?? request.file
  const unpacking = tree.into(folder, name)
  const visit: Visit = (entry, content) => unpacking.add(entry, content, strip)
  const named = parsePackageName(name)
  if (named?.kind !== 'zip') return readArchive(request, visit)
  const check = new ManifestCheck(named.hash)
  await readArchive(request, check.noting(visit))
  await naming(request, () => check.finish(request.file))
}

async function isZip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const start = Buffer.alloc(4)
    await handle.read(start, 0, 4, 0)
    if (start.readUInt16LE(0) === 0x8b1f) return false
    // An entry, or the end of an archive without any.
    if (start.readUInt32LE(0) === 0x04034b50 || start.readUInt32LE(0) === 0x06054b50) return true
  } finally {
    await handle.close()
  }
  throw new ArchiveError('it is no archive: it begins neither as a .zip nor as a .tgz')
}
