// Whether an object is nothing but plain: no attributes, accessors, symbols, own properties of its own, nothing that a copy would
// lack. V8's hidden classes tell it at once where they are seen, else the object's properties.
import { types } from 'node:util'
import { hasPrivateNames, haveSameHiddenClass, seesHiddenClasses } from '../capture/index.ts'
import { findBuiltinReducer } from '../reducers/index.ts'
import { isReferable } from '../references/index.ts'
import { isUsual } from './objects.ts'
import { DOUBLES } from './packed-numbers.ts'
import { LISTED_ELEMENTS, shownWithoutElements } from './view-keys.ts'

const { getOwnPropertyDescriptor, isExtensible } = Reflect
const { getOwnPropertyNames, getOwnPropertySymbols, hasOwn } = Object
const isArray = Array.isArray

export function isPlainList(array: unknown[]): boolean {
  if (!isExtensible(array) || !getOwnPropertyDescriptor(array, 'length')!.writable) return false
  if (getOwnPropertySymbols(array).length > 0 || isReferable(array)) return false
  return hasIndexesAlone(array) && hasPlainElements(array) && !hasPrivateNames(array)
}

/** Arrays by what V8 keeps in them: small integers, doubles, anything; each with holes, too. */
const ORDINARY_ARRAYS: readonly unknown[][] = [
  ...[[1], ['a'], DOUBLES],
  ...[1, 'a', 1.5].map((element) => {
    const array = new Array<unknown>(2)
    array[1] = element
    return array
  }),
]

const WITHOUT_HOLES = 3

/** Has the array nothing but its elements, no holes, all of them writable, enumerable, configurable? */
export function isOrdinaryArray(array: unknown[]): boolean {
  for (let i = 0; i < ORDINARY_ARRAYS.length; i++)
    if (haveSameHiddenClass(array, ORDINARY_ARRAYS[i])) return i < WITHOUT_HOLES || !hasHoles(array)
  return false
}

function hasHoles(array: unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !hasOwn(array, i)) return true
  return false
}

const ORDINARY_DATE = new Date(0)
export const EMPTY_OBJECT = {}
export const ORDINARY_MAP = new Map()
export const ORDINARY_SET = new Set()

export function isOrdinaryDate(value: object): value is Date {
  return haveSameHiddenClass(value, ORDINARY_DATE) && hasNoElements(value)
}

/** Is it an object that nothing was added to, and nothing that is found elsewhere? */
export function isLikeNew(value: object, example: object): boolean {
  return (
    seesHiddenClasses && haveSameHiddenClass(value, example) && hasNoElements(value) && !isReferable(value)
  )
}

/** Elements alone are not told by the hidden class. */
function hasNoElements(value: object): boolean {
  for (const _ in value) return false
  return true
}

/** Without own properties, extensible, and nothing that is found elsewhere. */
export function isBare(value: object): boolean {
  return (
    getOwnPropertyNames(value).length === 0 &&
    getOwnPropertySymbols(value).length === 0 &&
    isExtensible(value) &&
    !isReferable(value) &&
    !hasPrivateNames(value)
  )
}

/** Does the array have no own properties beside its elements, as far as it is no matter of holes? */
function hasIndexesAlone(array: unknown[]): boolean {
  const { length } = array
  if (length <= LISTED_ELEMENTS) {
    // Indexes come first, in their order, and `length` was there before anything else.
    const names = getOwnPropertyNames(array)
    return names.length === length + 1 && names[length] === 'length'
  }
  // Node lists the other properties without looking at the elements.
  return LENGTH_ALONE.test(shownWithoutElements(array))
}

const LENGTH_ALONE = /^\[ \.\.\. \d+ more items?, \[length\]: \d+ \]$/

function hasPlainElements(array: unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (!isUsual(getOwnPropertyDescriptor(array, i))) return false
  return true
}

/** Is the object more than its properties, which a changed prototype hides? */
export function isSlotted(value: object): boolean {
  return (
    isArray(value) ||
    findBuiltinReducer(value) >= 0 ||
    types.isArgumentsObject(value) ||
    types.isGeneratorObject(value) ||
    types.isModuleNamespaceObject(value) ||
    types.isExternal(value) ||
    hasPrivateNames(value)
  )
}
