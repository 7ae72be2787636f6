// Paths of this machine that a user wrote: that there is something, and what was meant if there is not.
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { nearest } from '../nearest.ts'
import { absolute, refuse, show } from './field.ts'

/** What is at a path: its absolute form. Throws a TypeError if there is nothing. */
export function checkExists(field: string, given: string, base: string): { path: string; isFolder: boolean } {
  const path = absolute(given, base)
  let stats: ReturnType<typeof statSync>
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw refuse(field, given, `it can't be read: ${(error as Error).message}`)
  }
  if (stats === undefined) throw refuse(field, given, nothingAt(given, path))
  if (stats.isDirectory()) return { path, isFolder: true }
  if (!stats.isFile()) throw refuse(field, given, 'that is neither a file nor a folder')
  return { path, isFolder: false }
}

function nothingAt(given: string, path: string): string {
  if (given.startsWith('~')) return "a '~' is the shell's: write the whole path, or join(homedir(), ...)"
  const near = neighbours(path)
  const meant = nearest(basename(path), near)
  const hint = meant === undefined ? '' : `. Did you mean ${show(join(dirname(given), meant))}?`
  return `there is nothing at ${path}${hint}`
}

function neighbours(path: string): string[] {
  try {
    return readdirSync(dirname(path))
  } catch {
    return []
  }
}
