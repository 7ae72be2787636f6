// Packages in Redis: the archive of a package in chunks under its URI, put there once for the whole fleet, and kept while
// a driver that uses it lives. A record says that they are all there, and what they have to be.

import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { namesPackage } from '../../runtime-env/package/name.ts'
import { sha256 } from '../../runtime-env/sha256.ts'
import type { LocalPackage, PackageSource, ResolvedEnv } from '../../runtime-env/types.ts'
import { clearInterval, setInterval, setTimeout } from '../../serializer/globals.ts'
import { writePackage } from '../processes/packages.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import { Life } from './keys.ts'
import type { Link } from './link.ts'

const CHUNK = 8 * 1024 * 1024
/** Who uploads renews its claim to do so; who is dead for so long has none. */
const CLAIM = 15_000
/** How long a worker waits for a package that is announced and not there (any more). */
const PATIENCE = 60_000

interface Record {
  readonly size: number
  /** SHA-256 of each chunk: what is signed with the record is signed with it. */
  readonly digests: readonly string[]
}

/** How far a package is on its way into Redis: bytes of its files that are packed, then bytes of the archive. */
export interface UploadProgress {
  readonly step: 'pack' | 'send'
  readonly path: string
  readonly done: number
  readonly total: number
}

interface Known {
  readonly pkg: LocalPackage
  uploaded: Promise<void>
  chunks: number
  renewed: number
}

export class FleetPackages implements PackageSource {
  readonly #link: Link
  readonly #byUri = new Map<string, Known>()
  onProgress: (progress: UploadProgress) => void = () => {}

  constructor(link: Link) {
    this.#link = link
    link.onBeat(() => this.#renew())
  }

  /** From here on it is on its way into Redis. */
  add(pkg: LocalPackage): void {
    if (this.#byUri.has(pkg.uri)) return
    const known: Known = { pkg, uploaded: Promise.resolve(), chunks: 0, renewed: Date.now() }
    this.#byUri.set(pkg.uri, known)
    this.#start(known)
  }

  #start(known: Known): void {
    this.#link.alive.begin()
    known.uploaded = this.#upload(known).finally(() => this.#link.alive.end())
    // Who waits for it is told.
    known.uploaded.catch(() => {})
  }

  /** Resolves when those of the URIs that this process has are in Redis; the others are somebody else's. Null: they are. */
  uploaded(uris: Iterable<string>): Promise<unknown> | null {
    const waits: Promise<void>[] = []
    for (const uri of uris) {
      const known = this.#byUri.get(uri)
      if (known !== undefined && known.chunks === 0) waits.push(this.#whole(known))
    }
    return waits.length === 0 ? null : Promise.all(waits)
  }

  /** An upload that failed is tried again by the next call that needs it. */
  async #whole(known: Known): Promise<void> {
    const { uploaded } = known
    try {
      await uploaded
    } catch (error) {
      if (known.uploaded === uploaded) this.#byUri.delete(known.pkg.uri)
      throw error
    }
  }

  async #upload(known: Known): Promise<void> {
    const { pkg } = known
    const { redis, keys } = this.#link
    const key = keys.package(pkg.uri)
    const claim = randomBytes(8).toString('hex')
    for (;;) {
      const there = await this.#record(pkg.uri).catch(() => null)
      if (there !== null && (await this.#extend(pkg.uri, there))) {
        known.chunks = there.digests.length
        return
      }
      // One uploads; the others wait for it, or go on when it is dead.
      if ((await redis.set(`${key}:claim`, claim, 'PX', CLAIM, 'NX')) !== null) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const timer = setInterval(() => redis.pexpire(`${key}:claim`, CLAIM).catch(() => {}), CLAIM / 3)
    try {
      known.chunks = await this.#send(pkg)
    } finally {
      clearInterval(timer)
      await redis.unlink(`${key}:claim`).catch(() => {})
    }
  }

  async #send(pkg: LocalPackage): Promise<number> {
    const { redis, keys } = this.#link
    const folder = mkdtempSync(join(tmpdir(), 'cornichon-upload-'))
    try {
      const file = join(folder, 'archive')
      const told = (step: UploadProgress['step'], total: number) => (done: number) =>
        this.onProgress({ step, path: pkg.path, done, total })
      const packed = told('pack', pkg.size)
      packed(0)
      await writePackage(pkg, file, { onProgress: packed })
      const { size } = statSync(file)
      const digests: string[] = []
      const sent = told('send', size)
      sent(0)
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK })) {
        const bytes = chunk as Buffer
        await redis.set(keys.packagePart(pkg.uri, digests.length), bytes, 'PX', Life.package)
        digests.push(sha256(bytes))
        sent(Math.min(size, digests.length * CHUNK))
      }
      await this.#store(pkg.uri, { size, digests })
      return digests.length
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Null if it is not there; throws if it is not to be trusted. */
  async #record(uri: string): Promise<Record | null> {
    const { redis, keys } = this.#link
    const frame = await redis.getBuffer(keys.package(uri))
    if (frame === null) return null
    return decodeFrame<Record>(keys.seal.open(frame, purposeOf(uri))).header
  }

  /** Null also where a part is gone: a Redis that has too little memory drops what it likes. */
  async #whatIsWhole(uri: string): Promise<Record | null> {
    const record = await this.#record(uri)
    if (record === null || record.digests.length === 0) return record
    const { redis, keys } = this.#link
    const parts = record.digests.map((_, i) => keys.packagePart(uri, i))
    return (await redis.exists(...parts)) === parts.length ? record : null
  }

  /** All of it lives longer; false if some of it is gone. */
  async #extend(uri: string, record: Record): Promise<boolean> {
    const { redis, keys } = this.#link
    const parts = record.digests.map((_, i) => keys.packagePart(uri, i))
    const lives = await Promise.all(parts.map((name) => redis.pexpire(name, Life.package)))
    if (!lives.every((isThere) => isThere === 1)) return false
    await this.#store(uri, record)
    return true
  }

  /** Anew each time: a new signature is good for longer. */
  async #store(uri: string, record: Record): Promise<void> {
    const { redis, keys } = this.#link
    const sealed = keys.seal.close(encodeFrame(record), purposeOf(uri))
    await redis.set(keys.package(uri), sealed, 'PX', Life.package)
  }

  /** What drivers that are alive have used stays; what a Redis has lost is there again. */
  #renew(): void {
    const now = Date.now()
    for (const known of this.#byUri.values()) {
      if (known.chunks === 0 || now - known.renewed < Life.package / 3) continue
      known.renewed = now
      const { uri } = known.pkg
      this.#record(uri)
        .then(async (record) => record !== null && (await this.#extend(uri, record)))
        .then((isThere) => {
          if (isThere) return
          known.chunks = 0
          this.#start(known)
        })
        .catch(() => {})
    }
  }

  /** This process goes, and what it has put there is needed for so long. */
  async keep(life: number): Promise<void> {
    const { redis, keys } = this.#link
    const names = [...this.#byUri].flatMap(([uri, { chunks }]) => [
      keys.package(uri),
      ...Array.from({ length: chunks }, (_, i) => keys.packagePart(uri, i)),
    ])
    await Promise.all(names.map((name) => redis.pexpire(name, Math.max(life, Life.package))))
  }

  /** Asked by a worker that has lost it. */
  again(uri: string): void {
    const known = this.#byUri.get(uri)
    if (known === undefined || known.chunks === 0) return
    known.chunks = 0
    this.#start(known)
  }

  async fetch(uri: string, toFile: string, signal: AbortSignal): Promise<void> {
    let record = await this.#whatIsWhole(uri)
    for (
      const end = Date.now() + PATIENCE;
      record === null && Date.now() < end;
      record = await this.#whatIsWhole(uri)
    ) {
      signal.throwIfAborted()
      void this.#link.tellAll({ kind: 'package', uri })
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    if (record === null)
      throw new Error(`the package ${uri} is not in Redis, and no driver that is there has it`)
    await pipeline(Readable.from(this.#chunks(uri, record, signal)), createWriteStream(toFile), { signal })
  }

  async *#chunks(uri: string, { digests }: Record, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { redis, keys } = this.#link
    for (const [i, digest] of digests.entries()) {
      signal.throwIfAborted()
      const bytes = await redis.getBuffer(keys.packagePart(uri, i))
      if (bytes === null) throw new Error(`a part of the package ${uri} is not in Redis any more`)
      if (sha256(bytes) !== digest) throw new Error(`a part of the package ${uri} is not what was uploaded`)
      yield bytes
    }
  }
}

const named = new WeakMap<ResolvedEnv, readonly string[]>()

/** The packages that an environment names. */
export function packagesOf(env: ResolvedEnv | null): readonly string[] {
  if (env === null) return []
  let uris = named.get(env)
  if (uris === undefined) {
    const found = new Set<string>()
    collect(env.fields, found)
    named.set(env, (uris = [...found]))
  }
  return uris
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string') {
    if (namesPackage(value)) found.add(value)
  } else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) collect(each, found)
}

const purposeOf = (uri: string) => `package-${uri}`
