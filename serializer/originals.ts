// User code may patch built-ins as it likes: while `dumps` and `loads` are at work, those that we and our libraries
// use are as they were when cornichon was loaded, and the user's patches are back when the call is over. So no patch
// runs in the middle, and none breaks anything. Code of the user's that is called meanwhile sees the patches: `asUser`.
//
// What makes this affordable is that V8 folds a comparison of a built-in's property with a constant into nothing.
// Asking for every descriptor would take thirty microseconds: so an accessor that the user put in the place of a method is
// called by the comparison, and taken for the method if that is what it gives. The rest still takes as long as half a
// small message. So there are two looks: one before plain data, which uses little, and another before all else.
//
// A patch that is locked (not configurable, or the object is frozen) can't be taken away: it is worked with.
import vm from 'node:vm'
import {
  FunctionPrototypeToString,
  ReflectApply,
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectGetPrototypeOf,
  ReflectOwnKeys,
  ReflectSetPrototypeOf,
} from './primordials.ts'

// Nothing in this file may use what may be patched: no method, no iteration, no write to an element of an array, no
// descriptor that inherits from %Object.prototype%.

interface Original {
  readonly object: object
  readonly key: PropertyKey
  readonly descriptor: PropertyDescriptor
}

/** One built-in object, as it was. */
interface Held {
  readonly object: object
  readonly prototype: object | null
  /** By key, without a prototype. */
  readonly known: Record<PropertyKey, Original>
  /** In no order that matters. */
  readonly originals: readonly Original[]
  /** Whether properties that the user added are taken away, too: others inherit them. */
  readonly isInherited: boolean
}

/** A patch that was taken away, and the next one. Without a `key`, it is the object's prototype. */
interface Patch {
  readonly object: object
  readonly key: PropertyKey | null
  /** Undefined for a property that the user deleted. */
  readonly descriptor: PropertyDescriptor | undefined
  readonly prototype: object | null
  readonly next: Patch | null
}

const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype

/** Global variables that we and our libraries read. */
const GLOBALS = [
  ...[
    'Array',
    'ArrayBuffer',
    'BigInt',
    'Boolean',
    'Buffer',
    'DataView',
    'Date',
    'Float64Array',
    'globalThis',
    'JSON',
  ],
  ...['Map', 'Math', 'Number', 'Object', 'Proxy', 'Reflect', 'RegExp', 'Set', 'SharedArrayBuffer', 'String'],
  ...['Symbol', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'Uint8Array', 'Uint16Array'],
  ...['Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array', 'WeakMap', 'WeakRef', 'WeakSet', 'process'],
]
const TypedArray = ReflectGetPrototypeOf(Uint8Array) as typeof Uint8Array
const GeneratorPrototype = ReflectGetPrototypeOf(ReflectGetPrototypeOf((function* () {})())!)!
const ArrayIteratorPrototype = ReflectGetPrototypeOf([][Symbol.iterator]())!

const held: readonly Held[] = [
  // Functions cost more than prototypes: those whose properties anyone here calls.
  ...[Array, ArrayBuffer, Buffer, JSON, Math, Number, Object, Reflect, String, Symbol].map(hold),
  ...[ArrayPrototype, ObjectPrototype, Function.prototype, String.prototype, Number.prototype].map(inherited),
  ...[Boolean, BigInt, Symbol, Map, Set, WeakMap, WeakSet, WeakRef, RegExp, ArrayBuffer, DataView].map(
    (type) => inherited(type.prototype),
  ),
  ...[TypedArray, Uint8Array, Buffer, FinalizationRegistry, URL, TextEncoder, TextDecoder].map((type) =>
    inherited(type.prototype),
  ),
  ...[
    GeneratorPrototype,
    ArrayIteratorPrototype,
    ReflectGetPrototypeOf(ArrayIteratorPrototype)!,
    ReflectGetPrototypeOf(new Map()[Symbol.iterator]())!,
    ReflectGetPrototypeOf(new Set()[Symbol.iterator]())!,
    ReflectGetPrototypeOf(''[Symbol.iterator]())!,
    ReflectGetPrototypeOf(''.matchAll(/x/g))!,
  ].map(inherited),
  holdKeys(globalThis, GLOBALS, false),
]

function hold(object: object): Held {
  return holdKeys(object, ReflectOwnKeys(object), false)
}

function inherited(object: object): Held {
  return holdKeys(object, ReflectOwnKeys(object), true)
}

function holdKeys(object: object, keys: readonly PropertyKey[], isInherited: boolean): Held {
  const known = Object.create(null) as Record<PropertyKey, Original>
  const originals: Original[] = []
  for (const key of keys) {
    const descriptor = descriptorOf(object, key)
    if (!descriptor) continue
    const original = { object, key, descriptor }
    known[key] = original
    // What tests and tools set is not one: Error.stackTraceLimit, RegExp.lastIndex.
    if (descriptor.configurable || (descriptor.writable && typeof descriptor.value === 'function'))
      originals.push(original)
  }
  return { object, prototype: ReflectGetPrototypeOf(object), known, originals, isInherited }
}

/** Without a prototype, so that nothing patched shows through. */
function descriptorOf(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = ReflectGetOwnPropertyDescriptor(object, key)
  if (descriptor !== undefined) ReflectSetPrototypeOf(descriptor, null)
  return descriptor
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor): boolean {
  // Whether it is enumerable or locked makes no difference to who calls it. (NaN is no built-in that can be patched.)
  return a !== undefined && a.value === b.value && a.get === b.get && a.set === b.set
}

// --- Is there anything to put back? ---

/** What options, and what describes a property, may or may not have. */
const OPTIONAL = [
  ...['get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'then', 'toJSON', 'bufferCallback'],
  ...[
    'reducerOverride',
    'dispatchTable',
    'persistentId',
    'byValue',
    'byReference',
    'sign',
    'compress',
    'memo',
  ],
  ...['memoLimit', 'buffers', 'persistentLoad', 'code', 'modules', 'verify', 'limits', 'copy', 'maxBytes'],
  ...['maxObjects', 'maxDepth', 'maxString', 'countsGiven', 'observe'],
  ...[Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag, Symbol.isConcatSpreadable, Symbol.species],
]

/** Properties that do harm where they are not by nature: libraries and built-ins look for them. */
const ABSENT: readonly (readonly [object, PropertyKey])[] = [
  ...OPTIONAL.map((key): [object, PropertyKey] => [ObjectPrototype, key]),
  [ArrayPrototype, 'toJSON'],
  [ArrayPrototype, Symbol.isConcatSpreadable],
  [Function.prototype, 'toJSON'],
  [Number.prototype, 'toJSON'],
  [Boolean.prototype, 'toJSON'],
  [String.prototype, 'toJSON'],
  [String.prototype, Symbol.split],
  [String.prototype, Symbol.replace],
  [String.prototype, Symbol.match],
  [String.prototype, Symbol.matchAll],
  [String.prototype, Symbol.search],
]

/** An accessor can't be compared by reading it. Its descriptor can be had, for 50 ns: what small data can do without comes later. */
const BYTE_LENGTH: readonly [object, PropertyKey] = [TypedArray.prototype, 'byteLength']
/** Where they are functions of Node's (from 22 on), they read the length of what they are called with. */
const areBufferMethodsNative = [
  Buffer.prototype.latin1Slice,
  Buffer.prototype.latin1Write,
  Buffer.prototype.ucs2Slice,
  Buffer.prototype.utf8Slice,
].every(
  (method) =>
    ReflectApply(FunctionPrototypeToString, method, []) === `function ${method.name}() { [native code] }`,
)
const ACCESSORS_FOR_DATA = accessors(areBufferMethodsNative ? [] : [BYTE_LENGTH])
const OTHER_ACCESSORS = accessors([
  BYTE_LENGTH,
  [TypedArray.prototype, 'length'],
  [Map.prototype, 'size'],
  [Set.prototype, 'size'],
  [TypedArray.prototype, 'byteOffset'],
  [TypedArray.prototype, 'buffer'],
  [ArrayBuffer.prototype, 'byteLength'],
  [RegExp.prototype, 'flags'],
  [RegExp.prototype, 'global'],
  [Array, Symbol.species],
])

function accessors(places: readonly (readonly [object, PropertyKey])[]): readonly Original[] {
  return places.map(([object, key]) => ({ object, key, descriptor: descriptorOf(object, key)! }))
}

const areMethodsUntouched = compileComparison()
const objectKeys = ReflectOwnKeys(ObjectPrototype).length

/** Written out property by property, for then V8 knows each object, and reading it costs nothing. */
function compileComparison(): () => boolean {
  const mainGlobal: unknown = new vm.Script('globalThis').runInThisContext()
  const constants: unknown[] = []
  const constant = (value: unknown) => `c${constants.push(value) - 1}`
  const conditions: string[] = []
  for (const { object, originals } of held) {
    const name = constant(object)
    for (const { key, descriptor } of originals) {
      // An accessor of the user's, from before we were loaded, is not to be called.
      if (!('value' in descriptor)) continue
      // Nobody here asks a function for these, and they are no values that V8 could fold.
      if (typeof object === 'function' && (key === 'name' || key === 'length')) continue
      const isName = typeof key === 'string' && /^[a-z]\w*$/i.test(key)
      const value = constant(descriptor.value)
      // V8 knows a global variable by its name, not as a property.
      if (object === mainGlobal)
        conditions.push(`typeof ${String(key)}!=='undefined'&&${String(key)}===${value}`)
      else conditions.push(`${name}${isName ? `.${key}` : `[${constant(key)}]`}===${value}`)
    }
  }
  for (const [object, key] of ABSENT)
    if (!(key in object)) conditions.push(`!(${constant(key)} in ${constant(object)})`)
  const names = constants.map((_, i) => `c${i}=list[${i}]`)
  const text = `list=>{const ${names.join(',')};return()=>${conditions.join('&&')}}`
  return new vm.Script(text, { filename: 'cornichon:originals' }).runInThisContext()(constants)
}

/** As far as plain data needs it. Of what was added to %Object.prototype%, what for-in shows, or has a name that we look for. */
function isUntouchedForData(): boolean {
  if (!areMethodsUntouched() || !areUntouched(ACCESSORS_FOR_DATA)) return false
  // Whether there is any is the question.
  for (const _ in ObjectPrototype) return false
  for (const _ in ArrayPrototype) return false
  return true
}

function isUntouched(): boolean {
  return (
    isUntouchedForData() &&
    areUntouched(OTHER_ACCESSORS) &&
    ReflectOwnKeys(ObjectPrototype).length === objectKeys
  )
}

function areUntouched(originals: readonly Original[]): boolean {
  for (let i = 0; i < originals.length; i++) {
    const { object, key, descriptor } = originals[i]
    // The engine's own answer: if %Object.prototype% is patched so that it lies, other comparisons tell.
    if (ReflectGetOwnPropertyDescriptor(object, key)?.get !== descriptor.get) return false
  }
  return true
}

// --- Taking patches away, and putting them there again ---

function putBack(): Patch | null {
  let patches: Patch | null = null
  for (let i = 0; i < held.length; i++) {
    const { object, prototype, known, originals, isInherited } = held[i]
    const before = ReflectGetPrototypeOf(object)
    if (before !== prototype && ReflectSetPrototypeOf(object, prototype))
      patches = { object, key: null, descriptor: undefined, prototype: before, next: patches }
    for (let j = 0; j < originals.length; j++) {
      const { key, descriptor } = originals[j]
      const patched = descriptorOf(object, key)
      if (!isSame(patched, descriptor) && ReflectDefineProperty(object, key, descriptor))
        patches = { object, key, descriptor: patched, prototype: null, next: patches }
    }
    if (!isInherited) continue
    const keys = ReflectOwnKeys(object)
    // Backwards: the last that is taken away is the first that is put there again.
    for (let j = keys.length - 1; j >= 0; j--) {
      const key = keys[j]
      if (known[key] !== undefined) continue
      const added = descriptorOf(object, key)
      if (added !== undefined && ReflectDeleteProperty(object, key))
        patches = { object, key, descriptor: added, prototype: null, next: patches }
    }
  }
  return patches
}

function apply(patches: Patch | null): void {
  for (let patch = patches; patch !== null; patch = patch.next) {
    const { object, key, descriptor } = patch
    if (key === null) ReflectSetPrototypeOf(object, patch.prototype)
    else if (descriptor === undefined) ReflectDeleteProperty(object, key)
    else ReflectDefineProperty(object, key, descriptor)
  }
}

/** Originals are in place, and `taken` is what was there. */
let isInside = false
/** As far as only plain data was met, not all were looked at. */
let isForData = false
let taken: Patch | null = null

/** Enough to put the patches there again: where the stack ends before that, nothing was taken away yet. */
const STACK_FRAMES = 50

function takeStack(frames: number): number {
  return frames === 0 ? 0 : takeStack(frames - 1) + 1
}

/** Runs our code, with the originals in place. */
export function withOriginals<T>(work: () => T): T {
  if (isInside) {
    needAllOriginals()
    return work()
  }
  begin(false)
  try {
    return work()
  } finally {
    end(true)
  }
}

/**
 * The same for code that deals with plain data, and says so if it meets anything else: by `needAllOriginals`. It is called in
 * pairs with `end`, which is told what this one returns. (To call functions that are made for each message takes a tenth of what
 * a small one takes.)
 */
export function beginForData(): boolean {
  if (isInside) return false
  begin(true)
  return true
}

/** What is to be done needs more than plain data does. */
export function needAllOriginals(): void {
  if (!isForData || !isInside) return
  isForData = false
  if (taken !== null || isUntouched()) return
  takeStack(STACK_FRAMES)
  taken = putBack()
}

function begin(forData: boolean): void {
  if (!(forData ? isUntouchedForData() : isUntouched())) {
    takeStack(STACK_FRAMES)
    taken = putBack()
  }
  isForData = forData
  isInside = true
}

/** It is over what was begun, unless something around it had begun already. */
export function end(isOutermost: boolean): void {
  if (!isOutermost) return
  isInside = false
  const patches = taken
  taken = null
  if (patches !== null) apply(patches)
}

/** Runs code of the user's from within: a reducer, a hook, a package that is loaded. It sees its patches. */
export function asUser<T>(work: () => T): T {
  if (!isInside) return work()
  const patches = taken
  taken = null
  isInside = false
  if (patches !== null) apply(patches)
  try {
    return work()
  } finally {
    // Whatever is there now: it may have patched more, or have taken patches back.
    isForData = false
    if (!isUntouched()) taken = putBack()
    isInside = true
  }
}

/** A property as the user's code sees it, of an object that may be a built-in one. */
export function descriptorSeenByUser(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let patch = taken; patch !== null; patch = patch.next)
    if (patch.object === object && patch.key === key) return patch.descriptor
  return ReflectGetOwnPropertyDescriptor(object, key)
}
