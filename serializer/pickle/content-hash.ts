// A number from what an object holds: the same one as often as it is asked for while nothing runs that could change the object.
// It is read from values in hand, where the hash that V8 gives an object for its identity has to be made, and kept in the
// object; and objects that were made one after the other are not far apart in a table by it.
import { types } from 'node:util'

const { apply } = Reflect
const { getOwnPropertyNames } = Object
const { getTime } = Date.prototype
const isArray = Array.isArray
const { imul } = Math

/** What nothing is told of. */
export const NO_HASH = 0

/** Of a record, more numbers and texts are not looked at. */
const MOST_TOLD = 3
const SEED = 0x2545f491
const PRIME = 0x9e3779b1 | 0
/** Fractions tell numbers apart, too. */
const FRACTIONS = 2 ** 20

function mixNumber(hash: number, value: number): number {
  return imul(hash ^ (value | 0) ^ ((value * FRACTIONS) | 0), PRIME)
}

/** By its length and a few code units: names that are counted through differ at their ends. */
function mixText(hash: number, text: string): number {
  const { length } = text
  if (length === 0) return hash
  let told = length + (text.charCodeAt(length - 1) << 6) + (text.charCodeAt(length >> 1) << 13)
  if (length > 2) told += (text.charCodeAt(length - 2) << 17) + imul(text.charCodeAt(length - 3), 0x1f0d3)
  return imul(hash ^ told, PRIME)
}

/** No object's is negative, and 0 says that there is nothing to go by. */
function finished(hash: number): number {
  return hash === SEED ? NO_HASH : (hash ^ (hash >>> 15)) & 0x3fffffff
}

/** Of a record with these values, from `base` to `end`, in the order of its keys. */
export function hashOfMembers(values: readonly unknown[], base: number, end: number): number {
  let hash = SEED
  let left = MOST_TOLD
  for (let i = base; i < end && left > 0; i++) {
    const value = values[i]
    if (typeof value === 'number') hash = mixNumber(hash, value)
    else if (typeof value === 'string') hash = mixText(hash, value)
    else continue
    left--
  }
  return finished(hash)
}

/** By its length and its ends, if these are numbers: texts in lists are often the same. */
export function hashOfList(array: readonly unknown[]): number {
  const { length } = array
  if (length === 0) return NO_HASH
  const first = array[0]
  const last = array[length - 1]
  if (typeof first !== 'number' || typeof last !== 'number') return NO_HASH
  return finished(mixNumber(mixNumber(SEED + length, first), last))
}

export function hashOfTime(time: number): number {
  return finished(mixNumber(SEED, time))
}

/** The same of an object that is known to be plain, whatever kind it is. */
export function hashOf(object: object): number {
  if (isArray(object)) return hashOfList(object)
  if (types.isDate(object)) return hashOfTime(apply(getTime, object, []))
  if (types.isMap(object) || types.isSet(object)) return NO_HASH
  const keys = getOwnPropertyNames(object)
  const members: unknown[] = []
  for (let i = 0; i < keys.length; i++) members[i] = (object as Record<string, unknown>)[keys[i]]
  return hashOfMembers(members, 0, members.length)
}
