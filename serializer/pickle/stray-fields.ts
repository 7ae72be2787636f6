// Private fields on objects that are no instances of the class that put them there: a constructor that returns
// another object (a proxy, say) makes the derived class's fields land on that one. (ECMAScript: the result of
// super() is what InitializeInstanceElements gets.) No property shows them, so they would be lost in silence.
import { types } from 'node:util'
import { probe } from '../capture/index.ts'
import { type FunctionRecord, privateFields } from '../codegen/records.ts'
import { inheritsFrom } from '../reducers/index.ts'
import type { GraphWriter } from './graph-writer.ts'
import { analyzed, isNativeText, sourceOf } from './source.ts'

const { getOwnPropertyDescriptor, getPrototypeOf } = Reflect

/** Refuses the first object that carries private fields of one of the classes without inheriting from it. */
export function refuseStrayFields(
  records: readonly FunctionRecord[],
  objects: () => Iterable<unknown>,
  graph: GraphWriter,
): void {
  for (const record of records) {
    const name = strayName(record)
    const has = name === null ? null : brandCheck(record, name)
    if (!has) continue
    const prototype = getOwnPropertyDescriptor(record.fn, 'prototype')!.value as object
    for (const object of objects()) {
      if (object === null || (typeof object !== 'object' && typeof object !== 'function')) continue
      if (!has(object) || inheritsFrom(object, prototype)) continue
      graph.trace?.enter(object)
      graph.refuse(
        `it carries the private field #${name} of ${record.name || 'a class'}, of which it is no instance (a constructor returned it)`,
        'Make it where it is needed, or keep the state in a WeakMap or a property',
      )
    }
  }
}

/** A private field of the class, if a constructor that it inherits may return another object; else null. */
function strayName(record: FunctionRecord): string | null {
  if (record.facts.form !== 'class' || !record.facts.classFacts?.heritage) return null
  const [name] = privateFields(record, false)
  if (name === undefined) return null
  for (
    let at = getPrototypeOf(record.fn);
    typeof at === 'function' && !types.isProxy(at);
    at = getPrototypeOf(at)
  ) {
    const text = sourceOf(at)
    if (isNativeText(text)) return null
    if (/\breturn\b/.test(text)) return name
  }
  return null
}

function brandCheck(record: FunctionRecord, name: string): ((object: object) => boolean) | null {
  for (const { fn } of record.members) {
    const facts = analyzed(sourceOf(fn))
    if (!facts) continue
    try {
      return probe(fn, facts, `$object => #${name} in $object`) as (object: object) => boolean
    } catch {
      // Another method may be asked.
    }
  }
  return null
}
