// How a function is called so that it gets to its body, where it is stopped, without running any code before that;
// and which functions and expressions are refused because that can't be had.
import { types } from 'node:util'
import { parse, type Token } from 'acorn'
import type { ClassElement, FunctionFacts } from '../analyze/facts.ts'
import {
  AsyncGeneratorPrototypeNext,
  FunctionPrototypeToString,
  GeneratorPrototypeNext,
  ReflectApply,
  ReflectConstruct,
} from '../primordials.ts'
import { ProbeError } from './probe-error.ts'

/** The facts that decide how a function is entered. */
export type ProbeFacts = Pick<
  FunctionFacts,
  | 'form'
  | 'isAsync'
  | 'isGenerator'
  | 'computedParameterKeys'
  | 'classFacts'
  | 'bodyStart'
  | 'simpleParameters'
  | 'privateNames'
>

/** Throws for a function that can't be called without running code of the user's. */
export function checkEntry(fn: object, facts: ProbeFacts): void {
  if (types.isProxy(fn)) throw new ProbeError('it is a proxy, whose traps would be called')
  // V8 runs asm.js as WebAssembly, and crashes at a breakpoint there.
  if ((ReflectApply(FunctionPrototypeToString, fn, []) as string).includes('use asm'))
    throw new ProbeError('it is, or has in it, a module of asm.js')
  if (facts.computedParameterKeys)
    throw new ProbeError('a parameter has a computed key, which would be evaluated')
  if (facts.form !== 'class') return
  // `new` on a class runs its field initializers, and an implicit constructor can't be stopped.
  if (!constructorOf(facts)) throw new ProbeError('the class has no constructor to stop at')
  if (facts.classFacts!.heritage && !facts.classFacts!.heritage.isNull) return
  const { elements } = facts.classFacts!
  for (let i = 0; i < elements.length; i++) {
    if (elements[i].kind === 'field' && !elements[i].isStatic && elements[i].initializer)
      throw new ProbeError('constructing the class would run its field initializers')
  }
}

function constructorOf(facts: ProbeFacts): ClassElement | undefined {
  const elements = facts.classFacts?.elements ?? []
  for (let i = 0; i < elements.length; i++) if (elements[i].kind === 'constructor') return elements[i]
  return undefined
}

/**
 * The offset in the function's text where its body begins, if it must be stopped just there; null if V8's first
 * breakable position is as good: nothing is evaluated before the body.
 */
export function entryOf(facts: ProbeFacts): number | null {
  if (facts.form === 'class') return constructorOf(facts)!.bodyStart
  return facts.simpleParameters ? null : facts.bodyStart
}

/** The private names of expressions that were checked: mostly the same few are asked. */
const checked = new Map<string, readonly string[]>()
const MAX_CHECKED = 1000

/** A condition that does not compile in the function's scope would let the body run. */
export function checkExpression(expression: string, facts: ProbeFacts): void {
  let privateNames = checked.get(expression)
  if (!privateNames) {
    privateNames = parseExpression(expression)
    if (checked.size >= MAX_CHECKED) checked.clear()
    checked.set(expression, privateNames)
  }
  for (let i = 0; i < privateNames.length; i++) {
    if (!knowsPrivateName(facts, privateNames[i]))
      throw new ProbeError(`nothing says that #${privateNames[i]} is declared there`)
  }
}

function parseExpression(expression: string): string[] {
  const privateNames: string[] = []
  const onToken = (token: Token) => {
    if (token.type.label === 'privateId') privateNames.push((token as unknown as { value: string }).value)
  }
  try {
    const { body } = parse(`(${expression}\n)`, {
      ecmaVersion: 'latest',
      checkPrivateFields: false,
      onToken,
    } as never)
    if (body.length !== 1 || body[0].type !== 'ExpressionStatement')
      throw new SyntaxError('more than one expression')
  } catch (error) {
    throw new ProbeError(`the expression does not parse: ${(error as Error).message}`)
  }
  return privateNames
}

function knowsPrivateName(facts: ProbeFacts, name: string): boolean {
  return (
    facts.privateNames.includes(name) ||
    facts.classFacts?.elements.some(({ key }) => key?.kind === 'private' && key.name === name) === true
  )
}

/** Calls the function with arguments that no parameter has a default for. */
export function callAnyhow(fn: object, facts: ProbeFacts): void {
  const target = fn as () => unknown
  const list = argumentsFor(entryOf(facts) ?? 0)
  if (facts.form === 'class') {
    ReflectConstruct(target, list)
    return
  }
  const result = ReflectApply(target, undefined, list)
  // A generator's body starts at its first next().
  if (facts.isGenerator)
    ReflectApply(facts.isAsync ? AsyncGeneratorPrototypeNext : GeneratorPrototypeNext, result, [])
}

/** Stands for any argument: needs no default, can be destructured, and runs nothing of the user's. */
const anything: object = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.iterator ? endless : key === Symbol.toPrimitive ? () => '' : anything),
})

const MANY = 64

function endless(): Iterator<object> {
  let left = MANY
  return { next: () => ({ done: left-- <= 0, value: anything }) }
}

/** No function has more parameters than its text has characters before the body. */
function argumentsFor(entry: number): readonly object[] {
  const list: object[] = []
  for (let i = 0; i < MANY || i < Math.min(entry, 50_000); i++) list[i] = anything
  return list
}
