// Bundles as files, and what can be wrong with a file that a user names.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readContainer } from '../../serializer/bundle/container.ts'
import { withoutSignature } from '../../serializer/bundle/signature.ts'
import { UnpicklingError } from '../../serializer/index.ts'
import { UsageError } from './failure.ts'

/** What people have before they have a bundle. */
const PROGRAM = /\.[cm]?[jt]sx?$/

/** A bundle's bytes; what is no sound bundle is a mistake in the command's use. */
export function readBundle(file: string): Uint8Array {
  const bytes = attempt(`can't read ${file}`, () => readFileSync(file))
  try {
    readContainer(withoutSignature(bytes))
  } catch (error) {
    if (!(error instanceof UnpicklingError)) throw error
    const remedy = PROGRAM.test(file) ? `. cornichon pack ${file} makes one of what it exports` : ''
    throw new UsageError(`${file} can't be used: ${error.message}${remedy}`)
  }
  return bytes
}

export function writeBundle(file: string, bytes: Uint8Array): void {
  attempt(`can't write ${file}`, () => writeFileSync(file, bytes))
}

/** Tells early, before a program is run for its value, that the output could not be written. */
export function checkWritable(file: string): void {
  const folder = dirname(file)
  const isFolder = attempt(`can't write ${file}`, () => statSync(folder)).isDirectory()
  if (!isFolder) throw new UsageError(`can't write ${file}: ${folder} is not a folder`)
  if (isExistingFolder(file)) throw new UsageError(`can't write ${file}: it is a folder`)
}

export function isExistingFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

export function isExistingFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new UsageError(`${what}: ${reasonOf(error)}`)
  }
}

export function reasonOf(error: unknown): string {
  const { code, message, path } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return path === undefined ? 'there is no such file' : `there is no ${path}`
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'ERR_ACCESS_DENIED':
      return 'it is not among the grants of --permission: fs-read=FILE, or a folder, lets the worker read it, and its tasks, too'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOSPC':
      return 'the disk is full'
    default:
      return message
  }
}
