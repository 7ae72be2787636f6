// Internal slots and private elements, which no property shows. No trap and no getter runs.
import { release, valueOf } from './handover.ts'
import { inspected } from './inspected.ts'

/** The live values of V8's internal properties: [[TargetFunction]], [[PromiseState]], [[Target]] ... */
export function internalSlots(value: object): Map<string, unknown> {
  const { internalProperties = [] } = inspected(value)
  const slots = new Map<string, unknown>()
  for (const property of internalProperties) slots.set(property.name, valueOf(property.value))
  release(false)
  return slots
}

export interface PrivateElement {
  /** With its `#`. */
  readonly name: string
  readonly kind: 'field' | 'accessor'
  readonly value?: unknown
}

/** Private fields of an object or a class, in the order they were added: a base class's first. */
export function privateElements(object: object): PrivateElement[] {
  const { privateProperties = [] } = inspected(object)
  const elements: PrivateElement[] = []
  for (const property of privateProperties) {
    // Private methods are not listed, accessors come without a value.
    if (property.value === undefined) elements.push({ name: property.name, kind: 'accessor' })
    else elements.push({ name: property.name, kind: 'field', value: valueOf(property.value) })
  }
  release(false)
  return elements
}
