// The public API of the serializer, and nothing else.
export { PicklingError, type PicklingProblem, UnpicklingError } from './errors.ts'
export { checkSerializable, type DumpOptions, dumps, type LoadOptions, loads, loadsAsync, type Selection } from './pickle/index.ts'
export {
  type BundleInspection,
  type InspectedBinding,
  type InspectedFunction,
  type InspectedReference,
  type InspectedUnit,
  inspectBundle,
} from './pickle/inspect.ts'
export { listRegistryPickleByValue, registerPickleByValue, unregisterPickleByValue } from './references/index.ts'
