// The prototypes that nothing but what `Intl.Segmenter` makes leads to (ECMA-402: %SegmentsPrototype% and
// %SegmentIteratorPrototype%). To make a segmenter takes V8 20 ms, for it reads ICU's tables: as long as the rest of the
// catalogue; so it is made when something turns up that may be theirs.

import { types } from 'node:util'
import { isNativeCode } from './origin.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
const { iterator, toStringTag } = Symbol
const Segmenter = globalThis.Intl?.Segmenter
const segment = Segmenter?.prototype.segment

export const SEGMENTS = '%SegmentsPrototype%'
export const SEGMENT_ITERATOR = '%SegmentIteratorPrototype%'

const METHODS: ReadonlySet<unknown> = new Set(['containing', '[Symbol.iterator]', 'next'])

/** Says at little cost what is surely none of these prototypes and of their methods. */
export function mayBeOfSegments(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || types.isProxy(value))
    return false
  if (typeof value === 'function') return METHODS.has(valueOf(value, 'name')) && isNativeCode(value)
  return (
    valueOf(value, 'containing') !== undefined || valueOf(value, toStringTag) === 'Segmenter String Iterator'
  )
}

/** The prototypes by their names. */
export function segmentPrototypes(): readonly (readonly [name: string, prototype: object])[] {
  if (!Segmenter || !segment) return []
  const segments: object = apply(segment, new Segmenter(), [''])
  const prototype = getPrototypeOf(segments)!
  const iterate = valueOf(prototype, iterator)
  // User code may have put one of its own there.
  if (typeof iterate !== 'function' || !isNativeCode(iterate)) return [[SEGMENTS, prototype]]
  return [
    [SEGMENTS, prototype],
    [SEGMENT_ITERATOR, getPrototypeOf(apply(iterate, segments, []) as object)!],
  ]
}

function valueOf(object: object, key: PropertyKey): unknown {
  return getOwnPropertyDescriptor(object, key)?.value
}
