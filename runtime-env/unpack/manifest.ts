// Whether a package of the fleet is what its name says: the hash of its manifest, or of its bytes where it was an archive
// from the start. It is found out while the package is unpacked.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { hashManifest } from '../package/hash.ts'
import { byPath, FILE, FOLDER, LINK, PROGRAM } from '../package/scan.ts'
import type { PackageFile } from '../types.ts'
import { type ArchiveEntry, ArchiveError, segmentsOf } from './entries.ts'
import type { Visit } from './index.ts'

export class ManifestCheck {
  readonly #wanted: string
  readonly #files: PackageFile[] = []

  constructor(wanted: string) {
    this.#wanted = wanted
  }

  /** Notes what passes on the way to a visitor, who reads files to their end. */
  noting(visit: Visit): Visit {
    return async (entry, content) => {
      const hash = createHash('sha256')
      await visit(entry, entry.kind === 'file' ? hashing(content, hash) : content)
      if (entry.kind === 'link') hash.update(entry.target!)
      const line = lineOf(entry, entry.kind === 'folder' ? '' : hash.digest('hex'))
      if (line !== null) this.#files.push(line)
    }
  }

  /** Throws if the archive is another than its name says. */
  async finish(file: string): Promise<void> {
    if (hashManifest(this.#files.sort(byPath)) === this.#wanted || (await hashOfFile(file)) === this.#wanted)
      return
    throw new ArchiveError('it is damaged: what is in it is not what its name says')
  }
}

export async function hashOfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

function lineOf({ path, kind, mode, size }: ArchiveEntry, hash: string): PackageFile | null {
  const name = segmentsOf(path).join('/')
  if (kind === 'folder') return { path: name, mode: FOLDER, size: 0, hash }
  if (kind === 'link') return { path: name, mode: LINK, size, hash }
  return { path: name, mode: ((mode ?? 0) & 0o100) !== 0 ? PROGRAM : FILE, size, hash }
}

async function* hashing(
  content: AsyncIterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const part of content) {
    hash.update(part)
    yield part
  }
}
