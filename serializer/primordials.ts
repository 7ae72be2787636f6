// Originals of built-ins, held from the start: user code may patch what it likes afterwards.
// Named as in Node's own primordials.

export const {
  apply: ReflectApply,
  construct: ReflectConstruct,
  defineProperty: ReflectDefineProperty,
  deleteProperty: ReflectDeleteProperty,
  getOwnPropertyDescriptor: ReflectGetOwnPropertyDescriptor,
  getPrototypeOf: ReflectGetPrototypeOf,
  ownKeys: ReflectOwnKeys,
  setPrototypeOf: ReflectSetPrototypeOf,
} = Reflect

const generatorPrototype = ReflectGetPrototypeOf((function* () {})())!
const asyncGeneratorPrototype = ReflectGetPrototypeOf((async function* () {})())!
export const GeneratorPrototypeNext = (ReflectGetPrototypeOf(generatorPrototype) as Generator).next
export const AsyncGeneratorPrototypeNext = (ReflectGetPrototypeOf(asyncGeneratorPrototype) as AsyncGenerator)
  .next
export const FunctionPrototypeToString = Function.prototype.toString
export const { indexOf: StringPrototypeIndexOf, slice: StringPrototypeSlice } = String.prototype
export const { defineProperty: ObjectDefineProperty } = Object

const getTypedArrayLength = ReflectGetOwnPropertyDescriptor(
  ReflectGetPrototypeOf(Uint8Array.prototype)!,
  'length',
)!.get!
export const TypedArrayPrototypeGetLength = (array: NodeJS.TypedArray): number =>
  ReflectApply(getTypedArrayLength, array, [])
const getMapSize = ReflectGetOwnPropertyDescriptor(Map.prototype, 'size')!.get!
const getSetSize = ReflectGetOwnPropertyDescriptor(Set.prototype, 'size')!.get!
export const MapPrototypeGetSize = (map: ReadonlyMap<unknown, unknown>): number =>
  ReflectApply(getMapSize, map, [])
export const SetPrototypeGetSize = (set: ReadonlySet<unknown>): number => ReflectApply(getSetSize, set, [])
