// The scopes of one text and the names used in them. Names are declared and used in one walk and resolved
// after it, because a declaration may stand behind its uses (spec 8.2, VarScopedDeclarations and hoisting).

/** A set of names that are visible in a part of the text (spec 9.1: an Environment Record). */
export class Scope {
  readonly parent: Scope | null
  /** A function's own scope: has an implicit `arguments` (spec 10.2.11). */
  readonly hasArguments: boolean
  names: Set<string> | null = null
  /** The nearest enclosing scope that can resolve anything; set when all is declared. */
  next: Scope | null = null

  constructor(parent: Scope | null, hasArguments: boolean) {
    this.parent = parent
    this.hasArguments = hasArguments
  }

  declare(name: string): void {
    if (this.names === null) this.names = new Set()
    this.names.add(name)
  }
}

/** How a name is used at one place; flags. No flag: its value is read. */
export const Use = { read: 0, write: 1, typeof: 2, definition: 4 } as const

/** A function in a block of sloppy code, whose name may also become a `var` (spec B.3.2.1). */
interface BlockFunction {
  readonly name: string
  readonly block: Scope
  readonly target: Scope
}

/** All scopes and all uses of names in one text, in source order. */
export class ScopeTree {
  readonly names: string[] = []
  readonly flags: number[] = []
  /** The static member that is read of the name at this use, or null. */
  readonly members: (string | null)[] = []
  readonly #scopes: Scope[] = []
  readonly #usedIn: (Scope | null)[] = []
  readonly #blockFunctions: BlockFunction[] = []
  /** Catch parameters that are a plain identifier, which a `var` may redeclare (spec B.3.4). */
  readonly #simpleCatches = new Set<Scope>()

  open(parent: Scope | null, hasArguments = false): Scope {
    const scope = new Scope(parent, hasArguments)
    this.#scopes.push(scope)
    return scope
  }

  openSimpleCatch(parent: Scope | null): Scope {
    const scope = this.open(parent)
    this.#simpleCatches.add(scope)
    return scope
  }

  use(name: string, scope: Scope | null, flags: number, member: string | null): void {
    this.names.push(name)
    this.#usedIn.push(scope)
    this.flags.push(flags)
    this.members.push(member)
  }

  addBlockFunction(name: string, block: Scope, target: Scope): void {
    this.#blockFunctions.push({ name, block, target })
  }

  /** To be called once, after the walk and before `declaredBy`. */
  finish(): void {
    this.#hoistBlockFunctions()
    // Parents come before their children.
    for (const scope of this.#scopes) {
      const { parent } = scope
      scope.next = parent === null || parent.names !== null || parent.hasArguments ? parent : parent.next
    }
  }

  /** The scope that declares the name of use number `index`, or null if it is free. */
  declaredBy(index: number): Scope | null {
    const name = this.names[index]
    for (let scope = this.#usedIn[index]; scope !== null; scope = scope.next) {
      if (scope.names?.has(name) || (scope.hasArguments && name === 'arguments')) return scope
    }
    return null
  }

  // Spec B.3.2.1: hoisted "if replacing the FunctionDeclaration with a VariableStatement that has F as a
  // BindingIdentifier would not produce any Early Errors", that is unless a scope in between declares the name.
  // All are decided before any is declared, since a hoisted name is no lexical declaration.
  #hoistBlockFunctions(): void {
    const hoisted = this.#blockFunctions.filter(({ name, block, target }) => {
      for (let scope = block.parent; scope !== null && scope !== target; scope = scope.parent) {
        if (scope.names?.has(name) && !this.#simpleCatches.has(scope)) return false
      }
      return true
    })
    for (const { name, target } of hoisted) target.declare(name)
  }
}
