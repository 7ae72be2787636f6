// Writing a package's archive: the same files give the same bytes, and only those that the package was made of get in.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, lstatSync } from 'node:fs'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { LocalPackage, PackageFile } from '../types.ts'
import { FOLDER, LINK } from './scan.ts'

/** Larger files are read part by part. */
const AT_ONCE = 2 ** 20

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
  options: WriteOptions = {},
): Promise<void> {
  let done = 0
  const count = (bytes: number) => options.onProgress?.((done += bytes))
  const output = createWriteStream(toFile)
  if (pkg.kind === 'archive') {
    const hash = /pkg_([0-9a-f]{64})/.exec(pkg.uri)![1]!
    await pipeline(createReadStream(pkg.path), checked(pkg.path, hash, count), output, {
      signal: options.signal,
    })
    return
  }
  const zip = new ZipFile()
  // What fails in an entry is the zip's error to tell, and the pipeline's to see.
  zip.on('error', (error: Error) => (zip.outputStream as Readable).destroy(error))
  for (const file of pkg.files) addEntry(zip, pkg.path, file, count)
  zip.end()
  await pipeline(zip.outputStream, output, { signal: options.signal })
}

function addEntry(zip: ZipFile, root: string, file: PackageFile, count: (bytes: number) => void): void {
  const { path, mode, size, hash } = file
  const at = join(root, path)
  // A constant in the zone where it is read: the format keeps no zone.
  const entry = { mtime: new Date(1980, 0, 1), mode, forceDosTimestamp: true }
  if (mode === FOLDER) zip.addEmptyDirectory(path, entry)
  else if (mode === LINK)
    zip.addBuffer(Buffer.from(checkedLink(at, file)), path, { ...entry, compress: false })
  else {
    zip.addReadStreamLazy(path, { ...entry, compress: size > 0 }, (give) => {
      openFile(at, file).then(
        (bytes) => give(null, bytes),
        (error: Error) => give(error, null as never),
      )
    })
  }

  async function openFile(at: string, { mode, size }: PackageFile): Promise<Readable> {
    const stats = await lstat(at).catch((error: unknown) => {
      throw new PackageChangedError(at, 'has gone', { cause: error })
    })
    if (!stats.isFile()) throw new PackageChangedError(at, 'has become something else than a file')
    if ((stats.mode & 0o100) !== (mode & 0o100)) throw new PackageChangedError(at, 'has changed its mode')
    const check = checked(at, hash, count)
    if (size > AT_ONCE)
      return createReadStream(at)
        .on('error', (error) => check.destroy(error))
        .pipe(check)
    check.end(await readFile(at))
    return check
  }
}

/** Passes bytes on, and fails at their end if they are not those of the hash. */
function checked(path: string, wanted: string, count: (bytes: number) => void): Transform {
  const hash = createHash('sha256')
  return new Transform({
    transform(part: Buffer, _, next) {
      hash.update(part)
      count(part.length)
      next(null, part)
    },
    flush(next) {
      next(hash.digest('hex') === wanted ? null : new PackageChangedError(path, 'has changed'))
    },
  })
}

function checkedLink(path: string, { target }: PackageFile): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() !== true) throw new PackageChangedError(path, 'is no link any more')
  return target!
}
