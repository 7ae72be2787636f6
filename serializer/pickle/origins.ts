// Whose `import.meta`, folder or file name the graph's code asks for. A module whose functions only have an
// `import.meta` of their own, and never ask where it is, stays nameless: no path of this machine travels unasked.
import { createHash } from 'node:crypto'
import type { FunctionFacts } from '../analyze/index.ts'
import type { LiveFunction } from './functions/context.ts'
import { knownOrigin } from './source.ts'

const NAMELESS = 'cornichon:'
/** The properties of `import.meta` that say or use the module's place. */
const PLACES = /^(?:url|filename|dirname|resolve|main)$/

export class Origins {
  readonly #asked = new Set<string>()

  /** Notes that code asks for the place of its module. */
  ask(url: string): void {
    this.#asked.add(url)
  }

  /** The folder or file URL that the function's imports are resolved from, if it asks for one. */
  of(live: LiveFunction): string | null {
    const { facts, text } = live
    if (!facts.importMeta && !importsFromItsFolder(facts, text)) return null
    const origin = originOf(live)
    if (origin !== null && (importsFromItsFolder(facts, text) || !asksNoPlace(facts, text))) this.ask(origin)
    return origin
  }

  /** What stands for the origin in the bundle: its url, or a name that only tells modules apart. */
  settled(url: string | null): string | null {
    if (url === null || this.#asked.has(url) || url.startsWith(NAMELESS)) return url
    return `${NAMELESS}${createHash('sha256').update(url).digest('hex').slice(0, 16)}`
  }
}

/** The URL of the module that the function comes from, if that is known. */
export function originOf({ fn, site }: LiveFunction): string | null {
  const url = knownOrigin(fn) ?? site.script?.url
  if (!url) return null
  return url.startsWith('/') ? new URL(url, 'file://').href : url
}

/** Is every `import.meta` of the code followed by the name of a property that has nothing to do with its place? */
function asksNoPlace(facts: FunctionFacts, text: string): boolean {
  return facts.importMetaRanges.every(({ end }) => {
    const member = /^\s*\??\.\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(text.slice(end, end + 100))
    return member !== null && !PLACES.test(member[1])
  })
}

/** Built-in modules and data: URLs are the same from everywhere. */
function importsFromItsFolder(facts: FunctionFacts, text: string): boolean {
  return facts.dynamicImportRanges.some(
    (range) => !/^\s*\(\s*(['"`])(?:node|data):[^'"`$]*\1\s*\)/.test(text.slice(range.end)),
  )
}
