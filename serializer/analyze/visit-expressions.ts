// Visits expressions. Operators, members and calls nest as deeply on their left as they are long (`a + b + c`,
// `a.b().c()`), and the parser does not recurse for that: so neither does the walk, see visitSpine.
import type { AnyNode, Expression, Pattern, PrivateIdentifier, Super } from 'acorn'
import { type SpineNode, staticMember } from './nodes.ts'
import { Use } from './scope.ts'
import type { Visitors, Walk } from './walk.ts'

export const expressionVisitors: Visitors = {
  Identifier: (node, walk) => walk.use(node, Use.read),
  Literal() {},
  ThisExpression(_node, walk) {
    if (walk.context.outerThis && !walk.context.definition) walk.findings.lexicalThis = true
  },
  BinaryExpression: visitSpine,
  LogicalExpression: visitSpine,
  MemberExpression: visitSpine,
  CallExpression: visitSpine,
  TaggedTemplateExpression: visitSpine,
  ChainExpression: (node, walk) => walk.visit(node.expression),
  ParenthesizedExpression: (node, walk) => walk.visit(node.expression),
  AssignmentExpression(node, walk) {
    walk.visitPattern(node.left, true)
    walk.visit(node.right)
  },
  UpdateExpression: (node, walk) => walk.visitPattern(node.argument as Pattern, true),
  UnaryExpression({ operator, argument }, walk) {
    if (operator === 'typeof' && argument.type === 'Identifier') walk.use(argument, Use.typeof)
    else if (operator === 'delete') visitDeleted(argument, walk)
    else walk.visit(argument)
  },
  ConditionalExpression(node, walk) {
    // A long `a ? b : c ? d : e` is walked without recursion.
    for (;;) {
      walk.visit(node.test)
      walk.visit(node.consequent)
      const { alternate } = node
      if (alternate.type !== 'ConditionalExpression') {
        walk.visit(alternate)
        return
      }
      node = alternate
    }
  },
  ObjectExpression: (node, walk) => walk.visitAll(node.properties),
  Property(node, walk) {
    if (node.computed) walk.visit(node.key)
    if (node.shorthand) walk.places?.shorthands.add(node.start)
    walk.visit(node.value)
  },
  ArrayExpression: (node, walk) => walk.visitAll(node.elements),
  SpreadElement: (node, walk) => walk.visit(node.argument),
  NewExpression(node, walk) {
    walk.visit(node.callee)
    walk.visitAll(node.arguments)
  },
  SequenceExpression: (node, walk) => walk.visitAll(node.expressions),
  TemplateLiteral: (node, walk) => walk.visitAll(node.expressions),
  YieldExpression(node, walk) {
    if (node.argument) walk.visit(node.argument)
  },
  AwaitExpression: (node, walk) => walk.visit(node.argument),
  ImportExpression(node, walk) {
    noteDynamicImport(node.start, walk)
    walk.visit(node.source)
    if (node.options) walk.visit(node.options)
  },
  MetaProperty(node, walk) {
    const { context, findings } = walk
    if (node.meta.name === 'new') {
      if (context.outerThis && !context.definition) findings.lexicalNewTarget = true
    } else if (node.property.name === 'meta') {
      if (!context.definition) findings.importMeta = true
      findings.importMetaRanges.push(walk.range(node.start, node.end))
    } else {
      noteDynamicImport(node.start, walk) // import.source(), import.defer()
    }
  },
}

function noteDynamicImport(start: number, walk: Walk): void {
  if (!walk.context.definition) walk.findings.dynamicImport = true
  walk.findings.dynamicImportRanges.push(walk.range(start, start + 'import'.length))
}

function visitDeleted(argument: Expression, walk: Walk): void {
  const target = argument.type === 'ChainExpression' ? argument.expression : argument
  if (target.type === 'Identifier') walk.use(target, Use.write)
  else if (target.type === 'MemberExpression') walk.visitMemberTarget(target)
  else walk.visit(target)
}

/** Goes down the left side to its innermost expression, then outwards, as the code itself is evaluated. */
function visitSpine(outermost: SpineNode, walk: Walk): void {
  const spine: SpineNode[] = []
  let node: Expression | Super | PrivateIdentifier = outermost
  for (;;) {
    if (node.type === 'ChainExpression') {
      node = node.expression
      continue
    }
    const left: Expression | Super | PrivateIdentifier | null = leftSide(node)
    if (left === null) break
    spine.push(node as SpineNode)
    node = left
  }
  visitHead(node, spine, walk)
  for (let index = spine.length - 1; index >= 0; index--) visitRightSide(spine[index], walk)
}

function leftSide(node: AnyNode): Expression | Super | PrivateIdentifier | null {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return node.left
    case 'MemberExpression':
      return node.object
    case 'CallExpression':
      return node.callee
    case 'TaggedTemplateExpression':
      return node.tag
    default:
      return null
  }
}

/** The innermost expression of a spine. */
function visitHead(
  node: Expression | Super | PrivateIdentifier,
  spine: readonly SpineNode[],
  walk: Walk,
): void {
  const { context, findings } = walk
  const parent = spine[spine.length - 1]
  switch (node.type) {
    case 'Identifier':
      // Spec 13.3.6.1: a call of the name `eval` is a direct eval; `eval?.()` is none.
      if (
        node.name === 'eval' &&
        parent.type === 'CallExpression' &&
        !parent.optional &&
        !context.definition
      ) {
        findings.directEval = true
      }
      walk.use(node, Use.read, parent.type === 'MemberExpression' ? staticMember(parent) : null)
      return
    case 'Super':
      if (!context.outerSuper || context.definition) return
      if (parent.type === 'CallExpression') findings.superCall = true
      else
        findings.superRanges.push({
          ...walk.range(node.start, node.end),
          called: /^(?:CallExpression|TaggedTemplateExpression)$/.test(spine[spine.length - 2]?.type ?? ''),
        })
      return
    case 'PrivateIdentifier':
      walk.usePrivateName(node.name)
      return
    default:
      walk.visit(node)
  }
}

function visitRightSide(node: SpineNode, walk: Walk): void {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      walk.visit(node.right)
      return
    case 'CallExpression':
      walk.visitAll(node.arguments)
      return
    case 'TaggedTemplateExpression':
      walk.visit(node.quasi)
      return
    case 'MemberExpression':
      if (node.property.type === 'PrivateIdentifier') walk.usePrivateName(node.property.name)
      else if (node.computed) walk.visit(node.property)
  }
}
