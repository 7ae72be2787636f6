// Which declaration of its script a name means at an offset (spec: ResolveBinding, over the text). Of most variables
// that is enough to know, without asking V8, that they have no dead zone, can be written, or exist once.
import type { AnyNode, Expression, Pattern } from 'acorn'
import type { Range } from './facts.ts'
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
  /** Where its initializer is; null without one. */
  readonly initializer: Range | null
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
  readonly initializer: Range | null
}

export class Declarations {
  readonly #scopes = new RangeTree<ScopeRange>()
  readonly #top = new Map<string, Declaration>()
  #found: Found[] = []
  /** Where the scopes of functions begin that are called where they stand: `(() => { … })()`. */
  readonly #called = new Set<number>()
  /** What is assigned, and where, as long as scopes are missing. */
  #assignments: [name: string, offset: number][] = []
  readonly #assigned = new Set<Declaration>()
  /** Where such an assignment is what gives the variable its first value. */
  readonly #given = new Set<number>()

  /** The declaration that the name means in code at that offset; null if the script has none. */
  at(offset: number, name: string): Declaration | null {
    this.#settle()
    const scope = this.#scopes.innermost(offset, ({ names }) => names?.has(name) === true)
    return (scope?.names ?? this.#top).get(name) ?? null
  }

  /** Does the script assign the variable, beside where it declares it? */
  isAssigned(declaration: Declaration): boolean {
    this.#settle()
    return this.#assigned.has(declaration)
  }

  /** Does code at that offset run once in a run of the script? What begins there itself is left out. */
  isRunOnce(offset: number): boolean {
    return this.#runsOnce(offset, (scope) => scope.start < offset)
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
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#addScope(node.start, node.end, 'loop')
        if (node.left.type !== 'VariableDeclaration') this.#assign(node.left)
        return
      case 'ForStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#addScope(node.start, node.end, 'loop')
        return
      case 'AssignmentExpression':
        this.#assign(node.left)
        return
      case 'UpdateExpression':
        if (node.argument.type === 'Identifier') this.#assign(node.argument)
        return
      case 'CallExpression':
        this.#noteCall(node.callee)
        for (const argument of node.arguments) this.#noteNamespace(argument)
        return
      case 'CatchClause':
        this.#addScope(node.start, node.end, 'block')
        if (node.param) this.#declarePattern(node.param, false, true, false)
        return
      case 'VariableDeclaration': {
        const isVar = node.kind === 'var'
        for (const { id, init } of node.declarations)
          this.#declarePattern(id, isVar, !isVar, !isVar && node.kind !== 'let', isValue(init), init ?? null)
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
    const own: Declaration = {
      lexical: true,
      immutable: true,
      once: false,
      start,
      isGiven: true,
      initializer: null,
    }
    const names = ownName === undefined ? null : new Map([[ownName, own]])
    this.#scopes.add(start, end, { kind, start, names })
  }

  /** `(function () { … })()`, `(function () { … }).call(this)` */
  #noteCall(callee: AnyNode): void {
    const called = callee.type === 'MemberExpression' ? callee.object : callee
    if (called.type === 'ArrowFunctionExpression') this.#called.add(called.start)
    else if (called.type === 'FunctionExpression') this.#called.add(called.id?.end ?? called.start)
  }

  #assign(pattern: Pattern): void {
    eachBoundName(pattern, (name) => this.#assignments.push([name, pattern.start]))
  }

  /** `N || (N = {})` makes TypeScript's enum or namespace N, where it is called with: that gives N its value. */
  #noteNamespace(argument: AnyNode): void {
    if (argument.type !== 'LogicalExpression' || argument.left.type !== 'Identifier') return
    const { right } = argument
    if (right.type === 'AssignmentExpression' && right.left.type === 'Identifier')
      if (right.left.name === argument.left.name) this.#given.add(right.left.start)
  }

  /** Is the scope entered once in a run of the script? */
  #isOnce(scope: ScopeRange, offset: number): boolean {
    let inside = false
    return this.#runsOnce(offset, (around) => (inside ||= around === scope))
  }

  /** Are all scopes around the offset entered once, of those that count? */
  #runsOnce(offset: number, counts: (around: ScopeRange) => boolean): boolean {
    for (const around of this.#scopes.around(offset)) {
      if (!counts(around)) continue
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
    init: Expression | null = null,
  ): void {
    const initializer = init && { start: init.start, end: init.end }
    eachBoundName(pattern, (name) =>
      this.#declare(name, pattern.start, hoists, lexical, immutable, isGiven, initializer),
    )
  }

  #declare(
    name: string,
    offset: number,
    hoists: boolean,
    lexical: boolean,
    immutable: boolean,
    isGiven = true,
    initializer: Range | null = null,
  ): void {
    this.#found.push({ name, offset, hoists, lexical, immutable, isGiven, initializer })
  }

  /** Gives every declaration to its scope, when all scopes are known. */
  #settle(): void {
    const found = this.#found
    this.#found = []
    for (const { name, offset, hoists, lexical, immutable, isGiven, initializer } of found) {
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
        initializer,
      })
    }
    const assignments = this.#assignments
    this.#assignments = []
    for (const [name, offset] of assignments) {
      const declaration = this.#given.has(offset) ? null : this.at(offset, name)
      if (declaration) this.#assigned.add(declaration)
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
