// Hashes of files and of manifests. A file that this process has hashed and that nobody touched since, going by its
// times, is not read again.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, type Stats } from 'node:fs'
import { sha256 } from '../sha256.ts'
import type { PackageFile } from '../types.ts'

/** Files up to this size are read at once. */
const AT_ONCE = 2 ** 20
/** A change so soon after the last one may leave a file's times as they were (git's 'racily clean'). */
const TICK = 2000

interface Hashed {
  readonly stats: Stats
  readonly hash: string
}

const hashed = new Map<string, Hashed>()

/** SHA-256 of a file's bytes, hex. */
export function hashFile(path: string, stats: Stats): string {
  const known = hashed.get(path)
  if (known !== undefined && isUntouched(known.stats, stats)) return known.hash
  const begun = Date.now()
  const hash = stats.size <= AT_ONCE ? sha256(readFileSync(path)) : hashParts(path)
  if (begun - Math.max(stats.ctimeMs, stats.mtimeMs) > TICK) hashed.set(path, { stats, hash })
  else hashed.delete(path)
  return hash
}

function isUntouched(a: Stats, b: Stats): boolean {
  return (
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.ino === b.ino &&
    a.dev === b.dev
  )
}

function hashParts(path: string): string {
  const hash = createHash('sha256')
  const part = Buffer.allocUnsafe(AT_ONCE)
  const file = openSync(path, 'r')
  try {
    for (let size = readSync(file, part); size > 0; size = readSync(file, part))
      hash.update(part.subarray(0, size))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** Of what a package holds, and of nothing else: paths, modes, bytes. */
export function hashManifest(files: readonly PackageFile[]): string {
  const hash = createHash('sha256').update('cornichon package 1\n')
  for (const { path, mode, hash: content } of files)
    hash.update(`${mode.toString(8)} ${content} ${JSON.stringify(path)}\n`)
  return hash.digest('hex')
}
