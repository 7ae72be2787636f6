// LocalPackages: of folders, of some files of a folder, of archives.
import { lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { sha256 } from '../sha256.ts'
import type { LocalPackage, PackageFile } from '../types.ts'
import { hashFile, hashManifest } from './hash.ts'
import { IgnoreRules } from './ignore-rules.ts'
import { checkSize } from './limits.ts'
import { archiveKind, packageName } from './name.ts'
import { byPath, type Found, regular, scan } from './scan.ts'

export interface FolderOptions {
  /** In gitignore's syntax: beside the defaults and the folder's own ignore files. */
  readonly excludes?: readonly string[]
  /** Whether the defaults and the folder's own ignore files count, too; true unless said otherwise. */
  readonly ignoreFiles?: boolean
}

/** A folder as a package: everything in it but what the rules leave out. */
export function packageFolder(
  path: string,
  { excludes = [], ignoreFiles = true }: FolderOptions = {},
): LocalPackage {
  const rules = ignoreFiles ? IgnoreRules.withDefaults(excludes) : IgnoreRules.only(excludes)
  return packageFound(path, scan(realpathSync(path), rules))
}

/** Some files of a folder as a package: what npm would publish of it, say. */
export function packageFiles(path: string, names: readonly string[]): LocalPackage {
  const found = names.map((name) => regular(name, lstatSync(join(path, name))))
  return packageFound(path, found.sort(byPath))
}

function packageFound(given: string, found: readonly Found[]): LocalPackage {
  const path = realpathSync(given)
  const size = checkSize(
    `the package of ${path}`,
    found,
    'Leave out what tasks do not need: excludes, .gitignore or .cornichonignore',
  )
  const files = found.map((each) => fileOf(path, each))
  return { uri: packageName(hashManifest(files), 'zip'), kind: 'folder', path, files, size }
}

function fileOf(root: string, { path, mode, size, target, stats }: Found): PackageFile {
  if (target !== undefined) return { path, mode, size, hash: sha256(target), target }
  return { path, mode, size, hash: stats.isDirectory() ? '' : hashFile(join(root, path), stats) }
}

/** An archive of this machine as a package. */
export function packageArchive(given: string): LocalPackage {
  const path = resolve(given)
  const stats = statSync(path)
  const size = checkSize(
    `the archive ${path}`,
    [{ path: basename(path), size: stats.size }],
    'Make it smaller',
  )
  const kind = archiveKind(path) ?? 'tgz'
  return { uri: packageName(hashFile(path, stats), kind), kind: 'archive', path, files: [], size }
}
