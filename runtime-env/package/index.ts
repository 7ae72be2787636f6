// Packages: a folder or an archive of this machine becomes a name that its contents alone decide, and an archive.
export { PackageChangedError, writeArchive } from './archive.ts'
export { DEFAULT_EXCLUDES } from './ignore-rules.ts'
export { type FolderOptions, packageArchive, packageFiles, packageFolder } from './make.ts'
