// From text to acorn's syntax tree: a function's own text, out of its context, or a whole script. The text has run,
// so what it may say is known only by trying: each way to read it is tried in turn, the likely one first.
import type { AnyNode, Options, Program } from 'acorn'
import { LenientParser } from './lenient-parser.ts'
import type { FunctionRoot } from './nodes.ts'

const lenient: Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowReturnOutsideFunction: true,
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
  allowAwaitOutsideFunction: true,
  checkPrivateFields: false,
}
const awaitIsName: Options = { ...lenient, allowAwaitOutsideFunction: false }
// `<!--` is no comment in a module (spec B.1.1).
const moduleCode: Options = { ...lenient, sourceType: 'module' }

const optionsOfScripts = {
  script: [awaitIsName, moduleCode, lenient],
  module: [moduleCode, lenient, awaitIsName],
}

/** A parser that sees every node as it is finished, in the order of their ends. */
export type NodeListener = (node: AnyNode) => void

/** Parses a whole script or module; throws acorn's error if it can't. `start` is called for each way that is tried. */
export function parseScript(text: string, kind: 'module' | 'script', start: () => NodeListener): Program {
  return firstOf(optionsOfScripts[kind], (options) => {
    const listener = start()
    class ListeningParser extends LenientParser {
      override finishNode(node: AnyNode, type: string): AnyNode {
        const finished = super.finishNode(node, type)
        listener(finished)
        return finished
      }
    }
    return new ListeningParser(options, text).parse()
  })
}

/** The node of a function's text, and the offset in the parsed text at which that text starts. */
export interface ParsedFunction {
  readonly node: FunctionRoot
  readonly offset: number
}

interface Wrapper {
  readonly before: string
  readonly after: string
  unwrap(statement: AnyNode): FunctionRoot | null
}

const asExpression: Wrapper = {
  before: '(',
  after: '\n)',
  unwrap(statement) {
    if (statement.type !== 'ExpressionStatement') return null
    const { expression } = statement
    switch (expression.type) {
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'ClassExpression':
        return expression
      default:
        return null
    }
  },
}

const asMethod: Wrapper = {
  before: '({',
  after: '\n})',
  unwrap(statement) {
    if (statement.type !== 'ExpressionStatement') return null
    const { expression } = statement
    if (expression.type !== 'ObjectExpression' || expression.properties.length !== 1) return null
    const property = expression.properties[0]
    if (property.type !== 'Property' || property.value.type !== 'FunctionExpression') return null
    return property.method || property.kind !== 'init' ? { ...property, value: property.value } : null
  },
}

const asPrivateMethod: Wrapper = {
  before: '(class{',
  after: '\n})',
  unwrap(statement) {
    if (statement.type !== 'ExpressionStatement') return null
    const { expression } = statement
    if (expression.type !== 'ClassExpression' || expression.body.body.length !== 1) return null
    const element = expression.body.body[0]
    return element.type === 'MethodDefinition' ? element : null
  },
}

/** A class or a computed key may hold a `yield` or `await` of the generator or async function around it. */
function inGenerator(wrapper: Wrapper): Wrapper {
  return {
    before: `async function*_(){${wrapper.before}`,
    after: `${wrapper.after}}`,
    unwrap: (statement) =>
      statement.type === 'FunctionDeclaration' ? wrapper.unwrap(statement.body.body[0]) : null,
  }
}

// A comment is spelled so that there is one way to match it: no exponential backtracking over several.
const space = '(?:\\s|/\\*(?:[^*]|\\*(?!/))*\\*/|//[^\\n\\r\\u2028\\u2029]*)'
// What starts like a function, class or arrow: a guess, which only decides what is tried first.
const startsExpression = new RegExp(
  `^(?:(?:async${space}+)?function\\b|class\\b(?!${space}*\\()|\\(|async${space}*\\(|` +
    `(?:async${space}+)?[\\p{ID_Start}$_\\\\][\\p{ID_Continue}$\\u200c\\u200d\\\\{}]*${space}*=>)`,
  'u',
)
const startsPrivateMethod = new RegExp(`^(?:get\\b|set\\b|async\\b|\\*|${space})*#`)

type Attempt = readonly [Wrapper, Options]

function attemptsOf(first: Wrapper, second: Wrapper): readonly Attempt[] {
  const attempts: Attempt[] = []
  for (const options of [lenient, awaitIsName, moduleCode]) attempts.push([first, options], [second, options])
  attempts.push([inGenerator(first), lenient], [inGenerator(second), lenient])
  return attempts
}

const expressionFirst = attemptsOf(asExpression, asMethod)
const methodFirst = attemptsOf(asMethod, asExpression)
const privateMethod = attemptsOf(asPrivateMethod, asExpression)

/** Parses what `Function.prototype.toString` gave; throws acorn's error if it is no function. */
export function parseFunction(text: string, preferMethod: boolean): ParsedFunction {
  let attempts = methodFirst
  if (!preferMethod && startsExpression.test(text)) attempts = expressionFirst
  else if (startsPrivateMethod.test(text)) attempts = privateMethod
  return firstOf(attempts, ([wrapper, options]) => parseWrapped(text, wrapper, options))
}

function parseWrapped(text: string, wrapper: Wrapper, options: Options): ParsedFunction {
  const { before, after } = wrapper
  const { body } = new LenientParser(options, before + text + after).parse()
  const node = body.length === 1 ? wrapper.unwrap(body[0]) : null
  if (node === null || node.start !== before.length || node.end !== before.length + text.length) {
    throw new SyntaxError('Not the text of one function')
  }
  return { node, offset: before.length }
}

/** The first result that some candidate gives without an error; the first candidate's error if none does. */
function firstOf<Candidate, Result>(
  candidates: readonly Candidate[],
  attempt: (candidate: Candidate) => Result,
): Result {
  let first: unknown
  for (let index = 0; index < candidates.length; index++) {
    try {
      return attempt(candidates[index])
    } catch (error) {
      if (index === 0) first = error
    }
  }
  throw first
}
