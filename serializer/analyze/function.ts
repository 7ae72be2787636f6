// analyzeFunction: the text of one function, as Function.prototype.toString gives it, to FunctionFacts.
import { TextCache } from './cache.ts'
import { KeyReader } from './class-facts.ts'
import type { FunctionFacts, FunctionForm } from './facts.ts'
import { entryOf } from './first-stop.ts'
import { freeNames, summarizeNames } from './free-variables.ts'
import {
  type ClassNode,
  expectedArguments,
  type FunctionNode,
  type FunctionRoot,
  hasUseStrict,
  type MethodRoot,
} from './nodes.ts'
import { parseFunction } from './parse.ts'
import { expressionVisitors } from './visit-expressions.ts'
import { functionVisitors, outermostContext, visitRoot } from './visit-functions.ts'
import { statementVisitors } from './visit-statements.ts'
import { Walk } from './walk.ts'

/** What the text of a function does not say. */
export interface FunctionHints {
  /** The code around it is strict: no function in a block is visible outside of that block (spec B.3.2). */
  readonly strict?: boolean
  /** It is a method: tells a method called `function` from a function without a name. */
  readonly method?: boolean
}

const noHints: FunctionHints = {}
export const visitors = { ...expressionVisitors, ...statementVisitors, ...functionVisitors }

/** For each text its facts by hints: none, strict, method, both. */
const cache = new TextCache<(FunctionFacts | undefined)[]>(32 * 2 ** 20)

/** Analyzes a function's own text. Throws a SyntaxError if that is no function written in JavaScript. */
export function analyzeFunction(text: string, hints = noHints): FunctionFacts {
  const index = (hints.strict ? 1 : 0) + (hints.method ? 2 : 0)
  let known = cache.get(text)
  if (known?.[index] !== undefined) return known[index]
  const facts = analyze(text, hints)
  if (known === undefined) cache.set(text, (known = [undefined, undefined, undefined, undefined]))
  known[index] = facts
  return facts
}

function analyze(text: string, hints: FunctionHints): FunctionFacts {
  const { node, offset } = parseFunction(text, hints.method === true)
  const walk = new Walk(visitors, offset, outermostContext(node, hints.strict === true))
  visitRoot(node, walk)
  const { tree, findings } = walk
  tree.finish()
  const keys = new KeyReader(text, offset, (key) => {
    const [from, to] = findings.keyUses.get(key) ?? [0, 0]
    return freeNames(tree, from, to)
  })
  const shape = shapeOf(node, keys, findings.superRanges.length > 0)
  const names = summarizeNames(tree, findings.ownScope)
  // Spreading these here would take longer than all the rest.
  return {
    text,
    form: shape.form,
    isAsync: shape.isAsync,
    isGenerator: shape.isGenerator,
    ownName: shape.ownName,
    key: shape.key,
    length: shape.length,
    ownStrict: shape.ownStrict,
    free: names.free,
    ownNameUsed: names.ownNameUsed,
    ownNameWritten: names.ownNameWritten,
    lexicalArguments: names.lexicalArguments,
    lexicalThis: findings.lexicalThis,
    lexicalNewTarget: findings.lexicalNewTarget,
    superProperty: findings.superRanges.length > 0,
    superRanges: findings.superRanges,
    superCall: findings.superCall,
    directEval: findings.directEval,
    usesWith: findings.usesWith,
    privateNames: [...findings.privateNames],
    importMeta: findings.importMeta,
    dynamicImport: findings.dynamicImport,
    importMetaRanges: findings.importMetaRanges,
    dynamicImportRanges: findings.dynamicImportRanges,
    computedParameterKeys: findings.computedParameterKeys,
    classFacts: node.type === 'ClassExpression' ? keys.class(node) : null,
    entry: entryOf(node, offset),
    parameterNames: parameterNames(node),
  }
}

function parameterNames(node: FunctionRoot): string[] {
  if (node.type === 'ClassExpression') return []
  const fn = node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression' ? node : node.value
  return fn.params.flatMap((parameter) => (parameter.type === 'Identifier' ? parameter.name : []))
}

type Shape = Pick<
  FunctionFacts,
  'form' | 'isAsync' | 'isGenerator' | 'ownName' | 'key' | 'length' | 'ownStrict'
>

/** How the function is written. */
function shapeOf(node: FunctionRoot, keys: KeyReader, usesSuper: boolean): Shape {
  switch (node.type) {
    case 'ClassExpression':
      return {
        form: 'class',
        isAsync: false,
        isGenerator: false,
        ownName: node.id?.name ?? null,
        key: null,
        length: constructorLength(node),
        ownStrict: true,
      }
    case 'ArrowFunctionExpression':
      return { form: 'arrow', ...modifiersOf(node), ownName: null, key: null }
    case 'FunctionExpression': {
      // Only a method may say `super.x`: this one is called `function`.
      if (usesSuper) {
        return {
          form: 'method',
          ...modifiersOf(node),
          ownName: null,
          key: { kind: 'static', name: 'function' },
        }
      }
      return { form: 'function', ...modifiersOf(node), ownName: node.id?.name ?? null, key: null }
    }
    default:
      return { form: methodForms[node.kind], ...modifiersOf(node.value), ownName: null, key: keys.key(node) }
  }
}

const methodForms: Record<MethodRoot['kind'], FunctionForm> = {
  init: 'method',
  method: 'method',
  constructor: 'method',
  get: 'getter',
  set: 'setter',
}

function modifiersOf(node: FunctionNode): Pick<Shape, 'isAsync' | 'isGenerator' | 'length' | 'ownStrict'> {
  return {
    isAsync: node.async,
    isGenerator: node.generator,
    length: expectedArguments(node),
    ownStrict: hasUseStrict(node),
  }
}

function constructorLength(node: ClassNode): number {
  for (const element of node.body.body) {
    if (element.type === 'MethodDefinition' && element.kind === 'constructor')
      return expectedArguments(element.value)
  }
  return 0
}
