// URL and URLSearchParams. Parameters that belong to a URL are made by it: writing to them changes the URL.
import { privateElements } from '../capture/index.ts'
import { UnpicklingError } from '../errors.ts'
import { branded, hasBrand } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor, ownKeys } = Reflect
const URLConstructor = URL
const SearchParams = URLSearchParams
const href = getOwnPropertyDescriptor(URL.prototype, 'href')!.get!
const searchParamsOf = getOwnPropertyDescriptor(URL.prototype, 'searchParams')!.get!
const paramsToString = URLSearchParams.prototype.toString

const url: BuiltinReducer<URL> = {
  name: 'URL',
  ...branded(
    () => URLConstructor,
    () => href,
  ),
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
  matches: (value) => hasBrand(value, SearchParams.prototype, paramsToString) && urlOf(value) === null,
  prototypes: () => [SearchParams.prototype],
  byBrand: true,
  prototype: () => SearchParams.prototype,
  write: (value, sink) => sink.string(apply(paramsToString, value, [])),
  create: (source) => new SearchParams(source.string()),
}

/** The search parameters of a URL: the URL's own object, which goes on changing it. */
const urlSearchParams: BuiltinReducer<URLSearchParams> = {
  name: 'URLSearchParams',
  matches: (value) => hasBrand(value, SearchParams.prototype, paramsToString) && urlOf(value) !== null,
  prototypes: () => [SearchParams.prototype],
  byBrand: true,
  prototype: () => SearchParams.prototype,
  write(value, sink) {
    sink.step('slot', 'URL')
    sink.value(urlOf(value))
  },
  create(source) {
    const owner = source.value()
    try {
      return apply(searchParamsOf, owner, [])
    } catch (error) {
      throw new UnpicklingError('the bundle holds search parameters of what is no URL', { cause: error })
    }
  },
}

/** Node keeps the URL that parameters belong to in a private field, or under a symbol. */
function urlOf(value: object): URL | null {
  const kept = [
    ...privateElements(value).map((element) => element.value),
    ...ownKeys(value).map((key) => getOwnPropertyDescriptor(value, key)?.value as unknown),
  ]
  for (const owner of kept)
    if (typeof owner === 'object' && owner !== null && hasBrand(owner, URLConstructor.prototype, href))
      if (apply(searchParamsOf, owner, []) === value) return owner as URL
  return null
}

export const urls: readonly BuiltinReducer[] = [url, searchParams]
export const urlParams: readonly BuiltinReducer[] = [urlSearchParams]
