// analyzeScript: the text of a whole script or module, as it ran, to ScriptFacts: what its imports are and what
// surrounds an offset (strict code, a class, an object literal).
import type { AnyNode, Program } from 'acorn'
import { TextCache } from './cache.ts'
import type { ImportBinding, Range, ScriptFacts } from './facts.ts'
import { hasUseStrict } from './nodes.ts'
import { parseScript } from './parse.ts'
import { RangeTree } from './ranges.ts'

const charactersKept = 64 * 2 ** 20
const caches = {
  module: new TextCache<ScriptFacts>(charactersKept),
  script: new TextCache<ScriptFacts>(charactersKept),
}

/** Analyzes a script's whole text, when something is first asked of it. Never throws. */
export function analyzeScript(text: string, kind: 'module' | 'script'): ScriptFacts {
  const known = caches[kind].get(text)
  if (known !== undefined) return known
  const facts = new LazyScriptFacts(text, kind)
  caches[kind].set(text, facts)
  return facts
}

class LazyScriptFacts implements ScriptFacts {
  readonly #kind: 'module' | 'script'
  /** Null as soon as it was parsed. */
  #text: string | null
  #regions = new Regions()
  #imports: ReadonlyMap<string, ImportBinding> = new Map()

  constructor(text: string, kind: 'module' | 'script') {
    this.#text = text
    this.#kind = kind
  }

  get imports(): ReadonlyMap<string, ImportBinding> {
    this.#parse()
    return this.#imports
  }

  strictAt(offset: number): boolean {
    return this.#kind === 'module' || this.#parse().strict.innermost(offset) !== null
  }

  classAround(offset: number): Range | null {
    return this.#parse().classes.innermost(offset)?.value ?? null
  }

  objectAround(offset: number): Range | null {
    return this.#parse().methods.innermost(offset)?.value ?? null
  }

  #parse(): Regions {
    if (this.#text === null) return this.#regions
    const text = this.#text
    this.#text = null
    try {
      let regions = this.#regions
      const program = parseScript(text, this.#kind, () => {
        regions = new Regions()
        return (node) => regions.add(node)
      })
      if (hasDirective(program)) regions.strict.add(0, text.length + 1, null)
      this.#regions = regions
      this.#imports = importsOf(program)
    } catch {
      // Nothing is known, then.
    }
    return this.#regions
  }
}

/** The parts of a script that are asked for by offset. */
class Regions {
  readonly strict = new RangeTree<null>()
  readonly classes = new RangeTree<Range>()
  /** The methods and accessors of object literals, each with its literal. */
  readonly methods = new RangeTree<Range>()

  add(node: AnyNode): void {
    switch (node.type) {
      // Spec 11.2.2: "All parts of a ClassDeclaration or a ClassExpression are strict mode code."
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.strict.add(node.start, node.end, null)
        this.classes.add(node.start, node.end, { start: node.start, end: node.end })
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (hasUseStrict(node)) this.strict.add(node.start, node.end, null)
        return
      case 'ObjectExpression': {
        let range: Range | undefined
        for (const property of node.properties) {
          if (property.type !== 'Property' || (property.kind === 'init' && !property.method)) continue
          range ??= { start: node.start, end: node.end }
          this.methods.add(property.start, property.end, range)
        }
      }
    }
  }
}

function hasDirective(program: Program): boolean {
  for (const statement of program.body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) return false
    if (statement.directive === 'use strict') return true
  }
  return false
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
