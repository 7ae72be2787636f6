// Headers and FormData of the Fetch standard. (Request and Response have a body that is a stream: see native.ts.)
import { UnpicklingError } from '../errors.ts'
import { isFile } from './blobs.ts'
import { branded } from './brand.ts'
import { lateGlobal, nodesKeys } from './platform.ts'
import type { BuiltinReducer, ValueSource } from './types.ts'

const { apply, getPrototypeOf } = Reflect
const UNDICI = 'internal/deps/undici/undici'
const HeadersClass = lateGlobal<Headers>(UNDICI, 'Headers')
const FormDataClass = lateGlobal<FormData>(UNDICI, 'FormData')

type Pairs = Iterator<readonly [string, unknown]>
interface Listed {
  entries(): Pairs
  has(name: string): boolean
}

/** All entries, by Node's own iterator: what users put over `Symbol.iterator` is not asked. */
function pairsOf(Class: { readonly prototype: object }, value: object): (readonly [string, unknown])[] {
  const iterator = apply((Class.prototype as Listed).entries, value, []) as Pairs
  const { next } = getPrototypeOf(iterator) as Pairs
  const pairs: (readonly [string, unknown])[] = []
  for (let step = apply(next, iterator, []); !step.done; step = apply(next, iterator, []))
    pairs.push(step.value)
  return pairs
}

/** Looks for a name, which tells whether the object has a list of them. */
const hasName = (prototype: object) => {
  const { has } = prototype as Listed
  return function (this: object) {
    return apply(has, this, ['a'])
  }
}

const headers: BuiltinReducer<Headers> = {
  name: 'Headers',
  ...branded(HeadersClass, hasName),
  write(value, sink) {
    const pairs = pairsOf(HeadersClass()!, value)
    sink.varint(pairs.length)
    for (const [name, text] of pairs) {
      sink.string(name)
      sink.string(text as string)
    }
  },
  create(source: ValueSource) {
    const Class = HeadersClass.needed()
    const value = new Class()
    for (let left = source.count(); left > 0; left--) {
      const name = source.string()
      apply(Class.prototype.append, value, [name, source.string()])
    }
    return value
  },
  ownKeys: nodesKeys('headers list', 'guard', 'realm'),
}

const formData: BuiltinReducer<FormData> = {
  name: 'FormData',
  ...branded(FormDataClass, hasName),
  create: () => new (FormDataClass.needed())(),
  writeContent(value, sink) {
    const pairs = pairsOf(FormDataClass()!, value)
    sink.varint(pairs.length)
    for (const [name, item] of pairs) {
      sink.string(name)
      sink.step('key', name)
      sink.value(item)
    }
  },
  readContent(value, source) {
    const { append } = FormDataClass.needed().prototype
    for (let left = source.count(); left > 0; left--) {
      const name = source.string()
      const item = source.value()
      // Anything else would be turned into text, by methods of its own.
      if (typeof item !== 'string' && !(isObject(item) && isFile(item)))
        throw new UnpicklingError(
          'the bundle is damaged: a FormData has an entry that is neither text nor file',
        )
      apply(append, value, [name, item] as [string, string])
    }
  },
  ownKeys: nodesKeys('state'),
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

export const fetches: readonly BuiltinReducer[] = [headers, formData]
