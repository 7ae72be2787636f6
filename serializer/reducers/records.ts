// Node's classes of plain records, all of whose state is own properties: file statistics, folder entries, legacy URLs.
// Some of that state is under symbols of Node's, which are others in each process: these go by description.

import * as fs from 'node:fs'
import * as url from 'node:url'
import { UnpicklingError } from '../errors.ts'
import { process } from '../globals.ts'
import { inheritsFrom } from './brand.ts'
import { descriptionOf, symbolKey } from './platform.ts'
import type { BuiltinReducer } from './types.ts'

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
const objectCreate = Object.create
const { Dirent, statfsSync, statSync } = fs as unknown as typeof fs & {
  Dirent: new (name: string, type: number, path: string) => object
}
const UrlClass = (url as unknown as { Url: new () => object }).Url

interface Sample {
  readonly prototype: object
  /** What this Node keeps under symbols. */
  readonly symbols: ReadonlyMap<string, symbol>
}

/** A class of records, by a record that this process can make. */
function reducerOf(name: string, make: () => object): BuiltinReducer<object> {
  let sample: Sample | null | undefined
  const known = (): Sample | null => {
    if (sample !== undefined) return sample
    try {
      const record = make()
      const keys = ownKeys(record).filter((key) => typeof key === 'symbol')
      const symbols = new Map(keys.map((key) => [descriptionOf(key) ?? '', key]))
      return (sample = { prototype: getPrototypeOf(record)!, symbols })
    } catch {
      return (sample = null) // Not permitted here.
    }
  }
  const kept = (value: object) =>
    [...(known()?.symbols.keys() ?? [])]
      .map((description) => symbolKey(value, description))
      .filter((key) => key !== undefined)
  return {
    name,
    matches: (value) => known() !== null && inheritsFrom(value, known()!.prototype),
    prototypes: () => [known()?.prototype],
    byBrand: true,
    prototype: () => known()!.prototype,
    create() {
      if (!known()) throw new UnpicklingError(`this process may not make a ${name}`)
      return objectCreate(known()!.prototype) as object
    },
    writeContent(value, sink) {
      const keys = kept(value)
      sink.varint(keys.length)
      for (const key of keys) {
        sink.string(descriptionOf(key)!)
        sink.value(getOwnPropertyDescriptor(value, key)!.value)
      }
    },
    readContent(value, source) {
      for (let left = source.count(); left > 0; left--) {
        const key = known()!.symbols.get(source.string())
        const state = source.value()
        if ((typeof state === 'object' && state !== null) || typeof state === 'function')
          throw new UnpicklingError(`the bundle is damaged: a ${name} has state that is no primitive`)
        // Another Node may keep less.
        if (key)
          defineProperty(value, key, { value: state, writable: true, enumerable: true, configurable: true })
      }
    },
    ownKeys: kept,
  }
}

export const records: readonly BuiltinReducer[] = [
  reducerOf('Stats', () => statSync(process.execPath)),
  reducerOf('BigIntStats', () => statSync(process.execPath, { bigint: true })),
  reducerOf('StatFs', () => statfsSync(process.execPath)),
  reducerOf('Dirent', () => new Dirent('', 1, '')),
  reducerOf('Url', () => new UrlClass()),
]
