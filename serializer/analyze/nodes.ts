// The kinds of syntax tree nodes that analyze/ talks about, and what can be told of one without its scopes.
import type { AnyNode, FunctionExpression, ModuleDeclaration, Pattern, Statement } from 'acorn'

type Typed<Type extends AnyNode['type']> = Extract<AnyNode, { type: Type }>

export type FunctionNode = Typed<'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression'>
export type ClassNode = Typed<'ClassDeclaration' | 'ClassExpression'>
export type ElementNode = ClassNode['body']['body'][number]
/** The expressions whose left side may nest deeply though the parser does not recurse for it. */
export type SpineNode = Typed<
  | 'BinaryExpression'
  | 'LogicalExpression'
  | 'MemberExpression'
  | 'CallExpression'
  | 'TaggedTemplateExpression'
>

/** The root of a method's or accessor's text, from the object literal or class it was wrapped in. */
export interface MethodRoot extends Pick<Typed<'MethodDefinition'>, 'start' | 'end' | 'key' | 'computed'> {
  readonly type: 'Property' | 'MethodDefinition'
  readonly kind: Typed<'Property'>['kind'] | Typed<'MethodDefinition'>['kind']
  readonly value: FunctionExpression
}

/** The root of a function's text. */
export type FunctionRoot =
  | Typed<'ArrowFunctionExpression'>
  | Typed<'FunctionExpression'>
  | Typed<'ClassExpression'>
  | MethodRoot

/** The directive prologue of a body has 'use strict' (spec 11.2.2). */
export function isStrict(body: readonly (Statement | ModuleDeclaration)[]): boolean {
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) return false
    if (statement.directive === 'use strict') return true
  }
  return false
}

/** The same of a function. */
export function hasUseStrict({ body }: FunctionNode): boolean {
  return body.type === 'BlockStatement' && isStrict(body.body)
}

/** What a function's `length` is at first (spec 15.1.5, ExpectedArgumentCount). */
export function expectedArguments({ params }: FunctionNode): number {
  const index = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  return index === -1 ? params.length : index
}

/** The private names that a class declares, without the #. */
export function privateNamesOf({ body }: ClassNode): ReadonlySet<string> {
  const names = new Set<string>()
  for (const element of body.body) {
    if (element.type !== 'StaticBlock' && element.key.type === 'PrivateIdentifier')
      names.add(element.key.name)
  }
  return names
}

/** The name in `x.name` or `x['name']`, else null. */
export function staticMember(node: Typed<'MemberExpression'>): string | null {
  const { property } = node
  if (!node.computed) return property.type === 'Identifier' ? property.name : null
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : null
}

export type LexicalDeclaration = Extract<
  Statement,
  { type: 'VariableDeclaration' | 'FunctionDeclaration' | 'ClassDeclaration' }
>

/** Declares in its block (or, a function at the top of a body, in that body). */
export function isLexicalDeclaration(node: Statement): node is LexicalDeclaration {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.kind !== 'var'
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return true
    default:
      return false
  }
}

/** The same of a statement that may have labels. */
export function declaresLexically(statement: Statement): boolean {
  while (statement.type === 'LabeledStatement') statement = statement.body
  return isLexicalDeclaration(statement)
}

/** Calls back with the bound names of a pattern (spec 8.2.1). */
export function eachBoundName(node: Pattern, callback: (name: string) => void): void {
  switch (node.type) {
    case 'Identifier':
      callback(node.name)
      return
    case 'ObjectPattern':
      for (const property of node.properties) {
        eachBoundName(property.type === 'RestElement' ? property.argument : property.value, callback)
      }
      return
    case 'ArrayPattern':
      for (const element of node.elements) if (element) eachBoundName(element, callback)
      return
    case 'RestElement':
      eachBoundName(node.argument, callback)
      return
    case 'AssignmentPattern':
      eachBoundName(node.left, callback)
      return
  }
}

/** A pattern names a property by an expression: `{ [key()]: x }`. */
export function hasComputedKey(node: Pattern): boolean {
  switch (node.type) {
    case 'ObjectPattern':
      return node.properties.some((property) =>
        property.type === 'RestElement'
          ? hasComputedKey(property.argument)
          : property.computed || hasComputedKey(property.value),
      )
    case 'ArrayPattern':
      return node.elements.some((element) => element !== null && hasComputedKey(element))
    case 'RestElement':
      return hasComputedKey(node.argument)
    case 'AssignmentPattern':
      return hasComputedKey(node.left)
    default:
      return false
  }
}

/** What is called: of a class its constructor, if it has one. */
export function callableOf(root: FunctionRoot): FunctionNode | undefined {
  if (root.type === 'ArrowFunctionExpression' || root.type === 'FunctionExpression') return root
  if (root.type !== 'ClassExpression') return root.value
  for (const element of root.body.body)
    if (element.type === 'MethodDefinition' && element.kind === 'constructor') return element.value
  return undefined
}
