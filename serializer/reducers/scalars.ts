// Objects around one primitive: Date, RegExp, boxed primitives.
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, getOwnPropertyDescriptor } = Reflect
const getTime = Date.prototype.getTime
const source = getOwnPropertyDescriptor(RegExp.prototype, 'source')!.get!
const flagGetters: readonly (readonly [string, () => boolean])[] = (
  [
    ['d', 'hasIndices'],
    ['g', 'global'],
    ['i', 'ignoreCase'],
    ['m', 'multiline'],
    ['s', 'dotAll'],
    ['u', 'unicode'],
    ['v', 'unicodeSets'],
    ['y', 'sticky'],
  ] as const
).flatMap(([flag, name]) => {
  const getter = getOwnPropertyDescriptor(RegExp.prototype, name)?.get
  return getter ? [[flag, getter] as const] : []
})
const primitives = {
  DateConstructor: Date,
  RegExpConstructor: RegExp,
  ObjectConstructor: Object,
  numberValue: Number.prototype.valueOf,
  stringValue: String.prototype.valueOf,
  booleanValue: Boolean.prototype.valueOf,
  bigintValue: BigInt.prototype.valueOf,
  symbolValue: Symbol.prototype.valueOf,
}

const date: BuiltinReducer<Date> = {
  name: 'Date',
  matches: types.isDate,
  prototypes: () => [primitives.DateConstructor.prototype],
  prototype: () => primitives.DateConstructor.prototype,
  write: (value, sink) => sink.double(apply(getTime, value, [])),
  create: (input) => new primitives.DateConstructor(input.double()),
}

const regexp: BuiltinReducer<RegExp> = {
  name: 'RegExp',
  matches: types.isRegExp,
  prototypes: () => [primitives.RegExpConstructor.prototype],
  prototype: () => primitives.RegExpConstructor.prototype,
  write(value, sink) {
    sink.string(apply(source, value, []))
    // The `flags` getter would read properties that a user may have replaced.
    sink.string(flagGetters.map(([flag, getter]) => (apply(getter, value, []) ? flag : '')).join(''))
  },
  create(input) {
    const pattern = input.string()
    return new primitives.RegExpConstructor(pattern, input.string())
  },
  ownKeys: () => ['lastIndex'],
  writeContent(value, sink) {
    const { value: index, writable } = getOwnPropertyDescriptor(value, 'lastIndex')!
    sink.byte(writable ? 1 : 0)
    sink.value(index)
  },
  readContent(value, input) {
    const writable = input.byte() === 1
    Reflect.defineProperty(value, 'lastIndex', { value: input.value(), writable })
  },
}

const boxed: BuiltinReducer<object> = {
  name: 'boxed primitive',
  matches: types.isBoxedPrimitive,
  prototype: (value) => Reflect.getPrototypeOf(primitives.ObjectConstructor(unbox(value)) as object),
  write: (value, sink) => sink.value(unbox(value)),
  create(input) {
    const value = input.value()
    if (value === null || value === undefined || typeof value === 'object' || typeof value === 'function')
      throw new UnpicklingError('the bundle boxes something that is no primitive')
    return primitives.ObjectConstructor(value) as object
  },
  ownKeys: (value) => (types.isStringObject(value) ? ['length', ...indexes(unbox(value) as string)] : []),
}

function unbox(value: object): unknown {
  if (types.isNumberObject(value)) return apply(primitives.numberValue, value, [])
  if (types.isStringObject(value)) return apply(primitives.stringValue, value, [])
  if (types.isBooleanObject(value)) return apply(primitives.booleanValue, value, [])
  if (types.isBigIntObject(value)) return apply(primitives.bigintValue, value, [])
  return apply(primitives.symbolValue, value, [])
}

function indexes(text: string): string[] {
  const keys: string[] = []
  for (let i = 0; i < text.length; i++) keys.push(String(i))
  return keys
}

export const scalars: readonly BuiltinReducer[] = [date, regexp, boxed]
