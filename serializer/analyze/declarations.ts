// Which declaration of its script a name means at an offset (spec: ResolveBinding, over the text). Of most variables
// that is enough to know, without asking V8, that they have no dead zone, can be written, or exist once.
import type { AnyNode, Expression, Pattern } from 'acorn'
import { eachBoundName } from './nodes.ts'
import { RangeTree } from './ranges.ts'

export interface Declaration {
  /** It has a temporal dead zone: let, const, class, imports; parameters where there are defaults or patterns. */
  readonly lexical: boolean
  /** It can't be written: const, imports, the names of classes and function expressions within themselves. */
  readonly immutable: boolean
  /** One run of the script makes one variable of it: it is in no function but those called where they stand. */
  readonly once: boolean
  readonly start: number
  /** Its declaration gives it a value, which is not just undefined. */
  readonly isGiven: boolean
}

interface ScopeRange {
  /** What is between functions, blocks and loops matters for how often it is entered. */
  readonly kind: 'function' | 'block' | 'loop'
  readonly start: number
  names: Map<string, Declaration> | null
}

interface Found {
  readonly name: string
  readonly offset: number
  readonly hoists: boolean
  readonly lexical: boolean
  readonly immutable: boolean
  readonly isGiven: boolean
}

export class Declarations {
  readonly #scopes = new RangeTree<ScopeRange>()
  readonly #top = new Map<string, Declaration>()
  #found: Found[] = []
  /** Where the scopes of functions begin that are called where they stand: `(() => { … })()`. */
  readonly #called = new Set<number>()

  /** The declaration that the name means in code at that offset; null if the script has none. */
  at(offset: number, name: string): Declaration | null {
    this.#settle()
    const scope = this.#scopes.innermost(offset, ({ names }) => names?.has(name) === true)
    return (scope?.names ?? this.#top).get(name) ?? null
  }

  /** To be called with every node of the script. */
  add(node: AnyNode): void {
    switch (node.type) {
      case 'FunctionDeclaration':
        if (node.id) {
          this.#declare(node.id.name, node.start, true, false, false)
          this.#declare(node.id.name, node.start, false, false, false)
        }
        this.#addFunction(node.id?.end ?? node.start, node.end, node.params)
        return
      case 'FunctionExpression':
        if (node.id) this.#addScope(node.start, node.end, 'block', node.id.name)
        this.#addFunction(node.id?.end ?? node.start, node.end, node.params)
        return
      case 'ArrowFunctionExpression':
        this.#addFunction(node.start, node.end, node.params)
        return
      case 'ClassDeclaration':
      case 'ClassExpression':
        // Behind its start, where the declaration itself stands.
        if (node.id) this.#addScope(node.start + 1, node.end, 'block', node.id.name)
        if (node.id && node.type === 'ClassDeclaration')
          this.#declare(node.id.name, node.start, false, true, false)
        return
      case 'StaticBlock':
        this.#addScope(node.start, node.end, 'function')
        return
      case 'BlockStatement':
      case 'SwitchStatement':
        this.#addScope(node.start, node.end, 'block')
        return
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#addScope(node.start, node.end, 'loop')
        return
      case 'CallExpression':
        this.#noteCall(node.callee)
        return
      case 'CatchClause':
        this.#addScope(node.start, node.end, 'block')
        if (node.param) this.#declarePattern(node.param, false, true, false)
        return
      case 'VariableDeclaration': {
        const isVar = node.kind === 'var'
        for (const { id, init } of node.declarations)
          this.#declarePattern(id, isVar, !isVar, !isVar && node.kind !== 'let', isValue(init))
        return
      }
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        this.#declare(node.local.name, node.start, false, true, true)
    }
  }

  #addFunction(start: number, end: number, parameters: readonly Pattern[]): void {
    this.#addScope(start, end, 'function')
    // Where a default is evaluated, later parameters are in their dead zone.
    const plain = parameters.every(({ type }) => type === 'Identifier')
    for (const parameter of parameters) this.#declarePattern(parameter, false, !plain, false)
  }

  /** `ownName` is declared in it: that of a function expression or class, within itself. */
  #addScope(start: number, end: number, kind: ScopeRange['kind'], ownName?: string): void {
    const own: Declaration = { lexical: true, immutable: true, once: false, start, isGiven: true }
    const names = ownName === undefined ? null : new Map([[ownName, own]])
    this.#scopes.add(start, end, { kind, start, names })
  }

  /** `(function () { … })()`, `(function () { … }).call(this)` */
  #noteCall(callee: AnyNode): void {
    const called = callee.type === 'MemberExpression' ? callee.object : callee
    if (called.type === 'ArrowFunctionExpression') this.#called.add(called.start)
    else if (called.type === 'FunctionExpression') this.#called.add(called.id?.end ?? called.start)
  }

  /** Is the scope entered once in a run of the script? */
  #isOnce(scope: ScopeRange, offset: number): boolean {
    let inside = false
    for (const around of this.#scopes.around(offset)) {
      inside ||= around === scope
      if (!inside) continue
      if (around.kind === 'loop' || (around.kind === 'function' && !this.#called.has(around.start)))
        return false
    }
    return true
  }

  #declarePattern(
    pattern: Pattern,
    hoists: boolean,
    lexical: boolean,
    immutable: boolean,
    isGiven = true,
  ): void {
    eachBoundName(pattern, (name) => this.#declare(name, pattern.start, hoists, lexical, immutable, isGiven))
  }

  #declare(
    name: string,
    offset: number,
    hoists: boolean,
    lexical: boolean,
    immutable: boolean,
    isGiven = true,
  ): void {
    this.#found.push({ name, offset, hoists, lexical, immutable, isGiven })
  }

  /** Gives every declaration to its scope, when all scopes are known. */
  #settle(): void {
    const found = this.#found
    this.#found = []
    for (const { name, offset, hoists, lexical, immutable, isGiven } of found) {
      const scope = this.#scopes.innermost(offset, ({ kind }) => kind === 'function' || !hoists)
      const names = scope ? (scope.names ??= new Map()) : this.#top
      const known = names.get(name)
      names.set(name, {
        // `var x` beside a parameter x, or a function beside a var: one variable.
        lexical: lexical || (known?.lexical ?? false),
        immutable: immutable || (known?.immutable ?? false),
        once: known?.once ?? (scope === null || this.#isOnce(scope, offset)),
        start: known?.start ?? offset,
        isGiven,
      })
    }
  }
}

/** Is there an initializer, and is it more than `undefined` or `void 0`? */
function isValue(init: Expression | null | undefined): boolean {
  if (!init) return false
  return (
    !(init.type === 'Identifier' && init.name === 'undefined') &&
    !(init.type === 'UnaryExpression' && init.operator === 'void')
  )
}
