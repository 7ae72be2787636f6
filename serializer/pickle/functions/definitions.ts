// What functions and classes were made with, as far as the identity of a class depends on it (definition-digest): their variables,
// and which of these there is one of.
import {
  isReferenceError,
  offsetOf,
  ProbeError,
  probeArguments,
  probeThis,
  type ScopeRecord,
} from '../../capture/index.ts'
import type { BindingRecord } from '../../codegen/records.ts'
import { findBuiltin, findForeignIntrinsic, findIntrinsic, type Reference } from '../../references/index.ts'
import type { Defining, Definition, Definitions, KnownContent } from '../definition-digest.ts'
import { type FunctionSite, isCommonJs, namespaceOf, resolveName, scriptFacts } from '../function-site.ts'
import { analyzed, isNativeText, sourceOf } from '../source.ts'
import { Refusal } from '../trace.ts'
import type { FunctionContext, LiveFunction } from './context.ts'
import type { FunctionReferences } from './references.ts'

/** Of longer scripts it is not asked what they assign: to parse them takes longer than a dump. */
const LONGEST_SCRIPT = 500_000

export class FunctionDefinitions implements Definitions {
  readonly #context: FunctionContext
  readonly #references: FunctionReferences
  readonly #known = new Map<object, Definition | null>()
  readonly contents = new Map<object, KnownContent>()

  constructor(context: FunctionContext, references: FunctionReferences) {
    this.#context = context
    this.#references = references
  }

  of(fn: object): Definition | null {
    let definition = this.#known.get(fn)
    if (definition === undefined) this.#known.set(fn, (definition = this.#find(fn)))
    return definition
  }

  referenceOf(value: object): Reference | undefined {
    const found = findIntrinsic(value) ?? findBuiltin(value) ?? this.#context.graph.packageExport(value)
    if (found) return found
    if (typeof value !== 'function') return findForeignIntrinsic(value)
    return (
      (isNativeText(sourceOf(value)) ? findForeignIntrinsic(value) : this.#references.of(value)) ?? undefined
    )
  }

  isMadeByCall(fn: object): boolean {
    const site = this.#context.siteOf(fn)
    const { script, line, column } = site
    if (!script || !(script.isModule || isCommonJs(script))) return true
    return !scriptFacts(script).isRunOnce(offsetOf(script, line, column))
  }

  /** Of those that the class sees, as its record has them. */
  variablesOf({ facts, site }: LiveFunction, bindings: readonly BindingRecord[]): Defining[] {
    const variables: Defining[] = []
    for (const { name, kind, value, members, written, depth } of bindings) {
      const origin = kind === 'dead' ? null : originOf(site, depth, { name, value, written })
      if (!origin) continue
      const isOnce = origin.isOnce && !facts.directEval
      variables.push({ name, value, members, initializer: origin.initializer, isOnce })
    }
    return variables
  }

  #find(fn: object): Definition | null {
    const text = sourceOf(fn)
    const facts = isNativeText(text) ? null : analyzed(text)
    if (facts === null) return null
    const site = this.#context.siteOf(fn)
    if (!site.script || site.script.url.startsWith('node:')) return null
    const variables: Defining[] = []
    for (const { name, written, definitionOnly, members } of facts.free) {
      const found = definitionOnly ? undefined : attempt(() => resolveName(fn, facts, site, name))
      if (!found || found.dead) continue
      const origin = originOf(site, found.depth, { name, value: found.value, written })
      if (!origin) continue
      const namespace = namespaceOf(found.value, name)
      const used = namespace && !written ? members : null
      variables.push({ name, value: namespace ?? found.value, members: used, ...origin })
    }
    if (site.record) site.forgetScopes()
    const isArrow = facts.form === 'arrow'
    return {
      variables,
      outerThis: isArrow && facts.lexicalThis ? [attempt(() => probeThis(fn, facts, site))] : null,
      outerArguments:
        isArrow && facts.lexicalArguments ? (attempt(() => probeArguments(fn, facts, site)) ?? null) : null,
    }
  }
}

/** Undefined for what the writer is going to refuse. */
function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Refusal || error instanceof ProbeError || isReferenceError(error)) return undefined
    throw error
  }
}

type Origin = Pick<Defining, 'isOnce' | 'initializer'>

/** Null for a module's variable that may have another value than it was given: it is state, not definition. */
function originOf(
  site: FunctionSite,
  depth: number,
  { name, value, written }: { readonly name: string; readonly value: unknown; readonly written: boolean },
): Origin | null {
  if (!isOnce(site, depth)) return { isOnce: false, initializer: null }
  if (written) return null
  const untold = { isOnce: true, initializer: null }
  const { script, line, column } = site
  if (!script || typeof value === 'function') return untold
  const text = script.source()
  if (text.length > LONGEST_SCRIPT) return untold
  const facts = scriptFacts(script)
  const declaration = facts.declarationOf(offsetOf(script, line, column), name)
  if (!declaration) return untold
  if (facts.isAssigned(declaration)) return null
  const { initializer } = declaration
  const isObject = typeof value === 'object' && value !== null
  if (!isObject || !initializer) return untold
  return { isOnce: true, initializer: text.slice(initializer.start, initializer.end) }
}

/** Is the scope so deep a module's, or further out? */
function isOnce({ scopes, script }: FunctionSite, depth: number): boolean {
  const at = scopes.length - 1 - depth
  if (isOutermost(scopes[at])) return true
  return isOutermost(scopes[at + 1]) && script != null && isCommonJs(script)
}

const OUTERMOST = /^(?:Module|Script|Global)$/

/** What is in no scope is a global's. */
function isOutermost(scope: ScopeRecord | undefined): boolean {
  return scope === undefined || OUTERMOST.test(scope.type)
}
