// Does a constructor give its object a property before anything that has an effect? Then it can be stopped there.
import type {
  Expression,
  Function as FunctionNode,
  Pattern,
  PrivateIdentifier,
  SpreadElement,
  Statement,
  Super,
} from 'acorn'
import type { AfterSuper } from './facts.ts'

const harmlessUnary = new Set(['-', '+', '!', '~', 'void', 'typeof'])
const harmlessBinary = /^(?!in$|instanceof$)/

/**
 * `x` where the body's first statement is `this.x = ...`, of nothing but literals, functions, parameters and their members;
 * else null. What a parameter does when it is asked, whoever calls the constructor knows.
 */
export function assignedFirst(constructor: FunctionNode): string | null {
  const names = parametersOf(constructor)
  const first = statementsOf(constructor)[0]
  const assigned = names && first ? assignedBy(first, names) : null
  return assigned?.startsWith('#') ? null : assigned
}

/**
 * What a derived constructor does if its body begins with `super(...)`, called with nothing but what is harmless:
 * the assignments of such to its object that follow. Else null.
 */
export function afterSuper(constructor: FunctionNode): AfterSuper | null {
  const names = parametersOf(constructor)
  const [first, ...rest] = statementsOf(constructor)
  if (!names || first?.type !== 'ExpressionStatement') return null
  const call = first.expression
  if (call.type !== 'CallExpression' || call.callee.type !== 'Super') return null
  const last = constructor.params.at(-1)
  const restName = last?.type === 'RestElement' ? nameOf(last) : null
  const isGiven = (argument: Expression | SpreadElement) =>
    argument.type === 'SpreadElement'
      ? argument.argument.type === 'Identifier' && argument.argument.name === restName
      : isHarmless(argument, names)
  if (!call.arguments.every(isGiven)) return null
  const assigns: string[] = []
  for (const statement of rest) {
    const assigned = assignedBy(statement, names)
    if (assigned === null) return { assigns, ends: false }
    assigns.push(assigned)
  }
  return { assigns, ends: true }
}

/** The body's, without directives. */
function statementsOf({ body }: FunctionNode): readonly Statement[] {
  if (body.type !== 'BlockStatement') return []
  return body.body.filter((statement) => !('directive' in statement && statement.directive))
}

/** `x` of `this.x = ...`, `#x` of `this.#x = ...`, where what is assigned is harmless. */
function assignedBy(statement: Statement, names: ReadonlySet<string>): string | null {
  if (statement.type !== 'ExpressionStatement') return null
  const { expression } = statement
  if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return null
  const { left, right } = expression
  if (left.type !== 'MemberExpression' || left.object.type !== 'ThisExpression' || left.computed) return null
  if (!isHarmless(right, names)) return null
  if (left.property.type === 'PrivateIdentifier') return `#${left.property.name}`
  return left.property.type === 'Identifier' && left.property.name !== '__proto__' ? left.property.name : null
}

/** Null if one is taken apart. */
function parametersOf({ params }: FunctionNode): ReadonlySet<string> | null {
  const names = new Set<string>()
  for (const parameter of params) {
    const name = nameOf(parameter)
    if (name === null) return null
    names.add(name)
  }
  return names
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
function isParameter(node: Expression | Super, names: ReadonlySet<string>): boolean {
  if (node.type === 'Identifier') return names.has(node.name)
  return node.type === 'MemberExpression' && !node.computed && isParameter(node.object, names)
}
