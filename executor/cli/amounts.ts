// Numbers among the options of a command.
import { InvalidArgumentError } from 'commander'

export function parseAmount(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It is a number from 0.')
  return value
}

/** For how long something is kept: no time at all would be to throw it away, and Redis has an end for all times. */
export function parseLifetime(text: string): number {
  const value = parseAmount(text)
  if (value > 0 && value <= 1e12) return value
  throw new InvalidArgumentError('It is a number of seconds above 0, and at most 1e12.')
}

/** Of what is looked at again and again: its timers have no more than 2^31 milliseconds. */
export function parsePeriod(text: string): number {
  const value = parseAmount(text)
  if (value >= 0.1 && value <= 2e6) return value
  throw new InvalidArgumentError('It is a number of seconds from 0.1 to 2000000.')
}
