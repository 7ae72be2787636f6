// URL and URLSearchParams. A URL's searchParams are made by the URL, so identity between the two is kept.
import { UnpicklingError } from '../errors.ts'
import { hasBrand } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor } = Reflect
const URLConstructor = URL
const SearchParams = URLSearchParams
const href = getOwnPropertyDescriptor(URL.prototype, 'href')!.get!
const paramsToString = URLSearchParams.prototype.toString

const url: BuiltinReducer<URL> = {
  name: 'URL',
  matches: (value) => hasBrand(value, URLConstructor.prototype, href),
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
  matches: (value) => hasBrand(value, SearchParams.prototype, paramsToString),
  prototype: () => SearchParams.prototype,
  write: (value, sink) => sink.string(apply(paramsToString, value, [])),
  create: (source) => new SearchParams(source.string()),
}

export const urls: readonly BuiltinReducer[] = [url, searchParams]
