// config: how environments are made, and nothing of what they are.
import type { ConfigField } from '../types.ts'
import { type Field, wrong } from './field.ts'
import { checkNames } from './names.ts'

export const DEFAULT_SETUP_TIMEOUT = 600_000
const LONGEST = 2 ** 31 - 1
const UNITS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }

export const config: Field<'config'> = {
  name: 'config',
  otherNames: ['configuration', 'settings', 'setupTimeout', 'timeout', 'setup_timeout_seconds'],
  check(value) {
    const given = checkNames('config', '{ setupTimeout }', value, {
      setupTimeout: ['timeout', 'setup_timeout_seconds', 'setupTimeoutMs', 'timeoutMs'],
    })
    const checked: { -readonly [K in keyof ConfigField]: ConfigField[K] } = {}
    if (given.setupTimeout !== undefined) checked.setupTimeout = checkTimeout(given.setupTimeout)
    return checked
  },
}

function checkTimeout(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST) return value
  const written = typeof value === 'string' ? /^(\d+)\s*(ms|s|m|min|h)?$/.exec(value) : null
  const hint =
    written !== null
      ? `Write ${Number(written[1]) * UNITS[(written[2] ?? 'ms') as keyof typeof UNITS]}`
      : value === -1
        ? `For as long as possible, write ${LONGEST}`
        : ''
  throw wrong('config.setupTimeout', `a number of milliseconds from above 0 to ${LONGEST}`, value, hint)
}
