// The dispatch table of built-in types: adding a type is adding an entry.
import { blobs } from './blobs.ts'
import { buffers } from './buffers.ts'
import { collections } from './collections.ts'
import { Dispatch } from './dispatch.ts'
import { encodings } from './encoding.ts'
import { domExceptions, errors, laterErrors } from './errors.ts'
import { events } from './events.ts'
import { fetches } from './fetch.ts'
import { intl } from './intl.ts'
import { iterators } from './iterators.ts'
import { keys } from './keys.ts'
import { network } from './network.ts'
import { promises } from './promises.ts'
import { records } from './records.ts'
import { scalars } from './scalars.ts'
import { temporal } from './temporal.ts'
import type { BuiltinReducer } from './types.ts'
import { urlParams, urls } from './urls.ts'
import { weak } from './weak.ts'

export { inheritsFrom } from './brand.ts'
export { type BufferFacts, bareBuffer, bufferFacts, isReadonlyView, madeBuffer, windowOf } from './buffers.ts'
export { copyOfMap, copyOfSet } from './collections.ts'
export { captureStack, isCapturedStack } from './errors.ts'
export { intlFunctionOf } from './intl.ts'
export { adviceFor, unexportedClass } from './native.ts'
export {
  type Class,
  type DispatchTable,
  describe,
  exactClassOf,
  type Factory,
  findHook,
  nameOfClass,
  type Reducer,
  type Reduction,
  registeredReducers,
  registerReducer,
  symbols,
  unregisterReducer,
} from './registered.ts'
export type { BuiltinReducer, ValueSink, ValueSource, ViewedBytes } from './types.ts'
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
  ...iterators,
  ...intl,
  ...temporal,
  ...blobs,
  ...fetches,
  ...events,
  ...keys,
  ...network,
  ...records,
  ...laterErrors,
]

const dispatch = new Dispatch(builtinReducers)

/** The number of the entry for an object by its internal slots, or -1. */
export function findBuiltinReducer(value: object): number {
  return dispatch.find(value)
}
