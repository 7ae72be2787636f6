// The errors that Node throws with a code. Each has a class of its own inside Node, which no module exports and no text
// names: between the error and Error (or TypeError, RangeError) stand prototypes that only say `TypeError [CODE]: message`.
// A copy gets prototypes that do what these do; they are made once for each class and code.
import { types } from 'node:util'
import { UnpicklingError } from '../errors.ts'
import { findBuiltin, findIntrinsic, isNodes } from '../references/index.ts'
import { unexportedClass } from './native.ts'
import { descriptionOf, symbolKey } from './platform.ts'
import type { BuiltinReducer } from './types.ts'

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf } = Reflect
const objectCreate = Object.create
const alloc = Buffer.alloc
const ErrorPrototype = Error.prototype
/** What a SystemError reads from its `info` by accessors. */
const SYSTEM = ['errno', 'syscall', 'path', 'dest']

/** How the class turns an error into text: as Error does, with the code of the class, with the error's own code. */
const Text = { Plain: 0, ClassCode: 1, OwnCode: 2 } as const

interface Kind {
  /** Error.prototype, TypeError.prototype ... */
  readonly base: object
  readonly text: number
  readonly code: string
}

/** The kinds of the prototypes that were made here. */
const made = new WeakMap<object, Kind>()
const byBase = new WeakMap<object, Map<string, object>>()

export function isNodeError(value: object): boolean {
  return kindOf(value) !== null
}

function kindOf(value: object): Kind | null {
  const first = getPrototypeOf(value)
  if (first === null || types.isProxy(first) || isExported(first)) return null
  const known = made.get(first)
  if (known) return known
  let text: number = Text.Plain
  for (let at: object | null = first; at !== null && !types.isProxy(at); at = getPrototypeOf(at)) {
    if (isExported(at)) return { base: at, text, code: codeOf(value) }
    const constructor = getOwnPropertyDescriptor(at, 'constructor')
    const isInside = constructor?.get ? isNodes(constructor.get) : unexportedClass(at) !== null
    if (!isInside) return null
    if (getOwnPropertyDescriptor(at, 'toString'))
      text = unexportedClass(at) === 'SystemError' ? Text.OwnCode : Text.ClassCode
  }
  return null
}

function isExported(prototype: object): boolean {
  return (findIntrinsic(prototype) ?? findBuiltin(prototype)) !== undefined
}

function codeOf(value: object): string {
  const code: unknown = getOwnPropertyDescriptor(value, 'code')?.value
  return typeof code === 'string' ? code : ''
}

function prototypeFor({ base, text, code }: Kind): object {
  let prototypes = byBase.get(base)
  if (!prototypes) byBase.set(base, (prototypes = new Map()))
  const key = `${text} ${text === Text.ClassCode ? code : ''}`
  let prototype = prototypes.get(key)
  if (!prototype) {
    prototype = objectCreate(base) as object
    if (text !== Text.Plain) {
      const toString = {
        toString(this: { name: unknown; code: unknown; message: unknown }) {
          return `${this.name} [${text === Text.ClassCode ? code : this.code}]: ${this.message}`
        },
      }.toString
      defineProperty(prototype, 'toString', { value: toString, writable: true, configurable: true })
    }
    const mark = markOfNode()
    if (mark && text === Text.ClassCode) defineProperty(prototype, mark.key, mark.descriptor)
    made.set(prototype, { base, text, code })
    prototypes.set(key, prototype)
  }
  return prototype
}

let mark: { readonly key: symbol; readonly descriptor: PropertyDescriptor } | null | undefined

/** By which Node knows its errors when it prints one, as an error of its own shows. */
function markOfNode() {
  if (mark !== undefined) return mark
  mark = null
  try {
    alloc('' as never)
  } catch (error) {
    for (let at: object | null = error as object; at !== null && !mark; at = getPrototypeOf(at)) {
      const key = symbolKey(at, 'kIsNodeError')
      if (key) mark = { key, descriptor: getOwnPropertyDescriptor(at, key)! }
    }
  }
  return mark
}

/** The properties of a copy that were accessors of a SystemError. */
const systemKeys = new WeakMap<object, PropertyKey[]>()

function accessorsOf(value: object): PropertyKey[] {
  const known = systemKeys.get(value)
  if (known) return known.filter((key) => getOwnPropertyDescriptor(value, key))
  return SYSTEM.filter((key) => {
    const get = getOwnPropertyDescriptor(value, key)?.get
    return get !== undefined && isNodes(get)
  })
}

/** On the base of the entry for errors, which carries the stack. */
export function nodeErrorReducer(error: BuiltinReducer<Error>): BuiltinReducer<Error> {
  return {
    name: 'error of Node',
    matches: (value) => types.isNativeError(value) && isNodeError(value),
    prototypes: () => [ErrorPrototype],
    byBrand: true,
    prototype: (value) => getPrototypeOf(value),
    write(value, sink) {
      const { base, text, code } = kindOf(value)!
      sink.byte(text)
      sink.string(code)
      sink.step('slot', 'Prototype')
      sink.value(base)
    },
    create(source) {
      const text = source.byte()
      const code = source.string()
      const base = source.value()
      // When a bundle is only inspected, a function stands for what it refers to.
      if ((typeof base !== 'object' && typeof base !== 'function') || base === null || text > Text.OwnCode)
        throw new UnpicklingError('the bundle is damaged: an error of Node is of no class')
      const value = error.create(source)
      setPrototypeOf(value, prototypeFor({ base, text, code }))
      return value
    },
    ownKeys: (value) => [
      ...error.ownKeys!(value),
      ...accessorsOf(value),
      ...ownKeys(value).filter((key) => typeof key === 'symbol' && descriptionOf(key) === 'kIsNodeError'),
    ],
    writeContent(value, sink) {
      error.writeContent!(value, sink)
      const keys = accessorsOf(value)
      sink.varint(keys.length)
      for (const key of keys) {
        const { get, value: state } = getOwnPropertyDescriptor(value, key)!
        sink.string(String(key))
        sink.step('property', String(key))
        sink.value(get ? apply(get, value, []) : state)
      }
    },
    readContent(value, source) {
      error.readContent!(value, source)
      const keys: PropertyKey[] = []
      for (let left = source.count(); left > 0; left--) {
        const key = source.string()
        if (!SYSTEM.includes(key))
          throw new UnpicklingError('the bundle is damaged: an error has an odd property')
        keys.push(key)
        defineProperty(value, key, {
          value: source.value(),
          writable: true,
          enumerable: true,
          configurable: true,
        })
      }
      if (keys.length > 0) systemKeys.set(value, keys)
    },
  }
}
