// V7: Intl objects work as the originals; Temporal where Node has it.
import type { Table } from '../../support/rows.ts'

export function intl({ row }: Table): void {
  row('V7', 'Intl objects: every kind, in several locales, with the same results and the same options', {
    build() {
      const I: any = Intl
      const locales = ['en', 'de', 'ar-EG', 'ja', 'hi-u-nu-deva', 'th', 'zh-TW']
      const kinds: [string, any[]][] = [
        [
          'DateTimeFormat',
          [
            ...[{}, { dateStyle: 'full' }, { timeStyle: 'short', timeZone: 'Asia/Tokyo' }],
            ...[
              { dateStyle: 'short', timeStyle: 'long', hourCycle: 'h23' },
              { hour: 'numeric', hour12: false },
            ],
            ...[
              { weekday: 'long', month: 'short', day: 'numeric' },
              { calendar: 'islamic-civil', dateStyle: 'long' },
            ],
            ...[
              { fractionalSecondDigits: 2, second: 'numeric' },
              { timeZoneName: 'longOffset', hour: 'numeric' },
            ],
            { month: 'long', year: 'numeric', numberingSystem: 'arab' },
          ],
        ],
        [
          'NumberFormat',
          [
            ...[
              {},
              { style: 'currency', currency: 'EUR' },
              { style: 'percent' },
              { style: 'unit', unit: 'liter' },
            ],
            ...[{ notation: 'compact' }, { notation: 'scientific' }, { maximumSignificantDigits: 3 }],
            ...[{ useGrouping: false }, { signDisplay: 'exceptZero' }, { minimumFractionDigits: 2 }],
          ],
        ],
        ['PluralRules', [{}, { type: 'ordinal' }]],
        [
          'Collator',
          [{}, { numeric: true }, { sensitivity: 'base', caseFirst: 'upper' }, { usage: 'search' }],
        ],
        ['RelativeTimeFormat', [{}, { numeric: 'auto', style: 'narrow' }]],
        ['ListFormat', [{}, { type: 'unit', style: 'narrow' }]],
        ['DisplayNames', [{ type: 'region' }, { type: 'currency', fallback: 'none' }]],
        ['Segmenter', [{}, { granularity: 'word' }]],
        ['DurationFormat', [{}, { style: 'digital' }, { style: 'long', days: 'short' }]],
      ]
      const use = (value: any): unknown => {
        const date = new Date(1_700_000_000_123)
        switch (value.constructor.name) {
          case 'DateTimeFormat':
            return [value.format(date), value.formatToParts(0), value.formatRange(0, date)]
          case 'NumberFormat':
            return [0, -1234567.891, 0.00012, 1e21, Number.NaN, 12n].map((n) => value.format(n))
          case 'PluralRules':
            return [0, 1, 2, 3, 5, 11, 1.5].map((n) => value.select(n))
          case 'Collator':
            return ['ä', 'a', 'Z', 'z', 'a10', 'a9'].sort(value.compare)
          case 'RelativeTimeFormat':
            return [value.format(-1, 'day'), value.format(3, 'month')]
          case 'ListFormat':
            return value.format(['a', 'b', 'c'])
          case 'DisplayNames':
            return [value.of(value.resolvedOptions().type === 'region' ? 'DE' : 'EUR')]
          case 'Segmenter':
            return [...value.segment('two words')].map((part: any) => part.segment)
          default:
            return value.format({ days: 3, hours: 2, minutes: 5 })
        }
      }
      const state = (value: any) => JSON.stringify([value.resolvedOptions(), use(value)])
      const values = kinds
        .filter(([name]) => I[name])
        .flatMap(([name, options]) =>
          locales.flatMap((locale) => options.map((each) => new I[name](locale, each))),
        )
      const locale = new Intl.Locale('de-Latn-AT-u-ca-buddhist-hc-h12-nu-thai')
      return { values, states: values.map(state), state, locale }
    },
    modes: ['esm', 'tsx', 'vitest'],
    check({ values, states, state, locale }, assert) {
      assert.ok(values.length > 200)
      values.forEach((value, i) => assert.equal(state(value), states[i]))
      assert.ok(locale instanceof Intl.Locale)
      assert.equal(String(locale), 'de-Latn-AT-u-ca-buddhist-hc-h12-nu-thai')
      assert.equal(locale.hourCycle, 'h12')
    },
  })

  row('V7', 'a subclass of an Intl class, own properties, one formatter in two closures', {
    build() {
      class Euro extends Intl.NumberFormat {
        #count = 0
        constructor() {
          super('de', { style: 'currency', currency: 'EUR' })
        }
        show(n: number) {
          this.#count++
          return this.format(n)
        }
        get count() {
          return this.#count
        }
      }
      const euro: any = new Euro()
      euro.note = 'own'
      euro.show(1)
      return { euro, a: () => euro, b: (n: number) => euro.show(n) }
    },
    check({ euro, a, b }, assert) {
      assert.equal(a(), euro)
      assert.equal(euro.note, 'own')
      assert.equal(euro.constructor.name, 'Euro')
      assert.ok(euro instanceof Intl.NumberFormat)
      const before = euro.count
      assert.equal(b(2), '2,00\u00a0€')
      assert.equal(euro.count, before + 1)
    },
  })

  row('V7', 'Temporal: every type, with its calendar, and durations not balanced', {
    node: 26,
    build() {
      const T: any = (globalThis as any).Temporal
      const values = [
        T.Duration.from({ years: 1, milliseconds: 1500, hours: 30 }).negated(),
        T.Instant.fromEpochMilliseconds(-5),
        T.PlainDate.from('2024-02-29[u-ca=hebrew]'),
        T.PlainDate.from('-271821-04-19'),
        T.PlainDateTime.from('2024-02-29T12:34:56.789012345[u-ca=japanese]'),
        T.PlainTime.from('23:59:59.999999999'),
        T.PlainYearMonth.from({ year: 5784, monthCode: 'M05L', calendar: 'hebrew' }),
        T.PlainMonthDay.from({ monthCode: 'M05L', day: 3, calendar: 'hebrew' }),
        T.PlainMonthDay.from('02-29'),
        T.ZonedDateTime.from('2024-10-27T02:30:00+01:00[Europe/Berlin][u-ca=gregory]'),
      ]
      return {
        values,
        texts: values.map((value) => value.toString({ calendarName: 'always' })),
        first: () => values[0],
      }
    },
    check({ values, texts, first }, assert) {
      const T: any = (globalThis as any).Temporal
      values.forEach((value, i) => {
        assert.equal(value.toString({ calendarName: 'always' }), texts[i])
        assert.equal(Object.getPrototypeOf(value), T[value.constructor.name].prototype)
      })
      assert.equal(first().milliseconds, -1500)
      assert.equal(first(), values[0])
    },
  })
}
