// The cache folder of a machine's workers: entries that are made once and shared, by kind and hash (`npm/<hash>/`). An
// entry is made in tmp/ and renamed into place, so what is in place is whole. What nobody uses goes when there is too
// much, the least recently used first.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatSize } from '../size.ts'
import { unlessAborted } from './abort.ts'
import { Claims } from './claims.ts'
import { diskSize } from './disk-size.ts'
import { type EntryNote, Notes, nameOf } from './notes.ts'
import { boot, isAlive } from './owner.ts'

export interface EntryWish extends Omit<EntryNote, 'size' | 'boot'> {
  /** Makes the entry in a folder that is empty. */
  make(folder: string): Promise<void>
}

/** An entry in use: it stays until it is given back. */
export interface HeldEntry {
  readonly folder: string
  readonly size: number
  release(): Promise<void>
  /** Looks again how large it is: for what processes write into. */
  measure(): Promise<void>
  /** Gives it back, and removes it unless others use it. */
  discard(): Promise<void>
}

/** An entry is about to be removed. */
type OnRemove = (note: EntryNote, folder: string) => Promise<void>

/** How long something that was told to stop may take before its folder is removed all the same, ms. */
const GRACE = 5_000
/** A folder in tmp/ whose owner can not be looked at is given up after this time, ms. */
const DAY = 86_400_000

export class Cache {
  readonly folder: string
  readonly maxBytes: number
  readonly #claims: Claims
  readonly #notes: Notes
  readonly #onRemove: OnRemove
  #count = 0

  private constructor(folder: string, maxBytes: number, onRemove: OnRemove) {
    this.folder = folder
    this.maxBytes = maxBytes
    this.#claims = new Claims(folder)
    this.#notes = new Notes(join(folder, 'meta'), () => this.#temporary())
    this.#onRemove = onRemove
  }

  static async open(folder: string, maxBytes: number, onRemove: OnRemove): Promise<Cache> {
    const cache = new Cache(folder, maxBytes, onRemove)
    await cache.#makeFolders()
    await cache.#sweep()
    return cache
  }

  /** Again, too: somebody may have removed all of it by hand, as caches are. */
  async #makeFolders(): Promise<void> {
    // For the user alone: environments may hold what others should not see.
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    for (const name of ['locks', 'uses', 'meta', 'tmp'])
      await mkdir(join(this.folder, name), { recursive: true })
  }

  /** Where an entry is or would be. */
  pathOf(kind: string, hash: string): string {
    return join(this.folder, kind, hash)
  }

  /** The entry, made if it is not there; one process at a time makes it, and others wait. */
  async use(wish: EntryWish, signal: AbortSignal): Promise<HeldEntry> {
    const name = nameOf(wish)
    const folder = this.pathOf(wish.kind, wish.hash)
    await this.#makeFolders()
    const unlock = await this.#claims.lock(name, signal)
    let isNew = false
    let held: HeldEntry
    try {
      if (!(await this.#isWhole(wish, folder))) {
        await this.#makeWithRoom(wish, folder, signal)
        isNew = true
      }
      const note = await this.#noteOf(wish, folder)
      const release = await this.#claims.use(name)
      const measure = async () => this.#notes.write({ ...note, size: await diskSize(folder) })
      const discard = async () => {
        await release()
        await this.#remove(note)
      }
      held = { folder, size: note.size, release, measure, discard }
      await this.#notes.touch(name)
    } finally {
      await unlock()
    }
    if (isNew) await this.shrink()
    return held
  }

  /**
   * Whether an entry can be used. One that was made before the machine was last started may have lost what was not on the
   * disk yet: then its size is another, or its note is gone, and it is made anew. To force all to the disk as it is made
   * would take many times as long as making it.
   */
  async #isWhole(wish: EntryWish, folder: string): Promise<boolean> {
    if (!(await exists(folder))) return false
    const name = nameOf(wish)
    const note = await this.#notes.read(name)
    if (note?.boot === boot || (await this.#claims.isUsed(name))) return true
    if (note !== null && note.size === (await diskSize(folder))) {
      await this.#notes.write({ ...note, boot })
      return true
    }
    await this.#onRemove(note ?? noteOf(wish, 0), folder)
    const temporary = this.#temporary()
    await rename(folder, temporary)
    await this.#notes.remove(name)
    await removeTree(temporary)
    return false
  }

  // --- making ---

  async #makeWithRoom(wish: EntryWish, folder: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#make(wish, folder, signal)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // What nobody uses may be all that it takes.
      if ((await this.shrink(0)) === 0 || signal.aborted) throw this.#diskFull(error)
      await this.#make(wish, folder, signal).catch((again) => {
        throw isDiskFull(again) ? this.#diskFull(again) : again
      })
    }
  }

  async #make(wish: EntryWish, folder: string, signal: AbortSignal): Promise<void> {
    const temporary = this.#temporary()
    await mkdir(temporary)
    let making: Promise<void> | null = null
    try {
      making = Promise.resolve(wish.make(temporary))
      await unlessAborted(making, signal)
      const size = await diskSize(temporary)
      if (size > this.maxBytes) throw this.tooBig(wish.uri, size)
      await this.#notes.write(noteOf(wish, size))
      await mkdir(join(this.folder, wish.kind), { recursive: true })
      await rename(temporary, folder)
    } catch (error) {
      // Another's is in place: a lock on another machine's word was too old to be believed.
      const isThere = isOccupied(error)
      if (making !== null)
        await Promise.race([making.catch(() => {}), sleep(GRACE, undefined, { ref: false })])
      await removeTree(temporary)
      // One that went on for longer may have written again.
      void making?.catch(() => {}).then(() => removeTree(temporary))
      if (!isThere) throw error
    }
  }

  tooBig(what: string, size: number): Error {
    return new Error(
      `${what} takes ${formatSize(size, 1024)} and the cache ${this.folder} may hold ${formatSize(this.maxBytes, 1024)}: ` +
        'make it smaller (excludes), or let the worker have a larger cache',
    )
  }

  #diskFull(cause: unknown): Error {
    return new Error(
      `the disk of the cache ${this.folder} is full, and nothing is there that could be removed: ` +
        'make room on it, or let the worker have its cache elsewhere',
      { cause },
    )
  }

  // --- removing ---

  /** Removes what nobody uses until the rest is within the limit. Gives how many bytes went. */
  async shrink(limit = this.maxBytes): Promise<number> {
    const entries = await this.#notes.all()
    let total = entries.reduce((sum, { size }) => sum + size, 0)
    let freed = 0
    if (total <= limit) return 0
    const used = await this.#claims.used()
    for (const entry of entries.sort((a, b) => a.lastUsed - b.lastUsed)) {
      if (total <= limit) break
      if (used.has(nameOf(entry)) || !(await this.#remove(entry))) continue
      total -= entry.size
      freed += entry.size
    }
    return freed
  }

  async #remove(entry: EntryNote): Promise<boolean> {
    const name = nameOf(entry)
    const unlock = await this.#claims.tryLock(name)
    if (unlock === null) return false
    const temporary = this.#temporary()
    try {
      if (await this.#claims.isUsed(name)) return false
      const folder = this.pathOf(entry.kind, entry.hash)
      // A note without a folder is of a process that ended between the two.
      if (await exists(folder)) {
        await this.#onRemove(entry, folder)
        await rename(folder, temporary)
      }
      await this.#notes.remove(name)
    } finally {
      await unlock()
    }
    await removeTree(temporary)
    return true
  }

  /** What dead processes left in tmp/. */
  async #sweep(): Promise<void> {
    await this.#claims.used()
    const parent = join(this.folder, 'tmp')
    for (const name of await readdir(parent)) {
      const path = join(parent, name)
      const made = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      )
      if (made !== null && !isAlive(name.split('@')[0]!, made + DAY)) await removeTree(path)
    }
  }

  /** What is claimed is no longer. */
  close(): Promise<void> {
    return this.#claims.close()
  }

  #temporary(): string {
    return join(this.folder, 'tmp', `${this.#claims.owner}@${this.#count++}`)
  }

  /** The note of an entry that is there; a new one where somebody has removed it. */
  async #noteOf(wish: EntryWish, folder: string): Promise<EntryNote> {
    const found = await this.#notes.read(nameOf(wish))
    if (found !== null) return found
    const note = noteOf(wish, await diskSize(folder))
    await this.#notes.write(note)
    return note
  }
}

function noteOf({ kind, hash, plugin, uri }: EntryWish, size: number): EntryNote {
  return { kind, hash, plugin, uri, size, boot }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function isOccupied(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall === 'rename' && (code === 'ENOTEMPTY' || code === 'EEXIST')
}

function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, output } = at as NodeJS.ErrnoException & { output?: unknown }
    if (code === 'ENOSPC' || code === 'EDQUOT') return true
    if (typeof output === 'string' && /\b(ENOSPC|EDQUOT)\b/.test(output)) return true
  }
  return false
}
