// Where a debugger can stop a function before anything in its body has an effect. V8 has its places to stop at in the
// order of its bytecode, and not at every effect: none at the getter of `class A extends holder.base {}`, for one. So it is
// told here, by the statements that a body begins with, whether the first place comes before all effects.
import type {
  ClassDeclaration,
  Expression,
  ForStatement,
  Statement,
  StaticBlock,
  VariableDeclaration,
} from 'acorn'
import type { EntryFacts } from './facts.ts'
import { callableOf, type FunctionNode, type FunctionRoot } from './nodes.ts'
import { isPure } from './pure.ts'

/** Where V8 can stop first; or that nothing has an effect, so that the next statement counts; or that it can't be told. */
type Begin = number | typeof PASSES | typeof UNSURE
const PASSES = -1
const UNSURE = -2

/** What classes need that are defined before. */
interface Classes {
  readonly heritages: string[]
  readonly namers: string[]
}

/** Of a function, or of a class's constructor; null if it has none, or may have an effect before it can be stopped. */
export function entryOf(root: FunctionRoot, offset: number): EntryFacts | null {
  const fn = callableOf(root)
  if (!fn) return null
  const classes: Classes = { heritages: [], namers: [] }
  const begin = beginOfBody(fn, classes)
  if (begin === UNSURE) return null
  const isSimple = fn.params.every(({ type }) => type === 'Identifier')
  return { offset: begin - offset, isSimple, ...classes }
}

function beginOfBody({ body }: FunctionNode, classes: Classes): Begin {
  // An arrow function's expression is returned, and V8 can stop at the return; it has a place for it within the expression.
  if (body.type !== 'BlockStatement') return inFrontOf(body)
  const begin = beginOf(body.body, classes)
  // At the end, there is a return.
  return begin === PASSES ? body.end - 1 : begin
}

/** Certainly no place by itself: of several places V8 would take the one that is met exactly, and not the first. */
function inFrontOf(node: Expression): number {
  return node.start - 1
}

function beginOf(statements: readonly Statement[], classes: Classes): Begin {
  for (const statement of statements) {
    const begin = beginOfStatement(statement, classes)
    if (begin !== PASSES) return begin
  }
  return PASSES
}

function beginOfStatement(statement: Statement, classes: Classes): Begin {
  switch (statement.type) {
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return PASSES
    case 'ExpressionStatement':
      return isInert(statement.expression) ? PASSES : statement.start
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'DebuggerStatement':
    case 'SwitchStatement':
    case 'WithStatement':
      return statement.start
    case 'ForInStatement':
      return inFrontOf(statement.right)
    case 'ForOfStatement':
      return statement.await ? UNSURE : inFrontOf(statement.right)
    case 'VariableDeclaration':
      return beginOfDeclaration(statement)
    case 'ClassDeclaration':
      return isInertClass(statement, classes) ? PASSES : UNSURE
    case 'IfStatement':
      // V8 leaves out what is never run.
      return isConstant(statement.test) ? UNSURE : statement.start
    case 'WhileStatement':
      return isConstant(statement.test)
        ? orUnsure(beginOfStatement(statement.body, classes))
        : statement.start
    case 'DoWhileStatement':
      return orUnsure(beginOfStatement(statement.body, classes))
    case 'ForStatement':
      return beginOfFor(statement, classes)
    case 'BlockStatement':
      return beginOf(statement.body, classes)
    case 'LabeledStatement':
      return beginOfStatement(statement.body, classes)
    case 'TryStatement':
      // Behind a block without code, the code of the handler would come first.
      return orUnsure(beginOf(statement.block.body, classes))
    default:
      return UNSURE
  }
}

function orUnsure(begin: Begin): Begin {
  return begin === PASSES ? UNSURE : begin
}

function beginOfDeclaration({ kind, declarations, start }: VariableDeclaration): Begin {
  if (kind !== 'var' && kind !== 'let' && kind !== 'const') return UNSURE
  return declarations.some(({ init }) => init) ? start : PASSES
}

function beginOfFor({ init, test, body, start }: ForStatement, classes: Classes): Begin {
  if (init?.type === 'VariableDeclaration') {
    const begin = beginOfDeclaration(init)
    if (begin !== PASSES) return begin
  } else if (init && !isInert(init)) return start
  if (test) return isConstant(test) ? UNSURE : inFrontOf(test)
  return orUnsure(beginOfStatement(body, classes))
}

/** There may be no bytecode for it, and it has no effect if there is none. */
function isInert(node: Expression): boolean {
  return node.type === 'Identifier' || node.type === 'ThisExpression' || isPure(node)
}

/** May V8's parser know the value, or a part of it? */
function isConstant(node: Expression): boolean {
  for (;;) {
    switch (node.type) {
      case 'Literal':
        return true
      case 'Identifier':
        return node.name === 'undefined'
      case 'TemplateLiteral':
        return node.expressions.length === 0
      case 'UnaryExpression':
        node = node.argument
        continue
      case 'BinaryExpression':
        if (node.left.type === 'PrivateIdentifier' || !isConstant(node.right)) return false
        node = node.left
        continue
      case 'LogicalExpression':
        if (isConstant(node.right)) return true
        node = node.left
        continue
      case 'ConditionalExpression':
        node = node.test
        continue
      case 'SequenceExpression':
        return node.expressions.some(isConstant)
      case 'ParenthesizedExpression':
        node = node.expression
        continue
      default:
        return false
    }
  }
}

/** Defining it runs nothing, but for reading the `prototype` of what it extends, and giving it a name. */
function isInertClass({ superClass, body }: ClassDeclaration, { heritages, namers }: Classes): boolean {
  if (superClass?.type === 'Identifier') heritages.push(superClass.name)
  else if (superClass && superClass.type !== 'Literal') return false
  return body.body.every((element) => {
    if (element.type === 'StaticBlock') {
      const namer = namerOf(element)
      if (namer !== null) namers.push(namer)
      return namer !== null
    }
    if (element.computed && element.key.type !== 'Literal') return false
    return element.type === 'MethodDefinition' || !element.static || !element.value || isPure(element.value)
  })
}

/** `__name` in `static { __name(this, 'Class') }`, which esbuild writes to keep names. */
function namerOf({ body }: StaticBlock): string | null {
  const [statement] = body
  if (body.length !== 1 || statement.type !== 'ExpressionStatement') return null
  const call = statement.expression
  if (call.type !== 'CallExpression' || call.callee.type !== 'Identifier') return null
  const [target, name] = call.arguments
  return call.arguments.length === 2 && target.type === 'ThisExpression' && name.type === 'Literal'
    ? call.callee.name
    : null
}
