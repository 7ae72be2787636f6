// Whether evaluating an expression has no effect and reads nothing but literals, so that a static field which
// has it as initializer may be evaluated again.
import type { Expression, PrivateIdentifier } from 'acorn'

const pureUnary = new Set(['-', '+', '!', '~', 'void', 'typeof'])
const impureBinary = new Set(['in', 'instanceof'])

/** Literals, functions, arrows, and arrays and object literals of such. */
export function isPure(node: Expression): boolean {
  switch (node.type) {
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true
    case 'ParenthesizedExpression':
      return isPure(node.expression)
    case 'ArrayExpression':
      return node.elements.every(
        (element) => element === null || (element.type !== 'SpreadElement' && isPure(element)),
      )
    case 'ObjectExpression':
      return node.properties.every(
        (property) =>
          property.type === 'Property' &&
          (!property.computed || isPrimitive(property.key)) &&
          isPure(property.value),
      )
    case 'Literal':
      return true
    default:
      return isPrimitive(node)
  }
}

/** A primitive literal, or operators applied to such: `-1`, `60 * 1000`, `void 0`. */
function isPrimitive(node: Expression | PrivateIdentifier): boolean {
  for (;;) {
    switch (node.type) {
      case 'Literal':
        return node.regex === undefined
      case 'TemplateLiteral':
        return node.expressions.length === 0
      case 'ParenthesizedExpression':
        node = node.expression
        continue
      case 'UnaryExpression':
        if (!pureUnary.has(node.operator)) return false
        node = node.argument
        continue
      case 'BinaryExpression':
        if (impureBinary.has(node.operator) || !isPrimitive(node.right)) return false
        node = node.left
        continue
      default:
        return false
    }
  }
}
