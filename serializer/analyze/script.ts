// analyzeScript: the text of a whole script or module, as it ran, to ScriptFacts: what its imports are and what
// surrounds an offset (strict code, a class, an object literal).
import type { AnyNode, Program } from 'acorn'
import { TextCache } from './cache.ts'
import { type Declaration, Declarations } from './declarations.ts'
import type { HomeRange, ImportBinding, Range, ScriptFacts } from './facts.ts'
import { isStrict } from './nodes.ts'
import { parseScript } from './parse.ts'
import { Regions } from './regions.ts'

const charactersKept = 64 * 2 ** 20
const caches = {
  module: new TextCache<LazyScriptFacts>(charactersKept),
  script: new TextCache<LazyScriptFacts>(charactersKept),
}

/** Analyzes a script's whole text, when something is first asked of it. Never throws. */
export function analyzeScript(text: string, kind: 'module' | 'script'): ScriptFacts {
  const known = caches[kind].get(text)
  if (known !== undefined) return known
  const facts = new LazyScriptFacts(text, kind)
  caches[kind].set(text, facts)
  return facts
}

/** Whether analyzing the script costs nothing any more. */
export function isScriptAnalyzed(text: string, kind: 'module' | 'script'): boolean {
  return caches[kind].get(text)?.isParsed === true
}

class LazyScriptFacts implements ScriptFacts {
  readonly #kind: 'module' | 'script'
  /** Null as soon as it was parsed. */
  #text: string | null
  #regions = new Regions()
  #declarations = new Declarations()
  #imports: ReadonlyMap<string, ImportBinding> = new Map()

  constructor(text: string, kind: 'module' | 'script') {
    this.#text = text
    this.#kind = kind
  }

  get isParsed(): boolean {
    return this.#text === null
  }

  get imports(): ReadonlyMap<string, ImportBinding> {
    this.#parse()
    return this.#imports
  }

  declarationOf(offset: number, name: string): Declaration | null {
    this.#parse()
    return this.#declarations.at(offset, name)
  }

  isAssigned(declaration: Declaration): boolean {
    return this.#declarations.isAssigned(declaration)
  }

  isRunOnce(offset: number): boolean {
    this.#parse()
    return this.#declarations.isRunOnce(offset)
  }

  strictAt(offset: number): boolean {
    return this.#kind === 'module' || this.#parse().strictAt(offset)
  }

  classAround(offset: number): Range | null {
    return this.#parse().classAround(offset)
  }

  classDeclaring(offset: number, privateName: string): Range | null {
    return this.#parse().classDeclaring(offset, privateName)
  }

  objectAround(offset: number): Range | null {
    return this.#parse().objectAround(offset)
  }

  homeAround(offset: number): HomeRange | null {
    return this.#parse().homeAround(offset)
  }

  declarationAt(offset: number): boolean {
    return this.#parse().declarationAt(offset)
  }

  #parse(): Regions {
    if (this.#text === null) return this.#regions
    const text = this.#text
    this.#text = null
    try {
      let regions = this.#regions
      let declarations = this.#declarations
      const program = parseScript(text, this.#kind, () => {
        regions = new Regions()
        declarations = new Declarations()
        return (node) => {
          regions.add(node)
          declarations.add(node)
        }
      })
      if (isStrict(program.body)) regions.addStrict(0, text.length + 1)
      this.#regions = regions
      this.#declarations = declarations
      this.#imports = importsOf(program)
    } catch {
      // Nothing is known, then.
    }
    return this.#regions
  }
}

function importsOf(program: Program): ReadonlyMap<string, ImportBinding> {
  const imports = new Map<string, ImportBinding>()
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration') continue
    const specifier = String(statement.source.value)
    for (const node of statement.specifiers) {
      const local = node.local.name
      imports.set(local, { local, specifier, imported: importedName(node) })
    }
  }
  return imports
}

type SpecifierNode = Extract<AnyNode, { type: 'ImportDeclaration' }>['specifiers'][number]

function importedName(node: SpecifierNode): string {
  switch (node.type) {
    case 'ImportDefaultSpecifier':
      return 'default'
    case 'ImportNamespaceSpecifier':
      return '*'
    case 'ImportSpecifier':
      return node.imported.type === 'Identifier' ? node.imported.name : String(node.imported.value)
  }
}
