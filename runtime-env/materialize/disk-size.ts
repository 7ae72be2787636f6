// How much of the disk a folder takes.
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What file systems give a file in. The size of a small file says little about the room that it takes. */
const BLOCK = 4096

/** Bytes that a folder takes, links not followed. Files that go away meanwhile count nothing. */
export async function diskSize(path: string): Promise<number> {
  try {
    const stats = await lstat(path)
    if (!stats.isDirectory()) return Math.ceil(stats.size / BLOCK) * BLOCK
    let size = BLOCK
    // A link takes no block of its own.
    for (const entry of await readdir(path, { withFileTypes: true }))
      if (!entry.isSymbolicLink()) size += await diskSize(join(path, entry.name))
    return size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
