// State that objects have in weak collections, as compilers write private fields for older engines: a constructor puts its object
// into collections of its module. Where a class goes by reference, its methods would look for a copy there, and find none.
import { types } from 'node:util'
import { bindingIn, captureFunction } from '../capture/index.ts'
import { analyzed, isClassText, isNativeText, sourceOf } from './source.ts'

const { ownKeys } = Reflect
const SetConstructor = Set
const NONE: readonly object[] = []

const NAME = '[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*'
const NAMES = new RegExp(NAME, 'gu')
const FIRST_PARAMETER = new RegExp(`^(?:function\\b[^(]*)?\\(?\\s*(${NAME})`, 'u')
/** `fields.set(this, ...)`, `init(this, fields, ...)`. */
const GIVES_THIS = /\(\s*this\s*[,)]/
/** From a constructor to a function that it gives its object, and on. */
const MOST_STEPS = 3

const known = new WeakMap<object, readonly object[]>()

/**
 * The weak collections that are named by a class's constructor, or by a function that it gives its object: what only
 * methods put their object into may be a cache.
 */
export function weakCollectionsOf(owner: object): readonly object[] {
  let collections = known.get(owner)
  if (collections === undefined) {
    const text = constructorOf(owner)
    collections = NONE
    if (GIVES_THIS.test(text)) {
      const search = new Search()
      search.look(owner, text, 'this', 0)
      collections = [...search.found]
    }
    known.set(owner, collections)
  }
  return collections
}

/** The text of what runs when an instance is made. */
function constructorOf(owner: object): string {
  const text = sourceOf(owner)
  if (!isClassText(text)) return text
  if (!GIVES_THIS.test(text)) return ''
  let runs = ''
  for (const { kind, isStatic, range } of analyzed(text)?.classFacts?.elements ?? [])
    if (kind === 'constructor' || (kind === 'field' && !isStatic))
      runs += `${text.slice(range.start, range.end)}\n`
  return runs
}

class Search {
  readonly found = new SetConstructor<object>()
  readonly #seen = new SetConstructor<object>()

  /** In the variables that a function's text names; `subject` is what the text calls the object. */
  look(fn: object, text: string, subject: string, steps: number): void {
    if (this.#seen.has(fn)) return
    this.#seen.add(fn)
    const names = new SetConstructor<PropertyKey>(text.match(NAMES))
    const inspect = (name: PropertyKey, value: unknown) => {
      if (types.isWeakMap(value) || types.isWeakSet(value)) this.found.add(value)
      else if (typeof value === 'function' && steps < MOST_STEPS && isGiven(text, String(name), subject))
        this.#follow(value, steps + 1)
    }
    for (const { type, object } of captureFunction(fn).scopes) {
      if (type === 'Global') continue
      for (const name of ownKeys(object)) {
        if (!names.has(name)) continue
        const value = bindingIn(object, name)?.value
        inspect(name, value)
        // What a CommonJS module has from another one.
        if (typeof value === 'object' && value !== null && !types.isProxy(value))
          for (const key of names) inspect(key, bindingIn(value, key)?.value)
      }
    }
  }

  #follow(fn: object, steps: number): void {
    if (types.isProxy(fn)) return
    const text = sourceOf(fn)
    if (isNativeText(text) || isClassText(text)) return
    const parameter = FIRST_PARAMETER.exec(text)?.[1]
    if (parameter !== undefined) this.look(fn, text, parameter, steps)
  }
}

/** Does the text call a function of that name with the object first? Also `(0, module.name)(this)`. */
function isGiven(text: string, name: string, subject: string): boolean {
  const quoted = (part: string) => part.replaceAll('$', '\\$')
  return new RegExp(`(?<![\\w$])${quoted(name)}\\)?\\(\\s*${quoted(subject)}\\s*[,)]`).test(text)
}
