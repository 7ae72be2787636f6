// Where a live function comes from and what it can see: its script, its scopes, and the value of any name in them.
import { Module } from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import type { Declaration, FunctionFacts, ScriptFacts } from '../analyze/index.ts'
import { analyzeScript, isScriptAnalyzed } from '../analyze/index.ts'
import {
  bindingIn,
  type CapturedFunction,
  captureFunction,
  internalSlots,
  isStrictFunction,
  offsetOf,
  originalPosition,
  type ScopeRecord,
  type ScriptRecord,
  scriptOf,
  WITH,
} from '../capture/index.ts'
import type { FunctionRecord } from '../codegen/records.ts'
import { isConstantView } from '../constant-view.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import type { Reference } from '../references/index.ts'
import { isDeadForClass, probeOne } from './dead-zones.ts'
import { globalIn, type KeptSite, keepSite, keptSite, readKept } from './kept-sites.ts'

const { getOwnPropertyDescriptor } = Reflect
/** By file name, what `require` has loaded. */
const moduleCache = (Module as unknown as { _cache: object })._cache

export interface FunctionSite extends CapturedFunction {
  readonly script: ScriptRecord | undefined
  readonly kept: KeptSite
  /** The function's record, once it has one. */
  record: FunctionRecord | undefined
  /** Where the receiver has the function, too; undefined before that is asked. */
  reference: Reference | null | undefined
  /** Lets go of the scopes, which take some memory: who asks for them again has the function captured again. */
  forgetScopes(): void
}

/** Parsing takes about 0.1 us for each character, a probe some 500. */
const LENGTH_WORTH_A_PROBE = 5000
const asked = new WeakMap<ScriptRecord, number>()

export interface Resolved {
  readonly value: unknown
  readonly dead: boolean
  /** Scopes around the variable's: 0 for the outermost. */
  readonly depth: number
  /** The snapshot of the scope that has it. */
  readonly scope: object
}

/** Holds no scope: few are asked for once the value is known. */
class InSite implements Resolved {
  readonly value: unknown
  readonly dead: boolean
  readonly depth: number
  readonly #site: FunctionSite

  constructor(value: unknown, dead: boolean, depth: number, site: FunctionSite) {
    this.value = value
    this.dead = dead
    this.depth = depth
    this.#site = site
  }

  get scope(): object {
    const { scopes } = this.#site
    return scopes[scopes.length - 1 - this.depth].object
  }
}

/** `captured`, if the function was captured for this dump already. */
export function siteOf(fn: object, captured?: CapturedFunction): FunctionSite {
  let kept = keptSite(fn)
  if (!kept) {
    captured ??= captureFunction(fn)
    const { scriptId, line, column } = captured
    const script = scriptId === undefined ? undefined : scriptOf(scriptId)
    kept = keepSite(fn, script, line, column)
  }
  kept.dumps++
  return new Site(fn, kept, captured)
}

class Site implements FunctionSite {
  readonly kept: KeptSite
  record: FunctionRecord | undefined = undefined
  reference: Reference | null | undefined = undefined
  readonly #fn: object
  #captured: CapturedFunction | undefined

  constructor(fn: object, kept: KeptSite, captured: CapturedFunction | undefined) {
    this.kept = kept
    this.#fn = fn
    this.#captured = captured
  }

  get script(): ScriptRecord | undefined {
    return this.kept.script
  }

  get scriptId(): string | undefined {
    return this.kept.script?.scriptId
  }

  get line(): number {
    return this.kept.line
  }

  get column(): number {
    return this.kept.column
  }

  get scopes(): readonly ScopeRecord[] {
    this.#captured ??= captureFunction(this.#fn)
    return this.#captured.scopes
  }

  forgetScopes(): void {
    this.#captured = undefined
  }
}

keepHiddenClass(new InSite(undefined, false, 0, keepHiddenClass(new Site({}, null as never, undefined))))

/** `file:line`, one-based, for messages: in the text as it was written, where a source map tells. */
export function locationOf({ script, line, column }: FunctionSite): string | undefined {
  if (!script?.url) return undefined
  const original = originalPosition(script, line, column)
  const url = original?.url ?? script.url
  return `${url.startsWith('file://') ? decodeURIComponent(url.slice(7)) : url}:${(original?.line ?? line) + 1}`
}

/** The global object of the function's realm. */
export function globalOf(site: FunctionSite): object {
  return (site.kept.global ??= globalIn(site.scopes))
}

/**
 * Resolves a free name of the function in its scopes; undefined if only the global object can have it. `methods` are those of
 * a class.
 */
export function resolveName(
  fn: object,
  facts: FunctionFacts,
  site: FunctionSite,
  name: string,
  methods: readonly object[] = [],
): Resolved | undefined {
  const kept = readKept(site.kept, name)
  if (kept === null) return undefined
  if (kept) return new InSite(kept.value, false, kept.depth, site)
  const { scopes } = site
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i]
    if (scope.type === 'Global') break
    if (scope.type === WITH && isConstantView(scope.object)) continue
    const found = bindingIn(scope.object, name)
    if (!found) {
      // A function expression's own name is a variable that V8 does not list. (The scope of a function without a
      // name may be called by any name near it.)
      if (scope.name === name) {
        const own = probeOne(fn, facts, name)
        if (typeof own?.value === 'function' && own.value !== outerValue(scopes, i + 1, name))
          return new InSite(own.value, own.dead, scopes.length - 1 - i, site)
      }
      continue
    }
    const depth = scopes.length - 1 - i
    if (found.dead || found.value !== undefined || scope.type === WITH)
      return new InSite(found.value, found.dead, depth, site)
    return new InSite(undefined, isDead(fn, facts, site, name, methods), depth, site)
  }
  if (getOwnPropertyDescriptor(globalOf(site), name)) return undefined
  // The own name of a function expression around it, which no scope lists; or nothing at all.
  const probed = scopes.some((scope) => scope.name === name) ? probeOne(fn, facts, name) : undefined
  return probed && { ...probed, depth: 0, scope: {} }
}

function outerValue(scopes: readonly ScopeRecord[], start: number, name: string): unknown {
  for (let i = start; i < scopes.length; i++) {
    const found = bindingIn(scopes[i].object, name)
    if (found) return found.value
  }
  return undefined
}

/** What the analyzer knows of the script's text. */
export function scriptFacts(script: ScriptRecord): ScriptFacts {
  return analyzeScript(script.source(), script.isModule ? 'module' : 'script')
}

/** What an import of a package has in it, or might have where a comment stands within it. */
const PACKAGE_IMPORT = /\bfrom\s*(?:["'](?![./]|node:)|\/[*/])/
const packageImports = new WeakMap<ScriptRecord, boolean>()

/** Does the module import from packages, going by its text? Sooner known than its imports. */
export function importsPackages(script: ScriptRecord): boolean {
  let imports = packageImports.get(script)
  if (imports === undefined) packageImports.set(script, (imports = PACKAGE_IMPORT.test(script.source())))
  return imports
}

/** Is the free name an import of the function's module? */
export function isImport({ script }: FunctionSite, name: string): boolean {
  return script?.isModule === true && scriptFacts(script).imports.has(name)
}

/**
 * The declaration that the name means to the function, going by the script's text. Null where the text does not tell, or is
 * so long that V8 is asked sooner: that is, until it was asked for often.
 */
export function declarationOf({ script, line, column }: FunctionSite, name: string): Declaration | null {
  if (!script) return null
  const kind = script.isModule ? 'module' : 'script'
  if (!isScriptAnalyzed(script.source(), kind)) {
    const questions = (asked.get(script) ?? 0) + 1
    asked.set(script, questions)
    if (script.source().length > questions * LENGTH_WORTH_A_PROBE) return null
  }
  return scriptFacts(script).declarationOf(offsetOf(script, line, column), name)
}

/** The function's script if it runs once for certain, as what Node runs as a module does; else null. */
export function onlyRunOf({ script }: FunctionSite): string | null {
  return script && (script.isModule || isCommonJs(script)) ? script.scriptId : null
}

/** Is it a module that Node runs within a function? */
export function isCommonJs(script: ScriptRecord): boolean {
  const path = script.url.startsWith('file:') ? fileURLToPath(script.url) : script.url
  return getOwnPropertyDescriptor(moduleCache, path) !== undefined
}

/** Node 20 shows a variable in its dead zone as undefined: so it is asked. `methods` are those of a class. */
function isDead(
  fn: object,
  facts: FunctionFacts,
  site: FunctionSite,
  name: string,
  methods: readonly object[],
): boolean {
  if (declarationOf(site, name)?.lexical === false) return false
  if (facts.form !== 'class') return probeOne(fn, facts, name)?.dead ?? false
  const { script, line, column } = site
  return isDeadForClass(fn, name, methods, {
    script,
    offset: script ? offsetOf(script, line, column) : 0,
    declarationAt: (offset) => script! && scriptFacts(script).declarationOf(offset, name),
    isOnlyRun: onlyRunOf(site) !== null,
  })
}

/** Is the function's code strict? Only arrows, methods and the like need their script for that. */
export function isStrict(fn: object, facts: FunctionFacts, site: FunctionSite): boolean {
  return (site.kept.strict ??= findStrict(fn, facts, site))
}

function findStrict(fn: object, facts: FunctionFacts, site: FunctionSite): boolean {
  if (facts.ownStrict || facts.form === 'class') return true
  if (facts.form === 'function' && !facts.isAsync && !facts.isGenerator) {
    return isStrictFunction(fn)
  }
  const script = site.script
  if (!script) return true
  if (script.isModule) return true
  const text = script.source()
  if (!text.includes('use strict') && !text.includes('class')) return false
  return scriptFacts(script).strictAt(offsetOf(script, site.line, site.column))
}

const RUNNER_IMPORT = /^__(?:vi|vite_ssr)_import_\d+__$/

/** A namespace object, or what bundlers and test runners put in its place; null if it is none. */
export function namespaceOf(value: unknown, name: string): object | null {
  if (typeof value !== 'object' || value === null) return null
  if (types.isModuleNamespaceObject(value)) return value
  if (types.isProxy(value)) {
    // vitest wraps packages in a proxy for their default export.
    if (!RUNNER_IMPORT.test(name)) return null
    const target = internalSlots(value).get('[[Target]]')
    return typeof target === 'object' ? target : null
  }
  const tag = getOwnPropertyDescriptor(value, Symbol.toStringTag)
  return tag?.value === 'Module' ? value : null
}
