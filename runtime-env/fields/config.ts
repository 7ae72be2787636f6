// config: how environments are made, and nothing of what they are.
import type { ConfigField } from '../types.ts'
import { type Field, wrong } from './field.ts'
import { checkNames } from './names.ts'

export const DEFAULT_SETUP_TIMEOUT = 600_000
const LONGEST = 2 ** 31 - 1

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
  const seconds = typeof value === 'string' ? /^(\d+)\s*(m?)s?$/.exec(value) : null
  const hint =
    seconds !== null
      ? `Write ${Number(seconds[1]) * (seconds[2] === 'm' || !/s$/.test(value as string) ? 1 : 1000)}`
      : value === -1
        ? `For as long as possible, write ${LONGEST}`
        : ''
  throw wrong('config.setupTimeout', `a number of milliseconds from above 0 to ${LONGEST}`, value, hint)
}
