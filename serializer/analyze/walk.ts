// The walk over a function's syntax tree: what it collects, and where it is. How it goes through each kind of node
// is in visit-expressions.ts, visit-statements.ts and visit-functions.ts.
import type { AnyNode, Identifier, Pattern, Statement } from 'acorn'
import type { Range, SuperRange } from './facts.ts'
import { declaresLexically, eachBoundName, isLexicalDeclaration } from './nodes.ts'
import { type Scope, ScopeTree, Use } from './scope.ts'

/** What the walk found, apart from names. But for the ranges, only in code that remains when a class is rebuilt. */
export class Findings {
  lexicalThis = false
  lexicalNewTarget = false
  /** Every `super` of a `super.x` of the code around, or of the method that the whole text is. */
  readonly superRanges: SuperRange[] = []
  superCall = false
  directEval = false
  usesWith = false
  importMeta = false
  dynamicImport = false
  computedParameterKeys = false
  readonly privateNames = new Set<string>()
  readonly importMetaRanges: Range[] = []
  readonly dynamicImportRanges: Range[] = []
  /** For each computed key of the outermost class (or of the method): its uses of names, from and to. */
  readonly keyUses = new Map<AnyNode, readonly [number, number]>()
  /** The scope of the function's or class's own name, if it has one. */
  ownScope: Scope | null = null
}

/** Where in the code the walk is. */
export interface Context {
  readonly scope: Scope | null
  /** Where `var` declares: the scope of a function body or of a static block. */
  readonly varScope: Scope | null
  readonly strict: boolean
  /** `this` and new.target here are those of the code around the whole text. */
  readonly outerThis: boolean
  /** `super` here is that of the code around, or of the method that the whole text is. */
  readonly outerSuper: boolean
  /** This code runs when the outermost class is defined, not after. */
  readonly definition: boolean
}

/** What to do at each kind of node. */
export type Visitors = { readonly [Node in AnyNode as Node['type']]?: (node: Node, walk: Walk) => void }

export class Walk {
  readonly tree = new ScopeTree()
  readonly findings = new Findings()
  /** The private names of the classes around, innermost last. */
  readonly privateNames: ReadonlySet<string>[] = []
  context: Context
  /** Where names stand, if it is asked: the node of every use, and the offsets of `{ x }` for `{ x: x }`. */
  places: { readonly uses: Identifier[]; readonly shorthands: Set<number> } | null = null
  readonly #visitors: Readonly<Record<string, (node: AnyNode, walk: Walk) => void>>
  readonly #offset: number

  /** `offset` is where the text to speak of starts in the text that was parsed. */
  constructor(visitors: Visitors, offset: number, context: Context) {
    this.#visitors = visitors as Readonly<Record<string, (node: AnyNode, walk: Walk) => void>>
    this.#offset = offset
    this.context = context
  }

  visit(node: AnyNode): void {
    this.#visitors[node.type](node, this)
  }

  visitAll(nodes: readonly (AnyNode | null)[]): void {
    for (const node of nodes) if (node !== null) this.visit(node)
  }

  /** Changes the context and returns the one before, to be put back. */
  enter(change: Partial<Context>): Context {
    const before = this.context
    this.context = { ...before, ...change }
    return before
  }

  /** Enters a new scope. */
  enterScope(): Context {
    return this.enter({ scope: this.tree.open(this.context.scope) })
  }

  use(node: Identifier, flags: number, member: string | null = null): void {
    const { scope, definition } = this.context
    this.places?.uses.push(node)
    this.tree.use(node.name, scope, definition ? flags | Use.definition : flags, member)
  }

  usePrivateName(name: string): void {
    if (this.context.definition || this.privateNames.some((names) => names.has(name))) return
    this.findings.privateNames.add(name)
  }

  range(start: number, end: number): Range {
    return { start: start - this.#offset, end: end - this.#offset }
  }

  /** Visits the targets of an assignment, or the expressions within a binding pattern. */
  visitPattern(node: Pattern, assigns: boolean): void {
    switch (node.type) {
      case 'Identifier':
        if (assigns) this.use(node, Use.write)
        return
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.type === 'RestElement') {
            this.visitPattern(property.argument, assigns)
          } else {
            if (property.computed) this.visit(property.key)
            if (property.shorthand) this.places?.shorthands.add(property.start)
            this.visitPattern(property.value, assigns)
          }
        }
        return
      case 'ArrayPattern':
        for (const element of node.elements) if (element) this.visitPattern(element, assigns)
        return
      case 'RestElement':
        this.visitPattern(node.argument, assigns)
        return
      case 'AssignmentPattern':
        this.visitPattern(node.left, assigns)
        this.visit(node.right)
        return
      case 'MemberExpression':
        this.visitMemberTarget(node)
    }
  }

  /** `x.a = 1`, `delete x.a`: not a mere read of a member of `x`. */
  visitMemberTarget(node: Extract<AnyNode, { type: 'MemberExpression' }>): void {
    if (node.object.type === 'Identifier') {
      this.use(node.object, Use.read)
      if (node.property.type === 'PrivateIdentifier') this.usePrivateName(node.property.name)
      else if (node.computed) this.visit(node.property)
    } else {
      this.visit(node)
    }
  }

  // ---- declarations

  declareNames(pattern: Pattern, scope: Scope): void {
    if (pattern.type === 'Identifier') scope.declare(pattern.name)
    else eachBoundName(pattern, (name) => scope.declare(name))
  }

  /** Declares in the current scope what the statements of a block or body declare there (spec 8.2.4 to 8.2.11). */
  declareStatements(statements: readonly Statement[], isTopLevel: boolean): void {
    const { scope, varScope, strict } = this.context
    if (scope === null) return
    for (let statement of statements) {
      while (statement.type === 'LabeledStatement') statement = statement.body
      if (!isLexicalDeclaration(statement)) continue
      if (statement.type === 'VariableDeclaration') {
        for (const { id } of statement.declarations) this.declareNames(id, scope)
        continue
      }
      scope.declare(statement.id.name)
      if (isTopLevel || strict || statement.type === 'ClassDeclaration' || varScope === null) continue
      if (!statement.async && !statement.generator) {
        this.tree.addBlockFunction(statement.id.name, scope, varScope)
      }
    }
  }

  /** Visits the statements of a block, in a scope of their own if they declare anything. */
  visitBlock(statements: readonly Statement[]): void {
    const before = this.context
    if (statements.some(declaresLexically)) {
      this.enterScope()
      this.declareStatements(statements, false)
    }
    this.visitAll(statements)
    this.context = before
  }
}
