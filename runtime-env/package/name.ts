// What packages are called: by what is in them, so that one name means one thing on any machine.

const SCHEME = 'cornichon://'
const NAME = /^cornichon:\/\/pkg_([0-9a-f]{64})\.(zip|tgz)$/

export type ArchiveKind = 'zip' | 'tgz'

/** Of a folder, the hash is that of its manifest; of what was an archive from the start, that of its bytes. */
export function packageName(hash: string, kind: ArchiveKind): string {
  return `${SCHEME}pkg_${hash}.${kind}`
}

/** Null for what is no package's name. */
export function parsePackageName(uri: string): { readonly hash: string; readonly kind: ArchiveKind } | null {
  const found = NAME.exec(uri)
  return found && { hash: found[1]!, kind: found[2] as ArchiveKind }
}

/** Whether it is meant as one. */
export function namesPackage(uri: string): boolean {
  return uri.startsWith(SCHEME)
}

/** The kind of an archive by the end of its name; null for what is none. */
export function archiveKind(name: string): ArchiveKind | null {
  if (/\.zip$/i.test(name)) return 'zip'
  return /\.(tgz|tar\.gz)$/i.test(name) ? 'tgz' : null
}
