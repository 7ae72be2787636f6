// How a function is called so that it gets to its body, where it is stopped, without running any code before that;
// and which functions and expressions are refused because that can't be had.
import { types } from 'node:util'
import { parse, type Token } from 'acorn'
import { hasFunctionInBlock } from '../analyze/block-functions.ts'
import type { EntryFacts, FunctionFacts } from '../analyze/facts.ts'
import { analyzeFunction } from '../analyze/function.ts'
import { analyzeScript } from '../analyze/script.ts'
import {
  AsyncGeneratorPrototypeNext,
  FunctionPrototypeToString,
  GeneratorPrototypeNext,
  ReflectApply,
  ReflectConstruct,
} from '../primordials.ts'
import { type CapturedFunction, isStrictFunction } from './functions.ts'
import { ProbeError } from './probe-error.ts'
import { offsetOf, scriptOf } from './scripts.ts'

/** The facts that decide how a function is entered. */
export type ProbeFacts = Pick<
  FunctionFacts,
  | 'text'
  | 'form'
  | 'isAsync'
  | 'isGenerator'
  | 'computedParameterKeys'
  | 'classFacts'
  | 'directEval'
  | 'ownStrict'
  | 'parameterNames'
  | 'entry'
  | 'free'
  | 'privateNames'
>

/** A function that can be called without running any code of the user's, and how. */
export interface Enterable {
  readonly facts: ProbeFacts
  readonly entry: EntryFacts
  /** It must be stopped where its body begins; else V8's first place to stop at is as good. */
  readonly atBody: boolean
}

/**
 * Throws for a function that can't be called without running code of the user's. Facts of another text, as those of a
 * loaded function whose text was edited, say nothing of the places in it: they are not used.
 */
export function checkEntry(fn: object, told: ProbeFacts, fieldsAreInert: boolean): Enterable {
  if (types.isProxy(fn)) throw new ProbeError('it is a proxy, whose traps would be called')
  const text = ReflectApply(FunctionPrototypeToString, fn, []) as string
  // V8 runs asm.js as WebAssembly, and crashes at a breakpoint there.
  if (text.includes('use asm')) throw new ProbeError('it is, or has in it, a module of asm.js')
  const facts = told.text === text ? told : factsOf(text)
  if (facts.computedParameterKeys)
    throw new ProbeError('a parameter has a computed key, which would be evaluated')
  const { entry } = facts
  if (facts.form === 'class') checkClass(facts, fieldsAreInert)
  if (!entry) throw new ProbeError('it may have an effect before it can be stopped')
  return { facts, entry, atBody: facts.form === 'class' || !entry.isSimple }
}

function factsOf(text: string): ProbeFacts {
  try {
    return analyzeFunction(text)
  } catch (error) {
    throw new ProbeError(`its text does not parse: ${(error as Error).message}`)
  }
}

/** `new` on a class runs its field initializers, and an implicit constructor can't be stopped. */
function checkClass({ classFacts }: ProbeFacts, fieldsAreInert: boolean): void {
  const { heritage, elements } = classFacts!
  let hasConstructor = false
  for (let i = 0; i < elements.length; i++) if (elements[i].kind === 'constructor') hasConstructor = true
  if (!hasConstructor) throw new ProbeError('the class has no constructor to stop at')
  if (fieldsAreInert || (heritage && !heritage.isNull)) return
  for (let i = 0; i < elements.length; i++) {
    if (elements[i].kind === 'field' && !elements[i].isStatic && elements[i].initializer)
      throw new ProbeError('constructing the class would run its field initializers')
  }
}

/**
 * Throws where V8 would crash at a breakpoint. It parses the function again, and has forgotten then that the code which an
 * `eval` made was strict because the code around the `eval` is: it misses a context where sloppy code would need one.
 */
export function checkScript(
  fn: object,
  enterable: Enterable,
  { scriptId, line, column }: CapturedFunction,
): void {
  const { facts } = enterable
  if (facts.form === 'class' || facts.ownStrict || !mayDiffer(enterable)) return
  const script = scriptId === undefined ? undefined : scriptOf(scriptId)
  if (!script?.mayBeEval) return
  const source = script.source()
  if (MADE_BY_FUNCTION.test(source)) return
  if (facts.form === 'function' && !facts.isAsync && !facts.isGenerator && !isStrictFunction(fn)) return
  if (!analyzeScript(source, 'script').strictAt(offsetOf(script, line, column)))
    throw new ProbeError('V8 may crash at what an eval has made within strict code')
}

/** Has it anything that would make a difference between sloppy and strict code to the function's own context? */
function mayDiffer({ facts: { text, form, directEval, parameterNames }, entry }: Enterable): boolean {
  if (form !== 'arrow' && text.includes('arguments')) return true
  // Parameters are in its context for the sake of an `eval`, in sloppy and strict code alike.
  const hasPlainParameters = entry.isSimple && parameterNames.length > 0
  return (directEval && !hasPlainParameters) || (BLOCK_FUNCTION.test(text) && hasFunctionInBlock(text))
}

/** May be a function declaration in a block. */
const BLOCK_FUNCTION = /[;{})\n/]\s*function\b/
/** How the text begins that the constructors Function, AsyncFunction and so on make. */
const MADE_BY_FUNCTION = /^\((?:async )?function\*? anonymous\(/

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
export function callAnyhow(fn: object, { facts, entry }: Enterable): void {
  const target = fn as () => unknown
  const list = argumentsFor(entry.offset)
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
