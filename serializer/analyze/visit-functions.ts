// Visits functions and classes: the parts with scopes of their own, and their own this, arguments and super.
import type { AnyNode } from 'acorn'
import type { ClassNode, ElementNode, FunctionNode, FunctionRoot } from './nodes.ts'
import { hasComputedKey, hasUseStrict, privateNamesOf } from './nodes.ts'
import { isPure } from './pure.ts'
import type { Context, Visitors, Walk } from './walk.ts'

export const functionVisitors: Visitors = {
  FunctionDeclaration: (node, walk) => visitFunction(node, walk, false),
  FunctionExpression: (node, walk) => visitFunction(node, walk, false),
  ArrowFunctionExpression: (node, walk) => visitFunction(node, walk, false),
  ClassDeclaration: (node, walk) => visitClass(node, walk, false),
  ClassExpression: (node, walk) => visitClass(node, walk, false),
}

/** Where the walk of a text starts. */
export function outermostContext(root: FunctionRoot, strict: boolean): Context {
  return {
    scope: null,
    varScope: null,
    strict,
    outerThis: root.type === 'ArrowFunctionExpression',
    outerSuper: true,
    definition: false,
  }
}

/** Visits the node of the whole text. */
export function visitRoot(root: FunctionRoot, walk: Walk): void {
  switch (root.type) {
    case 'ClassExpression':
      visitClass(root, walk, true)
      return
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      visitFunction(root, walk, true)
      return
    default:
      if (root.computed) visitRootKey(root.key, walk)
      visitFunction(root.value, walk, true)
  }
}

function visitRootKey(key: AnyNode, walk: Walk): void {
  const from = walk.tree.names.length
  visitDefinition(key, walk)
  walk.findings.keyUses.set(key, [from, walk.tree.names.length])
}

/** Visits code that runs only when the outermost class is defined. */
function visitDefinition(node: AnyNode, walk: Walk): void {
  const before = walk.enter({ definition: true })
  walk.visit(node)
  walk.context = before
}

function visitFunction(node: FunctionNode, walk: Walk, isRoot: boolean): void {
  const before = walk.context
  // Spec 15.2.5: the name of a function expression is bound in a scope of its own.
  if (node.type === 'FunctionExpression' && node.id) enterName(node.id.name, walk, isRoot)
  const isArrow = node.type === 'ArrowFunctionExpression'
  const { scope, strict, outerThis, outerSuper } = walk.context
  const keepsOuter = isArrow || isRoot
  const parameters = walk.tree.open(scope, !isArrow)
  walk.context = {
    scope: parameters,
    varScope: parameters,
    strict: strict || hasUseStrict(node),
    outerThis: keepsOuter && outerThis,
    outerSuper: keepsOuter && outerSuper,
    definition: before.definition,
  }
  let simple = true
  for (const parameter of node.params) {
    walk.declareNames(parameter, parameters)
    if (parameter.type !== 'Identifier') simple = false
  }
  if (!simple) {
    if (isRoot && node.params.some(hasComputedKey)) walk.findings.computedParameterKeys = true
    for (const parameter of node.params) walk.visitPattern(parameter, false)
  }
  visitBody(node, walk, simple)
  walk.context = before
}

function visitBody({ body }: FunctionNode, walk: Walk, simple: boolean): void {
  if (body.type !== 'BlockStatement') {
    walk.visit(body)
    return
  }
  // Spec 10.2.11, step 28: "A separate Environment Record is needed to ensure that closures created by expressions
  // in the formal parameter list do not have visibility of declarations in the function body."
  if (!simple) enterVarScope(walk)
  walk.declareStatements(body.body, true)
  walk.visitAll(body.body)
}

function enterName(name: string, walk: Walk, isRoot: boolean): void {
  const scope = walk.tree.open(walk.context.scope)
  scope.declare(name)
  walk.enter({ scope })
  if (isRoot) walk.findings.ownScope = scope
}

function enterVarScope(walk: Walk): void {
  const scope = walk.tree.open(walk.context.scope)
  walk.enter({ scope, varScope: scope })
}

function visitClass(node: ClassNode, walk: Walk, isRoot: boolean): void {
  const before = walk.enter({ strict: true })
  // Spec 15.7.14: the class's name is bound in a scope around its heritage and body.
  if (node.id) enterName(node.id.name, walk, isRoot)
  // The heritage doesn't see the class's private names, a computed key does.
  if (node.superClass) {
    if (isRoot) visitDefinition(node.superClass, walk)
    else walk.visit(node.superClass)
  }
  walk.privateNames.push(privateNamesOf(node))
  for (const element of node.body.body) visitElement(element, walk, isRoot)
  walk.privateNames.pop()
  walk.context = before
}

function visitElement(element: ElementNode, walk: Walk, isRoot: boolean): void {
  if (element.type !== 'StaticBlock' && element.computed) {
    if (isRoot) visitRootKey(element.key, walk)
    else walk.visit(element.key)
  }
  const before = walk.context
  switch (element.type) {
    case 'MethodDefinition':
      visitFunction(element.value, walk, false)
      if (isRoot && element.kind === 'constructor' && element.value.params.some(hasComputedKey)) {
        walk.findings.computedParameterKeys = true
      }
      break
    case 'PropertyDefinition':
      if (!element.value) break
      enterInitializer(walk, isRoot && element.static && !isPure(element.value))
      walk.visit(element.value)
      break
    case 'StaticBlock':
      enterInitializer(walk, isRoot)
      enterVarScope(walk)
      walk.declareStatements(element.body, true)
      walk.visitAll(element.body)
  }
  walk.context = before
}

/** Field initializers and static blocks are evaluated like methods (spec 15.7.10, 15.7.11). */
function enterInitializer(walk: Walk, definition: boolean): void {
  walk.enter({ outerThis: false, outerSuper: false, definition: definition || walk.context.definition })
}
