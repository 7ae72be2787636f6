// What a function returned, for people or as JSON.
import { inspect } from 'node:util'
import { ProgramError } from './failure.ts'

/** Nothing for undefined, unless it is to be JSON. */
export function printResult(result: unknown, asJson: boolean): void {
  if (asJson) console.log(toJson(result))
  else if (typeof result === 'string') console.log(result)
  else if (result !== undefined)
    console.log(inspect(result, { depth: 8, colors: process.stdout.isTTY && process.stdout.hasColors() }))
}

/** As JSON.stringify writes it; what that has no form for is an error of the program's. */
function toJson(result: unknown): string {
  try {
    return JSON.stringify(result, null, 2) ?? 'null'
  } catch (error) {
    throw new ProgramError('the result can not be written as JSON:', error)
  }
}
