// What `cornichon` exports.
export type { Compression } from './bundle/compression.ts'
export type { Limits } from './bundle/limits.ts'
export { PicklingError, type PicklingProblem, UnpicklingError } from './errors.ts'
export {
  type BundleBytes,
  checkSerializable,
  type DumpOptions,
  dumps,
  type LoadOptions,
  loads,
  loadsAsync,
} from './pickle/index.ts'
export {
  type BundleInspection,
  type InspectedBinding,
  type InspectedFunction,
  type InspectedReference,
  type InspectedUnit,
  inspectBundle,
} from './pickle/inspect.ts'
export { type BufferCallback, type BufferNote, OutOfBand } from './pickle/out-of-band.ts'
export { Pickler, type PicklerOptions, Unpickler, type UnpicklerOptions } from './pickle/pickler.ts'
export type { WebPair } from './pickle/streams.ts'
export {
  type Class,
  type DispatchTable,
  type Factory,
  type Reducer,
  type Reduction,
  registerReducer,
  symbols,
  unregisterReducer,
} from './reducers/index.ts'
export {
  listRegistryPickleByValue,
  registerPickleByValue,
  type Selection,
  unregisterPickleByValue,
} from './references/index.ts'
