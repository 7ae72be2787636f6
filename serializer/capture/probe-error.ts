// Why a closure can't be asked.
import { types } from 'node:util'

/** The function can't be asked without the risk of running it. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
}

/** What is read in its dead zone throws one, of the realm of its function. */
export function isReferenceError(error: unknown): boolean {
  return types.isNativeError(error) && error.name === 'ReferenceError'
}
