// The own keys of a typed array beside its elements. `Reflect.ownKeys` lists millions of indexes, at about 200 ns each. Most
// have the hidden class that they were made with, so that there are none; for the others, Node's inspection of objects can
// leave the elements out, and shows the names of all other properties.
import { inspect, types } from 'node:util'
import { haveSameHiddenClass, seesHiddenClasses } from '../capture/index.ts'
import { keepHiddenClass } from '../hidden-classes.ts'
import { TypedArrayPrototypeGetLength } from '../primordials.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const { getOwnPropertySymbols, hasOwn } = Object
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype)!
const viewBuffer = getOwnPropertyDescriptor(TypedArrayPrototype, 'buffer')!.get!
const ArrayBufferPrototype = ArrayBuffer.prototype
const SharedArrayBufferPrototype = SharedArrayBuffer.prototype
const BufferPrototype = Buffer.prototype
/** Up to this length of an array or a typed array, listing all keys is as quick. */
export const LISTED_ELEMENTS = 256

const ALL_BUT_ELEMENTS = {
  maxArrayLength: 0,
  depth: 0,
  customInspect: false,
  showHidden: true,
  showProxy: false,
  colors: false,
  getters: false,
  compact: 3,
  breakLength: Number.POSITIVE_INFINITY,
} as const
/** Hidden ones come in brackets; the last two are what a Buffer inherits. What is different is listed, to be sure. */
const ELEMENTS_ALONE =
  /^\w+\(\d+\) (?:\[Uint8Array\] )?\[ \.\.\. \d+ more items, \[BYTES_PER_ELEMENT\]: \d, \[length\]: \d+, \[byteLength\]: \d+, \[byteOffset\]: \d+, \[buffer\]: (?:Shared)?ArrayBuffer \{[^{}]*\}(?:, parent: \[Getter\], offset: \[Getter\])? \]$/

/** An array or typed array as Node shows it, with all named properties, hidden ones too, and without its elements. */
export function shownWithoutElements(value: object): string {
  return inspect(value, ALL_BUT_ELEMENTS)
}

/** One of each class, as it is made. */
const EXAMPLES: readonly object[] = [
  Uint8Array.of(1),
  Buffer.of(1),
  ...[Float64Array, Float32Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array].map((View) =>
    View.of(1),
  ),
  Uint8ClampedArray.of(1),
  ...[BigInt64Array, BigUint64Array].map((View) => View.of(1n)),
].map(keepHiddenClass)

/** Has it no more than its elements? They are none of what a hidden class tells. */
function isAsMade(view: object): boolean {
  if (!seesHiddenClasses || !types.isTypedArray(view)) return false
  for (let i = 0; i < EXAMPLES.length; i++) if (haveSameHiddenClass(EXAMPLES[i], view)) return true
  return false
}

/** Own keys that are no indexes. */
export function keysBesideElements(view: object): PropertyKey[] {
  if (isAsMade(view)) return []
  if (hasElementsAlone(view)) return getOwnPropertySymbols(view)
  return ownKeys(view).filter((key) => typeof key === 'symbol' || !isIndex(key as string))
}

/** A quick yes for most large typed arrays, as far as it is no matter of symbols. */
function hasElementsAlone(view: object): boolean {
  if (!types.isTypedArray(view) || TypedArrayPrototypeGetLength(view) <= LISTED_ELEMENTS) return false
  // Inspection asks a class of the user's for its name, and more: not of these.
  const prototype = getPrototypeOf(view)
  if (
    prototype === null ||
    (prototype !== BufferPrototype && getPrototypeOf(prototype) !== TypedArrayPrototype)
  )
    return false
  if (!hasOwn(prototype, 'BYTES_PER_ELEMENT') && prototype !== BufferPrototype) return false
  if (hasOwn(view, 'constructor') || hasOwn(view, Symbol.toStringTag)) return false
  if (hasOwn(view, 'parent') || hasOwn(view, 'offset')) return false
  const buffer: object = apply(viewBuffer, view, [])
  const usual = types.isSharedArrayBuffer(buffer) ? SharedArrayBufferPrototype : ArrayBufferPrototype
  if (getPrototypeOf(buffer) !== usual || ownKeys(buffer).length > 0) return false
  return ELEMENTS_ALONE.test(shownWithoutElements(view))
}

/** Any canonical numeric string is an index of a typed array; it has none of the others as a property. */
function isIndex(key: string): boolean {
  return String(Number(key)) === key
}
