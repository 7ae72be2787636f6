// Classes: what they extend, their elements, static state and identity.
import { privateElements, type ScopeRecord } from '../../capture/index.ts'
import { type FunctionRecord, privateFields } from '../../codegen/records.ts'
import { type ClassDefinition, classIdentity, type Defining } from '../class-identity.ts'
import { noteSeen, registerClass } from '../class-registry.ts'
import { classPrototypeDefault, heritageOf, naturalName } from '../function-shape.ts'
import { type FunctionSite, isCommonJs, resolveName } from '../function-site.ts'
import { Needs, Op } from '../opcodes.ts'
import { bare } from '../private-readers.ts'
import { analyzed, isNativeText, sourceOf } from '../source.ts'
import { bindingsOf, writeBindingValues } from './bindings.ts'
import { elementsOf } from './class-elements.ts'
import type { FunctionContext, LiveFunction } from './context.ts'
import { classAround } from './home.ts'
import { writeProperties } from './properties.ts'

const { getOwnPropertyDescriptor } = Reflect
const FunctionPrototype = Function.prototype

export class ClassIdentities {
  readonly #counts = new Map<string, number>()

  /** The class's identity, with a number behind it for each further class of the bundle that is equal. */
  of(definition: ClassDefinition): string {
    const identity = classIdentity(definition)
    const count = this.#counts.get(identity) ?? 0
    this.#counts.set(identity, count + 1)
    return count === 0 ? identity : `${identity}#${count}`
  }
}

export function writeClass(context: FunctionContext, identities: ClassIdentities, live: LiveFunction): void {
  const { fn, text, facts } = live
  const { graph } = context
  const classFacts = facts.classFacts!
  const prototype = getOwnPropertyDescriptor(fn, 'prototype')!.value as object
  if (graph.isKnown(prototype) && !graph.isOpen(prototype)) {
    graph.refuse(
      "its prototype was reached before it, and its prototype's `constructor` is another",
      'Pickle the class itself before its instances',
    )
  }
  const outerNames = facts.privateNames.length > 0 ? classAround(context, fn, facts) : null
  const { members, elementKeys, keys, removed } = elementsOf(graph, live, prototype)
  const heritage = heritageOf(fn, prototype, classFacts.heritage !== null && !classFacts.heritage.isNull)

  graph.out.byte(Op.Class)
  const index = context.reserve()
  graph.varint(index)
  const methods = members.map((member) => member.fn)
  const bindings = bindingsOf(graph, live, false, methods)
  const identity = identities.of({
    fn,
    text,
    heritage,
    bindings,
    isOnce: ({ depth }) => isOnce(live.site, depth),
    definitionOf: (each) => definitionOf(context, each),
  })
  graph.string(identity)
  graph.byte(outerNames ? Needs.PrivateHome : 0)
  if (outerNames) graph.value(outerNames)
  graph.step('slot', 'Prototype')
  graph.value(heritage)
  graph.varint(keys.length)
  for (const key of keys) graph.value(key)
  graph.remember(fn)
  graph.remember(prototype)
  const kept = members.filter((member) => !graph.isKnown(member.fn))
  for (const member of kept) graph.remember(member.fn)

  const record: FunctionRecord = {
    index,
    fn,
    text,
    facts,
    strict: true,
    name: naturalName(fn) ?? '',
    bindings,
    lexical: 'none',
    outerArguments: null,
    asDeclaration: false,
    privateHome: outerNames ? context.recordOf(outerNames)! : null,
    elementKeys,
    removedElements: removed,
    members: kept,
    literal: null,
    awayFromHome: false,
    assignedImports: null,
    origin: context.origins.of(live),
  }
  context.add(record)
  registerClass(identity, { value: fn, prototype, members: members.map((member) => member.fn), hook: null })
  for (const { name, value } of bindings) noteSeen(fn, name, value)
  const statics = privateFields(record, true)
  for (const member of kept)
    graph.later(member.fn, (method) => writeProperties(graph, method, analyzed(sourceOf(method))!))
  graph.later(prototype, (object) => {
    graph.changedPrototype(object, classPrototypeDefault(heritage))
    graph.properties(object, [], false)
  })
  graph.later(fn, () => {
    writeBindingValues(graph, record)
    const values = statics.length > 0 ? privateElements(fn) : []
    for (const name of statics) {
      const field = values.find((element) => element.kind === 'field' && bare(element.name) === name)
      graph.step('property', `#${name}`)
      graph.value(field?.value)
    }
    graph.changedPrototype(
      fn,
      heritage === null || heritage === undefined ? FunctionPrototype : (heritage as object),
    )
    graph.properties(fn, ['arguments', 'caller'], false)
  })
}

/**
 * The variables that a class of the user's reads, of another function those of the call that it was made in; those that it writes are its
 * state.
 */
function definitionOf({ graph, siteOf }: FunctionContext, fn: object): readonly Defining[] | null {
  const text = sourceOf(fn)
  const facts = isNativeText(text) ? null : analyzed(text)
  if (facts === null || graph.functions.isByReference(fn)) return null
  const site = siteOf(fn)
  if (!site.script || site.script.url.startsWith('node:')) return null
  const variables: Defining[] = []
  for (const { name, written, definitionOnly } of facts.free) {
    const found = written || definitionOnly ? undefined : resolveName(fn, facts, site, name)
    if (!found || found.dead) continue
    const ofModule = isOnce(site, found.depth)
    if (facts.form === 'class' || !ofModule) variables.push({ name, value: found.value, isOnce: ofModule })
  }
  return variables
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
