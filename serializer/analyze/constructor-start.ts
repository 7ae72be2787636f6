// Does a constructor give its object a property before anything that has an effect? Then it can be stopped there.
import type { Expression, Function as FunctionNode, Pattern, PrivateIdentifier, SpreadElement } from 'acorn'

const harmlessUnary = new Set(['-', '+', '!', '~', 'void', 'typeof'])
const harmlessBinary = /^(?!in$|instanceof$)/

/**
 * `x` where the body's first statement is `this.x = ...`, of nothing but literals, functions, parameters and their members;
 * else null. What a parameter does when it is asked, whoever calls the constructor knows.
 */
export function assignedFirst({ params, body }: FunctionNode): string | null {
  if (body.type !== 'BlockStatement') return null
  const names = new Set<string>()
  for (const parameter of params) {
    const name = nameOf(parameter)
    if (name === null) return null
    names.add(name)
  }
  const first = body.body.find((statement) => !('directive' in statement && statement.directive))
  if (first?.type !== 'ExpressionStatement') return null
  const { expression } = first
  if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return null
  const { left, right } = expression
  if (left.type !== 'MemberExpression' || left.object.type !== 'ThisExpression' || left.computed) return null
  if (left.property.type !== 'Identifier' || left.property.name === '__proto__') return null
  return isHarmless(right, names) ? left.property.name : null
}

/** A default is not evaluated for an argument that is there; a pattern would take the argument apart. */
function nameOf(parameter: Pattern): string | null {
  switch (parameter.type) {
    case 'Identifier':
      return parameter.name
    case 'AssignmentPattern':
      return nameOf(parameter.left)
    case 'RestElement':
      return nameOf(parameter.argument)
    default:
      return null
  }
}

function isHarmless(
  node: Expression | PrivateIdentifier | SpreadElement | null,
  names: ReadonlySet<string>,
): boolean {
  if (node === null) return true
  switch (node.type) {
    case 'Literal':
    case 'ThisExpression':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true
    case 'Identifier':
      return names.has(node.name)
    case 'ParenthesizedExpression':
      return isHarmless(node.expression, names)
    case 'TemplateLiteral':
      return node.expressions.every((expression) => isHarmless(expression, names))
    case 'UnaryExpression':
      return harmlessUnary.has(node.operator) && isHarmless(node.argument, names)
    case 'BinaryExpression':
      return (
        harmlessBinary.test(node.operator) && isHarmless(node.left, names) && isHarmless(node.right, names)
      )
    case 'LogicalExpression':
      return isHarmless(node.left, names) && isHarmless(node.right, names)
    case 'ConditionalExpression':
      return [node.test, node.consequent, node.alternate].every((part) => isHarmless(part, names))
    case 'ArrayExpression':
      return node.elements.every((element) => element?.type !== 'SpreadElement' && isHarmless(element, names))
    case 'ObjectExpression':
      return node.properties.every(
        (property) => property.type === 'Property' && !property.computed && isHarmless(property.value, names),
      )
    case 'MemberExpression':
      return !node.computed && isParameter(node.object, names)
    default:
      return false
  }
}

/** A parameter, or a member of one. */
function isParameter(node: Expression | { type: 'Super' }, names: ReadonlySet<string>): boolean {
  if (node.type === 'Identifier') return names.has(node.name)
  return node.type === 'MemberExpression' && !node.computed && isParameter(node.object, names)
}
