// The objects of ECMA-402 (Intl): the locale and the options that `resolvedOptions` tells make one that works the same.
// Where they do not, which samples show, the object is refused; so is its loading where Node lacks the locale's data.

import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { branded } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, construct, getOwnPropertyDescriptor } = Reflect
const { parse, stringify } = JSON
const localeText = Intl.Locale.prototype.toString
const Locale = Intl.Locale

type Options = Record<string, unknown>
type Maker = new (locale: string, options?: object) => object
interface Kind {
  readonly name: string
  /** What differs between two objects of the kind if anything does. */
  readonly sample?: (value: object) => unknown
}

const formatToParts = (name: string) => methodOf(name, 'formatToParts')
const dateParts = formatToParts('DateTimeFormat')
const numberParts = formatToParts('NumberFormat')
const DATES = [0, 1_700_000_000_123, -62_000_000_000_000, 1_719_500_400_000].map((time) => new Date(time))
const NUMBERS = [0, -1, 1234567.891, 0.000012345, 1e21, Number.NaN, -12.5, 0.5, 99_999, 2.5e10, 123n]

const KINDS: readonly Kind[] = [
  { name: 'Collator' },
  {
    name: 'DateTimeFormat',
    sample: (value) => DATES.map((date) => apply(dateParts!, value, [date]) as unknown),
  },
  { name: 'DisplayNames' },
  { name: 'DurationFormat' },
  { name: 'ListFormat' },
  {
    name: 'NumberFormat',
    sample: (value) => NUMBERS.map((number) => apply(numberParts!, value, [number]) as unknown),
  },
  { name: 'PluralRules' },
  { name: 'RelativeTimeFormat' },
  { name: 'Segmenter' },
]

function methodOf(name: string, method: string): ((...args: never[]) => unknown) | undefined {
  return (Intl as unknown as Record<string, { prototype: Record<string, never> } | undefined>)[name]
    ?.prototype[method]
}

/** An entry for a kind of object; one that this Node lacks only says so when a bundle has it. */
function reducerOf({ name, sample }: Kind): BuiltinReducer<object> {
  const Constructor = getOwnPropertyDescriptor(Intl, name)?.value as Maker | undefined
  const resolvedOptions = methodOf(name, 'resolvedOptions')
  const optionsOf = (value: object) => apply(resolvedOptions!, value, []) as Options

  const make = ({ locale, ...options }: Options): object =>
    construct(Constructor!, [locale, options]) as object
  /** All that can be told of an object, as text. */
  const portrait = (value: object) =>
    stringify([optionsOf(value), sample?.(value)], (_, part: unknown) =>
      typeof part === 'bigint' ? `${part}n` : part,
    )

  return {
    name: `Intl.${name}`,
    ...branded(
      () => Constructor,
      () => resolvedOptions as () => unknown,
    ),
    write(value, sink) {
      const wanted = portrait(value)
      const options = candidates(optionsOf(value)).find((each) => {
        try {
          return portrait(make(each)) === wanted
        } catch {
          return false // Options that may not be given together.
        }
      })
      if (!options)
        sink.refuse(
          `this Intl.${name} can not be made again from its resolvedOptions`,
          'Pickle the locale and options, and make it where it is needed',
        )
      sink.string(stringify(options))
    },
    create(source) {
      const resolved = optionsFrom(source.string(), name)
      if (!Constructor) throw new UnpicklingError(`Node ${process.version} has no Intl.${name}`)
      let value: object
      try {
        value = make(resolved)
      } catch (error) {
        throw new UnpicklingError(`the bundle holds an Intl.${name} that can't be made`, { cause: error })
      }
      if (optionsOf(value).locale !== resolved.locale)
        throw new UnpicklingError(
          `the bundle has an Intl.${name} for ${String(resolved.locale)}, a locale that this Node has no data for`,
        )
      return value
    },
  }
}

/** The getters that make, and keep, a function bound to their object. What fake timers put in the place of Intl has not all. */
const functionGetters = [
  [Intl.NumberFormat, 'format'],
  [Intl.DateTimeFormat, 'format'],
  [Intl.Collator, 'compare'],
].flatMap(
  ([Class, name]) =>
    getOwnPropertyDescriptor((Class as { prototype: object }).prototype, name as string)?.get ?? [],
)

/** What `format` or `compare` of an Intl object gives, the same at each time; undefined for any other value. */
export function intlFunctionOf(value: unknown): object | undefined {
  for (const getter of functionGetters) {
    try {
      return apply(getter, value, []) as object
    } catch {
      // It is an object of another kind.
    }
  }
  return undefined
}

/** Options that may give the object again: as resolved; without what only the locale chose; with a month that shows so. */
function candidates(resolved: Options): Options[] {
  const options = { ...resolved }
  // What follows from other options: it would override them.
  delete options.hour12
  delete options.pluralCategories
  const { collation: _, ...usual } = options
  const months = options.month === undefined ? [] : ['long', 'short', 'narrow', 'numeric', '2-digit']
  return [options, usual, ...months.map((month) => ({ ...options, month }))]
}

function optionsFrom(text: string, name: string): Options {
  try {
    const options = parse(text) as Options
    if (typeof options === 'object' && options !== null && typeof options.locale === 'string') return options
  } catch {
    // Said below.
  }
  throw new UnpicklingError(`the bundle holds an Intl.${name} without its options`)
}

const locale: BuiltinReducer<Intl.Locale> = {
  name: 'Intl.Locale',
  ...branded(
    () => Locale,
    () => localeText,
  ),
  write: (value, sink) => sink.string(apply(localeText, value, [])),
  create(source) {
    const text = source.string()
    try {
      return new Locale(text)
    } catch (error) {
      throw new UnpicklingError('the bundle holds a locale that is none', { cause: error })
    }
  },
}

export const intl: readonly BuiltinReducer[] = [locale, ...KINDS.map(reducerOf)]
