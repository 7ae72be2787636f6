// Claims on entries of the cache that hold across processes: locks (one at a time) and uses (many). A claim is an empty
// file whose name holds what is claimed and by whom. No two claims share a file, so one of a dead process can be removed
// by anybody at any time, and nothing has to be taken over.
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLAIM_LIFE, isAlive, newOwner, OWNER } from './owner.ts'

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Between two looks at a lock that another has, ms. */
const FIRST_WAIT = 10
const LONGEST_WAIT = 250

export class Claims {
  readonly owner = newOwner()
  readonly #locks: string
  readonly #uses: string
  /** Paths of the files that are this owner's. */
  readonly #own = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(cacheDir: string) {
    this.#locks = join(cacheDir, 'locks')
    this.#uses = join(cacheDir, 'uses')
    this.#timer = setInterval(() => void this.#renew(), CLAIM_LIFE / 6)
    this.#timer.unref()
  }

  /** The lock of an entry, when nobody else has it. Gives what releases it. */
  async lock(entry: string, signal?: AbortSignal): Promise<() => Promise<void>> {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 1.5, LONGEST_WAIT)) {
      const release = await this.tryLock(entry)
      if (release !== null) return release
      // By chance, since two that wait for each other's claim to go would meet again.
      await sleep(wait * (0.5 + Math.random()), undefined, { signal })
    }
  }

  /** Null if another has it. */
  async tryLock(entry: string): Promise<(() => Promise<void>) | null> {
    if ((await this.#living(this.#locks, entry)).length > 0) return null
    const release = await this.#claim(this.#locks, entry)
    // Of two that come at once, at least the second sees the other's claim here; both may, and then both step back.
    const others = await this.#living(this.#locks, entry)
    if (others.length === 1) return release
    await release()
    return null
  }

  /** Notes that the entry is used, until what this gives is called. The entry's lock has to be held. */
  use(entry: string): Promise<() => Promise<void>> {
    return this.#claim(this.#uses, entry)
  }

  /** Whether a living process uses an entry. */
  async isUsed(entry: string): Promise<boolean> {
    return (await this.#living(this.#uses, entry)).length > 0
  }

  /** Entries that living processes use. */
  async used(): Promise<Set<string>> {
    return new Set((await this.#living(this.#uses, null)).map((name) => name.slice(0, name.indexOf('@'))))
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#own].map((file) => rm(file, { force: true })))
    this.#own.clear()
  }

  #count = 0

  async #claim(folder: string, entry: string): Promise<() => Promise<void>> {
    const file = join(folder, `${entry}@${this.owner}@${this.#count++}`)
    this.#own.add(file)
    try {
      await writeFile(file, '', { flag: 'wx' })
    } catch (error) {
      this.#own.delete(file)
      throw error
    }
    return async () => {
      this.#own.delete(file)
      await rm(file, { force: true })
    }
  }

  /** The claims of living processes on an entry, or on all. Those of dead ones are removed. */
  async #living(folder: string, entry: string | null): Promise<string[]> {
    const living: string[] = []
    for (const name of await readdir(folder)) {
      const [claimed, owner] = name.split('@')
      if (entry !== null && claimed !== entry) continue
      if (owner === undefined || !OWNER.test(owner)) continue
      const file = join(folder, name)
      if (this.#own.has(file) || (await isClaimAlive(file, owner))) living.push(name)
      else await rm(file, { force: true })
    }
    return living
  }

  async #renew(): Promise<void> {
    const now = new Date()
    await Promise.all([...this.#own].map((file) => utimes(file, now, now).catch(() => {})))
  }
}

async function isClaimAlive(file: string, owner: string): Promise<boolean> {
  try {
    return isAlive(owner, (await stat(file)).mtimeMs)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
