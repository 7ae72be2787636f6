// What is kept about the entries of the cache: a file each in `meta/`, whose time is that of the last use.
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface EntryNote {
  readonly kind: string
  readonly hash: string
  /** Whose it is, and what it is of, as its plugin's `delete` wants it. */
  readonly plugin: string
  readonly uri: string
  /** Bytes on disk. */
  readonly size: number
  /** The machine's run in which it was last known to be whole: see `boot`. */
  readonly boot: string
}

export interface ListedNote extends EntryNote {
  readonly lastUsed: number
}

/** Of an entry, in the names of files. A hash has no `-`. */
export function nameOf({ kind, hash }: { readonly kind: string; readonly hash: string }): string {
  return `${kind}-${hash}`
}

export class Notes {
  readonly #folder: string
  /** A path for a file that is renamed when it is whole. */
  readonly #temporary: () => string

  constructor(folder: string, temporary: () => string) {
    this.#folder = folder
    this.#temporary = temporary
  }

  /** Null if there is none. */
  read(name: string): Promise<EntryNote | null> {
    return readNote(this.#fileOf(name))
  }

  async write(note: EntryNote): Promise<void> {
    const temporary = this.#temporary()
    await writeFile(temporary, JSON.stringify(note))
    await rename(temporary, this.#fileOf(nameOf(note)))
  }

  async touch(name: string): Promise<void> {
    const now = new Date()
    await utimes(this.#fileOf(name), now, now)
  }

  remove(name: string): Promise<void> {
    return rm(this.#fileOf(name), { force: true })
  }

  async all(): Promise<ListedNote[]> {
    const notes = (await readdir(this.#folder)).map(async (file): Promise<ListedNote | null> => {
      const path = join(this.#folder, file)
      const note = await readNote(path)
      const stats = await stat(path).catch(() => null)
      return note && stats && { ...note, lastUsed: stats.mtimeMs }
    })
    return (await Promise.all(notes)).filter((note) => note !== null)
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}

async function readNote(file: string): Promise<EntryNote | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as EntryNote
  } catch {
    return null
  }
}
