// Reading .tgz: in one pass, as it comes. Bytes are counted as they are unpacked, headers and skipped entries too.
import { setMaxListeners } from 'node:events'
import { createReadStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { unlessAborted } from '../materialize/abort.ts'
import { type Allowance, type ArchiveEntry, ArchiveError } from './entries.ts'
import type { Visit } from './index.ts'

/** How many entries may be on their way to the disk. */
const AT_ONCE = 32

const kinds: Readonly<Record<string, ArchiveEntry['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  SymbolicLink: 'link',
  Link: 'hard link',
}

export async function readTgz(
  file: string,
  allowance: Allowance,
  visit: Visit,
  signal?: AbortSignal,
): Promise<void> {
  const entries = new Entries(allowance, visit)
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      entries.room(chunk).then(() => done(null, chunk), done)
    },
  })
  const parser = new Parser({
    strict: true,
    brotli: false,
    zstd: false,
    onReadEntry: (entry) => entries.take(entry),
  })
  const read = new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve())
    parser.on('error', reject)
    entries.onError = reject
    const streams = [createReadStream(file), createGunzip(), counter] as const
    pipeline(streams, { signal: signal! }).catch(reject)
    counter.pipe(parser as unknown as NodeJS.WritableStream)
    parser.on('error', () => streams[0].destroy())
  })
  try {
    await read
    await entries.written()
  } catch (error) {
    await entries.giveUp()
    refuse(error)
  }
}

/** The entries that are on their way to the disk. */
class Entries {
  onError: (error: unknown) => void = () => {}
  readonly #allowance: Allowance
  readonly #visit: Visit
  readonly #underWay = new Map<ReadEntry, Promise<void>>()
  /** A hard link needs what is before it; what comes later waits for it in turn. */
  #before: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null
  readonly #stopped = new AbortController()

  constructor(allowance: Allowance, visit: Visit) {
    setMaxListeners(0, this.#stopped.signal)
    this.#allowance = allowance
    this.#visit = visit
  }

  #isFirst = true

  /** Room for some bytes more. */
  async room(chunk: Buffer): Promise<void> {
    if (this.#isFirst && isCompressed(chunk)) throw new ArchiveError('what is in it is compressed once more')
    this.#isFirst = false
    this.#allowance.addBytes(chunk.length)
    while (this.#underWay.size > AT_ONCE) await Promise.race(this.#underWay.values())
    if (this.#failure !== null) throw this.#failure.error
  }

  take(entry: ReadEntry): void {
    if (entry.type === 'Link') this.#before = Promise.all(this.#underWay.values())
    const taken = this.#take(entry, this.#before).finally(() => this.#underWay.delete(entry))
    this.#underWay.set(entry, taken)
    if (entry.type === 'Link') this.#before = taken
  }

  async #take(entry: ReadEntry, before: Promise<unknown>): Promise<void> {
    try {
      this.#allowance.addEntry()
      await before
      await this.#visit(described(entry), this.#contentOf(entry))
    } catch (error) {
      this.#failure ??= { error }
      this.onError(error)
    } finally {
      entry.resume()
    }
  }

  /** Whoever waits for bytes that come no more is told so, too. */
  async *#contentOf(entry: ReadEntry): AsyncGenerator<Uint8Array> {
    const { signal } = this.#stopped
    const parts = entry[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await unlessAborted(Promise.resolve(parts.next()), signal)
      if (done) return
      yield value as Uint8Array
    }
  }

  async written(): Promise<void> {
    await Promise.all(this.#underWay.values())
    if (this.#failure !== null) throw this.#failure.error
  }

  /** When it ends, nothing is written any more. */
  async giveUp(): Promise<void> {
    this.#stopped.abort(new ArchiveError('it is given up'))
    await Promise.all(this.#underWay.values())
  }
}

/** tar would unpack it without an end: nobody counts there. */
function isCompressed(chunk: Buffer): boolean {
  const start = chunk.subarray(0, 4).toString('hex')
  return start.startsWith('1f8b') || start === '28b52ffd'
}

function described(entry: ReadEntry): ArchiveEntry {
  const kind = kinds[entry.type] ?? 'other'
  return {
    path: entry.path,
    kind,
    type: entry.type,
    size: entry.size,
    mode: entry.mode ?? null,
    target: kind === 'link' || kind === 'hard link' ? (entry.linkpath ?? '') : null,
  }
}

/** What tar and zlib say of an archive, as an error of ours; what the system says stays. */
function refuse(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof ArchiveError || !(error instanceof Error)) throw error
  if (code === undefined || code.startsWith('Z_') || code.startsWith('TAR_'))
    throw new ArchiveError(message, { cause: error })
  throw error
}
