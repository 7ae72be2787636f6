// excludes: what of workingDir stays at home, in gitignore's syntax. Mistakes that gitignore itself would pass over in
// silence are errors here.
import { checkList, type Field, refuse, show } from './field.ts'

export const excludes: Field<'excludes'> = {
  name: 'excludes',
  otherNames: ['exclude', 'ignore', 'ignores', 'excluded'],
  check(value, base) {
    const patterns = checkList('excludes', "patterns in gitignore's syntax", value)
    for (const [i, pattern] of patterns.entries()) {
      const why = whyNoPattern(pattern, base)
      if (why !== null) throw refuse(`excludes[${i}]`, pattern, why)
    }
    return patterns
  },
}

/** What is wrong with a pattern, and what is meant; null if nothing is. */
function whyNoPattern(pattern: string, base: string): string | null {
  const glob = pattern.replace(/^!/, '')
  if (glob.trim() === '') return 'there is nothing behind the !'
  if (pattern.startsWith('#')) return 'it is a comment. Write \\# for the character itself'
  if (glob.startsWith(`${base}/`))
    return "it never matches: patterns begin at the folder, not at the machine's root"
  if (/[\r\n]/.test(pattern)) return 'one pattern for each item of the list'
  if (/(^|[^\\])(\\\\)*\\$/.test(pattern)) return 'there is nothing behind the last backslash'
  if (hasOpenBracket(glob)) return 'a [ has no ]. Write \\[ for the character itself'
  const isFromHere = /^\.\//.exec(glob)
  if (isFromHere)
    return `it never matches: patterns begin at the folder itself. Did you mean ${show(anchored(pattern, glob))}?`
  if (/(^|\/)\.\.(\/|$)/.test(glob))
    return "it never matches: there is nothing but the folder's own files, so no '..'"
  if (/^[A-Za-z]:[\\/]/.test(glob)) return 'patterns are relative to the folder'
  if (/[^\\]\\[A-Za-z0-9]/.test(glob))
    return `between folders stands a slash. Did you mean ${show(pattern.replaceAll('\\', '/'))}?`
  const braces = /\{([^{}]*,[^{}]*)\}/.exec(glob)
  if (braces) {
    const each = braces[1]!.split(',').map((part) => show(pattern.replace(braces[0], part)))
    return `gitignore's syntax has no braces. Did you mean ${each.join(', ')}?`
  }
  return null
}

function anchored(pattern: string, glob: string): string {
  return `${pattern.startsWith('!') ? '!' : ''}/${glob.replace(/^(\.\/)+/, '')}`
}

function hasOpenBracket(glob: string): boolean {
  const plain = glob.replace(/\\./g, '')
  for (let at = plain.indexOf('['); at >= 0; at = plain.indexOf('[', at)) {
    // The first character of a set may be a bracket itself.
    const end = plain.indexOf(
      ']',
      at + (/^\[[!^]?\]/.test(plain.slice(at)) ? plain.slice(at).indexOf(']') + 1 : 1),
    )
    if (end < 0) return true
    at = end
  }
  return false
}
