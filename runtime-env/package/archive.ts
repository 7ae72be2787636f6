// Writing a package's archive: the same files give the same bytes, and only those that the package was made of get in.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, type Stats } from 'node:fs'
import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Options, ZipFile } from 'yazl'
import { lazy } from '../lazy.ts'
import { sha256 } from '../sha256.ts'
import type { LocalPackage, PackageFile } from '../types.ts'
import { parsePackageName } from './name.ts'
import { FOLDER, LINK, relativeTarget } from './scan.ts'

const yazl = lazy<typeof import('yazl')>('yazl')

/** Larger files are read part by part. */
const AT_ONCE = 2 ** 20
/** How many files are read while those before them are compressed. */
const AHEAD = 16

/** Of deflate: 3 % more bytes than by its default, 6, in half the time. */
const LEVEL = 4

/** What was packaged is not what is there now. */
export class PackageChangedError extends Error {
  override readonly name = 'PackageChangedError'
  readonly path: string

  constructor(path: string, how: string, options?: ErrorOptions) {
    super(
      `${path} ${how} since its package was made. Make a new RuntimeEnv of what is there now, and leave out files that programs write to (excludes)`,
      options,
    )
    this.path = path
  }
}

export interface WriteOptions {
  readonly signal?: AbortSignal
  /** Told how many bytes of the package's files have been read so far. */
  readonly onProgress?: (bytes: number) => void
}

/** Writes the archive that `uri` names. Rejects with a PackageChangedError if a file has changed; the file is then junk. */
export async function writeArchive(
  pkg: LocalPackage,
  toFile: string,
  { signal, onProgress }: WriteOptions = {},
): Promise<void> {
  let done = 0
  const count = (bytes: number) => onProgress?.((done += bytes))
  if (pkg.kind === 'archive') {
    const { hash } = parsePackageName(pkg.uri)!
    return write([createReadStream(pkg.path), new Checked(pkg.path, hash, count)], toFile, signal)
  }
  const zip = new (yazl().ZipFile)()
  const stream = zip.outputStream as Transform
  // What fails in an entry fails the archive.
  const fail = (error: Error) => stream.destroy(error)
  zip.on('error', fail)
  addFiles(zip, pkg, count, stream).then(() => zip.end(), fail)
  await write([stream], toFile, signal)
}

/** In order, and the same each time; read and compressed some at a time. */
async function addFiles(
  zip: ZipFile,
  { path: root, files }: LocalPackage,
  count: (bytes: number) => void,
  output: Transform,
): Promise<void> {
  const ahead: Promise<Content>[] = []
  for (let next = 0, at = 0; at < files.length; at++) {
    for (; next < files.length && ahead.length < AHEAD; next++) {
      const content = contentOf(join(root, files[next]!.path), files[next]!, count)
      // Seen when it is its turn.
      content.catch(() => {})
      ahead.push(content)
    }
    const content = await ahead.shift()!
    if (output.destroyed) return
    const { path, mode, size } = files[at]!
    // The format keeps times without their zone: this is the same time in each.
    const entry = { mtime: new Date(2000, 0, 1), mode, forceDosTimestamp: true }
    if (content === null) zip.addEmptyDirectory(path, entry)
    else if (Buffer.isBuffer(content))
      zip.addBuffer(content, path, { ...entry, compressionLevel: size > 0 && mode !== LINK ? LEVEL : 0 })
    else await addLarge(zip, path, entry, content, output)
    if (output.writableNeedDrain) await drained(output)
  }
}

/** Whose turn comes when all before it is written; what comes after it waits. */
async function addLarge(
  zip: ZipFile,
  path: string,
  entry: Partial<Options>,
  open: () => Readable,
  output: Transform,
): Promise<void> {
  await new Promise<void>((resolve) => {
    output.once('close', resolve)
    zip.addReadStreamLazy(path, { ...entry, compressionLevel: LEVEL }, (give) => {
      const bytes = open().on('error', (error) => output.destroy(error))
      bytes.once('end', resolve)
      give(null, bytes)
    })
  })
}

function drained(output: Transform): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      output.off('drain', go).off('close', go)
      resolve()
    }
    output.on('drain', go).on('close', go)
  })
}

/** Null for a folder. */
type Content = Buffer | (() => Readable) | null

async function contentOf(path: string, file: PackageFile, count: (bytes: number) => void): Promise<Content> {
  const { mode, size, hash } = file
  if (mode === FOLDER) return null
  if (mode === LINK) return Buffer.from(await checkedLink(path, file))
  const stats = await statsOf(path)
  if (!stats.isFile()) throw new PackageChangedError(path, 'has become something else than a file')
  if ((stats.mode & 0o100) !== (mode & 0o100)) throw new PackageChangedError(path, 'has changed its mode')
  if (stats.size !== size) throw new PackageChangedError(path, 'has changed')
  if (size > AT_ONCE) {
    return () => {
      const check = new Checked(path, hash, count)
      return createReadStream(path)
        .on('error', (error) => check.destroy(error))
        .pipe(check)
    }
  }
  const bytes = await readFile(path)
  if (sha256(bytes) !== hash) throw new PackageChangedError(path, 'has changed')
  count(bytes.length)
  return bytes
}

/** The file is closed, whether it is whole or not. */
async function write(
  from: readonly Readable[],
  toFile: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const output = createWriteStream(toFile)
  const closed = new Promise<void>((resolve) => output.once('close', resolve))
  try {
    await pipeline([...from, output], { signal })
  } finally {
    await closed
  }
}

async function checkedLink(path: string, { target }: PackageFile): Promise<string> {
  const stats = await statsOf(path)
  if (!stats.isSymbolicLink()) throw new PackageChangedError(path, 'is no link any more')
  const points = await readlink(path)
  if (points === target || relativeTarget(path, points) === target) return target!
  throw new PackageChangedError(path, 'points elsewhere')
}

function statsOf(path: string): Promise<Stats> {
  return lstat(path).catch((error: unknown) => {
    throw new PackageChangedError(path, 'has gone', { cause: error })
  })
}

/** Passes bytes on, and fails at their end if they are not those of the hash. */
class Checked extends Transform {
  readonly #path: string
  readonly #wanted: string
  readonly #count: (bytes: number) => void
  readonly #hash = createHash('sha256')

  constructor(path: string, wanted: string, count: (bytes: number) => void) {
    super()
    this.#path = path
    this.#wanted = wanted
    this.#count = count
  }

  override _transform(part: Buffer, _: BufferEncoding, next: TransformCallback): void {
    this.#hash.update(part)
    this.#count(part.length)
    next(null, part)
  }

  override _flush(next: TransformCallback): void {
    const isSame = this.#hash.digest('hex') === this.#wanted
    next(isSame ? null : new PackageChangedError(this.#path, 'has changed'))
  }
}
