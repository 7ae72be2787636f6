// What of a folder stays at home: our defaults, .gitignore and .cornichonignore at any depth, the caller's patterns. As in
// git, the last rule that says something about a path decides; what lies deeper speaks later, the caller last of all.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ignore, Options } from 'ignore'
import { lazy } from '../lazy.ts'

const ignore = lazy<(options: Options) => Ignore>('ignore')

/** Version control, installed packages, and what build tools keep for themselves. */
export const DEFAULT_EXCLUDES: readonly string[] = [
  ...['.git', '.hg', '.svn', '.jj'],
  ...['node_modules', '.pnpm-store', '.yarn/cache', '.yarn/unplugged'],
  ...[
    '.cache',
    '.parcel-cache',
    '.turbo',
    '.nx/cache',
    '.next/cache',
    '.vite',
    '.rollup.cache',
    '.rpt2_cache',
  ],
  ...['*.tsbuildinfo', '.eslintcache', '.stylelintcache', '.nyc_output', '__pycache__'],
  ...['.DS_Store', 'Thumbs.db', '.*.sw[op]'],
]

/** In this order: the second may take back what the first says. */
const ignoreFiles = ['.gitignore', '.cornichonignore']

interface Rules {
  /** The folder whose paths they are about, with a slash behind it; '' for the package itself. */
  readonly folder: string
  readonly rules: Ignore
}

export class IgnoreRules {
  /** Outermost first, the caller's not among them. */
  readonly #stack: readonly Rules[]
  readonly #excludes: Ignore | null

  private constructor(stack: readonly Rules[], excludes: Ignore | null) {
    this.#stack = stack
    this.#excludes = excludes
  }

  static withDefaults(excludes: readonly string[]): IgnoreRules {
    return new IgnoreRules(
      [{ folder: '', rules: rulesOf(DEFAULT_EXCLUDES) }],
      excludes.length === 0 ? null : rulesOf(excludes),
    )
  }

  static only(excludes: readonly string[]): IgnoreRules {
    return new IgnoreRules([], rulesOf(excludes))
  }

  /** The rules inside a folder that they do not leave out, given the names in it. */
  inside(root: string, folder: string, names: readonly string[]): IgnoreRules {
    const outer = this.#stack.map((each) => entered(each, folder))
    const files = ignoreFiles.filter((name) => names.includes(name))
    const rules = files.map((name) => readFileSync(join(root, folder, name), 'utf8')).join('\n')
    const own = files.length === 0 ? [] : [{ folder, rules: rulesOf(rules) }]
    return new IgnoreRules([...outer, ...own], this.#excludes)
  }

  /** A folder's path ends with a slash. */
  ignores(path: string): boolean {
    const callers = this.#excludes?.test(path)
    if (callers?.ignored) return true
    if (callers?.unignored) return false
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const { folder, rules } = this.#stack[i]!
      const said = rules.test(path.slice(folder.length))
      if (said.ignored) return true
      if (said.unignored) return false
    }
    return false
  }
}

/** What a folder's own rules leave out is left out for good, unless it is known that later ones took the folder back. */
function entered(outer: Rules, path: string): Rules {
  const inside = path.slice(outer.folder.length)
  if (inside === '' || !outer.rules.test(inside).ignored) return outer
  return {
    ...outer,
    rules: rulesOf([])
      .add(outer.rules)
      .add(`!/${inside.replace(/[\\*?[\]!#\s]/g, '\\$&')}`),
  }
}

/** A file's text, or one pattern each. */
function rulesOf(patterns: string | readonly string[]): Ignore {
  return ignore()({ ignorecase: false }).add(patterns)
}
