// Object literals whose methods use `super`: they are rebuilt whole.
import { types } from 'node:util'
import {
  type BindingRecord,
  type FunctionRecord,
  type LiteralPart,
  NO_ELEMENTS,
} from '../../codegen/records.ts'
import { isStrict } from '../function-site.ts'
import { Op } from '../opcodes.ts'
import { analyzed, isClassText, isNativeText, sourceOf } from '../source.ts'
import { bindingsOf, writeBindingValues } from './bindings.ts'
import type { FunctionContext, LiveFunction } from './context.ts'
import { homeOf } from './home.ts'
import { writeProperties } from './properties.ts'
import type { FunctionReferences } from './references.ts'

const { getOwnPropertyDescriptor, ownKeys } = Reflect
const ObjectPrototype = Object.prototype

/** The methods with `super` that were written in this object literal, if there are any. */
export function superPartsOf(
  context: FunctionContext,
  references: FunctionReferences,
  value: object,
): LiteralPart[] | null {
  const parts: LiteralPart[] = []
  for (const key of ownKeys(value)) {
    const descriptor = getOwnPropertyDescriptor(value, key)!
    for (const slot of ['value', 'get', 'set'] as const) {
      const fn = descriptor[slot]
      if (typeof fn !== 'function' || types.isProxy(fn) || context.graph.isKnown(fn)) continue
      const text = sourceOf(fn)
      if (!text.includes('super') || isNativeText(text) || isClassText(text)) continue
      const facts = analyzed(text)
      if (
        !facts?.superProperty ||
        (facts.form !== 'method' && facts.form !== 'getter' && facts.form !== 'setter')
      )
        continue
      // A method that was copied from another object keeps that one as its home.
      if (references.of(fn) !== null || homeOf(context, fn, facts) !== value) continue
      const name = typeof key === 'string' ? key : `[${key.description ?? ''}]`
      parts.push({ text, facts, key: name, slot, fn })
    }
  }
  return parts.length > 0 ? parts : null
}

export function writeLiteral(context: FunctionContext, value: object, parts: LiteralPart[]): void {
  const { graph } = context
  graph.out.byte(Op.Literal)
  const index = context.reserve()
  graph.varint(index)
  graph.remember(value)
  for (const part of parts) graph.remember(part.fn)
  const lives: LiveFunction[] = parts.map((part) => ({ ...part, site: context.siteOf(part.fn) }))
  const bindings: BindingRecord[] = []
  for (const live of lives) {
    for (const binding of bindingsOf(graph, live, false)) {
      const known = bindings.find((other) => other.name === binding.name)
      if (!known) bindings.push(binding)
      else if (!Object.is(known.value, binding.value)) {
        graph.refuse(
          `methods with \`super\` come from different places (their \`${binding.name}\` differ)`,
          'Keep methods that use `super` in the object they were written in',
        )
      } else if (binding.written && !known.written)
        bindings[bindings.indexOf(known)] = {
          ...known,
          kind: binding.kind,
          scope: known.scope,
          written: true,
        }
    }
  }
  const record: FunctionRecord = {
    index,
    fn: parts[0].fn,
    text: parts.map((part) => part.text).join(',\n'),
    facts: { ...parts[0].facts, importMeta: parts.some((part) => part.facts.importMeta) },
    strict: isStrict(parts[0].fn, parts[0].facts, lives[0].site),
    name: '',
    bindings,
    lexical: 'none',
    outerArguments: null,
    asDeclaration: false,
    privateHome: null,
    ...NO_ELEMENTS,
    literal: parts,
    awayFromHome: false,
    assignedImports: null,
    origin: context.origins.of(lives[0]),
  }
  context.add(record)
  for (const part of parts) graph.later(part.fn, (method) => writeProperties(graph, method, part.facts))
  graph.later(value, (object) => {
    writeBindingValues(graph, record)
    graph.changedPrototype(object, ObjectPrototype)
    graph.properties(object, [], false)
  })
}
