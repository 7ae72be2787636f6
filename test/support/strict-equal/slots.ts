// The internal slots of built-in objects, as far as a program can see them: what kind of object it is, and its state.
import { types } from 'node:util'

export interface Slots {
  /** What it is by its internal slots, not by its prototype. */
  readonly kind: string
  readonly state: readonly (readonly [name: string, value: unknown])[]
  /** The indexes say nothing that the state does not say, and there are too many of them to look at. */
  readonly skipsIndexes: boolean
}

type State = Slots['state']

const getter = (prototype: object, name: PropertyKey) =>
  Object.getOwnPropertyDescriptor(prototype, name)!.get! as (this: unknown) => any

const typedArray = Object.getPrototypeOf(Uint8Array.prototype)
const typedArrayName = getter(typedArray, Symbol.toStringTag)
const bufferOf = getter(typedArray, 'buffer')
const offsetOf = getter(typedArray, 'byteOffset')
const lengthOf = getter(typedArray, 'length')
const mapEntries = Map.prototype.entries
const setValues = Set.prototype.values

/** From as many elements on, the own keys of a typed array are too many for a list of strings. */
const manyElements = 100_000

/** Kinds by brand. What a class of Node or the web is known by has no check in `node:util`: see `platform`. */
const kinds: readonly (readonly [
  kind: string,
  is: (value: object) => boolean,
  state: (value: any) => State,
])[] = [
  ['Function', (value) => typeof value === 'function', (value) => [['[[SourceText]]', sourceText(value)]]],
  ['Proxy', types.isProxy, () => []],
  ['Array', Array.isArray, () => []],
  ['Map', types.isMap, mapState],
  ['Set', types.isSet, (set) => Array.from(setValues.call(set), (value, i) => [`<value ${i}>`, value])],
  ['Date', types.isDate, (date) => [['[[DateValue]]', Date.prototype.getTime.call(date)]]],
  ['RegExp', types.isRegExp, regExpState],
  ['ArrayBuffer', types.isArrayBuffer, bufferState],
  ['SharedArrayBuffer', types.isSharedArrayBuffer, bufferState],
  ['DataView', types.isDataView, dataViewState],
  ['Error', types.isNativeError, () => []],
  ['arguments object', types.isArgumentsObject, () => []],
  [
    'Boolean object',
    types.isBooleanObject,
    (box) => [['[[BooleanData]]', Boolean.prototype.valueOf.call(box)]],
  ],
  ['Number object', types.isNumberObject, (box) => [['[[NumberData]]', Number.prototype.valueOf.call(box)]]],
  ['String object', types.isStringObject, (box) => [['[[StringData]]', String.prototype.valueOf.call(box)]]],
  ['Symbol object', types.isSymbolObject, (box) => [['[[SymbolData]]', Symbol.prototype.valueOf.call(box)]]],
  ['BigInt object', types.isBigIntObject, (box) => [['[[BigIntData]]', BigInt.prototype.valueOf.call(box)]]],
  ['Promise', types.isPromise, () => []],
  ['WeakMap', types.isWeakMap, () => []],
  ['WeakSet', types.isWeakSet, () => []],
  ['WeakRef', (value) => hasBrand(value, WeakRef.prototype.deref), weakRefState],
  ['generator', types.isGeneratorObject, () => []],
]

/** Classes of the platform: by their prototype, and what their text tells. */
const platform: readonly (readonly [kind: string, prototype: object, state: (value: any) => State])[] = [
  ['URL', URL.prototype, (url) => [['href', getter(URL.prototype, 'href').call(url)]]],
  [
    'URLSearchParams',
    URLSearchParams.prototype,
    (query) => [['text', URLSearchParams.prototype.toString.call(query)]],
  ],
]

export function slotsOf(value: object): Slots {
  if (ArrayBuffer.isView(value) && !types.isDataView(value)) return typedArraySlots(value)
  for (const [kind, is, state] of kinds)
    if (is(value)) return { kind, state: state(value), skipsIndexes: false }
  for (const [kind, prototype, state] of platform)
    if (hasState(value, prototype, state)) return { kind, state: state(value), skipsIndexes: false }
  return { kind: 'object', state: [], skipsIndexes: false }
}

/** An object may have the prototype and not be one. */
function hasState(value: object, prototype: object, state: (value: any) => State): boolean {
  if (!Object.prototype.isPrototypeOf.call(prototype, value)) return false
  try {
    state(value)
    return true
  } catch {
    return false
  }
}

function mapState(map: Map<unknown, unknown>): State {
  const state: [string, unknown][] = []
  let i = 0
  for (const [key, value] of mapEntries.call(map)) {
    const name = typeof key === 'string' ? JSON.stringify(key) : String(i)
    state.push([`<key ${i++}>`, key], [`<value of key ${name}>`, value])
  }
  return state
}

function regExpState(regExp: RegExp): State {
  return [
    ['[[OriginalSource]]', getter(RegExp.prototype, 'source').call(regExp)],
    ['[[OriginalFlags]]', getter(RegExp.prototype, 'flags').call(regExp)],
  ]
}

function bufferState(buffer: ArrayBuffer | SharedArrayBuffer): State {
  const prototype = types.isSharedArrayBuffer(buffer) ? SharedArrayBuffer.prototype : ArrayBuffer.prototype
  const byteLength = getter(prototype, 'byteLength').call(buffer) as number
  const names = ['byteLength', 'maxByteLength', 'resizable', 'growable', 'detached']
  return [
    // Not every Node has all of them.
    ...names
      .filter((name) => Object.hasOwn(prototype, name))
      .map((name): [string, unknown] => [name, getter(prototype, name).call(buffer)]),
    ['[[ArrayBufferData]]', new Bytes(byteLength === 0 ? new Uint8Array(0) : new Uint8Array(buffer))],
  ]
}

/** Contents, compared as a whole. */
export class Bytes {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

function dataViewState(view: DataView): State {
  return ['buffer', 'byteOffset', 'byteLength'].map((name) => [
    name,
    getter(DataView.prototype, name).call(view),
  ])
}

function typedArraySlots(view: object): Slots {
  const length = lengthOf.call(view) as number
  return {
    kind: typedArrayName.call(view),
    state: [
      ['buffer', bufferOf.call(view)],
      ['byteOffset', offsetOf.call(view)],
      ['length', length],
    ],
    skipsIndexes: length > manyElements,
  }
}

function weakRefState(ref: WeakRef<object>): State {
  return [['deref()', WeakRef.prototype.deref.call(ref)]]
}

function sourceText(fn: Function): string {
  return Function.prototype.toString.call(fn)
}

function hasBrand(value: object, method: (this: any) => unknown): boolean {
  try {
    method.call(value)
    return true
  } catch {
    return false
  }
}
