// Classes: what they extend, their elements, static state and identity.
import { privateElements } from '../../capture/index.ts'
import { type FunctionRecord, privateFields } from '../../codegen/records.ts'
import type { ClassIdentities } from '../class-identity.ts'
import { noteSeen, registerClass } from '../class-registry.ts'
import { classPrototypeDefault, heritageOf, naturalName } from '../function-shape.ts'
import { Needs, Op } from '../opcodes.ts'
import { bare } from '../private-readers.ts'
import { analyzed, sourceOf } from '../source.ts'
import { bindingsOf, writeBindingValues } from './bindings.ts'
import { elementsOf } from './class-elements.ts'
import type { FunctionContext, LiveFunction } from './context.ts'
import type { FunctionDefinitions } from './definitions.ts'
import { classAround } from './home.ts'
import { writeProperties } from './properties.ts'

const { getOwnPropertyDescriptor } = Reflect
const FunctionPrototype = Function.prototype

export function writeClass(
  context: FunctionContext,
  identities: ClassIdentities,
  definitions: FunctionDefinitions,
  live: LiveFunction,
): void {
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
    variables: definitions.variablesOf(live, bindings),
    keys,
    outerNames,
    definitions,
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
    graph.properties(fn, [], false)
  })
}
