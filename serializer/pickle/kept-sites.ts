// What is kept of a function between dumps: its place, which never changes, and, once it was dumped often, live
// accessors of its variables, which spare the inspector. (A closure's set of variables is fixed, unless direct eval
// or a script adds some: there it is captured anew each time.)
import type { FunctionFacts } from '../analyze/index.ts'
import {
  bindingIn,
  isReferenceError,
  ProbeError,
  probe,
  type ScopeRecord,
  type ScriptRecord,
} from '../capture/index.ts'
import { analyzed, sourceOf } from './source.ts'

const { getOwnPropertyDescriptor } = Reflect

/** A probe takes as long as several captures, and the first one of a turn as long as a hundred. */
const OFTEN = 20

export interface KeptSite {
  readonly script: ScriptRecord | undefined
  readonly line: number
  readonly column: number
  /** The global object of the function's realm, once it was asked for. */
  global: object | undefined
  strict: boolean | undefined
  dumps: number
  /** Null if it can't be had. */
  variables: ReadonlyMap<string, KeptVariable> | null | undefined
}

interface KeptVariable {
  readonly get: (() => unknown) | null
  /** As in Resolved; -1 for a global. */
  readonly depth: number
  /** What it was when it was found, until there is a getter. */
  readonly value: unknown
}

const sites = new WeakMap<object, KeptSite>()

export function keptSite(fn: object): KeptSite | undefined {
  return sites.get(fn)
}

export function keepSite(
  fn: object,
  script: ScriptRecord | undefined,
  line: number,
  column: number,
): KeptSite {
  const site: KeptSite = {
    script,
    line,
    column,
    global: undefined,
    strict: undefined,
    dumps: 0,
    variables: undefined,
  }
  sites.set(fn, site)
  return site
}

/** The global object of the realm, as a function's scopes show it. */
export function globalIn(scopes: readonly ScopeRecord[]): object {
  const last = scopes.at(-1)
  return last?.type === 'Global' ? last.object : globalThis
}

/**
 * Prepares for reading the variables without capturing the function again, if that is due and possible. `methods` are
 * those that a class still has: it is asked through them.
 */
export function keepVariables(
  fn: object,
  facts: FunctionFacts,
  kept: KeptSite,
  scopes: () => readonly ScopeRecord[],
  methods: readonly object[],
): void {
  if (kept.variables !== undefined) return
  const names = facts.free.filter((free) => !free.definitionOnly).map((free) => free.name)
  if (names.length === 0 && !facts.directEval) {
    kept.variables = NONE
    return
  }
  if (kept.dumps < OFTEN) return
  kept.variables = null
  if (facts.directEval || !kept.script || mayGrow(kept.script)) return
  kept.global ??= globalIn(scopes())
  const variables = locate(names, scopes(), kept.global)
  if (!variables) return
  try {
    const getters = facts.form === 'class' ? askMethods(fn, facts, names, methods) : ask(fn, facts, names)
    for (const [name, { depth, value }] of variables) {
      const get = getters?.get(name)
      // Where the function begins with a block, a variable of the block may hide the one that is meant.
      if (!get || !Object.is(get(), value)) return
      variables.set(name, { get, depth, value: undefined })
    }
    kept.variables = variables
  } catch (error) {
    // A dead zone's ReferenceError is no concern either: it is captured as before.
    if (!(error instanceof ProbeError || isReferenceError(error))) throw error
  }
}

const NONE: ReadonlyMap<string, KeptVariable> = new Map()

type Getters = Map<string, () => unknown>

function ask(fn: object, facts: FunctionFacts, names: readonly string[]): Getters {
  const getters = probe(
    fn,
    facts,
    `[${names.map((name) => `() => ${name}`).join(', ')}]`,
  ) as (() => unknown)[]
  return new Map(names.map((name, i) => [name, getters[i]]))
}

/**
 * Each variable through a method that uses it. That the method is of this class, and not of another evaluation of the
 * same text, shows by what it sees under the class's own name. Null if that can't be told.
 */
function askMethods(
  fn: object,
  facts: FunctionFacts,
  names: readonly string[],
  methods: readonly object[],
): Getters | null {
  const getters: Getters = new Map()
  for (const method of methods) {
    const own = analyzed(sourceOf(method))
    const wanted = names.filter((name) => !getters.has(name) && own?.free.some((free) => free.name === name))
    if (!own || wanted.length === 0) continue
    if (facts.ownName === null || own.directEval) return null
    const found = ask(method, own, [facts.ownName, ...wanted])
    if (found.get(facts.ownName)!() !== fn) return null
    for (const name of wanted) getters.set(name, found.get(name)!)
  }
  return getters
}

function locate(
  names: readonly string[],
  scopes: readonly ScopeRecord[],
  global: object,
): Map<string, KeptVariable> | null {
  const variables = new Map<string, KeptVariable>()
  if (scopes.some((scope) => !FIXED.has(scope.type))) return null
  for (const name of names) {
    const i = scopes.findIndex(
      (scope) => scope.type !== 'Global' && bindingIn(scope.object, name) !== undefined,
    )
    // A name that nothing has yet, or that V8 does not list.
    if (i < 0 && !isData(global, name)) return null
    const found = bindingIn(i < 0 ? global : scopes[i].object, name)!
    if (found.dead) return null
    const { value } = found
    variables.set(name, { get: null, depth: i < 0 ? -1 : scopes.length - 1 - i, value })
  }
  return variables
}

/** Types of scopes whose set of variables is known from the text. */
const FIXED: ReadonlySet<string> = new Set([
  'Local',
  'Closure',
  'Block',
  'Catch',
  'Class',
  'Module',
  'Global',
])

const growing = new WeakMap<ScriptRecord, boolean>()

/** A direct eval in sloppy code adds variables to the function around it. */
function mayGrow(script: ScriptRecord): boolean {
  let grows = growing.get(script)
  if (grows === undefined) growing.set(script, (grows = script.source().includes('eval')))
  return grows
}

function isData(global: object, name: string): boolean {
  const descriptor = getOwnPropertyDescriptor(global, name)
  return descriptor !== undefined && 'value' in descriptor
}

/** The variable's value now. Undefined if the function has to be captured, null if the name means the global's property. */
export function readKept(kept: KeptSite, name: string): { value: unknown; depth: number } | null | undefined {
  const variable = kept.variables?.get(name)
  if (!variable) return undefined
  const { get, depth } = variable
  try {
    if (depth >= 0) return { value: get!(), depth }
    // Not through the getter unless it is data: an accessor is the user's code.
    if (isData(kept.global!, name)) {
      const { value } = getOwnPropertyDescriptor(kept.global!, name)!
      if (Object.is(get!(), value)) return null
    }
  } catch {
    // In its dead zone, or gone.
  }
  kept.variables = null
  return undefined
}
