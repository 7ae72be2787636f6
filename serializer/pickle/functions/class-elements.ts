// A class's elements, as they were written, matched with what the live class has.
import { types } from 'node:util'
import type { ClassElement } from '../../analyze/index.ts'
import { type MemberRecord, staticKey } from '../../codegen/records.ts'
import { resolveName } from '../function-site.ts'
import type { GraphWriter } from '../graph-writer.ts'
import { sourceOf } from '../source.ts'
import type { LiveFunction } from './context.ts'

type KeyFacts = NonNullable<ClassElement['key']>

const { getOwnPropertyDescriptor, ownKeys } = Reflect

/** Matches the class's elements with the live class: which methods it still has, and what its computed keys were. */
export function elementsOf(graph: GraphWriter, live: LiveFunction, prototype: object) {
  const { fn, text, facts } = live
  const members: MemberRecord[] = []
  const elementKeys = new Map<number, number>()
  const keys: PropertyKey[] = []
  const removed = new Set<number>()
  for (const [i, element] of facts.classFacts!.elements.entries()) {
    if (element.kind === 'static-block' || element.kind === 'constructor' || element.key?.kind === 'private')
      continue
    const constant = staticKey(element.key)
    const holder = element.isStatic ? fn : prototype
    if (element.kind === 'field') {
      if (constant === null && !element.isStatic) {
        const key = fieldKey(graph, live, element.key!)
        elementKeys.set(i, keys.length)
        keys.push(key)
      }
      continue
    }
    const slot = element.kind === 'method' ? 'value' : element.kind === 'get' ? 'get' : 'set'
    const source = text.slice(element.functionStart, element.range.end)
    const candidates = constant === null ? ownKeys(holder) : [constant]
    const key = candidates.find((candidate) => {
      const live = getOwnPropertyDescriptor(holder, candidate)?.[slot]
      return (
        typeof live === 'function' &&
        !types.isProxy(live) &&
        isText(sourceOf(live), source, element) &&
        !members.some((member) => member.fn === live)
      )
    })
    if (key === undefined) {
      if (constant === null) removed.add(i)
      continue
    }
    let memberKey: string | number
    if (constant === null || typeof key === 'symbol') {
      elementKeys.set(i, keys.length)
      memberKey = keys.length
      keys.push(key)
    } else memberKey = constant
    members.push({
      isStatic: element.isStatic,
      key: memberKey,
      slot,
      fn: getOwnPropertyDescriptor(holder, key)![slot],
    })
  }
  // Of two elements with one key the later wins: the earlier one's function is gone unless it was kept elsewhere.
  return { members: lastOfEach(members), elementKeys, keys, removed }
}

function fieldKey(graph: GraphWriter, live: LiveFunction, key: KeyFacts): PropertyKey {
  const { fn, text, facts, site } = live
  if (key.kind === 'computed') {
    const expression = text.slice(key.expression.start, key.expression.end).trim()
    const wellKnown = /^Symbol\.(\w+)$/.exec(expression)
    if (wellKnown && !resolveName(fn, facts, site, 'Symbol')) {
      const symbol = getOwnPropertyDescriptor(Symbol, wellKnown[1])?.value
      if (typeof symbol === 'symbol') return symbol
    }
    if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(expression)) {
      const found = resolveName(fn, facts, site, expression)
      if (
        found &&
        !found.dead &&
        (typeof found.value === 'string' ||
          typeof found.value === 'symbol' ||
          typeof found.value === 'number')
      ) {
        return typeof found.value === 'number' ? String(found.value) : found.value
      }
    }
    graph.refuse(
      `the computed key [${expression}] of an instance field is not kept by V8 once the class is defined`,
      'Give the key a name: const key = …, then [key]',
    )
  }
  throw new TypeError('not a computed key')
}

function lastOfEach(members: readonly MemberRecord[]): MemberRecord[] {
  const last = new Map<string, MemberRecord>()
  for (const member of members)
    last.set(`${member.isStatic}${typeof member.key}${String(member.key)}${member.slot}`, member)
  return members.filter(
    (member) =>
      last.get(`${member.isStatic}${typeof member.key}${String(member.key)}${member.slot}`) === member,
  )
}

/** Of a method in a loaded class, the computed key was edited: the rest tells. */
function isText(live: string, source: string, element: ClassElement): boolean {
  if (live === source) return true
  return (
    element.key?.kind === 'computed' &&
    live.endsWith(source.slice(element.key.range.end - element.functionStart))
  )
}
