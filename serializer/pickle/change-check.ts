// Would a function be pickled to the same bytes as just now? For who pickles the same function again and again (the
// executor, at each call): a check that takes a fraction of a microsecond, where one can be had.
import type { FunctionFacts } from '../analyze/index.ts'
import { ownOfSloppy } from '../capture/index.ts'
import { withOriginals } from '../originals.ts'
import { type KeptSite, keptSite } from './kept-sites.ts'
import { analyzed, sourceOf } from './source.ts'

const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const { is } = Object
const ObjectPrototype = Object.prototype

const USUAL: ReadonlySet<PropertyKey> = new Set(['length', 'name', 'prototype'])

/** What was seen of a function, and of those that it uses. */
interface Seen {
  readonly fn: object
  readonly prototype: object | null
  readonly keys: number
  /** Of an ordinary function: the object that its instances would inherit from. */
  readonly instances: object | null
  readonly reads: readonly (() => unknown)[]
  readonly values: readonly unknown[]
}

/**
 * For a function that was just pickled: a check that says whether all that its bundle holds is as it was. Null if only
 * pickling it again can tell: if it has captured objects, say, which may change inside, or was not pickled often enough
 * for its variables to be read directly. (A function that goes by reference is known by its identity.)
 */
export function changeCheck(fn: object): (() => boolean) | null {
  return withOriginals(() => {
    const seen = new Map<object, Seen>()
    if (!look(fn, seen)) return null
    const list = [...seen.values()]
    return () => {
      for (let i = 0; i < list.length; i++) if (!isUnchanged(list[i])) return false
      return true
    }
  })
}

function look(fn: object, seen: Map<object, Seen>): boolean {
  if (seen.has(fn)) return true
  const kept = keptSite(fn)
  const facts = analyzed(sourceOf(fn))
  if (!kept?.variables || !facts || !isPlain(facts)) return false
  // Its own properties, if it has any but those that every function has, may hold anything.
  const ofSloppy = ownOfSloppy(fn)
  if (!ownKeys(fn).every((key) => USUAL.has(key) || ofSloppy.includes(key))) return false
  const found = { ...shapeOf(fn, facts), ...variablesOf(kept) }
  if (found.reads.length < kept.variables.size || (found.instances !== null && !isBare(found.instances, fn)))
    return false
  seen.set(fn, found)
  return found.values.every((value) => isSteady(value, seen))
}

/** A primitive, a function that goes by reference, or one by value that can be watched in turn. */
function isSteady(value: unknown, seen: Map<object, Seen>): boolean {
  if (typeof value === 'function') return keptSite(value) === undefined || look(value, seen)
  return typeof value !== 'object' || value === null
}

function variablesOf({ variables }: KeptSite): Pick<Seen, 'reads' | 'values'> {
  const reads = [...variables!.values()].flatMap(({ get }) => (get === null ? [] : [get]))
  return { reads, values: reads.map((read) => read()) }
}

function shapeOf(fn: object, facts: FunctionFacts): Pick<Seen, 'fn' | 'prototype' | 'keys' | 'instances'> {
  const instances: unknown =
    facts.form === 'function' ? getOwnPropertyDescriptor(fn, 'prototype')?.value : undefined
  return {
    fn,
    prototype: getPrototypeOf(fn),
    keys: ownKeys(fn).length,
    instances: typeof instances === 'object' ? instances : null,
  }
}

/** No more to it than its text and its variables. */
function isPlain(facts: FunctionFacts): boolean {
  return (
    (facts.form === 'arrow' || facts.form === 'function') &&
    !facts.lexicalThis &&
    !facts.lexicalArguments &&
    !facts.lexicalNewTarget &&
    !facts.superProperty &&
    !facts.superCall &&
    !facts.directEval &&
    !facts.importMeta
  )
}

/** As it was made: its constructor, and nothing else. */
function isBare(instances: object, fn: object): boolean {
  return (
    ownKeys(instances).length === 1 &&
    getOwnPropertyDescriptor(instances, 'constructor')?.value === fn &&
    getPrototypeOf(instances) === ObjectPrototype
  )
}

function isUnchanged({ fn, prototype, keys, instances, reads, values }: Seen): boolean {
  try {
    for (let i = 0; i < reads.length; i++) if (!is(reads[i](), values[i])) return false
  } catch {
    return false
  }
  if (getPrototypeOf(fn) !== prototype) return false
  if (ownKeys(fn).length !== keys) return false
  return instances === null || isBare(instances, fn)
}
