// What an entry of npm's asks for: `name@range`, or something on this machine.
import { isBuiltin } from 'node:module'
import { refuse, show } from '../fields/field.ts'
import { lazy } from '../lazy.ts'

/** Null if it is no semver range. */
export const validRange = lazy<(range: string) => string | null>('semver/ranges/valid.js')

const NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const TAG = /^[a-z][\w.-]*$/i

/** By path: a folder or .tgz. */
export function isLocal(entry: string): boolean {
  return (
    /^(\.{0,2}[\\/]|\.\.?$|~[\\/]|file:|[a-z]:[\\/])/i.test(entry) ||
    /\.(tgz|tar\.gz|tar)$/i.test(withoutUrl(entry))
  )
}

function withoutUrl(entry: string): string {
  return /:\/\//.test(entry) ? '' : entry
}

export function localPath(entry: string): string {
  return entry.replace(/^file:(\/\/(?=\/))?/i, '')
}

/** `@scope/name@^1.2` -> its parts. Throws a TypeError if it is not one, or npm would not know what to do with it. */
export function parseSpec(path: string, entry: string): { name: string; spec: string } {
  const at = entry.indexOf('@', 1)
  const name = at < 0 ? entry : entry.slice(0, at)
  const spec = at < 0 ? '*' : entry.slice(at + 1)
  if (!NAME.test(name)) throw refuse(path, entry, whyNoName(entry, name))
  if (isBuiltin(name) && at < 0)
    throw refuse(
      path,
      entry,
      'that module is part of Node.js. To mean a package of that name, write a range, too',
    )
  if (spec === '') throw refuse(path, entry, `there is no range behind the @. Did you mean ${show(name)}?`)
  if (entry === 'auto')
    throw refuse(
      path,
      entry,
      "'auto' stands alone: npm: 'auto'. To mean the package auto, write a range, too",
    )
  const why = whyNoSpec(spec)
  if (why !== null) throw refuse(path, entry, why)
  return { name, spec }
}

function whyNoName(entry: string, name: string): string {
  if (entry.startsWith('node:')) return 'that module is part of Node.js'
  if (/^(git|github|gitlab|bitbucket|gist|https?|ssh)\b[^@]*:/.test(entry))
    return 'what is not in a registry is named first: write name@URL, or give a local folder or .tgz'
  const pip = /^([@\w./-]+?)\s*(==|>=|<=|~=|!=|[=<>~^ ])\s*(.+)$/.exec(entry)
  if (pip && NAME.test(pip[1]!) && (pip[2] !== ' ' || /^[\dv*~^=<>]/.test(pip[3]!))) {
    const range =
      pip[2] === '==' || pip[2] === '=' || pip[2] === ' '
        ? pip[3]!
        : `${pip[2] === '~=' ? '~' : pip[2]}${pip[3]}`
    return `a name and a range have an @ between them. Did you mean ${show(`${pip[1]}@${range}`)}?`
  }
  if (/\s/.test(entry)) return 'one package for each item of the list, as name@range'
  if (NAME.test(name.toLowerCase()))
    return `names of packages are in small letters. Did you mean ${show(entry.toLowerCase())}?`
  return "it is no package's name. A folder or archive begins with ./ or /"
}

function whyNoSpec(spec: string): string | null {
  if (validRange()(spec) !== null || TAG.test(spec) || /^https?:\/\//.test(spec)) return null
  if (spec.startsWith('npm:')) {
    parseSpec('npm', spec.slice(4))
    return null
  }
  if (/^(workspace|link|portal|catalog|patch):/.test(spec))
    return `npm does not know ${spec.slice(0, spec.indexOf(':') + 1)}. Write the range, or the path of the folder`
  if (/^(git|github|gitlab|bitbucket)\b/.test(spec))
    return 'workers install from registries, and not from git. Give a local folder or .tgz'
  return `${show(spec)} is no semver range`
}
