// Functions that are declared in a block. In sloppy code their names are variables of the function around it, too (spec
// B.3.2), in strict code of the block alone.
import type { Statement, SwitchCase } from 'acorn'
import { callableOf } from './nodes.ts'
import { parseFunction } from './parse.ts'

/** Has a function, by its text, such a declaration in its own body? Those in functions within it do not count. */
export function hasFunctionInBlock(text: string): boolean {
  const body = callableOf(parseFunction(text, false).node)?.body
  return body?.type === 'BlockStatement' && body.body.some((statement) => blocksOf(statement).some(declares))
}

function declares(statement: Statement): boolean {
  return statement.type === 'FunctionDeclaration' || blocksOf(statement).some(declares)
}

/** What stands in a statement, and not where functions are hoisted from. */
function blocksOf(statement: Statement): readonly Statement[] {
  switch (statement.type) {
    case 'BlockStatement':
      return statement.body
    case 'IfStatement':
      return statement.alternate ? [statement.consequent, statement.alternate] : [statement.consequent]
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'WithStatement':
    case 'LabeledStatement':
      return [statement.body]
    case 'SwitchStatement':
      return statement.cases.flatMap(({ consequent }: SwitchCase) => consequent)
    case 'TryStatement': {
      const { block, handler, finalizer } = statement
      return [block, ...(handler ? [handler.body] : []), ...(finalizer ? [finalizer] : [])]
    }
    default:
      return []
  }
}
