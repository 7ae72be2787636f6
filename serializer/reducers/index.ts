// The dispatch table of built-in types: adding a type is adding an entry.
import { buffers } from './buffers.ts'
import { collections } from './collections.ts'
import { encodings } from './encoding.ts'
import { domExceptions, errors } from './errors.ts'
import { promises } from './promises.ts'
import { scalars } from './scalars.ts'
import type { BuiltinReducer } from './types.ts'
import { urlParams, urls } from './urls.ts'
import { weak } from './weak.ts'

export { inheritsFrom } from './brand.ts'
export type { BuiltinReducer, ValueSink, ValueSource } from './types.ts'
export { weakEntriesOf } from './weak.ts'

/** In the order of the format's type numbers: append, never reorder. */
export const builtinReducers: readonly BuiltinReducer[] = [
  ...collections,
  ...scalars,
  ...errors,
  ...buffers,
  ...urls,
  ...promises,
  ...weak,
  ...encodings,
  ...domExceptions,
  ...urlParams,
]

/** The number of the entry for an object by its internal slots, or -1. */
export function findBuiltinReducer(value: object): number {
  for (let i = 0; i < builtinReducers.length; i++) if (builtinReducers[i].matches(value)) return i
  return -1
}
