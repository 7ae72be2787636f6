// URL and URLSearchParams. A URL's searchParams are made by the URL, so identity between the two is kept.
import { UnpicklingError } from '../errors.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor } = Reflect
const URLConstructor = URL
const SearchParams = URLSearchParams
const href = getOwnPropertyDescriptor(URL.prototype, 'href')!.get!
const paramsToString = URLSearchParams.prototype.toString

const url: BuiltinReducer<URL> = {
  name: 'URL',
  matches: (value) => isCandidate(value) && succeeds(() => apply(href, value, [])),
  prototype: () => URLConstructor.prototype,
  write: (value, sink) => sink.string(apply(href, value, [])),
  create(source) {
    const text = source.string()
    try {
      return new URLConstructor(text)
    } catch (error) {
      throw new UnpicklingError('the bundle holds a URL that is none', { cause: error })
    }
  },
}

const searchParams: BuiltinReducer<URLSearchParams> = {
  name: 'URLSearchParams',
  matches: (value) => isCandidate(value) && succeeds(() => apply(paramsToString, value, [])),
  prototype: () => SearchParams.prototype,
  write: (value, sink) => sink.string(apply(paramsToString, value, [])),
  create: (source) => new SearchParams(source.string()),
}

/** Trying costs an exception: not for ordinary objects. */
function isCandidate(value: object): boolean {
  for (let at = Reflect.getPrototypeOf(value); at !== null; at = Reflect.getPrototypeOf(at)) {
    if (at === URLConstructor.prototype || at === SearchParams.prototype) return true
  }
  return false
}

/** Node's brand checks are private fields: only trying tells. */
function succeeds(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

export const urls: readonly BuiltinReducer[] = [url, searchParams]
