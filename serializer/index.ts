// The public API of the serializer, and nothing else.
export type { Compression } from './bundle/compression.ts'
export type { Limits } from './bundle/limits.ts'

import { PicklingError, UnpicklingError } from './errors.ts'
import { connect } from './pickle/connect.ts'
import { checkSerializable, dumps, loads, loadsAsync } from './pickle/index.ts'
import { inspectBundle } from './pickle/inspect.ts'
import { OutOfBand } from './pickle/out-of-band.ts'
import { Pickler, Unpickler } from './pickle/pickler.ts'
import { registerReducer, symbols, unregisterReducer } from './reducers/index.ts'
import {
  listRegistryPickleByValue,
  registerPickleByValue,
  unregisterPickleByValue,
} from './references/index.ts'

export type { PicklingProblem } from './errors.ts'
export type { BundleBytes, DumpOptions, LoadOptions } from './pickle/index.ts'
export type {
  BundleInspection,
  InspectedBinding,
  InspectedFunction,
  InspectedReference,
  InspectedUnit,
} from './pickle/inspect.ts'
export type { BufferCallback, BufferNote } from './pickle/out-of-band.ts'
export type { PicklerOptions, UnpicklerOptions } from './pickle/pickler.ts'
export type { WebPair } from './pickle/streams.ts'
export type { Class, DispatchTable, Factory, Reducer, Reduction } from './reducers/index.ts'
export type { Selection } from './references/index.ts'

const api = {
  checkSerializable,
  dumps,
  inspectBundle,
  listRegistryPickleByValue,
  loads,
  loadsAsync,
  OutOfBand,
  Pickler,
  PicklingError,
  registerPickleByValue,
  registerReducer,
  symbols,
  Unpickler,
  UnpicklingError,
  unregisterPickleByValue,
  unregisterReducer,
}

export {
  checkSerializable,
  dumps,
  inspectBundle,
  listRegistryPickleByValue,
  loads,
  loadsAsync,
  OutOfBand,
  Pickler,
  PicklingError,
  registerPickleByValue,
  registerReducer,
  symbols,
  Unpickler,
  UnpicklingError,
  unregisterPickleByValue,
  unregisterReducer,
}

// So that a bundle can refer to cornichon itself, wherever it is installed.
connect(api, import.meta.url)
