// Renames a free variable in the text of a function.
import MagicString from 'magic-string'
import { visitors } from './function.ts'
import { parseFunction } from './parse.ts'
import { Use } from './scope.ts'
import { outermostContext, visitRoot } from './visit-functions.ts'
import { Walk } from './walk.ts'

/**
 * The text with the free variable `from` called `to`, a name that must not be in the text unless it is the same. What
 * assigns it assigns `written` instead, if that is given: another name, or a member of an object (`a.b`).
 */
export function renameFree(text: string, from: string, to: string, written: string = to): string {
  const { node, offset } = parseFunction(text, false)
  const walk = new Walk(visitors, offset, outermostContext(node, false))
  const places = { uses: [], shorthands: new Set<number>() } as NonNullable<Walk['places']>
  walk.places = places
  visitRoot(node, walk)
  walk.tree.finish()
  const edits = new MagicString(text)
  for (const [index, { start, end, name: used }] of places.uses.entries()) {
    if (used !== from || walk.tree.declaredBy(index) !== null) continue
    const name = walk.tree.flags[index] & Use.write ? written : to
    edits.overwrite(start - offset, end - offset, places.shorthands.has(start) ? `${from}: ${name}` : name)
  }
  return edits.toString()
}
