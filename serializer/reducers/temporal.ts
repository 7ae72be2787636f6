// Temporal (Node 26): each type by the slots that its constructor takes, so that no text has to be parsed and nothing
// is balanced or rounded. Dates go by their ISO fields and the name of their calendar.

import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { branded } from './brand.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, construct, getOwnPropertyDescriptor } = Reflect
const Namespace = (globalThis as { Temporal?: Record<string, TemporalClass> }).Temporal

interface TemporalClass {
  new (...args: never[]): object
  readonly prototype: object
}
type Slot = number | string | bigint

/** What reads the slots of one type, in the order of its constructor's parameters. */
type Reader = (value: object) => Slot[]

const getter = (type: string, name: string) =>
  getOwnPropertyDescriptor(Namespace![type].prototype, name)!.get as () => Slot
const method = (type: string, name: string) =>
  getOwnPropertyDescriptor(Namespace![type].prototype, name)!.value as (...args: never[]) => unknown

function readGetters(type: string, names: string): Reader {
  const getters = names.split(' ').map((name) => getter(type, name))
  return (value) => getters.map((get) => apply(get, value, []) as Slot)
}

/** The ISO fields, then the calendar's name. */
function readInCalendar(type: string, names: string): Reader {
  const calendar = getter(type, 'calendarId')
  const withCalendar = method(type, 'withCalendar')
  const fields = readGetters(type, names)
  return (value) => [
    ...fields(apply(withCalendar, value, ['iso8601']) as object),
    apply(calendar, value, []) as Slot,
  ]
}

/** A year and month, or month and day, has a hidden day or year: its text with the calendar tells it. */
function readText(type: string): Reader {
  const text = method(type, 'toString')
  const calendar = getter(type, 'calendarId')
  return (value) => {
    const [, year, month, day] = /^([+-]?\d+)-(\d\d)-(\d\d)/.exec(
      apply(text, value, [{ calendarName: 'always' }]) as string,
    )!
    const id = apply(calendar, value, []) as string
    return type === 'PlainYearMonth'
      ? [Number(year), Number(month), id, Number(day)]
      : [Number(month), Number(day), id, Number(year)]
  }
}

const CLOCK = 'hour minute second millisecond microsecond nanosecond'
const PERIODS = 'years months weeks days hours minutes seconds milliseconds microseconds nanoseconds'
const READERS: Readonly<Record<string, (type: string) => Reader>> = {
  Duration: (type) => readGetters(type, PERIODS),
  Instant: (type) => readGetters(type, 'epochNanoseconds'),
  PlainDate: (type) => readInCalendar(type, 'year month day'),
  PlainDateTime: (type) => readInCalendar(type, `year month day ${CLOCK}`),
  PlainMonthDay: readText,
  PlainTime: (type) => readGetters(type, CLOCK),
  PlainYearMonth: readText,
  ZonedDateTime: (type) => readGetters(type, 'epochNanoseconds timeZoneId calendarId'),
}
/** A getter that only an object of the type answers. */
const BRANDS: Readonly<Record<string, string>> = {
  Duration: 'sign',
  Instant: 'epochNanoseconds',
  PlainTime: 'hour',
}

function reducerOf(type: string): BuiltinReducer<object> {
  const Class = Namespace?.[type]
  const brand = Class && (getter(type, BRANDS[type] ?? 'calendarId') as () => unknown)
  const read = Class && READERS[type](type)
  return {
    name: `Temporal.${type}`,
    ...branded(
      () => Class,
      () => brand!,
    ),
    write(value, sink) {
      const slots = read!(value)
      sink.varint(slots.length)
      for (const slot of slots) sink.value(slot)
    },
    create(source) {
      const slots: unknown[] = []
      for (let left = source.count(); left > 0; left--) {
        const slot = source.value()
        // Nothing that a constructor would have to convert, by methods of its own.
        if (typeof slot !== 'number' && typeof slot !== 'string' && typeof slot !== 'bigint')
          throw new UnpicklingError(`the bundle holds a Temporal.${type} of odd parts`)
        slots.push(slot)
      }
      if (!Class) throw new UnpicklingError(`Node ${process.version} has no Temporal.${type}`)
      try {
        return construct(Class, slots) as object
      } catch (error) {
        throw new UnpicklingError(`the bundle holds a Temporal.${type} that can't be`, { cause: error })
      }
    },
  }
}

export const temporal: readonly BuiltinReducer[] = Object.keys(READERS).map(reducerOf)
