// Where archives are: by URI, or by path on this machine.
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { archiveKind, parsePackageName } from '../package/name.ts'
import { refuse, show } from './field.ts'

const schemes = ['http:', 'https:', 'file:', 'cornichon:']

/** One letter before the colon is a drive of Windows. */
export function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(text)
}

/** The URI in its normal form. Throws a TypeError if no worker could fetch it. */
export function checkUri(path: string, text: string): string {
  const scheme = text.slice(0, text.indexOf(':') + 1).toLowerCase()
  if (!schemes.includes(scheme))
    throw refuse(path, text, `archives are fetched by ${schemes.join(', ')} and no other scheme`)
  if (scheme === 'cornichon:') {
    if (parsePackageName(text) !== null) return text
    throw refuse(path, text, "a package's URI is cornichon://pkg_<64 hex digits>.zip or .tgz")
  }
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw refuse(path, text, 'that is not a URL')
  }
  if (scheme === 'file:') checkFileUrl(path, text, url)
  else if (url.hostname === '') throw refuse(path, text, 'it names no host')
  if (archiveKind(url.pathname) === null)
    throw refuse(path, text, `an archive's name ends with .zip, .tgz or .tar.gz`)
  return url.href
}

function checkFileUrl(path: string, text: string, url: URL): void {
  if (!/^file:\/\/\/(?!\/)/i.test(text))
    throw refuse(
      path,
      text,
      `a file: URL has three slashes and then the absolute path. Did you mean ${show(`file:///${url.host}${url.pathname}`.replace(/\/+$/, ''))}?`,
    )
  try {
    fileURLToPath(url)
  } catch (error) {
    throw refuse(path, text, (error as Error).message)
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
