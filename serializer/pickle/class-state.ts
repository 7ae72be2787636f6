// Puts private state back into instances, without running a constructor: a rebuilt class has a hook for it
// (codegen/class-body.ts).
import type { ClassHook } from '../codegen/instantiate.ts'
import { UnpicklingError } from '../errors.ts'
import { anyArguments } from './any-arguments.ts'
import type { KnownClass } from './class-registry.ts'
import { prototypeOwner } from './instances.ts'
import { constructOwnBase, ownClassHook, stampOwn } from './own-class.ts'

const { construct, getPrototypeOf, setPrototypeOf } = Reflect

/** Constructs an object by a base class with private elements, running nothing of it but their definition. */
export function constructBase(entry: KnownClass, prototype: object | null): object {
  const { hook } = entry
  if (!hook) return constructOwnBase(entry, prototype)
  const target = newTargetFor(prototype)
  hook.r = true
  try {
    const object = construct(entry.value as () => unknown, anyArguments, target) as object
    // `new` falls back to Object.prototype where newTarget.prototype is no object.
    if (prototype === null) setPrototypeOf(object, null)
    return object
  } finally {
    hook.r = false
  }
}

/**
 * The class whose prototype it is, if there is one: its instances begin with one hidden class, those of any other function
 * each with a new one, and whatever is done with them later on is slow.
 */
function newTargetFor(prototype: object | null): () => unknown {
  const owner = prototype === null ? null : prototypeOwner(prototype)
  if (owner !== null) return owner as () => unknown
  const target = function () {}
  target.prototype = prototype as object
  return target
}

/** Gives an existing object the private elements of a derived class: its super() is made to return the object. */
export function stamp(entry: KnownClass, object: object): void {
  const { hook } = entry
  if (!hook) return stampOwn(entry, object)
  const parent = getPrototypeOf(entry.value)
  setPrototypeOf(entry.value, function () {
    return object
  })
  hook.r = true
  try {
    construct(entry.value as () => unknown, anyArguments)
  } finally {
    hook.r = false
    setPrototypeOf(entry.value, parent)
  }
}

export function setPrivateField(entry: KnownClass, index: number, object: object, value: unknown): void {
  const field = hookOf(entry).p[index]
  if (!field) throw new UnpicklingError('the bundle names a private field that the class does not have')
  field[1](object, value)
}

export function hookOf(entry: KnownClass): ClassHook {
  return entry.hook ?? ownClassHook(entry)
}
