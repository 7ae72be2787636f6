// Visits statements, and opens the scopes of loops, switches and catch clauses.
import type { AnyNode, Statement } from 'acorn'
import { declaresLexically } from './nodes.ts'
import type { Visitors, Walk } from './walk.ts'

type VariableDeclaration = Extract<AnyNode, { type: 'VariableDeclaration' }>
type ForEachStatement = Extract<AnyNode, { type: 'ForInStatement' | 'ForOfStatement' }>

export const statementVisitors: Visitors = {
  ExpressionStatement: (node, walk) => walk.visit(node.expression),
  BlockStatement: (node, walk) => walk.visitBlock(node.body),
  VariableDeclaration: visitVariables,
  ReturnStatement(node, walk) {
    if (node.argument) walk.visit(node.argument)
  },
  ThrowStatement: (node, walk) => walk.visit(node.argument),
  IfStatement(node, walk) {
    // A long `else if` is walked without recursion.
    for (;;) {
      walk.visit(node.test)
      visitClause(node.consequent, walk)
      const { alternate } = node
      if (!alternate) return
      if (alternate.type !== 'IfStatement') {
        visitClause(alternate, walk)
        return
      }
      node = alternate
    }
  },
  WhileStatement(node, walk) {
    walk.visit(node.test)
    walk.visit(node.body)
  },
  DoWhileStatement(node, walk) {
    walk.visit(node.body)
    walk.visit(node.test)
  },
  ForStatement(node, walk) {
    const before = walk.context
    if (node.init?.type === 'VariableDeclaration') enterHead(node.init, walk)
    if (node.init) walk.visit(node.init)
    if (node.test) walk.visit(node.test)
    if (node.update) walk.visit(node.update)
    walk.visit(node.body)
    walk.context = before
  },
  ForInStatement: visitForEach,
  ForOfStatement: visitForEach,
  SwitchStatement(node, walk) {
    walk.visit(node.discriminant)
    const before = walk.context
    if (node.cases.some(({ consequent }) => consequent.some(declaresLexically))) {
      walk.enterScope()
      for (const { consequent } of node.cases) walk.declareStatements(consequent, false)
    }
    for (const { test, consequent } of node.cases) {
      if (test) walk.visit(test)
      walk.visitAll(consequent)
    }
    walk.context = before
  },
  TryStatement(node, walk) {
    walk.visitBlock(node.block.body)
    if (node.handler) walk.visit(node.handler)
    if (node.finalizer) walk.visitBlock(node.finalizer.body)
  },
  CatchClause({ param, body }, walk) {
    const before = walk.context
    if (param) {
      const isName = param.type === 'Identifier'
      const scope = isName ? walk.tree.openSimpleCatch(before.scope) : walk.tree.open(before.scope)
      walk.enter({ scope })
      walk.declareNames(param, scope)
      walk.visitPattern(param, false)
    }
    walk.visitBlock(body.body)
    walk.context = before
  },
  LabeledStatement: (node, walk) => walk.visit(node.body),
  WithStatement(node, walk) {
    if (!walk.context.definition) walk.findings.usesWith = true
    walk.visit(node.object)
    walk.visit(node.body)
  },
  BreakStatement: visitNothing,
  ContinueStatement: visitNothing,
  DebuggerStatement: visitNothing,
  EmptyStatement: visitNothing,
}

function visitNothing(): void {}

/** The statement under an `if`, where sloppy code may have a function as if in a block (spec B.3.3). */
function visitClause(statement: Statement, walk: Walk): void {
  if (statement.type === 'FunctionDeclaration') walk.visitBlock([statement])
  else walk.visit(statement)
}

function visitVariables(node: VariableDeclaration, walk: Walk): void {
  const { varScope } = walk.context
  for (const { id, init } of node.declarations) {
    if (node.kind === 'var' && varScope !== null) walk.declareNames(id, varScope)
    walk.visitPattern(id, false)
    if (init) walk.visit(init)
  }
}

function visitForEach(node: ForEachStatement, walk: Walk): void {
  const before = walk.context
  if (node.left.type === 'VariableDeclaration') {
    // Spec 14.7.5.12: the head's names are visible, uninitialized, also in the expression on the right.
    enterHead(node.left, walk)
    walk.visit(node.left)
  } else {
    walk.visitPattern(node.left, true)
  }
  walk.visit(node.right)
  walk.visit(node.body)
  walk.context = before
}

/** Enters the scope of `let` and `const` in the head of a loop. */
function enterHead(node: VariableDeclaration, walk: Walk): void {
  if (node.kind === 'var') return
  const scope = walk.tree.open(walk.context.scope)
  for (const { id } of node.declarations) walk.declareNames(id, scope)
  walk.enter({ scope })
}
