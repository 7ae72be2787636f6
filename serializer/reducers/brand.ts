// Brand checks for objects whose slots no test of Node's knows: only trying an accessor of the class tells.
import { types } from 'node:util'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const create = Object.create

/** Does the object inherit from the prototype, and does the class's own function accept it? */
export function hasBrand(value: object, prototype: object, accessor: () => unknown): boolean {
  // Trying costs an exception: not for ordinary objects.
  return inheritsFrom(value, prototype) && accepts(accessor, value) && !borrows(value, prototype, accessor)
}

function accepts(accessor: () => unknown, value: object): boolean {
  try {
    apply(accessor, value, [])
    return true
  } catch {
    return false
  }
}

/**
 * Is it accepted for what it inherits alone? Much of Node's state is kept in properties, under symbols: `Object.create(event)`
 * has the event's type. It is no Event, but an object with an Event for its prototype.
 */
function borrows(value: object, prototype: object, accessor: () => unknown): boolean {
  const parent = getPrototypeOf(value)!
  if (parent === prototype || !accepts(accessor, parent) || !accepts(accessor, create(value))) return false
  const own = ownKeys(value).filter((key) => typeof key === 'symbol')
  for (let at = parent; accepts(accessor, at); at = getPrototypeOf(at)!)
    if (own.some((key) => getOwnPropertyDescriptor(at, key))) return false
  return true
}

/** Going by the chain of prototypes, up to a proxy, whose trap would run. */
export function inheritsFrom(value: object, prototype: object): boolean {
  for (let at: object | null = value; at !== null && !types.isProxy(at); at = getPrototypeOf(at))
    if (at === prototype) return true
  return false
}

/**
 * What an entry says of a class whose objects are told by an accessor of its prototype. `Class` gives undefined where this
 * Node, or this process by now, has none.
 */
export function branded<T extends object>(
  Class: (() => { readonly prototype: T } | undefined) & {
    expected?(isThorough: boolean): object | undefined
  },
  accessor: (prototype: T) => () => unknown,
): Pick<BuiltinReducer<T>, 'matches' | 'prototypes' | 'byBrand' | 'prototype'> {
  return {
    matches(value, foreign) {
      const prototype = Class()?.prototype
      return prototype !== undefined && hasBrand(value, foreign ?? prototype, accessor(prototype))
    },
    prototypes: (isThorough) => [Class.expected ? Class.expected(isThorough) : Class()?.prototype],
    byBrand: true,
    prototype: () => Class()!.prototype,
  }
}
