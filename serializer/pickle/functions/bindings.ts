// The variables that a function uses and does not declare (spec: bindings): their names, their values, how they are written.
import { createRequire } from 'node:module'
import { types } from 'node:util'
import { bindingIn, type ScopeRecord, WITH } from '../../capture/index.ts'
import { OWN_NAME } from '../../codegen/leaf.ts'
import type { BindingRecord, FunctionRecord } from '../../codegen/records.ts'
import { isConstantView } from '../../constant-view.ts'
import { keepHiddenClass } from '../../hidden-classes.ts'
import { descriptorSeenByUser } from '../../originals.ts'
import { isStandardGlobal } from '../../references/index.ts'
import {
  type FunctionSite,
  globalOf,
  importsPackages,
  isImport,
  namespaceOf,
  type Resolved,
  resolveName,
  scriptFacts,
} from '../function-site.ts'
import { asksForGlobal, holderOf } from '../global-accessors.ts'
import type { GraphWriter } from '../graph-writer.ts'
import { keepVariables } from '../kept-sites.ts'
import { Op } from '../opcodes.ts'
import { sourceOf } from '../source.ts'
import type { LiveFunction } from './context.ts'
import { runnerImport } from './runner-import.ts'

const { ownKeys } = Reflect

/** What a direct `eval` sees as `require`, if its function does not name it: no path goes into the bundle for that. */
export const requireFromAnywhere = createRequire(import.meta.url)

export const MODULE_VARIABLES: readonly string[] = ['exports', 'require', 'module', '__filename', '__dirname']

/** `methods` are those of a class. */
export function bindingsOf(
  graph: GraphWriter,
  live: LiveFunction,
  ownNameToo: boolean,
  methods: readonly object[] = [],
): BindingRecord[] {
  const { fn, facts, site } = live
  const bindings: BindingRecord[] = []
  keepVariables(fn, facts, site.kept, () => site.scopes, methods)
  const seen = new Set<string>()
  const add = (name: string, written: boolean, members: readonly string[] | null) => {
    if (seen.has(name)) return
    seen.add(name)
    const binding = bindingOf(graph, live, name, written, members, methods)
    if (binding) bindings.push(binding)
  }
  for (const free of facts.free) {
    if (free.definitionOnly) continue
    if (free.name === 'arguments' && facts.form === 'arrow') continue
    add(free.name, free.written || facts.directEval, facts.directEval ? null : free.members)
  }
  if (ownNameToo) add(facts.ownName!, facts.ownNameWritten, null)
  if (facts.directEval) {
    for (const [name, hidden] of visibleToEval(graph, live)) {
      if (!hidden) add(name, true, null)
      else if (name === 'require' && !seen.has(name)) {
        seen.add(name)
        bindings.push({ ...variableOf(name, requireFromAnywhere), written: true })
      }
    }
  }
  return bindings
}

/** Every variable around the function. `hidden` are those that would only bring a path along: nothing asks for them. */
function* visibleToEval(
  graph: GraphWriter,
  { fn, site }: LiveFunction,
): Generator<[name: string, hidden: boolean]> {
  for (const scope of site.scopes) {
    if (scope.type === 'Global') return
    if (scope.type === WITH && isConstantView(scope.object)) continue
    if (scope.type === WITH) refuseWith(graph, 'what a direct `eval` sees')
    for (const name of ownKeys(scope.object)) {
      if (typeof name !== 'string' || name === 'this' || name === 'arguments' || name.startsWith('.'))
        continue
      if (name.startsWith(OWN_NAME)) continue
      const ofWrapper = isModuleVariable(name, scope, site) && name !== 'exports' && name !== 'module'
      yield [name, ofWrapper && !sourceOf(fn).includes(name)]
    }
  }
}

function refuseWith(graph: GraphWriter, what: string): never {
  graph.refuse(
    `${what} comes from the object of a \`with\` statement`,
    'Read it into a variable, or take the function out of the `with` statement',
  )
}

function bindingOf(
  graph: GraphWriter,
  live: LiveFunction,
  name: string,
  written: boolean,
  members: readonly string[] | null,
  methods: readonly object[],
): BindingRecord | null {
  const { fn, facts, site } = live
  if (facts.form === 'class' && name === facts.ownName) return null
  // Where a variable is kept, none of the function's scopes is a with block.
  for (const scope of site.kept.variables?.has(name) ? [] : site.scopes) {
    if (scope.type === WITH && isConstantView(scope.object)) continue
    // What the object has now, or will have when the function runs: a plain copy of a variable can't follow that.
    if (scope.type === WITH && (scope.isProxy || types.isProxy(scope.object) || name in scope.object))
      refuseWith(graph, `\`${name}\``)
    if (bindingIn(scope.object, name)) break
  }
  const found = resolveName(fn, facts, site, name, methods)
  if (found) {
    const namespace = namespaceOf(found.value, name)
    const value = namespace ?? runnerImport(name, found.value, live) ?? found.value
    const kind = found.dead
      ? 'dead'
      : written && !facts.directEval && isImport(site, name)
        ? 'const'
        : 'value'
    return new Binding(found, name, kind, value, namespace && members && !written ? members : null, written)
  }
  const global = globalOf(site)
  const descriptor = descriptorSeenByUser(global, name)
  if (!descriptor || isStandardGlobal(name, descriptor)) return null
  if (descriptor.get || descriptor.set) {
    if (asksForGlobal(descriptor)) {
      graph.refuse(
        `the global \`${name}\` is an accessor whose function uses \`this\`, which is the global object: a copy has none of its own`,
        `Let the accessor use variables instead of \`this\`, or define \`${name}\` as a value`,
      )
    }
    graph.hasGlobalAccessors = true
    return { ...variableOf(name, holderOf(name, descriptor)), ofGlobalAccessor: true }
  }
  return { ...variableOf(name, descriptor.value), written }
}

/** A variable that was found. Its scope is asked for now and then, and may have to be captured. */
class Binding implements BindingRecord {
  readonly name: string
  kind: BindingRecord['kind']
  readonly value: unknown
  readonly members: readonly string[] | null
  readonly written: boolean
  readonly depth: number
  variable: BindingRecord['variable'] = null
  readonly #found: Resolved

  constructor(
    found: Resolved,
    name: string,
    kind: BindingRecord['kind'],
    value: unknown,
    members: readonly string[] | null,
    written: boolean,
  ) {
    this.name = name
    this.kind = kind
    this.value = value
    this.members = members
    this.written = written
    this.depth = found.depth
    this.#found = found
  }

  get scope(): object {
    return this.#found.scope
  }
}

const nothing: Resolved = { value: undefined, dead: false, depth: 0, scope: {} }
keepHiddenClass(new Binding(nothing, '', 'value', undefined, null, false))

/** What the module around a function imports from packages is these packages' exports. */
export function noteImports(graph: GraphWriter, site: FunctionSite): void {
  const { script } = site
  if (!script?.isModule || graph.imports.has(script.url)) return
  const scope = importsPackages(script) && site.scopes.find(({ type }) => type === 'Module')
  if (scope) graph.imports.note(script.url, scriptFacts(script).imports.values(), scope.object)
}

export function writeBindingValues(graph: GraphWriter, record: FunctionRecord): void {
  graph.varint(record.bindings.length)
  for (const binding of record.bindings) {
    graph.step('binding', binding.name)
    if (binding.kind === 'dead') graph.out.byte(Op.Hole)
    else if (binding.members) graph.namespace(binding.value as object, binding.members)
    else graph.value(binding.value)
  }
}

/** A variable of the global object. */
export function variableOf(name: string, value: unknown): BindingRecord {
  return {
    name,
    kind: 'value',
    value,
    members: null,
    written: false,
    scope: null,
    depth: -1,
    variable: null,
  }
}

/** Is the scope that of a CommonJS module's wrapper, and the name one of its parameters? */
function isModuleVariable(name: string, scope: ScopeRecord, site: FunctionSite): boolean {
  if (site.script?.isModule || !MODULE_VARIABLES.includes(name)) return false
  return MODULE_VARIABLES.every((each) => bindingIn(scope.object, each))
}
