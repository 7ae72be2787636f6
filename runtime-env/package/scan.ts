// A folder's files, as the rules leave them. Synchronous: environments are resolved in the middle of a call.
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { foldName, segmentsOf } from '../unpack/entries.ts'
import type { IgnoreRules } from './ignore-rules.ts'

/** A file, a link or an empty folder that is to be packaged; its bytes have not been read. */
export interface Found {
  readonly path: string
  readonly mode: number
  readonly size: number
  /** Of a link: where it points, from where it is, with slashes. */
  readonly target?: string
  readonly stats: Stats
}

export const FILE = 0o100644
export const PROGRAM = 0o100755
export const LINK = 0o120777
export const FOLDER = 0o40755

/** Sorted by path, by code units. The root is a real path. */
export function scan(root: string, rules: IgnoreRules | null): Found[] {
  const found: Found[] = []
  const problems: string[] = []
  const visit = (folder: string, outer: IgnoreRules | null) => {
    const names = readdirSync(join(root, folder)).sort()
    const inner = outer?.inside(root, folder, names) ?? null
    if (names.length === 0 && folder !== '')
      found.push({ path: folder.slice(0, -1), mode: FOLDER, size: 0, stats: lstatSync(join(root, folder)) })
    for (const name of names) {
      const path = `${folder}${name}`
      const stats = lstatSync(join(root, path))
      const isFolder = stats.isDirectory()
      if (inner?.ignores(isFolder ? `${path}/` : path)) continue
      if (isFolder) visit(`${path}/`, inner)
      else if (stats.isFile()) found.push(regular(path, stats))
      else if (stats.isSymbolicLink()) found.push(link(root, path, stats, problems))
      else problems.push(`${path} is ${kindOf(stats)}, which no archive holds`)
    }
  }
  visit('', rules)
  problems.push(...unfitNames(found))
  if (problems.length > 0) throw unfit(root, problems)
  return found.sort(byPath)
}

/** What a worker would not unpack, whatever system it runs on. */
function unfitNames(found: readonly Found[]): string[] {
  const problems: string[] = []
  /** By how file systems see them that do not tell case apart: files, links and the folders above. */
  const seen = new Map<string, string>()
  for (const { path } of found) {
    try {
      segmentsOf(path)
    } catch (error) {
      problems.push((error as Error).message)
    }
    for (let at = path; at !== '.'; at = dirname(at)) {
      const folded = foldName(at)
      const other = seen.get(folded)
      if (other === at) break
      if (other === undefined) seen.set(folded, at)
      else problems.push(`${other} and ${at} are the same where case does not count`)
    }
  }
  return [...new Set(problems)]
}

/** By code units. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1
}

export function regular(path: string, stats: Stats): Found {
  // By the owner's bit, as git does: the others depend on the umask.
  return { path, mode: stats.mode & 0o100 ? PROGRAM : FILE, size: stats.size, stats }
}

/** Links that stay inside are kept as links, written relative to where they are. */
function link(root: string, path: string, stats: Stats, problems: string[]): Found {
  const at = join(root, path)
  const written = readlinkSync(at)
  const points = isAbsolute(written) && isInside(root, written) ? relativeTarget(at, written) : written
  if (isAbsolute(points) || leaves(root, dirname(at), slashed(points)))
    problems.push(`${path} is a link to ${written}, which is outside`)
  const target = slashed(points)
  return { path, mode: LINK, size: Buffer.byteLength(target), target, stats }
}

/** Where a link points, from where it is. */
export function relativeTarget(link: string, target: string): string {
  return slashed(isAbsolute(target) ? relative(dirname(link), target) || '.' : target)
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}

/** Whether a way, from a folder and through the links on it, leads out of the root, be it to come in again. */
function leaves(root: string, from: string, way: string): boolean {
  let at = from
  for (const step of way.split('/')) {
    at = join(at, step)
    try {
      at = realpathSync(at)
    } catch {
      // There need not be anything: the link is kept all the same.
    }
    if (!isInside(root, at)) return true
  }
  return false
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

function unfit(root: string, problems: readonly string[]): Error {
  const shown = problems.slice(0, 10).join('; ')
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : ''
  return new Error(
    `${root} can't be packaged: ${shown}${more}. Leave them out (excludes, .gitignore or .cornichonignore), or replace links by what they point to`,
  )
}

function kindOf(stats: Stats): string {
  if (stats.isSocket()) return 'a socket'
  if (stats.isFIFO()) return 'a pipe'
  return 'a device'
}
